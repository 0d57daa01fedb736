//! How codes reach people.

use std::future::Future;
use std::pin::Pin;

use countersign_flow::secret::OtpCode;

/// A code on its way.
pub struct Message<'a> {
    /// The email address.
    pub destination: &'a str,
    /// The code.
    pub code: &'a OtpCode,
}

/// Why a message wasn't delivered. It names no contact and no code.
#[derive(Debug, thiserror::Error)]
pub enum DeliveryError {
    /// Nothing is set up that could deliver it.
    #[error("no delivery of {0} is configured")]
    NotConfigured(&'static str),
}

/// The future of a delivery.
pub type Delivering<'a> = Pin<Box<dyn Future<Output = Result<(), DeliveryError>> + Send + 'a>>;

/// Something that delivers codes. Asked after the code is stored, so that no one holds a code that isn't.
pub trait Delivery: Send + Sync {
    /// Whether it could deliver at all; asked before a code is stored.
    ///
    /// # Errors
    /// What is missing.
    fn check(&self) -> Result<(), DeliveryError>;

    /// Delivers a message, or says why not.
    fn deliver<'a>(&'a self, message: Message<'a>) -> Delivering<'a>;
}

/// The sandbox's: every code is `000000`, so nothing needs to be sent.
#[derive(Clone, Copy, Debug)]
pub struct SandboxDelivery;

impl Delivery for SandboxDelivery {
    fn check(&self) -> Result<(), DeliveryError> {
        Ok(())
    }

    fn deliver<'a>(&'a self, _: Message<'a>) -> Delivering<'a> {
        Box::pin(async { Ok(()) })
    }
}

/// No delivery: production before one is configured. Challenges are refused before anything is stored.
#[derive(Clone, Copy, Debug)]
pub struct NoDelivery;

impl Delivery for NoDelivery {
    fn check(&self) -> Result<(), DeliveryError> {
        Err(DeliveryError::NotConfigured("email"))
    }

    fn deliver<'a>(&'a self, _: Message<'a>) -> Delivering<'a> {
        Box::pin(async { Err(DeliveryError::NotConfigured("email")) })
    }
}

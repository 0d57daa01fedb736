//! What generated server code stands on, in signatures: `api/server` without HTTP.
#![allow(dead_code, unused_imports)]

mod generated;

use std::marker::PhantomData;
use std::sync::Arc;

use countersign_models::{Operation, RawReply};
pub use generated::{Service, api_description};

/// How requests are refused.
pub trait Authority: Send + Sync + 'static {}

/// What a caller presents.
pub struct Credentials<'a>(PhantomData<&'a ()>);

/// A typed request.
pub struct Request<O: Operation> {
    /// Parameters and body.
    pub input: O::Input,
}

/// What a handler answers.
pub type Answered<O> = Result<<O as Operation>::Outcome, <O as Operation>::Error>;

/// The service.
pub type Context<S> = Arc<S>;

/// One operation of a service.
pub trait Serve<O: Operation>: Authority {
    /// Serves one request.
    fn serve(&self, incoming: Incoming) -> impl Future<Output = RawReply> + Send;
}

/// A request.
pub struct Incoming;

impl Incoming {
    /// What the caller presents.
    pub fn credentials(&self) -> Credentials<'_> {
        Credentials(PhantomData)
    }

    /// Answers a caller who isn't let in.
    pub async fn refused(self, reply: RawReply) -> RawReply {
        reply
    }

    /// Has the request handled.
    pub async fn handled<S, O, F, Fut>(self, service: &S, handler: F) -> RawReply
    where
        S: Authority,
        O: Operation,
        F: FnOnce(Request<O>) -> Fut + Send,
        Fut: Future<Output = Answered<O>> + Send,
    {
        let _ = (service, handler, PhantomData::<fn() -> O>);
        std::future::pending().await
    }
}

pub(crate) fn register<S: Serve<O>, O: Operation>(
    _: &mut dropshot::ApiDescription<Context<S>>,
) -> Result<(), dropshot::ApiDescriptionRegisterError> {
    Ok(())
}

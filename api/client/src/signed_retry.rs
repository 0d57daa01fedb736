//! Signed retries: the call, the stamp over what it answers, the same call again.

use std::fmt;

use countersign_models::SignedOperation;

use crate::call::{CallError, Client, Reply};

/// No operation has more legs than this; a server that keeps asking is refused.
const MOST_STAMPS: usize = 4;

/// Whoever holds the key that must sign: a key in memory, a hardware module, a browser.
pub trait Signer: Sync {
    /// Why it could not sign.
    type Error: std::error::Error + Send + Sync + 'static;

    /// Stamps `payload`: the value of `Grid-Wallet-Signature` over its UTF-8 bytes exactly as given.
    fn stamp(&self, payload: &str) -> impl Future<Output = Result<String, Self::Error>> + Send;
}

/// Why a signed retry has no effect.
#[derive(Debug, thiserror::Error)]
pub enum SignedRetryError<E: fmt::Debug, S> {
    /// A leg failed.
    #[error(transparent)]
    Call(#[from] CallError<E>),
    /// The signer failed.
    #[error("the payload could not be signed: {0}")]
    Signer(S),
    /// The server asks for more signatures than any operation needs.
    #[error("the server asked for more than {MOST_STAMPS} signatures")]
    Endless,
}

impl Client {
    /// Calls an operation and, as long as it answers with a payload to sign, repeats it with the stamp of `signer`.
    /// The body is the same on every leg, as the server demands. The outcome is never a challenge.
    ///
    /// # Errors
    /// See [`SignedRetryError`].
    pub async fn signed_retry<O: SignedOperation, S: Signer>(
        &self,
        signer: &S,
        mut input: O::Input,
    ) -> Result<Reply<O::Outcome>, SignedRetryError<O::Error, S::Error>>
    where
        O::Error: fmt::Debug,
    {
        let mut stamps = 0;
        loop {
            let reply = self.call::<O>(&input).await?;
            let Some(challenge) = O::challenge(&reply.value) else { return Ok(reply) };
            // Asked before the signer is: it may be a person.
            if stamps == MOST_STAMPS {
                return Err(SignedRetryError::Endless);
            }
            stamps += 1;
            let signature = signer.stamp(&challenge.payload_to_sign).await.map_err(SignedRetryError::Signer)?;
            O::answer(&mut input, signature, challenge.request_id);
        }
    }
}

//! What generated client code stands on, in signatures: `api/client` without HTTP.
#![allow(dead_code, deprecated, unused_imports)]

mod generated;

use countersign_models::Operation;

/// A client.
pub struct Client;

/// A documented success.
pub struct Reply<T>(pub T);

/// Why there is none.
pub struct CallError<E>(pub E);

impl Client {
    /// Calls an operation.
    pub async fn call<O: Operation>(&self, input: &O::Input) -> Result<Reply<O::Outcome>, CallError<O::Error>> {
        let _ = O::encode_input(input);
        std::future::pending().await
    }
}

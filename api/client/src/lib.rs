//! Client of the Countersign API.
//!
//! One method per operation, named after its operationId, under [`Client`]. Every documented status is a type: the
//! successes are the operation's outcome, the errors its error enum, inside [`CallError::Api`].
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use countersign_client::{Client, operations::ListAuthSessionsInput};
//!
//! let client = Client::new("http://127.0.0.1:8080".parse()?).with_basic("client id", "client secret");
//! let account = "InternalAccount:0193d1c4-7a55-7a8e-9a43-3f0e4c1b2a90".parse()?;
//! for session in client.list_auth_sessions(ListAuthSessionsInput::new(account)).await?.value.data {
//!     println!("{} until {}", session.id, session.expires_at);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Calls that need a countersignature go through [`Client::signed_retry`], which does both legs; [`wallet`] holds what
//! a wallet does on its own side: keys, stamps and sealed codes.

mod call;
#[rustfmt::skip]
#[allow(clippy::all, clippy::pedantic, reason = "written by a program, read by people")]
mod generated;
mod signed_retry;
pub mod wallet;

pub use call::{CallError, Client, Reply};
pub use countersign_models::{Operation, RawReply, SignedOperation, Violation, operations, types};
pub use signed_retry::{SignedRetryError, Signer};

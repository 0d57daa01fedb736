//! Server interface of the Countersign API: two layers, both generated, on a small written run time.
//!
//! ```text
//! dropshot --Incoming--> adapter: authenticate, read, check, type --Request--> Service (your handlers)
//! dropshot <--RawReply-- adapter: write, transport headers, one log line <--Outcome | Error-- Service
//! ```
//!
//! [`Service`] has one method per operation, and one for each door that callers come through (the security schemes with
//! the same `x-door`); it knows nothing of HTTP or dropshot. An operation without a method doesn't compile. [`api_description`] registers every operation with dropshot behind one generic adapter ([`adapter`]), which
//! fixes the order of verdicts (caller, then schema, then handler) and gives every error the document's shape.
//! What dropshot emits as its own document comes from the same constraints that requests are checked with ([`emission`]).

pub mod adapter;
pub mod credentials;
pub mod emission;
#[rustfmt::skip]
#[allow(clippy::all, clippy::pedantic, unused_qualifications, reason = "written by a program, read by people")]
mod generated;

pub use adapter::{Answered, Authority, Context, Incoming, Refusal, Request, Serve};
pub use countersign_models::operation::OperationSpec;
pub use countersign_models::{Operation, RawReply, Violation, operations, schemas, types};
pub use credentials::{BasicCredentials, Credentials};
pub use generated::{Service, api_description};

use adapter::register;

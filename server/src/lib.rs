//! Countersign authentication server.
//!
//! ```text
//! service.rs    hands each operation to its handler
//! callers/      who calls, door by door
//! handlers/     one folder per door, one file per operation: load, decide, save, answer
//! engine.rs     the legs of a signed retry, for every operation that needs one
//! delivery/     how codes reach people: SMTP, an HTTP hook for SMS, a sandbox that sends nothing
//! oidc/         tokens of OpenID Connect issuers, and the issuers' keys
//! otp.rs        making, sending and opening one-time codes
//! audit/        seals the audit log in the background, and checks what was sealed
//! store/        the database: functions named by intent, each one transaction
//! sandbox_page  a page in a browser to try a sandbox with
//! error.rs      the one table from what went wrong to what the caller is told
//! ```
//!
//! What is decided, and every cryptographic format, is in `countersign-flow`, which knows nothing of HTTP or databases.

pub mod audit;
pub mod callers;
pub mod cli;
pub mod cli_login;
pub mod clock;
pub mod config;
pub mod delivery;
pub mod engine;
pub mod error;
pub mod files;
mod handlers;
pub mod keys;
pub mod log;
pub mod oidc;
mod otp;
pub mod sandbox;
pub mod sandbox_page;
pub mod sandbox_tokens;
pub mod server;
mod service;
mod session_key;
pub mod store;
mod tokens;
mod wire;

pub use server::Server;

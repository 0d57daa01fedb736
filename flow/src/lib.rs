//! What Countersign decides, without IO: cryptographic formats and state machines.
//!
//! Nothing here reads a clock, a file or a socket: time comes in as [`Timestamp`], randomness as a [`CryptoRng`] (only the
//! nonces of ECDSA are drawn by the library that signs). The server loads rows, calls into this crate, and saves what comes out.
//!
//! | area | modules |
//! | --- | --- |
//! | values | [`time`], [`id`], [`key`], [`json`] |
//! | formats | [`hpke`], [`target_bundle`], [`otp_bundle`], [`session_bundle`], [`stamp`], [`verification_token`], [`payload`], [`foreign`] |
//! | tokens | [`jws`], [`token_key`], [`signed_token`], [`service_token`] |
//! | proofs of others | [`oidc`], [`webauthn`] |
//! | secrets at rest | [`sealing`], [`keyring`], [`secret`] |
//! | the audit log | [`audit`] |
//! | state machines | [`credential`], [`retry`], [`otp`], [`session`], [`limit`], [`cli_login`] |
//!
//! Every refusal is a [`FlowError`]; none carries a secret, a code or a value of the request.

pub mod audit;
pub mod cli_login;
pub mod credential;
pub mod error;
pub mod foreign;
pub mod hpke;
pub mod id;
pub mod json;
pub mod jws;
pub mod key;
pub mod keyring;
pub mod limit;
pub mod oidc;
pub mod otp;
pub mod otp_bundle;
pub mod payload;
pub mod retry;
pub mod sealing;
pub mod secret;
pub mod service_token;
pub mod session;
pub mod session_bundle;
pub mod signed_token;
pub mod stamp;
pub mod target_bundle;
pub mod time;
pub mod token_key;
pub mod verification_token;
pub mod webauthn;

mod base64url;
mod der;
mod digest;
mod signers;

pub use error::FlowError;
pub use rand_core;
pub use rand_core::CryptoRng;
pub use time::Timestamp;

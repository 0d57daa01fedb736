//! Types, constraints and operations of the Countersign API.
//!
//! The files under `generated/` are written by `cargo xtask generate` from the OpenAPI bundle; the rest is the small
//! runtime that they stand on:
//!
//! | module | what it gives |
//! | --- | --- |
//! | [`types`] | one Rust type per component schema |
//! | [`schemas`] | the same schemas as values, with every constraint |
//! | [`operations`] | per operation: input, outcome and error types, and the marker that ties them together |
//! | [`schema`], [`check`] | what a schema is, and checking a value against it |
//! | [`operation`], [`input`], [`reply`] | what an operation is, requests and answers as they travel |

pub mod check;
mod checked;
pub mod ecma;
mod exactly;
pub mod format;
#[rustfmt::skip]
#[allow(clippy::all, clippy::pedantic, missing_docs, unused_imports, reason = "written by a program, read by people")]
mod generated;
pub mod input;
pub mod operation;
pub mod reply;
pub mod schema;

pub use check::Violation;
pub use exactly::{Exactly, JsonText};
pub use generated::{operations, schemas, types};
pub use operation::{Operation, SignedOperation};
pub use reply::RawReply;

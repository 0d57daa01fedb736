//! Reads, bundles, lints and compares OpenAPI documents.
//!
//! [`bundle`] reads a split tree (YAML or JSON, OpenAPI 3.0 or 3.1) into one [`Document`]. Every [`Node`] of it keeps
//! the place where the author wrote it, so that whoever finds fault with the document can point at the author's file.
//! [`build`] writes the document to disk, or checks that what is there is up to date. [`lint`] finds mistakes in the
//! files as they were written. [`diff`] tells what changed between two documents, and whom it breaks.
//!
//! Invariants: no network; no file is read that is not named by the root document or by one it leads to; the same tree
//! gives the same bytes; hostile input ends in [`Diagnostics`] in bounded time.

pub mod build;
mod bundle;
pub mod command;
mod diagnostic;
pub mod diff;
mod document;
pub mod lint;
pub mod memory;
mod node;
mod number;
mod ordered;
mod pointer;
mod print;
mod read;
mod source;
mod suggest;
mod watch;

pub use bundle::{BundleOptions, Dangling, LossyNumbers, OnCollision, bundle};
pub use diagnostic::{Diagnostic, Diagnostics};
pub use document::Document;
pub use node::{Mapping, Node, Value};
pub use number::Number;
pub use source::{Place, Span};

//! The reader and bundler as its users see them.

mod build;
mod bundle_cases;
mod command;
mod diagnostics;
mod diff;
mod document;
mod tree;

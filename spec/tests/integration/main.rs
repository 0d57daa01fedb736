//! The reader, bundler and linter as their users see them.

mod build;
mod bundle_cases;
mod command;
mod diagnostics;
mod document;
mod lint;
mod rules;
mod tree;

//! The reader, bundler and linter as their users see them.

mod build;
mod bundle_cases;
mod command;
mod diagnostics;
mod diff;
mod document;
mod lint;
mod lint_command;
mod lint_custom;
mod lint_example;
mod lint_fix;
mod lint_fix_property;
mod lint_hostile;
mod lint_mutations;
mod lint_peers;
mod lint_sarif;
mod lint_verdicts;
mod properties;
#[cfg(target_os = "linux")]
mod properties_hostile;
mod rules;
mod tree;
#[cfg(unix)]
mod watch;

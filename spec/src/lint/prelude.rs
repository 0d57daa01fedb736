//! What the file of a rule needs.

pub(super) use super::casing;
pub(super) use super::finding::Fix;
pub(super) use super::instance;
pub(super) use super::operation::{Answer, Op, Origin, content_schemas};
pub(super) use super::prose::{self, Prose};
pub(super) use super::rule::{Check, Report, Rule, Severity};
pub(super) use super::schema;
pub(super) use super::site::Site;
pub(super) use super::tree::Tree;
pub(super) use crate::bundle::kind::Kind;

//! What a rule found.

use super::rule::Severity;
use crate::bundle::arena::Id;
use crate::source::Span;

/// One mistake, at the place that its author would edit.
#[derive(Debug, Clone)]
pub struct Finding {
    /// The id of the rule.
    pub rule: String,
    /// How much it matters, as configured.
    pub severity: Severity,
    /// What is wrong, without a final stop.
    pub message: String,
    /// Where; the report turns it into a file, line and column.
    pub span: Span,
    /// The JSON pointer within the file.
    pub pointer: String,
    /// How to mend it, without a final stop.
    pub help: Option<String>,
    pub(super) at: Option<Id>,
    /// Which question to the rule found it; `0` if the rule was not asked about one object after another.
    pub(super) asked: u32,
    pub(super) fix: Option<Fix>,
}

/// A change of the source text that mends a mistake for certain.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fix {
    /// Remove the member whose key stands at this place.
    RemoveMember(Span),
    /// Write `text` in place of the plain scalar `old` that stands at this place.
    Replace { at: Span, old: String, text: String },
    /// Put a member before the member whose key stands at this place.
    InsertBefore { at: Span, member: String },
}

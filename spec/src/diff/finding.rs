//! What the comparison finds, before it is known which operations it concerns.

use super::policy::{Kind, Mitigation};
use super::tree::Loc;
use super::verdict::Direction;

/// Which of the two documents a place is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Side {
    Base,
    Head,
}

/// Two shapes under comparison, by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct PairId(pub(super) usize);

/// Pairs that soften a finding if one of them turns out to be without any break on the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unless {
    pub(super) pairs: Vec<PairId>,
    pub(super) effect: Effect,
}

/// How far a finding is softened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    /// It is harmless on the wire.
    Harmless,
    /// It is harmless on the wire; and if nothing at all changed, only generated code can tell.
    Covered,
}

/// One change at one place.
#[derive(Debug, Clone)]
pub(super) struct Finding {
    pub(super) kind: Kind,
    pub(super) direction: Direction,
    pub(super) mitigation: Mitigation,
    pub(super) side: Side,
    pub(super) loc: Loc,
    /// What changed, without a final stop.
    pub(super) message: String,
    /// What the changelog calls it.
    pub(super) subject: String,
    pub(super) unless: Option<Unless>,
}

impl Finding {
    pub(super) fn new(kind: Kind, direction: Direction, (side, loc): (Side, Loc), message: impl Into<String>) -> Self {
        Self {
            kind,
            direction,
            mitigation: Mitigation::default(),
            side,
            loc,
            message: message.into(),
            subject: String::new(),
            unless: None,
        }
    }

    pub(super) fn about(mut self, subject: impl Into<String>) -> Self {
        self.subject = subject.into();
        self
    }

    pub(super) fn harmless_on_the_wire(mut self, harmless: bool) -> Self {
        self.mitigation.harmless_on_the_wire = harmless;
        self
    }

    pub(super) fn was_deprecated(mut self, deprecated: bool) -> Self {
        self.mitigation.was_deprecated = deprecated;
        self
    }

    pub(super) fn unless(mut self, pairs: Vec<PairId>, effect: Effect) -> Self {
        self.unless = (!pairs.is_empty()).then_some(Unless { pairs, effect });
        self
    }
}

/// What was found in one place of the comparison, and the pairs that it leads on to.
#[derive(Debug, Clone, Default)]
pub(super) struct Found {
    pub(super) findings: Vec<Finding>,
    pub(super) pairs: Vec<PairId>,
}

impl Found {
    pub(super) fn add(&mut self, finding: Finding) {
        self.findings.push(finding);
    }
}

/// Names in a sentence: `a`, `b` and `c`. Long lists are cut.
pub(super) fn listed<T: AsRef<str>>(names: &[T]) -> String {
    const MOST: usize = 8;
    let quoted: Vec<String> = names.iter().take(MOST).map(|name| format!("`{}`", name.as_ref())).collect();
    if names.len() > MOST {
        return format!("{} and {} more", quoted.join(", "), names.len() - MOST);
    }
    match quoted.as_slice() {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

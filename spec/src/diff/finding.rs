//! What the comparison finds, before it is known which operations it concerns.

use super::policy::{Kind, Mitigation};
use super::tree::Loc;
use super::verdict::Direction;
use std::borrow::Cow;

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
    /// Where HEAD refers to the component that this is in, if BASE had no reference there: that is what was edited.
    pub(super) referred_at: Option<Loc>,
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
            referred_at: None,
            message: message.into(),
            subject: String::new(),
            unless: None,
        }
    }

    /// Where it stands for the author.
    pub(super) fn place(&self) -> Loc {
        self.referred_at.unwrap_or(self.loc)
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

    pub(super) fn still_compiles(mut self, compiles: bool) -> Self {
        self.mitigation.still_compiles = compiles;
        self
    }

    pub(super) fn covered(mut self, covered: bool) -> Self {
        self.mitigation.is_covered = covered;
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
    /// Of each of these one pair will do: the first that is without any break on the wire, or else the first of all.
    pub(super) choices: Vec<Vec<PairId>>,
}

impl Found {
    pub(super) fn add(&mut self, finding: Finding) {
        self.findings.push(finding);
    }
}

/// A name or a value as inline code. It is the author's text: no backtick, line break or length of it may spoil the
/// sentence around it.
pub(super) fn code(text: impl AsRef<str>) -> String {
    const MOST: usize = 200;
    let text = text.as_ref();
    let (text, more) = match text.char_indices().nth(MOST) {
        None => (text, ""),
        Some((end, _)) => (&text[..end], "…"),
    };
    let shown = visible(text);
    let longest = shown.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    match longest {
        0 if shown.is_empty() => "`\"\"`".to_owned(),
        0 => format!("`{shown}{more}`"),
        _ => {
            let fence = "`".repeat(longest + 1);
            format!("{fence} {shown}{more} {fence}")
        }
    }
}

/// A text without what would break a line, or make a reader see something else than is written.
pub(super) fn visible(text: &str) -> Cow<'_, str> {
    let disrupts = |c: char| {
        c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if !text.contains(disrupts) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if disrupts(c) { shown.extend(c.escape_default()) } else { shown.push(c) }
    }
    Cow::Owned(shown)
}

/// Names in a sentence: `a`, `b` and `c`. Long lists are cut.
pub(super) fn listed<T: AsRef<str>>(names: &[T]) -> String {
    const MOST: usize = 8;
    let quoted: Vec<String> = names.iter().take(MOST).map(code).collect();
    if names.len() > MOST {
        return format!("{} and {} more", quoted.join(", "), names.len() - MOST);
    }
    match quoted.as_slice() {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

//! `pattern`, `minLength` and `maxLength`, judged together by the texts that they admit.

use super::super::finding::{Finding, Found, code};
use super::super::language::{Inclusion, Language};
use super::super::policy::Kind;
use super::super::schema::{Bound, Shape, Types};
use super::Comparison;
use super::schema::Sides;

/// Formats whose texts are all of one length.
const LENGTHS: [(&str, u64); 2] = [("date", 10), ("uuid", 36)];

/// The texts that a shape admits.
pub(super) fn language<'a>(shape: &Shape<'a>) -> Language<'a> {
    let mut patterns: Vec<&str> = shape.patterns.keys().copied().collect();
    patterns.sort_unstable();
    let length = |bound| shape.limit(bound).and_then(|limit| whole(limit.value));
    let (mut shortest, mut longest) = (length(Bound::MinLength).unwrap_or(0), length(Bound::MaxLength));
    for (_, length) in LENGTHS.iter().filter(|(format, _)| shape.formats.contains_key(format)) {
        shortest = shortest.max(*length);
        longest = Some(longest.map_or(*length, |longest| longest.min(*length)));
    }
    Language { patterns, shortest, longest }
}

fn whole(value: f64) -> Option<u64> {
    // Beyond that, nothing is as long.
    const MOST: f64 = 4_294_967_295.0;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "not negative and in range")]
    (0.0..MOST).contains(&value).then_some(value as u64)
}

impl<'a> Comparison<'_, 'a> {
    pub(super) fn texts(&mut self, sides: Sides<'_, 'a>, found: &mut Found) {
        let Sides { base, head, direction } = sides;
        let both = base.effective_types() & head.effective_types();
        // Of listed values, only the list matters.
        if base.values.is_some() || head.values.is_some() || !both.may_be(Types::STRING) {
            return;
        }
        let (old, new) = (language(base), language(head));
        if old == new {
            return;
        }
        let forth = self.languages.is_within(&old, &new);
        let back = self.languages.is_within(&new, &old);
        if old.patterns == new.patterns {
            self.lengths(sides, (&forth, &back), found);
            return;
        }
        let kind = match (&forth, &back) {
            (Inclusion::Proven, Inclusion::Proven) => return,
            (Inclusion::Proven, _) => Kind::PatternWidened,
            (_, Inclusion::Proven) => Kind::PatternNarrowed,
            _ => Kind::PatternChanged,
        };
        let changed = |patterns: &indexmap::IndexMap<&'a str, super::At<'a>>, others: &[&str]| {
            patterns.iter().find(|(text, _)| !others.contains(text)).map(|(_, at)| *at)
        };
        let place =
            self.either(changed(&base.patterns, &new.patterns), changed(&head.patterns, &old.patterns), head.at);
        let subject = self.subject(place);
        let shown = |patterns: &[&str]| patterns.iter().map(code).collect::<Vec<_>>().join(" and ");
        let mut message = match (old.patterns.is_empty(), new.patterns.is_empty()) {
            (true, _) => format!("{subject} must match {} now", shown(&new.patterns)),
            (_, true) => format!("{subject} need not match {} any more", shown(&old.patterns)),
            _ => format!("the pattern of {subject} was {} and is {}", shown(&old.patterns), shown(&new.patterns)),
        };
        if let Inclusion::Refuted(text) = &forth {
            message += &format!("; {} is no longer allowed", example(text));
        }
        if let Inclusion::Refuted(text) = &back {
            message += &format!("; {} is allowed now", example(text));
        }
        found.add(Finding::new(kind, direction, place, message));
    }

    /// Only the lengths differ. What the pattern implied already is no change.
    fn lengths(&self, sides: Sides<'_, 'a>, (forth, back): (&Inclusion, &Inclusion), found: &mut Found) {
        for bound in [Bound::MinLength, Bound::MaxLength] {
            self.bound(sides, bound, (*forth == Inclusion::Proven, *back == Inclusion::Proven), found);
        }
    }
}

/// A text in a sentence, short and on one line.
fn example(text: &str) -> String {
    const MOST: usize = 40;
    match text.char_indices().nth(MOST) {
        _ if text.is_empty() => "the empty text".to_owned(),
        None => code(text),
        Some((end, _)) => code(format!("{}…", &text[..end])),
    }
}

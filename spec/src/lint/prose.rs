//! Text for people: descriptions and summaries, taken apart once for all rules that read them.

use super::site::Site;
use crate::bundle::kind::Kind;
use crate::source::Span;
use std::cell::OnceCell;
use std::ops::Range;

/// A description or summary with the code that is mentioned in it.
pub(super) struct Prose<'a> {
    /// The text itself.
    pub(super) site: Site<'a>,
    /// The object that it describes.
    pub(super) owner: Site<'a>,
    pub(super) owner_kind: Kind,
    pub(super) text: &'a str,
    /// What stands between single backticks, in order. Code blocks do not count.
    pub(super) codes: Vec<Code<'a>>,
    places: OnceCell<Vec<Span>>,
}

/// No line of a text is indented further.
const LONGEST_INDENT: usize = 200;

/// After so many codes in a row that are not found, the rest is not looked for.
const MOST_MISSED: usize = 20;

/// A place in a source, and what follows it.
struct Here<'s> {
    rest: &'s str,
    at: Span,
}

impl Here<'_> {
    fn advance(&mut self, length: usize) {
        let (passed, rest) = self.rest.split_at(length);
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        match passed.rfind('\n') {
            Some(end) => {
                self.at.line += number(passed.matches('\n').count());
                self.at.column = number(passed[end + 1..].chars().count() + 1);
            }
            None => self.at.column += number(passed.chars().count()),
        }
        self.rest = rest;
    }
}

/// A piece of code in a text.
pub(super) struct Code<'a> {
    pub(super) text: &'a str,
    /// Where it stands in the text, backticks not included.
    pub(super) range: Range<usize>,
}

impl<'a> Prose<'a> {
    pub(super) fn new(site: Site<'a>, owner: Site<'a>, owner_kind: Kind) -> Option<Self> {
        let text = site.str()?;
        Some(Self { site, owner, owner_kind, text, codes: codes(text), places: OnceCell::new() })
    }

    /// Where a piece of code stands in the source; the beginning of the text if it is not found as it is.
    pub(super) fn place(&self, range: &Range<usize>) -> Span {
        let index = self.codes.binary_search_by_key(&range.start, |code| code.range.start);
        let places = self.places.get_or_init(|| self.find_places());
        index.ok().and_then(|index| places.get(index)).copied().unwrap_or_else(|| self.site.span())
    }

    /// The places of all codes, looked for in one pass: a block of text may be folded and indented, so that each is
    /// searched for a little further than the text says.
    fn find_places(&self) -> Vec<Span> {
        let begins = self.site.span();
        let mut places = vec![begins; self.codes.len()];
        let tree = self.site.tree;
        let line = usize::try_from(begins.line).unwrap_or(usize::MAX).saturating_sub(1);
        let (Some(source), Some(start)) =
            (tree.sources().get(begins.file), tree.line_starts(begins.file).get(line).copied())
        else {
            return places;
        };
        let mut here = Here { rest: &source.text[start..], at: Span { column: 1, ..begins } };
        let column = usize::try_from(begins.column).unwrap_or(0).saturating_sub(1);
        here.advance(here.rest.char_indices().nth(column).map_or(0, |(at, _)| at));
        let (mut told, mut missed) = (0, 0);
        for (code, place) in self.codes.iter().zip(&mut places) {
            let gap = &self.text[told..code.range.start];
            let wanted = &self.text[code.range.start - 1..code.range.end];
            // Indents, quotes and escapes make a text longer in its source.
            let lines = gap.matches('\n').count() + gap.len() / 20 + 1;
            let most = 2 * gap.len() + wanted.len() + lines * LONGEST_INDENT;
            let window = &here.rest[..here.rest.floor_char_boundary(most.min(here.rest.len()))];
            // The same text can stand before, within a block of code.
            let earlier = gap[..gap.len() - 1].matches(wanted).count();
            match window.match_indices(wanted).nth(earlier) {
                Some((at, _)) => {
                    here.advance(at + 1);
                    *place = here.at;
                    here.advance(wanted.len() - 1);
                    (told, missed) = (code.range.end, 0);
                }
                None if missed == MOST_MISSED => break,
                None => missed += 1,
            }
        }
        places
    }

    /// The sentence that a piece of code stands in: from the last stop before it to the next one after it.
    pub(super) fn sentence(&self, range: &Range<usize>) -> &'a str {
        sentence(self.text, range)
    }

    /// What stands before a piece of code in its sentence.
    pub(super) fn before(&self, range: &Range<usize>) -> &'a str {
        before(self.text, range.start).trim_end_matches('`')
    }
}

/// The pieces of code in a text.
pub(super) fn codes(text: &str) -> Vec<Code<'_>> {
    let mut found = Vec::new();
    let mut rest = 0;
    while let Some(start) = text[rest..].find('`').map(|at| rest + at) {
        let ticks = text[start..].bytes().take_while(|byte| *byte == b'`').count();
        let fence = &text[start..start + ticks];
        let inside = start + ticks;
        let Some(end) = text[inside..].find(fence).map(|at| inside + at) else { break };
        if ticks < 3 {
            found.push(Code { text: text[inside..end].trim(), range: inside..end });
        }
        rest = end + ticks;
    }
    found
}

/// The sentence around a range.
pub(super) fn sentence<'a>(text: &'a str, range: &Range<usize>) -> &'a str {
    &text[sentence_start(text, range.start)..sentence_end(text, range.end)]
}

/// What stands before a place in its sentence.
pub(super) fn before(text: &str, at: usize) -> &str {
    &text[sentence_start(text, at)..at]
}

/// Where sentences, paragraphs, items of lists and rows of tables end.
const ENDS: [&str; 8] = [". ", ".\n", "! ", "? ", "; ", "\n\n", "\n- ", "|\n"];

/// No sentence is longer than this, in bytes.
const LONGEST: usize = 2_000;

fn sentence_start(text: &str, at: usize) -> usize {
    let first = text.floor_char_boundary(at.saturating_sub(LONGEST));
    let before = &text[first..at];
    ENDS.iter().filter_map(|end| before.rfind(end).map(|found| first + found + end.len())).max().unwrap_or(first)
}

fn sentence_end(text: &str, at: usize) -> usize {
    let last = text.floor_char_boundary(text.len().min(at + LONGEST));
    let after = &text[at..last];
    ENDS.iter().filter_map(|end| after.find(end)).min().map_or(last, |found| at + found)
}

/// The words of a text in lower case, without punctuation.
pub(super) fn words(text: &str) -> impl Iterator<Item = String> + '_ {
    let split = text.split(|c: char| !(c.is_alphanumeric() || matches!(c, '\'' | '-' | '_' | '’')));
    split.map(|word| word.trim_matches(['\'', '-', '’'])).filter(|word| !word.is_empty()).map(str::to_lowercase)
}

/// Whether something is denied in a stretch of text.
pub(super) fn is_negated(text: &str) -> bool {
    const NEGATIONS: [&str; 16] = [
        "not", "never", "no", "nor", "without", "neither", "cannot", "can't", "isn't", "doesn't", "don't", "won't",
        "instead", "rather", "unlike", "nothing",
    ];
    words(text).any(|word| NEGATIONS.contains(&word.replace('’', "'").as_str()))
}

//! Text for people: descriptions and summaries, taken apart once for all rules that read them.

use super::site::Site;
use crate::bundle::kind::Kind;
use crate::source::Span;
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
        Some(Self { site, owner, owner_kind, text, codes: codes(text) })
    }

    /// Where a part of the text stands in the source. A block of text may be folded and indented, so the part is looked
    /// for below the place where the text begins; if it is not found as it is, the beginning will do.
    pub(super) fn place(&self, range: &Range<usize>) -> Span {
        let begins = self.site.span();
        let part = &self.text[range.clone()];
        let mut earlier = self.text[..range.start].matches(part).count();
        let Some(source) = self.site.tree.sources().get(begins.file) else { return begins };
        let number = |index: usize| u32::try_from(index).unwrap_or(u32::MAX);
        let first = usize::try_from(begins.line).unwrap_or(usize::MAX).saturating_sub(1);
        let Some(start) = self.site.tree.line_starts(begins.file).get(first).copied() else { return begins };
        // Folding and quotes add lines, but never as many as there are characters.
        let most = self.text.matches('\n').count() + self.text.len() / 20 + 10;
        for (line, index) in source.text[start..].split('\n').zip(first..).take(most) {
            let skipped = if index == first { begins.column.saturating_sub(1) } else { 0 };
            let start = line.char_indices().nth(usize::try_from(skipped).unwrap_or(0)).map_or(line.len(), |(at, _)| at);
            for (at, _) in line[start..].match_indices(part) {
                if earlier == 0 {
                    let column = line[..start + at].chars().count() + 1;
                    return Span { line: number(index + 1), column: number(column), ..begins };
                }
                earlier -= 1;
            }
        }
        begins
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

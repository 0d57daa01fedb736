//! Regular expressions of schemas: matching, and what can be proven about their language.

use regex_syntax::hir::{Class, Hir, HirKind, Look};
use std::cell::OnceCell;

/// More bytes than this in a word, or more words than this in a language, are not written out.
const LONGEST_WORD: usize = 400;
const MOST_WORDS: usize = 256;

/// A regular expression. Compiled when first asked to match.
pub(super) struct Pattern {
    text: String,
    matcher: OnceCell<Option<regex_lite::Regex>>,
    parsed: OnceCell<Option<Hir>>,
}

/// A word of a language, position by position: the bytes that may stand there, as ranges.
pub(super) type Word = Vec<Vec<(u8, u8)>>;

impl Pattern {
    pub(super) fn new(text: &str) -> Self {
        Self { text: text.to_owned(), matcher: OnceCell::new(), parsed: OnceCell::new() }
    }

    /// Whether `value` has a match; `None` if the expression uses what cannot be judged here, such as looking ahead.
    pub(super) fn matches(&self, value: &str) -> Option<bool> {
        let matcher = self.matcher.get_or_init(|| regex_lite::Regex::new(&without_needless_escapes(&self.text)).ok());
        matcher.as_ref().map(|regex| regex.is_match(value))
    }

    fn hir(&self) -> Option<&Hir> {
        let parse = || {
            let mut parser = regex_syntax::ParserBuilder::new().unicode(false).utf8(false).build();
            parser.parse(&without_needless_escapes(&self.text)).ok()
        };
        self.parsed.get_or_init(parse).as_ref()
    }

    /// The one length of all its words, if it is a bare sequence between `^` and `$` without alternatives.
    pub(super) fn fixed_length(&self) -> Option<usize> {
        let hir = self.hir()?;
        let bare = self.text.starts_with('^') && self.text.ends_with('$') && !self.text.ends_with("\\$");
        let properties = hir.properties();
        let length = properties.minimum_len().filter(|least| properties.maximum_len() == Some(*least))?;
        (bare && !alternates(&self.text)).then_some(length)
    }

    /// All words of the language, if they are finite, few, and the expression covers the whole text.
    pub(super) fn words(&self) -> Option<Vec<Word>> {
        let words = expand(self.hir()?)?;
        let whole = |word: Vec<Atom>| -> Option<Word> {
            let mut atoms = word.as_slice();
            let mut anchored = (false, false);
            while let [Atom::Start, rest @ ..] = atoms {
                (atoms, anchored.0) = (rest, true);
            }
            while let [rest @ .., Atom::End] = atoms {
                (atoms, anchored.1) = (rest, true);
            }
            let bytes = atoms.iter().map(|atom| match atom {
                Atom::Bytes(ranges) => Some(ranges.clone()),
                Atom::Start | Atom::End => None,
            });
            if anchored == (true, true) { bytes.collect() } else { None }
        };
        words.into_iter().map(whole).collect()
    }
}

/// JavaScript allows to escape what needs no escape, such as `/` and `:`.
fn without_needless_escapes(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (c, if c == '\\' { chars.next() } else { None }) {
            ('\\', Some(escaped @ ('/' | ':' | '@' | '"' | '\'' | ' ' | '_' | '=' | '!' | ',' | ';' | '%'))) => {
                out.push(escaped);
            }
            ('\\', Some(escaped)) => out.extend(['\\', escaped]),
            (c, _) => out.push(c),
        }
    }
    out
}

/// Whether a `|` stands outside character classes.
fn alternates(text: &str) -> bool {
    let mut in_class = false;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => drop(chars.next()),
            '[' => in_class = true,
            ']' => in_class = false,
            '|' if !in_class => return true,
            _ => {}
        }
    }
    false
}

#[derive(Clone)]
enum Atom {
    Start,
    End,
    Bytes(Vec<(u8, u8)>),
}

/// The words of an expression as sequences of atoms.
fn expand(hir: &Hir) -> Option<Vec<Vec<Atom>>> {
    match hir.kind() {
        HirKind::Empty => Some(vec![Vec::new()]),
        HirKind::Literal(literal) => {
            Some(vec![literal.0.iter().map(|byte| Atom::Bytes(vec![(*byte, *byte)])).collect()])
        }
        HirKind::Class(Class::Bytes(class)) => {
            Some(vec![vec![Atom::Bytes(class.ranges().iter().map(|range| (range.start(), range.end())).collect())]])
        }
        HirKind::Class(Class::Unicode(_)) => None,
        HirKind::Look(Look::Start) => Some(vec![vec![Atom::Start]]),
        HirKind::Look(Look::End) => Some(vec![vec![Atom::End]]),
        HirKind::Look(_) => None,
        HirKind::Capture(capture) => expand(&capture.sub),
        HirKind::Alternation(all) => {
            let mut words = Vec::new();
            for one in all {
                words.extend(expand(one)?);
            }
            (words.len() <= MOST_WORDS).then_some(words)
        }
        HirKind::Concat(all) => all.iter().try_fold(vec![Vec::new()], |words, one| joined(&words, &expand(one)?)),
        HirKind::Repetition(repetition) => {
            let most = repetition.max?;
            let once = expand(&repetition.sub)?;
            let mut words = Vec::new();
            let mut power = vec![Vec::new()];
            for count in 0..=most {
                if count >= repetition.min {
                    words.extend(power.iter().cloned());
                }
                if words.len() > MOST_WORDS {
                    return None;
                }
                if count < most {
                    power = joined(&power, &once)?;
                }
            }
            Some(words)
        }
    }
}

/// Every word of `first` followed by every word of `second`.
fn joined(first: &[Vec<Atom>], second: &[Vec<Atom>]) -> Option<Vec<Vec<Atom>>> {
    if first.len().checked_mul(second.len())? > MOST_WORDS {
        return None;
    }
    let mut words = Vec::new();
    for a in first {
        for b in second {
            if a.len() + b.len() > LONGEST_WORD {
                return None;
            }
            words.push(a.iter().chain(b).cloned().collect());
        }
    }
    Some(words)
}

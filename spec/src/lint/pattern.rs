//! Regular expressions of schemas: matching, and what can be proven about their language.
//!
//! They are written in JavaScript's. Most mean the same here and are matched in linear time; those that look around or
//! back, or need tables of Unicode, are translated and matched with a limit.

use regex_syntax::hir::{Class, Hir, HirKind, Look};
use std::cell::OnceCell;

/// More bytes than this in a word, or more words than this in a language, are not written out.
const LONGEST_WORD: usize = 400;
const MOST_WORDS: usize = 256;

/// An expression that goes back more often than this is not judged.
const MOST_STEPS: usize = 100_000;

/// A regular expression. Compiled when first asked to match.
pub(super) struct Pattern {
    text: String,
    matcher: OnceCell<Option<Matcher>>,
    parsed: OnceCell<Option<Hir>>,
}

enum Matcher {
    Linear(regex_lite::Regex),
    Backtracking(fancy_regex::Regex),
}

/// A word of a language, position by position: the bytes that may stand there, as ranges.
pub(super) type Word = Vec<Vec<(u8, u8)>>;

impl Pattern {
    pub(super) fn new(text: &str) -> Self {
        Self { text: text.to_owned(), matcher: OnceCell::new(), parsed: OnceCell::new() }
    }

    /// Whether it is an expression at all.
    pub(super) fn is_valid(&self) -> bool {
        self.matcher.get_or_init(|| Matcher::new(&self.text)).is_some()
    }

    /// Whether `value` has a match; `None` if the expression is none, or takes too long to judge.
    pub(super) fn matches(&self, value: &str) -> Option<bool> {
        match self.matcher.get_or_init(|| Matcher::new(&self.text)).as_ref()? {
            Matcher::Linear(regex) => Some(regex.is_match(value)),
            Matcher::Backtracking(regex) => regex.is_match(value).ok(),
        }
    }

    fn hir(&self) -> Option<&Hir> {
        let parse = || {
            let mut parser = regex_syntax::ParserBuilder::new().unicode(false).utf8(false).build();
            parser.parse(&without_needless_escapes(&self.text)).ok()
        };
        self.parsed.get_or_init(parse).as_ref()
    }

    /// The one length of all its words in characters, if it is a bare sequence of literals, classes and counts between
    /// `^` and `$`.
    pub(super) fn fixed_length(&self) -> Option<usize> {
        let inner = self.text.strip_prefix('^')?.strip_suffix('$')?;
        let escapes = inner.len() - inner.trim_end_matches('\\').len();
        if escapes % 2 == 1 || alternates(inner) {
            return None;
        }
        let inner = jsonschema_regex::to_rust_regex(inner).ok()?;
        characters(&regex_syntax::parse(&inner).ok()?)
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

impl Matcher {
    fn new(text: &str) -> Option<Self> {
        if let Ok(regex) = regex_lite::Regex::new(&without_needless_escapes(text)) {
            return Some(Self::Linear(regex));
        }
        let translated = jsonschema_regex::to_rust_regex(text).ok()?;
        let regex = fancy_regex::RegexBuilder::new(&translated).backtrack_limit(MOST_STEPS).build().ok()?;
        Some(Self::Backtracking(regex))
    }
}

/// An expression with its flags written into it: `abc` and `i` are `(?i)abc`.
///
/// # Errors
/// A flag is not known, or the expression is none.
pub(super) fn with_flags(text: &str, flags: &str) -> Result<String, String> {
    // That all matches are wanted, or matches from a place, makes no difference to whether there is one.
    let kept: String = flags.chars().filter(|flag| !matches!(flag, 'g' | 'y' | 'u' | 'v' | 'd')).collect();
    if let Some(unknown) = kept.chars().find(|flag| !matches!(flag, 'i' | 'm' | 's')) {
        return Err(format!("`{unknown}` is no flag of regular expressions"));
    }
    let whole = if kept.is_empty() { text.to_owned() } else { format!("(?{kept}){text}") };
    match Matcher::new(&whole) {
        Some(_) => Ok(whole),
        None => Err(format!("`{text}` is not a regular expression that is understood")),
    }
}

/// An expression as rule files write it: bare, or between slashes with flags.
///
/// # Errors
/// It is none.
pub(super) fn from_javascript(text: &str) -> Result<String, String> {
    let slashed = text.strip_prefix('/').and_then(|rest| rest.rsplit_once('/'));
    match slashed.filter(|(_, flags)| flags.bytes().all(|flag| flag.is_ascii_lowercase())) {
        Some((bare, flags)) if !bare.is_empty() => with_flags(bare, flags),
        _ => with_flags(text, ""),
    }
}

/// The one length of all words of an expression.
fn characters(hir: &Hir) -> Option<usize> {
    match hir.kind() {
        HirKind::Empty => Some(0),
        HirKind::Literal(literal) => Some(std::str::from_utf8(&literal.0).ok()?.chars().count()),
        HirKind::Class(_) => Some(1),
        HirKind::Look(_) | HirKind::Alternation(_) => None,
        HirKind::Capture(capture) => characters(&capture.sub),
        HirKind::Concat(all) => all.iter().try_fold(0_usize, |length, one| length.checked_add(characters(one)?)),
        HirKind::Repetition(repetition) => {
            let count = usize::try_from(repetition.max.filter(|most| *most == repetition.min)?).ok()?;
            characters(&repetition.sub)?.checked_mul(count)
        }
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

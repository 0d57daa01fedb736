//! The texts that `pattern`, `minLength` and `maxLength` together admit, and whether they lie within others.

mod automaton;
mod dialect;

pub(super) use automaton::Inclusion;

use automaton::{Dfa, MOST_BYTES, Texts, compile, matches};
use foldhash::HashMap;
use std::rc::Rc;

/// What a schema says about a text.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(super) struct Language<'a> {
    /// Sorted, without repetition.
    pub(super) patterns: Vec<&'a str>,
    /// In characters.
    pub(super) shortest: u64,
    /// In characters.
    pub(super) longest: Option<u64>,
}

/// How large all automata of one comparison may be together, in bytes. One that fails to compile counts with all that
/// it was allowed. Only patterns that changed are compiled.
const MOST_MEMORY: usize = 16 << 20;

/// How many steps all automata of one comparison may take together, so that many hard patterns cost no more than one.
const MOST_STEPS: usize = 4_000_000;

/// Compiles each pattern once.
pub(super) struct Languages {
    dfas: HashMap<String, Option<Rc<Dfa>>>,
    steps: usize,
    memory: usize,
}

impl Default for Languages {
    fn default() -> Self {
        Self { dfas: HashMap::default(), steps: MOST_STEPS, memory: MOST_MEMORY }
    }
}

impl Languages {
    /// Whether every text of `inner` is one of `outer`. A pattern of `outer` that is not understood is fine where
    /// `inner` has the very same.
    pub(super) fn is_within(&mut self, inner: &Language<'_>, outer: &Language<'_>) -> Inclusion {
        // Patterns that must hold on both sides prove nothing, but they do narrow what is sent.
        let new: Vec<&str> = outer.patterns.iter().copied().filter(|text| !inner.patterns.contains(text)).collect();
        let Some(wanted) = new.iter().map(|text| self.dfa(text)).collect::<Option<Vec<_>>>() else {
            return Inclusion::Unknown;
        };
        // What is sent is text, be there a pattern or not: no half of a character refutes anything.
        let every = inner.patterns.is_empty().then_some("");
        let known: Vec<Option<Rc<Dfa>>> =
            inner.patterns.iter().copied().chain(every).map(|text| self.dfa(text)).collect();
        let understood = known.iter().all(Option::is_some);
        let sent: Vec<&Dfa> = known.iter().flatten().map(Rc::as_ref).collect();
        let accepted: Vec<&Dfa> = wanted.iter().map(Rc::as_ref).collect();
        let is_length_within = inner.shortest >= outer.shortest
            && outer.longest.is_none_or(|most| inner.longest.is_some_and(|longest| longest <= most));
        let mut ask = |is_counted: bool| {
            let texts = |patterns, language: &Language<'_>| match is_counted {
                true => Texts { patterns, shortest: language.shortest, longest: language.longest },
                false => Texts { patterns, shortest: 0, longest: None },
            };
            texts(sent.as_slice(), inner).is_within(&texts(accepted.as_slice(), outer), &mut self.steps)
        };
        // Counting characters makes many states of one. If lengths are fine, they may not matter.
        if is_length_within && ask(false) == Inclusion::Proven {
            return Inclusion::Proven;
        }
        match ask(true) {
            // The example may be one that the pattern which is not understood rules out.
            Inclusion::Refuted(_) if !understood => Inclusion::Unknown,
            answer => answer,
        }
    }

    /// Whether a text is in the language; `None` if a pattern is not understood.
    pub(super) fn admits(&mut self, language: &Language<'_>, text: &str) -> Option<bool> {
        let count = u64::try_from(text.chars().count()).unwrap_or(u64::MAX);
        if count < language.shortest || language.longest.is_some_and(|longest| count > longest) {
            return Some(false);
        }
        let dfas = language.patterns.iter().map(|pattern| self.dfa(pattern)).collect::<Option<Vec<_>>>()?;
        Some(dfas.iter().all(|dfa| matches(dfa, text)))
    }

    fn dfa(&mut self, pattern: &str) -> Option<Rc<Dfa>> {
        if let Some(known) = self.dfas.get(pattern) {
            return known.clone();
        }
        if self.memory == 0 {
            return None;
        }
        let compiled = dialect::translated(pattern).and_then(|text| compile(&text)).map(Rc::new);
        let cost = compiled.as_ref().map_or(MOST_BYTES, |dfa| dfa.memory_usage());
        self.memory = self.memory.saturating_sub(cost);
        self.dfas.insert(pattern.to_owned(), compiled.clone());
        compiled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn language(pattern: &'static str, shortest: u64, longest: Option<u64>) -> Language<'static> {
        let patterns = if pattern.is_empty() { Vec::new() } else { vec![pattern] };
        Language { patterns, shortest, longest }
    }

    #[track_caller]
    fn check(inner: &'static str, outer: &'static str, expected: &Inclusion) {
        let found = Languages::default().is_within(&language(inner, 0, None), &language(outer, 0, None));
        assert_eq!(found, *expected, "{inner} within {outer}");
    }

    #[test]
    fn widened_patterns_are_proven() {
        for (narrow, wide) in [
            ("^a$", "^(a|b)$"),
            ("^(b|a)$", "^[a-c]$"),
            ("^[0-9a-f]{64}$", "^[0-9a-fA-F]{64}$"),
            ("^0[23][0-9a-f]{64}$", "^(0[23][0-9a-f]{64}|04[0-9a-f]{128})$"),
            (r"^\d{4}$", "^[0-9]{1,4}$"),
            ("^abc", "abc"),
            ("a", ""),
            (r"^Customer:[0-9a-f]{8}$", r"^[A-Z]\w*:[^\s]+$"),
            ("^é{2}$", "^[^a-z]{2}$"),
            ("^[abc]$|^d$", "^[a-e]$"),
            (r"^a[\s\S]*$", r"^[ab][\s\S]*$"),
            (r"^[\S]+$", r"^[\S ]+$"),
            ("^[+]$", "^[+--]$"),
        ] {
            check(narrow, wide, &Inclusion::Proven);
            assert!(
                matches!(
                    Languages::default().is_within(&language(wide, 0, None), &language(narrow, 0, None)),
                    Inclusion::Refuted(_)
                ),
                "{wide} within {narrow}"
            );
        }
    }

    #[test]
    fn a_pattern_that_every_text_matches_says_nothing() {
        for pattern in [".*", "", r"^[\s\S]*$", "^[^x]*"] {
            let (any, all) = (language("", 0, None), language(pattern, 0, None));
            assert_eq!(Languages::default().is_within(&any, &all), Inclusion::Proven, "{pattern}");
        }
        check(r"^[\w-z]$", r"^[\w`]$", &Inclusion::Refuted("-".to_owned()));
    }

    #[test]
    fn lengths_that_are_fine_do_not_hide_a_widened_pattern() {
        let (narrow, wide) = (language("^[a-f]+$", 0, Some(65_535)), language("^[a-z]+$", 0, Some(65_535)));
        assert_eq!(Languages::default().is_within(&narrow, &wide), Inclusion::Proven);
    }

    #[test]
    fn what_no_longer_matches_is_shown() {
        check("^[a-z]{2,3}$", "^[a-z]{3}$", &Inclusion::Refuted("aa".to_owned()));
        check("^(a|bc)$", "^a$", &Inclusion::Refuted("bc".to_owned()));
    }

    #[test]
    fn equal_languages_are_within_each_other() {
        for (one, other) in [("^[0-9]+$", r"^\d\d*$"), ("^(?:a|b)$", "^[ab]$"), ("^a{2}$", "^aa$")] {
            check(one, other, &Inclusion::Proven);
            check(other, one, &Inclusion::Proven);
        }
    }

    #[test]
    fn lengths_that_a_pattern_implies_change_nothing() {
        let mut languages = Languages::default();
        let (bare, bounded) = (language("^[0-9a-f]{64}$", 0, None), language("^[0-9a-f]{64}$", 64, Some(64)));
        assert_eq!(languages.is_within(&bare, &bounded), Inclusion::Proven);
        let open = language("^[a-z]+$", 0, None);
        let short = language("^[a-z]+$", 0, Some(3));
        assert_eq!(languages.is_within(&open, &short), Inclusion::Refuted("aaaa".to_owned()));
        assert_eq!(languages.is_within(&short, &language("^[a-z]{1,3}$", 0, None)), Inclusion::Proven);
        // Characters are counted, not bytes.
        assert_eq!(languages.is_within(&language("^é{3}$", 0, None), &language("", 3, Some(3))), Inclusion::Proven);
    }

    #[test]
    fn many_patterns_that_are_too_large_cost_no_more_than_a_few() {
        let mut languages = Languages { memory: 2 * MOST_BYTES, ..Languages::default() };
        for n in 0..100 {
            let pattern = format!("^(x{n}|[a-m]*a[a-z]{{16}})$");
            let language = Language { patterns: vec![&pattern], ..Language::default() };
            assert_eq!(languages.is_within(&language, &Language::default()), Inclusion::Proven);
            assert_eq!(languages.is_within(&Language::default(), &language), Inclusion::Unknown);
        }
        assert!(languages.dfas.len() < 5, "{}", languages.dfas.len());
    }

    #[test]
    fn many_hard_questions_cost_no_more_than_a_few() {
        let mut languages = Languages { steps: 20_000, ..Languages::default() };
        let (narrow, wide) = (language("^[a-f]+$", 0, Some(100)), language("^[a-z]+$", 1, Some(100)));
        let answers: Vec<_> = (0..20).map(|_| languages.is_within(&narrow, &wide)).collect();
        assert_eq!(answers.first(), Some(&Inclusion::Proven));
        assert_eq!(answers.last(), Some(&Inclusion::Unknown));
    }

    #[test]
    fn what_is_not_understood_or_too_large_is_not_provable() {
        check("^(?=a)b$", "^b$", &Inclusion::Unknown);
        check("^b$", r"^(b)\1$", &Inclusion::Unknown);
        check("^([a-z]{1,400}){1,400}$", "^a$", &Inclusion::Unknown);
        // The same pattern on both sides needs no understanding.
        let lookahead = |longest| language("^(?=a)b$", 0, longest);
        assert_eq!(Languages::default().is_within(&lookahead(Some(5)), &lookahead(Some(9))), Inclusion::Proven);
    }
}

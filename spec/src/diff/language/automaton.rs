//! Whether one set of texts lies within another, by walking through both automata at once.

use foldhash::HashMap;
use regex_automata::dfa::{Automaton, StartKind, dense};
use regex_automata::nfa::thompson;
use regex_automata::util::primitives::StateID;
use regex_automata::util::{start, syntax};
use regex_automata::{Anchored, MatchKind};
use std::collections::VecDeque;

/// Size of one automaton in bytes. Patterns that need more are not worth waiting for.
pub(super) const MOST_BYTES: usize = 512 << 10;

/// How many states of the product are visited for one question.
const MOST_STATES: usize = 50_000;

/// Longest pattern that is looked at, in bytes.
const LONGEST: usize = 4096;

/// The texts that match a pattern.
pub(super) type Dfa = dense::DFA<Vec<u32>>;

/// The automaton of an expression in the syntax of `regex-syntax` that matches whole texts, found anywhere in them.
pub(super) fn compile(translated: &str) -> Option<Dfa> {
    if translated.len() > LONGEST * 8 {
        return None;
    }
    dense::Builder::new()
        .configure(
            dense::Config::new()
                .start_kind(StartKind::Anchored)
                .match_kind(MatchKind::All)
                .dfa_size_limit(Some(MOST_BYTES))
                .determinize_size_limit(Some(2 * MOST_BYTES)),
        )
        .thompson(thompson::Config::new().nfa_size_limit(Some(MOST_BYTES)))
        .syntax(syntax::Config::new().nest_limit(50))
        .build(&format!(r"\A(?s:.)*(?:{translated})(?s:.)*\z"))
        .ok()
}

/// Patterns that a text must all match, and how many characters it may have.
#[derive(Clone, Copy)]
pub(super) struct Texts<'a> {
    pub(super) patterns: &'a [&'a Dfa],
    pub(super) shortest: u64,
    pub(super) longest: Option<u64>,
}

/// The answer to the question whether one set of texts lies within another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::diff) enum Inclusion {
    /// It does.
    Proven,
    /// It does not: this text is in the first and not in the second.
    Refuted(String),
    /// It would take too long to tell, or the pattern is not understood.
    Unknown,
}

#[derive(Clone, PartialEq, Eq, Hash)]
struct State {
    dfas: Vec<StateID>,
    /// How many characters so far, up to one more than matters.
    count: u64,
}

impl Texts<'_> {
    fn admits(&self, count: u64, accepting: impl Fn(usize, &Dfa) -> bool) -> bool {
        let fits = count >= self.shortest && self.longest.is_none_or(|longest| count <= longest);
        fits && self.patterns.iter().enumerate().all(|(index, dfa)| accepting(index, dfa))
    }

    /// Whether every text of `self` is one of `other`. What it costs is taken from `steps`; when they are used up,
    /// nothing is proven any more.
    pub(super) fn is_within(&self, other: &Texts<'_>, steps: &mut usize) -> Inclusion {
        let dfas: Vec<&Dfa> = self.patterns.iter().chain(other.patterns).copied().collect();
        let Some(starts) = dfas.iter().map(|dfa| start_of(dfa)).collect::<Option<Vec<_>>>() else {
            return Inclusion::Unknown;
        };
        // Beyond the greatest bound all counts are alike.
        let bounds = [Some(self.shortest), self.longest, Some(other.shortest), other.longest];
        let cap = bounds.into_iter().flatten().max().unwrap_or(0) + 1;
        let alphabet = alphabet(&dfas);
        let first = State { dfas: starts, count: 0 };
        // Each state with the one that it was reached from, for the example.
        let mut origin: HashMap<State, Option<(State, u8)>> = HashMap::from_iter([(first.clone(), None)]);
        let mut pending = VecDeque::from([first]);
        let split = self.patterns.len();
        while let Some(state) = pending.pop_front() {
            let Some(rest) = steps.checked_sub(alphabet.len()) else { return Inclusion::Unknown };
            *steps = rest;
            let accepting = |index: usize, dfa: &Dfa| dfa.is_match_state(dfa.next_eoi_state(state.dfas[index]));
            let sent = self.admits(state.count, accepting);
            if sent && !other.admits(state.count, |index, dfa| accepting(index + split, dfa)) {
                return Inclusion::Refuted(text_of(&origin, state));
            }
            for byte in &alphabet {
                let next: Vec<StateID> =
                    dfas.iter().zip(&state.dfas).map(|(dfa, id)| dfa.next_state(*id, *byte)).collect();
                // No text of ours goes on from here.
                let dead = dfas[..split].iter().zip(&next).any(|(dfa, id)| dfa.is_dead_state(*id));
                let count = (state.count + u64::from(!is_continuation(*byte))).min(cap);
                if dead || self.longest.is_some_and(|longest| count > longest) {
                    continue;
                }
                let next = State { dfas: next, count };
                if !origin.contains_key(&next) {
                    if origin.len() >= MOST_STATES {
                        return Inclusion::Unknown;
                    }
                    origin.insert(next.clone(), Some((state.clone(), *byte)));
                    pending.push_back(next);
                }
            }
        }
        Inclusion::Proven
    }
}

fn start_of(dfa: &Dfa) -> Option<StateID> {
    dfa.start_state(&start::Config::new().anchored(Anchored::Yes)).ok()
}

/// One byte for each class of bytes that no automaton tells apart; of each class the one that reads best.
fn alphabet(dfas: &[&Dfa]) -> Vec<u8> {
    let readable = b'a'..=b'z';
    let rest = (b'0'..=b'9').chain(b'A'..=b'Z').chain(b' '..=b'/').chain(0..=255);
    let mut seen = foldhash::HashSet::default();
    let class = |byte: u8| -> Vec<u8> {
        let mut class: Vec<u8> = dfas.iter().map(|dfa| dfa.byte_classes().get(byte)).collect();
        // Bytes that count as characters must not stand for those that do not.
        class.push(u8::from(is_continuation(byte)));
        class
    };
    readable.chain(rest).filter(|byte| seen.insert(class(*byte))).collect()
}

/// Whether the byte goes on with a character of UTF-8.
fn is_continuation(byte: u8) -> bool {
    byte & 0b1100_0000 == 0b1000_0000
}

fn text_of(origin: &HashMap<State, Option<(State, u8)>>, state: State) -> String {
    let mut bytes = Vec::new();
    let mut state = state;
    while let Some(Some((before, byte))) = origin.get(&state) {
        bytes.push(*byte);
        state = before.clone();
    }
    bytes.reverse();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Whether the automaton matches the whole text.
pub(super) fn matches(dfa: &Dfa, text: &str) -> bool {
    let Some(start) = start_of(dfa) else { return false };
    let end = text.bytes().fold(start, |state, byte| dfa.next_state(state, byte));
    dfa.is_match_state(dfa.next_eoi_state(end))
}

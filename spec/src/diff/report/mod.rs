//! The report: findings gathered by the place that causes them.

mod json;
mod markdown;
mod text;

use super::accept::{Acceptance, Unused};
use super::api::Operation;
use super::changelog::Changelog;
use super::compare::{Comparison, TooLarge};
use super::finding::{Finding, PairId, Side};
use super::policy::Kind;
use super::tree::{Loc, Tree};
use super::verdict::{Profile, Verdict};
use crate::source::Place;
use foldhash::{HashMap, HashSet};

/// How many steps the search for the operations of findings may take.
const MOST_STEPS: usize = 50_000_000;

/// One change, with all operations that it reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What kind of change it is, for example `property-removed`.
    pub id: &'static str,
    /// How bad it is at its worst.
    pub verdict: Verdict,
    /// The name of the component that it is in, be that edited or newly referred to; `None` if it is written in place.
    pub component: Option<String>,
    /// The operations that it is that bad for, as `POST /path` or `webhook name`, in the order of the document.
    pub operations: Vec<String>,
    /// What changed, and why that matters, without a final stop.
    pub message: String,
    /// The JSON pointer in the bundle of HEAD, or of BASE for what is gone. Where HEAD refers to a component instead of what
    /// BASE has in place, it is that of the reference.
    pub pointer: String,
    /// Where the author wrote it.
    pub place: Place,
    /// Why a break is let through. Its verdict is then a warning.
    pub accepted: Option<Acceptance>,
}

/// Everything that changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The measure.
    pub profile: Profile,
    /// The worst first, otherwise in the order of the documents.
    pub changes: Vec<Change>,
    /// Lines for the changelog of clients, as conventional commits. Never empty.
    pub changelog: Vec<String>,
    /// Entries of the file of accepted breaks that accept nothing.
    pub unused: Vec<Unused>,
}

impl Report {
    /// The worst verdict of all.
    pub fn verdict(&self) -> Verdict {
        self.changes.iter().map(|change| change.verdict).max().unwrap_or_default()
    }

    fn count(&self, verdict: Verdict) -> usize {
        self.changes.iter().filter(|change| change.verdict == verdict).count()
    }
}

/// One or many of a thing: `1 operation`, `2 operations`.
fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// Findings that are one change.
pub(super) struct Group {
    pub(super) finding: Finding,
    pub(super) verdict: Verdict,
    /// Numbers of operations.
    pub(super) operations: Vec<usize>,
    pub(super) component: Option<String>,
    /// What the place is about.
    pub(super) about: String,
    pointer: String,
}

/// What makes findings one change.
#[derive(PartialEq, Eq, Hash)]
struct Cause {
    kind: Kind,
    side: Side,
    loc: Loc,
    pointer: String,
    message: String,
}

/// Gathers findings.
pub(super) struct Grouping<'c, 't, 'a> {
    comparison: &'c Comparison<'t, 'a>,
    operations: &'c [Operation],
    profile: Profile,
    groups: Vec<Group>,
    by_cause: HashMap<Cause, usize>,
}

impl<'c, 't, 'a> Grouping<'c, 't, 'a> {
    pub(super) fn new(comparison: &'c Comparison<'t, 'a>, operations: &'c [Operation], profile: Profile) -> Self {
        Self { comparison, operations, profile, groups: Vec::new(), by_cause: HashMap::default() }
    }

    pub(super) fn report(mut self) -> Result<Report, TooLarge> {
        // The groups of a pair's findings, once they are known.
        let mut of_pair: HashMap<PairId, Vec<(usize, Verdict)>> = HashMap::default();
        let mut steps = 0;
        for (number, operation) in self.operations.iter().enumerate() {
            for finding in &operation.found.findings {
                let (group, verdict) = self.group(finding);
                self.reach(group, verdict, number);
            }
            let mut seen: HashSet<PairId> = HashSet::default();
            let mut pending: Vec<PairId> = operation.found.pairs.iter().rev().copied().collect();
            while let Some(pair) = pending.pop() {
                if !seen.insert(pair) {
                    continue;
                }
                steps += 1;
                if steps > MOST_STEPS {
                    return Err(TooLarge);
                }
                let found = &self.comparison.pairs[pair.0].found;
                if !found.findings.is_empty() {
                    let groups = match of_pair.get(&pair) {
                        Some(known) => known.clone(),
                        None => found.findings.iter().map(|finding| self.group(finding)).collect(),
                    };
                    for (group, verdict) in &groups {
                        self.reach(*group, *verdict, number);
                    }
                    of_pair.insert(pair, groups);
                }
                pending.extend(found.pairs.iter().rev());
            }
        }
        self.groups.sort_by_key(|group| std::cmp::Reverse(group.verdict));
        let changelog = Changelog::new(self.operations).lines(&self.groups);
        let changes = self.groups.iter().map(|group| self.change(group)).collect();
        Ok(Report { profile: self.profile, changes, changelog, unused: Vec::new() })
    }

    fn tree(&self, side: Side) -> &'t Tree<'a> {
        match side {
            Side::Base => self.comparison.base.tree,
            Side::Head => self.comparison.head.tree,
        }
    }

    fn group(&mut self, finding: &Finding) -> (usize, Verdict) {
        let verdict = finding.kind.verdict(finding.direction, self.profile, finding.mitigation);
        let pointer = self.tree(finding.side).pointer(finding.place());
        let tree = self.tree(finding.side);
        let component = tree.component(finding.place()).or_else(|| tree.component(finding.loc)).map(str::to_owned);
        let cause = Cause {
            kind: finding.kind,
            side: finding.side,
            loc: finding.loc,
            pointer: pointer.clone(),
            message: finding.message.clone(),
        };
        let next = self.groups.len();
        let group = *self.by_cause.entry(cause).or_insert(next);
        if group == next {
            let about = self.tree(finding.side).subject(finding.loc);
            let finding = finding.clone();
            self.groups.push(Group { finding, verdict, about, operations: Vec::new(), component, pointer });
        } else if verdict > self.groups[group].verdict {
            self.groups[group].finding = finding.clone();
            self.groups[group].verdict = verdict;
            // It is the worst that is told.
            self.groups[group].operations.clear();
        }
        (group, verdict)
    }

    fn reach(&mut self, group: usize, verdict: Verdict, operation: usize) {
        let Group { verdict: worst, operations, .. } = &mut self.groups[group];
        let is_document = self.operations[operation].label.is_empty();
        if verdict == *worst && operations.last() != Some(&operation) && !is_document {
            operations.push(operation);
        }
    }

    fn change(&self, group: &Group) -> Change {
        let Group { finding, verdict, operations, component, pointer, .. } = group;
        let tree = self.tree(finding.side);
        let mut seen = HashSet::default();
        let labels = operations.iter().map(|operation| &self.operations[*operation].label);
        let labels = labels.filter(|label| seen.insert(label.as_str())).cloned().collect();
        let message = match verdict {
            Verdict::NonBreaking => finding.message.clone(),
            _ => format!("{}: {}", finding.message, finding.kind.why(finding.direction)),
        };
        Change {
            id: finding.kind.id(),
            verdict: *verdict,
            component: component.clone(),
            operations: labels,
            message,
            pointer: pointer.clone(),
            place: tree.document.place(tree.span(finding.place())),
            accepted: None,
        }
    }
}

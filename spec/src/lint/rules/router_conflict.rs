//! ## What it finds
//! Paths that our router refuses together: a literal and a variable at one position, or variables of different names.
//! ## Why it matters
//! The server would not start.
//! ## Fix
//! Give the literal a segment of its own, and the variable one name.
use crate::lint::prelude::*;
use std::collections::HashMap;

pub(crate) const RULE: Rule = Rule::error("router-conflict", Check::Object(&[Kind::Paths], check)).ours_only();

/// Segments beyond this many are not compared.
const LONGEST: usize = 100;

/// What follows one beginning of paths, each with the first path that brought it.
#[derive(Default)]
struct Next<'a> {
    literal: Option<(&'a str, &'a str)>,
    variables: Vec<(&'a str, &'a str)>,
}

impl<'a> Next<'a> {
    /// The path whose segment here the router refuses beside `segment`.
    fn conflict(&self, segment: &str) -> Option<&'a str> {
        let literal = self.literal.filter(|_| is_variable(segment));
        let other = self.variables.iter().find(|(variable, _)| *variable != segment);
        literal.or(other.copied()).map(|(_, path)| path)
    }

    fn add(&mut self, segment: &'a str, path: &'a str) {
        if !is_variable(segment) {
            self.literal.get_or_insert((segment, path));
        } else if !self.variables.iter().any(|(known, _)| *known == segment) {
            self.variables.push((segment, path));
        }
    }
}

fn is_variable(segment: &str) -> bool {
    segment.starts_with('{')
}

fn check(paths: Site<'_>, report: &mut Report<'_>) {
    let mut next: HashMap<String, Next<'_>> = HashMap::new();
    for (path, item) in paths.entries().filter(|(path, _)| path.starts_with('/')) {
        let mut beginning = String::new();
        let mut conflict = None;
        for segment in path.split('/').skip(1).take(LONGEST) {
            let known = next.entry(beginning.clone()).or_default();
            conflict = conflict.or_else(|| known.conflict(segment));
            known.add(segment, path);
            beginning = beginning + "/" + if is_variable(segment) { "{}" } else { segment };
        }
        if let Some(other) = conflict {
            report.key(item, format!("the router refuses `{path}` beside `{other}`"));
        }
    }
}

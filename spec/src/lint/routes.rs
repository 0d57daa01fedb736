//! The operations of a document by the segments of their paths, so that those which a mention can mean are found without
//! looking at all.

use std::collections::HashMap;

/// What follows one beginning of paths.
#[derive(Default)]
pub(super) struct Routes {
    literals: HashMap<String, Routes>,
    variable: Option<Box<Routes>>,
    /// Whether an operation ends here.
    ends: bool,
}

impl Routes {
    /// Adds an operation; its method counts as the first segment.
    pub(super) fn add(&mut self, method: &str, path: &str) {
        let mut here = self;
        for segment in segments(method, path) {
            here = match is_variable(segment) {
                true => here.variable.get_or_insert_default(),
                false => here.literals.entry(segment.to_owned()).or_default(),
            };
        }
        here.ends = true;
    }

    /// Whether there is an operation of this path, whatever its variables are called, or with values in their place.
    pub(super) fn fit(&self, method: &str, path: &str) -> bool {
        let said: Vec<&str> = segments(method, path).collect();
        let mut pending = vec![(self, said.as_slice())];
        while let Some((here, said)) = pending.pop() {
            let Some((first, rest)) = said.split_first() else {
                if here.ends {
                    return true;
                }
                continue;
            };
            pending.extend(here.literals.get(*first).map(|next| (next, rest)));
            // A value in place of a variable is an example of a call.
            let is_value = || first.contains(|c: char| c.is_ascii_digit() || c == ':');
            let variable = here.variable.as_deref().filter(|_| is_variable(first) || is_value());
            pending.extend(variable.map(|next| (next, rest)));
        }
        false
    }
}

fn segments<'p>(method: &'p str, path: &'p str) -> impl Iterator<Item = &'p str> {
    std::iter::once(method).chain(path.trim_end_matches('/').split('/'))
}

fn is_variable(segment: &str) -> bool {
    segment.starts_with(['{', ':', '<'])
}

//! The differ as its users see it.

mod accepted;
mod cases;
mod grouping;
mod hostile;
mod wire;

use countersign_spec::diff::{Change, Profile, Report, Verdict};
use countersign_spec::{BundleOptions, Document, bundle, diff};
use std::fs;
use std::path::Path;
use tempfile::TempDir;

pub(crate) const PROFILES: [Profile; 3] = [Profile::Wire, Profile::House, Profile::Sdk];

/// Two documents in a folder of their own.
pub(crate) struct Pair {
    folder: TempDir,
}

/// The first lines, unless the document begins with its own.
fn whole(text: &str) -> String {
    match text.starts_with("openapi:") {
        true => text.to_owned(),
        false => format!("openapi: 3.1.0\ninfo: {{title: t, version: '1'}}\n{text}"),
    }
}

impl Pair {
    pub(crate) fn new(base: &str, head: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("base.yaml"), whole(base)).unwrap();
        fs::write(folder.path().join("head.yaml"), whole(head)).unwrap();
        Self { folder }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    fn document(&self, name: &str) -> Document {
        bundle(&self.path().join(name), BundleOptions::default()).unwrap_or_else(|found| panic!("{found}"))
    }

    pub(crate) fn report(&self, profile: Profile) -> Report {
        let [report] = self.reports([profile]);
        report
    }

    fn reports<const N: usize>(&self, profiles: [Profile; N]) -> [Report; N] {
        let (base, head) = (self.document("base.yaml"), self.document("head.yaml"));
        profiles.map(|profile| diff::diff(&base, &head, profile).unwrap_or_else(|found| panic!("{found}")))
    }
}

pub(crate) fn letter(verdict: Verdict) -> char {
    match verdict {
        Verdict::Breaking => 'B',
        Verdict::Warning => 'W',
        Verdict::NonBreaking => 'N',
    }
}

/// The changes of all profiles, each as `BWN: id` and whatever else is `told` of it, sorted.
pub(crate) fn changes(pair: &Pair, told: impl Fn(&Change) -> String) -> Vec<String> {
    let reports = pair.reports(PROFILES);
    let mut all: Vec<String> = reports[0]
        .changes
        .iter()
        .map(|change| {
            let verdicts: String = reports
                .iter()
                .map(|report| {
                    let same = |other: &&Change| {
                        (other.id, &other.pointer) == (change.id, &change.pointer)
                            && other.message.split(": ").next() == change.message.split(": ").next()
                    };
                    letter(report.changes.iter().find(same).expect("each profile lists every change").verdict)
                })
                .collect();
            format!("{verdicts}: {}{}", change.id, told(change))
        })
        .collect();
    all.sort();
    all
}

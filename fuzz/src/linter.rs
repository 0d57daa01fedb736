//! The linter, on a tree of files, settings among them:
//!
//! - it finds the same every time, and prints it in every format;
//! - fixing twice is the same as fixing once;
//! - what the bundler takes has no finding about references or names.

use crate::folder::Folder;
use crate::packed::{ROOT, unpack};
use countersign_spec::lint::{Lint, LintFormat, Linted};
use countersign_spec::{BundleOptions, Diagnostics, Document, bundle};

/// Lints the files of an input, and fixes them.
///
/// # Panics
/// A property does not hold.
pub fn check(input: &[u8]) {
    let files = unpack(input);
    let folder = Folder::new(&files);
    let lint = Lint { root: folder.path(ROOT), ..Lint::default() };
    let first = lint.run();
    let printed = |linted: &Result<Linted, _>, format| match linted {
        Ok(linted) => linted.print(format),
        Err(error) => format!("{error}"),
    };
    let second = lint.run();
    for format in [LintFormat::Text, LintFormat::Json, LintFormat::Github, LintFormat::Sarif] {
        assert_eq!(printed(&first, format), printed(&second, format), "another time, another answer");
    }
    let Ok(linted) = first else { return };
    let bundles = || bundle(&lint.root, BundleOptions::default());
    let bundled = bundles();
    if !files.iter().any(|(name, _)| is_settings(name)) {
        agree(&linted, &bundled);
    }
    // The files are the author's: who can't write them is told, and that is no fault.
    if linted.fix().is_err() {
        return;
    }
    let once = folder.read(&files);
    if let Ok(linted) = lint.run() {
        let _ = linted.fix();
    }
    assert_eq!(texts(&once), texts(&folder.read(&files)), "fixing twice is not the same as once");
    assert!(bundled.is_err() || bundles().is_ok(), "a fix broke the document");
}

/// Whether rules may be off because of the file.
fn is_settings(name: &str) -> bool {
    ["lint.toml", ".spectral.", "redocly.", ".redocly."].iter().any(|start| name.starts_with(start))
}

/// # Panics
/// The bundler takes what the linter says it refuses, or refuses what the linter takes.
fn agree(linted: &Linted, bundled: &Result<Document, Diagnostics>) {
    const REFUSED: [&str; 3] = ["no-unresolved-refs", "no-dangling-data-ref", "name-collision"];
    let finding = |rules: &[&str]| linted.findings.iter().find(|finding| rules.contains(&finding.rule.as_str()));
    match bundled {
        Ok(_) => {
            let found = finding(&REFUSED);
            assert!(found.is_none(), "the bundler takes what has this finding: {found:?}");
        }
        Err(found) => {
            let is_known = finding(&REFUSED).or_else(|| finding(&["struct"])).is_some();
            assert!(is_known, "the bundler refuses what has no finding: {found}");
        }
    }
}

fn texts(files: &[Option<Vec<u8>>]) -> Vec<String> {
    files.iter().map(|file| String::from_utf8_lossy(file.as_deref().unwrap_or_default()).into_owned()).collect()
}

//! `cargo xtask generate`: the generated code of `api/`, written or checked along one path.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{fmt, fs};

use anyhow::{Context as _, Result};
use countersign_codegen::GENERATED_FOLDERS;
use countersign_spec::BundleOptions;

use crate::tree;

/// Write the generated code of api/ from the OpenAPI document
#[derive(clap::Args)]
pub(crate) struct Generate {
    /// Compare only, and fail when a file is stale, missing or unexpected
    #[arg(long)]
    check: bool,
}

impl Generate {
    pub(crate) const fn check_only() -> Self {
        Self { check: true }
    }

    pub(crate) fn run(&self) -> Result<ExitCode> {
        let document = match countersign_spec::bundle(&tree::openapi(), BundleOptions::default()) {
            Ok(document) => document,
            Err(diagnostics) => anyhow::bail!("{diagnostics}"),
        };
        let wanted = match countersign_codegen::generate(&document) {
            Ok(files) => files,
            Err(diagnostics) => anyhow::bail!("{diagnostics}"),
        };
        let wanted = wanted.into_iter().map(|file| (file.path, file.text)).collect();
        let drift = Drift::between(&wanted, &present()?);
        if self.check {
            if drift.is_empty() {
                println!("generate: {} files are up to date", wanted.len());
                return Ok(ExitCode::SUCCESS);
            }
            eprint!("{drift}");
            eprintln!("run `cargo xtask generate` and commit the result");
            return Ok(ExitCode::from(1));
        }
        drift.apply(&wanted)?;
        println!("generate: {} files, {} changed", wanted.len(), drift.len());
        Ok(ExitCode::SUCCESS)
    }
}

type Files = BTreeMap<PathBuf, String>;

/// Every file in the generated folders, whatever its name: what the generator doesn't write doesn't belong there.
fn present() -> Result<Files> {
    let mut files = Files::new();
    for folder in GENERATED_FOLDERS {
        collect(&tree::root(), Path::new(folder), &mut files)?;
    }
    Ok(files)
}

fn collect(root: &Path, folder: &Path, files: &mut Files) -> Result<()> {
    let Ok(entries) = fs::read_dir(root.join(folder)) else { return Ok(()) };
    for entry in entries {
        let entry = entry?;
        let path = folder.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            collect(root, &path, files)?;
        } else {
            let text = fs::read(entry.path()).with_context(|| format!("reading {}", path.display()))?;
            files.insert(path, String::from_utf8_lossy(&text).into_owned());
        }
    }
    Ok(())
}

/// How the tree differs from what the document asks for.
struct Drift {
    stale: Vec<PathBuf>,
    missing: Vec<PathBuf>,
    unexpected: Vec<PathBuf>,
}

impl Drift {
    fn between(wanted: &Files, present: &Files) -> Self {
        let (mut stale, mut missing) = (Vec::new(), Vec::new());
        for (path, text) in wanted {
            match present.get(path) {
                None => missing.push(path.clone()),
                Some(found) if found != text => stale.push(path.clone()),
                Some(_) => {}
            }
        }
        let unexpected = present.keys().filter(|path| !wanted.contains_key(*path)).cloned().collect();
        Self { stale, missing, unexpected }
    }

    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn len(&self) -> usize {
        self.stale.len() + self.missing.len() + self.unexpected.len()
    }

    fn apply(&self, wanted: &Files) -> Result<()> {
        for path in self.stale.iter().chain(&self.missing) {
            let target = tree::root().join(path);
            if let Some(folder) = target.parent() {
                fs::create_dir_all(folder)?;
            }
            fs::write(&target, &wanted[path]).with_context(|| format!("writing {}", target.display()))?;
        }
        for path in &self.unexpected {
            fs::remove_file(tree::root().join(path))?;
        }
        Ok(())
    }
}

impl fmt::Display for Drift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (what, paths) in [("stale", &self.stale), ("missing", &self.missing), ("unexpected", &self.unexpected)] {
            for path in paths {
                writeln!(f, "{what}: {}", path.display())?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Drift, Files};

    fn files(files: &[(&str, &str)]) -> Files {
        files.iter().map(|(path, text)| ((*path).into(), (*text).to_owned())).collect()
    }

    #[test]
    fn drift_names_every_file_that_differs_and_how() {
        let wanted = files(&[("same", "a"), ("stale", "a"), ("missing", "a")]);
        let drift = Drift::between(&wanted, &files(&[("same", "a"), ("stale", "b"), ("left-over", "a")]));
        assert_eq!(drift.to_string(), "stale: stale\nmissing: missing\nunexpected: left-over\n");
        assert!(Drift::between(&wanted, &wanted).is_empty());
    }
}

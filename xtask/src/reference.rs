//! Our bundles beside those of the reference bundler, byte by byte: the real one from npm, on whole trees.

use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context as _, Result, bail};
use countersign_spec::BundleOptions;

use crate::bench::contract::{self, Edition};
use crate::bench::peers::{Peers, QUIET};
use crate::tree;

/// How large the made-up tree is, beside that of the benchmark.
const SCALE: f64 = 0.1;

/// Bundles the contract and a made-up tree with both bundlers. One line unless something differs.
pub(crate) fn check() -> Result<ExitCode> {
    let peers = Peers::install()?;
    let folder = tree::target().join("reference");
    contract::generate(SCALE, Edition::Base).write(&folder.join("tree"))?;
    let mut is_same = true;
    for (name, root) in [("contract", tree::openapi()), ("made-up", folder.join("tree/openapi.yaml"))] {
        let (ours, theirs) = (folder.join(format!("{name}-ours.yaml")), folder.join(format!("{name}-theirs.yaml")));
        let document = match countersign_spec::bundle(&root, BundleOptions::default()) {
            Ok(document) => document,
            Err(diagnostics) => bail!("{diagnostics}"),
        };
        let bundle = document.to_yaml();
        fs::write(&ours, &bundle).with_context(|| format!("writing {}", ours.display()))?;
        if let Some(difference) = difference(&bundle, &theirs_of(&peers, &root, &theirs)?) {
            eprintln!("the bundles of {} differ at {difference}", root.display());
            eprintln!("they are {} and {}", ours.display(), theirs.display());
            is_same = false;
        }
    }
    if is_same {
        println!("bundle, beside the reference bundler … ok");
    }
    Ok(if is_same { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What the reference bundler makes of a document.
fn theirs_of(peers: &Peers, root: &Path, out: &Path) -> Result<String> {
    if out.exists() {
        fs::remove_file(out).with_context(|| format!("removing {}", out.display()))?;
    }
    let output = Command::new(peers.redocly())
        .arg("bundle")
        .arg(root)
        .arg("--output")
        .arg(out)
        // Settings that lie about where this is called from are not meant.
        .current_dir(peers.folder())
        .envs(QUIET)
        .stdin(Stdio::null())
        .output()
        .context("starting the reference bundler")?;
    if !output.status.success() {
        bail!("the reference bundler refuses {}:\n{}", root.display(), String::from_utf8_lossy(&output.stderr));
    }
    fs::read_to_string(out).with_context(|| format!("reading {}", out.display()))
}

/// The first line that differs, or what only one of them has behind their last common line.
fn difference(ours: &str, theirs: &str) -> Option<String> {
    if ours == theirs {
        return None;
    }
    let line = ours.split('\n').zip(theirs.split('\n')).take_while(|(ours, theirs)| ours == theirs).count();
    let show = |text: &str| text.split('\n').nth(line).map_or("nothing more".to_owned(), |line| format!("{line:?}"));
    Some(format!("line {}:\n  ours:   {}\n  theirs: {}", line + 1, show(ours), show(theirs)))
}

#[cfg(test)]
mod tests {
    use super::difference;

    #[test]
    fn one_byte_is_a_difference() {
        assert_eq!(difference("a\nb\n", "a\nb\n"), None);
        assert_eq!(difference("a\nb\n", "a\nc\n").unwrap(), "line 2:\n  ours:   \"b\"\n  theirs: \"c\"");
        assert_eq!(difference("a\n", "a").unwrap(), "line 2:\n  ours:   \"\"\n  theirs: nothing more");
        assert_eq!(difference("a\r\n", "a\n").unwrap(), "line 1:\n  ours:   \"a\\r\"\n  theirs: \"a\"");
    }
}

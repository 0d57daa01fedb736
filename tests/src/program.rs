//! The program under test: the real `countersign` binary, run as its own process.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, OnceLock};
use std::time::SystemTime;

/// Another binary to test instead, such as a release build.
const OVERRIDE: &str = "COUNTERSIGN_TEST_BINARY";

/// The binary of this tree, built with the profile of the tests. It is built when it is missing or older than a source
/// that it was made from: `cargo test -p countersign-tests` alone doesn't build other packages' binaries.
///
/// # Panics
/// When the build fails.
#[must_use]
pub fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        if let Some(given) = std::env::var_os(OVERRIDE) {
            return given.into();
        }
        let folder = profile_folder();
        let binary = folder.join("countersign");
        if !is_fresh(&binary) {
            build(&folder, &["--bin", "countersign"]);
        }
        assert!(binary.exists(), "{} was not built", binary.display());
        binary
    })
}

/// An example of the client in Rust, built when it is stale, with nothing of the environment but what any program needs.
///
/// # Panics
/// When the build fails.
#[must_use]
pub fn client_example(name: &str) -> Command {
    static FRESH: Mutex<()> = Mutex::new(());
    let folder = profile_folder();
    let example = folder.join("examples").join(name);
    {
        let _one_build = FRESH.lock().expect("no panic");
        if !is_fresh(&example) {
            build(&folder, &["--example", name]);
        }
    }
    let mut command = Command::new(example);
    bare_environment(&mut command);
    command
}

/// A command of the program, with nothing of the environment but what any program needs.
#[must_use]
pub fn countersign<I: IntoIterator<Item = S>, S: AsRef<OsStr>>(arguments: I) -> Command {
    let mut command = Command::new(binary());
    command.args(arguments);
    bare_environment(&mut command);
    command
}

/// Keeps settings of whoever runs the tests out of the program.
pub(crate) fn bare_environment(command: &mut Command) {
    command.env_clear().env("RUST_BACKTRACE", "1");
    for name in ["PATH", "HOME", "TMPDIR"] {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
}

/// `target/<profile>`: a test binary lies in its `deps`.
fn profile_folder() -> PathBuf {
    let test = std::env::current_exe().expect("the path of this test");
    let deps = test.ancestors().find(|folder| folder.file_name() == Some(OsStr::new("deps")));
    deps.and_then(Path::parent).expect("a test binary lies in target/<profile>/deps").to_owned()
}

/// Whether the binary is younger than every source in the list that cargo writes beside it.
fn is_fresh(binary: &Path) -> bool {
    let Some(built) = modified(binary) else { return false };
    let Ok(list) = std::fs::read_to_string(binary.with_extension("d")) else { return false };
    let sources = list.split_once(": ").map_or("", |(_, sources)| sources);
    sources.replace("\\ ", "\0").split_whitespace().all(|source| {
        let source = source.replace('\0', " ");
        modified(Path::new(&source)).is_some_and(|changed| changed <= built)
    })
}

fn modified(path: &Path) -> Option<SystemTime> {
    path.metadata().and_then(|metadata| metadata.modified()).ok()
}

fn build(profile_folder: &Path, targets: &[&str]) {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    // All of these packages, so that their dependencies get the features that the tests have been built with.
    command.args(["build", "--quiet", "--package", "countersign", "--package", "countersign-client"]);
    command
        .args(["--package", "countersign-tests"])
        .args(targets)
        .arg("--target-dir")
        .arg(profile_folder.parent().expect("a target folder"));
    match profile_folder.file_name().and_then(OsStr::to_str) {
        Some("debug") => {}
        Some(profile) => {
            command.args(["--profile", profile]);
        }
        None => panic!("{} names no profile", profile_folder.display()),
    }
    let status = command.current_dir(env!("CARGO_MANIFEST_DIR")).status().expect("cargo runs");
    assert!(status.success(), "building the program failed");
}

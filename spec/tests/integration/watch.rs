//! `--watch` of the binary: what makes it run again, what does not, and how it ends.

use crate::tree::Tree;
use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

/// How long a test waits for what must come, on a machine that does much else.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long a test waits for what must not come: several times as long as a run takes to begin.
const LULL: Duration = Duration::from_millis(400);

/// A running command, and every line that it prints.
struct Watched {
    child: Child,
    lines: Receiver<String>,
}

impl Watched {
    /// Starts a command in the folder of `tree`, and waits for the end of its first run.
    fn start(tree: &Tree, arguments: &[&str]) -> (Self, Vec<String>) {
        // One pipe for both, so that lines keep their order.
        let mut shell = Command::new("sh");
        shell.args(["-c", "exec \"$0\" \"$@\" 2>&1", BINARY]).args(arguments).current_dir(tree.path(""));
        let mut child = shell.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let pipe = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || pipe.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        let watched = Self { child, lines };
        let first = watched.run();
        (watched, first)
    }

    /// What the next run says; its last line tells how it ended.
    #[track_caller]
    fn run(&self) -> Vec<String> {
        let deadline = Instant::now() + PATIENCE;
        let mut said: Vec<String> = Vec::new();
        while !said.last().is_some_and(|line| line.ends_with("Ctrl-C ends")) {
            let left = deadline.saturating_duration_since(Instant::now());
            let line = self.lines.recv_timeout(left).unwrap_or_else(|_| panic!("there is no run; it said {said:#?}"));
            said.push(line);
        }
        said
    }

    /// The next run says all of these.
    #[track_caller]
    fn says(&self, parts: &[&str]) {
        let said = self.run();
        for part in parts {
            assert!(said.iter().any(|line| line.contains(part)), "{said:#?} do not say {part:?}");
        }
    }

    /// There is no run for a while.
    #[track_caller]
    fn is_quiet(&self) {
        if let Ok(line) = self.lines.recv_timeout(LULL) {
            panic!("it ran again: {line}");
        }
    }

    /// Presses Ctrl-C and returns the exit code.
    fn interrupt(mut self) -> Option<i32> {
        kill_process(Pid::from_child(&self.child), Signal::INT).unwrap();
        self.child.wait().unwrap().code()
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs a command that ends by itself.
fn output(tree: &Tree, arguments: &[&str]) -> Output {
    Command::new(BINARY).args(arguments).current_dir(tree.path("")).stdin(Stdio::null()).output().unwrap()
}

const BINARY: &str = env!("CARGO_BIN_EXE_countersign-spec");
const BUILD: &[&str] = &["build", "--root", "root.yaml", "--watch"];
const LINT: &[&str] = &["lint", "--root", "root.yaml", "--watch"];

fn tree() -> Tree {
    let root = "components:\n  schemas:\n    X:\n      $ref: ./s/X.yaml\n";
    Tree::new(root, &[("s/X.yaml", "type: string\n"), (".git/HEAD", "")])
}

fn modified(tree: &Tree, path: &str) -> SystemTime {
    fs::metadata(tree.path(path)).unwrap().modified().unwrap()
}

#[test]
fn an_edit_is_built_within_two_seconds_and_a_line_tells_when_and_how_fast() {
    let tree = tree();
    let (watched, first) = Watched::start(&tree, BUILD);
    assert_eq!(first[..2], ["wrote dist/openapi.yaml", "wrote dist/openapi.json"]);
    let told = first.last().unwrap();
    let shape = told.replace(|c: char| c.is_ascii_digit(), "0");
    assert!(shape.starts_with("[00:00:00] built in 0"), "{told}");
    assert!(told.ends_with("ms; watching 2 files, Ctrl-C ends"), "{told}");
    let mut took: Vec<Duration> = (0..5)
        .map(|number| {
            watched.is_quiet();
            let started = Instant::now();
            tree.write("s/X.yaml", format!("maximum: {number}\n"));
            while !tree.read("dist/openapi.yaml").contains(&format!("maximum: {number}\n")) {
                assert!(started.elapsed() < PATIENCE, "nothing was built");
                thread::sleep(Duration::from_millis(2));
            }
            let took = started.elapsed();
            watched.says(&["s/X.yaml changed", "wrote dist/openapi.yaml", "built in "]);
            took
        })
        .collect();
    took.sort();
    assert!(took[2] < Duration::from_secs(2), "{took:?}");
}

#[test]
fn a_mistake_is_told_and_does_not_end_it_and_the_output_stays_until_it_is_mended() {
    let tree = tree();
    let (watched, _) = Watched::start(&tree, BUILD);
    let built = tree.read("dist/openapi.yaml");
    tree.write("s/X.yaml", "type: string\ntype: integer\n");
    watched.says(&["s/X.yaml:2:1: the key `type` is written twice", "not built in "]);
    tree.write("root.yaml", "open");
    watched.says(&["root.yaml:1:1", "not built in "]);
    fs::remove_file(tree.path("root.yaml")).unwrap();
    watched.says(&["`root.yaml` does not exist", "not built in "]);
    assert_eq!(tree.read("dist/openapi.yaml"), built);
    tree.write("s/X.yaml", "type: integer\n");
    watched.is_quiet();
    tree.write("root.yaml", "openapi: 3.1.0\nx-a: {$ref: s/X.yaml}\n");
    watched.says(&["wrote dist/openapi.yaml", "built in "]);
    assert!(tree.read("dist/openapi.yaml").contains("x-a:\n  type: integer\n"));
}

#[test]
fn a_file_that_is_replaced_by_another_of_its_name_is_seen_every_time() {
    let tree = tree();
    let (watched, _) = Watched::start(&tree, BUILD);
    for kind in ["integer", "number", "boolean"] {
        watched.is_quiet();
        tree.write("s/.X.yaml.swp", format!("type: {kind}\n"));
        fs::rename(tree.path("s/.X.yaml.swp"), tree.path("s/X.yaml")).unwrap();
        watched.says(&["s/X.yaml changed", "built in "]);
        assert!(tree.read("dist/openapi.yaml").contains(&format!("type: {kind}\n")));
    }
    fs::rename(tree.path("s"), tree.path("away")).unwrap();
    watched.says(&["s/X.yaml`, which does not exist", "not built in "]);
    tree.write("away/X.yaml", "type: object\n");
    fs::rename(tree.path("away"), tree.path("s")).unwrap();
    watched.says(&["built in "]);
    assert!(tree.read("dist/openapi.yaml").contains("type: object\n"));
}

#[test]
fn a_file_that_was_missing_is_seen_when_it_comes_be_its_folder_there_or_not() {
    let tree = tree();
    tree.write("s/X.yaml", "{properties: {y: {$ref: ./Y.yaml}, z: {$ref: ../deep/er/Z.yaml}}}\n");
    let (watched, first) = Watched::start(&tree, BUILD);
    assert!(first.last().unwrap().contains("not built"), "{first:#?}");
    tree.write("s/Y.yaml", "type: string\n");
    watched.says(&["deep/er/Z.yaml`, which does not exist", "not built in "]);
    fs::create_dir(tree.path("deep")).unwrap();
    thread::sleep(LULL);
    tree.write("deep/er/Z.yaml", "type: string\n");
    watched.says(&["built in ", "watching 4 files"]);
    assert!(tree.read("dist/openapi.yaml").contains("    Z:\n"));
}

#[test]
fn what_no_run_looked_at_makes_none() {
    let tree = tree();
    let (watched, _) = Watched::start(&tree, BUILD);
    tree.write("notes.txt", "n");
    tree.write("s/Other.yaml", "type: string\n");
    tree.write("s/deep/Other.yaml", "type: string\n");
    tree.write("dist/openapi.yaml", "by hand\n");
    tree.write("dist/other.yaml", "by hand\n");
    fs::remove_file(tree.path("dist/openapi.json")).unwrap();
    tree.write("s/X.yaml", "type: string\n");
    watched.is_quiet();
    tree.write("s/X.yaml", "type: integer\n");
    watched.says(&["wrote dist/openapi.yaml", "wrote dist/openapi.json"]);
    watched.is_quiet();
}

#[test]
fn an_output_folder_among_the_sources_makes_no_run() {
    let tree = tree();
    let (watched, first) = Watched::start(&tree, &[BUILD, &["--out", "."]].concat());
    assert_eq!(first[0], "wrote ./openapi.yaml");
    watched.is_quiet();
    tree.write("s/X.yaml", "type: integer\n");
    watched.says(&["wrote ./openapi.yaml"]);
    watched.is_quiet();
}

#[test]
fn outputs_whose_bytes_stay_are_not_touched() {
    let tree = tree();
    let (watched, _) = Watched::start(&tree, BUILD);
    let before = modified(&tree, "dist/openapi.yaml");
    fs::remove_file(tree.path("dist/openapi.json")).unwrap();
    tree.write("s/X.yaml", "type: string # a comment\n");
    watched.says(&["dist/openapi.yaml is up to date", "wrote dist/openapi.json"]);
    assert_eq!(modified(&tree, "dist/openapi.yaml"), before);
    let names = fs::read_dir(tree.path("dist")).unwrap().count();
    assert_eq!(names, 2, "nothing else is left behind");
}

#[test]
fn a_burst_of_saves_is_one_run_of_what_was_saved_last() {
    let many: String = (0..30).map(|n| format!("    S{n}: {{$ref: ./s/S{n}.yaml}}\n")).collect();
    let tree = Tree::new(&format!("components:\n  schemas:\n{many}"), &[]);
    let save = |text: &str| (0..30).for_each(|n| tree.write(&format!("s/S{n}.yaml"), text));
    save("type: string\n");
    let (watched, _) = Watched::start(&tree, BUILD);
    for _ in 0..10 {
        save("type: [");
        save("type: integer\n");
    }
    let mut runs = 0;
    while !tree.read("dist/openapi.yaml").contains("S29:\n      type: integer\n") {
        watched.run();
        runs += 1;
    }
    // One, unless this process has to wait for its turn between two saves.
    assert!(runs <= 3, "600 saves made {runs} runs");
}

#[test]
fn a_file_behind_a_symbolic_link_is_seen() {
    let tree = tree();
    tree.write("real/X.yaml", "type: string\n");
    fs::remove_file(tree.path("s/X.yaml")).unwrap();
    std::os::unix::fs::symlink("../real/X.yaml", tree.path("s/X.yaml")).unwrap();
    let (watched, _) = Watched::start(&tree, BUILD);
    watched.is_quiet();
    tree.write("real/X.yaml", "type: integer\n");
    watched.says(&["s/X.yaml changed", "wrote dist/openapi.yaml"]);
}

#[test]
fn the_linter_runs_again_for_sources_and_settings_and_known_findings() {
    let tree = tree();
    tree.write("root.yaml", "openapi: 3.1.0\ninfo: {title: t, version: '1'}\npaths:\n  /a: {$ref: s/X.yaml}\n");
    tree.write("s/X.yaml", "get: {responses: {}}\n");
    tree.write("known.json", "{\"findings\": []}");
    let arguments = [LINT, &["--rule", "operation-summary", "--baseline", "known.json"]].concat();
    let (watched, first) = Watched::start(&tree, &arguments);
    assert!(first.iter().any(|line| line.starts_with("s/X.yaml:1:1: error[operation-summary]")), "{first:#?}");
    assert!(first.last().unwrap().contains("errors in "), "{first:#?}");
    tree.write("lint.toml", "[rules]\noperation-summary = 'warning'\n");
    watched.says(&["lint.toml changed", "warning[operation-summary]", "no errors in "]);
    tree.write("lint.toml", "[rules]\noperation-sumary = 'warning'\n");
    watched.says(&["did you mean `operation-summary`?", "not linted in "]);
    fs::remove_file(tree.path("lint.toml")).unwrap();
    watched.says(&["error[operation-summary]", "errors in "]);
    tree.write(".spectral.yaml", "rules: {operation-summary: info}\n");
    watched.says(&[".spectral.yaml changed", "info[operation-summary]"]);
    let known = r#"{"findings": [{"rule": "operation-summary", "file": "s/X.yaml", "pointer": "/get",
        "message": "`GET /a` has no summary"}]}"#;
    tree.write("known.json", known);
    watched.says(&["known.json changed", "1 known"]);
    tree.write("s/X.yaml", "post: {responses: {}}\n");
    watched.says(&["info[operation-summary]", "s/X.yaml:1:1"]);
    tree.write("unrelated.toml", "");
    watched.is_quiet();
}

#[test]
fn the_linter_sees_that_the_bundle_was_built() {
    let tree = tree();
    tree.write("dist/openapi.yaml", "old\n");
    let arguments = [LINT, &["--rule", "bundle-in-sync"]].concat();
    let (watched, first) = Watched::start(&tree, &arguments);
    assert!(first.iter().any(|line| line.contains("error[bundle-in-sync]")), "{first:#?}");
    assert!(output(&tree, &["build", "--root", "root.yaml"]).status.success());
    let mut said = watched.run();
    while !said.iter().any(|line| line.starts_with("no findings")) {
        said = watched.run();
    }
}

#[test]
fn ctrl_c_ends_it() {
    let (watched, _) = Watched::start(&tree(), BUILD);
    assert_eq!(watched.interrupt(), Some(130));
    let tree = tree();
    let (watched, _) = Watched::start(&tree, LINT);
    tree.write("s/X.yaml", "type: [");
    watched.run();
    assert_eq!(watched.interrupt(), Some(130));
}

#[test]
fn what_cannot_go_with_it_is_refused() {
    let refused = |arguments: &[&str], with: &str| {
        let Output { status, stderr, .. } = output(&tree(), arguments);
        let said = String::from_utf8(stderr).unwrap();
        assert_eq!(status.code(), Some(2), "{said}");
        assert!(said.contains("'--watch' cannot be used with") && said.contains(with), "{said}");
    };
    refused(&[BUILD, &["--check"]].concat(), "--check");
    refused(&[LINT, &["--fix"]].concat(), "--fix");
    refused(&[LINT, &["--write-baseline", "b.json"]].concat(), "--write-baseline");
    refused(&[LINT, &["--explain", "struct"]].concat(), "--explain");
    refused(&[LINT, &["--list"]].concat(), "--list");
}

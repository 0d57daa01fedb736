//! Documents that are made to do harm, given to the binary under limits that the system enforces: each command ends
//! soon, with a clear error or an answer, and in little memory.

use crate::tree::{HEAD, Tree};
use std::fmt::Write;
use std::fs::{self, File};
use std::io::Read;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// Address space of a process, in kilobytes.
const MEMORY: u32 = 1 << 20;

/// Processor time, in seconds, without optimisation.
const TIME: u32 = 60;

/// No command waits for anything, however busy the machine.
const PATIENCE: Duration = Duration::from_secs(300);

const BUILD: &[&str] = &["build", "--root", "root.yaml"];
const LINT: &[&str] = &["lint", "--root", "root.yaml"];
const DIFF: &[&str] = &["diff", "root.yaml", "root.yaml"];

/// Runs the binary under limits. Its exit code, and what it says in all.
#[track_caller]
fn run(tree: &Tree, arguments: &[&str]) -> (i32, String) {
    let limits = format!("ulimit -v {MEMORY} -t {TIME} && exec \"$0\" \"$@\" 2>&1");
    let mut command = Command::new("bash");
    command.args(["-c", &limits, env!("CARGO_BIN_EXE_countersign-spec")]).args(arguments);
    command.current_dir(tree.path("")).stdin(Stdio::null()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut pipe = child.stdout.take().unwrap();
    let reader = thread::spawn(move || {
        let mut said = Vec::new();
        pipe.read_to_end(&mut said).unwrap();
        String::from_utf8_lossy(&said).into_owned()
    });
    let started = Instant::now();
    let status = loop {
        match child.try_wait().unwrap() {
            Some(status) => break status,
            None if started.elapsed() > PATIENCE => {
                child.kill().unwrap();
                panic!("{arguments:?} does not end");
            }
            None => thread::sleep(Duration::from_millis(5)),
        }
    };
    let said = reader.join().unwrap();
    let shown: String = said.chars().take(2_000).collect();
    let code = status.code().unwrap_or_else(|| panic!("{arguments:?} ended with {status}: {shown}"));
    assert!((0..=2).contains(&code), "{arguments:?} ended with {code}: {shown}");
    assert!(!said.contains("panicked"), "{arguments:?} panicked: {shown}");
    (code, said)
}

/// No command can use the document, and each says why.
#[track_caller]
fn refused(tree: &Tree, part: &str) {
    refused_by(&[BUILD, LINT, DIFF], tree, part);
}

#[track_caller]
fn refused_by(commands: &[&[&str]], tree: &Tree, part: &str) {
    for arguments in commands.iter().copied() {
        let (code, said) = run(tree, arguments);
        let shown: String = said.chars().take(2_000).collect();
        assert!(code == 2 || (code == 1 && arguments == LINT), "{arguments:?} ended with {code}: {shown}");
        assert!(said.contains(part), "{arguments:?} does not say {part:?}: {shown}");
    }
}

/// Each command ends, whatever it says.
#[track_caller]
fn ends(tree: &Tree) {
    for arguments in [BUILD, LINT, DIFF] {
        run(tree, arguments);
    }
}

/// A root document whose component `X` is the file `x.yaml`.
fn referring() -> Tree {
    referring_to("./x.yaml")
}

fn referring_to(reference: &str) -> Tree {
    Tree::new(&format!("components: {{schemas: {{X: {{$ref: {reference}}}}}}}\n"), &[])
}

/// The same text as the root document and as a file that it refers to.
#[track_caller]
fn refused_anywhere(text: impl AsRef<[u8]>, part: &str) {
    let (alone, tree) = (Tree::new("", &[]), referring());
    alone.write("root.yaml", text.as_ref());
    tree.write("x.yaml", text.as_ref());
    refused(&alone, part);
    refused(&tree, part);
}

#[test]
fn deep_nesting_is_refused() {
    let deep = 200_000;
    refused_anywhere(format!("{HEAD}x-a: {}1{}\n", "[".repeat(deep), "]".repeat(deep)), "recursion limit exceeded");
    refused_anywhere(format!("{HEAD}x-a: {}1{}\n", "{a: ".repeat(deep), "}".repeat(deep)), "levels deep");
    refused_anywhere(format!("{HEAD}x-a:\n{}1\n", "- ".repeat(deep)), "levels deep");
    let lines: String = (0..2_000).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect();
    refused_anywhere(format!("{HEAD}{lines}"), "levels deep");
}

#[test]
fn aliases_and_merge_keys_that_multiply_are_refused() {
    let mut aliases = "x-0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n".to_owned();
    let mut merges = "x-0: &a0 {k: [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]}\n".to_owned();
    for level in 1..12 {
        let one = format!("*a{}", level - 1);
        let _ = writeln!(aliases, "x-{level}: &a{level} [{}]", [one.as_str(); 10].join(", "));
        let members: String = (0..10).map(|n| format!("k{n}: {one}, ")).collect();
        let _ = writeln!(merges, "x-{level}: &a{level} {{{members}<<: {one}}}");
    }
    refused_anywhere(format!("{HEAD}{aliases}"), "more than 4000000 values");
    refused_anywhere(format!("{HEAD}{merges}"), "more than 4000000 values");
}

#[test]
fn references_out_of_the_tree_are_refused() {
    for (reference, part) in [
        ("../../../../../../../../etc/hostname", "leads out of the tree"),
        ("./s/../../outside.yaml", "leads out of the tree"),
        ("/etc/hostname", "is an absolute path"),
        ("file:///etc/hostname", "points to the network"),
        ("https://localhost/x.yaml", "points to the network"),
        ("\"./x\\0.yaml\"", "cannot be read"),
        (&"x".repeat(5_000), "cannot be read"),
    ] {
        refused(&referring_to(reference), part);
    }
    let (outside, tree) = (Tree::new("", &[("x.yaml", "type: string\n"), ("s/y.yaml", "a: 1\n")]), referring());
    std::os::unix::fs::symlink(outside.path("x.yaml"), tree.path("x.yaml")).unwrap();
    refused(&tree, "leads out of the tree");
    let tree = referring_to("./s/y.yaml");
    std::os::unix::fs::symlink(outside.path("s"), tree.path("s")).unwrap();
    refused(&tree, "leads out of the tree");
}

#[test]
fn files_that_are_not_text_are_refused() {
    let noise: Vec<u8> = (0..1_000_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13).to_le_bytes()[0]).collect();
    refused_anywhere(noise, "is not UTF-8");
    let utf_16: Vec<u8> = "\u{feff}openapi: 3.1.0\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    refused_anywhere(utf_16, "is not UTF-8");
    refused_anywhere(vec![0; 1_000_000], "U+0000 cannot stand in a file");
    refused_anywhere([HEAD.as_bytes(), b"x-a: \x1b[31m\n"].concat(), "U+001B cannot stand in a file");
}

#[test]
fn a_file_of_a_hundred_megabytes_is_refused() {
    for (tree, name) in [(Tree::new("", &[]), "root.yaml"), (referring(), "x.yaml")] {
        File::create(tree.path(name)).unwrap().set_len(100 << 20).unwrap();
        refused(&tree, "is larger than 64 MB");
    }
}

#[test]
fn what_is_not_a_file_is_refused() {
    for (tree, name) in [(Tree::new("", &[]), "root.yaml"), (referring(), "x.yaml")] {
        let path = tree.path(name);
        let _ = fs::remove_file(&path);
        assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
        refused(&tree, "is not a file");
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        refused(&tree, "is not a file");
        fs::remove_dir(&path).unwrap();
        std::os::unix::fs::symlink(name, &path).unwrap();
        refused(&tree, "cannot be read");
    }
    let tree = Tree::new("", &[]);
    fs::remove_file(tree.path("root.yaml")).unwrap();
    std::os::unix::fs::symlink("/dev/zero", tree.path("root.yaml")).unwrap();
    refused(&tree, "is not a file");
}

#[test]
fn settings_that_are_no_files_of_settings_are_refused() {
    let tree = Tree::new("", &[("empty.toml", "")]);
    assert!(Command::new("mkfifo").arg(tree.path("pipe")).status().unwrap().success());
    File::create(tree.path("large")).unwrap().set_len(100 << 20).unwrap();
    for (name, part) in [("pipe", "is not a file"), (".", "is not a file"), ("large", "is larger than")] {
        for option in ["--config", "--baseline", "--compare"] {
            let (code, said) = run(&tree, &[LINT, &[option, name]].concat());
            assert!(code == 2 && said.contains(part), "{option} {name} ended with {code}: {said}");
        }
    }
    tree.write("lint.toml", "a = ".to_owned() + &"[".repeat(1_000_000));
    let (code, said) = run(&tree, LINT);
    assert!(code == 2 && said.contains("lint.toml"), "{code}: {said}");
    fs::remove_file(tree.path("lint.toml")).unwrap();
    tree.write(".spectral.yaml", "a: ".to_owned() + &"[".repeat(1_000_000));
    let (code, said) = run(&tree, LINT);
    assert!(code == 2 && said.contains(".spectral.yaml"), "{code}: {said}");
}

#[test]
fn a_mistake_in_every_line_takes_no_longer_for_each_than_a_few() {
    let mut lost = "components:\n  schemas:\n".to_owned();
    let mut missing = lost.clone();
    for n in 0..20_000 {
        let _ = writeln!(lost, "    S{n}: {{$ref: '#/components/schemas/T{n}'}}");
        let _ = writeln!(missing, "    S{n}: {{$ref: ./none-{n}.yaml}}");
    }
    // The differ looks at what operations lead to, and at nothing else.
    refused_by(&[BUILD, LINT], &Tree::new(&lost, &[]), "leads nowhere");
    let files: Vec<(String, String)> = (0..500).map(|n| (format!("some-{n}.yaml"), String::new())).collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    refused(&Tree::new(&missing, &files), "which does not exist");
    refused(&Tree::new(&("x-a:\n".to_owned() + &"  k: 1\n".repeat(100_000)), &[]), "is written twice");
}

#[test]
fn circles_end() {
    let around = |n: usize| format!("    S{n}: {{$ref: '#/components/schemas/S{}'}}\n", (n * 7 + 1) % 5_000);
    ends(&Tree::new(&format!("components:\n  schemas:\n{}", (0..5_000).map(around).collect::<String>()), &[]));
    let item = "get: {responses: {}, callbacks: {c: {u: {$ref: ./x.yaml}}}}\n";
    let tree = Tree::new("webhooks: {w: {$ref: ./x.yaml}}\n", &[("x.yaml", item)]);
    let (code, said) = run(&tree, BUILD);
    assert!(code == 2 && said.contains("leads back to itself"), "{code}: {said}");
    ends(&tree);
}

#[test]
fn long_scalars_and_lines_end() {
    let megabytes = 1 << 20;
    for text in [
        format!("x-a: '{}'\n", "x".repeat(megabytes)),
        format!("x-a: \"{}\"\n", "\\ud83d\\ude00".repeat(megabytes / 12)),
        format!("x-a: |\n{}", "  x\n".repeat(megabytes / 4)),
        format!("x-a: [{}]\n", "1, ".repeat(megabytes / 3)),
        format!("x-a: {{{}}}\n", "a ".repeat(megabytes / 2)),
        format!("x-a: '{}", "a\n  ".repeat(megabytes / 4)),
        format!("x-a: {}\n", "a: ".repeat(megabytes / 3)),
        format!("x-a:\n{}\n", "? ".repeat(megabytes / 2)),
        format!("x-a: {}\n", "!a ".repeat(megabytes / 3)),
        format!("{}x-a: 1\n", "\n".repeat(megabytes)),
        format!("{}x-a: 1\n", " ".repeat(megabytes)),
        format!("#{}\n", "#".repeat(megabytes)),
    ] {
        ends(&Tree::new(&text, &[]));
    }
}

#[test]
fn patterns_made_to_explode_end() {
    let mut schemas = "components:\n  schemas:\n".to_owned();
    for n in 0..100 {
        let text = "a".repeat(2_000);
        let _ = writeln!(schemas, "    P{n}: {{type: string, pattern: '^(a+)+(b|c{n})*$', example: '{text}!'}}");
        let _ = writeln!(
            schemas,
            "    Q{n}: {{type: string, pattern: '^((((a{{99}}){{99}}){{99}}){{99}}){{{n}}}$', example: a}}"
        );
    }
    ends(&Tree::new(&schemas, &[]));
}

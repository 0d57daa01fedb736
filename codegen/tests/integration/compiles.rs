//! What the generator makes of `documents/rich.yaml` compiles, on the real run time of the models, and works.
//!
//! A workspace is built under the target folder: `api/models` is the real crate with the generated files of the rich
//! document in place of its own, and `rich/round_trips.rs` as its test. The real client and server would take minutes to
//! build; their generated files are held to the same signatures by the small crates of `rich/`.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use crate::{DOCUMENTS, generate, workspace};

#[test]
fn the_code_of_a_rich_document_compiles_and_its_values_survive_the_round_trip() {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("rich");
    let _ = fs::remove_dir_all(root.join("api/models/src/generated"));
    let files = generate(&Path::new(DOCUMENTS).join("rich.yaml")).unwrap_or_else(|faults| panic!("{faults}"));
    for file in &files {
        write(&root.join(&file.path), &file.text);
    }
    let models = workspace().join("api/models");
    // What the crate's own tests need would only have to be built.
    let cargo = fs::read_to_string(models.join("Cargo.toml")).expect("the manifest of the models");
    let cargo = cargo.split("[dev-dependencies]").next().unwrap_or_default();
    write(&root.join("api/models/Cargo.toml"), cargo);
    for source in sources(&models.join("src")) {
        copy(&source, &root.join("api/models/src").join(source.file_name().expect("a name")));
    }
    let rich = Path::new("tests/rich");
    copy(&rich.join("round_trips.rs"), &root.join("api/models/tests/round_trips.rs"));
    for (name, source) in [("client", "client.rs"), ("server", "server.rs"), ("dropshot", "dropshot.rs")] {
        let dependencies = match name {
            "client" => "countersign-models = { path = \"../models\" }\n",
            "server" => "countersign-models = { path = \"../models\" }\ndropshot = { path = \"../dropshot\" }\n",
            _ => "",
        };
        let package = if name == "dropshot" { name.to_owned() } else { format!("rich-{name}") };
        let manifest = format!("[package]\nname = \"{package}\"\nedition = \"2024\"\n\n[dependencies]\n{dependencies}");
        write(&root.join("api").join(name).join("Cargo.toml"), &manifest);
        copy(&rich.join(source), &root.join("api").join(name).join("src/lib.rs"));
    }
    copy(&workspace().join("Cargo.lock"), &root.join("Cargo.lock"));
    write(&root.join("Cargo.toml"), &manifest());

    let output = Command::new(env!("CARGO"))
        .args(["test", "--offline", "--quiet", "--workspace", "--lib", "--tests"])
        .current_dir(&root)
        .env("CARGO_TARGET_DIR", Path::new(env!("CARGO_TARGET_TMPDIR")).join("rich-target"))
        .output()
        .expect("cargo runs");
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "in {}:\n{said}", root.display());
}

/// The workspace's own manifest, so that versions and features are the same, with other members.
fn manifest() -> String {
    let text = fs::read_to_string(workspace().join("Cargo.toml")).expect("the workspace's manifest");
    let lines = text.lines().map(|line| match line.starts_with("members = ") {
        true => "members = [\"api/models\", \"api/client\", \"api/server\", \"api/dropshot\"]",
        false => line,
    });
    // A profile of packages that are not here would be warned of.
    lines.take_while(|line| !line.starts_with("[profile")).collect::<Vec<_>>().join("\n")
        + "\n[profile.dev]\ndebug = 0\n"
}

/// The files of a folder that are written by hand; the folder of the generated ones is not among them.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the run time's sources").map(|entry| entry.expect("an entry").path());
    entries.filter(|path| path.extension().is_some_and(|extension| extension == "rs")).collect()
}

fn copy(from: &Path, to: &Path) {
    let text = fs::read_to_string(from).unwrap_or_else(|cause| panic!("{}: {cause}", from.display()));
    write(to, &text);
}

/// Leaves a file alone that is already so: cargo goes by the time of the last change.
fn write(path: &Path, text: &str) {
    if fs::read_to_string(path).is_ok_and(|found| found == text) {
        return;
    }
    fs::create_dir_all(path.parent().expect("a folder")).expect("the folder is made");
    fs::write(path, text).expect("the file is written");
}

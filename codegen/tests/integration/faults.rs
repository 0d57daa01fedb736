//! What the generator refuses: `documents/faults/NAME.yaml` gives the diagnostics in `NAME.txt` beside it, no more and
//! no fewer. `COUNTERSIGN_BLESS=1` writes the texts anew, for review.

use std::collections::BTreeSet;
use std::path::Path;
use std::{env, fs};

use crate::{DOCUMENTS, generate};

/// The names of the fault documents.
fn names() -> BTreeSet<String> {
    let folder = Path::new(DOCUMENTS).join("faults");
    let entries = fs::read_dir(folder).expect("the folder of faults").map(|entry| entry.expect("an entry").path());
    entries.filter_map(|path| Some(path.file_name()?.to_str()?.strip_suffix(".yaml")?.to_owned())).collect()
}

#[test]
fn each_fault_is_refused_at_its_place() {
    let bless = env::var_os("COUNTERSIGN_BLESS").is_some();
    let mut wrong = Vec::new();
    for name in names() {
        let document = Path::new(DOCUMENTS).join("faults").join(format!("{name}.yaml"));
        let expected = document.with_extension("txt");
        let found = match generate(&document) {
            Ok(files) => format!("accepted, {} files", files.len()),
            Err(diagnostics) => format!("{diagnostics}\n"),
        };
        if bless {
            fs::write(&expected, &found).expect("written");
        } else if fs::read_to_string(&expected).unwrap_or_default() != found {
            wrong.push(format!("--- {name}\n{found}"));
        }
    }
    assert!(wrong.is_empty(), "other diagnostics than expected:\n{}", wrong.join("\n"));
}

#[test]
fn each_refusal_names_file_line_and_column() {
    for name in names() {
        let document = Path::new(DOCUMENTS).join("faults").join(format!("{name}.yaml"));
        let diagnostics = generate(&document).expect_err("a document of faults");
        for diagnostic in diagnostics.0 {
            let place = diagnostic.place.as_ref().unwrap_or_else(|| panic!("{name}: {diagnostic} has no place"));
            assert_eq!(place.file, document, "{diagnostic}");
        }
    }
}

#[test]
fn the_formats_known_to_the_generator_are_those_that_the_run_time_enforces() {
    let list = |text: &str| {
        let from = text.find("const STRING_FORMATS").expect("the list");
        text[from..].split_once(';').expect("its end").0.to_owned()
    };
    let generator = list(include_str!("../../src/read/schema.rs"));
    let run_time = list(include_str!("../../../api/models/src/format.rs"));
    assert_eq!(generator, run_time);
}

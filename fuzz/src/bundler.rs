//! The bundler, on a tree of files:
//!
//! - it gives the same answer every time, whatever the answer is;
//! - a bundle holds no reference to another file, and bundling it changes nothing;
//! - what is wrong stands in a file of the tree.

use crate::LENIENT;
use crate::folder::Folder;
use crate::packed::{ROOT, unpack};
use crate::reader::reads_as_printed;
use countersign_spec::{BundleOptions, Diagnostics, Document, bundle};

/// Bundles the files of an input.
///
/// # Panics
/// A property does not hold.
pub fn check(input: &[u8]) {
    let files = unpack(input);
    let folder = Folder::new(&files);
    let root = folder.path(ROOT);
    let strict = bundle(&root, BundleOptions::default());
    assert_eq!(printed(&strict), printed(&bundle(&root, BundleOptions::default())), "another time, another answer");
    match &strict {
        Ok(document) => {
            reads_as_printed(&folder, document);
            let lenient = bundle(&root, LENIENT).expect("what is fine is fine for the lenient too");
            assert_eq!(document.to_yaml(), lenient.to_yaml(), "leniency changes a document without faults");
        }
        Err(found) => {
            assert!(!found.0.is_empty(), "there is no reason why the document was refused");
            for place in found.0.iter().filter_map(|one| one.place.as_ref()) {
                assert!(place.file.starts_with(folder.path("")), "{place} is elsewhere");
            }
            let lenient = bundle(&root, LENIENT);
            assert_eq!(printed(&lenient), printed(&bundle(&root, LENIENT)), "another time, another answer");
        }
    }
}

fn printed(bundled: &Result<Document, Diagnostics>) -> Result<(String, String, usize), String> {
    match bundled {
        Ok(document) => Ok((document.to_yaml(), document.to_json(), document.warnings().len())),
        Err(found) => Err(found.to_string()),
    }
}

//! ## What it finds
//! A tag of an operation that the root document does not list.
//! ## Why it matters
//! It has no description and no place in the order of chapters, and is often a misspelling.
//! ## Fix
//! Correct it, or add it to `tags` of the root document.
use crate::lint::prelude::*;
use crate::suggest;

pub(crate) const RULE: Rule = Rule::warning("operation-tag-defined", Check::Operation(check));

fn check(op: Op<'_>, report: &mut Report<'_>) {
    let listed = op.tree.root().get("tags");
    let names: Vec<&str> = listed.into_iter().flat_map(Site::items).filter_map(|tag| tag.end().text("name")).collect();
    for tag in op.site().get("tags").into_iter().flat_map(Site::items) {
        let Some(text) = tag.str().filter(|text| !names.contains(text)) else { continue };
        let nearest = suggest::nearest(text, names.iter().copied());
        let finding = report.add(tag, format!("the tag `{text}` is not listed in the root document"));
        if let Some(nearest) = nearest {
            finding.help(format!("did you mean `{nearest}`?"));
        }
    }
}

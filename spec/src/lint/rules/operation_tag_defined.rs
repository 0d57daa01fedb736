//! ## What it finds
//! A tag of an operation that the root document does not list.
//! ## Why it matters
//! It has no description and no place in the order of chapters, and is often a misspelling.
//! ## Fix
//! Correct it, or add it to `tags` of the root document.
use crate::lint::prelude::*;

pub(crate) const RULE: Rule = Rule::warning("operation-tag-defined", Check::Operation(check));

fn check(op: Op<'_>, report: &mut Report<'_>) {
    let names = op.tree.tags();
    let is_listed = |name: &str| names.binary_search_by(|known| known.as_str().cmp(name)).is_ok();
    for tag in op.site().get("tags").into_iter().flat_map(Site::items) {
        let Some(text) = tag.str().filter(|text| !is_listed(text)) else { continue };
        let nearest = op.tree.nearest(text, names.iter().map(String::as_str));
        let finding = report.add(tag, format!("the tag `{text}` is not listed in the root document"));
        if let Some(nearest) = nearest {
            finding.help(format!("did you mean `{nearest}`?"));
        }
    }
}

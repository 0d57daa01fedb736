//! ## What it finds
//! A security requirement that names no security scheme, and an operation for which no `security` holds at all.
//! ## Why it matters
//! Nobody knows how to identify themselves, or whether they must.
//! ## Fix
//! Define the scheme in `components.securitySchemes`. An operation that needs nothing says so with `security: []`.
use crate::lint::prelude::*;

pub(crate) const RULE: Rule =
    Rule::error("security-defined", Check::Document(check)).aliases(&["oas3-operation-security-defined"]);

fn check(tree: &Tree, report: &mut Report<'_>) {
    let schemes = tree.root().get("components").and_then(|components| components.follow("securitySchemes"));
    for requirement in tree.objects(Kind::SecurityRequirement) {
        for (name, scopes) in requirement.entries() {
            if schemes.is_some_and(|schemes| schemes.has(name)) {
                continue;
            }
            let known = schemes.into_iter().flat_map(Site::entries).map(|(name, _)| name);
            let nearest = tree.nearest(name, known);
            let finding = report.key(scopes, format!("there is no security scheme `{name}`"));
            if let Some(nearest) = nearest {
                finding.help(format!("did you mean `{nearest}`?"));
            }
        }
    }
    if tree.root().has("security") {
        return;
    }
    for operation in tree.operations() {
        let op = Op { tree, operation };
        if op.is_path() && !op.site().has("security") {
            report.ask().key(op.site(), format!("no `security` holds for `{}`", op.title()));
        }
    }
}

//! ## What it finds
//! A scope in a security requirement that no flow of the OAuth scheme defines.
//! ## Why it matters
//! No token can have it.
//! ## Fix
//! Correct it, or add it to `scopes` of the flow.
use crate::lint::prelude::*;

pub(crate) const RULE: Rule =
    Rule::warning("security-scopes-defined", Check::Object(&[Kind::SecurityRequirement], check));

fn check(requirement: Site<'_>, report: &mut Report<'_>) {
    let components = requirement.tree.root().get("components");
    let Some(schemes) = components.and_then(|components| components.follow("securitySchemes")) else { return };
    for (name, scopes) in requirement.entries() {
        let Some(scheme) = schemes.follow(name).filter(|scheme| scheme.text("type") == Some("oauth2")) else {
            continue;
        };
        let flows: Vec<Site<'_>> =
            scheme.follow("flows").into_iter().flat_map(Site::entries).map(|(_, flow)| flow.end()).collect();
        for scope in scopes.items() {
            let Some(text) = scope.str() else { continue };
            if !flows.iter().any(|flow| flow.get("scopes").is_some_and(|known| known.has(text))) {
                report.add(scope, format!("no flow of `{name}` defines the scope `{text}`"));
            }
        }
    }
}

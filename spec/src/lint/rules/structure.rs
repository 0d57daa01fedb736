//! ## What it finds
//! Objects that are not shaped as OpenAPI says: a required member is missing, a member has the wrong type, or its name
//! is not one that the object can have.
//! ## Why it matters
//! Tools ignore what they do not know. A misspelt `requried` makes a member optional without a word.
//! ## Fix
//! Correct the name or the value. Members of your own begin with `x-`.
use crate::lint::prelude::*;
use crate::lint::structure::shape;
use crate::suggest;

pub(crate) const RULE: Rule = Rule::error("struct", Check::Document(check)).aliases(&["oas3-schema"]);

fn check(tree: &Tree, report: &mut Report<'_>) {
    for visit in &tree.visits {
        let site = tree.site(visit.id);
        if !site.is_reference() {
            object(site, visit.kind, report);
        }
    }
}

fn object(site: Site<'_>, kind: Kind, report: &mut Report<'_>) {
    let Some(shape) = shape(kind) else {
        match kind {
            Kind::Paths => paths(site, report),
            Kind::Responses if site.is_mapping() && site.len() == 0 => drop(report.key(site, "`responses` is empty")),
            _ => {}
        }
        return;
    };
    if kind == Kind::Schema && site.bool().is_some() {
        return;
    }
    if !site.is_mapping() {
        report.add(site, format!("{} is an object, not `{}`", shape.name, site.shown()));
        return;
    }
    for required in shape.required {
        if !site.has(required) {
            report.key(site, format!("{} has no `{required}`", shape.name));
        }
    }
    for (key, value) in site.entries().filter(|(key, _)| !key.starts_with("x-")) {
        match shape.want(site, kind, key) {
            Some(want) => {
                if let Some(fault) = want.fault(value) {
                    report.add(value, format!("`{key}` {fault}"));
                }
            }
            None => {
                let known = shape.members.iter().map(|(name, _)| *name);
                let nearest = suggest::nearest(key, known);
                let finding = report.key(value, format!("{} has no member `{key}`", shape.name));
                if let Some(name) = nearest {
                    finding.help(format!("did you mean `{name}`?"));
                }
            }
        }
    }
    let version_needs = match kind {
        Kind::Root if site.tree.is_3_0() && !site.has("paths") => Some("the document has no `paths`"),
        Kind::Root if !["paths", "webhooks", "components"].iter().any(|key| site.has(key)) => {
            Some("the document has neither `paths` nor `webhooks` nor `components`")
        }
        Kind::Operation if site.tree.is_3_0() && !site.has("responses") => Some("an operation has no `responses`"),
        Kind::Parameter if !site.has("schema") && !site.has("content") => {
            Some("a parameter has neither `schema` nor `content`")
        }
        _ => None,
    };
    if let Some(message) = version_needs {
        report.key(site, message);
    }
    if kind == Kind::Parameter && site.text("in") == Some("path") && !site.is_true("required") {
        report.key(site, "a path parameter must be `required: true`");
    }
}

fn paths(site: Site<'_>, report: &mut Report<'_>) {
    for (path, item) in site.entries().filter(|(path, _)| !path.starts_with(['/']) && !path.starts_with("x-")) {
        report.key(item, format!("`{path}` does not begin with `/`"));
    }
}

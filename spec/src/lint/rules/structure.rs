//! ## What it finds
//! Objects that are not shaped as OpenAPI says: a required member is missing, a member has the wrong type, or its name
//! is not one that the object can have.
//! ## Why it matters
//! Tools ignore what they do not know. A misspelt `requried` makes a member optional without a word.
//! ## Fix
//! Correct the name or the value. Members of your own begin with `x-`.
use crate::lint::prelude::*;
use crate::lint::structure::{STYLES, shape};
use std::collections::HashSet;

pub(crate) const RULE: Rule = Rule::error("struct", Check::Document(check)).aliases(&["oas3-schema"]);

fn check(tree: &Tree, report: &mut Report<'_>) {
    for visit in &tree.visits {
        let site = tree.site(visit.id);
        let has_words = visit.kind == Kind::Schema && !tree.is_3_0() && site.len() > 1;
        if !site.is_reference() || has_words {
            object(site, visit.kind, report);
        }
    }
}

fn object(site: Site<'_>, kind: Kind, report: &mut Report<'_>) {
    let Some(shape) = shape(kind) else {
        match kind {
            Kind::Paths => paths(site, report),
            Kind::Responses => responses(site, report),
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
                if let Some(fault) = want.fault(value).filter(|_| !is_judged_itself(site, kind, key, value)) {
                    report.add(value, format!("`{key}` {fault}"));
                }
            }
            None => {
                let known = shape.members.iter().map(|(name, _)| *name);
                let nearest = site.tree.nearest(key, known);
                let finding = report.key(value, format!("{} has no member `{key}`", shape.name));
                if let Some(name) = nearest {
                    finding.help(format!("did you mean `{name}`?"));
                }
            }
        }
    }
    match kind {
        Kind::Root => root(site, report),
        Kind::Operation if site.tree.is_3_0() && !site.has("responses") => {
            report.key(site, "an operation has no `responses`");
        }
        Kind::Parameter => parameter(site, report),
        Kind::SecurityScheme => security_scheme(site, report),
        Kind::OauthFlow => flow(site, report),
        Kind::License => exclusive(site, "identifier", "url", report),
        Kind::Link => {
            exclusive(site, "operationId", "operationRef", report);
            if !site.has("operationId") && !site.has("operationRef") {
                report.key(site, "a link has neither `operationId` nor `operationRef`");
            }
        }
        Kind::Schema => schema(site, report),
        _ => {}
    }
}

/// Whether a value that is no object has a finding of its own as the object that should stand there.
fn is_judged_itself(site: Site<'_>, kind: Kind, key: &str, value: Site<'_>) -> bool {
    let own = kind.member(site.tree.version, site.tree.arena(), key, value.id);
    !value.is_mapping() && value.bool().is_none() && own.is_some_and(|own| shape(own).is_some())
}

fn exclusive(site: Site<'_>, one: &str, other: &str, report: &mut Report<'_>) {
    if site.has(one) && site.has(other) {
        report.member(site, one, format!("`{one}` and `{other}` exclude each other"));
    }
}

fn root(site: Site<'_>, report: &mut Report<'_>) {
    if site.tree.is_3_0() {
        if !site.has("paths") {
            report.key(site, "the document has no `paths`");
        }
    } else if !["paths", "webhooks", "components"].iter().any(|key| site.has(key)) {
        report.key(site, "the document has neither `paths` nor `webhooks` nor `components`");
    }
}

fn parameter(site: Site<'_>, report: &mut Report<'_>) {
    let place = site.text("in");
    if !site.has("schema") && !site.has("content") {
        report.key(site, "a parameter has neither `schema` nor `content`");
    }
    exclusive(site, "schema", "content", report);
    if let Some(content) = site.follow("content").filter(|content| content.is_mapping() && content.len() != 1) {
        report.key(content, "the `content` of a parameter has exactly one media type");
    }
    if place == Some("path") && !site.is_true("required") {
        report.key(site, "a path parameter must be `required: true`");
    }
    let styles: &[&str] = match place {
        Some("path") => &["matrix", "label", "simple"],
        Some("query") => &["form", "spaceDelimited", "pipeDelimited", "deepObject"],
        Some("header") => &["simple"],
        Some("cookie") => &["form"],
        _ => return,
    };
    let is_known = |style: &&str| STYLES.contains(style);
    if let Some(style) = site.text("style").filter(is_known).filter(|style| !styles.contains(style)) {
        let place = place.unwrap_or_default();
        report.member(site, "style", format!("a {place} parameter has the style {}, not {style}", styles.join(" or ")));
    }
}

/// The members that each type of security scheme needs, and those that belong to it alone.
const SCHEMES: [(&str, &[&str], &[&str]); 4] = [
    ("apiKey", &["name", "in"], &["name", "in"]),
    ("http", &["scheme"], &["scheme", "bearerFormat"]),
    ("oauth2", &["flows"], &["flows"]),
    ("openIdConnect", &["openIdConnectUrl"], &["openIdConnectUrl"]),
];

const TYPES: [&str; 5] = ["apiKey", "http", "oauth2", "openIdConnect", "mutualTLS"];

fn security_scheme(site: Site<'_>, report: &mut Report<'_>) {
    // A type that is none has a finding of its own.
    let Some(own) = site.text("type").filter(|own| TYPES.contains(own)) else { return };
    for (name, needs, belongs) in SCHEMES {
        if own == name {
            for missing in needs.iter().filter(|key| !site.has(key)) {
                report.key(site, format!("a security scheme of type {name} has no `{missing}`"));
            }
        } else {
            for other in belongs.iter().filter_map(|key| site.get(key)) {
                let key = other.key().unwrap_or_default();
                report.key(other, format!("`{key}` belongs to security schemes of type {name}, not {own}"));
            }
        }
    }
}

fn flow(site: Site<'_>, report: &mut Report<'_>) {
    let needs: &[&str] = match site.key() {
        Some("implicit") => &["authorizationUrl"],
        Some("password" | "clientCredentials") => &["tokenUrl"],
        Some("authorizationCode") => &["authorizationUrl", "tokenUrl"],
        _ => &[],
    };
    for missing in needs.iter().filter(|key| !site.has(key)) {
        report.key(site, format!("the flow has no `{missing}`"));
    }
}

fn schema(site: Site<'_>, report: &mut Report<'_>) {
    if let Some(pattern) = site.get("pattern")
        && pattern.str().is_some_and(|text| !site.tree.pattern(text).is_valid())
    {
        report.add(pattern, "the `pattern` is not a regular expression");
    }
    if let Some(step) = site.get("multipleOf")
        && step.number().is_some_and(|step| step <= 0.0)
    {
        report.add(step, "`multipleOf` must be above zero");
    }
    for word in ["required", "type"] {
        let mut seen = HashSet::new();
        for name in site.get(word).into_iter().flat_map(Site::items) {
            if name.str().is_some_and(|text| !seen.insert(text)) {
                report.add(name, format!("`{}` stands twice in `{word}`", name.shown()));
            }
        }
    }
    for (name, needs) in site.get("dependentRequired").into_iter().flat_map(Site::entries) {
        if !needs.is_sequence() || needs.items().any(|need| need.str().is_none()) {
            report.add(needs, format!("`{name}` must be a list of texts"));
        }
    }
}

fn responses(site: Site<'_>, report: &mut Report<'_>) {
    if site.is_mapping() && site.len() == 0 {
        report.key(site, "`responses` is empty");
    }
    let is_status = |key: &str| match key.as_bytes() {
        [b'1'..=b'5', b'X' | b'x', b'X' | b'x'] => true,
        [b'1'..=b'5', rest @ ..] => rest.len() == 2 && rest.iter().all(u8::is_ascii_digit),
        _ => key == "default" || key.starts_with("x-"),
    };
    for (key, response) in site.entries().filter(|(key, _)| !is_status(key)) {
        report.key(response, format!("`{key}` is no status code")).help("write `200`, `2XX` or `default`");
    }
}

fn paths(site: Site<'_>, report: &mut Report<'_>) {
    for (path, item) in site.entries().filter(|(path, _)| !path.starts_with(['/']) && !path.starts_with("x-")) {
        report.key(item, format!("`{path}` does not begin with `/`"));
    }
}

//! The shape of OpenAPI objects: which members they have, of which types, and which are required.

use super::config::Config;
use super::finding::Finding;
use super::rules;
use super::site::Site;
use super::tree::Tree;
use crate::bundle::kind::Kind;
use crate::source::Span;

/// What a member must be.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Want {
    Any,
    Text,
    Bool,
    Number,
    /// A whole number that is not negative
    Count,
    List,
    Texts,
    Map,
    /// A schema: a mapping, in 3.1 also `true` or `false`
    Schema,
    SchemaOrBool,
    TypeName,
    NumberOrBool,
    OneOf(&'static [&'static str]),
}

/// The members of one kind of object.
pub(super) struct Shape {
    pub(super) name: &'static str,
    pub(super) members: &'static [(&'static str, Want)],
    pub(super) required: &'static [&'static str],
}

use Want::{Any, Bool, Count, List, Map, Number, NumberOrBool, OneOf, Schema, SchemaOrBool, Text, Texts, TypeName};

/// Types of JSON Schema.
pub(super) const TYPES: [&str; 7] = ["string", "number", "integer", "boolean", "object", "array", "null"];

type Members = &'static [(&'static str, Want)];

const ROOT: Members = &[
    ("openapi", Text),
    ("info", Map),
    ("jsonSchemaDialect", Text),
    ("servers", List),
    ("paths", Map),
    ("webhooks", Map),
    ("components", Map),
    ("security", List),
    ("tags", List),
    ("externalDocs", Map),
];
const INFO: Members = &[
    ("title", Text),
    ("summary", Text),
    ("description", Text),
    ("termsOfService", Text),
    ("contact", Map),
    ("license", Map),
    ("version", Text),
];
const PATH_ITEM: Members = &[
    ("$ref", Text),
    ("summary", Text),
    ("description", Text),
    ("get", Map),
    ("put", Map),
    ("post", Map),
    ("delete", Map),
    ("options", Map),
    ("head", Map),
    ("patch", Map),
    ("trace", Map),
    ("servers", List),
    ("parameters", List),
];
const OPERATION: Members = &[
    ("tags", Texts),
    ("summary", Text),
    ("description", Text),
    ("externalDocs", Map),
    ("operationId", Text),
    ("parameters", List),
    ("requestBody", Map),
    ("responses", Map),
    ("callbacks", Map),
    ("deprecated", Bool),
    ("security", List),
    ("servers", List),
];
/// How the values of parameters are written.
pub(super) const STYLES: &[&str] =
    &["matrix", "label", "form", "simple", "spaceDelimited", "pipeDelimited", "deepObject"];
const STYLE: Want = OneOf(STYLES);
const PARAMETER: Members = &[
    ("name", Text),
    ("in", OneOf(&["query", "header", "path", "cookie"])),
    ("description", Text),
    ("required", Bool),
    ("deprecated", Bool),
    ("allowEmptyValue", Bool),
    ("style", STYLE),
    ("explode", Bool),
    ("allowReserved", Bool),
    ("schema", Schema),
    ("example", Any),
    ("examples", Map),
    ("content", Map),
];
const HEADER: Members = &[
    ("description", Text),
    ("required", Bool),
    ("deprecated", Bool),
    ("allowEmptyValue", Bool),
    ("style", STYLE),
    ("explode", Bool),
    ("allowReserved", Bool),
    ("schema", Schema),
    ("example", Any),
    ("examples", Map),
    ("content", Map),
];
const SECURITY_SCHEME: Members = &[
    ("type", OneOf(&["apiKey", "http", "oauth2", "openIdConnect", "mutualTLS"])),
    ("description", Text),
    ("name", Text),
    ("in", OneOf(&["query", "header", "cookie"])),
    ("scheme", Text),
    ("bearerFormat", Text),
    ("flows", Map),
    ("openIdConnectUrl", Text),
];
const OAUTH_FLOW: Members = &[("authorizationUrl", Text), ("tokenUrl", Text), ("refreshUrl", Text), ("scopes", Map)];
const COMPONENTS: Members = &[
    ("schemas", Map),
    ("responses", Map),
    ("parameters", Map),
    ("examples", Map),
    ("requestBodies", Map),
    ("headers", Map),
    ("securitySchemes", Map),
    ("links", Map),
    ("callbacks", Map),
    ("pathItems", Map),
];
const SCHEMA_BOTH: Members = &[
    ("title", Text),
    ("multipleOf", Number),
    ("maximum", Number),
    ("minimum", Number),
    ("exclusiveMaximum", NumberOrBool),
    ("exclusiveMinimum", NumberOrBool),
    ("maxLength", Count),
    ("minLength", Count),
    ("pattern", Text),
    ("maxItems", Count),
    ("minItems", Count),
    ("uniqueItems", Bool),
    ("maxProperties", Count),
    ("minProperties", Count),
    ("required", Texts),
    ("enum", List),
    ("type", TypeName),
    ("allOf", List),
    ("anyOf", List),
    ("oneOf", List),
    ("not", Schema),
    ("items", Schema),
    ("properties", Map),
    ("additionalProperties", SchemaOrBool),
    ("description", Text),
    ("format", Text),
    ("default", Any),
    ("discriminator", Map),
    ("readOnly", Bool),
    ("writeOnly", Bool),
    ("xml", Map),
    ("externalDocs", Map),
    ("example", Any),
    ("deprecated", Bool),
];
const SCHEMA_3_0: Members = &[("nullable", Bool)];
const SCHEMA_3_1: Members = &[
    ("$ref", Text),
    ("$id", Text),
    ("$schema", Text),
    ("$anchor", Text),
    ("$dynamicAnchor", Text),
    ("$dynamicRef", Text),
    ("$comment", Text),
    ("$defs", Map),
    ("$vocabulary", Map),
    ("definitions", Map),
    ("const", Any),
    ("examples", List),
    ("if", Schema),
    ("then", Schema),
    ("else", Schema),
    ("dependentSchemas", Map),
    ("dependentRequired", Map),
    ("prefixItems", List),
    ("contains", Schema),
    ("minContains", Count),
    ("maxContains", Count),
    ("patternProperties", Map),
    ("propertyNames", Schema),
    ("unevaluatedItems", SchemaOrBool),
    ("unevaluatedProperties", SchemaOrBool),
    ("contentEncoding", Text),
    ("contentMediaType", Text),
    ("contentSchema", Schema),
];

/// Members that OpenAPI 3.0 does not know.
const ONLY_3_1: [(Kind, &str); 5] = [
    (Kind::Root, "webhooks"),
    (Kind::Root, "jsonSchemaDialect"),
    (Kind::Info, "summary"),
    (Kind::License, "identifier"),
    (Kind::Components, "pathItems"),
];

/// The shape of objects of a kind; `None` where any members may stand.
pub(super) fn shape(kind: Kind) -> Option<Shape> {
    let (name, members, required): (_, Members, &'static [&'static str]) = match kind {
        Kind::Root => ("the document", ROOT, &["openapi", "info"]),
        Kind::Info => ("`info`", INFO, &["title", "version"]),
        Kind::Contact => ("a contact", &[("name", Text), ("url", Text), ("email", Text)], &[]),
        Kind::License => ("a license", &[("name", Text), ("url", Text), ("identifier", Text)], &["name"]),
        Kind::ExternalDocs => ("`externalDocs`", &[("description", Text), ("url", Text)], &["url"]),
        Kind::Tag => ("a tag", &[("name", Text), ("description", Text), ("externalDocs", Map)], &["name"]),
        Kind::Server => ("a server", &[("url", Text), ("description", Text), ("variables", Map)], &["url"]),
        Kind::ServerVariable => {
            ("a server variable", &[("enum", Texts), ("default", Text), ("description", Text)], &["default"])
        }
        Kind::PathItem => ("a path", PATH_ITEM, &[]),
        Kind::Operation => ("an operation", OPERATION, &[]),
        Kind::Parameter => ("a parameter", PARAMETER, &["name", "in"]),
        Kind::Header => ("a header", HEADER, &[]),
        Kind::RequestBody => {
            ("a request body", &[("description", Text), ("content", Map), ("required", Bool)], &["content"])
        }
        Kind::Response => (
            "a response",
            &[("description", Text), ("headers", Map), ("content", Map), ("links", Map)],
            &["description"],
        ),
        Kind::MediaType => {
            ("a media type", &[("schema", Schema), ("example", Any), ("examples", Map), ("encoding", Map)], &[])
        }
        Kind::Example => {
            ("an example", &[("summary", Text), ("description", Text), ("value", Any), ("externalValue", Text)], &[])
        }
        Kind::Link => (
            "a link",
            &[
                ("operationRef", Text),
                ("operationId", Text),
                ("parameters", Map),
                ("requestBody", Any),
                ("description", Text),
                ("server", Map),
            ],
            &[],
        ),
        Kind::Encoding => (
            "an encoding",
            &[("contentType", Text), ("headers", Map), ("style", STYLE), ("explode", Bool), ("allowReserved", Bool)],
            &[],
        ),
        Kind::Schema => ("a schema", SCHEMA_BOTH, &[]),
        Kind::Xml => (
            "`xml`",
            &[("name", Text), ("namespace", Text), ("prefix", Text), ("attribute", Bool), ("wrapped", Bool)],
            &[],
        ),
        Kind::Discriminator => ("a discriminator", &[("propertyName", Text), ("mapping", Map)], &["propertyName"]),
        Kind::Components => ("`components`", COMPONENTS, &[]),
        Kind::SecurityScheme => ("a security scheme", SECURITY_SCHEME, &["type"]),
        Kind::OauthFlows => (
            "`flows`",
            &[("implicit", Map), ("password", Map), ("clientCredentials", Map), ("authorizationCode", Map)],
            &[],
        ),
        Kind::OauthFlow => ("a flow", OAUTH_FLOW, &["scopes"]),
        _ => return None,
    };
    Some(Shape { name, members, required })
}

impl Shape {
    /// What the member `key` must be; `None` if there is no such member.
    pub(super) fn want(&self, site: Site<'_>, kind: Kind, key: &str) -> Option<Want> {
        if site.tree.is_3_0() && ONLY_3_1.contains(&(kind, key)) {
            return None;
        }
        let own = self.members.iter();
        let versioned: Members = match (kind, site.tree.is_3_0()) {
            (Kind::Schema, true) => SCHEMA_3_0,
            (Kind::Schema, false) => SCHEMA_3_1,
            _ => &[],
        };
        own.chain(versioned).find(|(name, _)| *name == key).map(|(_, want)| *want)
    }
}

impl Want {
    /// What the value is not; `None` if it is what it must be.
    pub(super) fn fault(self, value: Site<'_>) -> Option<String> {
        let is_3_0 = value.tree.is_3_0();
        let fits = match self {
            Any => true,
            // A text may come from another file.
            Text => value.end().str().is_some(),
            Bool => value.bool().is_some(),
            Number => value.number().is_some(),
            Count => value.number().is_some_and(|number| number >= 0.0 && number.fract() == 0.0),
            List => value.end().is_sequence(),
            Texts => value.is_sequence() && value.items().all(|item| item.str().is_some()),
            Map => value.end().is_mapping(),
            Schema => value.is_mapping() || (!is_3_0 && value.bool().is_some()),
            SchemaOrBool => value.is_mapping() || value.bool().is_some(),
            TypeName => return type_fault(value, is_3_0),
            NumberOrBool if is_3_0 => value.bool().is_some(),
            NumberOrBool => value.number().is_some(),
            OneOf(allowed) => {
                let known = value.str().is_some_and(|text| allowed.contains(&text));
                return (!known).then(|| format!("must be one of {}", allowed.join(", ")));
            }
        };
        (!fits).then(|| format!("must be {}", self.described(is_3_0)))
    }

    fn described(self, is_3_0: bool) -> &'static str {
        match self {
            Text => "text",
            Bool => "true or false",
            Number => "a number",
            Count => "a whole number that is not negative",
            List => "a list",
            Texts => "a list of texts",
            Map => "an object",
            Schema | SchemaOrBool => "a schema",
            NumberOrBool if is_3_0 => "true or false in OpenAPI 3.0",
            NumberOrBool => "a number in OpenAPI 3.1",
            Any | TypeName | OneOf(_) => "something else",
        }
    }
}

fn type_fault(value: Site<'_>, is_3_0: bool) -> Option<String> {
    let known = |name: &str| TYPES.contains(&name) && !(is_3_0 && name == "null");
    if value.is_sequence() {
        if is_3_0 {
            return Some("must be one type in OpenAPI 3.0".to_owned());
        }
        let all = value.items().all(|item| item.str().is_some_and(known));
        return (!all).then(|| format!("must hold names of types: {}", TYPES.join(", ")));
    }
    (!value.str().is_some_and(known)).then(|| {
        let names = if is_3_0 { &TYPES[..6] } else { &TYPES[..] };
        format!("must be one of {}", names.join(", "))
    })
}

/// Files that a reference leads to and that cannot be read, as findings of `no-unresolved-refs`.
pub(super) fn unreadable(tree: &Tree, config: &Config) -> Vec<Finding> {
    let Some(severity) = config.severity(&rules::no_unresolved_refs::RULE) else { return Vec::new() };
    let with_place = tree.unreadable().iter().filter_map(|problem| {
        let place = problem.place.as_ref()?;
        let file = tree.sources().iter().position(|source| source.path == place.file)?;
        let span = Span { file: u32::try_from(file).ok()?, line: place.line, column: place.column };
        Some(Finding {
            rule: rules::no_unresolved_refs::RULE.id.to_owned(),
            severity,
            message: problem.message.clone(),
            span,
            pointer: String::new(),
            help: problem.help.clone(),
            at: None,
            asked: 0,
            fix: None,
        })
    });
    with_place.collect()
}

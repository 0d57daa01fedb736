//! What a configurable rule is about: objects of a type of Redocly's, by the keys that they stand under.

use super::configurable::LeftOut;
use super::site::Site;
use super::tree::Tree;
use crate::bundle::kind::Kind;
use crate::node::Node;
use std::collections::HashSet;

/// Objects of a type.
pub(super) struct Subject {
    pub(super) type_name: String,
    own: Type,
    pub(super) properties: Vec<String>,
    in_keys: Option<Vec<String>>,
    not_keys: Option<Vec<String>>,
    key_pattern: Option<String>,
}

/// A kind, and the keys that it stands under where only some are meant.
#[derive(Clone, Copy, PartialEq)]
struct Type {
    kind: Option<Kind>,
    keys: &'static [&'static str],
    /// Whether it must, or must not, be a group of `components`.
    in_components: Option<bool>,
}

/// An object where it was met.
#[derive(Clone, Copy)]
pub(super) struct Met<'a> {
    /// As written: maybe a reference.
    pub(super) raw: Site<'a>,
    /// References followed.
    pub(super) node: Site<'a>,
    /// The key or name that it stands under.
    pub(super) key: &'a str,
    kind: Kind,
}

const fn plain(kind: Kind) -> Type {
    Type { kind: Some(kind), keys: &[], in_components: None }
}

const fn under(kind: Kind, keys: &'static [&'static str]) -> Type {
    Type { kind: Some(kind), keys, in_components: None }
}

const fn group(kind: Kind, in_components: bool) -> Type {
    Type { kind: Some(kind), keys: &[], in_components: Some(in_components) }
}

/// Redocly's names of types for OpenAPI 3.
fn types(name: &str) -> Option<Type> {
    Some(match name {
        "any" => Type { kind: None, keys: &[], in_components: None },
        "Root" => plain(Kind::Root),
        "Info" => plain(Kind::Info),
        "Contact" => plain(Kind::Contact),
        "License" => plain(Kind::License),
        "Logo" => plain(Kind::Logo),
        "ExternalDocs" => plain(Kind::ExternalDocs),
        "TagList" => plain(Kind::Tags),
        "Tag" => plain(Kind::Tag),
        "TagGroups" => plain(Kind::TagGroups),
        "TagGroup" => plain(Kind::TagGroup),
        "ServerList" => plain(Kind::Servers),
        "Server" => plain(Kind::Server),
        "ServerVariablesMap" => plain(Kind::ServerVariables),
        "ServerVariable" => plain(Kind::ServerVariable),
        "SecurityRequirementList" => plain(Kind::SecurityRequirements),
        "SecurityRequirement" => plain(Kind::SecurityRequirement),
        "Paths" => plain(Kind::Paths),
        "WebhooksMap" => plain(Kind::Webhooks),
        "PathItem" => plain(Kind::PathItem),
        "Operation" => plain(Kind::Operation),
        "ParameterList" => plain(Kind::Parameters),
        "Parameter" => plain(Kind::Parameter),
        "RequestBody" => plain(Kind::RequestBody),
        "MediaTypesMap" => plain(Kind::MediaTypes),
        "MediaType" => plain(Kind::MediaType),
        "Example" => plain(Kind::Example),
        "ExamplesMap" => group(Kind::Examples, false),
        "NamedExamples" => group(Kind::Examples, true),
        "Encoding" => plain(Kind::Encoding),
        "EncodingMap" => plain(Kind::Encodings),
        "Header" => plain(Kind::Header),
        "HeadersMap" => group(Kind::Headers, false),
        "NamedHeaders" => group(Kind::Headers, true),
        "Responses" => plain(Kind::Responses),
        "NamedResponses" => plain(Kind::ResponseMap),
        "Response" => plain(Kind::Response),
        "Link" => plain(Kind::Link),
        "LinksMap" => group(Kind::Links, false),
        "NamedLinks" => group(Kind::Links, true),
        "Callback" => plain(Kind::Callback),
        "CallbacksMap" => group(Kind::Callbacks, false),
        "NamedCallbacks" => group(Kind::Callbacks, true),
        "Schema" => plain(Kind::Schema),
        "SchemaProperties" => under(Kind::Schemas, &["properties"]),
        "PatternProperties" => under(Kind::Schemas, &["patternProperties"]),
        "NamedSchemas" => under(Kind::Schemas, &["schemas", "$defs", "definitions"]),
        "AllOf" => under(Kind::SchemaList, &["allOf"]),
        "AnyOf" => under(Kind::SchemaList, &["anyOf"]),
        "OneOf" => under(Kind::SchemaList, &["oneOf"]),
        "Xml" => plain(Kind::Xml),
        "Discriminator" => plain(Kind::Discriminator),
        "DiscriminatorMapping" => plain(Kind::DiscriminatorMapping),
        "Components" => plain(Kind::Components),
        "NamedParameters" => plain(Kind::ParameterMap),
        "NamedRequestBodies" => plain(Kind::RequestBodies),
        "NamedSecuritySchemes" => plain(Kind::SecuritySchemes),
        "NamedPathItems" => plain(Kind::PathItems),
        "SecurityScheme" => plain(Kind::SecurityScheme),
        "OAuth2Flows" => plain(Kind::OauthFlows),
        "ImplicitFlow" => under(Kind::OauthFlow, &["implicit"]),
        "PasswordFlow" => under(Kind::OauthFlow, &["password"]),
        "ClientCredentials" => under(Kind::OauthFlow, &["clientCredentials"]),
        "AuthorizationCode" => under(Kind::OauthFlow, &["authorizationCode"]),
        "XCodeSampleList" => plain(Kind::CodeSamples),
        "XCodeSample" => plain(Kind::CodeSample),
        _ => return None,
    })
}

impl Subject {
    pub(super) fn parse(node: &Node) -> Result<Self, LeftOut> {
        let name = node.get("type").and_then(Node::as_str).or(node.as_str()).unwrap_or_default();
        let known = types(name).ok_or_else(|| (node.span, format!("there is no type `{name}` here")))?;
        let texts = |key: &str| {
            node.get(key).map(|list| super::peers::texts(list).into_iter().map(str::to_owned).collect::<Vec<_>>())
        };
        let pattern = node.get("matchParentKeys").and_then(Node::as_str).map(super::pattern::from_javascript);
        Ok(Self {
            type_name: name.to_owned(),
            own: known,
            properties: texts("property").unwrap_or_default(),
            in_keys: texts("filterInParentKeys"),
            not_keys: texts("filterOutParentKeys"),
            key_pattern: pattern.transpose().map_err(|message| (node.span, message))?,
        })
    }

    pub(super) fn is_same_type(&self, other: &Self) -> bool {
        self.own == other.own
    }

    pub(super) fn described(&self) -> String {
        match self.properties.as_slice() {
            [] => self.type_name.clone(),
            properties => format!("{} {}", self.type_name, properties.join(", ")),
        }
    }

    /// Whether the key that an object stands under is one that is meant.
    pub(super) fn admits(&self, met: Met<'_>) -> bool {
        let is_listed = |keys: &Vec<String>| keys.iter().any(|key| key == met.key);
        self.in_keys.as_ref().is_none_or(is_listed)
            && !self.not_keys.as_ref().is_some_and(is_listed)
            && self
                .key_pattern
                .as_ref()
                .is_none_or(|pattern| met.node.tree.pattern(pattern).matches(met.key) == Some(true))
    }

    fn is(&self, met: Met<'_>) -> bool {
        let Type { kind, keys, in_components } = self.own;
        let is_group = || met.raw.parent().and_then(Site::kind) == Some(Kind::Components);
        kind.is_none_or(|kind| kind == met.kind)
            && (keys.is_empty() || keys.contains(&met.key))
            && in_components.is_none_or(|wanted| is_group() == wanted)
    }

    /// All objects of the type: in the whole document, or below some. Each once.
    pub(super) fn below<'a>(&self, tree: &'a Tree, within: Option<&[Met<'a>]>) -> Vec<Met<'a>> {
        let mut found = Vec::new();
        let mut listed = HashSet::new();
        match within {
            None => {
                for visit in &tree.visits {
                    let raw = tree.site(visit.id);
                    let met = Met { raw, node: raw.end(), key: key_of(raw), kind: visit.kind };
                    if is_object(met.kind) && self.is(met) && listed.insert((met.node.id, met.kind)) {
                        found.push(met);
                    }
                }
            }
            Some(outer) => {
                let mut seen = HashSet::new();
                let mut pending: Vec<Met<'a>> = outer.iter().rev().flat_map(|start| children(*start)).collect();
                while let Some(met) = pending.pop() {
                    if !seen.insert((met.node.id, met.kind)) {
                        continue;
                    }
                    // Redocly stops here too: of objects within each other only the outermost is meant.
                    if is_object(met.kind) && self.is(met) {
                        if listed.insert((met.node.id, met.kind)) {
                            found.push(met);
                        }
                        continue;
                    }
                    let first = pending.len();
                    pending.extend(children(met));
                    pending[first..].reverse();
                }
            }
        }
        found
    }
}

fn is_object(kind: Kind) -> bool {
    !matches!(kind, Kind::Scalar | Kind::Extension)
}

/// The key of a value; of a component in a file of its own, its name.
fn key_of(site: Site<'_>) -> &str {
    site.key().or_else(|| site.tree.reached.component(site.id).map(|(_, name)| name)).unwrap_or_default()
}

fn children(met: Met<'_>) -> Vec<Met<'_>> {
    let tree = met.node.tree;
    if met.node.is_sequence() {
        let Some(kind) = met.kind.items() else { return Vec::new() };
        return met.node.items().map(|raw| Met { raw, node: raw.end(), key: "", kind }).collect();
    }
    let members = met.node.entries().filter_map(|(key, raw)| {
        let kind = met.kind.member(tree.version, tree.arena(), key, raw.id)?;
        Some(Met { raw, node: raw.end(), key, kind })
    });
    members.collect()
}

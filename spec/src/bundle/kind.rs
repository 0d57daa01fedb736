//! Which OpenAPI object stands where, and in which order its members are visited.
//!
//! The order is part of the bundle format: components are hoisted in the order in which they are met. Where no kind is
//! given, no reference is read.

use super::arena::{Arena, Id};
use super::members::{
    COMPONENTS, ENCODING, INFO, Known, LINK, LOGO, MEDIA_TYPE, OAUTH_FLOW, OAUTH_FLOWS, OPERATION, PARAMETER,
    PATH_ITEM, RESPONSE, ROOT_3_0, ROOT_3_1, SCHEMA_3_0, SCHEMA_3_1, SECURITY_SCHEME, TAG, XML,
};
use crate::ordered::Text;

/// The version of OpenAPI, as far as it decides where schemas stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Version {
    V3_0,
    V3_1,
}

/// An object, list or map of the OpenAPI specification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    /// A known member without structure. It is of interest only if it is itself a reference.
    Scalar,
    /// The value of an `x-` key. References are read in its first level.
    Extension,
    Root,
    Info,
    Contact,
    License,
    Logo,
    ExternalDocs,
    Tags,
    Tag,
    TagGroups,
    TagGroup,
    Servers,
    Server,
    ServerVariables,
    ServerVariable,
    SecurityRequirements,
    SecurityRequirement,
    Paths,
    Webhooks,
    PathItems,
    PathItem,
    Operation,
    Parameters,
    ParameterMap,
    Parameter,
    RequestBodies,
    RequestBody,
    Responses,
    ResponseMap,
    Response,
    Callbacks,
    Callback,
    Headers,
    Header,
    Links,
    Link,
    Examples,
    Example,
    MediaTypes,
    MediaType,
    Encodings,
    Encoding,
    Schema,
    SchemaList,
    Schemas,
    Xml,
    Discriminator,
    DiscriminatorMapping,
    Components,
    SecuritySchemes,
    SecurityScheme,
    OauthFlows,
    OauthFlow,
    CodeSamples,
    CodeSample,
}

/// What the members of a mapping are that are not listed by name.
enum Others {
    /// Nothing is known about them.
    Unread,
    /// `x-` keys are extensions.
    Extensions,
    /// All are of one kind.
    All(Kind),
    /// All are of one kind, but `x-` keys are extensions.
    AllAndExtensions(Kind),
    /// Keys that begin with `/` are path items; `x-` keys are extensions.
    Paths,
    /// Status codes are responses; `x-` keys are extensions.
    StatusCodes,
    /// Names of schemas, or references to them as bare strings.
    Mapping,
}

impl Kind {
    /// The group under `components` that objects of this kind are hoisted to. All other kinds are inlined.
    pub(crate) fn component_group(self) -> Option<&'static str> {
        Some(match self {
            Self::Schema => "schemas",
            Self::Parameter => "parameters",
            Self::Response => "responses",
            Self::Example => "examples",
            Self::RequestBody => "requestBodies",
            Self::Header => "headers",
            Self::Link => "links",
            Self::Callback => "callbacks",
            _ => return None,
        })
    }

    /// What the items of a list of this kind are.
    pub(crate) fn items(self) -> Option<Self> {
        Some(match self {
            Self::Tags => Self::Tag,
            Self::TagGroups => Self::TagGroup,
            Self::Servers => Self::Server,
            Self::SecurityRequirements => Self::SecurityRequirement,
            Self::Parameters => Self::Parameter,
            Self::SchemaList => Self::Schema,
            Self::CodeSamples => Self::CodeSample,
            _ => return None,
        })
    }

    /// The members of the mapping `id` that may hold references, with their kinds, in the order of the walk.
    pub(crate) fn members(self, version: Version, arena: &Arena, id: Id) -> Vec<(Text, Self)> {
        let Some(members) = arena.members(id) else { return Vec::new() };
        let mut found: Vec<_> = members
            .iter()
            // A plain value holds no reference, and most members are plain.
            .filter(|(_, member)| self == Self::DiscriminatorMapping || arena.is_collection(member.id))
            .filter_map(|(key, member)| Some((Text::clone(key), self.member(version, arena, key, member.id)?)))
            .collect();
        if found.len() > 1 {
            let known = self.known(version);
            // Those that are in no list come last, as written.
            let rank = |key: &str| known.iter().position(|(listed, _)| *listed == key).unwrap_or(known.len());
            found.sort_by_key(|(key, _)| rank(key));
        }
        found
    }

    /// What the member `key` with the value `value` of an object of this kind is.
    pub(crate) fn member(self, version: Version, arena: &Arena, key: &str, value: Id) -> Option<Self> {
        match self.known(version).iter().find(|(known, _)| *known == key) {
            Some(_) if key == "items" && version == Version::V3_0 && arena.items(value).is_some() => {
                Some(Self::SchemaList)
            }
            Some((_, kind)) => Some(*kind),
            None => self.others().kind(key, arena, value),
        }
    }

    fn others(self) -> Others {
        match self {
            Self::Scalar | Self::Logo | Self::CodeSample => Others::Unread,
            Self::Extension | Self::SecurityRequirement => Others::All(Self::Scalar),
            Self::Paths => Others::Paths,
            Self::Webhooks | Self::PathItems => Others::All(Self::PathItem),
            Self::ServerVariables => Others::All(Self::ServerVariable),
            Self::ParameterMap => Others::All(Self::Parameter),
            Self::RequestBodies => Others::All(Self::RequestBody),
            Self::Responses => Others::StatusCodes,
            Self::ResponseMap => Others::All(Self::Response),
            Self::Callbacks => Others::All(Self::Callback),
            Self::Callback => Others::AllAndExtensions(Self::PathItem),
            Self::Headers => Others::All(Self::Header),
            Self::Links => Others::All(Self::Link),
            Self::Examples => Others::All(Self::Example),
            Self::MediaTypes => Others::All(Self::MediaType),
            Self::Encodings => Others::All(Self::Encoding),
            Self::Schemas => Others::All(Self::Schema),
            Self::SecuritySchemes => Others::All(Self::SecurityScheme),
            Self::DiscriminatorMapping => Others::Mapping,
            _ => Others::Extensions,
        }
    }

    /// The members that are known by name, in the order of the walk.
    fn known(self, version: Version) -> Known {
        match (self, version) {
            (Self::Root, Version::V3_0) => ROOT_3_0,
            (Self::Root, Version::V3_1) => ROOT_3_1,
            (Self::Schema, Version::V3_0) => SCHEMA_3_0,
            (Self::Schema, Version::V3_1) => SCHEMA_3_1,
            (Self::Components, Version::V3_0) => &COMPONENTS[..COMPONENTS.len() - 1],
            (Self::Components, Version::V3_1) => COMPONENTS,
            (Self::Info, _) => INFO,
            (Self::Contact, _) => &[("name", Self::Scalar), ("url", Self::Scalar), ("email", Self::Scalar)],
            (Self::License, Version::V3_0) => &[("name", Self::Scalar), ("url", Self::Scalar)],
            (Self::License, Version::V3_1) => {
                &[("name", Self::Scalar), ("url", Self::Scalar), ("identifier", Self::Scalar)]
            }
            (Self::Logo, _) => LOGO,
            (Self::ExternalDocs, _) => &[("description", Self::Scalar), ("url", Self::Scalar)],
            (Self::Tag, _) => TAG,
            (Self::TagGroup, _) => &[("name", Self::Scalar), ("tags", Self::Scalar)],
            (Self::Server, _) => {
                &[("url", Self::Scalar), ("description", Self::Scalar), ("variables", Self::ServerVariables)]
            }
            (Self::ServerVariable, _) => {
                &[("enum", Self::Scalar), ("default", Self::Scalar), ("description", Self::Scalar)]
            }
            (Self::PathItem, _) => PATH_ITEM,
            (Self::Operation, _) => OPERATION,
            (Self::Parameter, _) => PARAMETER,
            (Self::Header, _) => &PARAMETER[2..],
            (Self::RequestBody, _) => {
                &[("description", Self::Scalar), ("required", Self::Scalar), ("content", Self::MediaTypes)]
            }
            (Self::Responses, _) => &[("default", Self::Response)],
            (Self::Response, _) => RESPONSE,
            (Self::Link, _) => LINK,
            (Self::Example, _) => {
                &[("summary", Self::Scalar), ("description", Self::Scalar), ("externalValue", Self::Scalar)]
            }
            (Self::MediaType, _) => MEDIA_TYPE,
            (Self::Encoding, _) => ENCODING,
            (Self::Xml, _) => XML,
            (Self::Discriminator, _) => &[("propertyName", Self::Scalar), ("mapping", Self::DiscriminatorMapping)],
            (Self::SecurityScheme, _) => SECURITY_SCHEME,
            (Self::OauthFlows, _) => OAUTH_FLOWS,
            (Self::OauthFlow, _) => OAUTH_FLOW,
            (Self::CodeSample, _) => &[("lang", Self::Scalar), ("label", Self::Scalar), ("source", Self::Scalar)],
            _ => &[],
        }
    }
}

impl Others {
    fn kind(&self, key: &str, arena: &Arena, value: Id) -> Option<Kind> {
        let extension = || key.starts_with("x-").then_some(Kind::Extension);
        match self {
            Self::Unread => None,
            Self::Extensions => extension(),
            Self::All(kind) => Some(*kind),
            Self::AllAndExtensions(kind) => extension().or(Some(*kind)),
            Self::Paths => extension().or_else(|| key.starts_with('/').then_some(Kind::PathItem)),
            Self::StatusCodes => extension().or_else(|| is_status_code(key).then_some(Kind::Response)),
            Self::Mapping => {
                let names_schema = arena.text(value).is_some_and(is_mapping_reference);
                Some(if names_schema { Kind::Schema } else { Kind::Scalar })
            }
        }
    }
}

/// `404`, `4XX`
fn is_status_code(key: &str) -> bool {
    match key.as_bytes() {
        [first, rest @ ..] => {
            first.is_ascii_digit()
                && rest.len() == 2
                && rest.iter().all(|byte| byte.is_ascii_digit() || matches!(byte, b'x' | b'X'))
        }
        [] => false,
    }
}

/// Whether a value of `discriminator.mapping` is a reference rather than the name of a schema.
pub(crate) fn is_mapping_reference(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    value.contains('/')
        || value.starts_with('#')
        || value.starts_with("data:")
        || [".yaml", ".yml", ".json"].iter().any(|extension| lower.ends_with(extension))
}

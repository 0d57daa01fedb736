//! The members of OpenAPI objects that may hold references or be references, in the order of the walk.
//!
//! Members that are in no list are printed as they are.

use super::kind::Kind;

/// Names with kinds, in the order of the walk.
pub(crate) type Known = &'static [(&'static str, Kind)];

pub(crate) const ROOT_3_0: Known = &[
    ("info", Kind::Info),
    ("servers", Kind::Servers),
    ("security", Kind::SecurityRequirements),
    ("tags", Kind::Tags),
    ("externalDocs", Kind::ExternalDocs),
    ("paths", Kind::Paths),
    ("components", Kind::Components),
    ("x-webhooks", Kind::Webhooks),
    ("x-tagGroups", Kind::TagGroups),
    ("x-ignoredHeaderParameters", Kind::Scalar),
];

pub(crate) const ROOT_3_1: Known = &[
    ("info", Kind::Info),
    ("servers", Kind::Servers),
    ("security", Kind::SecurityRequirements),
    ("tags", Kind::Tags),
    ("externalDocs", Kind::ExternalDocs),
    ("paths", Kind::Paths),
    ("webhooks", Kind::Webhooks),
    ("components", Kind::Components),
    ("jsonSchemaDialect", Kind::Scalar),
];

pub(crate) const INFO: Known = &[
    ("title", Kind::Scalar),
    ("version", Kind::Scalar),
    ("description", Kind::Scalar),
    ("termsOfService", Kind::Scalar),
    ("contact", Kind::Contact),
    ("license", Kind::License),
    ("x-logo", Kind::Logo),
    ("summary", Kind::Scalar),
];

pub(crate) const LOGO: Known =
    &[("url", Kind::Scalar), ("altText", Kind::Scalar), ("backgroundColor", Kind::Scalar), ("href", Kind::Scalar)];

pub(crate) const TAG: Known = &[
    ("name", Kind::Scalar),
    ("description", Kind::Scalar),
    ("externalDocs", Kind::ExternalDocs),
    ("x-traitTag", Kind::Scalar),
    ("x-displayName", Kind::Scalar),
];

pub(crate) const PATH_ITEM: Known = &[
    ("servers", Kind::Servers),
    ("parameters", Kind::Parameters),
    ("summary", Kind::Scalar),
    ("description", Kind::Scalar),
    ("get", Kind::Operation),
    ("put", Kind::Operation),
    ("post", Kind::Operation),
    ("delete", Kind::Operation),
    ("options", Kind::Operation),
    ("head", Kind::Operation),
    ("patch", Kind::Operation),
    ("trace", Kind::Operation),
    ("x-query", Kind::Operation),
];

pub(crate) const OPERATION: Known = &[
    ("tags", Kind::Scalar),
    ("summary", Kind::Scalar),
    ("description", Kind::Scalar),
    ("externalDocs", Kind::ExternalDocs),
    ("operationId", Kind::Scalar),
    ("parameters", Kind::Parameters),
    ("security", Kind::SecurityRequirements),
    ("servers", Kind::Servers),
    ("requestBody", Kind::RequestBody),
    ("responses", Kind::Responses),
    ("deprecated", Kind::Scalar),
    ("callbacks", Kind::Callbacks),
    ("x-codeSamples", Kind::CodeSamples),
    ("x-code-samples", Kind::CodeSamples),
    ("x-hideTryItPanel", Kind::Scalar),
];

/// A header is a parameter without the first two.
pub(crate) const PARAMETER: Known = &[
    ("name", Kind::Scalar),
    ("in", Kind::Scalar),
    ("description", Kind::Scalar),
    ("required", Kind::Scalar),
    ("deprecated", Kind::Scalar),
    ("allowEmptyValue", Kind::Scalar),
    ("style", Kind::Scalar),
    ("explode", Kind::Scalar),
    ("allowReserved", Kind::Scalar),
    ("schema", Kind::Schema),
    ("example", Kind::Scalar),
    ("examples", Kind::Examples),
    ("content", Kind::MediaTypes),
];

pub(crate) const RESPONSE: Known = &[
    ("description", Kind::Scalar),
    ("headers", Kind::Headers),
    ("content", Kind::MediaTypes),
    ("links", Kind::Links),
    ("x-summary", Kind::Scalar),
];

pub(crate) const LINK: Known = &[
    ("operationRef", Kind::Scalar),
    ("operationId", Kind::Scalar),
    ("description", Kind::Scalar),
    ("server", Kind::Server),
];

pub(crate) const MEDIA_TYPE: Known =
    &[("schema", Kind::Schema), ("example", Kind::Scalar), ("examples", Kind::Examples), ("encoding", Kind::Encodings)];

pub(crate) const ENCODING: Known = &[
    ("contentType", Kind::Scalar),
    ("headers", Kind::Headers),
    ("style", Kind::Scalar),
    ("explode", Kind::Scalar),
    ("allowReserved", Kind::Scalar),
];

pub(crate) const XML: Known = &[
    ("name", Kind::Scalar),
    ("namespace", Kind::Scalar),
    ("prefix", Kind::Scalar),
    ("attribute", Kind::Scalar),
    ("wrapped", Kind::Scalar),
];

/// `pathItems` is the last, because 3.0 lacks it.
pub(crate) const COMPONENTS: Known = &[
    ("parameters", Kind::ParameterMap),
    ("schemas", Kind::Schemas),
    ("responses", Kind::ResponseMap),
    ("examples", Kind::Examples),
    ("requestBodies", Kind::RequestBodies),
    ("headers", Kind::Headers),
    ("securitySchemes", Kind::SecuritySchemes),
    ("links", Kind::Links),
    ("callbacks", Kind::Callbacks),
    ("pathItems", Kind::PathItems),
];

pub(crate) const SECURITY_SCHEME: Known = &[
    ("type", Kind::Scalar),
    ("description", Kind::Scalar),
    ("name", Kind::Scalar),
    ("in", Kind::Scalar),
    ("scheme", Kind::Scalar),
    ("bearerFormat", Kind::Scalar),
    ("flows", Kind::OauthFlows),
    ("openIdConnectUrl", Kind::Scalar),
];

pub(crate) const OAUTH_FLOWS: Known = &[
    ("implicit", Kind::OauthFlow),
    ("password", Kind::OauthFlow),
    ("clientCredentials", Kind::OauthFlow),
    ("authorizationCode", Kind::OauthFlow),
];

pub(crate) const OAUTH_FLOW: Known = &[
    ("refreshUrl", Kind::Scalar),
    ("authorizationUrl", Kind::Scalar),
    ("scopes", Kind::Scalar),
    ("tokenUrl", Kind::Scalar),
];

pub(crate) const SCHEMA_3_0: Known = &[
    ("externalDocs", Kind::ExternalDocs),
    ("discriminator", Kind::Discriminator),
    ("title", Kind::Scalar),
    ("multipleOf", Kind::Scalar),
    ("maximum", Kind::Scalar),
    ("minimum", Kind::Scalar),
    ("exclusiveMaximum", Kind::Scalar),
    ("exclusiveMinimum", Kind::Scalar),
    ("maxLength", Kind::Scalar),
    ("minLength", Kind::Scalar),
    ("pattern", Kind::Scalar),
    ("maxItems", Kind::Scalar),
    ("minItems", Kind::Scalar),
    ("uniqueItems", Kind::Scalar),
    ("maxProperties", Kind::Scalar),
    ("minProperties", Kind::Scalar),
    ("required", Kind::Scalar),
    ("enum", Kind::Scalar),
    ("type", Kind::Scalar),
    ("allOf", Kind::SchemaList),
    ("anyOf", Kind::SchemaList),
    ("oneOf", Kind::SchemaList),
    ("not", Kind::Schema),
    ("properties", Kind::Schemas),
    ("items", Kind::Schema),
    ("additionalProperties", Kind::Schema),
    ("description", Kind::Scalar),
    ("format", Kind::Scalar),
    ("nullable", Kind::Scalar),
    ("readOnly", Kind::Scalar),
    ("writeOnly", Kind::Scalar),
    ("xml", Kind::Xml),
    ("example", Kind::Scalar),
    ("deprecated", Kind::Scalar),
    ("x-tags", Kind::Scalar),
];

pub(crate) const SCHEMA_3_1: Known = &[
    ("definitions", Kind::Schemas),
    ("$defs", Kind::Schemas),
    ("externalDocs", Kind::ExternalDocs),
    ("discriminator", Kind::Discriminator),
    ("title", Kind::Scalar),
    ("multipleOf", Kind::Scalar),
    ("maximum", Kind::Scalar),
    ("minimum", Kind::Scalar),
    ("exclusiveMaximum", Kind::Scalar),
    ("exclusiveMinimum", Kind::Scalar),
    ("maxLength", Kind::Scalar),
    ("minLength", Kind::Scalar),
    ("pattern", Kind::Scalar),
    ("maxItems", Kind::Scalar),
    ("minItems", Kind::Scalar),
    ("uniqueItems", Kind::Scalar),
    ("maxProperties", Kind::Scalar),
    ("minProperties", Kind::Scalar),
    ("required", Kind::Scalar),
    ("enum", Kind::Scalar),
    ("type", Kind::Scalar),
    ("allOf", Kind::SchemaList),
    ("anyOf", Kind::SchemaList),
    ("oneOf", Kind::SchemaList),
    ("not", Kind::Schema),
    ("if", Kind::Schema),
    ("then", Kind::Schema),
    ("else", Kind::Schema),
    ("dependentSchemas", Kind::Schemas),
    ("prefixItems", Kind::SchemaList),
    ("contains", Kind::Schema),
    ("minContains", Kind::Scalar),
    ("maxContains", Kind::Scalar),
    ("patternProperties", Kind::Schemas),
    ("propertyNames", Kind::Schema),
    ("unevaluatedItems", Kind::Schema),
    ("unevaluatedProperties", Kind::Schema),
    ("summary", Kind::Scalar),
    ("properties", Kind::Schemas),
    ("items", Kind::Schema),
    ("additionalProperties", Kind::Schema),
    ("description", Kind::Scalar),
    ("format", Kind::Scalar),
    ("contentEncoding", Kind::Scalar),
    ("contentMediaType", Kind::Scalar),
    ("contentSchema", Kind::Schema),
    ("readOnly", Kind::Scalar),
    ("writeOnly", Kind::Scalar),
    ("xml", Kind::Xml),
    ("examples", Kind::Scalar),
    ("example", Kind::Scalar),
    ("deprecated", Kind::Scalar),
    ("x-tags", Kind::Scalar),
];

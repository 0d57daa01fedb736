//! The document as the generator sees it: only what can be typed.

use countersign_spec::Span;
use indexmap::IndexMap;
use serde_json::{Map, Value};

/// Components and operations, in the document's order.
#[derive(Debug)]
pub(crate) struct Api {
    /// Component schemas by name.
    pub schemas: IndexMap<String, Schema>,
    /// Operations, in the order of the paths.
    pub operations: Vec<Operation>,
    /// The doors that callers come through, in the order of the security schemes.
    pub doors: Vec<Door>,
}

/// What callers present in one place: security schemes of the same `x-door`. Each door has callers of its own type.
#[derive(Debug)]
pub(crate) struct Door {
    /// The value of `x-door`.
    pub name: String,
    /// The names of its schemes.
    pub schemes: Vec<String>,
    /// Where the first scheme is written.
    pub span: Span,
}

/// A security scheme.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SecurityScheme {
    pub name: String,
    pub credential: Credential,
}

/// How a credential travels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Credential {
    /// `type: http`, `scheme: basic`.
    Basic,
    /// `type: http`, `scheme: bearer`.
    Bearer,
    /// `type: apiKey`, `in: header`, under this name.
    Header(String),
}

/// Who may call an operation.
#[derive(Debug)]
pub(crate) struct Security {
    /// The door that all schemes belong to.
    pub door: String,
    /// Sets of schemes; a caller presents all of one set.
    pub alternatives: Vec<Vec<SecurityScheme>>,
}

/// Something that can't be typed.
#[derive(Debug)]
pub(crate) struct Fault {
    /// Where the author wrote it.
    pub span: Span,
    /// What it is and how to mend it.
    pub message: String,
}

/// One schema node.
#[derive(Clone, Debug)]
pub(crate) struct Schema {
    /// What it constrains.
    pub kind: Kind,
    /// `nullable: true`.
    pub nullable: bool,
    /// Keywords that constrain nothing.
    pub annotations: Map<String, Value>,
    /// Where the author wrote it.
    pub span: Span,
}

/// What a schema constrains; the same cases as the run time's `countersign_models::schema::Kind`.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    /// `$ref` to a component of this name.
    Reference(String),
    /// No constraint.
    Any,
    /// `type: boolean`.
    Boolean,
    /// `type: integer`.
    Integer(IntegerRules),
    /// `type: number`.
    Number(NumberRules),
    /// `type: string`.
    String(StringRules),
    /// `type: array`.
    Array(Box<ArrayRules>),
    /// `type: object`.
    Object(Box<ObjectRules>),
    /// `allOf`.
    AllOf(Vec<Schema>),
    /// `oneOf` with a discriminator.
    OneOf(UnionRules),
}

/// Constraints of an integer.
#[derive(Clone, Debug, Default)]
pub(crate) struct IntegerRules {
    pub format: Option<String>,
    pub minimum: Option<i64>,
    pub maximum: Option<i64>,
    pub exclusive_minimum: bool,
    pub exclusive_maximum: bool,
    pub multiple_of: Option<i64>,
    pub values: Vec<i64>,
}

/// Constraints of a number.
#[derive(Clone, Debug, Default)]
pub(crate) struct NumberRules {
    pub format: Option<String>,
    pub minimum: Option<f64>,
    pub maximum: Option<f64>,
    pub exclusive_minimum: bool,
    pub exclusive_maximum: bool,
    pub multiple_of: Option<f64>,
}

/// Constraints of a string.
#[derive(Clone, Debug, Default)]
pub(crate) struct StringRules {
    pub format: Option<String>,
    pub min_length: Option<usize>,
    pub max_length: Option<usize>,
    pub pattern: Option<String>,
    pub values: Vec<String>,
}

impl StringRules {
    /// Whether any text is accepted.
    pub(crate) fn is_free(&self) -> bool {
        self.format.is_none()
            && self.min_length.is_none()
            && self.max_length.is_none()
            && self.pattern.is_none()
            && self.values.is_empty()
    }
}

/// Constraints of an array.
#[derive(Clone, Debug)]
pub(crate) struct ArrayRules {
    pub items: Schema,
    pub min_items: Option<usize>,
    pub max_items: Option<usize>,
    pub unique_items: bool,
}

/// Constraints of an object.
#[derive(Clone, Debug)]
pub(crate) struct ObjectRules {
    pub properties: IndexMap<String, Schema>,
    pub required: Vec<String>,
    pub additional: Additional,
    pub min_properties: Option<usize>,
    pub max_properties: Option<usize>,
}

/// `additionalProperties`.
#[derive(Clone, Debug)]
pub(crate) enum Additional {
    /// Not written.
    Ignored,
    /// `true`.
    Kept,
    /// `false`.
    Refused,
    /// A schema.
    Matching(Schema),
}

/// A discriminated union: value of the discriminator and the component that it selects.
#[derive(Clone, Debug)]
pub(crate) struct UnionRules {
    pub property: String,
    pub branches: Vec<(String, String)>,
}

/// One operation.
#[derive(Debug)]
pub(crate) struct Operation {
    /// `operationId`.
    pub id: String,
    /// Upper case.
    pub method: String,
    /// The path template.
    pub path: String,
    pub summary: Option<String>,
    pub description: Option<String>,
    pub tags: Vec<String>,
    pub deprecated: bool,
    /// `None` for an operation that anyone may call.
    pub security: Option<Security>,
    pub parameters: Vec<Parameter>,
    pub body: Option<Body>,
    pub responses: Vec<Response>,
    pub span: Span,
}

/// Where a parameter travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Location {
    Path,
    Query,
    Header,
}

/// A parameter.
#[derive(Debug)]
pub(crate) struct Parameter {
    pub name: String,
    pub location: Location,
    pub required: bool,
    pub description: Option<String>,
    pub schema: Schema,
    pub span: Span,
}

/// How a request body is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// `application/json`.
    Json,
    /// `application/x-www-form-urlencoded`.
    Form,
}

/// A request body.
#[derive(Debug)]
pub(crate) struct Body {
    pub encoding: Encoding,
    pub required: bool,
    pub schema: Schema,
}

/// A documented response.
#[derive(Debug)]
pub(crate) struct Response {
    pub status: u16,
    pub description: String,
    pub headers: Vec<Header>,
    /// Media type and schema.
    pub content: Option<(String, Schema)>,
    pub span: Span,
}

/// A response header.
#[derive(Debug)]
pub(crate) struct Header {
    pub name: String,
    pub required: bool,
    pub description: Option<String>,
    /// `x-transport: true`: the server's adapter sets it on every response, so no handler does.
    pub transport: bool,
    pub schema: Schema,
}

impl Api {
    /// Follows references to the schema that constrains.
    pub(crate) fn resolved<'a>(&'a self, schema: &'a Schema) -> &'a Schema {
        let mut schema = schema;
        // The reader has refused dangling and cyclic references.
        while let Kind::Reference(name) = &schema.kind
            && let Some(target) = self.schemas.get(name)
        {
            schema = target;
        }
        schema
    }

    /// An object's members through references and `allOf`, the document's order kept; `None` for anything else.
    pub(crate) fn flattened(&self, schema: &Schema) -> Option<ObjectRules> {
        match &self.resolved(schema).kind {
            Kind::Object(rules) => Some((**rules).clone()),
            Kind::AllOf(members) => {
                let mut flat: Option<ObjectRules> = None;
                for member in members {
                    let rules = self.flattened(member)?;
                    match &mut flat {
                        None => flat = Some(rules),
                        Some(flat) => {
                            flat.properties.extend(rules.properties);
                            flat.required.extend(rules.required);
                            if matches!(flat.additional, Additional::Ignored) {
                                flat.additional = rules.additional;
                            }
                        }
                    }
                }
                flat
            }
            _ => None,
        }
    }
}

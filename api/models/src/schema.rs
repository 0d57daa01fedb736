//! The document's schemas as Rust values, exactly as strict as they are written.
//!
//! Generated code holds one `static` [`Schema`] per component. The server checks what it receives with them
//! ([`Schema::check`]) and emits them back into its own document ([`Schema::to_json`]), so that the test which compares
//! that document with the bundle proves that what is enforced is what is promised.

use std::sync::OnceLock;

use regex::Regex;
use serde_json::{Map, Value, json};

use crate::ecma;

/// One schema node of the document.
#[derive(Debug)]
pub struct Schema {
    /// What the schema constrains.
    pub kind: Kind,
    /// OpenAPI 3.0 `nullable`: `null` is accepted besides what `kind` accepts.
    pub nullable: bool,
    /// Keywords that constrain nothing (`title`, `description`, `example`, …), as JSON text of an object, or empty.
    pub annotations: &'static str,
}

/// What a [`Schema`] constrains.
#[derive(Debug)]
pub enum Kind {
    /// `$ref` to a component of this name.
    Reference(&'static str, &'static Schema),
    /// No type: anything.
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
    Array(ArrayRules),
    /// `type: object`.
    Object(ObjectRules),
    /// `allOf`: every member must accept.
    AllOf(&'static [&'static Schema]),
    /// `oneOf` with a discriminator: the branch that the discriminator names must accept.
    OneOf(UnionRules),
}

/// Constraints of an integer; bounds are inclusive.
#[derive(Debug)]
pub struct IntegerRules {
    /// `int32`, `int64` or none.
    pub format: Option<&'static str>,
    /// `minimum`.
    pub minimum: Option<i64>,
    /// `maximum`.
    pub maximum: Option<i64>,
    /// `exclusiveMinimum: true`.
    pub exclusive_minimum: bool,
    /// `exclusiveMaximum: true`.
    pub exclusive_maximum: bool,
    /// `multipleOf`.
    pub multiple_of: Option<i64>,
    /// `enum`; empty for none.
    pub values: &'static [i64],
}

/// Constraints of a number; bounds are inclusive unless marked.
#[derive(Debug)]
pub struct NumberRules {
    /// `float`, `double` or none.
    pub format: Option<&'static str>,
    /// `minimum`.
    pub minimum: Option<f64>,
    /// `maximum`.
    pub maximum: Option<f64>,
    /// `exclusiveMinimum: true`.
    pub exclusive_minimum: bool,
    /// `exclusiveMaximum: true`.
    pub exclusive_maximum: bool,
    /// `multipleOf`.
    pub multiple_of: Option<f64>,
}

/// Constraints of a string; lengths count Unicode code points, as JSON Schema does.
#[derive(Debug)]
pub struct StringRules {
    /// `format`; the generator refuses formats that [`crate::format::accepts`] doesn't know.
    pub format: Option<&'static str>,
    /// `minLength`.
    pub min_length: Option<usize>,
    /// `maxLength`.
    pub max_length: Option<usize>,
    /// `pattern`.
    pub pattern: Option<&'static Pattern>,
    /// `enum`; empty for none.
    pub values: &'static [&'static str],
}

/// Constraints of an array.
#[derive(Debug)]
pub struct ArrayRules {
    /// `items`.
    pub items: &'static Schema,
    /// `minItems`.
    pub min_items: Option<usize>,
    /// `maxItems`.
    pub max_items: Option<usize>,
    /// `uniqueItems`.
    pub unique_items: bool,
}

/// Constraints of an object.
#[derive(Debug)]
pub struct ObjectRules {
    /// `properties`, in the document's order.
    pub properties: &'static [(&'static str, &'static Schema)],
    /// `required`, in the document's order.
    pub required: &'static [&'static str],
    /// `additionalProperties`.
    pub additional: Additional,
    /// `minProperties`.
    pub min_properties: Option<usize>,
    /// `maxProperties`.
    pub max_properties: Option<usize>,
}

/// `additionalProperties`.
#[derive(Debug)]
pub enum Additional {
    /// Not written: members beyond the declared ones are ignored.
    Ignored,
    /// `true`: they are kept.
    Kept,
    /// `false`: they are refused.
    Refused,
    /// A schema: each must be accepted by it, and is kept.
    Matching(&'static Schema),
}

/// A discriminated union.
#[derive(Debug)]
pub struct UnionRules {
    /// `discriminator.propertyName`.
    pub property: &'static str,
    /// Value of the discriminator, and the branch that it selects, in the document's order.
    pub branches: &'static [(&'static str, &'static Schema)],
}

/// A `pattern`, compiled when first used.
#[derive(Debug)]
pub struct Pattern {
    source: &'static str,
    compiled: OnceLock<Option<Regex>>,
}

impl Pattern {
    /// Takes the pattern as the document writes it (ECMA 262). The generator has compiled it once already.
    #[must_use]
    pub const fn new(source: &'static str) -> Self {
        Self { source, compiled: OnceLock::new() }
    }

    /// The pattern as the document writes it.
    #[must_use]
    pub const fn source(&self) -> &'static str {
        self.source
    }

    /// Whether the pattern is found in `text`. A pattern that can't be compiled accepts nothing.
    #[must_use]
    pub fn accepts(&self, text: &str) -> bool {
        self.compiled.get_or_init(|| ecma::compile(self.source).ok()).as_ref().is_some_and(|regex| regex.is_match(text))
    }
}

impl Schema {
    /// Follows references to the schema that constrains.
    #[must_use]
    pub fn resolved(&'static self) -> &'static Self {
        match self.kind {
            Kind::Reference(_, target) => target.resolved(),
            _ => self,
        }
    }

    /// The schema as the document writes it, references included.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut out = match serde_json::from_str(self.annotations) {
            Ok(Value::Object(members)) => members,
            _ => Map::new(),
        };
        self.kind.write(&mut out);
        if self.nullable {
            out.insert("nullable".into(), true.into());
        }
        Value::Object(out)
    }
}

impl Kind {
    fn write(&self, out: &mut Map<String, Value>) {
        match self {
            Self::Reference(name, _) => put(out, "$ref", Some(format!("#/components/schemas/{name}"))),
            Self::Any => {}
            Self::Boolean => put(out, "type", Some("boolean")),
            Self::Integer(rules) => {
                put(out, "type", Some("integer"));
                put(out, "format", rules.format);
                put(out, "minimum", rules.minimum);
                put(out, "maximum", rules.maximum);
                put(out, "exclusiveMinimum", rules.exclusive_minimum.then_some(true));
                put(out, "exclusiveMaximum", rules.exclusive_maximum.then_some(true));
                put(out, "multipleOf", rules.multiple_of);
                put(out, "enum", (!rules.values.is_empty()).then_some(rules.values));
            }
            Self::Number(rules) => {
                put(out, "type", Some("number"));
                put(out, "format", rules.format);
                put(out, "minimum", rules.minimum);
                put(out, "maximum", rules.maximum);
                put(out, "exclusiveMinimum", rules.exclusive_minimum.then_some(true));
                put(out, "exclusiveMaximum", rules.exclusive_maximum.then_some(true));
                put(out, "multipleOf", rules.multiple_of);
            }
            Self::String(rules) => {
                put(out, "type", Some("string"));
                put(out, "format", rules.format);
                put(out, "minLength", rules.min_length);
                put(out, "maxLength", rules.max_length);
                put(out, "pattern", rules.pattern.map(Pattern::source));
                put(out, "enum", (!rules.values.is_empty()).then_some(rules.values));
            }
            Self::Array(rules) => {
                put(out, "type", Some("array"));
                put(out, "items", Some(rules.items.to_json()));
                put(out, "minItems", rules.min_items);
                put(out, "maxItems", rules.max_items);
                put(out, "uniqueItems", rules.unique_items.then_some(true));
            }
            Self::Object(rules) => rules.write(out),
            Self::AllOf(members) => {
                put(out, "allOf", Some(members.iter().map(|member| member.to_json()).collect::<Vec<_>>()));
            }
            Self::OneOf(union) => {
                put(out, "oneOf", Some(union.branches.iter().map(|(_, branch)| branch.to_json()).collect::<Vec<_>>()));
                let mapping: Map<String, Value> = union
                    .branches
                    .iter()
                    .filter_map(|(value, branch)| match branch.kind {
                        Kind::Reference(name, _) => {
                            Some(((*value).to_owned(), format!("#/components/schemas/{name}").into()))
                        }
                        _ => None,
                    })
                    .collect();
                out.insert("discriminator".into(), json!({"propertyName": union.property, "mapping": mapping}));
            }
        }
    }
}

impl ObjectRules {
    fn write(&self, out: &mut Map<String, Value>) {
        put(out, "type", Some("object"));
        let properties: Map<String, Value> =
            self.properties.iter().map(|(name, schema)| ((*name).to_owned(), schema.to_json())).collect();
        put(out, "properties", (!properties.is_empty()).then_some(properties));
        put(out, "required", (!self.required.is_empty()).then_some(self.required));
        put(out, "minProperties", self.min_properties);
        put(out, "maxProperties", self.max_properties);
        put(
            out,
            "additionalProperties",
            match self.additional {
                Additional::Ignored => None,
                Additional::Kept => Some(Value::Bool(true)),
                Additional::Refused => Some(Value::Bool(false)),
                Additional::Matching(schema) => Some(schema.to_json()),
            },
        );
    }
}

fn put<T: serde::Serialize>(out: &mut Map<String, Value>, key: &str, value: Option<T>) {
    if let Some(value) = value {
        out.insert(key.to_owned(), json!(value));
    }
}

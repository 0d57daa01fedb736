//! Schemas.

use countersign_spec::{Mapping, Node};
use indexmap::IndexMap;
use serde_json::Map;

use super::Reader;
use crate::api::{
    Additional, ArrayRules, IntegerRules, Kind, NumberRules, ObjectRules, Schema, StringRules, UnionRules,
};
use crate::ecma;

/// The prefix of a reference to a component schema.
const COMPONENTS: &str = "#/components/schemas/";

/// Keywords that constrain nothing and are carried along.
const ANNOTATIONS: &[&str] =
    &["title", "description", "example", "default", "deprecated", "readOnly", "writeOnly", "externalDocs"];

/// String formats that the run time enforces; `countersign_models::format::STRING_FORMATS` is the same list.
const STRING_FORMATS: &[&str] = &["binary", "byte", "date", "date-time", "email", "password", "uri", "uuid"];

impl<'d> Reader<'d> {
    pub(super) fn schema(&mut self, node: &'d Node) -> Option<Schema> {
        if !node.is_mapping() {
            self.fault(node.span, "a schema must be an object");
            return None;
        }
        if let Some(reference) = node.get("$ref").and_then(Node::as_str) {
            self.resolve(node)?;
            let Some(name) = reference.strip_prefix(COMPONENTS).filter(|name| !name.contains('/')) else {
                self.fault(
                    node.span,
                    format!("`{reference}` must refer to a component schema, so that its type has a name"),
                );
                return None;
            };
            let kind = Kind::Reference(name.to_owned());
            return Some(Schema { kind, nullable: false, annotations: Map::new(), span: node.span });
        }
        let kind = self.kind(node)?;
        let annotations = node
            .entries()
            .filter(|(key, _)| {
                // Beside `allOf` and `oneOf` a type says nothing that their members don't; OpenAPI 3.0 wants it
                // beside `nullable`.
                let is_repeated = *key == "type" && matches!(kind, Kind::AllOf(_) | Kind::OneOf(_));
                is_repeated || ANNOTATIONS.contains(key) || key.starts_with("x-")
            })
            .map(|(key, value)| (key.to_owned(), value.to_json()))
            .collect();
        Some(Schema { kind, nullable: self.flag(node, "nullable"), annotations, span: node.span })
    }

    fn kind(&mut self, node: &'d Node) -> Option<Kind> {
        if node.get("oneOf").is_some() {
            self.known(node, "a union", &["type", "oneOf", "discriminator"]);
            return self.union(node);
        }
        if let Some(members) = node.get("allOf") {
            self.known(node, "a schema with `allOf`", &["type", "allOf"]);
            if members.items().is_empty() {
                self.fault(members.span, "an `allOf` needs members");
            }
            let members: Vec<_> = members.items().iter().filter_map(|member| self.schema(member)).collect();
            return Some(Kind::AllOf(members));
        }
        let written = node.get("type");
        if let Some(written) = written.filter(|written| written.as_str().is_none()) {
            self.fault(written.span, "`type` must be the name of one type, as in OpenAPI 3.0");
            return None;
        }
        match written.and_then(Node::as_str) {
            Some("boolean") => {
                self.known(node, "a boolean", &["type"]);
                Some(Kind::Boolean)
            }
            Some("integer") => self.integer(node),
            Some("number") => self.number(node),
            Some("string") => self.string(node),
            Some("array") => self.array(node),
            Some("object") => self.object(node),
            Some(other) => {
                self.fault(node.span, format!("`{other}` is no type of OpenAPI 3.0"));
                None
            }
            None => {
                self.known(node, "a schema without `type`", &[]);
                Some(Kind::Any)
            }
        }
    }

    fn known(&mut self, node: &'d Node, what: &str, keywords: &[&str]) {
        let mut known = vec!["nullable"];
        known.extend_from_slice(ANNOTATIONS);
        known.extend_from_slice(keywords);
        self.refuse_unknown_keys(what, node, &known);
    }

    fn integer(&mut self, node: &'d Node) -> Option<Kind> {
        self.known(
            node,
            "an integer",
            &["type", "format", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "enum"],
        );
        let format = self.text(node, "format");
        if let Some(format) = format.as_deref().filter(|format| !matches!(*format, "int32" | "int64")) {
            self.fault(
                node.span,
                format!("the format `{format}` of an integer would not be enforced: use int32 or int64"),
            );
        }
        let values = self.values(node, Node::as_i64, "an integer");
        Some(Kind::Integer(IntegerRules {
            format,
            minimum: self.whole(node, "minimum"),
            maximum: self.whole(node, "maximum"),
            exclusive_minimum: self.flag(node, "exclusiveMinimum"),
            exclusive_maximum: self.flag(node, "exclusiveMaximum"),
            multiple_of: self.step(node, "multipleOf", "a whole number above zero", Node::as_i64),
            values,
        }))
    }

    fn number(&mut self, node: &'d Node) -> Option<Kind> {
        self.known(
            node,
            "a number",
            &["type", "format", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"],
        );
        let format = self.text(node, "format");
        if let Some(format) = format.as_deref().filter(|format| !matches!(*format, "float" | "double")) {
            self.fault(
                node.span,
                format!("the format `{format}` of a number would not be enforced: use float or double"),
            );
        }
        Some(Kind::Number(NumberRules {
            format,
            minimum: self.member(node, "minimum", "a number", Node::as_f64),
            maximum: self.member(node, "maximum", "a number", Node::as_f64),
            exclusive_minimum: self.flag(node, "exclusiveMinimum"),
            exclusive_maximum: self.flag(node, "exclusiveMaximum"),
            multiple_of: self.step(node, "multipleOf", "a number above zero", Node::as_f64),
        }))
    }

    fn string(&mut self, node: &'d Node) -> Option<Kind> {
        self.known(node, "a string", &["type", "format", "minLength", "maxLength", "pattern", "enum"]);
        let format = self.text(node, "format");
        if let Some(unknown) = format.as_deref().filter(|format| !STRING_FORMATS.contains(format)) {
            let known = STRING_FORMATS.join(", ");
            self.fault(node.span, format!("the format `{unknown}` would not be enforced: known are {known}"));
        }
        let pattern = self.text(node, "pattern");
        if let Some(pattern) = &pattern
            && let Err(cause) = ecma::compile(pattern)
        {
            // The cause is a drawing of many lines; the last one says it.
            let cause = cause.to_string();
            let cause = cause.lines().last().unwrap_or_default().trim_start_matches("error: ");
            self.fault(node.span, format!("the pattern can't be compiled: {cause}"));
        }
        let values = self.values(node, |value| value.as_str().map(str::to_owned), "a string");
        Some(Kind::String(StringRules {
            format,
            min_length: self.count(node, "minLength"),
            max_length: self.count(node, "maxLength"),
            pattern,
            values,
        }))
    }

    fn array(&mut self, node: &'d Node) -> Option<Kind> {
        self.known(node, "an array", &["type", "items", "minItems", "maxItems", "uniqueItems"]);
        let Some(items) = node.get("items") else {
            self.fault(node.span, "an array must declare its `items`");
            return None;
        };
        Some(Kind::Array(Box::new(ArrayRules {
            items: self.schema(items)?,
            min_items: self.count(node, "minItems"),
            max_items: self.count(node, "maxItems"),
            unique_items: self.flag(node, "uniqueItems"),
        })))
    }

    fn object(&mut self, node: &'d Node) -> Option<Kind> {
        self.known(
            node,
            "an object",
            &["type", "properties", "required", "additionalProperties", "minProperties", "maxProperties"],
        );
        let mut properties = IndexMap::new();
        let declared = self.member(node, "properties", "an object", Node::as_mapping);
        for (name, property) in declared.into_iter().flat_map(Mapping::iter) {
            // One that can't be typed is a fault by now; the others are still looked at.
            if let Some(property) = self.schema(property) {
                properties.insert(name.to_owned(), property);
            }
        }
        let mut required = Vec::new();
        for name in self.list(node, "required") {
            match name.as_str() {
                Some(name) => required.push(name.to_owned()),
                None => self.fault(name.span, "a required member is given by its name"),
            }
        }
        let additional = match node.get("additionalProperties") {
            None => Additional::Ignored,
            Some(value) => match value.as_bool() {
                Some(true) => Additional::Kept,
                Some(false) => Additional::Refused,
                None => Additional::Matching(self.schema(value)?),
            },
        };
        Some(Kind::Object(Box::new(ObjectRules {
            properties,
            required,
            additional,
            min_properties: self.count(node, "minProperties"),
            max_properties: self.count(node, "maxProperties"),
        })))
    }

    fn union(&mut self, node: &'d Node) -> Option<Kind> {
        let property = node.pointer("/discriminator/propertyName").and_then(Node::as_str);
        let Some(property) = property else {
            self.fault(
                node.span,
                "a `oneOf` needs a `discriminator` with `propertyName`, or its branch can't be chosen",
            );
            return None;
        };
        let mut branches = Vec::new();
        for (value, target) in node.pointer("/discriminator/mapping").into_iter().flat_map(Node::entries) {
            match target.as_str().and_then(|target| target.strip_prefix(COMPONENTS)) {
                Some(name) => branches.push((value.to_owned(), name.to_owned())),
                None => self.fault(target.span, format!("`{value}` must be mapped to `{COMPONENTS}…`")),
            }
        }
        if branches.is_empty() {
            self.fault(node.span, "a discriminator needs a `mapping` that names every branch");
            return None;
        }
        let mut listed = Vec::new();
        for member in node.get("oneOf").into_iter().flat_map(Node::items) {
            let name = member.get("$ref").and_then(Node::as_str).and_then(|target| target.strip_prefix(COMPONENTS));
            let Some(name) = name else {
                self.fault(member.span, "a branch of a `oneOf` must refer to a component schema");
                continue;
            };
            if self.resolve(member).is_none() {
                continue;
            }
            listed.push(name);
            if branches.iter().all(|(_, branch)| branch != name) {
                self.fault(member.span, format!("`{name}` has no key in the discriminator's `mapping`"));
            }
        }
        for (value, name) in &branches {
            if !listed.contains(&name.as_str()) {
                self.fault(node.span, format!("`{value}` is mapped to `{name}`, which is no branch of the `oneOf`"));
            }
        }
        Some(Kind::OneOf(UnionRules { property: property.to_owned(), branches }))
    }

    fn whole(&mut self, node: &'d Node, key: &str) -> Option<i64> {
        self.member(node, key, "a whole number of at most 64 bits, as the integer is", Node::as_i64)
    }

    fn count(&mut self, node: &'d Node, key: &str) -> Option<usize> {
        let count = |value: &Node| value.as_i64().and_then(|count| usize::try_from(count).ok());
        self.member(node, key, "a count: a whole number, zero or more", count)
    }

    fn step<T: PartialOrd + Default>(
        &mut self,
        node: &'d Node,
        key: &str,
        what: &str,
        read: impl Fn(&Node) -> Option<T>,
    ) -> Option<T> {
        self.member(node, key, what, |value| read(value).filter(|step| *step > T::default()))
    }

    fn values<T>(&mut self, node: &'d Node, read: impl Fn(&Node) -> Option<T>, what: &str) -> Vec<T> {
        let listed = self.list(node, "enum");
        if listed.is_empty()
            && let Some(written) = node.get("enum")
        {
            self.fault(written.span, "an enum needs values");
        }
        let mut values = Vec::new();
        for value in listed {
            match read(value) {
                Some(value) => values.push(value),
                None => self.fault(value.span, format!("a value of this enum must be {what}")),
            }
        }
        values
    }
}

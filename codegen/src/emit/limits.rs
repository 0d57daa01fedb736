//! What can be read and still has no good Rust: refused here, before anything is emitted.

use std::collections::HashSet;

use super::Output;
use super::operations::Names;
use crate::api::{Api, Encoding, Kind, Location, Operation, Schema};
use crate::names::{pascal, screaming, snake};

/// Names that generated code speaks as the prelude's.
const PRELUDE: &[&str] = &["AsRef", "Box", "From", "Into", "Option", "Result", "String", "TryFrom", "Vec"];

/// Names that the file of an operation imports from the run time.
const IMPORTED: &[&str] = &[
    "Additional",
    "ArrayRules",
    "BodySpec",
    "Credential",
    "Encoding",
    "HeaderSpec",
    "IntegerRules",
    "Kind",
    "Location",
    "NumberRules",
    "ObjectRules",
    "OperationSpec",
    "Outgoing",
    "ParameterSpec",
    "Pattern",
    "RawReply",
    "Received",
    "ReplyFault",
    "ResponseSpec",
    "Schema",
    "SecurityScheme",
    "StatusCode",
    "StringRules",
    "UnionRules",
    "Violation",
];

/// Names that a module's file can't have, and methods that the client and the server's traits have already.
const METHODS: &[&str] = &[
    "body_limit",
    "call",
    "crate",
    "mod",
    "new",
    "refuse",
    "self",
    "serve",
    "signed_retry",
    "super",
    "with_basic",
    "with_bearer",
    "with_header",
    "with_http",
];

/// Reports what the emitters could not cope with; they must not run after a fault here.
pub(super) fn check(api: &Api, out: &mut Output) {
    for (name, schema) in &api.schemas {
        let rust = pascal(name);
        if !is_identifier(&rust) || PRELUDE.contains(&rust.as_str()) || screaming(name) == "ALL" {
            out.fault(schema.span, format!("`{name}` can't be the name of a Rust type of ours: rename it"));
        }
        if contains_itself(api, schema, name, &mut HashSet::new()) {
            out.fault(schema.span, format!("`{name}` is made of itself: an object's member must stand between"));
        }
        if schema.nullable && has_own_type(schema) {
            out.fault(schema.span, format!("`{name}` can't be nullable itself: write `nullable` where it is used"));
        }
    }
    for (index, door) in api.doors.iter().enumerate() {
        let (name, rust) = (&door.name, pascal(&door.name));
        if !is_identifier(&rust) {
            out.fault(door.span, format!("`{name}` can't be the name of a door: choose another"));
        }
        if let Some(other) = api.doors[..index].iter().find(|other| pascal(&other.name) == rust) {
            out.fault(door.span, format!("the doors `{name}` and `{}` would have one type of caller", other.name));
        }
    }
    for operation in &api.operations {
        self::operation(api, operation, out);
    }
}

fn operation(api: &Api, operation: &Operation, out: &mut Output) {
    let id = &operation.id;
    let (module, marker) = (snake(id), pascal(id));
    let is_taken =
        METHODS.contains(&module.as_str()) || PRELUDE.contains(&marker.as_str()) || IMPORTED.contains(&marker.as_str());
    if !is_identifier(&module) || is_taken {
        out.fault(operation.span, format!("`{id}` can't be the name of a Rust method of ours: choose another"));
    }
    if is_a_doors(api, &module) {
        out.fault(operation.span, format!("`{id}` would be the method that authenticates callers: choose another"));
    }
    if let Some(body) = operation.body.as_ref().filter(|body| body.encoding == Encoding::Form) {
        let members = api.flattened(&body.schema).map(|rules| rules.properties);
        if !members.is_some_and(|members| members.values().all(|member| is_scalar(api, member))) {
            out.fault(body.schema.span, "a form must be an object, each of its members one value");
        }
    }
    for parameter in &operation.parameters {
        let is_list = match &api.resolved(&parameter.schema).kind {
            Kind::Array(rules) => parameter.location == Location::Query && is_scalar(api, &rules.items),
            _ => false,
        };
        if !is_list && !is_scalar(api, &parameter.schema) {
            out.fault(
                parameter.span,
                format!("`{}` must be one value, or in the query a list of single values", parameter.name),
            );
        }
    }
    for header in operation.responses.iter().flat_map(|response| &response.headers) {
        if !is_scalar(api, &header.schema) {
            out.fault(header.schema.span, format!("the header `{}` must be one value", header.name));
        }
    }
}

/// Reports names that two operations, or an operation and a component, would share.
pub(super) fn collisions(api: &Api, out: &mut Output) {
    let mut taken: HashSet<String> = api.schemas.keys().map(|name| pascal(name)).collect();
    for operation in &api.operations {
        let Names { marker, input, outcome, error, .. } = Names::of(operation);
        let names = [marker, input, outcome, error].map(|name| name.to_string());
        // One mistake is one fault, although each of the four names would clash.
        if let Some(name) = names.iter().find(|name| taken.contains(*name)) {
            out.fault(operation.span, format!("`{name}` of `{}` has the name of another type", operation.id));
        }
        taken.extend(names);
    }
}

/// Whether a method would have the name of one that authenticates the callers of a door.
fn is_a_doors(api: &Api, method: &str) -> bool {
    api.doors.iter().any(|door| method == format!("authenticate_{}", snake(&door.name)))
}

fn is_identifier(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic())
}

fn is_scalar(api: &Api, schema: &Schema) -> bool {
    matches!(api.resolved(schema).kind, Kind::Boolean | Kind::Integer(_) | Kind::Number(_) | Kind::String(_))
}

/// Whether a component becomes a type of its own, which has no place for `null`; the others are aliases.
fn has_own_type(schema: &Schema) -> bool {
    match &schema.kind {
        // OpenAPI 3.0 has no other way to describe a reference than to wrap it: that is an alias.
        Kind::AllOf(members) => !(schema.nullable && is_reference(members)),
        Kind::Object(_) | Kind::OneOf(_) => true,
        Kind::String(rules) => !rules.is_free() && rules.format.as_deref() != Some("date-time"),
        _ => false,
    }
}

/// Whether an `allOf` is one reference, wrapped.
pub(super) fn is_reference(members: &[Schema]) -> bool {
    matches!(members, [Schema { kind: Kind::Reference(_), .. }])
}

/// Whether following references, `allOf` and items leads from a component back to it: no value, or no type, is so made.
fn contains_itself<'a>(api: &'a Api, schema: &'a Schema, goal: &str, seen: &mut HashSet<&'a str>) -> bool {
    match &schema.kind {
        Kind::Reference(name) => {
            name == goal
                || (seen.insert(name) && api.schemas.get(name).is_some_and(|s| contains_itself(api, s, goal, seen)))
        }
        Kind::AllOf(members) => members.iter().any(|member| contains_itself(api, member, goal, seen)),
        Kind::Array(rules) => contains_itself(api, &rules.items, goal, seen),
        _ => false,
    }
}

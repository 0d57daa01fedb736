//! OpenAPI 3.0.3 schemas as JSON Schema 2020-12, which is what validators speak.
//!
//! Written from the two standards and not from the project's own generator: a second reading of the document is the
//! point of this crate.

use serde_json::{Map, Value, json};

/// Rewrites every schema below `value` in place. What isn't a schema has none of the keywords and stays as it is.
pub(super) fn lower(value: &mut Value) {
    match value {
        Value::Object(members) => {
            // In OpenAPI 3.0 what stands beside `$ref` is ignored; in 2020-12 it counts.
            if members.get("$ref").is_some_and(Value::is_string) {
                members.retain(|name, _| name == "$ref");
                return;
            }
            // Examples are data: a `$ref` or `nullable` in them means nothing.
            members.remove("example");
            members.remove("examples");
            members.values_mut().for_each(lower);
            lower_bounds(members);
            lower_discriminator(members);
            lower_nullable(members);
        }
        Value::Array(items) => items.iter_mut().for_each(lower),
        _ => {}
    }
}

/// `minimum: 1, exclusiveMinimum: true` becomes `exclusiveMinimum: 1`.
fn lower_bounds(schema: &mut Map<String, Value>) {
    for (flag, bound) in [("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")] {
        match schema.get(flag).and_then(Value::as_bool) {
            Some(true) => {
                if let Some(limit) = schema.remove(bound) {
                    schema.insert(flag.to_owned(), limit);
                }
            }
            Some(false) => {
                schema.remove(flag);
            }
            None => {}
        }
    }
}

/// The discriminator chooses the branch: its property must be there, have one of the mapped values, and the mapped
/// schema must then accept the whole. That is stricter than `oneOf`, which stays where it is.
fn lower_discriminator(schema: &mut Map<String, Value>) {
    let Some(discriminator) = schema.remove("discriminator") else { return };
    let Some(property) = discriminator.get("propertyName").and_then(Value::as_str) else { return };
    let Some(mapping) = discriminator.get("mapping").and_then(Value::as_object) else { return };
    let values: Vec<&String> = mapping.keys().collect();
    let mut all = vec![json!({"required": [property], "properties": {property: {"enum": values}}})];
    all.extend(mapping.iter().map(|(value, target)| {
        json!({
            "if": {"required": [property], "properties": {property: {"const": value}}},
            "then": {"$ref": target},
        })
    }));
    match schema.get_mut("allOf").and_then(Value::as_array_mut) {
        Some(existing) => existing.extend(all),
        None => {
            schema.insert("allOf".to_owned(), Value::Array(all));
        }
    }
}

/// `nullable: true` adds `null` to what the schema accepts.
fn lower_nullable(schema: &mut Map<String, Value>) {
    if schema.remove("nullable") != Some(Value::Bool(true)) {
        return;
    }
    let wrapped = Value::Object(std::mem::take(schema));
    schema.insert("anyOf".to_owned(), json!([{"type": "null"}, wrapped]));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepts(mut schema: Value, value: &Value) -> bool {
        lower(&mut schema);
        jsonschema::draft202012::new(&schema).expect("a schema").is_valid(value)
    }

    #[test]
    fn a_nullable_schema_accepts_null_and_keeps_its_own_rules() {
        let schema = json!({"type": "string", "nullable": true, "enum": ["A"]});
        assert!(accepts(schema.clone(), &Value::Null));
        assert!(accepts(schema.clone(), &json!("A")));
        assert!(!accepts(schema, &json!("B")));
    }

    #[test]
    fn an_exclusive_bound_excludes_the_bound() {
        let schema = json!({"type": "integer", "minimum": 1, "exclusiveMinimum": true});
        assert!(!accepts(schema.clone(), &json!(1)));
        assert!(accepts(schema, &json!(2)));
    }

    #[test]
    fn a_discriminator_demands_its_property_and_a_mapped_value() {
        let union = json!({
            "$defs": {"A": {"type": "object", "required": ["a"]}},
            "oneOf": [{"$ref": "#/$defs/A"}],
            "discriminator": {"propertyName": "type", "mapping": {"A": "#/$defs/A"}},
        });
        assert!(accepts(union.clone(), &json!({"type": "A", "a": 1})));
        for refused in [json!({"a": 1}), json!({"type": "B", "a": 1}), json!({"type": "A"})] {
            assert!(!accepts(union.clone(), &refused), "{refused}");
        }
    }

    #[test]
    fn what_stands_beside_a_reference_is_ignored() {
        let schema = json!({"$defs": {"S": {"type": "string"}}, "allOf": [{"$ref": "#/$defs/S", "maxLength": 1}]});
        assert!(accepts(schema, &json!("long")));
    }
}

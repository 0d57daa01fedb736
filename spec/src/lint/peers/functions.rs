//! The stock functions of Spectral, as assertions of a rule.

use super::texts;
use crate::lint::assertion::{Assertion, Separator};
use crate::node::Node;

/// What one entry of `then` demands, or why it cannot be honoured.
pub(super) fn assertion(then: &Node) -> Result<Assertion, String> {
    let options = then.get("functionOptions");
    let option = |name: &str| options.and_then(|options| options.get(name));
    let text = |name: &str| option(name).and_then(Node::as_str).map(str::to_owned);
    let names = |name: &str| option(name).map(texts).unwrap_or_default().into_iter().map(str::to_owned).collect();
    let field = then.get("field").and_then(Node::as_str).map(str::to_owned);
    let mut assertion = Assertion { field, ..Assertion::default() };
    let function = then.get("function").and_then(Node::as_str).ok_or("a `then` has no function")?;
    let known: &[&str] = match function {
        "truthy" => {
            assertion.truthy = true;
            &[]
        }
        "falsy" => {
            assertion.falsy = true;
            &[]
        }
        "defined" => {
            assertion.defined = true;
            &[]
        }
        "undefined" => {
            assertion.undefined = true;
            &[]
        }
        "pattern" => {
            assertion.pattern = text("match");
            assertion.not_pattern = text("notMatch");
            &["match", "notMatch"]
        }
        "casing" => {
            assertion.casing = Some(text("type").ok_or("`casing` needs a `type`")?);
            assertion.disallow_digits = option("disallowDigits").and_then(Node::as_bool) == Some(true);
            assertion.separator = option("separator").and_then(|separator| {
                Some(Separator {
                    char: separator.get("char")?.as_str()?.to_owned(),
                    allow_leading: separator.get("allowLeading").and_then(Node::as_bool) == Some(true),
                })
            });
            &["type", "disallowDigits", "separator"]
        }
        "enumeration" => {
            let values = option("values").map(Node::items).unwrap_or_default();
            assertion.enumeration = Some(values.iter().map(Node::to_json).collect());
            &["values"]
        }
        "length" => {
            assertion.min = option("min").and_then(Node::as_f64);
            assertion.max = option("max").and_then(Node::as_f64);
            &["min", "max"]
        }
        "alphabetical" => {
            assertion.alphabetical = true;
            assertion.keyed_by = text("keyedBy");
            &["keyedBy"]
        }
        "xor" => {
            assertion.xor = names("properties");
            &["properties"]
        }
        "or" => {
            assertion.or = names("properties");
            &["properties"]
        }
        "typedEnum" => {
            assertion.typed_enum = true;
            &[]
        }
        "unreferencedReusableObject" => {
            assertion.unreferenced = Some(text("reusableObjectsLocation").unwrap_or_default());
            &["reusableObjectsLocation"]
        }
        "schema" => {
            assertion.schema = Some(option("schema").ok_or("`schema` needs a `schema`")?.to_json());
            &["schema", "dialect", "allErrors"]
        }
        other => return Err(format!("`{other}` is no stock function, but a program")),
    };
    let unknown = options.into_iter().flat_map(Node::entries).map(|(key, _)| key).find(|key| !known.contains(key));
    match unknown {
        Some(unknown) => Err(format!("`{function}` has no option `{unknown}`")),
        None => Ok(assertion),
    }
}

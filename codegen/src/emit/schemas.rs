//! `schemas.rs`: the component schemas as values, with every constraint.

use proc_macro2::TokenStream;
use quote::quote;

use super::Output;
use crate::api::{Additional, Api, Kind, Schema};
use crate::names::{ident, screaming};

pub(crate) fn emit(api: &Api, out: &mut Output) {
    let mut statics = Vec::new();
    let mut names = Vec::new();
    for (name, schema) in &api.schemas {
        let constant = ident(&screaming(name));
        let value = value(schema, &quote!());
        let doc = format!(" `#/components/schemas/{name}`");
        statics.push(quote! { #[doc = #doc] pub static #constant: Schema = #value; });
        names.push(quote! { (#name, &#constant) });
    }
    out.file("api/models/src/generated/schemas.rs", quote! {
        //! The component schemas as values, with every constraint of the document.
        use crate::schema::{Additional, ArrayRules, IntegerRules, Kind, NumberRules, ObjectRules, Pattern, Schema, StringRules, UnionRules};
        /// Every component schema by name, in the document's order.
        pub static ALL: &[(&str, &Schema)] = &[#(#names),*];
        #(#statics)*
    });
}

/// The expression that makes a schema; component schemas are found under `prefix`.
pub(crate) fn value(schema: &Schema, prefix: &TokenStream) -> TokenStream {
    let kind = kind(&schema.kind, prefix);
    let nullable = schema.nullable;
    let annotations = if schema.annotations.is_empty() {
        String::new()
    } else {
        serde_json::Value::Object(schema.annotations.clone()).to_string()
    };
    quote! { Schema { kind: #kind, nullable: #nullable, annotations: #annotations } }
}

fn kind(kind: &Kind, prefix: &TokenStream) -> TokenStream {
    match kind {
        Kind::Reference(name) => {
            let constant = ident(&screaming(name));
            quote!(Kind::Reference(#name, &#prefix #constant))
        }
        Kind::Any => quote!(Kind::Any),
        Kind::Boolean => quote!(Kind::Boolean),
        Kind::Integer(rules) => {
            let format = option(rules.format.as_ref());
            let (minimum, maximum, multiple_of) =
                (option(rules.minimum), option(rules.maximum), option(rules.multiple_of));
            let (exclusive_minimum, exclusive_maximum) = (rules.exclusive_minimum, rules.exclusive_maximum);
            let values = &rules.values;
            quote! { Kind::Integer(IntegerRules {
                format: #format, minimum: #minimum, maximum: #maximum, exclusive_minimum: #exclusive_minimum,
                exclusive_maximum: #exclusive_maximum, multiple_of: #multiple_of, values: &[#(#values),*],
            }) }
        }
        Kind::Number(rules) => {
            let format = option(rules.format.as_ref());
            let (minimum, maximum, multiple_of) =
                (option(rules.minimum), option(rules.maximum), option(rules.multiple_of));
            let (exclusive_minimum, exclusive_maximum) = (rules.exclusive_minimum, rules.exclusive_maximum);
            quote! { Kind::Number(NumberRules {
                format: #format, minimum: #minimum, maximum: #maximum, exclusive_minimum: #exclusive_minimum,
                exclusive_maximum: #exclusive_maximum, multiple_of: #multiple_of,
            }) }
        }
        Kind::String(rules) => {
            let (format, min_length, max_length) =
                (option(rules.format.as_ref()), option(rules.min_length), option(rules.max_length));
            let pattern = match &rules.pattern {
                // An item of its own: what is borrowed inside a static may not hold a cell.
                Some(pattern) => quote!({
                    static PATTERN: Pattern = Pattern::new(#pattern);
                    Some(&PATTERN)
                }),
                None => quote!(None),
            };
            let values = &rules.values;
            quote! { Kind::String(StringRules {
                format: #format, min_length: #min_length, max_length: #max_length, pattern: #pattern,
                values: &[#(#values),*],
            }) }
        }
        Kind::Array(rules) => {
            let items = value(&rules.items, prefix);
            let (min_items, max_items, unique_items) =
                (option(rules.min_items), option(rules.max_items), rules.unique_items);
            quote! { Kind::Array(ArrayRules {
                items: &#items, min_items: #min_items, max_items: #max_items, unique_items: #unique_items,
            }) }
        }
        Kind::Object(rules) => {
            let properties = rules.properties.iter().map(|(name, schema)| {
                let schema = value(schema, prefix);
                quote!((#name, &#schema))
            });
            let required = &rules.required;
            let additional = match &rules.additional {
                Additional::Ignored => quote!(Additional::Ignored),
                Additional::Kept => quote!(Additional::Kept),
                Additional::Refused => quote!(Additional::Refused),
                Additional::Matching(schema) => {
                    let schema = value(schema, prefix);
                    quote!(Additional::Matching(&#schema))
                }
            };
            let (min_properties, max_properties) = (option(rules.min_properties), option(rules.max_properties));
            quote! { Kind::Object(ObjectRules {
                properties: &[#(#properties),*], required: &[#(#required),*], additional: #additional,
                min_properties: #min_properties, max_properties: #max_properties,
            }) }
        }
        Kind::AllOf(members) => {
            let members = members.iter().map(|member| value(member, prefix));
            quote!(Kind::AllOf(&[#(&#members),*]))
        }
        Kind::OneOf(union) => {
            let property = &union.property;
            let branches = union.branches.iter().map(|(value, branch)| {
                let constant = ident(&screaming(branch));
                quote!((#value, &Schema {
                    kind: Kind::Reference(#branch, &#prefix #constant), nullable: false, annotations: "",
                }))
            });
            quote!(Kind::OneOf(UnionRules { property: #property, branches: &[#(#branches),*] }))
        }
    }
}

fn option<T: quote::ToTokens>(value: Option<T>) -> TokenStream {
    match value {
        Some(value) => quote!(Some(#value)),
        None => quote!(None),
    }
}

//! `types.rs`: one Rust type per component schema.

use std::collections::{HashMap, HashSet};

use proc_macro2::TokenStream;
use quote::quote;

use super::limits::is_reference;
use super::{Output, docs, rust_type, schema_docs};
use crate::api::{Additional, Api, Kind, ObjectRules, Schema, UnionRules};
use crate::names::{ident, pascal, screaming, snake};

pub(crate) fn emit(api: &Api, out: &mut Output) {
    let pinned = pinned_discriminators(api, out);
    let nested = nested(api);
    let mut taken: HashMap<String, &str> = HashMap::new();
    let mut items = Vec::new();
    for (name, schema) in &api.schemas {
        if let Some(other) = taken.insert(pascal(name), name) {
            out.fault(schema.span, format!("`{name}` and `{other}` would be one type in Rust: rename one"));
        }
        items.push(component(api, name, schema, (&pinned, &nested), out));
    }
    out.file(
        "api/models/src/generated/types.rs",
        quote! {
            //! The component schemas as Rust types.
            use super::schemas;
            #(#items)*
        },
    );
}

/// Components that are branches of a union, with the discriminator that the union's tag replaces in them.
fn pinned_discriminators<'a>(api: &'a Api, out: &mut Output) -> HashMap<&'a str, &'a str> {
    let mut pinned = HashMap::new();
    for union in api.schemas.values().filter_map(|schema| match &schema.kind {
        Kind::OneOf(union) => Some((union, schema.span)),
        _ => None,
    }) {
        let (UnionRules { property, branches }, span) = union;
        for (value, branch) in branches {
            let Some(rules) = api.schemas.get(branch).and_then(|schema| api.flattened(schema)) else {
                out.fault(span, format!("the branch `{branch}` must be an object"));
                continue;
            };
            let is_pinned = rules.required.contains(property)
                && rules.properties.get(property).is_some_and(|schema| match &api.resolved(schema).kind {
                    Kind::String(rules) => rules.values == [value.as_str()],
                    _ => false,
                });
            if !is_pinned {
                let span = api.schemas[branch].span;
                out.fault(
                    span,
                    format!("`{branch}` must require `{property}` and pin it to `{value}` (an enum of one)"),
                );
            }
            if let Some(other) = pinned.insert(branch.as_str(), property.as_str()).filter(|other| other != property) {
                out.fault(
                    span,
                    format!("`{branch}` is chosen by `{other}` in another union: one discriminator must choose it"),
                );
            }
        }
    }
    for (name, span) in uses(api) {
        if pinned.contains_key(name) {
            out.fault(span, format!("`{name}` is a branch of a union, and can't also be used alone"));
        }
    }
    pinned
}

/// Adds every reference of a schema outside unions, with its place.
fn walk<'a>(schema: &'a Schema, out: &mut Vec<(&'a str, countersign_spec::Span)>) {
    match &schema.kind {
        Kind::Reference(name) => out.push((name, schema.span)),
        Kind::Array(rules) => walk(&rules.items, out),
        Kind::Object(rules) => {
            rules.properties.values().for_each(|property| walk(property, out));
            if let Additional::Matching(schema) = &rules.additional {
                walk(schema, out);
            }
        }
        Kind::AllOf(members) => members.iter().for_each(|member| walk(member, out)),
        _ => {}
    }
}

/// Components that are part of something else than a whole response.
fn nested(api: &Api) -> HashSet<&str> {
    let mut out = Vec::new();
    api.schemas.values().for_each(|schema| walk(schema, &mut out));
    for operation in &api.operations {
        operation.body.iter().for_each(|body| walk(&body.schema, &mut out));
        let contents = operation.responses.iter().filter_map(|response| response.content.as_ref());
        let parts = contents.filter(|(_, schema)| !matches!(schema.kind, Kind::Reference(_)));
        parts.for_each(|(_, schema)| walk(schema, &mut out));
    }
    out.into_iter().map(|(name, _)| name).collect()
}

/// A member of an `allOf` that refuses what another one declares accepts nothing of the whole.
fn refuse_closed_members(api: &Api, schema: &Schema, whole: &ObjectRules, out: &mut Output) {
    let Kind::AllOf(members) = &schema.kind else { return };
    for member in members {
        let Some(rules) = api.flattened(member) else { continue };
        let refuses = |name: &&String| !rules.properties.contains_key(*name);
        if matches!(rules.additional, Additional::Refused)
            && let Some(name) = whole.properties.keys().find(refuses)
        {
            out.fault(member.span, format!("this member of the `allOf` is closed and refuses `{name}` of another"));
        }
    }
}

/// Every reference outside unions, with its place.
fn uses(api: &Api) -> Vec<(&str, countersign_spec::Span)> {
    let mut out = Vec::new();
    api.schemas.values().for_each(|schema| walk(schema, &mut out));
    for operation in &api.operations {
        operation.body.iter().for_each(|body| walk(&body.schema, &mut out));
        operation.responses.iter().filter_map(|r| r.content.as_ref()).for_each(|(_, schema)| walk(schema, &mut out));
    }
    out
}

fn component(
    api: &Api,
    name: &str,
    schema: &Schema,
    (pinned, nested): (&HashMap<&str, &str>, &HashSet<&str>),
    out: &mut Output,
) -> TokenStream {
    let ty = ident(&pascal(name));
    let docs = schema_docs(api, schema, &format!("The component `{name}`."));
    match &schema.kind {
        Kind::Object(rules) if rules.properties.is_empty() && matches!(rules.additional, Additional::Kept) => {
            // As a part of something else it may have to pass through serde's buffers, where JSON text is no more text.
            if nested.contains(name) {
                quote! { #docs pub type #ty = serde_json::Map<String, serde_json::Value>; }
            } else {
                quote! { #docs pub type #ty = crate::JsonText; }
            }
        }
        Kind::Object(rules) => object(api, name, rules, &docs, pinned.get(name).copied(), out),
        Kind::AllOf(members) if !(schema.nullable && is_reference(members)) => match api.flattened(schema) {
            Some(rules) => {
                refuse_closed_members(api, schema, &rules, out);
                object(api, name, &rules, &docs, pinned.get(name).copied(), out)
            }
            None => {
                out.fault(schema.span, "every member of an `allOf` must be an object");
                quote!()
            }
        },
        Kind::OneOf(union) => one_of(&ty, union, &docs, schema, out),
        Kind::String(rules) if !rules.values.is_empty() => string_enum(&ty, &rules.values, &docs, schema, out),
        Kind::String(rules) if !rules.is_free() && rules.format.as_deref() != Some("date-time") => {
            let constraints = ident(&screaming(name));
            quote! { crate::checked_string!(#docs #ty, schemas::#constraints); }
        }
        _ => {
            let target = rust_type(schema, &quote!(), out);
            quote! { #docs pub type #ty = #target; }
        }
    }
}

fn object(
    api: &Api,
    name: &str,
    rules: &ObjectRules,
    docs: &TokenStream,
    dropped: Option<&str>,
    out: &mut Output,
) -> TokenStream {
    let ty = ident(&pascal(name));
    let mut taken = HashSet::new();
    let mut fields = Vec::new();
    for (property, schema) in &rules.properties {
        if dropped == Some(property) {
            continue;
        }
        let field_name = snake(property);
        if field_name.is_empty() {
            out.fault(schema.span, format!("the member `{property}` gives no Rust name"));
        } else if !taken.insert(field_name.clone()) {
            out.fault(schema.span, format!("`{property}` and another member would be one field in Rust"));
        }
        let field = ident(&field_name);
        let mut target = rust_type(&Schema { nullable: false, ..schema.clone() }, &quote!(), out);
        if reaches(api, schema, name, &mut HashSet::new()) {
            target = quote!(Box<#target>);
        }
        if schema.nullable {
            target = quote!(Option<#target>);
        }
        let docs = schema_docs(api, schema, &format!("`{property}`"));
        let deprecated = schema.annotations.get("deprecated") == Some(&serde_json::Value::Bool(true));
        let docs = if deprecated { quote!(#docs #[doc = ""] #[doc = " Deprecated by the document."]) } else { docs };
        let required = rules.required.contains(property);
        let (target, skip) = match (required, schema.nullable) {
            (true, _) => (target, quote!()),
            (false, true) => (target, quote!(, default, skip_serializing_if = "Option::is_none")),
            (false, false) => (quote!(Option<#target>), quote!(, default, skip_serializing_if = "Option::is_none")),
        };
        fields.push(quote! { #docs #[serde(rename = #property #skip)] pub #field: #target });
    }
    let additional = match &rules.additional {
        Additional::Kept => Some(quote!(serde_json::Map<String, serde_json::Value>)),
        Additional::Matching(schema) => {
            let target = rust_type(schema, &quote!(), out);
            Some(quote!(std::collections::BTreeMap<String, #target>))
        }
        Additional::Ignored | Additional::Refused => None,
    };
    let undeclared = rules.required.iter().find(|name| !rules.properties.contains_key(*name));
    if let (Some(missing), None) = (undeclared, &additional) {
        out.fault(api.schemas[name].span, format!("`{name}` requires `{missing}`, which it doesn't declare"));
    }
    if let Some(target) = additional {
        if !taken.insert("additional".to_owned()) {
            out.fault(
                api.schemas[name].span,
                format!("`additional` of `{name}` would be one field with its undeclared members"),
            );
        }
        fields.push(quote! { /// Members that the document doesn't name.
        #[serde(flatten)] pub additional: #target });
    }
    quote! {
        #docs
        #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
        pub struct #ty { #(#fields),* }
    }
}

/// Whether a value of `schema` holds a value of the component `goal` directly (not behind a `Vec`).
fn reaches<'a>(api: &'a Api, schema: &'a Schema, goal: &str, seen: &mut HashSet<&'a str>) -> bool {
    match &schema.kind {
        Kind::Reference(name) => {
            name == goal || (seen.insert(name) && api.schemas.get(name).is_some_and(|s| reaches(api, s, goal, seen)))
        }
        Kind::Object(rules) => rules.properties.values().any(|property| reaches(api, property, goal, seen)),
        Kind::AllOf(members) => members.iter().any(|member| reaches(api, member, goal, seen)),
        Kind::OneOf(union) => union.branches.iter().any(|(_, branch)| {
            branch == goal
                || (seen.insert(branch) && api.schemas.get(branch).is_some_and(|s| reaches(api, s, goal, seen)))
        }),
        _ => false,
    }
}

fn one_of(ty: &syn::Ident, union: &UnionRules, docs: &TokenStream, schema: &Schema, out: &mut Output) -> TokenStream {
    let property = &union.property;
    let mut taken = HashSet::new();
    let mut variants = Vec::new();
    let mut conversions = Vec::new();
    for (value, branch) in &union.branches {
        let variant_name = pascal(value);
        if variant_name.is_empty() {
            out.fault(schema.span, format!("the key `{value}` gives no Rust name"));
        } else if !taken.insert(variant_name.clone()) {
            out.fault(schema.span, format!("`{value}` and another key would be one variant in Rust"));
        }
        let variant = ident(&variant_name);
        let inner = ident(&pascal(branch));
        let doc = format!(" `{property}: {value}`");
        variants.push(quote! { #[doc = #doc] #[serde(rename = #value)] #variant(#inner) });
        if union.branches.iter().filter(|(_, other)| other == branch).count() == 1 {
            conversions.push(quote! {
                impl From<#inner> for #ty {
                    fn from(branch: #inner) -> Self { Self::#variant(branch) }
                }
            });
        }
    }
    quote! {
        #docs
        #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
        #[serde(tag = #property)]
        pub enum #ty { #(#variants),* }
        #(#conversions)*
    }
}

fn string_enum(
    ty: &syn::Ident,
    values: &[String],
    docs_: &TokenStream,
    schema: &Schema,
    out: &mut Output,
) -> TokenStream {
    let mut taken = HashMap::new();
    let mut variants = Vec::new();
    for value in values {
        let name = pascal(value);
        if name.is_empty() {
            out.fault(schema.span, format!("the enum value `{value}` gives no Rust name"));
            continue;
        }
        if let Some(other) = taken.insert(name.clone(), value) {
            out.fault(schema.span, format!("the enum values `{value}` and `{other}` would be one variant in Rust"));
        }
        variants.push(ident(&name));
    }
    let doc_lines: Vec<_> = values.iter().map(|value| docs(&format!("`{value}`"))).collect();
    quote! {
        #docs_
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        pub enum #ty { #(#doc_lines #[serde(rename = #values)] #variants),* }
        impl #ty {
            /// Every value, in the document's order.
            pub const ALL: &'static [Self] = &[#(Self::#variants),*];
            /// The value as it travels.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { #(Self::#variants => #values),* }
            }
        }
        impl std::fmt::Display for #ty {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str(self.as_str()) }
        }
    }
}

//! `operations/`: per operation its input, outcome and error types, and the marker that ties them together.

use std::collections::HashSet;

use proc_macro2::TokenStream;
use quote::quote;
use syn::Ident;

use super::{Output, docs, rust_type, schema_docs, schemas};
use crate::api::{Api, Credential, Encoding, Header, Kind, Location, Operation, Parameter, Response};
use crate::names::{ident, pascal, snake};

/// The two headers of a signed retry.
const SIGNATURE: &str = "Grid-Wallet-Signature";
const REQUEST_ID: &str = "Request-Id";

pub(crate) fn emit(api: &Api, out: &mut Output) {
    let mut modules = Vec::new();
    for operation in &api.operations {
        let names = Names::of(operation);
        let module = &names.module;
        let file = one(api, operation, &names, out);
        out.file(&format!("api/models/src/generated/operations/{}.rs", snake(&operation.id)), file);
        modules.push(quote! { mod #module; pub use #module::*; });
    }
    let specs = api.operations.iter().map(|operation| {
        let marker = Names::of(operation).marker;
        quote!(<#marker as crate::Operation>::spec)
    });
    out.file(
        "api/models/src/generated/operations/mod.rs",
        quote! {
            //! Per operation: input, outcome and error types, and the marker that ties them together.
            #(#modules)*
            /// Every operation, in the document's order.
            pub const ALL: &[fn() -> &'static crate::operation::OperationSpec] = &[#(#specs),*];
        },
    );
}

/// The Rust names that follow from an operationId.
pub(crate) struct Names {
    /// `refresh_auth_session`: the module, the client's method, the service's method.
    pub module: Ident,
    /// `RefreshAuthSession`
    pub marker: Ident,
    /// `RefreshAuthSessionInput`
    pub input: Ident,
    /// `RefreshAuthSessionOutcome`
    pub outcome: Ident,
    /// `RefreshAuthSessionError`
    pub error: Ident,
}

impl Names {
    pub(crate) fn of(operation: &Operation) -> Self {
        let base = pascal(&operation.id);
        Self {
            module: ident(&snake(&operation.id)),
            marker: ident(&base),
            input: ident(&format!("{base}Input")),
            outcome: ident(&format!("{base}Outcome")),
            error: ident(&format!("{base}Error")),
        }
    }
}

fn one(api: &Api, operation: &Operation, names: &Names, out: &mut Output) -> TokenStream {
    let Names { marker, input, outcome, error, .. } = names;
    let (ok, err): (Vec<_>, Vec<_>) = operation.responses.iter().partition(|response| response.status < 400);
    let input_type = input_type(api, operation, input, out);
    let successes = Side { api, responses: ok, name: outcome, what: "succeeds" };
    let failures = Side { api, responses: err, name: error, what: "is refused" };
    let (outcome_type, encode_outcome, decode_outcome) = successes.emit(operation, out);
    let (error_type, encode_error, decode_error) = failures.emit_enum(operation, out);
    let spec = spec(operation);
    let signed = signed(api, operation, names, out);
    let (decode_input, encode_input) = conversions(operation, input);
    let heading = format!("`{} {}`", operation.method, operation.path);
    let summary = operation.summary.as_deref().map_or(heading.clone(), |summary| format!("{heading}: {summary}"));
    let long = docs(&format!("{summary}\n\n{}", operation.description.as_deref().unwrap_or_default()));
    quote! {
        use http::StatusCode;
        use crate::check::Violation;
        use crate::generated::{schemas, types};
        use crate::input::{Outgoing, Received};
        use crate::operation::{BodySpec, Credential, Encoding, HeaderSpec, Location, OperationSpec, ParameterSpec, ResponseSpec, SecurityScheme};
        use crate::reply::{RawReply, ReplyFault};
        use crate::schema::{Additional, ArrayRules, IntegerRules, Kind, NumberRules, ObjectRules, Pattern, Schema, StringRules, UnionRules};

        #long
        #[derive(Debug)]
        pub enum #marker {}

        #input_type
        #outcome_type
        #error_type

        static SPEC: OperationSpec = #spec;

        impl crate::Operation for #marker {
            type Input = #input;
            type Outcome = #outcome;
            type Error = #error;

            fn spec() -> &'static OperationSpec { &SPEC }
            fn decode_input(received: Received<'_>) -> Result<#input, Vec<Violation>> { #decode_input }
            fn encode_input(input: &#input) -> Result<Outgoing, Vec<Violation>> { #encode_input }
            fn encode_outcome(outcome: &#outcome) -> Result<RawReply, ReplyFault> { #encode_outcome }
            fn decode_outcome(reply: &RawReply) -> Result<Option<#outcome>, ReplyFault> { #decode_outcome }
            fn encode_error(error: &#error) -> Result<RawReply, ReplyFault> { #encode_error }
            fn decode_error(reply: &RawReply) -> Result<Option<#error>, ReplyFault> { #decode_error }
        }
        #signed
    }
}

/// The field of a parameter.
fn field(parameter: &Parameter) -> Ident {
    ident(&snake(&parameter.name))
}

fn input_type(api: &Api, operation: &Operation, name: &Ident, out: &mut Output) -> TokenStream {
    let prefix = quote!(types::);
    let mut taken = HashSet::from(["body".to_owned()]);
    let mut fields = Vec::new();
    let mut required = Vec::new();
    let mut values = Vec::new();
    for parameter in &operation.parameters {
        let name = snake(&parameter.name);
        if name.is_empty() {
            out.fault(parameter.span, format!("the parameter `{}` gives no Rust name", parameter.name));
        } else if !taken.insert(name) {
            out.fault(parameter.span, format!("`{}` and another part of the input would be one field", parameter.name));
        }
        let field = field(parameter);
        let target = rust_type(&parameter.schema, &prefix, out);
        let docs = docs(parameter.description.as_deref().unwrap_or(&parameter.name));
        if parameter.required {
            fields.push(quote!(#docs pub #field: #target));
            required.push(quote!(#field: #target));
            values.push(quote!(#field));
        } else {
            fields.push(quote!(#docs pub #field: Option<#target>));
            values.push(quote!(#field: None));
        }
    }
    if let Some(body) = &operation.body {
        let target = rust_type(&body.schema, &prefix, out);
        let docs = schema_docs(api, &body.schema, "The request body.");
        if body.required {
            fields.push(quote!(#docs pub body: #target));
            required.push(quote!(body: #target));
            values.push(quote!(body));
        } else {
            fields.push(quote!(#docs pub body: Option<#target>));
            values.push(quote!(body: None));
        }
    }
    let heading = format!(" What `{}` is asked with.", operation.id);
    quote! {
        #[doc = #heading]
        #[derive(Clone, Debug, PartialEq)]
        pub struct #name { #(#fields),* }

        impl #name {
            /// An input with everything that is required, and nothing else.
            #[must_use]
            pub fn new(#(#required),*) -> Self { Self { #(#values),* } }
        }
    }
}

fn conversions(operation: &Operation, name: &Ident) -> (TokenStream, TokenStream) {
    if operation.parameters.is_empty() && operation.body.is_none() {
        return (
            quote! { received.check(&SPEC)?; Ok(#name {}) },
            quote! { let #name {} = input; Outgoing::to(&SPEC).checked() },
        );
    }
    let mut read = Vec::new();
    let mut write = Vec::new();
    for (index, parameter) in operation.parameters.iter().enumerate() {
        let field = field(parameter);
        read.push(quote!(#field: checked.parameter(&SPEC, #index)?));
        write.push(quote!(.parameter(&SPEC, #index, &input.#field)));
    }
    if operation.body.is_some() {
        read.push(quote!(body: checked.body()?));
        write.push(quote!(.body(&SPEC, &input.body)));
    }
    (
        quote! { let mut checked = received.check(&SPEC)?; Ok(#name { #(#read),* }) },
        quote! { Outgoing::to(&SPEC) #(#write)* .checked() },
    )
}

/// The successes or the errors of an operation.
struct Side<'a> {
    api: &'a Api,
    responses: Vec<&'a Response>,
    name: &'a Ident,
    what: &'a str,
}

impl Side<'_> {
    /// One success without typed headers is its body; anything else is an enum.
    fn emit(&self, operation: &Operation, out: &mut Output) -> (TokenStream, TokenStream, TokenStream) {
        let [only] = self.responses.as_slice() else { return self.emit_enum(operation, out) };
        if typed_headers(only).next().is_some() {
            return self.emit_enum(operation, out);
        }
        let name = self.name;
        let target = self.body_type(only, out).unwrap_or(quote!(()));
        let status = status(only);
        let code = only.status;
        let doc = format!(" What `{}` answers when it succeeds: {}.", operation.id, only.status);
        let encode = encode_body(only, &status, &quote!(outcome));
        let decode = decode_body(only);
        let unused = only.content.is_none().then(|| quote!(let () = outcome;));
        (
            quote! { #[doc = #doc] pub type #name = #target; },
            quote! { #unused Ok(#encode) },
            quote! { if reply.status.as_u16() == #code { Ok(Some(#decode)) } else { Ok(None) } },
        )
    }

    fn emit_enum(&self, operation: &Operation, out: &mut Output) -> (TokenStream, TokenStream, TokenStream) {
        let name = self.name;
        let (mut variants, mut encode, mut decode) = (Vec::new(), Vec::new(), Vec::new());
        for response in &self.responses {
            let variant = ident(&variant(self.api, response));
            let docs = docs(&format!("{}: {}", response.status, response.description));
            let target = self.body_type(response, out);
            let status = status(response);
            let code = response.status;
            let headers: Vec<_> = typed_headers(response).collect();
            let mut taken = HashSet::from(["body".to_owned(), String::new()]);
            for header in headers.iter().filter(|header| !taken.insert(snake(&header.name))) {
                out.fault(
                    header.schema.span,
                    format!("the header `{}` gives no name of its own for a field in Rust", header.name),
                );
            }
            let header_fields: Vec<_> = headers.iter().map(|header| ident(&snake(&header.name))).collect();
            let header_names: Vec<_> = headers.iter().map(|header| &header.name).collect();
            let body = encode_body(response, &status, &quote!(body));
            let read = decode_body(response);
            match (headers.is_empty(), target) {
                (true, None) => {
                    variants.push(quote!(#docs #variant));
                    encode.push(quote!(#name::#variant => #body));
                    decode.push(quote!(#code => #name::#variant));
                }
                (true, Some(target)) => {
                    variants.push(quote!(#docs #variant(#target)));
                    encode.push(quote!(#name::#variant(body) => #body));
                    decode.push(quote!(#code => #name::#variant(#read)));
                }
                (false, target) => {
                    let types = headers.iter().map(|header| self.header_type(header, out));
                    let header_docs = headers.iter().map(|h| super::docs(h.description.as_deref().unwrap_or(&h.name)));
                    let body_field = target.as_ref().map(|target| {
                        quote!(/// The body.
                        body: #target)
                    });
                    let body_pattern = target.as_ref().map(|_| quote!(body));
                    let body_value = target.as_ref().map(|_| quote!(body: #read));
                    variants.push(quote!(#docs #variant { #(#header_docs #header_fields: #types,)* #body_field }));
                    encode.push(quote!(#name::#variant { #(#header_fields,)* #body_pattern } =>
                        #body #(.header(#header_names, #header_fields)?)*));
                    decode.push(quote!(#code => #name::#variant {
                        #(#header_fields: reply.read_header(#header_names)?,)* #body_value
                    }));
                }
            }
        }
        let subject = if self.what == "succeeds" { quote!(outcome) } else { quote!(error) };
        let doc = format!(" What `{}` answers when it {}.", operation.id, self.what);
        if self.responses.is_empty() {
            return (
                quote! { #[doc = #doc] #[derive(Clone, Debug, PartialEq)] pub enum #name {} },
                quote! { match *#subject {} },
                quote! { let _ = reply; Ok(None) },
            );
        }
        (
            quote! { #[doc = #doc] #[derive(Clone, Debug, PartialEq)] pub enum #name { #(#variants),* } },
            quote! { Ok(match #subject { #(#encode),* }) },
            quote! { Ok(Some(match reply.status.as_u16() { #(#decode,)* _ => return Ok(None) })) },
        )
    }

    fn body_type(&self, response: &Response, out: &mut Output) -> Option<TokenStream> {
        let (media_type, schema) = response.content.as_ref()?;
        if is_json(media_type) {
            return Some(rust_type(schema, &quote!(types::), out));
        }
        match &self.api.resolved(schema).kind {
            Kind::String(rules) if rules.format.as_deref() != Some("binary") => {}
            _ => out.fault(schema.span, format!("a body of `{media_type}` must be a string, and of text")),
        }
        Some(quote!(String))
    }

    fn header_type(&self, header: &Header, out: &mut Output) -> TokenStream {
        let target = rust_type(&header.schema, &quote!(types::), out);
        if header.required { target } else { quote!(Option<#target>) }
    }
}

/// Headers that a handler sets; those of the transport are the adapter's.
fn typed_headers(response: &Response) -> impl Iterator<Item = &Header> {
    response.headers.iter().filter(|header| !header.transport)
}

fn is_json(media_type: &str) -> bool {
    media_type == "application/json" || media_type.ends_with("+json")
}

fn status(response: &Response) -> TokenStream {
    let name = ident(&snake(reason(response.status)).to_ascii_uppercase());
    if reason(response.status) == "Status" {
        let code = response.status;
        return quote!(StatusCode::from_u16(#code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR));
    }
    quote!(StatusCode::#name)
}

fn encode_body(response: &Response, status: &TokenStream, body: &TokenStream) -> TokenStream {
    match &response.content {
        None => quote!(RawReply::empty(#status)),
        Some((media_type, _)) if is_json(media_type) => quote!(RawReply::json(#status, #body)?),
        Some((media_type, _)) => quote!(RawReply::text(#status, #media_type, #body)),
    }
}

fn decode_body(response: &Response) -> TokenStream {
    match &response.content {
        None => quote!(()),
        Some((media_type, _)) if is_json(media_type) => quote!(reply.read_json()?),
        Some(_) => quote!(reply.read_text()?),
    }
}

/// The variant of a response: its reason phrase, or what a signed retry calls it.
fn variant(api: &Api, response: &Response) -> String {
    if response.status == 202 && is_challenge(api, response) {
        return "ChallengeIssued".to_owned();
    }
    match reason(response.status) {
        "Status" => format!("Status{}", response.status),
        reason => pascal(reason),
    }
}

/// RFC 9110's reason phrases, spelled as the constants of `http::StatusCode`.
fn reason(status: u16) -> &'static str {
    match status {
        200 => "ok",
        201 => "created",
        202 => "accepted",
        204 => "no-content",
        400 => "bad-request",
        401 => "unauthorized",
        403 => "forbidden",
        404 => "not-found",
        405 => "method-not-allowed",
        406 => "not-acceptable",
        409 => "conflict",
        410 => "gone",
        412 => "precondition-failed",
        413 => "payload-too-large",
        415 => "unsupported-media-type",
        422 => "unprocessable-entity",
        429 => "too-many-requests",
        500 => "internal-server-error",
        501 => "not-implemented",
        502 => "bad-gateway",
        503 => "service-unavailable",
        504 => "gateway-timeout",
        _ => "Status",
    }
}

fn is_challenge(api: &Api, response: &Response) -> bool {
    let Some(rules) = response.content.as_ref().and_then(|(_, schema)| api.flattened(schema)) else { return false };
    ["payloadToSign", "requestId"].iter().all(|name| rules.required.iter().any(|required| required == name))
}

fn signed(api: &Api, operation: &Operation, names: &Names, out: &mut Output) -> Option<TokenStream> {
    let header = |name: &str| {
        operation.parameters.iter().find(|p| p.location == Location::Header && p.name == name && !p.required)
    };
    let (signature, request_id) = (header(SIGNATURE)?, header(REQUEST_ID)?);
    let challenge =
        operation.responses.iter().find(|response| response.status == 202 && is_challenge(api, response))?;
    for header in [signature, request_id] {
        if !matches!(&api.resolved(&header.schema).kind, Kind::String(rules) if rules.is_free()) {
            out.fault(header.span, format!("`{}` of a signed retry must be a string without rules", header.name));
        }
    }
    if operation.responses.iter().filter(|response| response.status < 400).count() == 1 {
        out.fault(challenge.span, "a signed retry needs a success besides its challenge");
    }
    let challenged = if typed_headers(challenge).next().is_some() {
        quote!(ChallengeIssued { body, .. })
    } else {
        quote!(ChallengeIssued(body))
    };
    let (signature, request_id) = (field(signature), field(request_id));
    let Names { marker, input, outcome, .. } = names;
    Some(quote! {
        impl crate::SignedOperation for #marker {
            fn challenge(outcome: &#outcome) -> Option<crate::operation::Challenge> {
                match outcome {
                    #outcome::#challenged => Some(crate::operation::Challenge {
                        payload_to_sign: body.payload_to_sign.to_string(),
                        request_id: body.request_id.to_string(),
                    }),
                    _ => None,
                }
            }
            fn answer(input: &mut #input, signature: String, request_id: String) {
                input.#signature = Some(signature);
                input.#request_id = Some(request_id);
            }
        }
    })
}

fn spec(operation: &Operation) -> TokenStream {
    let prefix = quote!(schemas::);
    let Operation { id, method, path, tags, deprecated, .. } = operation;
    let summary = text(operation.summary.as_ref());
    let description = text(operation.description.as_ref());
    let parameters = operation.parameters.iter().map(|parameter| {
        let Parameter { name, required, .. } = parameter;
        let location = ident(match parameter.location {
            Location::Path => "Path",
            Location::Query => "Query",
            Location::Header => "Header",
        });
        let description = text(parameter.description.as_ref());
        let schema = schemas::value(&parameter.schema, &prefix);
        quote! { ParameterSpec {
            name: #name, location: Location::#location, required: #required, description: #description, schema: &#schema,
        } }
    });
    let body = match &operation.body {
        None => quote!(None),
        Some(body) => {
            let required = body.required;
            let schema = schemas::value(&body.schema, &prefix);
            let encoding = ident(match body.encoding {
                Encoding::Json => "Json",
                Encoding::Form => "Form",
            });
            quote!(Some(BodySpec { encoding: Encoding::#encoding, required: #required, schema: &#schema }))
        }
    };
    let alternatives = operation.security.iter().flat_map(|security| &security.alternatives);
    let security = alternatives.map(|schemes| {
        let schemes = schemes.iter().map(|scheme| {
            let name = &scheme.name;
            let credential = match &scheme.credential {
                Credential::Basic => quote!(Credential::Basic),
                Credential::Bearer => quote!(Credential::Bearer),
                Credential::Header(name) => quote!(Credential::Header(#name)),
            };
            quote!(SecurityScheme { name: #name, credential: #credential })
        });
        quote!(&[#(#schemes),*])
    });
    let responses = operation.responses.iter().map(|response| {
        let Response { status, description, .. } = response;
        let headers = response.headers.iter().map(|header| {
            let Header { name, required, .. } = header;
            let schema = schemas::value(&header.schema, &prefix);
            quote!(HeaderSpec { name: #name, required: #required, schema: &#schema })
        });
        let content = match &response.content {
            None => quote!(None),
            Some((media_type, schema)) => {
                let schema = schemas::value(schema, &prefix);
                quote!(Some((#media_type, &#schema)))
            }
        };
        quote! { ResponseSpec {
            status: #status, description: #description, headers: &[#(#headers),*], content: #content,
        } }
    });
    quote! { OperationSpec {
        id: #id, method: #method, path: #path, summary: #summary, description: #description, tags: &[#(#tags),*],
        deprecated: #deprecated, security: &[#(#security),*], parameters: &[#(#parameters),*], body: #body,
        responses: &[#(#responses),*],
    } }
}

fn text(text: Option<&String>) -> TokenStream {
    match text {
        Some(text) => quote!(Some(#text)),
        None => quote!(None),
    }
}

//! What dropshot is told about an operation, and so what it emits as its own document.
//!
//! dropshot derives its document from the extractor and response types of a handler. Ours are generic over the
//! operation and speak for it: [`Raw`] lists the parameters and the body, [`Answer`] the responses. Both write the very
//! [`Schema`]s that requests are checked with. A test compares the emitted document with the bundle; since dropshot
//! knows one response per operation, all of them travel in the extension [`RESPONSES`] of that one's schema.

use std::collections::BTreeMap;
use std::marker::PhantomData;

use async_trait::async_trait;
use countersign_models::operation::{Location, OperationSpec};
use countersign_models::schema::Schema;
use countersign_models::{Operation, RawReply, schemas};
use dropshot::{
    ApiEndpointBodyContentType, ApiEndpointParameter, ApiEndpointResponse, Body, ExclusiveExtractor, ExtensionMode,
    ExtractorMetadata, Header, HttpError, HttpResponse, HttpResponseOk, Path, Query, RequestContext, ServerContext,
    SharedExtractor, TypedBody,
};
use http::StatusCode;
use schemars::r#gen::SchemaGenerator;
use schemars::schema as schemars_schema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::adapter::Incoming;

/// The extension that holds all responses of an operation, as the document writes them.
pub const RESPONSES: &str = "x-responses";

/// The raw parts of a request to the operation `O`. Taking them can't fail: the adapter judges them in its own order.
pub struct Raw<O: Operation> {
    incoming: Incoming,
    operation: PhantomData<fn() -> O>,
}

impl<O: Operation> Raw<O> {
    pub(crate) fn into_incoming(self) -> Incoming {
        self.incoming
    }
}

impl<O: Operation> std::fmt::Debug for Raw<O> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.incoming.fmt(f)
    }
}

#[async_trait]
impl<O: Operation> ExclusiveExtractor for Raw<O> {
    async fn from_request<C: ServerContext>(
        context: &RequestContext<C>,
        request: hyper::Request<Body>,
    ) -> Result<Self, HttpError> {
        let path = <Path<PathValues> as SharedExtractor>::from_request(context).await?.into_inner().0;
        let incoming = Incoming::new(O::spec(), path, request, context.request.remote_addr());
        Ok(Self { incoming, operation: PhantomData })
    }

    fn metadata(content_type: ApiEndpointBodyContentType) -> ExtractorMetadata {
        let mut parameters = Vec::new();
        parameters.extend(described::<O, Path<Parameters<O, InPath>>>(Location::Path, &content_type));
        parameters.extend(described::<O, Query<Parameters<O, InQuery>>>(Location::Query, &content_type));
        parameters.extend(described::<O, Header<Parameters<O, InHeader>>>(Location::Header, &content_type));
        if O::spec().body.is_some() {
            parameters.extend(<TypedBody<RequestBody<O>> as ExclusiveExtractor>::metadata(content_type).parameters);
        }
        ExtractorMetadata { extension_mode: ExtensionMode::None, parameters }
    }
}

/// The parameters of `O` in one place, with the document's own descriptions: dropshot would take the schemas'.
fn described<O: Operation, E: SharedExtractor>(
    location: Location,
    content_type: &ApiEndpointBodyContentType,
) -> Vec<ApiEndpointParameter> {
    let mut declared: Vec<_> = O::spec().parameters.iter().filter(|declared| declared.location == location).collect();
    // schemars keeps properties by name, so that is the order in which dropshot lists them.
    declared.sort_by_key(|declared| declared.name);
    let mut parameters = E::metadata(content_type.clone()).parameters;
    for (parameter, declared) in parameters.iter_mut().zip(declared) {
        parameter.description = declared.description.map(str::to_owned);
        parameter.required = declared.required;
    }
    parameters
}

/// The path variables, whatever their names.
#[derive(Deserialize)]
#[serde(transparent)]
struct PathValues(BTreeMap<String, String>);

impl schemars::JsonSchema for PathValues {
    fn schema_name() -> String {
        "PathValues".to_owned()
    }

    fn json_schema(_: &mut SchemaGenerator) -> schemars_schema::Schema {
        schemars_schema::SchemaObject::default().into()
    }
}

/// Where a list of parameters travels.
trait Place: Send + Sync + 'static {
    const LOCATION: Location;
}

struct InPath;
struct InQuery;
struct InHeader;

impl Place for InPath {
    const LOCATION: Location = Location::Path;
}
impl Place for InQuery {
    const LOCATION: Location = Location::Query;
}
impl Place for InHeader {
    const LOCATION: Location = Location::Header;
}

/// Speaks for the parameters of `O` in one place; never read as a value.
#[derive(Deserialize)]
#[serde(bound = "")]
struct Parameters<O, P>(#[serde(skip)] PhantomData<fn() -> (O, P)>);

impl<O: Operation, P: Place> schemars::JsonSchema for Parameters<O, P> {
    fn schema_name() -> String {
        format!("{}Parameters", O::spec().id)
    }

    fn json_schema(generator: &mut SchemaGenerator) -> schemars_schema::Schema {
        define_components(generator);
        let mut object = schemars_schema::ObjectValidation::default();
        for parameter in O::spec().parameters.iter().filter(|parameter| parameter.location == P::LOCATION) {
            object.properties.insert(parameter.name.to_owned(), emitted(parameter.schema));
            if parameter.required {
                object.required.insert(parameter.name.to_owned());
            }
        }
        schemars_schema::SchemaObject {
            instance_type: Some(schemars_schema::InstanceType::Object.into()),
            object: Some(Box::new(object)),
            ..Default::default()
        }
        .into()
    }
}

/// Speaks for the body of `O`; never read as a value.
#[derive(Deserialize)]
#[serde(bound = "")]
struct RequestBody<O>(#[serde(skip)] PhantomData<fn() -> O>);

impl<O: Operation> schemars::JsonSchema for RequestBody<O> {
    fn schema_name() -> String {
        format!("{}Body", O::spec().id)
    }

    fn is_referenceable() -> bool {
        false
    }

    fn json_schema(generator: &mut SchemaGenerator) -> schemars_schema::Schema {
        define_components(generator);
        O::spec().body.as_ref().map_or(schemars_schema::Schema::Bool(true), |body| emitted(body.schema))
    }
}

/// Speaks for the responses of `O`; never written as a value.
#[derive(Serialize)]
#[serde(bound = "")]
struct Responses<O>(#[serde(skip)] PhantomData<fn() -> O>);

impl<O: Operation> schemars::JsonSchema for Responses<O> {
    fn schema_name() -> String {
        format!("{}Responses", O::spec().id)
    }

    fn is_referenceable() -> bool {
        false
    }

    fn json_schema(generator: &mut SchemaGenerator) -> schemars_schema::Schema {
        define_components(generator);
        let mut schema = schemars_schema::SchemaObject::default();
        schema.extensions.insert(RESPONSES.to_owned(), responses(O::spec()));
        schema.into()
    }
}

/// All responses as the document writes them: status to description, headers and content.
fn responses(spec: &OperationSpec) -> Value {
    let all = spec.responses.iter().map(|response| {
        let headers: Map<String, Value> = response
            .headers
            .iter()
            .map(|header| {
                let value = json!({"required": header.required, "schema": header.schema.to_json()});
                (header.name.to_owned(), value)
            })
            .collect();
        let mut value = json!({"description": response.description, "headers": headers});
        if let Some((media_type, schema)) = response.content {
            value["content"] = json!({media_type: {"schema": schema.to_json()}});
        }
        (response.status.to_string(), value)
    });
    Value::Object(all.collect())
}

/// A schema in the form that dropshot takes.
fn emitted(schema: &Schema) -> schemars_schema::Schema {
    let mut json = schema.to_json();
    lower_bounds(&mut json);
    serde_json::from_value(json).unwrap_or(schemars_schema::Schema::Bool(true))
}

/// schemars writes exclusive bounds as JSON Schema does today (a number), OpenAPI 3.0 as a flag beside the bound.
fn lower_bounds(json: &mut Value) {
    match json {
        Value::Object(members) => {
            for (flag, bound) in [("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")] {
                if members.get(flag) == Some(&Value::Bool(true))
                    && let Some(value) = members.remove(bound)
                {
                    members.insert(flag.to_owned(), value);
                }
            }
            members.values_mut().for_each(lower_bounds);
        }
        Value::Array(items) => items.iter_mut().for_each(lower_bounds),
        _ => {}
    }
}

fn define_components(generator: &mut SchemaGenerator) {
    for (name, schema) in schemas::ALL {
        generator.definitions_mut().entry((*name).to_owned()).or_insert_with(|| emitted(schema));
    }
}

/// What the adapter answers for the operation `O`.
pub struct Answer<O: Operation> {
    pub(crate) reply: RawReply,
    pub(crate) operation: PhantomData<fn() -> O>,
}

impl<O: Operation> std::fmt::Debug for Answer<O> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Answer").field("status", &self.reply.status).finish_non_exhaustive()
    }
}

impl<O: Operation> HttpResponse for Answer<O> {
    fn to_result(self) -> Result<http::Response<Body>, HttpError> {
        let mut response = http::Response::new(Body::from(self.reply.body));
        *response.status_mut() = self.reply.status;
        *response.headers_mut() = self.reply.headers;
        Ok(response)
    }

    fn response_metadata() -> ApiEndpointResponse {
        let spec = O::spec();
        let success = spec.responses.iter().find(|response| response.status < 400);
        ApiEndpointResponse {
            success: success.and_then(|response| StatusCode::from_u16(response.status).ok()),
            description: success.map(|response| response.description.to_owned()),
            ..HttpResponseOk::<Responses<O>>::response_metadata()
        }
    }

    fn status_code(&self) -> StatusCode {
        self.reply.status
    }
}

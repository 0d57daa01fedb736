//! Operations.

use countersign_spec::Node;

use super::Reader;
use crate::api::{Body, Encoding, Header, Location, Operation, Parameter, Response};

/// Header parameters that OpenAPI 3.0 has other words for.
const IGNORED_HEADERS: &[&str] = &["Accept", "Authorization", "Content-Type"];

const METHODS: &[&str] = &["get", "put", "post", "delete", "options", "head", "patch", "trace"];

impl<'d> Reader<'d> {
    pub(super) fn operations(&mut self) -> Vec<Operation> {
        let root = self.document.root();
        let mut out = Vec::new();
        for (path, item) in root.get("paths").into_iter().flat_map(Node::entries) {
            let Some(item) = self.resolve(item) else { continue };
            self.refuse_unknown_keys(
                "a path item",
                item,
                &[METHODS, &["summary", "description", "parameters"]].concat(),
            );
            let shared: Vec<_> = item.get("parameters").map(Node::items).unwrap_or_default().iter().collect();
            for method in METHODS {
                if let Some(node) = item.get(method)
                    && let Some(operation) = self.operation(path, method, node, &shared)
                {
                    out.push(operation);
                }
            }
        }
        out
    }

    fn operation(&mut self, path: &str, method: &str, node: &'d Node, shared: &[&'d Node]) -> Option<Operation> {
        self.refuse_unknown_keys(
            "an operation",
            node,
            &[
                "operationId",
                "summary",
                "description",
                "tags",
                "deprecated",
                "security",
                "parameters",
                "requestBody",
                "responses",
                "externalDocs",
            ],
        );
        let Some(id) = self.text(node, "operationId") else {
            let method = method.to_ascii_uppercase();
            self.fault(node.span, format!("`{method} {path}` needs an operationId: its Rust names follow from it"));
            return None;
        };
        let mut parameters: Vec<Parameter> = Vec::new();
        for parameter in shared.iter().copied().chain(node.get("parameters").map(Node::items).unwrap_or_default()) {
            let Some(parameter) = self.parameter(parameter) else { continue };
            // A parameter of the operation replaces the path's of the same name and place.
            parameters.retain(|p| (&p.name, p.location) != (&parameter.name, parameter.location));
            parameters.push(parameter);
        }
        let variables: Vec<_> = path.split('{').skip(1).filter_map(|rest| rest.split('}').next()).collect();
        for variable in &variables {
            if !parameters.iter().any(|p| p.location == Location::Path && p.name == *variable) {
                self.fault(node.span, format!("`{{{variable}}}` of the path is declared by no path parameter"));
            }
        }
        for parameter in parameters.iter().filter(|p| p.location == Location::Path) {
            if !variables.contains(&parameter.name.as_str()) {
                self.fault(parameter.span, format!("`{}` is no variable of `{path}`", parameter.name));
            }
        }
        let body = node.get("requestBody").and_then(|body| self.body(body));
        let mut responses = Vec::new();
        for (status, response) in node.get("responses").into_iter().flat_map(Node::entries) {
            responses.extend(self.response(status, response));
        }
        let documented = node.get("responses").into_iter().flat_map(Node::entries);
        if !documented.into_iter().any(|(status, _)| status.starts_with('2')) {
            self.fault(node.span, format!("`{id}` documents no success (2xx)"));
        }
        Some(Operation {
            id,
            method: method.to_ascii_uppercase(),
            path: path.to_owned(),
            summary: self.text(node, "summary"),
            description: self.text(node, "description"),
            tags: node
                .get("tags")
                .map(Node::items)
                .unwrap_or_default()
                .iter()
                .filter_map(Node::as_str)
                .map(str::to_owned)
                .collect(),
            deprecated: self.flag(node, "deprecated"),
            security: self.security(node),
            parameters,
            body,
            responses,
            span: node.span,
        })
    }

    fn parameter(&mut self, node: &'d Node) -> Option<Parameter> {
        let node = self.resolve(node)?;
        self.refuse_unknown_keys(
            "a parameter",
            node,
            &[
                "name",
                "in",
                "required",
                "description",
                "schema",
                "example",
                "examples",
                "deprecated",
                "style",
                "explode",
            ],
        );
        let location = match node.get("in").and_then(Node::as_str) {
            Some("path") => Location::Path,
            Some("query") => Location::Query,
            Some("header") => Location::Header,
            _ => {
                self.fault(node.span, "a parameter must be in path, query or header");
                return None;
            }
        };
        let (Some(name), Some(schema)) = (self.text(node, "name"), node.get("schema")) else {
            self.fault(node.span, "a parameter needs `name` and `schema`");
            return None;
        };
        let required = self.flag(node, "required");
        if location == Location::Path && !required {
            self.fault(node.span, format!("the path parameter `{name}` must be `required: true`"));
        }
        if location == Location::Header && IGNORED_HEADERS.iter().any(|ignored| name.eq_ignore_ascii_case(ignored)) {
            self.fault(node.span, format!("OpenAPI ignores a header parameter `{name}`"));
        }
        // The styles that the run time speaks are OpenAPI's defaults.
        let (style, explode) = if location == Location::Query { ("form", true) } else { ("simple", false) };
        let written_style = self.text(node, "style").unwrap_or_else(|| style.to_owned());
        let written_explode = self.member(node, "explode", "true or false", Node::as_bool).unwrap_or(explode);
        if written_style != style || (written_explode != explode && location == Location::Query) {
            self.fault(node.span, format!("`{name}` must travel in its default style: {style}, explode {explode}"));
        }
        let schema = self.schema(schema)?;
        Some(Parameter {
            name,
            location,
            required,
            description: self.text(node, "description"),
            schema,
            span: node.span,
        })
    }

    fn body(&mut self, node: &'d Node) -> Option<Body> {
        let node = self.resolve(node)?;
        let content: Vec<_> = node.get("content").into_iter().flat_map(Node::entries).collect();
        let (encoding, media) = match content.as_slice() {
            [("application/json", media)] => (Encoding::Json, media),
            [("application/x-www-form-urlencoded", media)] => (Encoding::Form, media),
            _ => {
                let message = "a request body must have exactly one media type, application/json or \
                               application/x-www-form-urlencoded";
                self.fault(node.span, message);
                return None;
            }
        };
        let Some(schema) = media.get("schema") else {
            self.fault(media.span, "a request body needs a `schema`");
            return None;
        };
        let schema = self.schema(schema)?;
        Some(Body { encoding, required: self.flag(node, "required"), schema })
    }

    fn response(&mut self, status: &str, node: &'d Node) -> Option<Response> {
        let node = self.resolve(node)?;
        self.refuse_unknown_keys("a response", node, &["description", "headers", "content"]);
        let Ok(status) = status.parse::<u16>() else {
            self.fault(node.span, format!("`{status}` can't be typed: document each status by its number"));
            return None;
        };
        if !matches!(status, 200..=299 | 400..=599) {
            self.fault(node.span, format!("{status} is neither a success (2xx) nor an error (4xx, 5xx)"));
        }
        let mut headers = Vec::new();
        for (name, header) in node.get("headers").into_iter().flat_map(Node::entries) {
            // OpenAPI ignores it: the media type of the content says the same.
            if name.eq_ignore_ascii_case("Content-Type") {
                continue;
            }
            headers.extend(self.header(name, header));
        }
        let content: Vec<_> = node.get("content").into_iter().flat_map(Node::entries).collect();
        let content = match content.as_slice() {
            [] => None,
            [(media_type, media)] => {
                let Some(schema) = media.get("schema") else {
                    self.fault(media.span, "a response body needs a `schema`");
                    return None;
                };
                Some(((*media_type).to_owned(), self.schema(schema)?))
            }
            _ => {
                self.fault(node.span, "a response must have at most one media type");
                return None;
            }
        };
        let description = self.text(node, "description").unwrap_or_default();
        Some(Response { status, description, headers, content, span: node.span })
    }

    fn header(&mut self, name: &str, node: &'d Node) -> Option<Header> {
        let node = self.resolve(node)?;
        let Some(schema) = node.get("schema") else {
            self.fault(node.span, "a header needs a `schema`");
            return None;
        };
        Some(Header {
            name: name.to_owned(),
            required: self.flag(node, "required"),
            description: self.text(node, "description"),
            transport: self.flag(node, "x-transport"),
            schema: self.schema(schema)?,
        })
    }
}

//! What both sides know of an operation: its place in the document, how a request becomes typed, how an answer does.
//!
//! Generated code implements [`Operation`] for one empty type per operationId. The client encodes an input and decodes
//! an answer with it, the server does the reverse, so neither can drift from the other.

use crate::check::Violation;
use crate::input::{Outgoing, Received};
use crate::reply::{RawReply, ReplyFault};
use crate::schema::Schema;

/// One operation of the document.
pub trait Operation: Send + Sync + 'static {
    /// Path, query and header parameters, and the body.
    type Input: Send + Sync + 'static;
    /// The documented successes (2xx): the body itself where there is one, an enum where there are several.
    type Outcome: Send + 'static;
    /// The documented errors (4xx, 5xx), one variant per status.
    type Error: Send + 'static;

    /// The operation as the document declares it.
    fn spec() -> &'static OperationSpec;

    /// Checks a request against the document and types it.
    ///
    /// # Errors
    /// Every violation, with its path.
    fn decode_input(received: Received<'_>) -> Result<Self::Input, Vec<Violation>>;

    /// Checks an input against the document and writes it as a request.
    ///
    /// # Errors
    /// Every violation, with its path.
    fn encode_input(input: &Self::Input) -> Result<Outgoing, Vec<Violation>>;

    /// Writes a success as it travels.
    ///
    /// # Errors
    /// A member that can't be written as JSON.
    fn encode_outcome(outcome: &Self::Outcome) -> Result<RawReply, ReplyFault>;

    /// Reads a success; `None` for a status that the document doesn't give this operation.
    ///
    /// # Errors
    /// A documented status whose headers or body are not as documented.
    fn decode_outcome(reply: &RawReply) -> Result<Option<Self::Outcome>, ReplyFault>;

    /// Writes an error as it travels.
    ///
    /// # Errors
    /// A member that can't be written as JSON.
    fn encode_error(error: &Self::Error) -> Result<RawReply, ReplyFault>;

    /// Reads an error; `None` for a status that the document doesn't give this operation.
    ///
    /// # Errors
    /// A documented status whose headers or body are not as documented.
    fn decode_error(reply: &RawReply) -> Result<Option<Self::Error>, ReplyFault>;
}

/// An operation that is repeated with a signature: it answers `202` with a payload until the payload's stamp comes back.
pub trait SignedOperation: Operation {
    /// The payload to sign, if this outcome asks for a signature.
    fn challenge(outcome: &Self::Outcome) -> Option<Challenge>;

    /// Adds the two headers of the retry to an input.
    fn answer(input: &mut Self::Input, signature: String, request_id: String);
}

/// What a `202` asks to be signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    /// The text whose UTF-8 bytes are stamped.
    pub payload_to_sign: String,
    /// The value of `Request-Id` on the retry.
    pub request_id: String,
}

/// An operation as the document declares it.
#[derive(Debug)]
pub struct OperationSpec {
    /// `operationId`.
    pub id: &'static str,
    /// The HTTP method, upper case.
    pub method: &'static str,
    /// The path template: `/auth/sessions/{id}/refresh`.
    pub path: &'static str,
    /// `summary`.
    pub summary: Option<&'static str>,
    /// `description`.
    pub description: Option<&'static str>,
    /// `tags`.
    pub tags: &'static [&'static str],
    /// `deprecated`.
    pub deprecated: bool,
    /// Sets of credentials, of which a caller presents all of one set; none for an operation that anyone may call.
    pub security: &'static [&'static [SecurityScheme]],
    /// Path, query and header parameters, in the document's order.
    pub parameters: &'static [ParameterSpec],
    /// The request body, if the operation takes one.
    pub body: Option<BodySpec>,
    /// Every documented response, in the document's order.
    pub responses: &'static [ResponseSpec],
}

impl OperationSpec {
    /// Whether a caller must authenticate.
    #[must_use]
    pub const fn is_secured(&self) -> bool {
        !self.security.is_empty()
    }

    /// The response of this status, if the document gives the operation one.
    #[must_use]
    pub fn response(&self, status: u16) -> Option<&ResponseSpec> {
        self.responses.iter().find(|response| response.status == status)
    }
}

/// A security scheme as the document declares it.
#[derive(Debug, PartialEq, Eq)]
pub struct SecurityScheme {
    /// Its name in the document.
    pub name: &'static str,
    /// How its credential travels.
    pub credential: Credential,
}

/// How a credential travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Credential {
    /// In `Authorization`, with the scheme Basic (RFC 7617).
    Basic,
    /// In `Authorization`, with the scheme Bearer (RFC 6750).
    Bearer,
    /// In a header of this name.
    Header(&'static str),
}

/// Where a parameter travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Location {
    /// In the path.
    Path,
    /// In the query.
    Query,
    /// In a header.
    Header,
}

/// A parameter as the document declares it.
#[derive(Debug)]
pub struct ParameterSpec {
    /// Its name, spelled as the document spells it.
    pub name: &'static str,
    /// Where it travels.
    pub location: Location,
    /// Whether it must be given.
    pub required: bool,
    /// `description`.
    pub description: Option<&'static str>,
    /// What its value must be.
    pub schema: &'static Schema,
}

impl ParameterSpec {
    /// How a [`Violation`] names the parameter: `query/limit`.
    #[must_use]
    pub fn violation_path(&self) -> String {
        let place = match self.location {
            Location::Path => "path",
            Location::Query => "query",
            Location::Header => "header",
        };
        format!("{place}/{}", self.name)
    }
}

/// How a request body is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// JSON.
    Json,
    /// The serializer of `application/x-www-form-urlencoded` (WHATWG URL, section 5); each member is one value.
    Form,
}

impl Encoding {
    /// The media type that a body of this encoding is sent with.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Form => "application/x-www-form-urlencoded",
        }
    }
}

/// A request body as the document declares it.
#[derive(Debug)]
pub struct BodySpec {
    /// How it is written.
    pub encoding: Encoding,
    /// Whether it must be sent.
    pub required: bool,
    /// What it must be.
    pub schema: &'static Schema,
}

/// A response as the document declares it.
#[derive(Debug)]
pub struct ResponseSpec {
    /// The HTTP status.
    pub status: u16,
    /// `description`.
    pub description: &'static str,
    /// Its headers.
    pub headers: &'static [HeaderSpec],
    /// Media type and schema of its body, if it has one.
    pub content: Option<(&'static str, &'static Schema)>,
}

impl ResponseSpec {
    /// Whether the document gives the response this header.
    #[must_use]
    pub fn has_header(&self, name: &str) -> bool {
        self.headers.iter().any(|header| header.name.eq_ignore_ascii_case(name))
    }
}

/// A response header as the document declares it.
#[derive(Debug)]
pub struct HeaderSpec {
    /// Its name, spelled as the document spells it.
    pub name: &'static str,
    /// Whether every such response carries it.
    pub required: bool,
    /// What its value must be.
    pub schema: &'static Schema,
}

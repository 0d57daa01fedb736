//! Answers as they travel, between typed outcomes and HTTP.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// A status, headers and a body.
#[derive(Clone, Debug)]
pub struct RawReply {
    /// The HTTP status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body; empty for none.
    pub body: Bytes,
}

/// Why an answer can't be written or read as documented.
#[derive(Debug)]
pub enum ReplyFault {
    /// The body is not of the documented type.
    Body(serde_json::Error),
    /// A documented header is missing, or its value is not of the documented type.
    Header(&'static str),
    /// The body is not UTF-8 text.
    Text,
}

impl std::fmt::Display for ReplyFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Body(cause) => write!(f, "the body is not as documented: {cause}"),
            Self::Header(name) => write!(f, "the header {name} is missing or not as documented"),
            Self::Text => f.write_str("the body is not UTF-8 text"),
        }
    }
}

impl std::error::Error for ReplyFault {}

impl RawReply {
    /// An answer without body.
    #[must_use]
    pub fn empty(status: StatusCode) -> Self {
        Self { status, headers: HeaderMap::new(), body: Bytes::new() }
    }

    /// An answer with a JSON body.
    ///
    /// # Errors
    /// A member that can't be written as JSON.
    pub fn json<T: Serialize>(status: StatusCode, body: &T) -> Result<Self, ReplyFault> {
        let body = serde_json::to_vec(body).map_err(ReplyFault::Body)?;
        Ok(Self::with_body(status, "application/json", body.into()))
    }

    /// An answer with a text body.
    #[must_use]
    pub fn text(status: StatusCode, media_type: &'static str, body: &str) -> Self {
        Self::with_body(status, media_type, Bytes::copy_from_slice(body.as_bytes()))
    }

    fn with_body(status: StatusCode, media_type: &'static str, body: Bytes) -> Self {
        let mut reply = Self { body, ..Self::empty(status) };
        reply.headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
        reply
    }

    /// Adds a header; `None` of an `Option` leaves it out.
    ///
    /// # Errors
    /// [`ReplyFault::Header`] when the value can't stand in a header.
    pub fn header<T: Serialize>(mut self, name: &'static str, value: &T) -> Result<Self, ReplyFault> {
        let fault = || ReplyFault::Header(name);
        let text = match serde_json::to_value(value).map_err(|_| fault())? {
            Value::Null => return Ok(self),
            Value::String(text) => text,
            other => other.to_string(),
        };
        let key = HeaderName::from_bytes(name.as_bytes()).map_err(|_| fault())?;
        self.headers.insert(key, HeaderValue::from_str(&text).map_err(|_| fault())?);
        Ok(self)
    }

    /// The body as documented.
    ///
    /// # Errors
    /// [`ReplyFault::Body`] says where it isn't.
    pub fn read_json<T: DeserializeOwned>(&self) -> Result<T, ReplyFault> {
        serde_json::from_slice(&self.body).map_err(ReplyFault::Body)
    }

    /// The body as text.
    ///
    /// # Errors
    /// [`ReplyFault::Text`] when it isn't UTF-8.
    pub fn read_text(&self) -> Result<String, ReplyFault> {
        String::from_utf8(self.body.to_vec()).map_err(|_| ReplyFault::Text)
    }

    /// A header as documented; a missing one reads as `null`, which only an `Option` accepts.
    ///
    /// # Errors
    /// [`ReplyFault::Header`] when it is missing or of another type.
    pub fn read_header<T: DeserializeOwned>(&self, name: &'static str) -> Result<T, ReplyFault> {
        let fault = || ReplyFault::Header(name);
        let Some(value) = self.headers.get(name) else {
            return serde_json::from_value(Value::Null).map_err(|_| fault());
        };
        let text = value.to_str().map_err(|_| fault())?;
        let string = serde_json::from_value(Value::String(text.to_owned()));
        string.or_else(|_| serde_json::from_str(text)).map_err(|_| fault())
    }
}

//! Structured logs on standard error: one JSON object a line, one line a request.
//!
//! A request's line comes from the adapter and holds the route's template, never a path, query, header or body (S6).
//! dropshot's own log would hold the URL, so only what never reaches our adapter is taken from it, less the URL.

use slog::{Drain, KV as _, Never, OwnedKVList, Record};
use tracing_subscriber::EnvFilter;

/// Starts logging. `RUST_LOG` chooses what is logged; `info` by default.
pub fn start() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    // A second start in one process (tests) keeps the first.
    let _ = tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_span_list(false)
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .try_init();
}

/// dropshot's logger.
pub fn dropshot() -> slog::Logger {
    slog::Logger::root(UnroutedRequests, slog::o!())
}

/// Passes on dropshot's word on requests that no operation was found for: unknown paths and wrong methods.
struct UnroutedRequests;

impl Drain for UnroutedRequests {
    type Ok = ();
    type Err = Never;

    fn log(&self, record: &Record<'_>, values: &OwnedKVList) -> Result<(), Never> {
        let mut fields = Fields::default();
        let _ = record.kv().serialize(record, &mut fields);
        // Our adapter never fails towards dropshot: a message for the caller means that dropshot refused by itself.
        if fields.refused {
            let _ = values.serialize(record, &mut fields);
            tracing::info!(
                request_id = fields.request_id,
                method = fields.method,
                route = "(none)",
                status = fields.status,
                micros = fields.micros,
                "request"
            );
        }
        Ok(())
    }
}

/// What is taken of a record; everything else in it is dropped.
#[derive(Default)]
struct Fields {
    refused: bool,
    request_id: String,
    method: String,
    status: String,
    micros: String,
}

impl slog::Serializer for Fields {
    fn emit_arguments(&mut self, key: slog::Key, value: &std::fmt::Arguments<'_>) -> slog::Result {
        match AsRef::<str>::as_ref(&key) {
            "error_message_external" => self.refused = true,
            "req_id" => self.request_id = value.to_string(),
            "method" => self.method = known_method(&value.to_string()),
            "response_code" => self.status = value.to_string(),
            "latency_us" => self.micros = value.to_string(),
            _ => {}
        }
        Ok(())
    }
}

/// A method that HTTP knows; a made-up one is the caller's own text, which no log line repeats.
fn known_method(method: &str) -> String {
    let known = ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"].contains(&method);
    if known { method.to_owned() } else { "(other)".to_owned() }
}

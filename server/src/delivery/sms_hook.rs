//! SMS, by an HTTP hook of the operator's: a signed JSON body is posted, and whoever receives it sends the SMS.
//!
//! ```text
//! POST <delivery.sms_hook_url>
//! Content-Type: application/json
//! Countersign-Signature: t=<seconds since 1970>,v1=<hex HMAC-SHA256 of "<t>.<body>" under the secret>
//!
//! {"id": "<uuid>", "to": "<E.164>", "text": "<the message>", "validSeconds": 300}
//! ```

use std::error::Error as _;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use aws_lc_rs::hmac;
use bytes::Bytes;
use countersign_flow::Timestamp;
use http::StatusCode;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::{Certificate, Client, Url, redirect};
use serde::Serialize;
use tokio::time::Instant;
use zeroize::Zeroizing;

use super::settings::is_loopback;
use super::templates::Templates;
use super::tries::{Attempt, Setback, Tries};
use super::{Cause, DeliverySettings, Message, Outcome};
use crate::clock::Clock;

/// The header of the signature.
const SIGNATURE: &str = "countersign-signature";
/// A secret that is shorter can be found by trying.
const SHORTEST_SECRET: usize = 32;
/// So much of a try's time may pass until the connection stands; later the request may have gone out.
const CONNECT_SHARE: f64 = 0.4;

/// The hook, and how to call it.
pub(super) struct SmsHook {
    url: Url,
    key: hmac::Key,
    prefixes: Vec<String>,
    client: Client,
    templates: Arc<Templates>,
    code_life: Duration,
    clock: Clock,
    tries: Tries,
}

impl SmsHook {
    /// The hook of the settings, if there is one.
    pub(super) fn configure(
        settings: &DeliverySettings,
        templates: Arc<Templates>,
        code_life: Duration,
        clock: Clock,
    ) -> Result<Option<Self>> {
        if settings.sms_hook_url.is_empty() {
            return Ok(None);
        }
        let url: Url = settings.sms_hook_url.parse().context("delivery.sms_hook_url is no URL")?;
        let loopback = url.host_str().is_some_and(is_loopback);
        if url.scheme() != "https" && !(url.scheme() == "http" && loopback) {
            bail!("delivery.sms_hook_url must be https, or http to a loopback address");
        }
        if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
            bail!("delivery.sms_hook_url must have no user, password or fragment");
        }
        let secret = settings.sms_hook_secret()?;
        let Some(secret) = secret.filter(|secret| secret.len() >= SHORTEST_SECRET) else {
            bail!("delivery.sms_hook_secret must have at least {SHORTEST_SECRET} characters");
        };
        let prefixes = settings.sms_prefixes.clone();
        for prefix in &prefixes {
            let digits = prefix.strip_prefix('+').unwrap_or_default();
            if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
                bail!("delivery.sms_prefixes: each must be `+` and digits");
            }
        }
        let mut builder = Client::builder()
            // The hook is who answers at the URL, not whom it or the environment points to.
            .redirect(redirect::Policy::none())
            .no_proxy()
            .http1_only()
            .connect_timeout(Duration::from_secs(settings.try_timeout_secs).mul_f64(CONNECT_SHARE));
        if let Some(pem) = settings.certificates()? {
            builder = builder.tls_certs_merge(Certificate::from_pem_bundle(&pem).context("delivery.ca_file")?);
        }
        let client = builder.build().context("TLS for delivery.sms_hook_url")?;
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        let tries = Tries::new(settings);
        Ok(Some(Self { url, key, prefixes, client, templates, code_life, clock, tries }))
    }

    /// Whether a number begins with one of the prefixes.
    pub(super) fn allows(&self, number: &str) -> bool {
        self.prefixes.iter().any(|prefix| number.starts_with(prefix))
    }

    /// Hands a message over.
    pub(super) async fn send(&self, message: Message<'_>) -> Outcome {
        let text = self.templates.sms(&message);
        let body = Body {
            id: message.issue.uuid().to_string(),
            to: message.destination,
            text: &text,
            valid_seconds: self.code_life.as_secs(),
        };
        match serde_json::to_vec(&body) {
            Ok(body) => {
                let body = Bytes::from_owner(Zeroizing::new(body));
                self.tries.persist(&Dispatch { hook: self, body }).await
            }
            Err(_) => Outcome::Refused(Cause::new("SMS hook: the body can't be written")),
        }
    }
}

/// The header's value: docs/operations.md tells receivers how to check it.
fn signature(key: &hmac::Key, now: Timestamp, body: &[u8]) -> String {
    let seconds = now.as_millis().div_euclid(1_000).to_string();
    let mut mac = hmac::Context::with_key(key);
    for part in [seconds.as_bytes(), b".", body] {
        mac.update(part);
    }
    format!("t={seconds},v1={}", hex::encode(mac.sign()))
}

/// What is posted.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    /// The same in each try: who has sent it already sends nothing.
    id: String,
    to: &'a str,
    text: &'a str,
    valid_seconds: u64,
}

/// A message on its way.
struct Dispatch<'a> {
    hook: &'a SmsHook,
    body: Bytes,
}

impl Attempt for Dispatch<'_> {
    async fn attempt(&self, until: Instant) -> Result<(), Setback> {
        let hook = self.hook;
        let request = hook
            .client
            .post(hook.url.clone())
            .header(CONTENT_TYPE, "application/json")
            .header(SIGNATURE, signature(&hook.key, hook.clock.now(), &self.body))
            .body(self.body.clone())
            .timeout(until.saturating_duration_since(Instant::now()));
        let answer = request.send().await.map_err(|error| broken(&error))?;
        let status = answer.status();
        if status.is_success() {
            return Ok(());
        }
        let busy = status == StatusCode::TOO_MANY_REQUESTS;
        let unclear = status == StatusCode::REQUEST_TIMEOUT || status.is_server_error();
        let seconds = answer.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
        Err(Setback {
            cause: Cause::new(format!("SMS hook: {}", status.as_u16())),
            again: busy || unclear,
            handed_over: unclear,
            pause: seconds.filter(|_| busy).map(Duration::from_secs),
        })
    }
}

/// What a call without answer means.
fn broken(error: &reqwest::Error) -> Setback {
    if error.is_connect() {
        // What failed before anything was sent, in the words of the library that failed: no connection, no trust.
        let mut root = error.source();
        while let Some(deeper) = root.and_then(|cause| cause.source()) {
            root = Some(deeper);
        }
        let why = root.map(ToString::to_string).unwrap_or_default();
        let cause = Cause::new(format!("SMS hook: connecting failed: {why}"));
        return Setback { cause, again: true, handed_over: false, pause: None };
    }
    let cause = if error.is_timeout() { "no answer in time" } else { "the connection broke" };
    Setback { cause: Cause::new(format!("SMS hook: {cause}")), again: true, handed_over: true, pause: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_in_the_documentation_is_signed_as_we_sign() {
        let document = include_str!("../../../docs/operations.md");
        let documented = document.lines().find_map(|line| line.strip_prefix("Countersign-Signature: ")).unwrap();
        let body = document.lines().find(|line| line.starts_with("{\"id\"")).unwrap();
        let secret = "0123456789abcdef0123456789abcdef";
        assert!(document.contains(secret));
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        assert_eq!(signature(&key, Timestamp::from_millis(1_732_528_800_999), body.as_bytes()), documented);
    }
}

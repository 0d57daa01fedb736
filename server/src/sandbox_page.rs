//! The page to try a sandbox with: `GET /sandbox` and the files that it needs.
//!
//! It is no part of the contract and is registered in a sandbox only: elsewhere its paths are unknown ones. The page calls
//! the API as a platform's own page would. It isn't given the platform's secret by any request: the link that `serve`
//! prints carries the credentials in its fragment, which browsers keep to themselves.

use std::time::Instant;

use countersign_api::Context;
use countersign_flow::secret::OtpCode;
use dropshot::{
    ApiDescription, ApiDescriptionRegisterError, ApiEndpoint, ApiEndpointVersions, Body, CONTENT_TYPE_JSON, HttpError,
    RequestContext,
};
use http::{Method, Response, header};
use serde_json::json;

use crate::sandbox::Provisioned;
use crate::server::Server;

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const JAVASCRIPT: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";
const JSON: &str = "application/json";

/// Nothing but the page's own files, no inline script or style, no frame, no request to elsewhere. The page writes text,
/// never markup, and the browser holds it to that.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
     connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
     require-trusted-types-for 'script'; trusted-types 'none'";

/// The page's file `$name`.
macro_rules! file {
    ($name:literal, $media_type:expr) => {
        (concat!("/sandbox/", $name), $media_type, include_str!(concat!("../sandbox-page/", $name)))
    };
}

/// Path, media type and text.
const FILES: &[(&str, &str, &str)] = &[
    ("/sandbox", HTML, include_str!("../sandbox-page/index.html")),
    file!("style.css", CSS),
    file!("icon.svg", SVG),
    file!("api.js", JAVASCRIPT),
    file!("app.js", JAVASCRIPT),
    file!("bytes.js", JAVASCRIPT),
    file!("dom.js", JAVASCRIPT),
    file!("hpke.js", JAVASCRIPT),
    file!("legs.js", JAVASCRIPT),
    file!("otp.js", JAVASCRIPT),
    file!("p256.js", JAVASCRIPT),
    file!("passkey.js", JAVASCRIPT),
];

/// Registers the page. `quorum` is the public quorum key, which the page pins.
///
/// # Errors
/// A path is taken.
pub fn register(
    api: &mut ApiDescription<Context<Server>>,
    provisioned: &Provisioned,
    quorum: &str,
) -> Result<(), ApiDescriptionRegisterError> {
    for (path, media_type, text) in FILES {
        serve(api, path, media_type, (*text).to_owned())?;
    }
    // What the page starts with. Ids open nothing without the platform's credentials.
    let start = json!({
        "accountId": provisioned.account_id,
        "cardId": provisioned.card_id,
        "code": OtpCode::sandbox().as_str(),
        "quorumPublicKey": quorum,
    });
    serve(api, "/sandbox/start.json", JSON, start.to_string())
}

/// The link that opens the page on this machine with the platform's credentials. Browsers make passkeys for `localhost`
/// and for no IP address.
#[must_use]
pub fn link(port: u16, provisioned: &Provisioned) -> String {
    format!("http://localhost:{port}/sandbox#{}:{}", provisioned.client_id, provisioned.client_secret)
}

fn serve(
    api: &mut ApiDescription<Context<Server>>,
    path: &str,
    media_type: &'static str,
    text: String,
) -> Result<(), ApiDescriptionRegisterError> {
    let route = path.to_owned();
    let handler = move |context: RequestContext<Context<Server>>| {
        let started = Instant::now();
        let answer = Response::builder()
            .header(header::CONTENT_TYPE, media_type)
            .header(header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY)
            .header(header::CACHE_CONTROL, "no-store")
            .header(header::REFERRER_POLICY, "no-referrer")
            .header(header::X_CONTENT_TYPE_OPTIONS, "nosniff")
            .header("Cross-Origin-Opener-Policy", "same-origin")
            .header("Cross-Origin-Resource-Policy", "same-origin")
            .body(Body::from(text.clone()))
            .map_err(|cause| HttpError::for_internal_error(cause.to_string()));
        // A failure is logged where dropshot's own refusals are.
        if let Ok(answer) = &answer {
            let micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
            let (request_id, status) = (&context.request_id, answer.status().as_u16());
            tracing::info!(%request_id, method = "GET", route, status, micros, "request");
        }
        std::future::ready(answer)
    };
    let name = format!("page{}", path.replace('/', "_"));
    let versions = ApiEndpointVersions::All;
    api.register(ApiEndpoint::new(name, handler, Method::GET, CONTENT_TYPE_JSON, path, versions).visible(false))
}

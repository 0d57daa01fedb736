//! The page on which a person approves or denies that a program logs in (C6): `GET /handler/cli-auth-confirm`.
//!
//! ```text
//! GET  ?login_code=…   who asks, the short code; a form for the address, or for the decision of who is signed in
//! POST /code           sends a code by email; a form for it
//! POST /sign-in        tries it; sets the cookie of the session            -> GET
//! POST /sign-out       ends the session                                    -> GET
//! POST /approve        completes the attempt, and says so
//! POST /deny           denies it, and says so
//! ```
//!
//! It works without a script. Nothing completes but by a POST, which must come from the page itself (`Origin`) and carry a
//! token that is made of the browser's cookies and the attempt. It is no part of the contract, like every page.

use std::net::SocketAddr;
use std::time::Duration;

use countersign_api::Context;
use countersign_flow::cli_login::attempt::AttemptState;
use countersign_flow::cli_login::code::{CODE_LENGTH, Opaque, digest};
use countersign_flow::id::PlatformId;
use countersign_flow::secret::secret_digest;
use dropshot::{
    ApiDescription, ApiDescriptionRegisterError, ApiEndpoint, ApiEndpointVersions, Body, CONTENT_TYPE_OCTET_STREAM,
    HttpError, RequestContext, UntypedBody,
};
use http::{HeaderMap, Method, Response, StatusCode, header};
use subtle::ConstantTimeEq as _;

use super::tokens::by_refresh_token;
use super::view::{self, View};
use super::{SignInRequest, TypedCode};
use crate::clock::entropy;
use crate::error::ApiError;
use crate::server::Server;
use crate::store::cli_login::attempts::{Bring, Completed, ShownAttempt};
use crate::store::cli_login::sessions::LiveSession;
use crate::store::cli_login::{CliRefusal, Costs};
use crate::store::platforms::Platform;
use crate::store::{Bucket, StoreError};

/// The page's path.
pub(crate) const PATH: &str = "/handler/cli-auth-confirm";
const STYLE_PATH: &str = "/handler/cli-auth-confirm/style.css";
const STYLE: &str = include_str!("../../cli-login-page/style.css");

/// Nothing but the page's own style; forms only to the page itself; in no frame.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'self'; \
     frame-ancestors 'none'";

/// Life of a session that was opened on the page.
const SESSION_TTL: Duration = Duration::from_hours(24);

/// What a person does on the page.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Act {
    SendCode,
    SignIn,
    SignOut,
    Approve,
    Deny,
}

impl Act {
    const ALL: [Self; 5] = [Self::SendCode, Self::SignIn, Self::SignOut, Self::Approve, Self::Deny];

    const fn path(self) -> &'static str {
        match self {
            Self::SendCode => "/handler/cli-auth-confirm/code",
            Self::SignIn => "/handler/cli-auth-confirm/sign-in",
            Self::SignOut => "/handler/cli-auth-confirm/sign-out",
            Self::Approve => "/handler/cli-auth-confirm/approve",
            Self::Deny => "/handler/cli-auth-confirm/deny",
        }
    }
}

/// Registers the page.
///
/// # Errors
/// A path is taken.
pub(crate) fn register(api: &mut ApiDescription<Context<Server>>) -> Result<(), ApiDescriptionRegisterError> {
    let versions = || ApiEndpointVersions::All;
    let show = |context: RequestContext<Context<Server>>| async move {
        let server = context.context();
        let asked = Asked::of(&context, "");
        let answer = finish(server, &asked, shown(server, &asked).await);
        logged(&context, "GET", PATH, answer)
    };
    let media_type = CONTENT_TYPE_OCTET_STREAM;
    let page = ApiEndpoint::new("cli_login_page".to_owned(), show, Method::GET, media_type, PATH, versions());
    api.register(page.visible(false))?;
    let style = |_: RequestContext<Context<Server>>| {
        let answer = Response::builder()
            .header(header::CONTENT_TYPE, "text/css; charset=utf-8")
            .header(header::CACHE_CONTROL, "no-store")
            .header(header::X_CONTENT_TYPE_OPTIONS, "nosniff")
            .body(Body::from(STYLE.to_owned()))
            .map_err(|cause| HttpError::for_internal_error(cause.to_string()));
        std::future::ready(answer)
    };
    let name = "cli_login_page_style".to_owned();
    api.register(ApiEndpoint::new(name, style, Method::GET, media_type, STYLE_PATH, versions()).visible(false))?;
    for act in Act::ALL {
        let handler = move |context: RequestContext<Context<Server>>, body: UntypedBody| async move {
            let server = context.context();
            let asked = Asked::of(&context, body.as_str().unwrap_or_default());
            let answer = finish(server, &asked, acted(server, &asked, act).await);
            logged(&context, "POST", act.path(), answer)
        };
        let name = act.path().replace('/', "_");
        api.register(ApiEndpoint::new(name, handler, Method::POST, media_type, act.path(), versions()).visible(false))?;
    }
    Ok(())
}

/// Notes the answer to a request on the log: the route, and no values.
fn logged(
    context: &RequestContext<Context<Server>>,
    method: &'static str,
    route: &'static str,
    answer: Result<Response<Body>, HttpError>,
) -> Result<Response<Body>, HttpError> {
    // A failure is logged where dropshot's own refusals are.
    if let Ok(answer) = &answer {
        let (request_id, status) = (&context.request_id, answer.status().as_u16());
        tracing::info!(%request_id, method, route, status, "request");
    }
    answer
}

/// A request for the page: its fields, from the query or the form, and where it comes from.
struct Asked {
    fields: Vec<(String, String)>,
    headers: HeaderMap,
    peer: SocketAddr,
}

impl Asked {
    fn of(context: &RequestContext<Context<Server>>, form: &str) -> Self {
        let request = &context.request;
        let text = if form.is_empty() { request.uri().query().unwrap_or_default() } else { form };
        Self {
            fields: url::form_urlencoded::parse(text.as_bytes()).into_owned().collect(),
            headers: request.headers().clone(),
            peer: request.remote_addr(),
        }
    }

    /// A field's value; empty if it isn't there.
    fn field(&self, name: &str) -> &str {
        self.fields.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    fn login_code(&self) -> &str {
        self.field("login_code").trim()
    }

    /// A cookie's value.
    fn cookie(&self, name: &str) -> Option<&str> {
        let lines = self.headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
        let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
        pairs.find(|(known, _)| *known == name).map(|(_, value)| value)
    }
}

/// The names of the cookies, and their attributes.
struct Cookies {
    secure: bool,
}

impl Cookies {
    const fn prefix(&self) -> &'static str {
        if self.secure { "__Host-" } else { "" }
    }

    /// Tells one browser from another before anyone has signed in.
    fn browser(&self) -> String {
        format!("{}countersign-browser", self.prefix())
    }

    /// The refresh token of who is signed in, for one project.
    fn session(&self, platform: PlatformId) -> String {
        format!("{}countersign-session-{platform}", self.prefix())
    }

    fn set(&self, name: &str, value: &str) -> String {
        let secure = if self.secure { "; Secure" } else { "" };
        let gone = if value.is_empty() { "; Max-Age=0" } else { "" };
        format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{gone}")
    }
}

/// An answer of the page.
struct Reply {
    status: StatusCode,
    view: View,
    cookies: Vec<String>,
    /// Where to go instead of being shown anything.
    location: Option<String>,
}

impl Reply {
    const fn shows(view: View) -> Self {
        Self { status: StatusCode::OK, view, cookies: Vec::new(), location: None }
    }
}

/// The attempt, its project, and the browser that asks about it.
struct Visit {
    attempt: ShownAttempt,
    platform: Platform,
    session: Option<LiveSession>,
    /// What POSTs must carry.
    token: String,
    /// Set where the browser had no cookie yet.
    new_cookie: Option<String>,
}

impl Visit {
    async fn of(server: &Server, asked: &Asked) -> Result<Self, ApiError> {
        let login_code = asked.login_code();
        let attempt = match server.store.shown_attempt(digest(login_code)).await {
            Ok(attempt) if login_code.len() == CODE_LENGTH => attempt,
            Ok(_) | Err(StoreError::Cli(CliRefusal::LoginCode)) => return Err(CliRefusal::LoginCode.into()),
            Err(cause) => return Err(cause.into()),
        };
        let platform = server.store.platform(attempt.platform).await?.filter(|platform| platform.disabled.is_none());
        let platform = platform.ok_or_else(|| ApiError::from(CliRefusal::LoginCode))?;
        let cookies = Cookies { secure: server.site.secures_cookies(&asked.headers) };
        let refresh = asked.cookie(&cookies.session(platform.id));
        let session = match refresh {
            Some(token) => server.store.cli_session(platform.id, by_refresh_token(token)).await?,
            None => None,
        };
        let (browser, new_cookie) = match asked.cookie(&cookies.browser()) {
            Some(browser) => (browser.to_owned(), None),
            None => {
                let browser = Opaque::code(&mut entropy()).as_str().to_owned();
                let set = cookies.set(&cookies.browser(), &browser);
                (browser, Some(set))
            }
        };
        let bound = format!("countersign page\n{browser}\n{}\n{}", refresh.unwrap_or_default(), attempt.id);
        let token = hex::encode(secret_digest(&bound));
        Ok(Self { attempt, platform, session: session.map(|(live, _)| live), token, new_cookie })
    }

    fn heading(&self, asked: &Asked) -> view::Heading {
        view::Heading {
            project: self.platform.name.clone(),
            program: self.attempt.client_name.clone(),
            short_code: countersign_flow::cli_login::code::short_code(asked.login_code()),
            login_code: asked.login_code().to_owned(),
            token: self.token.clone(),
        }
    }

    /// Nothing may be decided any more.
    fn closed(&self) -> Option<View> {
        Some(match self.attempt.state {
            AttemptState::Waiting => return None,
            AttemptState::Expired => View::Expired,
            AttemptState::Denied => View::Denied,
            AttemptState::Approved | AttemptState::Used => View::Over,
        })
    }

    /// What comes next for who is signed in, or isn't.
    fn next(&self, asked: &Asked) -> View {
        if let Some(closed) = self.closed() {
            return closed;
        }
        let heading = self.heading(asked);
        // A link by email brings a whole code; opening it uses nothing up (C1).
        let code = asked.field("code");
        match &self.session {
            Some(session) => View::Decide {
                heading,
                email: session.user.primary_email.clone(),
                anonymous: self.attempt.has_anonymous,
            },
            None if code.len() == CODE_LENGTH => View::FollowLink { heading, code: code.to_owned() },
            None => View::AskAddress { heading, refused: None },
        }
    }
}

async fn shown(server: &Server, asked: &Asked) -> Result<Reply, ApiError> {
    let visit = Visit::of(server, asked).await?;
    let mut reply = Reply::shows(visit.next(asked));
    reply.cookies.extend(visit.new_cookie);
    Ok(reply)
}

async fn acted(server: &Server, asked: &Asked, act: Act) -> Result<Reply, ApiError> {
    if !server.site.is_same_origin(&asked.headers) {
        return Err(ApiError::forbidden("The form did not come from this page."));
    }
    let visit = Visit::of(server, asked).await?;
    // A browser without the cookie can't have a token that was made of it.
    let matches: bool = visit.token.as_bytes().ct_eq(asked.field("token").as_bytes()).into();
    if visit.new_cookie.is_some() || !matches {
        return Err(ApiError::forbidden("The form is out of date. Open the link from the terminal again."));
    }
    if let Some(closed) = visit.closed() {
        return Ok(Reply::shows(closed));
    }
    match act {
        Act::SendCode => send_code(server, asked, &visit).await,
        Act::SignIn => sign_in(server, asked, &visit).await,
        Act::SignOut => sign_out(server, asked, &visit).await,
        Act::Approve => approve(server, asked, &visit).await,
        Act::Deny => {
            let (platform, login_code) = (visit.platform.id, digest(asked.login_code()));
            server.store.deny_attempt(platform, login_code, costs(server, asked)).await?;
            Ok(Reply::shows(View::Denied))
        }
    }
}

fn costs(server: &Server, asked: &Asked) -> Costs {
    let address = server.site.client_address(asked.peer, &asked.headers);
    Costs::default().and(Bucket::CliAddress(address), server.rules.cli.address)
}

async fn send_code(server: &Server, asked: &Asked, visit: &Visit) -> Result<Reply, ApiError> {
    let email = asked.field("email").trim();
    let heading = visit.heading(asked);
    if !view::is_address(email) {
        let refused = Some("That is not an email address.");
        return Ok(Reply { status: StatusCode::BAD_REQUEST, ..Reply::shows(View::AskAddress { heading, refused }) });
    }
    let address = Some(server.site.client_address(asked.peer, &asked.headers));
    let request = SignInRequest { platform: &visit.platform, email, callback: None, address };
    let nonce = server.send_sign_in_code(request).await?;
    let sandbox = server.mode == crate::store::Mode::Sandbox;
    Ok(Reply::shows(View::AskCode { heading, email: email.to_owned(), nonce, sandbox, refused: None }))
}

async fn sign_in(server: &Server, asked: &Asked, visit: &Visit) -> Result<Reply, ApiError> {
    // What people type around a code, such as spaces between groups, is no part of it.
    let typed: String = asked.field("code").chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
    let (nonce, email) = (asked.field("nonce"), asked.field("email"));
    let code = TypedCode {
        platform: &visit.platform,
        code: &format!("{typed}{nonce}"),
        caller: None,
        page_of: Some(visit.attempt.id),
        address: Some(server.site.client_address(asked.peer, &asked.headers)),
    };
    let cookies = Cookies { secure: server.site.secures_cookies(&asked.headers) };
    match server.try_sign_in_code(code, server.new_tokens_for(SESSION_TTL)).await {
        Ok((_, tokens)) => {
            let set = cookies.set(&cookies.session(visit.platform.id), &tokens.refresh_token());
            Ok(Reply { cookies: vec![set], ..back(asked) })
        }
        Err(refused) if refused.status() == StatusCode::BAD_REQUEST => {
            let heading = visit.heading(asked);
            let status = StatusCode::BAD_REQUEST;
            if nonce.is_empty() {
                let refused = Some("The link is no longer valid. Have a new code sent.");
                return Ok(Reply { status, ..Reply::shows(View::AskAddress { heading, refused }) });
            }
            let sandbox = server.mode == crate::store::Mode::Sandbox;
            let (email, nonce) = (email.to_owned(), nonce.to_owned());
            let refused = Some("The code is wrong, or no longer valid.");
            Ok(Reply { status, ..Reply::shows(View::AskCode { heading, email, nonce, sandbox, refused }) })
        }
        Err(refused) => Err(refused),
    }
}

async fn sign_out(server: &Server, asked: &Asked, visit: &Visit) -> Result<Reply, ApiError> {
    let cookies = Cookies { secure: server.site.secures_cookies(&asked.headers) };
    let name = cookies.session(visit.platform.id);
    if let Some(token) = asked.cookie(&name) {
        match server.store.sign_out(visit.platform.id, by_refresh_token(token)).await {
            Ok(()) | Err(StoreError::Cli(CliRefusal::RefreshToken)) => {}
            Err(cause) => return Err(cause.into()),
        }
    }
    Ok(Reply { cookies: vec![cookies.set(&name, "")], ..back(asked) })
}

async fn approve(server: &Server, asked: &Asked, visit: &Visit) -> Result<Reply, ApiError> {
    let cookies = Cookies { secure: server.site.secures_cookies(&asked.headers) };
    let name = cookies.session(visit.platform.id);
    let Some(token) = asked.cookie(&name).filter(|_| visit.session.is_some()) else { return Ok(back(asked)) };
    let tokens = server.new_tokens_for(SESSION_TTL);
    let bring = if asked.field("bring") == "yes" { Bring::OrUpgrade(tokens.session) } else { Bring::Nothing };
    let (platform, login_code) = (visit.platform.id, digest(asked.login_code()));
    let approver = by_refresh_token(token);
    let completed = server.store.complete_attempt(platform, login_code, approver, bring, costs(server, asked)).await;
    match completed {
        Ok(Completed::Approved) => Ok(Reply::shows(View::Approved)),
        Ok(Completed::Upgraded) => {
            let set = cookies.set(&name, &tokens.refresh_token());
            Ok(Reply { cookies: vec![set], ..Reply::shows(View::Approved) })
        }
        // Signed out meanwhile: the page asks who it is.
        Err(StoreError::Cli(CliRefusal::RefreshToken)) => Ok(back(asked)),
        Err(cause) => Err(cause.into()),
    }
}

/// To the page, by GET.
fn back(asked: &Asked) -> Reply {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    let location = format!("{PATH}?{}", query.append_pair("login_code", asked.login_code()).finish());
    Reply { status: StatusCode::SEE_OTHER, location: Some(location), ..Reply::shows(View::Over) }
}

/// Writes an answer, and a refusal as a page of its own.
fn finish(server: &Server, asked: &Asked, answer: Result<Reply, ApiError>) -> Result<Response<Body>, HttpError> {
    let (reply, retry_after) = match answer {
        Ok(reply) => (reply, None),
        Err(refused) => {
            refused.log();
            let view = match refused.code() {
                "INVALID_LOGIN_CODE" => View::Unknown,
                _ => View::Refused { message: refused.message().to_owned() },
            };
            (Reply { status: refused.status(), ..Reply::shows(view) }, refused.retry_after_secs())
        }
    };
    let mut answer = Response::builder()
        .status(reply.status)
        .header(header::CONTENT_TYPE, "text/html; charset=utf-8")
        .header(header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY)
        .header(header::CACHE_CONTROL, "no-store")
        .header(header::REFERRER_POLICY, "no-referrer")
        .header(header::X_CONTENT_TYPE_OPTIONS, "nosniff")
        .header(header::X_FRAME_OPTIONS, "DENY")
        .header("Cross-Origin-Opener-Policy", "same-origin")
        .header("Cross-Origin-Resource-Policy", "same-origin");
    if server.site.secures_cookies(&asked.headers) {
        answer = answer.header(header::STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
    for cookie in reply.cookies {
        answer = answer.header(header::SET_COOKIE, cookie);
    }
    if let Some(seconds) = retry_after {
        answer = answer.header(header::RETRY_AFTER, seconds);
    }
    let body = match reply.location {
        Some(location) => {
            answer = answer.header(header::LOCATION, location);
            String::new()
        }
        None => reply.view.html(STYLE_PATH),
    };
    answer.body(Body::from(body)).map_err(|cause| HttpError::for_internal_error(cause.to_string()))
}

//! The confirm page as an attacker meets it: forms from elsewhere, other projects, hostile texts.

use countersign_tests::answer::RawAnswer;
use countersign_tests::project::Attempt;
use countersign_tests::server::TestServer;
use http::{Method, header};
use serde_json::json;

const PAGE: &str = "/handler/cli-auth-confirm";

/// A browser without a picture: it keeps cookies, and fills in the page's forms.
struct Browser<'a> {
    server: &'a TestServer,
    cookies: Vec<(String, String)>,
    token: String,
    nonce: String,
}

impl<'a> Browser<'a> {
    const fn new(server: &'a TestServer) -> Self {
        Self { server, cookies: Vec::new(), token: String::new(), nonce: String::new() }
    }

    fn keep(&mut self, answer: &RawAnswer) {
        for set in answer.headers.get_all(header::SET_COOKIE) {
            let set = set.to_str().unwrap();
            assert!(set.contains("; Path=/; HttpOnly; SameSite=Lax"), "{set}");
            let (name, value) = set.split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.retain(|(known, _)| known != name);
            self.cookies.push((name.to_owned(), value.to_owned()));
        }
        let html = String::from_utf8_lossy(&answer.body);
        for (name, kept) in [("token", &mut self.token), ("nonce", &mut self.nonce)] {
            if let Some((_, rest)) = html.split_once(&format!("name=\"{name}\" value=\"")) {
                *kept = rest.split('"').next().unwrap().to_owned();
            }
        }
    }

    fn cookie_line(&self) -> String {
        self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    async fn open(&mut self, login_code: &str) -> RawAnswer {
        let request = self.server.request(Method::GET, &format!("{PAGE}?login_code={login_code}")).anonymous();
        let answer = request.header("cookie", &self.cookie_line()).send().await;
        self.keep(&answer);
        answer
    }

    /// Sends a form of the page, as it is or with other headers.
    async fn submit(&mut self, act: &str, attempt: &Attempt, fields: &str, origin: Option<&str>) -> RawAnswer {
        let body = format!("login_code={}&token={}&nonce={}&{fields}", attempt.login, self.token, self.nonce);
        let mut request = self.server.request(Method::POST, &format!("{PAGE}/{act}")).anonymous().body(body);
        request = request.content_type("application/x-www-form-urlencoded").header("cookie", &self.cookie_line());
        if let Some(origin) = origin {
            request = request.header("origin", origin);
        }
        let answer = request.send().await;
        self.keep(&answer);
        answer
    }

    async fn sign_in(&mut self, attempt: &Attempt, email: &str) {
        let own = self.server.env("BASE_URL").to_owned();
        let _ = self.open(&attempt.login).await;
        assert_eq!(self.submit("code", attempt, &format!("email={email}"), Some(&own)).await.status, 200);
        assert_eq!(self.submit("sign-in", attempt, "code=000000", Some(&own)).await.status, 303);
        let _ = self.open(&attempt.login).await;
    }
}

/// The page is no part of the contract.
fn forget_the_page(server: &TestServer) {
    let mut violations = server.take_violations();
    violations.retain(|violation| !violation.contains(" /handler/"));
    assert_eq!(violations, [] as [String; 0]);
}

#[tokio::test]
async fn every_answer_of_the_page_is_locked_down_and_opening_it_changes_nothing() {
    let server = TestServer::sandbox().start().await;
    let name = "<script>alert(1)</script>\u{202e}\"'&";
    let attempt = server.start_attempt(json!({ "client_name": name })).await;
    let mut browser = Browser::new(&server);
    for login_code in [attempt.login.as_str(), attempt.polling.as_str(), "", "x&approve=1&mode=complete"] {
        let answer = browser.open(login_code).await;
        assert_eq!(answer.status, if login_code == attempt.login { 200 } else { 400 }, "{login_code}");
        let policy = answer.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        for directive in ["default-src 'none'", "frame-ancestors 'none'", "form-action 'self'", "style-src 'self'"] {
            assert!(policy.contains(directive) && !policy.contains("unsafe"), "{policy}");
        }
        assert_eq!(answer.headers[header::CACHE_CONTROL], "no-store");
        assert_eq!(answer.headers[header::REFERRER_POLICY], "no-referrer");
        let html = String::from_utf8_lossy(&answer.body);
        assert!(!html.contains("<script") && !html.contains("style=") && !html.contains('\u{202e}'), "{html}");
    }
    let html = browser.open(&format!("{}&bring=yes&approve=true", attempt.login)).await;
    let html = String::from_utf8_lossy(&html.body).into_owned();
    assert!(html.contains("calls itself <strong class=\"stated\">&lt;script&gt;alert(1)&lt;/script&gt;"), "{html}");
    assert!(html.contains(&format!("{}-{}", &attempt.login[..4], &attempt.login[4..8])), "{html}");
    assert_eq!(server.polled(&attempt).await, "waiting");
    forget_the_page(&server);
}

#[tokio::test]
async fn a_form_from_elsewhere_or_without_the_browsers_token_does_nothing() {
    let server = TestServer::sandbox().start().await;
    let own = server.env("BASE_URL").to_owned();
    let (attempt, other) = (server.start_attempt(json!({})).await, server.start_attempt(json!({})).await);
    let mut browser = Browser::new(&server);
    browser.sign_in(&attempt, "ada@example.com").await;
    for origin in [None, Some("https://evil.example"), Some("null"), Some("http://127.0.0.1:1"), Some("")] {
        for act in ["approve", "deny", "sign-out", "code", "sign-in"] {
            let answer = browser.submit(act, &attempt, "email=ada@example.com&code=000000", origin).await;
            assert_eq!(answer.status, 403, "{act} {origin:?}");
        }
    }
    // The token is of this browser, this session and this attempt.
    let answer = browser.submit("approve", &other, "", Some(&own)).await;
    assert_eq!(answer.status, 403, "another attempt");
    let token = browser.token.clone();
    browser.token = String::new();
    assert_eq!(browser.submit("approve", &attempt, "", Some(&own)).await.status, 403, "no token");
    let mut stranger = Browser::new(&server);
    stranger.token = token.clone();
    assert_eq!(stranger.submit("approve", &attempt, "", Some(&own)).await.status, 403, "no cookies");
    let _ = stranger.open(&attempt.login).await;
    stranger.token = token.clone();
    assert_eq!(stranger.submit("deny", &attempt, "", Some(&own)).await.status, 403, "another browser's token");
    assert_eq!(server.polled(&attempt).await, "waiting");
    browser.token = token;
    assert_eq!(browser.submit("approve", &attempt, "", Some(&own)).await.status, 200);
    assert_eq!(server.polled(&attempt).await, "success");
    assert_eq!(server.polled(&other).await, "waiting");
    forget_the_page(&server);
}

#[tokio::test]
async fn a_person_is_signed_in_to_one_project_alone() {
    let server = TestServer::sandbox().start().await;
    let mine = server.start_attempt(json!({})).await;
    let started = server.by_other_server(Method::POST, "/api/v1/auth/cli").send().await.accepted(200);
    let code = |name: &str| started[name].as_str().unwrap().to_owned();
    let theirs = Attempt { polling: code("polling_code"), login: code("login_code") };
    let mut browser = Browser::new(&server);
    browser.sign_in(&mine, "ada@example.com").await;
    let html = browser.open(&theirs.login).await;
    assert!(String::from_utf8_lossy(&html.body).contains("Sign in first"));
    let own = server.env("BASE_URL").to_owned();
    assert_eq!(browser.submit("approve", &theirs, "", Some(&own)).await.status, 303, "nobody is signed in there");
    let polled = server.by_other_server(Method::POST, "/api/v1/auth/cli/poll");
    let polled = polled.json(&json!({ "polling_code": theirs.polling })).send().await.accepted(200);
    assert_eq!(polled["status"], "waiting");
    forget_the_page(&server);
}

#[tokio::test]
async fn signing_out_between_approval_and_poll_denies_the_program() {
    let server = TestServer::sandbox().start().await;
    let own = server.env("BASE_URL").to_owned();
    let (attempt, other) = (server.start_attempt(json!({})).await, server.start_attempt(json!({})).await);
    let mut browser = Browser::new(&server);
    browser.sign_in(&attempt, "ada@example.com").await;
    assert_eq!(browser.submit("approve", &attempt, "", Some(&own)).await.status, 200);
    let _ = browser.open(&other.login).await;
    assert_eq!(browser.submit("sign-out", &other, "", Some(&own)).await.status, 303);
    assert_eq!(server.polled(&attempt).await, "denied");
    let html = browser.open(&other.login).await;
    assert!(String::from_utf8_lossy(&html.body).contains("Sign in first"));
    forget_the_page(&server);
}

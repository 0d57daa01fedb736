//! A project of CLI login: its programs, its server, and its users.

use http::Method;
use serde_json::{Value, json};

use crate::raw::RawRequest;
use crate::server::TestServer;

/// The typed part of every sign-in code in a sandbox.
pub const TYPED: &str = "000000";

/// A user's session, as an answer had it.
#[derive(Clone, Debug)]
pub struct User {
    /// Its id.
    pub id: String,
    /// An access token.
    pub access: String,
    /// The refresh token.
    pub refresh: String,
}

impl User {
    fn of(answer: &Value) -> Self {
        let member = |name: &str| answer[name].as_str().unwrap_or_default().to_owned();
        Self { id: member("user_id"), access: member("access_token"), refresh: member("refresh_token") }
    }
}

/// An attempt that a program has started.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// What the program polls with.
    pub polling: String,
    /// What the page is opened with.
    pub login: String,
}

impl TestServer {
    /// A call of a program of the project.
    pub fn cli(&self, method: Method, target: &str) -> RawRequest {
        let key = self.env("PUBLISHABLE_CLIENT_KEY");
        self.request(method, target)
            .anonymous()
            .header("x-stack-access-type", "client")
            .header("x-stack-project-id", self.env("PROJECT_ID"))
            .header("x-stack-publishable-client-key", key)
    }

    /// A call of the project's server.
    pub fn by_server(&self, method: Method, target: &str) -> RawRequest {
        self.by_server_of(self.env("PROJECT_ID"), self.env("SECRET_SERVER_KEY"), method, target)
    }

    /// A call of the other project's server.
    pub fn by_other_server(&self, method: Method, target: &str) -> RawRequest {
        self.by_server_of(self.env("OTHER_PROJECT_ID"), self.env("OTHER_SECRET_SERVER_KEY"), method, target)
    }

    /// A call of a project's server.
    pub fn by_server_of(&self, project: &str, key: &str, method: Method, target: &str) -> RawRequest {
        self.request_as(method, target, "", "")
            .anonymous()
            .header("x-stack-access-type", "server")
            .header("x-stack-project-id", project)
            .header("x-stack-secret-server-key", key)
    }

    /// A POST of a program.
    pub fn cli_post(&self, target: &str, body: &Value) -> RawRequest {
        self.cli(Method::POST, target).json(body)
    }

    /// Starts an attempt.
    pub async fn start_attempt(&self, body: Value) -> Attempt {
        let started = self.cli_post("/api/v1/auth/cli", &body).send().await.accepted(200);
        let code = |name: &str| started[name].as_str().expect("a code").to_owned();
        Attempt { polling: code("polling_code"), login: code("login_code") }
    }

    /// A poll.
    pub fn poll(&self, attempt: &Attempt) -> RawRequest {
        self.cli_post("/api/v1/auth/cli/poll", &json!({ "polling_code": attempt.polling }))
    }

    /// What a poll is told.
    pub async fn polled(&self, attempt: &Attempt) -> String {
        let answer = self.poll(attempt).send().await;
        let body = answer.json();
        let status = body["status"].as_str().unwrap_or_default();
        let expected = if status == "success" { 201 } else { 200 };
        assert_eq!(answer.status.as_u16(), expected, "{body}");
        status.to_owned()
    }

    /// A call of `complete`, in the mode and with the members of `body`.
    pub fn complete(&self, attempt: &Attempt, mut body: Value) -> RawRequest {
        body["login_code"] = attempt.login.as_str().into();
        self.cli_post("/api/v1/auth/cli/complete", &body)
    }

    /// Approves an attempt in the name of a user.
    pub async fn approve(&self, attempt: &Attempt, user: &User) {
        let body = json!({ "refresh_token": user.refresh });
        assert_eq!(self.complete(attempt, body).send().await.accepted(200), json!({ "success": true }));
    }

    /// A new anonymous user.
    pub async fn anonymous_user(&self) -> User {
        let answer = self.cli(Method::POST, "/api/v1/auth/anonymous/sign-up").send().await;
        User::of(&answer.accepted(200))
    }

    /// The nonce of a code for an address.
    pub async fn nonce(&self, email: &str) -> String {
        let sent = self.cli_post("/api/v1/auth/otp/send-sign-in-code", &json!({ "email": email })).send().await;
        sent.accepted(200)["nonce"].as_str().expect("a nonce").to_owned()
    }

    /// Signs in by code.
    pub async fn signed_in(&self, email: &str) -> User {
        let code = format!("{TYPED}{}", self.nonce(email).await);
        let answer = self.cli_post("/api/v1/auth/otp/sign-in", &json!({ "code": code })).send().await;
        User::of(&answer.accepted(200))
    }

    /// Signs in by code with an access token: an anonymous user is upgraded.
    pub async fn signed_in_as(&self, email: &str, user: &User) -> User {
        let code = format!("{TYPED}{}", self.nonce(email).await);
        let sign_in = self.cli_post("/api/v1/auth/otp/sign-in", &json!({ "code": code }));
        let answer = sign_in.header("x-stack-access-token", &user.access).send().await;
        User::of(&answer.accepted(200))
    }

    /// A call of a user.
    pub fn by_user(&self, method: Method, target: &str, user: &User) -> RawRequest {
        self.cli(method, target).header("x-stack-access-token", &user.access)
    }

    /// A user as its server sees it.
    pub async fn user(&self, id: &str) -> Value {
        self.by_server(Method::GET, &format!("/api/v1/users/{id}")).send().await.accepted(200)
    }

    /// Whether a session still gives access tokens.
    pub async fn is_live(&self, user: &User) -> bool {
        let refresh = self.cli(Method::POST, "/api/v1/auth/sessions/current/refresh");
        let answer = refresh.header("x-stack-refresh-token", &user.refresh).send().await;
        match answer.status.as_u16() {
            200 => true,
            401 => false,
            other => panic!("{other}: {}", answer.json()),
        }
    }
}

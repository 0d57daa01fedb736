//! Plain programs in Python and node, and a person at the page in headless Chromium.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};

use countersign_tests::npm;
use countersign_tests::server::TestServer;
use http::Method;
use serde_json::{Value, json};

const CLI: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/cli");
const BROWSER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/browser");

/// A program that polls; killed when dropped.
struct Program {
    process: Child,
    lines: std::io::Lines<BufReader<ChildStdout>>,
}

impl Program {
    fn start(server: &TestServer, interpreter: &str, script: &str, start: &Value) -> Self {
        let mut command = Command::new(interpreter);
        // Browsers keep cookies for `localhost` as for any host.
        let base = server.base_url().replace("127.0.0.1", "localhost");
        command.arg(script).current_dir(CLI).env("BASE_URL", base).env("START", start.to_string());
        for name in ["PROJECT_ID", "PUBLISHABLE_CLIENT_KEY"] {
            command.env(name, server.env(name));
        }
        let mut process = command.stdout(Stdio::piped()).spawn().expect("the interpreter runs");
        let lines = BufReader::new(process.stdout.take().expect("a pipe")).lines();
        Self { process, lines }
    }

    /// The next value of this name that it prints; what else it prints before is passed over.
    fn next(&mut self, name: &str) -> String {
        loop {
            let line = self.lines.next().expect("it goes on").expect("a line");
            let said: Value = serde_json::from_str(&line).expect("JSON");
            if let Some(value) = said[name].as_str() {
                return value.to_owned();
            }
        }
    }

    /// Waits until it has been told this status, and then once more: it doesn't know the word, and polls on.
    fn is_told(&mut self, status: &str) {
        while self.next("polled") != status {}
        assert_eq!(self.next("polled"), status);
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A person opens the page and does something there.
fn person(url: &str, act: &str, email: &str) -> String {
    npm::install(BROWSER);
    let mut node = Command::new("node");
    node.arg("confirm.mjs").current_dir(BROWSER).envs([("URL", url), ("ACT", act), ("EMAIL", email)]);
    let ran = node.output().expect("node runs");
    let (stdout, stderr) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    assert!(ran.status.success(), "{stdout}{stderr}");
    stdout.into_owned()
}

/// The page is no part of the contract.
fn violations_of_the_api(server: &TestServer) -> Vec<String> {
    let mut violations = server.take_violations();
    violations.retain(|violation| !violation.contains(" /handler/"));
    violations
}

/// The user of a program's session.
async fn me(server: &TestServer, refresh: &str) -> Value {
    let call = server.cli(Method::POST, "/api/v1/auth/sessions/current/refresh");
    let access = call.header("x-stack-refresh-token", refresh).send().await.accepted(200);
    let access = access["access_token"].as_str().expect("a token");
    let me = server.cli(Method::GET, "/api/v1/users/me").header("x-stack-access-token", access).send().await;
    me.accepted(200)
}

async fn walk(interpreter: &str, script: &str) {
    let server = TestServer::sandbox().start().await;
    let start = |body: Value| Program::start(&server, interpreter, script, &body);

    let mut program = start(json!({ "client_name": "<b>acme</b>" }));
    let url = program.next("url");
    assert_eq!(
        person(&url, "approve", "ada@example.com"),
        "ok short-code\nok wrong-code\nok sign-in\nok approve\nok again\n"
    );
    let ada = me(&server, &program.next("refresh_token")).await;
    assert_eq!((&ada["primary_email"], &ada["is_anonymous"]), (&json!("ada@example.com"), &json!(false)));

    let mut program = start(json!({}));
    assert_eq!(person(&program.next("url"), "deny", ""), "ok short-code\nok deny\nok again\n");
    program.is_told("denied");

    let mut program = start(json!({ "expires_in_millis": 1_000 }));
    let url = program.next("url");
    program.is_told("expired");
    assert_eq!(person(&url, "look", ""), "heading Too late\n");

    // Someone new: the anonymous user becomes the named one, and its first session is over.
    let anonymous = server.anonymous_user().await;
    let mut program = start(json!({ "anon_refresh_token": anonymous.refresh }));
    person(&program.next("url"), "bring", "new@example.com");
    let upgraded = me(&server, &program.next("refresh_token")).await;
    assert_eq!((&upgraded["id"], &upgraded["primary_email"]), (&json!(anonymous.id), &json!("new@example.com")));
    assert_eq!(upgraded["is_anonymous"], false);
    assert!(!server.is_live(&anonymous).await);

    // Someone known: what the anonymous user kept is merged.
    let anonymous = server.anonymous_user().await;
    let work = json!({ "client_metadata": { "work": 1 } });
    let _ = server.by_user(Method::PATCH, "/api/v1/users/me", &anonymous).json(&work).send().await.accepted(200);
    let mut program = start(json!({ "anon_refresh_token": anonymous.refresh }));
    person(&program.next("url"), "bring", "ada@example.com");
    let merged = me(&server, &program.next("refresh_token")).await;
    assert_eq!((&merged["id"], &merged["client_metadata"]), (&ada["id"], &json!({ "work": 1 })));
    assert!(!server.is_live(&anonymous).await);

    // The preset leaves the anonymous user as it was.
    let anonymous = server.anonymous_user().await;
    let mut program = start(json!({ "anon_refresh_token": anonymous.refresh }));
    person(&program.next("url"), "approve", "bob@example.com");
    assert_ne!(me(&server, &program.next("refresh_token")).await["id"], anonymous.id.as_str());
    assert!(server.is_live(&anonymous).await);
    assert_eq!(violations_of_the_api(&server), [] as [String; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plain_python_program_is_logged_in_through_the_page() {
    walk("python3", "poll.py").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plain_node_program_is_logged_in_through_the_page() {
    walk("node", "poll.mjs").await;
}

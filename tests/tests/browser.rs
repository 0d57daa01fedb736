//! The sandbox page: in headless Chromium, as a person uses it, and as files.

use std::path::Path;
use std::process::Command;

use countersign_tests::npm;
use countersign_tests::server::TestServer;
use http::{Method, StatusCode, header};
use serde_json::Value;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/browser");

/// The steps of `person.mjs`, in order.
const STEPS: [&str; 14] = [
    "credentials-by-hand",
    "connect",
    "wrong-code-refused",
    "email-code",
    "refresh",
    "register-passkey",
    "second-passkey-refused",
    "sign-out",
    "passkey",
    "delegate",
    "fits",
    "stamp",
    "revoke",
    "reload",
];

/// The page is no part of the contract: its own files are not what the document has.
fn violations_of_the_api(server: &TestServer) -> Vec<String> {
    let mut violations = server.take_violations();
    violations.retain(|violation| !violation.starts_with("GET /sandbox"));
    violations
}

#[tokio::test]
async fn a_person_signs_in_by_code_and_by_passkey_and_delegates_in_a_browser() {
    npm::install(FOLDER);
    let server = TestServer::sandbox().start().await;
    // Passkeys are for `localhost`; through the proxy, so that what the page sends and gets is checked too.
    let base = server.base_url().replace("127.0.0.1", "localhost");
    let mut node = Command::new("node");
    node.arg("person.mjs").current_dir(FOLDER).env("BASE_URL", base);
    for name in ["CLIENT_ID", "CLIENT_SECRET"] {
        node.env(name, server.env(name));
    }
    let ran = node.output().expect("node runs");
    let (stdout, stderr) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    assert!(ran.status.success(), "{stdout}{stderr}");
    let steps: Vec<&str> = stdout.lines().filter_map(|line| line.strip_prefix("ok ")).collect();
    assert_eq!(steps, STEPS, "{stderr}");
    assert_eq!(violations_of_the_api(&server), [] as [String; 0]);
}

#[tokio::test]
async fn the_page_is_served_without_its_platforms_secret_and_lets_nothing_in_from_elsewhere() {
    let server = TestServer::sandbox().start().await;
    for path in ["/sandbox", "/sandbox/app.js", "/sandbox/style.css", "/sandbox/start.json"] {
        let answer = server.request(Method::GET, path).anonymous().send().await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        let policy = answer.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
        assert_eq!(answer.headers[header::CACHE_CONTROL], "no-store");
        let text = String::from_utf8_lossy(&answer.body);
        assert!(!text.contains(server.env("CLIENT_SECRET")), "{path}");
    }
    let output = server.output();
    let link = format!("/sandbox#{}:{}", server.env("CLIENT_ID"), server.env("CLIENT_SECRET"));
    assert!(output.contains("  http://localhost:") && output.contains(&link), "the printed link opens the page");
    let lines = |route: &str| -> Vec<Value> {
        let logs = server.logs();
        let lines = logs.lines().map(|line| serde_json::from_str::<Value>(line).expect("a line of JSON"));
        lines.filter(|line| line["message"] == "request" && line["route"] == route).collect()
    };
    for path in ["/sandbox", "/sandbox/app.js", "/sandbox/start.json"] {
        let [line] = lines(path).try_into().unwrap_or_else(|lines| panic!("{path}: {lines:?}"));
        assert_eq!((&line["method"], &line["status"]), (&"GET".into(), &200.into()), "{line}");
        assert!(line["request_id"].is_string() && line["micros"].is_u64(), "{line}");
    }
    // What a browser adds to a path is a value, and stays out.
    let _ = server.request(Method::GET, "/sandbox?canary=7f3a").anonymous().send().await;
    assert_eq!(lines("/sandbox").len(), 2);
    assert!(!server.logs().contains("canary"));
    assert_eq!(violations_of_the_api(&server), [] as [String; 0]);
}

#[tokio::test]
async fn outside_a_sandbox_the_page_is_an_unknown_path() {
    let server = TestServer::production().start().await;
    let unknown = server.request_as(Method::GET, "/nowhere", "", "").anonymous().send().await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    for path in ["/sandbox", "/sandbox/app.js", "/sandbox/start.json"] {
        let answer = server.request_as(Method::GET, path, "", "").anonymous().send().await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(answer.headers.get(header::CONTENT_SECURITY_POLICY), None);
    }
}

#[test]
fn the_lock_file_names_no_registry() {
    let lock = std::fs::read_to_string(Path::new(FOLDER).join("package-lock.json")).unwrap();
    assert!(!lock.contains("\"resolved\"") && lock.contains("\"integrity\""));
}

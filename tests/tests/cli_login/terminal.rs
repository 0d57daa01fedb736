//! `countersign login`, `whoami` and `logout`, as a person at a terminal runs them.

use std::fs::Permissions;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use countersign_tests::program::countersign;
use countersign_tests::project::Attempt;
use countersign_tests::server::TestServer;
use serde_json::json;

fn login(server: &TestServer, file: &Path) -> Command {
    let mut command = countersign(["login", "--no-browser", "--session-file"]);
    command.arg(file).env("BASE_URL", server.base_url());
    for name in ["PROJECT_ID", "PUBLISHABLE_CLIENT_KEY"] {
        command.env(name, server.env(name));
    }
    command
}

fn run(command: &str, file: &Path) -> Output {
    countersign([command, "--session-file"]).arg(file).output().expect("the program runs")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_logs_in_from_a_terminal_and_out_again() {
    let server = TestServer::sandbox().start().await;
    let user = server.signed_in("ada@example.com").await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("deeper").join("session.json");
    assert!(!run("whoami", &file).status.success(), "nobody is logged in");

    let mut child = login(&server, &file).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let url = lines.find(|line| line.contains("login_code=")).unwrap();
    let code = url.rsplit('=').next().unwrap().to_owned();
    assert_eq!(lines.next().unwrap().trim(), format!("{}-{}", &code[..4], &code[4..8]));
    server.approve(&Attempt { polling: String::new(), login: code }, &user).await;
    assert!(child.wait().unwrap().success());
    assert!(lines.last().unwrap().contains("Logged in as ada@example.com"));
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(!text.contains(&user.refresh), "the session is the program's own");

    let who = run("whoami", &file);
    assert!(String::from_utf8_lossy(&who.stdout).starts_with("ada@example.com"), "{who:?}");
    std::fs::set_permissions(&file, Permissions::from_mode(0o644)).unwrap();
    assert!(!run("whoami", &file).status.success(), "a file that others may read is refused");
    std::fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
    assert!(run("logout", &file).status.success());
    assert!(!file.exists());
    let kept: serde_json::Value = serde_json::from_str(&text).unwrap();
    let program = countersign_tests::project::User {
        id: String::new(),
        access: String::new(),
        refresh: kept["refresh_token"].as_str().unwrap().to_owned(),
    };
    assert!(!server.is_live(&program).await && server.is_live(&user).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_login_that_is_denied_or_refused_ends_with_a_word() {
    let server = TestServer::sandbox().start().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("session.json");
    let mut child = login(&server, &file).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    lines.find(|line| line.contains("login_code=")).unwrap();
    server.database().execute("UPDATE cli_attempts SET denied_at = created_at");
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&ended.stderr).contains("denied"), "{ended:?}");
    let refused = login(&server, &file).env("PUBLISHABLE_CLIENT_KEY", "cs_pck_x").output().unwrap();
    assert!(String::from_utf8_lossy(&refused.stderr).contains("401"), "{refused:?}");
    assert!(!file.exists());
    assert_eq!(server.cli_post("/api/v1/auth/cli", &json!({})).send().await.status, 200);
}

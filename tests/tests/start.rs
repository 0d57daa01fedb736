//! Starting and stopping: the mark of a database, files and their modes, what is printed (S1).

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use countersign_client::wallet::KeyPair;
use countersign_tests::program::countersign;
use countersign_tests::server::TestServer;
use http::Method;

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap_or_else(|cause| panic!("{}: {cause}", path.display())).permissions().mode() & 0o777
}

#[tokio::test]
async fn a_sandbox_database_is_never_served_as_production() {
    let mut server = TestServer::sandbox().start().await;
    server.kill();
    let database = server.data_dir().join("countersign.db");
    let key = server.data_dir().join("master.key");
    let mut command = countersign(["serve", "--listen", "127.0.0.1:0"]);
    command.env("COUNTERSIGN_DATABASE_URL", format!("sqlite:{}", database.display()));
    command.env("COUNTERSIGN_KEYS_MASTER_KEY_FILE", key);
    let refused = command.output().unwrap();
    assert_eq!(refused.status.code(), Some(2), "{}", String::from_utf8_lossy(&refused.stderr));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("sandbox"));
    server.restart().await;
    let _ = server.wallet().await.login().await;
}

#[tokio::test]
async fn a_production_database_is_never_served_as_sandbox() {
    let mut server = TestServer::production().start().await;
    let (id, secret) = server.platform_create("Shop");
    let list =
        |server: &TestServer| server.request_as(Method::GET, "/customers/internal-accounts", &id, &secret).send();
    assert_eq!(list(&server).await.status, 200);
    server.kill();
    // The sandbox looks for `countersign.db` in its folder, which is where this one lies.
    let mut sandbox = countersign(["serve", "--sandbox", "--listen", "127.0.0.1:0", "--data-dir"]);
    let refused = sandbox.arg(server.data_dir()).output().unwrap();
    assert_eq!(refused.status.code(), Some(2), "{}", String::from_utf8_lossy(&refused.stderr));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("production"));
    server.restart().await;
    assert_eq!(list(&server).await.status, 200);
}

#[tokio::test]
async fn no_statement_changes_the_mark() {
    let server = TestServer::sandbox().start().await;
    let database = server.data_dir().join("countersign.db");
    let change = "UPDATE deployment SET mode = 'production'";
    let changed = std::panic::catch_unwind(|| countersign_tests::database::Database::open(&database).execute(change));
    assert!(changed.is_err(), "the mark was changed");
}

#[tokio::test]
async fn production_without_delivery_issues_no_code_and_takes_no_sandbox_code() {
    let server = TestServer::production().start().await;
    let (id, secret) = server.platform_create("Shop");
    let body = serde_json::json!({"customerType": "INDIVIDUAL", "email": "someone@example.com"});
    let created = server.request_as(Method::POST, "/customers", &id, &secret).json(&body).send().await;
    assert_eq!(created.status, 201);
    let credential = server.database().texts("SELECT id FROM credentials").remove(0);
    let target = format!("/auth/credentials/{credential}/challenge");
    server.request_as(Method::POST, &target, &id, &secret).send().await.refused(503, "UNAVAILABLE");
    assert_eq!(server.database().count("otp_issues"), 0);
}

#[tokio::test]
async fn production_needs_a_database_and_a_master_key() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("x.db").display());
    let key = "0".repeat(63);
    let cases: [&[(&str, &str)]; 4] = [
        &[],
        &[("COUNTERSIGN_DATABASE_URL", &url)],
        &[("COUNTERSIGN_DATABASE_URL", &url), ("COUNTERSIGN_KEYS_MASTER_KEY", &key)],
        &[("COUNTERSIGN_DATABASE_URL", &url), ("COUNTERSIGN_KEYS_MASTER_KEY_FILE", "/nowhere")],
    ];
    for variables in cases {
        let mut command = countersign(["serve", "--listen", "127.0.0.1:0"]);
        let refused = command.envs(variables.iter().copied()).current_dir(folder.path()).output().unwrap();
        let stderr = String::from_utf8_lossy(&refused.stderr);
        assert_eq!(refused.status.code(), Some(2), "{variables:?}: {stderr}");
        assert!(!stderr.contains(&key), "an error repeats a key");
    }
}

#[tokio::test]
async fn a_second_start_finds_what_the_first_has_made() {
    let mut server = TestServer::sandbox().start().await;
    let names = [
        "CLIENT_ID",
        "CLIENT_SECRET",
        "ACCOUNT_ID",
        "CARD_ID",
        "QUORUM_PUBLIC_KEY",
        "PROJECT_ID",
        "SECRET_SERVER_KEY",
        "OTHER_PROJECT_ID",
        "API_KEY",
        "WORKSPACE_TOKEN",
        "OTHER_ORG_IDENTITY",
    ];
    let before = names.map(|name| server.env(name).to_owned());
    let platforms = server.database().count("platforms");
    let session = server.wallet().await.login().await;
    assert!(server.stop().await.success());
    server.restart().await;
    assert_eq!(names.map(|name| server.env(name).to_owned()), before);
    session.assert_live().await;
    assert_eq!(server.wallet().await.login().await.opened.nickname, session.opened.nickname);
    assert_eq!(platforms, 2, "the sandbox's, and another beside it for both doors");
    assert_eq!(server.database().count("platforms"), platforms);
}

#[tokio::test]
async fn the_environment_file_is_private_and_a_shell_reads_it() {
    let server = TestServer::sandbox().umask("000").start().await;
    let file = server.env_file();
    assert_eq!(mode(&file), 0o600);
    let script =
        ". \"$0\"; printf '%s\\n' \"$BASE_URL\" \"$CLIENT_ID\" \"$CLIENT_SECRET\" \"$ACCOUNT_ID\" \"$CARD_ID\"";
    let sourced = Command::new("sh").args(["-eu", "-c", script]).arg(&file).output().unwrap();
    let printed = String::from_utf8(sourced.stdout).unwrap();
    let expected = ["BASE_URL", "CLIENT_ID", "CLIENT_SECRET", "ACCOUNT_ID", "CARD_ID"].map(|name| server.env(name));
    assert_eq!(printed.lines().collect::<Vec<_>>(), expected);
    let beside: Vec<_> =
        std::fs::read_dir(file.parent().unwrap()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(beside.iter().all(|name| !name.to_string_lossy().starts_with("env.")), "{beside:?}");
}

#[tokio::test]
async fn an_older_environment_file_is_replaced_whatever_its_mode() {
    let mut server = TestServer::sandbox().start().await;
    server.kill();
    let file = server.env_file();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    server.restart().await;
    assert_eq!(mode(&file), 0o600);
}

#[tokio::test]
async fn the_printed_curl_line_works_when_pasted() {
    let server = TestServer::sandbox().start().await;
    let output = server.output();
    let line = output.lines().find(|line| line.trim_start().starts_with("curl ")).expect("a curl line");
    let ran = Command::new("sh").args(["-c", line.trim()]).output().unwrap();
    let body: serde_json::Value = serde_json::from_slice(&ran.stdout)
        .unwrap_or_else(|cause| panic!("{line}: {cause}: {}", String::from_utf8_lossy(&ran.stderr)));
    assert_eq!(body["data"][0]["type"], "EMAIL_OTP", "{body}");
    for name in ["CLIENT_ID", "CLIENT_SECRET", "ACCOUNT_ID", "CARD_ID", "QUORUM_PUBLIC_KEY", "BASE_URL"] {
        assert!(output.contains(server.env(name)), "{name} is not printed");
    }
}

#[tokio::test]
async fn files_that_others_may_read_are_refused() {
    let mut server = TestServer::sandbox().start().await;
    let _ = server.wallet().await.login().await;
    server.kill(); // so that the write-ahead log stays
    for name in ["countersign.db", "countersign.db-wal", "countersign.db-shm", "master.key", "sandbox.json"] {
        let file = server.data_dir().join(name);
        assert_eq!(mode(&file), 0o600, "{name}");
        for loose in [0o640, 0o604, 0o660] {
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(loose)).unwrap();
            server.assert_start_refused(|_| {}, name);
        }
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    server.restart().await;
}

#[tokio::test]
async fn another_master_key_or_swapped_keys_are_refused() {
    let mut server = TestServer::sandbox().start().await;
    server.kill();
    let key = server.data_dir().join("master.key");
    let original = std::fs::read(&key).unwrap();
    std::fs::write(&key, "42".repeat(32)).unwrap();
    server.assert_start_refused(|_| {}, "");
    std::fs::write(&key, &original).unwrap();
    // Sealed under the same master key, for the other row: it must not open.
    let swap = "UPDATE signing_keys SET sealed = (SELECT other.sealed FROM signing_keys other WHERE other.id <> signing_keys.id LIMIT 1)";
    assert!(server.database().count("signing_keys") >= 2);
    server.database().execute(swap);
    server.assert_start_refused(|_| {}, "");
}

#[tokio::test]
async fn a_sandbox_listens_on_loopback_unless_it_is_exposed() {
    let folder = tempfile::tempdir().unwrap();
    let serve = ["serve", "--sandbox", "--listen", "0.0.0.0:0", "--data-dir", "data"];
    let refused = countersign(serve).current_dir(folder.path()).output().unwrap();
    let stderr = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(2), "{stderr}");
    assert!(stderr.contains("loopback"), "{stderr}");

    let env = folder.path().join("env");
    let mut exposed = countersign(serve);
    exposed.args(["--sandbox-expose", "--print-env"]).arg(&env).current_dir(folder.path());
    let output = std::fs::File::create(folder.path().join("output")).unwrap();
    let mut process = exposed.stdout(output.try_clone().unwrap()).stderr(output).spawn().unwrap();
    for _ in 0..1_000 {
        if env.exists() || process.try_wait().unwrap().is_some() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let running = process.try_wait().unwrap().is_none();
    let _ = process.kill();
    let _ = process.wait();
    assert!(running && env.exists(), "{}", std::fs::read_to_string(folder.path().join("output")).unwrap());
}

#[tokio::test]
async fn the_default_folder_is_beside_the_caller() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = countersign(["serve", "--sandbox", "--listen", "127.0.0.1:0", "--print-env", "env"]);
    let output = std::fs::File::create(folder.path().join("output")).unwrap();
    command.current_dir(folder.path()).stdout(output.try_clone().unwrap()).stderr(output);
    let mut process = command.spawn().unwrap();
    for _ in 0..1_000 {
        if folder.path().join("env").exists() || process.try_wait().unwrap().is_some() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let _ = process.kill();
    let _ = process.wait();
    assert!(folder.path().join("env").exists());
    let data = folder.path().join("countersign-data");
    assert_eq!(mode(&data), 0o700);
    for file in std::fs::read_dir(&data).unwrap() {
        let path = file.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
}

#[tokio::test]
async fn a_stop_finishes_what_is_in_flight() {
    let mut server = TestServer::sandbox().start().await;
    let session = server.wallet().await.login().await;
    let mut database = server.database();
    database.hold_write_lock();
    let waiting = tokio::spawn({
        let session = session.clone();
        async move { session.ask_refresh(&KeyPair::generate().compressed_hex()).await.status() }
    });
    tokio::time::sleep(Duration::from_millis(300)).await;
    server.terminate();
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(!waiting.is_finished(), "the request was given up");
    database.release();
    assert_eq!(waiting.await.unwrap(), 202);
    let status = server.stopped().await;
    assert_eq!(status.code(), Some(0), "{}", server.output());
}

#[tokio::test]
async fn an_idle_server_stops_at_once() {
    let mut server = TestServer::sandbox().start().await;
    let _ = server.wallet().await;
    let begun = std::time::Instant::now();
    assert_eq!(server.stop().await.code(), Some(0));
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
}

#[test]
fn help_and_version_are_printed() {
    let printed = |arguments: &[&str]| {
        let output = countersign(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(printed(&["--version"]).starts_with("countersign "));
    let help = printed(&["--help"]);
    for word in ["serve", "migrate", "platform", "sessions.ttl_secs", "COUNTERSIGN_"] {
        assert!(help.contains(word), "{word} is not in --help");
    }
    for arguments in
        [&["serve", "--help"][..], &["migrate", "--help"], &["platform", "--help"], &["platform", "create", "--help"]]
    {
        assert!(printed(arguments).contains("Usage"));
    }
}

#[test]
fn a_command_line_that_is_not_understood_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in [
        &[][..],
        &["sing"],
        &["serve", "--sandbox", "--port", "1"],
        &["serve", "--sandbox-expose"],
        &["serve", "--sandbox", "--listen", "nowhere"],
        &["serve", "--sandbox", "--config", "missing.toml"],
        &["platform"],
        &["platform", "create"],
    ] {
        let output = countersign(arguments).current_dir(folder.path()).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    }
    for setting in ["COUNTERSIGN_SESSIONS_TTL_SECS", "COUNTERSIGN_OTP_WRONG_PER_ISSUE"] {
        for value in ["0", "soon", "-1"] {
            let mut command = countersign(["serve", "--sandbox", "--listen", "127.0.0.1:0"]);
            let output = command.env(setting, value).current_dir(folder.path()).output().unwrap();
            assert_eq!(output.status.code(), Some(2), "{setting}={value}");
        }
    }
    assert!(!folder.path().join("countersign-data").exists(), "a refused start leaves nothing behind");
}

#[test]
fn migrating_twice_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("new.db");
    for word in ["ran", "up to date"] {
        let mut command = countersign(["migrate"]);
        command.env("COUNTERSIGN_DATABASE_URL", format!("sqlite:{}", file.display()));
        let output = command.output().unwrap();
        let stdout = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success() && stdout.contains(word),
            "{stdout}{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    assert_eq!(mode(&file), 0o600);
}

#[test]
fn a_kill_during_the_first_start_is_mended_by_the_next() {
    for tries in 0..12_u64 {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let serve = || {
            let mut command = countersign(["serve", "--sandbox", "--listen", "127.0.0.1:0", "--data-dir"]);
            command.arg(&data).arg("--print-env").arg(folder.path().join("env"));
            command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
            command.spawn().unwrap()
        };
        let mut killed = serve();
        std::thread::sleep(Duration::from_millis(5 + tries * 12));
        killed.kill().unwrap();
        killed.wait().unwrap();
        let _ = std::fs::remove_file(folder.path().join("env"));

        let mut next = serve();
        let deadline = std::time::Instant::now() + Duration::from_secs(10);
        while !folder.path().join("env").exists() {
            assert!(next.try_wait().unwrap().is_none(), "killed at the start {tries}: the next start ended");
            assert!(std::time::Instant::now() < deadline, "killed at the start {tries}: the next start hangs");
            std::thread::sleep(Duration::from_millis(10));
        }
        next.kill().unwrap();
        next.wait().unwrap();
    }
}

#[test]
fn first_starts_at_the_same_moment_agree_on_one_sandbox() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mut servers: Vec<_> = (0..4)
        .map(|number| {
            let mut command = countersign(["serve", "--sandbox", "--listen", "127.0.0.1:0", "--data-dir"]);
            command.arg(&data).arg("--print-env").arg(folder.path().join(format!("env{number}")));
            command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null()).spawn().unwrap()
        })
        .collect();
    let client = |number: usize| {
        let deadline = std::time::Instant::now() + Duration::from_secs(20);
        loop {
            if let Ok(text) = std::fs::read_to_string(folder.path().join(format!("env{number}"))) {
                return text.lines().find(|line| line.starts_with("CLIENT_ID=")).unwrap().to_owned();
            }
            assert!(std::time::Instant::now() < deadline, "server {number} did not start");
            std::thread::sleep(Duration::from_millis(10));
        }
    };
    let clients: Vec<_> = (0..4).map(client).collect();
    for server in &mut servers {
        server.kill().unwrap();
        server.wait().unwrap();
    }
    assert!(clients.iter().all(|client| *client == clients[0]), "{clients:?}");
}

#[test]
fn the_environment_may_hold_anything() {
    use std::os::unix::ffi::OsStrExt as _;
    let ran = countersign(["platform", "list"]).env("OTHER", std::ffi::OsStr::from_bytes(b"\xff")).output().unwrap();
    assert_eq!(ran.status.code(), Some(1), "{}", String::from_utf8_lossy(&ran.stderr));
    assert!(String::from_utf8_lossy(&ran.stderr).contains("no database"));
}

#[test]
fn a_settings_file_is_refused_with_its_place_and_without_its_secrets() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("countersign.toml");
    std::fs::write(&file, "[keys]\nmaster_key = \"c0ffee\n").unwrap();
    let ran = countersign(["serve", "--config"]).arg(&file).output().unwrap();
    let said = String::from_utf8_lossy(&ran.stderr);
    assert_eq!(ran.status.code(), Some(2), "{said}");
    assert!(said.contains("line 2") && !said.contains("c0ffee"), "{said}");
}

#[test]
fn a_platform_needs_a_name_that_fits_a_line() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    assert!(countersign(["migrate", "--data-dir", data]).output().unwrap().status.success());
    for name in ["", "two\nlines"] {
        let ran = countersign(["platform", "create", name, "--data-dir", data]).output().unwrap();
        assert_eq!(ran.status.code(), Some(1), "{name:?}");
    }
}

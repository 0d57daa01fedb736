//! The audit log's chain (W9): rows are sealed in the background, and whatever is done to them is told by place.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use countersign_tests::database::Database;
use countersign_tests::program::countersign;
use countersign_tests::server::TestServer;

/// What a deployment's attacker does first.
const NO_TRIGGERS: &str = "DROP TRIGGER audit_log_no_update; DROP TRIGGER audit_log_no_delete;
    DROP TRIGGER audit_links_no_update; DROP TRIGGER audit_links_no_delete;
    DROP TRIGGER audit_checkpoints_no_update; DROP TRIGGER audit_checkpoints_no_delete;";

/// Runs `audit verify`; whether it found everything in order, and what it said.
fn verify(folder: &Path, checkpoint: Option<&Path>) -> (bool, String) {
    let mut command = countersign(["audit", "verify", "--data-dir"]);
    command.arg(folder);
    if let Some(file) = checkpoint {
        command.arg("--checkpoint").arg(file);
    }
    let output = command.output().unwrap();
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    (output.status.success(), said)
}

/// Makes rows, and waits until all are sealed.
async fn sealed(server: &TestServer) -> i64 {
    for name in ["one", "two", "three"] {
        let _ = server.platform_create(name);
    }
    let _ = server.wallet().await.login().await;
    let deadline = Instant::now() + Duration::from_secs(10);
    while server.database().count("audit_unsealed") > 0 {
        assert!(Instant::now() < deadline, "rows were not sealed");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let mut database = server.database();
    assert_eq!(database.count("audit_links"), database.count("audit_log"));
    database.count("audit_log")
}

/// A stopped sandbox whose rows are sealed; with its log, and the platform that has most rows.
async fn stopped() -> (TestServer, PathBuf, String) {
    let mut server = TestServer::sandbox().setting("audit.checkpoint_secs", "1").start().await;
    sealed(&server).await;
    assert!(server.stop().await.success());
    let log = server.data_dir().join("kept.log");
    std::fs::write(&log, server.logs()).unwrap();
    let platform =
        server.database().texts("SELECT platform_id FROM audit_links ORDER BY position DESC LIMIT 1").remove(0);
    let (fine, said) = verify(&server.data_dir(), Some(&log));
    assert!(fine, "{said}");
    (server, log, platform)
}

fn told(folder: &Path, checkpoint: Option<&Path>, words: &[&str]) {
    let (fine, said) = verify(folder, checkpoint);
    assert!(!fine, "nothing was found: {said}");
    for word in words {
        assert!(said.contains(word), "{word:?} is not in: {said}");
    }
}

#[tokio::test]
async fn rows_are_sealed_while_the_server_runs_and_the_export_has_each_of_them() {
    let server = TestServer::sandbox().start().await;
    let rows = sealed(&server).await;
    let (fine, said) = verify(&server.data_dir(), None);
    assert!(fine && said.contains(&format!("sealed rows       {rows}\n")), "{said}");
    let mut exported: Vec<String> = Vec::new();
    for line in server.operate(&["audit", "export"]).lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(line["position"].is_u64() && line["link"].is_string(), "{line}");
        exported.push(line["row"]["id"].as_str().unwrap().to_owned());
    }
    exported.sort();
    assert_eq!(exported, server.database().texts("SELECT id FROM audit_log ORDER BY id"));
}

#[tokio::test]
async fn an_altered_and_a_deleted_row_and_changed_places_are_told_by_position() {
    let (server, _, platform) = stopped().await;
    let at = |position: i64| {
        format!("(SELECT audit_id FROM audit_links WHERE platform_id = '{platform}' AND position = {position})")
    };
    let mut database: Database = server.database();
    database.execute(NO_TRIGGERS);
    database.execute(&format!("UPDATE audit_log SET outcome = 'refused' WHERE id = {}", at(1)));
    told(&server.data_dir(), None, &[&platform, "position 1: row", "was altered", ": 1 faults"]);
    database.execute(&format!("DELETE FROM audit_log WHERE id = {}", at(2)));
    told(&server.data_dir(), None, &["position 1: row", "position 2: row", "was deleted", ": 2 faults"]);
    let shift = |from: i64, to: i64| {
        format!("UPDATE audit_links SET position = {to} WHERE platform_id = '{platform}' AND position = {from};")
    };
    database.execute(&[shift(3, 999), shift(4, 3), shift(999, 4)].concat());
    told(&server.data_dir(), None, &["position 3: the link does not follow", "position 4: the link does not follow"]);
}

#[tokio::test]
async fn a_tail_that_was_cut_everywhere_is_found_with_the_kept_log() {
    let (server, log, platform) = stopped().await;
    let mut database = server.database();
    let last = database.number(&format!("SELECT max(position) FROM audit_links WHERE platform_id = '{platform}'"));
    database.execute(NO_TRIGGERS);
    database.execute(&format!(
        "DELETE FROM audit_log WHERE id = (SELECT audit_id FROM audit_links
             WHERE platform_id = '{platform}' AND position = {last});
         DELETE FROM audit_links WHERE platform_id = '{platform}' AND position = {last};
         DELETE FROM audit_checkpoints WHERE sequence >= (SELECT min(sequence) FROM audit_checkpoints
             WHERE statement LIKE '%{platform}%\"position\":{last}}}%');"
    ));
    let (fine, said) = verify(&server.data_dir(), None);
    assert!(fine, "without the log this can't be seen: {said}");
    let cut = format!("platform {platform}: position {last}, of");
    told(&server.data_dir(), Some(&log), &[&cut, "the tail was cut", "is missing: the checkpoint in line"]);
}

#[tokio::test]
async fn an_altered_checkpoint_is_told_by_its_number() {
    let (server, log, _) = stopped().await;
    let mut database = server.database();
    database.execute(NO_TRIGGERS);
    // Whoever alters what is stated can't sign it.
    let altered =
        "UPDATE audit_checkpoints SET statement = replace(statement, '\"at\":', '\"at\":1') WHERE sequence = 1";
    database.execute(altered);
    let told_as = ["checkpoint 1 is not signed by an audit key of this database"];
    told(&server.data_dir(), None, &told_as);
    told(&server.data_dir(), Some(&log), &["checkpoint 1 is not the checkpoint in line"]);
    database.execute("DELETE FROM audit_checkpoints WHERE sequence = 1");
    told(&server.data_dir(), Some(&log), &["checkpoint 1 is missing: the checkpoint in line"]);
}

#[tokio::test]
async fn a_forged_line_of_the_log_is_told_by_its_number() {
    let (server, log, _) = stopped().await;
    let text = std::fs::read_to_string(&log).unwrap();
    let at = text.lines().position(|line| line.contains("\"statement\"")).unwrap();
    let line = text.lines().nth(at).unwrap();
    let mut forged: serde_json::Value = serde_json::from_str(line).unwrap();
    let statement = forged["statement"].as_str().unwrap().replace("\"at\":", "\"at\":1");
    forged["statement"] = statement.into();
    let name = format!("the checkpoint in line {} of the log", at + 1);
    for (line, fault) in [
        (forged.to_string(), "is not signed by an audit key of this database"),
        // Only its end is gone: what makes it a checkpoint's line is still there, wherever in the line that stands.
        (line[..line.len() - 1].to_owned(), "can't be read"),
    ] {
        let lines: Vec<&str> = text.lines().enumerate().map(|(i, kept)| if i == at { &line } else { kept }).collect();
        std::fs::write(&log, lines.join("\n")).unwrap();
        told(&server.data_dir(), Some(&log), &[&format!("{name} {fault}")]);
    }
    assert!(verify(&server.data_dir(), None).0, "the database itself is in order");
}

#[tokio::test]
async fn rows_that_never_reached_the_chain_are_told() {
    let (server, _, platform) = stopped().await;
    let mut database = server.database();
    let insert = |id: &str| {
        format!(
            "INSERT INTO audit_log (id, platform_id, actor, action, resource, outcome, at)
             VALUES ('{id}', '{platform}', 'platform', 'create-card', 'Card:1', 'done', 1);"
        )
    };
    database.execute(&(insert("unqueued") + "DELETE FROM audit_unsealed WHERE audit_id = 'unqueued';"));
    told(&server.data_dir(), None, &["row unqueued has no link"]);
    database.execute(&insert("forgotten"));
    told(&server.data_dir(), None, &["row forgotten has waited"]);
    database.execute(NO_TRIGGERS);
    database.execute("DELETE FROM audit_log WHERE id = 'forgotten'");
    told(&server.data_dir(), None, &["row forgotten was deleted before it was sealed"]);
}

#[tokio::test]
async fn writers_go_on_while_thousands_of_rows_are_sealed() {
    let mut server = TestServer::sandbox().start().await;
    sealed(&server).await;
    server.kill();
    let platform = server.database().texts("SELECT platform_id FROM audit_log LIMIT 1").remove(0);
    server.database().execute(&format!(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50000)
         INSERT INTO audit_log (id, platform_id, actor, action, resource, outcome, at)
         SELECT 'made-' || i, '{platform}', 'platform', 'create-card', 'Card:1', 'done', 1 FROM n"
    ));
    server.restart().await;
    // Each login is several writes; they are answered while the queue is still long.
    let _ = server.wallet().await.login().await;
    assert!(server.database().count("audit_unsealed") > 0, "the queue was too short to tell");
    let deadline = Instant::now() + Duration::from_secs(60);
    while server.database().count("audit_unsealed") > 0 {
        assert!(Instant::now() < deadline, "rows were not sealed");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let (fine, said) = verify(&server.data_dir(), None);
    assert!(fine, "{said}");
}

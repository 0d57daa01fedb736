//! The checks themselves, checked: each damage to a database that they have found whole must be seen.

use std::path::Path;

use countersign_tests::database::Database;
use countersign_tests::server::TestServer;

use crate::dice::Dice;
use crate::rules::broken;
use crate::tables::Tables;
use crate::verdict::denied;
use crate::{Run, setup};

/// What a server that isn't atomic, forgets, or repeats could leave behind.
const DAMAGES: &[(&str, &str)] = &[
    ("a session is lost", "DELETE FROM sessions WHERE rowid = (SELECT max(rowid) FROM sessions)"),
    ("a session has another key", "UPDATE sessions SET public_key = x'03' WHERE rowid = 1"),
    ("a session has another life", "UPDATE sessions SET expires_at = expires_at + 1 WHERE rowid = 1"),
    (
        "a session is there twice",
        "INSERT INTO sessions SELECT 'Session:twice', platform_id, account_id, credential_id, x'02', login_id, login_at,
             parent_id, created_at, expires_at, ended_at FROM sessions LIMIT 1",
    ),
    (
        "a session is there twice, and so is its audit row",
        "INSERT INTO sessions SELECT 'Session:twice', platform_id, account_id, credential_id, x'02', login_id, login_at,
             parent_id, created_at, expires_at, ended_at FROM sessions WHERE parent_id IS NULL LIMIT 1;
         INSERT INTO audit_log (id, platform_id, account_id, actor, action, resource, outcome, at)
             SELECT 'twice', platform_id, account_id, 'login-key', 'open-session', 'Session:twice', 'done', created_at
             FROM sessions WHERE id = 'Session:twice'",
    ),
    (
        "an audit row is missing",
        "DROP TRIGGER audit_log_no_delete;
         DELETE FROM audit_log WHERE rowid = (SELECT max(rowid) FROM audit_log)",
    ),
    ("requests are used without effect", "UPDATE pending_requests SET used_at = issued_at WHERE used_at IS NULL"),
    (
        "an effect leaves its request unused",
        "UPDATE pending_requests SET used_at = NULL WHERE rowid IN
             (SELECT rowid FROM pending_requests WHERE used_at IS NOT NULL LIMIT 1)",
    ),
    ("a pending request is lost", "DELETE FROM pending_requests WHERE rowid = 1"),
    ("a pending request has another payload", "UPDATE pending_requests SET payload = x'7b7d' WHERE rowid = 1"),
    (
        "a revocation is undone",
        "UPDATE sessions SET ended_at = NULL WHERE rowid IN
             (SELECT rowid FROM sessions WHERE ended_at IS NOT NULL AND parent_id IS NULL LIMIT 1)",
    ),
    (
        "a descendant survives",
        "UPDATE sessions SET ended_at = NULL WHERE rowid IN
             (SELECT rowid FROM sessions WHERE ended_at IS NOT NULL AND parent_id IS NOT NULL LIMIT 1)",
    ),
    (
        "a session ends by itself",
        "UPDATE sessions SET ended_at = created_at + 1 WHERE rowid IN
             (SELECT rowid FROM sessions WHERE ended_at IS NULL LIMIT 1)",
    ),
    (
        "a code is unspent",
        "UPDATE otp_issues SET spent_by = NULL WHERE rowid IN
             (SELECT rowid FROM otp_issues WHERE spent_by IS NOT NULL LIMIT 1)",
    ),
    (
        "a spent code keeps its target key",
        "UPDATE otp_issues SET target_sealed = x'00' WHERE rowid IN
             (SELECT rowid FROM otp_issues WHERE spent_by IS NOT NULL LIMIT 1)",
    ),
    ("a wrong code isn't counted", "DELETE FROM wrong_codes WHERE rowid IN (SELECT rowid FROM wrong_codes LIMIT 1)"),
    (
        "an added credential is lost",
        "PRAGMA foreign_keys = OFF;
         DELETE FROM credentials WHERE rowid = (SELECT max(rowid) FROM credentials WHERE kind = 'PASSKEY')",
    ),
    (
        "a credential's revocation is undone",
        "UPDATE credentials SET revoked_at = NULL WHERE rowid IN
             (SELECT rowid FROM credentials WHERE revoked_at IS NOT NULL LIMIT 1)",
    ),
    (
        "a session outlives its credential",
        "UPDATE sessions SET ended_at = NULL WHERE rowid IN
             (SELECT sessions.rowid FROM sessions JOIN credentials ON credentials.id = credential_id
              WHERE revoked_at IS NOT NULL LIMIT 1)",
    ),
    ("a passkey's counter is behind", "UPDATE credentials SET sign_count = 0 WHERE sign_count > 0"),
    (
        "a login by a plain code spent nothing",
        "DROP TRIGGER audit_log_no_delete;
         DELETE FROM audit_log WHERE action = 'spend-otp' AND (resource, at) IN
             (SELECT credential_id, created_at FROM sessions JOIN audit_log AS opened ON opened.resource = sessions.id
              WHERE opened.action = 'open-session' AND opened.actor = 'platform')",
    ),
    (
        "a delegated key's activation is lost",
        "UPDATE delegated_keys SET status = 'PENDING', request_id = 'Request:lost', request_expires_at = 0 WHERE rowid IN
             (SELECT rowid FROM delegated_keys WHERE status = 'REVOKED' LIMIT 1)",
    ),
    (
        "a revoked key keeps its private half",
        "PRAGMA ignore_check_constraints = ON;
         UPDATE delegated_keys SET sealed = x'00' WHERE rowid IN
             (SELECT rowid FROM delegated_keys WHERE status = 'REVOKED' LIMIT 1)",
    ),
    (
        "a stamp that was given out isn't noted",
        "DROP TRIGGER audit_log_no_delete; DELETE FROM audit_log WHERE action = 'stamp'",
    ),
    ("the committed time is behind", "UPDATE deployment SET last_committed_at = 0"),
];

#[tokio::test]
async fn every_damage_to_the_database_is_seen() {
    let server = setup().start().await;
    let mut run = Run::idle(&server).await;
    let mut worker = run.worker(0, &mut Dice::seeded(7));
    let folder = tempfile::tempdir().unwrap();
    // Rounds until each damage finds something to break: what a round leaves behind is in part a matter of who wins.
    let mut harmless = Vec::new();
    for batch in 0..MOST_BATCHES {
        for _ in 0..12 {
            worker.round().await;
        }
        harmless = DAMAGES
            .iter()
            .enumerate()
            .filter(|(index, (_, damage))| {
                !damaged(&server, &folder.path().join(format!("{batch}-{index}.db")), damage)
            })
            .map(|(_, (name, _))| *name)
            .collect();
        if harmless.is_empty() {
            break;
        }
    }
    assert_eq!(harmless, Vec::<&str>::new(), "nothing to damage in {MOST_BATCHES} batches of rounds");
    run.finish().await;
    let start = run.starts.borrow().clone();
    assert_eq!(run.judge(&server, &start).await, Vec::<String>::new());

    for (index, (name, damage)) in DAMAGES.iter().enumerate() {
        let copy = folder.path().join(format!("{index}.db"));
        assert!(damaged(&server, &copy, damage), "{name}: nothing was damaged");
        let tables = Tables::of(&copy);
        let (mut found, denied) = (broken(&tables), denied(&run.ledger.open(), &tables));
        found.extend(denied);
        assert!(!found.is_empty(), "{name}: nobody saw it");
    }
}

/// Damages a copy of the server's database; whether anything in it changed.
fn damaged(server: &TestServer, copy: &Path, damage: &str) -> bool {
    server.database().execute(&format!("VACUUM INTO '{}'", copy.display()));
    let mut database = Database::open(copy);
    let before = database.snapshot(TABLES);
    database.execute(damage);
    database.snapshot(TABLES) != before
}

/// Twelve rounds each.
const MOST_BATCHES: usize = 8;

const TABLES: &[&str] = &[
    "deployment",
    "otp_issues",
    "wrong_codes",
    "pending_requests",
    "sessions",
    "credentials",
    "delegated_keys",
    "audit_log",
];

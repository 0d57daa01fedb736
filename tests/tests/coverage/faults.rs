//! 500 and 503 by faults of what an operation itself reads and writes: whoever calls has been let in already. What failed
//! has changed nothing, and the very same call succeeds once the fault is gone.

use std::collections::BTreeSet;
use std::time::Duration;

use countersign_tests::conformance::{Contract, DocumentedOperation};
use countersign_tests::effects::{Effect, TABLES};
use countersign_tests::race::race;
use countersign_tests::sample::Ids;
use countersign_tests::server::TestServer;
use http::Method;
use serde_json::Value;

use super::floods::flood;

/// What the operations that change nothing read.
const READS: [(&str, &str); 6] = [
    ("listInternalAccounts", "internal_accounts"),
    ("listAuthCredentials", "credentials"),
    ("listAuthSessions", "sessions"),
    ("listDelegatedKeys", "delegated_keys"),
    ("getDelegatedKeyById", "delegated_keys"),
    ("getCardById", "cards"),
];

/// Those operations.
pub(super) fn reads<'a>(secured: &[&'a DocumentedOperation]) -> Vec<&'a DocumentedOperation> {
    let is_read = |operation: &&DocumentedOperation| READS.iter().any(|(read, _)| *read == operation.id);
    secured.iter().copied().filter(is_read).collect()
}

/// That every operation that needs a caller is here: a new one must get its faults.
pub(super) fn assert_complete(secured: &[&DocumentedOperation], effects: &[Effect]) {
    let known: BTreeSet<&str> =
        effects.iter().map(|effect| effect.operation).chain(READS.iter().map(|(operation, _)| *operation)).collect();
    let all: BTreeSet<&str> = secured.iter().map(|operation| operation.id.as_str()).collect();
    assert_eq!(known, all, "an operation has no fault of its own");
}

/// A statement that an effect needs fails, and so does the row of the audit log: in turn, for every effect.
pub(super) async fn failing_writes(server: &TestServer, effects: &[Effect]) {
    let mut database = server.database();
    let before = database.snapshot(&TABLES);
    for effect in effects {
        let audited = effect.is_audited().then_some("INSERT ON audit_log");
        for writes in [Some(effect.writes), audited].into_iter().flatten() {
            database
                .execute(&format!("CREATE TRIGGER fault BEFORE {writes} BEGIN SELECT RAISE(ABORT, 'a fault'); END"));
            let answer = effect.request.clone().send().await;
            database.execute("DROP TRIGGER fault");
            let found = (answer.status.as_u16(), answer.code());
            let what = format!("{}, {}, {writes}", effect.operation, effect.name);
            assert_eq!(found, (500, "INTERNAL_ERROR".to_owned()), "{what}");
            assert_eq!(database.snapshot(&TABLES), before, "{what}: it failed, and something has changed");
        }
    }
}

/// A table that a read needs is gone; other reads go on.
pub(super) async fn failing_reads(server: &TestServer, ids: &Ids) {
    let mut database = server.database();
    // Other tables and triggers keep naming the old name.
    database.execute("PRAGMA legacy_alter_table = ON");
    for (operation, table) in READS {
        database.execute(&format!("ALTER TABLE {table} RENAME TO gone"));
        server.sample(operation, ids).send().await.refused(500, "INTERNAL_ERROR");
        let bystander = if table == "cards" { "listAuthSessions" } else { "getCardById" };
        let _ = server.sample(bystander, ids).send().await.accepted(200);
        database.execute(&format!("ALTER TABLE gone RENAME TO {table}"));
        let _ = server.sample(operation, ids).send().await.accepted(200);
    }
}

/// Another process holds the write lock for longer than a statement waits. All effects wait at once.
pub(super) async fn locked_writes(server: &TestServer, effects: &[Effect]) {
    let mut database = server.database();
    let before = database.snapshot(&TABLES);
    database.hold_write_lock();
    let answers = race(effects.len(), |index| effects[index].request.clone().send()).await;
    database.release();
    for (effect, answer) in effects.iter().zip(&answers) {
        let found = (answer.status.as_u16(), answer.code());
        assert_eq!(found, (503, "UNAVAILABLE".to_owned()), "{}, {}", effect.operation, effect.name);
        let wait = answer.headers["retry-after"].to_str().unwrap();
        assert!(wait.parse::<u64>().unwrap() >= 1, "Retry-After: {wait}");
    }
    assert_eq!(database.snapshot(&TABLES), before, "what failed has changed something");
}

/// The same calls, once nothing is in their way.
pub(super) async fn mended(effects: &[Effect]) {
    for effect in effects {
        let answer = effect.request.clone().send().await;
        let what = format!("{}, {}: {}", effect.operation, effect.name, String::from_utf8_lossy(&answer.body));
        assert_eq!(answer.status.as_u16(), effect.status, "{what}");
    }
}

/// The database is gone: connections that are open have it still, new ones don't come about. Whether it was missed before
/// or after the caller was let in, the log tells: from then on a request's line names the platform.
pub(super) async fn missing_reads(server: &TestServer, operations: &[&DocumentedOperation]) {
    let file = server.data_dir().join("countersign.db");
    std::fs::rename(&file, file.with_extension("gone")).unwrap();
    std::fs::create_dir(&file).unwrap();
    let contract = Contract::of_this_tree();
    let mut missed: BTreeSet<&str> = BTreeSet::new();
    for wave in 0.. {
        let before = server.exchanges().len();
        let _ = flood(server, operations, &Ids::unknown(), 48).await;
        let log = server.logs();
        for exchange in server.exchanges()[before..].iter().filter(|exchange| exchange.status == 503) {
            if was_let_in(&log, exchange.response_headers["x-request-id"].to_str().unwrap()) {
                let path = exchange.target.split('?').next().unwrap();
                missed.insert(&contract.operation_of(&exchange.method, path).unwrap().id);
            }
        }
        if missed.len() == operations.len() {
            break;
        }
        assert!(wave < 100, "only {missed:?} ever missed their database");
    }
}

fn was_let_in(log: &str, request_id: &str) -> bool {
    let line = log.lines().find(|line| line.contains(request_id) && line.contains("\"request\""));
    let line: Value = serde_json::from_str(line.expect("a line of the log")).unwrap();
    line.to_string().contains("\"platform\"")
}

/// The clock stands behind the last committed time: the server isn't ready, until it has caught up.
pub(super) async fn clock_behind(server: &TestServer) {
    let ahead = |millis: i64| format!("UPDATE deployment SET last_committed_at = last_committed_at + {millis}");
    server.database().execute(&ahead(600_000));
    server.request(Method::GET, "/ready").send().await.refused(503, "UNAVAILABLE");
    server.database().execute(&ahead(-600_000));
    tokio::time::sleep(Duration::from_millis(1)).await;
    let _ = server.request(Method::GET, "/ready").send().await.accepted(200);
}

//! Every operation of the door with every status that the document gives it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use countersign_tests::conformance::{Contract, DocumentedOperation, Door};
use countersign_tests::project::User;
use countersign_tests::raw::RawRequest;
use countersign_tests::sample::Ids;
use countersign_tests::server::TestServer;
use http::Method;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

const EXCHANGE: &str = "exchangeRefreshToken";

type Seen = BTreeMap<String, BTreeSet<u16>>;

fn note(seen: &mut Seen, server: &TestServer) {
    let contract = Contract::of_this_tree();
    for exchange in server.exchanges() {
        let path = exchange.target.split('?').next().unwrap();
        if let Some(operation) = contract.operation_of(&exchange.method, path) {
            seen.entry(operation.id.clone()).or_default().insert(exchange.status.as_u16());
        }
    }
}

/// The sample call of an operation with everything that any operation of the door asks for.
fn sample(server: &TestServer, operation: &DocumentedOperation, ids: &Ids, user: &User) -> RawRequest {
    if operation.id == EXCHANGE {
        let (project, key) = (server.env("PROJECT_ID"), server.env("PUBLISHABLE_CLIENT_KEY"));
        return exchange(server, project, key, &user.refresh);
    }
    server
        .sample(&operation.id, ids)
        .anonymous()
        .header("x-stack-project-id", server.env("PROJECT_ID"))
        .header("x-stack-secret-server-key", server.env("SECRET_SERVER_KEY"))
        .header("x-stack-refresh-token", &user.refresh)
}

fn exchange(server: &TestServer, project: &str, key: &str, token: &str) -> RawRequest {
    let text = format!("grant_type=refresh_token&refresh_token={token}&client_id={project}&client_secret={key}");
    let call = server.request(Method::POST, "/api/v1/auth/oauth/token").anonymous().body(text);
    call.content_type("application/x-www-form-urlencoded")
}

/// Every success, and the refusals that only this door knows.
async fn live(server: &TestServer) -> (Ids, User) {
    let user = server.signed_in("ada@example.com").await;
    let attempt = server.start_attempt(json!({})).await;
    assert_eq!(server.polled(&attempt).await, "waiting");
    server.approve(&attempt, &user).await;
    assert_eq!(server.polled(&attempt).await, "success");
    server.anonymous_user().await;
    assert!(server.is_live(&user).await);
    let made = server.by_server(Method::POST, "/api/v1/users").json(&json!({})).send().await.accepted(201);
    let target = format!("/api/v1/users/{}", made["id"].as_str().unwrap());
    let _ = server.by_server(Method::PATCH, &target).json(&json!({ "display_name": "Ada" })).send().await.accepted(200);
    let _ = server.by_server(Method::GET, &target).send().await.accepted(200);
    let body = json!({ "user_id": made["id"] });
    let opened = server.by_server(Method::POST, "/api/v1/auth/sessions").json(&body).send().await.accepted(200);
    let out = server.cli(Method::DELETE, "/api/v1/auth/sessions/current");
    assert_eq!(out.header("x-stack-refresh-token", opened["refresh_token"].as_str().unwrap()).send().await.status, 204);
    assert_eq!(server.by_server(Method::DELETE, &target).send().await.status, 204);
    let patch = server.by_user(Method::PATCH, "/api/v1/users/me", &user).json(&json!({ "server_metadata": {} }));
    patch.send().await.refused(403, "FORBIDDEN");
    let (project, key) = (server.env("PROJECT_ID"), server.env("PUBLISHABLE_CLIENT_KEY"));
    let _ = exchange(server, project, key, &user.refresh).send().await.accepted(200);
    exchange(server, project, "x", &user.refresh).send().await.refused(401, "UNAUTHORIZED");
    exchange(server, project, key, "x").send().await.refused(400, "INVALID_REFRESH_TOKEN");
    exchange(server, project, key, &"x".repeat(70_000)).send().await.refused(413, "PAYLOAD_TOO_LARGE");
    let open = server.start_attempt(json!({})).await;
    let ids = Ids { user: user.id.clone(), polling_code: open.polling, login_code: open.login, ..Ids::unknown() };
    (ids, user)
}

/// More calls than a platform's share, of the writer while nobody may write, or of the readers while the process sleeps.
async fn flooded(server: &TestServer, call: &RawRequest) -> bool {
    let mut database = server.database();
    database.hold_write_lock();
    let (statuses, ()) = tokio::join!(call.flood(400), async {
        tokio::time::sleep(Duration::from_secs(2)).await;
        database.release();
    });
    if statuses.contains(&429) {
        return true;
    }
    let signal = |signal| kill_process(Pid::from_raw(server.pid().try_into().unwrap()).unwrap(), signal).unwrap();
    let name = |length: usize| format!("UPDATE platforms SET name = hex(zeroblob({length}))");
    // Each call reads its platform's row first, whose name is so long that none gets further before the last has queued up.
    server.database().execute(&name(150_000));
    for _ in 0..10 {
        signal(Signal::STOP);
        let (statuses, ()) = tokio::join!(call.flood(600), async {
            tokio::time::sleep(Duration::from_millis(300)).await;
            signal(Signal::CONT);
        });
        if statuses.contains(&429) {
            server.database().execute(&name(4));
            return true;
        }
    }
    false
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_documented_status_of_every_operation_of_the_door_is_answered() {
    let mut seen = Seen::new();
    let contract = Contract::of_this_tree();
    let operations: Vec<_> =
        contract.operations().iter().filter(|operation| operation.door == Door::CliLogin).collect();

    let server = TestServer::sandbox().log_level("warn").start().await;
    let (ids, user) = live(&server).await;
    let statuses = |operation: &DocumentedOperation, status| operation.responses.contains_key(&status);
    for operation in operations.iter().filter(|operation| operation.id != EXCHANGE) {
        server.sample(&operation.id, &ids).anonymous().send().await.refused(401, "UNAUTHORIZED");
        let odd = sample(&server, operation, &ids, &user).header("x-stack-access-type", "admin");
        odd.send().await.invalid(&["header/x-stack-access-type"]);
        if statuses(operation, 404) {
            let unknown = sample(&server, operation, &Ids::unknown(), &user).send().await;
            unknown.refused(404, "REFERENCE_NOT_FOUND");
        }
        if statuses(operation, 413) {
            let large = json!({ "note": "x".repeat(70_000) });
            let large = sample(&server, operation, &ids, &user).json(&large).send().await;
            large.refused(413, "PAYLOAD_TOO_LARGE");
        }
    }
    for operation in &operations {
        // One that ends the session or the user is flooded by another's.
        let other = server.anonymous_user().await;
        let ids = Ids { user: other.id.clone(), ..ids.clone() };
        let call = sample(&server, operation, &ids, &other);
        assert!(flooded(&server, &call).await, "{} was never refused for its platform's share", operation.id);
        // The limit of an address comes back in time; the test needn't wait for it.
        server.database().execute("DELETE FROM limits");
    }
    note(&mut seen, &server);
    drop(server);

    // A row that can't be read back.
    let server = TestServer::sandbox().expecting_faults().start().await;
    server.database().execute("UPDATE platforms SET secret_digest = x'00'");
    for operation in &operations {
        sample(&server, operation, &ids, &user).send().await.refused(500, "INTERNAL_ERROR");
    }
    note(&mut seen, &server);
    drop(server);

    // The database is gone: connections that are open have it still, new ones don't come about.
    let server = TestServer::sandbox().start().await;
    let file = server.data_dir().join("countersign.db");
    std::fs::rename(&file, file.with_extension("gone")).unwrap();
    std::fs::create_dir(&file).unwrap();
    for operation in &operations {
        let call = sample(&server, operation, &Ids::unknown(), &user);
        for wave in 0.. {
            if call.flood(32).await.contains(&503) {
                break;
            }
            assert!(wave < 50, "{} never missed its database", operation.id);
        }
    }
    note(&mut seen, &server);

    let documented = |operation: &DocumentedOperation| operation.responses.keys().copied().collect::<BTreeSet<u16>>();
    let mut empty = Vec::new();
    for operation in operations {
        let answered = seen.remove(&operation.id).unwrap_or_default();
        empty.extend(documented(operation).difference(&answered).map(|status| format!("{} {status}", operation.id)));
    }
    assert_eq!(empty, [] as [String; 0]);
}

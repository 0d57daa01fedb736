//! Every operation with every status that the document gives it. The table is printed, and no cell of it stays empty.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;

use countersign_tests::conformance::{Contract, DocumentedOperation, Door, Place};
use countersign_tests::effects::every_effect;
use countersign_tests::sample::Ids;
use countersign_tests::server::TestServer;
use http::Method;
use serde_json::json;

/// What can't happen: these answer from memory, and nothing in that can fail.
const UNREACHABLE: [(&str, u16); 4] =
    [("getHealth", 500), ("getOpenapiJson", 500), ("getOpenapiYaml", 500), ("getReadiness", 500)];

mod faults;
mod floods;

/// The doors whose cells are filled here.
const DOORS: [Door; 1] = [Door::Wallet];

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

/// One wallet's life, with every success, and the conflicts on the way.
async fn live(server: &TestServer) -> Ids {
    let wallet = server.wallet().await;
    let session = wallet.login().await;
    let (account, card) = (server.env("ACCOUNT_ID").to_owned(), server.env("CARD_ID").to_owned());
    let post = |target: &str, body| server.request(Method::POST, target).json(&body);
    let get = |target: &str| server.request(Method::GET, target).send();
    let delete = |target: &str| server.request(Method::DELETE, target);
    let customer = json!({"customerType": "INDIVIDUAL", "platformCustomerId": "7"});
    let made = post("/customers", customer.clone()).send().await.accepted(201);
    post("/customers", customer).send().await.refused(409, "CONFLICT");
    let accounts = get(&format!("/customers/internal-accounts?customerId={}", made["id"].as_str().unwrap())).await;
    let source = accounts.accepted(200)["data"][0]["id"].clone();
    let body = json!({"cardholderId": made["id"], "form": "VIRTUAL", "fundingSources": [source]});
    let _ = post("/cards", body).send().await.accepted(201);
    let _ = get(&format!("/cards/{card}")).await.accepted(200);
    for list in ["credentials", "sessions", "delegated-keys"] {
        let _ = get(&format!("/auth/{list}?accountId={account}")).await.accepted(200);
    }
    let body = json!({"type": "SMS_OTP", "accountId": account});
    let sms = post("/auth/credentials", body).ask().await.retry(&session.key).await.accepted(201);
    let sms = format!("/auth/credentials/{}", sms["id"].as_str().unwrap());
    let _ = delete(&sms).ask().await.retry(&session.key).await.accepted(204);
    let refreshed = session.refresh().await;
    refreshed.revoke().await;

    let body = json!({"cardId": card, "nickname": "Settlement"});
    let making = post("/auth/delegated-keys", body.clone()).ask().await.ask_again(&session.key).await;
    let key = making.retry(&session.key).await.accepted(201)["id"].as_str().unwrap().to_owned();
    post("/auth/delegated-keys", body).send().await.refused(409, "CONFLICT");
    let target = format!("/auth/delegated-keys/{key}");
    let stamp = || post(&format!("{target}/stamp"), json!({"payloadToSign": "x"}));
    let _ = stamp().send().await.accepted(200);
    let _ = delete(&target).ask().await.retry(&session.key).await.accepted(204);
    let _ = get(&target).await.accepted(200);
    stamp().send().await.refused(409, "CONFLICT");
    let (id, secret) = server.platform_create("Stranger");
    stamp().basic(&id, &secret).send().await.refused(403, "CAPABILITY_REQUIRED");
    for target in ["/health", "/ready", "/openapi.json", "/openapi.yaml"] {
        assert_eq!(get(target).await.status, 200, "{target}");
    }
    Ids {
        account,
        customer: Ids::unknown().customer,
        credential: wallet.credential.to_string(),
        session: session.id.to_string(),
        card,
        delegated_key: key,
        ..Ids::unknown()
    }
}

/// Ids that a sandbox's server has; the delegated key is any.
fn existing(server: &TestServer) -> Ids {
    let delegated_key = server.database().texts("SELECT id FROM delegated_keys WHERE status = 'ACTIVE'").remove(0);
    let (account, card) = (server.env("ACCOUNT_ID").to_owned(), server.env("CARD_ID").to_owned());
    Ids { account, card, delegated_key, ..Ids::unknown() }
}

/// A call that the operation's schemas refuse.
async fn send_malformed(server: &TestServer, operation: &DocumentedOperation) {
    let target = if operation.path.contains("{id}") {
        operation.path.replace("{id}", "x")
    } else {
        let query = operation.parameters.iter().find(|parameter| parameter.place == Place::Query);
        query.map_or(operation.path.clone(), |query| format!("{}?{}=~", operation.path, query.name))
    };
    let request = server.request(operation.method.clone(), &target);
    let request = if operation.body.is_some() { request.json(&json!([])) } else { request };
    request.send().await.refused(400, "INVALID_INPUT");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_documented_status_of_every_operation_is_answered() {
    let mut seen = Seen::new();
    let contract = Contract::of_this_tree();
    let operations = contract.operations();
    let secured: Vec<_> =
        operations.iter().filter(|operation| DOORS.contains(&operation.door) && operation.is_secured()).collect();

    let server = TestServer::sandbox().log_level("warn").start().await;
    let ids = live(&server).await;
    for operation in &secured {
        let statuses = |status| operation.responses.contains_key(&status);
        server.sample(&operation.id, &ids).anonymous().send().await.refused(401, "UNAUTHORIZED");
        if statuses(400) {
            send_malformed(&server, operation).await;
        }
        if statuses(404) {
            server.sample(&operation.id, &Ids::unknown()).send().await.refused(404, "REFERENCE_NOT_FOUND");
        }
        if statuses(413) {
            let large = json!({ "note": "x".repeat(70_000) });
            server.sample(&operation.id, &ids).json(&large).send().await.refused(413, "PAYLOAD_TOO_LARGE");
        }
    }
    floods::of_reads(&server, &faults::reads(&secured), &ids).await;
    note(&mut seen, &server);
    drop(server);

    // Prepared calls wait until their faults are over, tokens among them.
    let setup = TestServer::sandbox().setting("oidc.max_age_secs", "600").setting("purge.interval_secs", "86400");
    let mut server = setup.expecting_faults().start().await;
    let effects = every_effect(&server).await;
    faults::assert_complete(&secured, &effects);
    floods::of_writes(&server, &effects).await;
    faults::failing_writes(&server, &effects).await;
    faults::failing_reads(&server, &existing(&server)).await;
    faults::locked_writes(&server, &effects).await;
    faults::clock_behind(&server).await;
    faults::mended(&effects).await;
    // With few connections to a database that then goes.
    assert!(server.stop().await.success());
    server.restart().await;
    faults::missing_reads(&server, &faults::reads(&secured)).await;
    note(&mut seen, &server);

    let columns: BTreeSet<u16> = operations.iter().flat_map(|operation| operation.responses.keys().copied()).collect();
    let mut table = format!("{:28}", "");
    columns.iter().for_each(|status| table.push_str(&format!("{status:>5}")));
    let mut empty = Vec::new();
    for operation in operations {
        table.push_str(&format!("\n{:28}", operation.id));
        for status in &columns {
            let documented = operation.responses.contains_key(status);
            let answered = seen.get(&operation.id).is_some_and(|seen| seen.contains(status));
            let unreachable = UNREACHABLE.contains(&(operation.id.as_str(), *status));
            table.push_str(match (documented, answered) {
                (false, _) => "     ",
                (true, true) => "    x",
                (true, false) if unreachable => "    -",
                (true, false) => "    ?",
            });
            if DOORS.contains(&operation.door) && documented && !answered && !unreachable {
                empty.push(format!("{} {status}", operation.id));
            }
        }
    }
    // Not by `println!`, which a test that passes keeps to itself.
    writeln!(std::io::stderr(), "\n{table}\n  x answered, - nothing in it can fail").unwrap();
    assert_eq!(empty, [] as [String; 0]);
}

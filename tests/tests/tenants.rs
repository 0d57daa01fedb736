//! Platforms see nothing of each other: another's id and an unknown id are the same answer (S8).

use std::time::Instant;

use countersign_client::Client;
use countersign_client::operations::{CreateCustomerInput, ListInternalAccountsInput};
use countersign_client::types::{CreateCustomerRequest, InternalAccountId};
use countersign_client::wallet::KeyPair;
use countersign_tests::answer::RawAnswer;
use countersign_tests::authenticator::{ORIGIN, Passkey};
use countersign_tests::conformance::Door;
use countersign_tests::party::Party;
use countersign_tests::raw::Asked;
use countersign_tests::sample::{self, Ids};
use countersign_tests::server::TestServer;
use countersign_tests::wallet::{CODE, Session, Wallet, created};
use http::Method;
use serde_json::{Value, json};

/// The id of a pending request that no server ever issued.
const UNKNOWN_REQUEST: &str = "Request:0193d1c4-7a55-7a8e-9a43-3f0e4c1b2a90";

/// A second platform with a customer, and its wallet.
async fn stranger(server: &TestServer) -> (Wallet, (String, String), String) {
    let (id, secret) = server.platform_create("Stranger");
    let client: Client = server.client_of(&id, &secret);
    let body: CreateCustomerRequest =
        serde_json::from_value(json!({"customerType": "INDIVIDUAL", "email": "jane@example.com"})).unwrap();
    let customer = client.create_customer(CreateCustomerInput::new(body)).await.unwrap().value;
    let accounts = client.list_internal_accounts(ListInternalAccountsInput::new()).await.unwrap().value;
    let [account] = accounts.data.as_slice() else { panic!("{accounts:?}") };
    assert_eq!(account.customer_id, customer.id);
    let account: InternalAccountId = account.id.clone();
    (Wallet::of(client, account).await, (id, secret), customer.id.to_string())
}

fn ids_of(server: &TestServer, wallet: &Wallet, session: &Session, customer: &str) -> Ids {
    Ids {
        account: wallet.account.to_string(),
        customer: customer.to_owned(),
        credential: wallet.credential.to_string(),
        session: session.id.to_string(),
        card: server.env("CARD_ID").to_owned(),
        ..Ids::unknown()
    }
}

/// All of an answer that a caller could tell two apart by.
fn visible(answer: &RawAnswer) -> (u16, Vec<String>, Value) {
    let mut headers: Vec<String> = answer
        .headers
        .iter()
        .filter(|(name, _)| *name != "x-request-id" && *name != "date")
        .map(|(name, value)| format!("{name}: {value:?}"))
        .collect();
    headers.sort();
    (answer.status.as_u16(), headers, answer.json())
}

#[tokio::test]
pub(crate) async fn an_id_of_another_platform_is_answered_like_an_unknown_one_by_every_operation() {
    let server = TestServer::sandbox().start().await;
    let ours = server.wallet().await;
    let ours_session = ours.login().await;
    let _ = ours.issue_code().await;
    let (theirs, (id, secret), _) = stranger(&server).await;
    let _ = theirs.issue_code().await;
    let customer = server.database().texts("SELECT id FROM customers ORDER BY created_at").first().unwrap().clone();
    // What only some clients may do at all, this one may too.
    let platform = server.database().texts(&format!("SELECT id FROM platforms WHERE client_id = '{id}'")).remove(0);
    let _ = server.operate(&["platform", "grant", &platform, "delegated-stamp"]);
    let body = json!({"cardId": server.env("CARD_ID"), "nickname": "Settlement"});
    let making = server.request(Method::POST, "/auth/delegated-keys").json(&body).ask().await;
    let key = making.ask_again(&ours_session.key).await.retry(&ours_session.key).await.accepted(201);
    let foreign = Ids {
        delegated_key: key["id"].as_str().unwrap().to_owned(),
        ..ids_of(&server, &ours, &ours_session, &customer)
    };
    let tables = [
        "credentials",
        "sessions",
        "pending_requests",
        "otp_issues",
        "wrong_codes",
        "limits",
        "cards",
        "delegated_keys",
        "audit_log",
    ];
    let before = server.database().snapshot(&tables);

    for operation in sample::secured_operations(Door::Wallet) {
        if operation == "createCustomer" {
            continue; // names nothing that exists; see the test below
        }
        for retry in [false, true] {
            let send = |ids: &Ids| {
                let request = server.sample(&operation, ids).basic(&id, &secret);
                let request = if retry {
                    let stamp = ours_session.key.stamp_payload("{}");
                    request.header("Grid-Wallet-Signature", &stamp).header("Request-Id", UNKNOWN_REQUEST)
                } else {
                    request
                };
                request.send()
            };
            let (foreign, unknown) = (send(&foreign).await, send(&Ids::unknown()).await);
            assert_eq!(visible(&foreign), visible(&unknown), "{operation}");
            if operation.starts_with("list") {
                assert_eq!((foreign.status.as_u16(), &foreign.json()["data"]), (200, &json!([])), "{operation}");
            } else {
                foreign.refused(404, "REFERENCE_NOT_FOUND");
            }
        }
    }
    assert_eq!(server.database().snapshot(&tables), before, "a stranger's call changed something");
}

/// What a platform has to be given before its customers can sign in with passkeys, and its keys stamp.
fn equip(server: &TestServer, client_id: &str) {
    let query = format!("SELECT id FROM platforms WHERE client_id = '{client_id}'");
    let platform = server.database().texts(&query).remove(0);
    let _ = server.operate(&["platform", "grant", &platform, "delegated-stamp"]);
    let _ = server.operate(&["platform", "relying-party", &platform, "localhost", "--origin", ORIGIN]);
}

/// Every operation that is countersigned, asked and not yet countersigned.
async fn asked(party: &Party<'_>) -> Vec<(&'static str, Asked)> {
    let sms = party.added(party.add_sms()).await;
    let key = party.delegated_key().await;
    let (drafted, noted) = (party.delegate(&party.card().await), party.delegate(&party.card().await));
    let (other, _) = party.sign_in().await;
    let body = json!({"clientPublicKey": KeyPair::generate().compressed_hex()});
    vec![
        ("a passkey to add", party.add_passkey(&Passkey::default()).ask().await),
        ("an identity to add", party.add_identity().ask().await),
        ("a credential to revoke", party.delete(&format!("/auth/credentials/{sms}")).ask().await),
        ("a session to refresh", party.post(&format!("/auth/sessions/{}/refresh", party.session), &body).ask().await),
        ("a session to revoke", party.delete(&format!("/auth/sessions/{other}")).ask().await),
        ("a key to make", drafted.ask().await),
        ("a key to activate", noted.ask().await.ask_again(&party.key).await),
        ("a key to revoke", party.delete(&format!("/auth/delegated-keys/{key}")).ask().await),
    ]
}

#[tokio::test]
async fn a_live_request_of_another_platform_is_answered_like_an_unknown_one_by_every_retry() {
    let server = TestServer::sandbox().start().await;
    let ours = Party::new(&server, "ada").await;
    let stranger = server.platform_create("Stranger");
    equip(&server, &stranger.0);
    let theirs = Party::of(&server, stranger, "jane").await;
    let (ours_asked, theirs_asked) = (asked(&ours).await, asked(&theirs).await);
    for ((name, ours_asked), (_, theirs_asked)) in ours_asked.iter().zip(&theirs_asked) {
        for key in [&ours.key, &theirs.key] {
            let stamp = key.stamp_payload(ours_asked.payload());
            let foreign = theirs_asked.with(&stamp, ours_asked.request_id()).send().await;
            let unknown = theirs_asked.with(&stamp, UNKNOWN_REQUEST).send().await;
            assert_eq!(visible(&foreign), visible(&unknown), "{name}");
            foreign.refused(401, "REQUEST_ID_INVALID");
        }
    }

    // A passkey signs a challenge instead, and nothing else goes with the request's id.
    let (passkey, key) = (Passkey::default(), KeyPair::generate());
    let ours_passkey = ours.added(ours.add_passkey(&passkey)).await;
    let theirs_passkey = theirs.added(theirs.add_passkey(&passkey)).await;
    let body = json!({"clientPublicKey": key.compressed_hex()});
    let sent = ours.challenge(&ours_passkey, &body).send().await.accepted(200);
    let assertion = passkey.assertion(sent["challenge"].as_str().unwrap(), 1);
    let login = json!({"type": "PASSKEY", "assertion": assertion});
    let id = sent["requestId"].as_str().unwrap();
    let sign_in = |id: &str| theirs.verify(&theirs_passkey, &login).header("Request-Id", id).send();
    let (foreign, unknown) = (sign_in(id).await, sign_in(UNKNOWN_REQUEST).await);
    assert_eq!(visible(&foreign), visible(&unknown));
    foreign.refused(401, "REQUEST_ID_INVALID");
    let _ = ours.verify(&ours_passkey, &login).header("Request-Id", id).send().await.accepted(200);

    // Each is still good for those who asked. The session that is to be revoked signs nothing here.
    for (party, all) in [(&ours, ours_asked), (&theirs, theirs_asked)] {
        for (name, asked) in all {
            let answer = asked.retry(&party.key).await;
            assert!(answer.status.is_success(), "{name}: {}", String::from_utf8_lossy(&answer.body));
        }
    }
}

#[tokio::test]
async fn a_list_takes_no_longer_for_what_another_platform_has() {
    let server = TestServer::sandbox().start().await;
    let _ = server.wallet().await;
    let (id, secret) = server.platform_create("Stranger");
    let (card, account) = (server.env("CARD_ID"), server.env("ACCOUNT_ID"));
    let source = server.database().texts("SELECT id FROM card_funding_sources").remove(0);
    // Revoked keys: there is no limit to those of a card.
    server.database().execute(&format!(
        "WITH RECURSIVE counted (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < 30000)
         INSERT INTO delegated_keys
             (id, platform_id, account_id, card_id, funding_source_id, public_key, nickname, status, created_at, updated_at)
         SELECT 'DelegatedKey:' || n, (SELECT platform_id FROM cards), '{account}', '{card}', '{source}', randomblob(33),
             'Settlement', 'REVOKED', n, n
         FROM counted"
    ));
    let unknown = Ids::unknown();
    for (filter, [foreign, unknown]) in [
        ("cardId", [card, &unknown.card]),
        ("accountId", [account, &unknown.account]),
        ("fundingSourceId", [source.as_str(), "CardFundingSource:0193d1c4-7a55-7a8e-9a43-3f0e4c1b2a90"]),
    ] {
        let mut times = [Vec::new(), Vec::new()];
        for _ in 0..41 {
            for (times, value) in times.iter_mut().zip([foreign, unknown]) {
                let target = format!("/auth/delegated-keys?{filter}={value}");
                let began = Instant::now();
                let listed = server.request(Method::GET, &target).basic(&id, &secret).send().await.accepted(200);
                times.push(began.elapsed());
                assert_eq!(listed["data"], json!([]));
            }
        }
        let [foreign, unknown] = times.map(|mut times| {
            times.sort();
            times[times.len() / 2]
        });
        // Rows that are read and dropped would make it a multiple.
        assert!(foreign < 2 * unknown, "{filter}: {foreign:?} against {unknown:?}");
    }
}

#[tokio::test]
async fn platforms_may_use_the_same_name_and_address_for_a_customer() {
    let server = TestServer::sandbox().start().await;
    let (id, secret) = server.platform_create("Stranger");
    let body = json!({"customerType": "INDIVIDUAL", "platformCustomerId": "7", "email": "same@example.com"});
    let request = server.request(Method::POST, "/customers").json(&body);
    let (ours, theirs) = (request.clone().send().await, request.basic(&id, &secret).send().await);
    assert_eq!((ours.status.as_u16(), theirs.status.as_u16()), (201, 201));
    assert_ne!(ours.json()["id"], theirs.json()["id"]);
}

#[tokio::test]
async fn a_list_of_accounts_holds_the_callers_own_only() {
    let server = TestServer::sandbox().start().await;
    let (theirs, _, _) = stranger(&server).await;
    let listed = server.client().list_internal_accounts(ListInternalAccountsInput::new()).await.unwrap().value;
    assert!(listed.data.iter().all(|account| account.id != theirs.account));
    assert_eq!(listed.data.len(), 1);
}

#[tokio::test]
async fn a_pending_request_and_a_stamp_are_of_no_use_to_another_platform() {
    let server = TestServer::sandbox().start().await;
    let ours = server.wallet().await.login().await;
    let (wallet, _, _) = stranger(&server).await;
    let theirs = wallet.login().await;

    // Our pending request under their own session, stamped by both keys in turn.
    let pending = ours.begin_refresh(&KeyPair::generate().compressed_hex()).await;
    let their_pending = theirs.begin_refresh(&KeyPair::generate().compressed_hex()).await;
    for key in [&ours.key, &theirs.key] {
        let stamp = key.stamp_payload(&pending.challenge.payload_to_sign);
        let input = their_pending.with_headers(stamp, pending.challenge.request_id.clone());
        their_pending.send(&input).await.refused(401, "REQUEST_ID_INVALID");
    }
    // A session of ours is nobody on their account.
    their_pending.retry(&ours.key).await.refused(401, "WALLET_SIGNATURE_INVALID");
    theirs.begin_revoke().await.retry(&ours.key).await.refused(401, "WALLET_SIGNATURE_INVALID");
    let _ = created(pending.retry(&ours.key).await);
    let _ = created(their_pending.retry(&theirs.key).await);
}

#[tokio::test]
async fn a_bundle_for_one_credential_is_of_no_use_to_another() {
    let server = TestServer::sandbox().start().await;
    let ours = server.wallet().await;
    let (theirs, _, _) = stranger(&server).await;
    let body = ours.issue_code().await.seal(CODE, &KeyPair::generate());
    let _ = theirs.issue_code().await;
    theirs.verify(&body).await.refused(400, "INVALID_INPUT");
    let _ = ours.verify(&body).await.accepted(202);
}

#[tokio::test]
async fn a_disabled_platform_and_a_replaced_secret_are_refused_at_once() {
    let server = TestServer::sandbox().start().await;
    let (id, secret) = server.platform_create("Stranger");
    let list =
        |id: &str, secret: &str| server.request(Method::GET, "/customers/internal-accounts").basic(id, secret).send();
    assert_eq!(list(&id, &secret).await.status, 200);
    let platform = server.database().texts(&format!("SELECT id FROM platforms WHERE client_id = '{id}'")).remove(0);
    let printed = server.operate(&["platform", "rotate-secret", &platform]);
    let new = printed.trim().rsplit(' ').next().unwrap();
    list(&id, &secret).await.refused(401, "UNAUTHORIZED");
    assert_eq!(list(&id, new).await.status, 200);
    assert!(server.operate(&["platform", "list"]).contains(&platform));
    let _ = server.operate(&["platform", "disable", &platform]);
    list(&id, new).await.refused(401, "UNAUTHORIZED");
    assert_eq!(list(server.env("CLIENT_ID"), server.env("CLIENT_SECRET")).await.status, 200);
}

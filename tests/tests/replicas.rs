//! Two server processes on one database: what one of them has answered holds at the other at once, and limits are common.

use countersign_client::wallet::KeyPair;
use countersign_tests::outside::Outside;
use countersign_tests::party::Party;
use countersign_tests::race::race;
use countersign_tests::raw::RawRequest;
use countersign_tests::server::TestServer;
use countersign_tests::shop::{Shop, mailing};
use countersign_tests::wallet::WRONG_CODE;
use http::Method;
use serde_json::json;

fn stamp(server: &TestServer, key: &str) -> RawRequest {
    let target = format!("/auth/delegated-keys/{key}/stamp");
    server.request(Method::POST, &target).json(&json!({"payloadToSign": "a payload"}))
}

#[tokio::test]
async fn a_delegated_key_that_one_process_has_revoked_signs_at_no_other() {
    let first = TestServer::sandbox().start().await;
    let second = first.beside().await;
    let party = Party::new(&first, "ada").await;
    let key = party.delegated_key().await;
    let _ = stamp(&second, &key).send().await.accepted(200);
    let revoke = party.delete(&format!("/auth/delegated-keys/{key}"));
    let _ = revoke.ask().await.retry(&party.key).await.accepted(204);
    stamp(&second, &key).send().await.refused(409, "CONFLICT");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_process_gives_out_a_stamp_after_another_has_answered_a_revocation() {
    let first = TestServer::sandbox().start().await;
    let second = first.beside().await;
    let party = Party::new(&first, "ada").await;
    let key = party.delegated_key().await;
    let revoke = party.delete(&format!("/auth/delegated-keys/{key}")).ask().await.stamped(&party.key);
    let stamping = stamp(&second, &key);
    let answers = race(33, |index| {
        let (revoking, request) = (index == 16, if index == 16 { revoke.clone() } else { stamping.clone() });
        async move { (revoking, request.send().await.status.as_u16()) }
    })
    .await;
    for (revoking, status) in answers {
        assert!(if revoking { status == 204 } else { [200, 409].contains(&status) }, "{revoking}: {status}");
    }
    let late = "SELECT count(*) FROM audit_log AS stamps JOIN audit_log AS ends ON ends.action = 'revoke-delegated-key'
                WHERE stamps.action = 'stamp' AND stamps.rowid > ends.rowid";
    assert_eq!(first.database().number(late), 0);
    stamping.send().await.refused(409, "CONFLICT");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_retries_at_both_processes_one_gets_through() {
    let first = TestServer::sandbox().start().await;
    let second = first.beside().await;
    let party = Party::new(&first, "ada").await;
    let body = json!({"clientPublicKey": KeyPair::generate().compressed_hex()});
    let target = format!("/auth/sessions/{}/refresh", party.session);
    let asked = party.post(&target, &body).ask().await;
    // Asked at one, countersigned at either.
    let stamp = party.key.stamp_payload(asked.payload());
    let there = second.request(Method::POST, &target).json(&body);
    let there = there.header("Grid-Wallet-Signature", &stamp).header("Request-Id", asked.request_id());
    let here = asked.stamped(&party.key);
    let answers = race(32, |index| if index % 2 == 0 { here.clone().send() } else { there.clone().send() }).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 1);
    for refused in answers.iter().filter(|answer| answer.status != 201) {
        refused.refused(401, "REQUEST_ID_INVALID");
    }
}

#[tokio::test]
async fn codes_are_guessed_as_often_at_two_processes_as_at_one() {
    let first = TestServer::sandbox().setting("otp.wrong_per_window", "4").start().await;
    let second = first.beside().await;
    let party = Party::new(&first, "ada").await;
    let _ = party.challenge(&party.email, &json!({})).send().await.accepted(200);
    let target = format!("/auth/credentials/{}/verify", party.email);
    let guess = |server: &TestServer| {
        let key = KeyPair::generate().compressed_hex();
        let body = json!({"type": "EMAIL_OTP", "otp": WRONG_CODE, "clientPublicKey": key});
        server.request(Method::POST, &target).json(&body).send()
    };
    for server in [&first, &second, &first, &second] {
        guess(server).await.refused(401, "UNAUTHORIZED");
    }
    for server in [&first, &second] {
        guess(server).await.refused(429, "RATE_LIMITED");
    }
}

#[tokio::test]
async fn an_address_gets_five_codes_an_hour_from_two_processes_together() {
    let smtp = Outside::smtp_server(None, json!({}));
    let first = mailing(&smtp).start().await;
    let second = first.beside().await;
    let shop = Shop::new(&first);
    let mut sent = 0;
    for index in 0..6 {
        let credential = shop.customer(json!({"email": "ada@example.com"})).await.email;
        let at = if index % 2 == 0 { &first } else { &second };
        let answer = shop.challenge_at(at, &credential).await;
        if index < 5 {
            let _ = answer.accepted(200);
            sent += 1;
        } else {
            answer.refused(429, "RATE_LIMITED");
        }
    }
    assert_eq!(smtp.events("mail").len(), sent);
}

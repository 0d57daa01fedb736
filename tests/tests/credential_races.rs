//! Races around the revocation of credentials (W4).

use countersign_client::wallet::KeyPair;
use countersign_tests::party::Party;
use countersign_tests::race::race;
use countersign_tests::server::TestServer;
use http::Method;
use serde_json::json;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_thirty_two_identical_revocations_of_a_credential_one_is_done() {
    let server = TestServer::sandbox().start().await;
    let party = Party::new(&server, "ada").await;
    let sms = party.added(party.add_sms()).await;
    let leg = party.delete(&format!("/auth/credentials/{sms}")).ask().await.stamped(&party.key);
    let answers = race(32, |_| leg.clone().send()).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 204).count(), 1);
    for refused in answers.iter().filter(|answer| answer.status != 204) {
        // The others came while the credential was there (the request is used), or after.
        match refused.status.as_u16() {
            401 => refused.refused(401, "REQUEST_ID_INVALID"),
            _ => refused.refused(404, "REFERENCE_NOT_FOUND"),
        }
    }
    let audited = "SELECT count(*) FROM audit_log WHERE action = 'revoke-credential'";
    assert_eq!(server.database().number(audited), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn revoking_a_credential_while_a_child_of_its_login_is_refreshed_leaves_no_child_alive() {
    let server = TestServer::sandbox().start().await;
    for round in 0..6 {
        let party = Party::new(&server, &format!("ada{round}")).await;
        let identity = party.added(party.add_identity()).await;
        let (login, key) = party.token_login(&identity);
        let root = login.send().await.accepted(200);
        let refresh = |session: &str| {
            let child = KeyPair::generate();
            let body = json!({"clientPublicKey": child.compressed_hex()});
            (party.post(&format!("/auth/sessions/{session}/refresh"), &body), child)
        };
        let (first, child_key) = refresh(root["id"].as_str().unwrap());
        let child = first.ask().await.retry(&key).await.accepted(201);
        let mut legs = Vec::new();
        for _ in 0..3 {
            let (again, _) = refresh(child["id"].as_str().unwrap());
            legs.push(again.ask().await.stamped(&child_key));
        }
        legs.push(
            party.request(Method::DELETE, &format!("/auth/credentials/{identity}")).ask().await.stamped(&party.key),
        );
        let answers = race(4, |index| legs[index].clone().send()).await;
        assert_eq!(answers[3].status, 204);
        assert!(answers[..3].iter().all(|answer| [201, 401].contains(&answer.status.as_u16())), "{answers:?}");
        let target = format!("/auth/sessions?accountId={}", party.account);
        let listed = party.get(&target).send().await.accepted(200);
        let live: Vec<_> = listed["data"].as_array().unwrap().iter().map(|session| session["id"].clone()).collect();
        assert_eq!(live, [json!(party.session)], "a session outlived its credential");
    }
}

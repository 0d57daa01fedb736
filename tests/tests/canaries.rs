//! Canaries in every member of every form of a credential (S6), and a destroyed delegated key in no file (S4). What every
//! operation's other members, headers and queries leave behind is the topic of `secrets`.

use std::time::{Duration, Instant};

use countersign_tests::authenticator::{Passkey, base64url};
use countersign_tests::party::Party;
use countersign_tests::server::TestServer;
use countersign_tests::wallet::CODE;
use serde_json::{Value, json};

/// Letters that base64url has too, so that it also stands where bytes are meant.
const CANARY: &str = "canary7f3a";
const KEPT: &str = "kept9d1c";

fn holding(server: &TestServer, bytes: &[u8]) -> Vec<String> {
    let entries = std::fs::read_dir(server.data_dir()).unwrap().map(|entry| entry.unwrap());
    let databases = entries.filter(|entry| entry.file_name().to_str().unwrap().starts_with("countersign.db"));
    databases
        .filter(|entry| std::fs::read(entry.path()).unwrap().windows(bytes.len()).any(|window| window == bytes))
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect()
}

/// The pointers to all texts of a body but those that choose its form and its account.
fn places(value: &Value, at: &str) -> Vec<String> {
    match value {
        Value::String(_) if ["/type", "/accountId"].contains(&at) => Vec::new(),
        Value::String(_) => vec![at.to_owned()],
        Value::Array(items) => {
            items.iter().enumerate().flat_map(|(index, item)| places(item, &format!("{at}/{index}"))).collect()
        }
        Value::Object(members) => {
            members.iter().flat_map(|(name, member)| places(member, &format!("{at}/{name}"))).collect()
        }
        _ => Vec::new(),
    }
}

/// Every form of every body that is a union, well formed, with what it is sent to.
fn forms(party: &Party<'_>, passkey: &Passkey, identity: &str, registered: &str) -> Vec<(String, Value)> {
    let key = party.key.compressed_hex();
    let challenge = base64url([7; 32]);
    let verify = |credential: &str| format!("/auth/credentials/{credential}/verify");
    let add = |kind: &str, mut members: Value| {
        members["type"] = kind.into();
        members["accountId"] = party.account.as_str().into();
        ("/auth/credentials".to_owned(), members)
    };
    let attestation = Passkey::default().attestation(&challenge, 0);
    vec![
        (verify(&party.email), json!({"type": "EMAIL_OTP", "otp": CODE, "clientPublicKey": key})),
        (verify(&party.email), json!({"type": "EMAIL_OTP", "encryptedOtpBundle": "{}"})),
        (verify(&party.email), json!({"type": "SMS_OTP", "encryptedOtpBundle": "{}"})),
        (verify(identity), json!({"type": "OAUTH", "oidcToken": party.token(None), "clientPublicKey": key})),
        (verify(registered), json!({"type": "PASSKEY", "assertion": passkey.assertion("00", 1)})),
        (format!("/auth/credentials/{registered}/challenge"), json!({"clientPublicKey": key})),
        add("OAUTH", json!({"oidcToken": party.token(None)})),
        add("PASSKEY", json!({"nickname": "Phone", "attestation": attestation, "challenge": challenge})),
    ]
}

#[tokio::test]
async fn canaries_in_every_form_of_a_proof_turn_up_nowhere() {
    let server = TestServer::sandbox().log_level("trace").start().await;
    let party = Party::new(&server, "ada").await;
    let passkey = Passkey::default();
    let registered = party.added(party.add_passkey(&passkey)).await;
    let identity = party.added(party.add_identity()).await;
    let mut planted = Vec::new();
    for (target, body) in forms(&party, &passkey, &identity, &registered) {
        for place in places(&body, "") {
            if place == "/nickname" {
                continue; // kept, see below
            }
            let mut changed = body.clone();
            *changed.pointer_mut(&place).unwrap() = format!("{CANARY}0").into();
            let answer = party.post(&target, &changed).header("Request-Id", &format!("Request:{CANARY}")).send().await;
            let told = format!("{:?} {}", answer.headers, String::from_utf8_lossy(&answer.body));
            assert!(!told.contains(CANARY), "{target} {place}: {told}");
            planted.push(place);
        }
    }
    for place in [
        "/otp",
        "/oidcToken",
        "/assertion/signature",
        "/assertion/clientDataJson",
        "/assertion/authenticatorData",
        "/assertion/credentialId",
        "/attestation/attestationObject",
        "/attestation/clientDataJson",
        "/attestation/credentialId",
        "/challenge",
        "/clientPublicKey",
        "/encryptedOtpBundle",
    ] {
        assert!(planted.iter().any(|one| one == place), "{place} is not among {planted:?}");
    }
    // A name is kept in the database, where it belongs, and logged nowhere.
    let challenge = base64url([7; 32]);
    let attestation = Passkey::default().attestation(&challenge, 0);
    let members = json!({"nickname": KEPT, "attestation": attestation, "challenge": challenge});
    let _ = party.added(party.add("PASSKEY", &members)).await;
    assert_ne!(holding(&server, KEPT.as_bytes()), [] as [String; 0], "the search finds what is there");
    for canary in [CANARY, KEPT] {
        let output = server.output();
        assert_eq!(output.lines().find(|line| line.contains(canary)), None, "logged");
    }
    for bytes in [CANARY.to_owned(), hex::encode(CANARY)] {
        assert_eq!(holding(&server, bytes.as_bytes()), [] as [String; 0]);
    }
}

#[tokio::test]
async fn a_delegated_key_that_was_revoked_is_in_no_file() {
    let server = TestServer::sandbox().start().await;
    let party = Party::new(&server, "ada").await;
    let key = party.delegated_key().await;
    let sealed = server.database().texts(&format!("SELECT hex(sealed) FROM delegated_keys WHERE id = '{key}'"));
    let sealed = hex::decode(&sealed[0]).unwrap();
    assert_ne!(holding(&server, &sealed), [] as [String; 0], "the search finds what is there");
    let revoke = party.delete(&format!("/auth/delegated-keys/{key}"));
    let _ = revoke.ask().await.retry(&party.key).await.accepted(204);
    // The log is emptied soon, not at once.
    let deadline = Instant::now() + Duration::from_secs(10);
    while !holding(&server, &sealed).is_empty() {
        assert!(Instant::now() < deadline, "still in {:?}", holding(&server, &sealed));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

//! Which assertions open a session, and which do not.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE;
use countersign_flow::FlowError;
use countersign_flow::id::{AuthMethodId, InternalAccountId, PlatformId, RequestId};
use countersign_flow::json::JsonError;
use countersign_flow::retry::{Binding, Operation, SignedRetry, Signers, empty_body_digest};
use countersign_flow::webauthn::{
    Algorithm, AssertionFault, AssertionResponse, AuthenticatorDataFault, ClientDataFault, MAX_LENGTH, Passkey,
    RelyingParty,
};
use serde_json::{Value, json};

use super::authenticator::{
    ATTESTED, Asserting, Attestation, BACKED_UP, BACKUP_ELIGIBLE, EXTENSIONS, Key, Registering, Signed, base64url,
    cbor, judged_text, map,
};
use super::{ORIGIN, party};
use crate::NOW;

const PAYLOAD: &[u8] = br#"{"type":"ACTIVITY_TYPE_CREATE_READ_WRITE_SESSION_V2"}"#;

fn passkey(algorithm: Algorithm) -> Passkey {
    Registering::new(algorithm, Attestation::None).judged().unwrap().passkey
}

/// An assertion with one change is refused for this fault.
#[track_caller]
fn refuses(change: impl FnOnce(&mut Asserting), expected: impl Into<AssertionFault>) {
    let mut asserting = Asserting::new(Algorithm::Es256, PAYLOAD);
    change(&mut asserting);
    assert_eq!(asserting.signed().judged(&passkey(Algorithm::Es256), PAYLOAD), Err(expected.into()));
}

/// The same, changed after it was signed.
#[track_caller]
fn refuses_signed(change: impl FnOnce(&mut Signed), expected: impl Into<AssertionFault>) {
    let mut signed = Asserting::new(Algorithm::Es256, PAYLOAD).signed();
    change(&mut signed);
    assert_eq!(signed.judged(&passkey(Algorithm::Es256), PAYLOAD), Err(expected.into()));
}

#[test]
fn every_algorithm_signs() {
    for algorithm in Algorithm::ALL {
        let assertion = Asserting::new(algorithm, PAYLOAD).signed().judged(&passkey(algorithm), PAYLOAD).unwrap();
        assert_eq!(assertion.sign_count(), 6);
    }
}

#[test]
fn a_stored_passkey_verifies_what_it_verified_before() {
    for algorithm in Algorithm::ALL {
        let stored = serde_json::to_string(&passkey(algorithm)).unwrap();
        let restored: Passkey = serde_json::from_str(&stored).unwrap();
        Asserting::new(algorithm, PAYLOAD).signed().judged(&restored, PAYLOAD).unwrap();
    }
}

#[test]
fn the_counter_grows_or_stays_at_zero() {
    let table = [(0, 0, true), (0, 1, true), (5, 6, true), (u32::MAX - 1, u32::MAX, true)].into_iter().chain([
        (1, 0, false),
        (6, 6, false),
        (7, 6, false),
        (u32::MAX, 0, false),
        (u32::MAX, u32::MAX, false),
    ]);
    for (stored, sent, follows) in table {
        let mut asserting = Asserting::new(Algorithm::Es256, PAYLOAD);
        asserting.data.sign_count = sent;
        let assertion = asserting.signed().judged(&passkey(Algorithm::Es256), PAYLOAD).unwrap();
        assert_eq!((assertion.sign_count(), assertion.follows(stored)), (sent, follows), "{stored} {sent}");
    }
}

#[test]
fn flags_that_decide_nothing_are_accepted() {
    // The user was verified; the two that are reserved.
    for flags in [0x04, 0x02, 0x20] {
        let mut asserting = Asserting::new(Algorithm::Es256, PAYLOAD);
        asserting.data.flags |= flags;
        asserting.signed().judged(&passkey(Algorithm::Es256), PAYLOAD).unwrap();
    }
}

#[test]
fn a_passkey_may_be_synchronised_after_it_was_made_and_never_changes_whether_it_can_be() {
    for (made, used, accepted) in [
        (0, 0, true),
        (BACKUP_ELIGIBLE, BACKUP_ELIGIBLE, true),
        (BACKUP_ELIGIBLE, BACKUP_ELIGIBLE | BACKED_UP, true),
        (BACKUP_ELIGIBLE | BACKED_UP, BACKUP_ELIGIBLE, true),
        (0, BACKUP_ELIGIBLE, false),
        (BACKUP_ELIGIBLE, 0, false),
    ] {
        let mut registering = Registering::new(Algorithm::Es256, Attestation::None);
        registering.data.flags |= made;
        let mut asserting = Asserting::new(Algorithm::Es256, PAYLOAD);
        asserting.data.flags |= used;
        let judged = asserting.signed().judged(&registering.judged().unwrap().passkey, PAYLOAD);
        let refused = AssertionFault::from(AuthenticatorDataFault::BackupEligibility);
        assert_eq!(judged.map(|_| ()), if accepted { Ok(()) } else { Err(refused) }, "{made:#x} {used:#x}");
    }
}

#[test]
fn an_assertion_of_another_credential_is_refused() {
    for id in [base64url(b"another"), String::new(), "!".to_owned(), base64url([0; 1_024])] {
        refuses_signed(|signed| signed.id = id, AssertionFault::OtherCredential);
    }
}

#[test]
fn an_assertion_over_another_payload_is_refused() {
    let signed = Asserting::new(Algorithm::Es256, PAYLOAD).signed();
    let judged = signed.judged(&passkey(Algorithm::Es256), b"another");
    assert_eq!(judged, Err(ClientDataFault::Challenge.into()));
}

#[test]
fn the_challenge_is_the_text_of_the_digest_and_not_its_bytes() {
    let digest = countersign_flow::payload::digest(PAYLOAD);
    for challenge in [base64url(digest), hex::encode(digest), base64url(hex::encode_upper(digest)), String::new()] {
        refuses(|it| it.client_data["challenge"] = json!(challenge), ClientDataFault::Challenge);
    }
}

#[test]
fn client_data_of_a_registration_is_refused() {
    refuses(|it| it.client_data["type"] = json!("webauthn.create"), ClientDataFault::Type);
}

#[test]
fn an_assertion_from_another_origin_is_refused() {
    for origin in ["https://evil.test", "http://app.example.com", "https://app.example.com:444", ""] {
        refuses(|it| it.client_data["origin"] = json!(origin), ClientDataFault::Origin);
    }
    refuses(|it| it.client_data["crossOrigin"] = json!(true), ClientDataFault::CrossOrigin);
    refuses(|it| it.client_data["topOrigin"] = json!(ORIGIN), ClientDataFault::TopOrigin);
}

#[test]
fn an_assertion_for_another_relying_party_is_refused() {
    refuses(|it| it.data.party = "example.com".to_owned(), AuthenticatorDataFault::RelyingParty);
    // Another tenant with the same origin and another id.
    let other = RelyingParty::new("example.com", None, vec![ORIGIN.to_owned()]).unwrap();
    let signed = Asserting::new(Algorithm::Es256, PAYLOAD).signed();
    let judged = signed.judged_by(&other, &passkey(Algorithm::Es256), PAYLOAD);
    assert_eq!(judged, Err(AuthenticatorDataFault::RelyingParty.into()));
}

#[test]
fn an_assertion_without_a_user_is_refused() {
    refuses(|it| it.data.flags = 0x04, AuthenticatorDataFault::UserNotPresent);
}

#[test]
fn an_assertion_that_contradicts_itself_is_refused() {
    refuses(|it| it.data.flags |= BACKED_UP, AuthenticatorDataFault::Backup);
    refuses(|it| it.data.flags |= ATTESTED, AuthenticatorDataFault::CredentialUnexpected);
    refuses(|it| it.data.flags |= EXTENSIONS, AuthenticatorDataFault::Extensions);
    refuses(|it| it.data.extensions = vec![0xa0], AuthenticatorDataFault::Length);
    let mut extended = Asserting::new(Algorithm::Es256, PAYLOAD);
    extended.data.flags |= EXTENSIONS;
    extended.data.extensions = cbor(&map([("uvm".into(), 1.into())]));
    extended.signed().judged(&passkey(Algorithm::Es256), PAYLOAD).unwrap();
}

#[test]
fn an_assertion_signed_by_another_key_is_refused() {
    for algorithm in [Algorithm::Es256, Algorithm::EdDsa] {
        let mut asserting = Asserting::new(algorithm, PAYLOAD);
        asserting.key = Key::of(algorithm, 2);
        assert_eq!(asserting.signed().judged(&passkey(algorithm), PAYLOAD), Err(AssertionFault::Signature));
    }
    for (algorithm, other) in [(Algorithm::Es256, Algorithm::Rs256), (Algorithm::Rs256, Algorithm::EdDsa)] {
        let mut asserting = Asserting::new(algorithm, PAYLOAD);
        asserting.key = Key::of(other, 1);
        assert_eq!(asserting.signed().judged(&passkey(algorithm), PAYLOAD), Err(AssertionFault::Signature));
    }
}

#[test]
fn nothing_that_was_signed_can_be_changed() {
    // The counter; white space that doesn't change what the client data says; the signature itself.
    refuses_signed(|signed| signed.data[36] ^= 1, AssertionFault::Signature);
    refuses_signed(|signed| signed.client_data.push(b' '), AssertionFault::Signature);
    refuses_signed(|signed| signed.signature.truncate(8), AssertionFault::Signature);
    refuses_signed(|signed| signed.signature.push(0), AssertionFault::Signature);
    refuses_signed(|signed| signed.signature.clear(), AssertionFault::Signature);
}

#[test]
fn members_that_are_not_base64url_are_refused() {
    let signed = Asserting::new(Algorithm::Es256, PAYLOAD).signed();
    let [client_data, data, signature] =
        [&signed.client_data, &signed.data, &signed.signature].map(|bytes| URL_SAFE.encode(bytes));
    let good = AssertionResponse {
        credential_id: &signed.id,
        client_data_json: &client_data,
        authenticator_data: &data,
        signature: &signature,
    };
    let judged =
        |response: &AssertionResponse<'_>| judged_text(&party(), &passkey(Algorithm::Es256), PAYLOAD, response);
    judged(&good).unwrap();
    let too_long = "A".repeat(MAX_LENGTH + 4);
    for bad in ["!", "A", &too_long] {
        let client_data = judged(&AssertionResponse { client_data_json: bad, ..good });
        assert_eq!(client_data, Err(ClientDataFault::Encoding.into()));
        assert_eq!(judged(&AssertionResponse { authenticator_data: bad, ..good }), Err(AssertionFault::Encoding));
        assert_eq!(judged(&AssertionResponse { signature: bad, ..good }), Err(AssertionFault::Signature));
    }
}

#[test]
fn client_data_is_read_once_and_whole() {
    let good = String::from_utf8(Asserting::new(Algorithm::Es256, PAYLOAD).signed().client_data).unwrap();
    let twice = good.replacen('{', r#"{"origin":"https://evil.test","#, 1);
    let duplicate = ClientDataFault::Json(JsonError::DuplicateMember);
    refuses_signed(|signed| signed.client_data = twice.into_bytes(), duplicate);
    for absent in ["type", "challenge", "origin"] {
        let fault = match absent {
            "type" => ClientDataFault::Type,
            "challenge" => ClientDataFault::Challenge,
            _ => ClientDataFault::Origin,
        };
        refuses(|it| it.client_data[absent] = Value::Null, fault);
    }
}

#[test]
fn an_assertion_answers_the_request_whose_payload_it_signed_and_no_other() {
    let uuid = |n: u128| uuid::Uuid::from_u128(n);
    let (platform, credential) = (PlatformId::from_uuid(uuid(1)), AuthMethodId::from_uuid(uuid(2)));
    let binding = Binding {
        platform,
        operation: Operation::VerifyPasskey,
        resource: credential.to_string(),
        body_digest: empty_body_digest(),
    };
    let challenged = |payload: &[u8]| {
        let (id, account) = (RequestId::from_uuid(uuid(3)), InternalAccountId::from_uuid(uuid(4)));
        let signers = Signers::Passkey(credential);
        let ttl = Duration::from_secs(300);
        SignedRetry::issue(id, binding.clone(), payload.to_vec(), signers, account, NOW, ttl)
            .bind_assertion(platform, credential, NOW)
            .unwrap()
    };
    let signed = Asserting::new(Algorithm::Es256, PAYLOAD).signed();
    let [client_data_json, authenticator_data, signature] =
        [&signed.client_data, &signed.data, &signed.signature].map(base64url);
    let response = AssertionResponse {
        credential_id: &signed.id,
        client_data_json: &client_data_json,
        authenticator_data: &authenticator_data,
        signature: &signature,
    };
    let passkey = passkey(Algorithm::Es256);
    let asserted = challenged(PAYLOAD).assert(&party(), &passkey, &response).unwrap();
    assert_eq!(asserted.assertion().sign_count(), 6);
    assert_eq!(asserted.id(), RequestId::from_uuid(uuid(3)));
    let refused = challenged(b"another payload").assert(&party(), &passkey, &response).unwrap_err();
    assert!(matches!(refused, FlowError::AssertionRefused(AssertionFault::ClientData(_))), "{refused}");
}

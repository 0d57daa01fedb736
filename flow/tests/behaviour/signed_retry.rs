//! The signed retry: what must be the same on both legs, and in which order differences are told.

use std::time::Duration;

use countersign_flow::error::{RequestFault, SignatureFault};
use countersign_flow::id::{AuthMethodId, InternalAccountId, PlatformId, RequestId, SessionId};
use countersign_flow::key::SecretKey;
use countersign_flow::retry::{
    Binding, Bound, Issued, Leg, Operation, RetryHeaders, SignedBy, SignedRetry, Signers, StoredRequest,
};
use countersign_flow::stamp::{Stamp, StampError};
use countersign_flow::{FlowError, Timestamp};
use uuid::Uuid;

use crate::{NOW, key};

const PAYLOAD: &[u8] = br#"{"organizationId":"o"}"#;
const TTL: Duration = Duration::from_secs(300);

fn session(n: u128) -> SessionId {
    SessionId::from_uuid(Uuid::from_u128(n))
}

fn account(n: u128) -> InternalAccountId {
    InternalAccountId::from_uuid(Uuid::from_u128(n))
}

fn binding() -> Binding {
    Binding {
        platform: PlatformId::from_uuid(Uuid::from_u128(1)),
        operation: Operation::RevokeSession,
        resource: session(7).to_string(),
        body_digest: [3; 32],
    }
}

fn issued(signers: Signers) -> SignedRetry<Issued> {
    let id = RequestId::from_uuid(Uuid::from_u128(5));
    SignedRetry::issue(id, binding(), PAYLOAD.to_vec(), signers, account(1), NOW, TTL)
}

fn bound(signers: Signers) -> SignedRetry<Bound> {
    issued(signers).bind(&binding(), NOW).unwrap()
}

fn stamp(key: &SecretKey, payload: &[u8]) -> Stamp {
    Stamp::parse(&Stamp::make(payload, key)).unwrap()
}

fn credential(n: u128) -> AuthMethodId {
    AuthMethodId::from_uuid(Uuid::from_u128(n))
}

fn by(session_number: u128, account_number: u128) -> SignedBy {
    SignedBy::Session { id: session(session_number), account: account(account_number), credential: credential(9) }
}

#[test]
fn the_two_headers_choose_the_leg() {
    let good_stamp = Stamp::make(PAYLOAD, &key(1));
    let good_id = RequestId::from_uuid(Uuid::from_u128(5)).to_string();
    let malformed = |error| FlowError::SignatureMalformed(error);
    let bad_id = FlowError::RequestIdInvalid(RequestFault::Malformed);
    assert_eq!(RetryHeaders::choose(None, None), Ok(Leg::First));
    assert!(matches!(RetryHeaders::choose(Some(&good_stamp), Some(&good_id)), Ok(Leg::Retry(_))));
    for (signature, id, expected) in [
        (None, Some(good_id.as_str()), FlowError::SignatureMissing),
        (None, Some("nonsense"), FlowError::SignatureMissing),
        (Some(good_stamp.as_str()), None, FlowError::RequestIdMissing),
        (Some("nonsense"), None, FlowError::RequestIdMissing),
        (Some("!"), Some(good_id.as_str()), malformed(StampError::Base64)),
        (Some("!"), Some("nonsense"), malformed(StampError::Base64)),
        (Some(good_stamp.as_str()), Some("nonsense"), bad_id.clone()),
        (Some(good_stamp.as_str()), Some(""), bad_id.clone()),
        (Some(good_stamp.as_str()), Some("Session:00000000-0000-0000-0000-000000000005"), bad_id),
    ] {
        assert_eq!(RetryHeaders::choose(signature, id), Err(expected), "{signature:?} {id:?}");
    }
    assert!(matches!(RetryHeaders::choose(Some(""), Some(&good_id)), Err(FlowError::SignatureMalformed(_))));
}

#[test]
fn a_request_binds_to_what_it_was_issued_for_until_it_expires() {
    let last = Timestamp::from_millis(NOW.plus(TTL).as_millis() - 1);
    for now in [NOW, last] {
        assert!(issued(Signers::AnySessionOf(account(1))).bind(&binding(), now).is_ok());
    }
}

#[test]
fn differences_are_told_in_a_fixed_order() {
    use RequestFault::{Expired, OtherOperation, OtherPlatform, OtherResource, Used};
    let after = NOW.plus(TTL);
    // Each step adds one difference in front of those before it.
    let body = Binding { body_digest: [4; 32], ..binding() };
    let resource = Binding { resource: session(8).to_string(), ..body.clone() };
    let operation = Binding { operation: Operation::RefreshSession, ..resource.clone() };
    let platform = Binding { platform: PlatformId::from_uuid(Uuid::from_u128(2)), ..operation.clone() };
    let invalid = FlowError::RequestIdInvalid;
    for (asked, now, used, expected) in [
        (&body, NOW, None, FlowError::SignatureBodyMismatch),
        (&body, after, None, invalid(Expired)),
        (&body, after, Some(NOW), invalid(Used)),
        (&resource, after, Some(NOW), invalid(OtherResource)),
        (&operation, after, Some(NOW), invalid(OtherOperation)),
        (&platform, after, Some(NOW), invalid(OtherPlatform)),
    ] {
        let stored = issued(Signers::AnySessionOf(account(1))).into_stored();
        let restored = SignedRetry::restore(StoredRequest { used, ..stored });
        assert_eq!(restored.bind(asked, now).unwrap_err(), expected);
    }
}

#[test]
fn only_those_who_may_sign_prove_it() {
    let signer = key(1);
    let stamp = stamp(&signer, PAYLOAD);
    for (signers, signed_by, allowed) in [
        (Signers::Session(session(7)), by(7, 1), true),
        (Signers::Session(session(7)), by(8, 1), false),
        (Signers::Session(session(7)), SignedBy::Key, false),
        (Signers::AnySessionOf(account(1)), by(7, 1), true),
        (Signers::AnySessionOf(account(1)), by(8, 1), true),
        (Signers::AnySessionOf(account(1)), by(7, 2), false),
        (Signers::AnySessionOf(account(1)), SignedBy::Key, false),
        (Signers::Key(*signer.public()), SignedBy::Key, true),
        (Signers::Key(*key(2).public()), SignedBy::Key, false),
        (Signers::Key(*signer.public()), by(7, 1), false),
        (Signers::OtherCredential { account: account(1), credential: credential(8) }, by(7, 1), true),
        (Signers::OtherCredential { account: account(1), credential: credential(9) }, by(7, 1), false),
        (Signers::OtherCredential { account: account(2), credential: credential(8) }, by(7, 1), false),
        (Signers::OtherCredential { account: account(1), credential: credential(8) }, SignedBy::Key, false),
        (Signers::Passkey(credential(9)), by(7, 1), false),
        (Signers::Passkey(credential(9)), SignedBy::Key, false),
    ] {
        match bound(signers).prove(&stamp, signer.public(), signed_by) {
            Ok(proven) => {
                assert!(allowed, "{signers} let {signed_by:?} sign");
                assert_eq!((proven.signed_by(), proven.key()), (signed_by, signer.public()));
            }
            Err(refused) => {
                assert!(!allowed, "{signers} refused {signed_by:?}");
                assert_eq!(refused, FlowError::SignatureInvalid(SignatureFault::NotAllowed));
            }
        }
    }
}

#[test]
fn a_stamp_of_another_key_or_payload_proves_nothing() {
    let (signer, stranger) = (key(1), key(2));
    let retry = || bound(Signers::Session(session(7)));
    for (stamp, expected) in [
        (stamp(&stranger, PAYLOAD), SignatureFault::OtherKey),
        (stamp(&signer, b"another payload"), SignatureFault::Mismatch),
    ] {
        let refused = retry().prove(&stamp, signer.public(), by(7, 1)).unwrap_err();
        assert_eq!(refused, FlowError::SignatureInvalid(expected));
    }
    // The key that a stamp names is not the one it is checked with.
    assert!(retry().prove(&stamp(&stranger, PAYLOAD), signer.public(), by(7, 1)).is_err());
}

#[test]
fn a_restored_request_is_the_one_that_was_issued() {
    let stored = issued(Signers::Session(session(7))).into_stored();
    assert_eq!((stored.issued, stored.expires, stored.used), (NOW, NOW.plus(TTL), None));
    let restored = SignedRetry::restore(stored.clone());
    assert_eq!(restored.stored(), &stored);
    assert_eq!(restored.payload(), PAYLOAD);
}

#[test]
fn stored_texts_are_stable() {
    let key = *key(1).public();
    let uuid = "00000000-0000-0000-0000-000000000007";
    for (signers, text) in [
        (Signers::Session(session(7)), format!("session:Session:{uuid}")),
        (Signers::Key(key), format!("key:{}", key.compressed_hex())),
        (Signers::AnySessionOf(account(7)), format!("account:InternalAccount:{uuid}")),
        (
            Signers::OtherCredential { account: account(7), credential: credential(7) },
            format!("other:AuthMethod:{uuid}@InternalAccount:{uuid}"),
        ),
        (Signers::Passkey(credential(7)), format!("passkey:AuthMethod:{uuid}")),
    ] {
        assert_eq!(signers.to_string(), text);
        assert_eq!(text.parse(), Ok(signers));
    }
    for text in ["", "session", "session:", "key:02", "anyone:x", "account:Session:1", "other:x", "passkey:Session:1"] {
        assert!(text.parse::<Signers>().is_err(), "{text}");
    }
    let operations = Operation::ALL.map(Operation::as_str);
    let stored = [
        "add-credential",
        "revoke-credential",
        "refresh-session",
        "revoke-session",
        "verify-otp",
        "verify-passkey",
        "create-delegated-key",
        "activate-delegated-key",
        "revoke-delegated-key",
    ];
    assert_eq!(operations, stored);
    for operation in Operation::ALL {
        assert_eq!(operation.to_string().parse(), Ok(operation));
    }
    assert!("RefreshSession".parse::<Operation>().is_err());
}

#[test]
fn a_call_of_several_legs_takes_the_request_of_either_and_of_no_other() {
    let asked = Binding { operation: Operation::CreateDelegatedKey, ..binding() };
    let of = |operation| {
        let stored = issued(Signers::AnySessionOf(account(1))).into_stored();
        let binding = Binding { operation, ..binding() };
        SignedRetry::restore(StoredRequest { binding, ..stored })
    };
    for operation in Operation::ALL {
        let bound = of(operation).bind_either(&asked, Operation::ActivateDelegatedKey, NOW);
        match operation {
            Operation::CreateDelegatedKey | Operation::ActivateDelegatedKey => {
                assert_eq!(bound.unwrap().binding().operation, operation);
            }
            _ => assert_eq!(bound.unwrap_err(), FlowError::RequestIdInvalid(RequestFault::OtherOperation)),
        }
    }
}

#[test]
fn an_assertion_is_bound_to_its_platform_credential_and_time_and_not_to_a_body() {
    use RequestFault::{Expired, OtherOperation, OtherPlatform, OtherResource, Used};
    let platform = binding().platform;
    let request = |operation, used| {
        let stored = issued(Signers::Passkey(credential(9))).into_stored();
        let binding = Binding { operation, resource: credential(9).to_string(), ..binding() };
        SignedRetry::restore(StoredRequest { binding, used, ..stored })
    };
    let passkey = || request(Operation::VerifyPasskey, None);
    let stranger = PlatformId::from_uuid(Uuid::from_u128(2));
    for (request, platform, id, now, expected) in [
        (passkey(), stranger, 9, NOW, OtherPlatform),
        (request(Operation::VerifyOtp, None), platform, 9, NOW, OtherOperation),
        (passkey(), platform, 8, NOW, OtherResource),
        (request(Operation::VerifyPasskey, Some(NOW)), platform, 9, NOW, Used),
        (passkey(), platform, 9, NOW.plus(TTL), Expired),
    ] {
        let refused = request.bind_assertion(platform, credential(id), now).unwrap_err();
        assert_eq!(refused, FlowError::RequestIdInvalid(expected));
    }
    assert!(passkey().bind_assertion(platform, credential(9), NOW).is_ok());
    // And no stamp proves one, even by the key of a session of the account.
    let asked = Binding { operation: Operation::VerifyPasskey, resource: credential(9).to_string(), ..binding() };
    let bound = passkey().bind(&asked, NOW).unwrap();
    let refused = bound.prove(&stamp(&key(1), PAYLOAD), key(1).public(), by(7, 1)).unwrap_err();
    assert_eq!(refused, FlowError::SignatureInvalid(SignatureFault::NotAllowed));
}

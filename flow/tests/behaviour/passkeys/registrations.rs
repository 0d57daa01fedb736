//! Which registrations make a passkey, and what it is.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use countersign_flow::FlowError;
use countersign_flow::json::JsonError;
use countersign_flow::webauthn::{
    Algorithm, AuthenticatorDataFault, Backup, ClientDataFault, MAX_LENGTH, Registration, RegistrationFault,
    RelyingParty,
};
use serde_json::{Value, json};

use super::authenticator::{
    AAGUID, ATTESTED, Attestation, BACKED_UP, BACKUP_ELIGIBLE, EXTENSIONS, Key, Made, Registering, USER_PRESENT,
    base64url, cbor, map,
};
use super::certificate::Certificate;
use super::{ORIGIN, PARTY, party};

fn registering() -> Registering {
    Registering::new(Algorithm::Es256, Attestation::None)
}

/// A registration with one change is refused for this fault, at this member.
#[track_caller]
fn refuses(change: impl FnOnce(&mut Registering), expected: impl Into<RegistrationFault>, member: &str) {
    let mut registering = registering();
    change(&mut registering);
    refused(registering.judged(), expected, member);
}

/// The same, changed after it was made.
#[track_caller]
fn refuses_made(change: impl FnOnce(&mut Made), expected: impl Into<RegistrationFault>, member: &str) {
    let mut made = registering().made();
    change(&mut made);
    refused(made.judged(), expected, member);
}

#[track_caller]
fn refused(judged: Result<Registration, RegistrationFault>, expected: impl Into<RegistrationFault>, member: &str) {
    let fault = judged.unwrap_err();
    assert_eq!((fault, fault.member()), (expected.into(), member));
    assert!(!FlowError::RegistrationRefused(fault).to_string().contains(ORIGIN), "no value is repeated");
}

const CLIENT_DATA: &str = "body/attestation/clientDataJson";
const OBJECT: &str = "body/attestation/attestationObject";
const ID: &str = "body/attestation/credentialId";

#[test]
fn every_algorithm_is_accepted_with_every_attestation() {
    for algorithm in Algorithm::ALL {
        let by_certificate = Algorithm::ALL.map(|other| {
            let key = Key::of(other, 2);
            let certificate = Certificate::of(&key);
            Attestation::Certified(Box::new(key), certificate)
        });
        for attestation in [Attestation::None, Attestation::Own].into_iter().chain(by_certificate) {
            let registration = Registering::new(algorithm, attestation).judged().unwrap();
            assert_eq!(registration.passkey.cose_key.algorithm(), algorithm);
        }
    }
}

#[test]
fn a_passkey_is_what_the_authenticator_said() {
    let mut registering = registering();
    registering.data.flags |= BACKUP_ELIGIBLE | BACKED_UP;
    let (id, key) = (registering.data.id.clone(), cbor(&registering.data.cose));
    let mut made = registering.made();
    made.transports = vec!["internal".to_owned(), "something-new".to_owned()];
    let Registration { passkey, sign_count } = made.judged().unwrap();
    assert_eq!(sign_count, 5);
    assert_eq!(passkey.credential_id.as_bytes(), id);
    assert_eq!(passkey.cose_key.as_cbor(), key);
    assert_eq!(passkey.aaguid.as_bytes(), &AAGUID);
    assert_eq!(passkey.transports, ["internal", "something-new"]);
    assert_eq!(passkey.rp_id, PARTY);
    assert_eq!(passkey.backup, Backup { eligible: true, backed_up: true });
}

#[test]
fn a_registration_is_the_same_after_storing() {
    for algorithm in Algorithm::ALL {
        let registration = Registering::new(algorithm, Attestation::Own).judged().unwrap();
        let stored = serde_json::to_value(&registration).unwrap();
        assert_eq!(serde_json::from_value::<Registration>(stored.clone()).unwrap(), registration);
        let passkey = &stored["passkey"];
        assert_eq!(passkey["credentialId"], base64url(registration.passkey.credential_id.as_bytes()));
        assert_eq!(passkey["coseKey"], base64url(registration.passkey.cose_key.as_cbor()));
        assert_eq!(passkey["aaguid"], "a5a5a5a5-a5a5-a5a5-a5a5-a5a5a5a5a5a5");
        assert_eq!(passkey["backup"], json!({"eligible": false, "backedUp": false}));
        for (member, spoilt) in [("credentialId", json!("")), ("coseKey", json!("oA")), ("aaguid", json!("a5"))] {
            let mut stored = stored.clone();
            stored["passkey"][member] = spoilt;
            assert!(serde_json::from_value::<Registration>(stored).is_err(), "{member}");
        }
    }
}

#[test]
fn padding_and_the_other_alphabet_are_read() {
    let mut made = registering().made();
    let (client_data, object) = (made.client_data.clone(), made.object_bytes());
    for engine in [URL_SAFE, STANDARD] {
        made.id = engine.encode(b"a credential of 32 bytes or less");
        made.challenge = engine.encode([7; 32]);
        made.judged_with(&party(), &engine.encode(&client_data), &engine.encode(&object)).unwrap();
    }
}

#[test]
fn client_data_may_say_more_and_say_less() {
    for (member, value) in [("tokenBinding", json!({"status": "supported"})), ("new", json!([1, [2]]))] {
        let mut registering = registering();
        registering.client_data[member] = value;
        registering.judged().unwrap();
    }
    let mut registering = registering();
    registering.client_data.as_object_mut().unwrap().remove("crossOrigin");
    registering.judged().unwrap();
}

#[test]
fn a_challenge_that_is_not_base64url_is_refused() {
    for challenge in ["A", "AA A", "é", &"A".repeat(MAX_LENGTH + 4)] {
        refuses_made(|made| made.challenge = challenge.to_owned(), RegistrationFault::Challenge, "body/challenge");
    }
}

#[test]
fn a_credential_id_of_an_impossible_length_is_refused() {
    let texts = ["", "A", "!", &base64url([0; 1_024])];
    for text in texts {
        refuses_made(|made| made.id = text.to_owned(), RegistrationFault::CredentialId, ID);
    }
    let id_length = AuthenticatorDataFault::IdLength;
    for length in [0, 1_024, usize::from(u16::MAX) / 4] {
        let mut registering = registering();
        registering.data.id = vec![1; length];
        let mut made = registering.made();
        made.id = base64url([1]);
        refused(made.judged(), id_length, OBJECT);
    }
    let mut longest = registering();
    longest.data.id = vec![1; 1_023];
    longest.judged().unwrap();
}

#[test]
fn client_data_that_is_not_base64url_is_refused() {
    let made = registering().made();
    let object = base64url(made.object_bytes());
    let longest = "A".repeat(MAX_LENGTH);
    for text in ["!", "A", &format!("{longest}AAAA")] {
        refused(made.judged_with(&party(), text, &object), ClientDataFault::Encoding, CLIENT_DATA);
    }
    refused(made.judged_with(&party(), &longest, &object), ClientDataFault::Json(JsonError::Malformed), CLIENT_DATA);
}

#[test]
fn client_data_that_is_not_one_json_object_is_refused() {
    let good = String::from_utf8(registering().made().client_data).unwrap();
    let twice = good.replacen('{', r#"{"type":"webauthn.create","#, 1);
    let deep = good.replacen('{', &format!(r#"{{"x":{}{},"#, "[".repeat(20), "]".repeat(20)), 1);
    for (text, fault) in [
        (String::new(), JsonError::Malformed),
        (format!("{good} x"), JsonError::Malformed),
        (format!("\u{feff}{good}"), JsonError::Malformed),
        (twice, JsonError::DuplicateMember),
        (deep, JsonError::TooDeep),
    ] {
        refuses_made(|made| made.client_data = text.into_bytes(), ClientDataFault::Json(fault), CLIENT_DATA);
    }
    refuses_made(|made| made.client_data.push(0xff), ClientDataFault::Json(JsonError::Malformed), CLIENT_DATA);
    refuses_made(|made| made.client_data = b"[]".to_vec(), ClientDataFault::Type, CLIENT_DATA);
}

/// Client data with this member is refused.
#[track_caller]
fn refuses_member(member: &str, value: Value, fault: ClientDataFault) {
    refuses(|registering| registering.client_data[member] = value, fault, CLIENT_DATA);
}

#[test]
fn client_data_of_another_ceremony_is_refused() {
    for other in [json!("webauthn.get"), json!("WEBAUTHN.CREATE"), json!("payment.get"), json!(1), Value::Null] {
        refuses_member("type", other, ClientDataFault::Type);
    }
}

#[test]
fn client_data_for_another_challenge_is_refused() {
    let own = base64url([7; 32]);
    for other in [json!(base64url([8; 32])), json!(""), json!(base64url(&own)), json!("!"), json!(7), Value::Null] {
        refuses_member("challenge", other, ClientDataFault::Challenge);
    }
    refuses(|registering| registering.challenge = base64url([8; 32]), ClientDataFault::Challenge, CLIENT_DATA);
}

#[test]
fn client_data_from_another_origin_is_refused() {
    for other in [
        "https://app.example.com:443",
        "https://app.example.com:8443",
        "https://app.example.com/",
        "https://APP.example.com",
        "http://app.example.com",
        "https://example.com",
        "https://app.example.com.evil.test",
        "https://evil.test/https://app.example.com",
        "app.example.com",
        "null",
        "",
    ] {
        refuses_member("origin", json!(other), ClientDataFault::Origin);
    }
    refuses_member("origin", json!([ORIGIN]), ClientDataFault::Origin);
    refuses_member("origin", Value::Null, ClientDataFault::Origin);
    let mut second = registering();
    second.client_data["origin"] = json!("https://example.com:8443");
    second.judged().unwrap();
}

#[test]
fn client_data_from_a_foreign_frame_is_refused() {
    for other in [json!(true), json!("false"), json!(0), Value::Null] {
        refuses_member("crossOrigin", other, ClientDataFault::CrossOrigin);
    }
    for top in [json!(ORIGIN), json!("https://evil.test"), Value::Null] {
        refuses_member("topOrigin", top, ClientDataFault::TopOrigin);
    }
}

#[test]
fn an_attestation_object_of_another_form_is_refused() {
    let made = registering().made();
    let client_data = base64url(&made.client_data);
    let good = made.object_bytes();
    let texts = [
        "!".to_owned(),
        String::new(),
        "A".repeat(MAX_LENGTH + 4),
        base64url([&good[..], &[0]].concat()),
        base64url(&good[..good.len() - 1]),
        base64url(cbor(&"text".into())),
        base64url(cbor(&map([]))),
    ];
    for text in &texts {
        let judged = made.judged_with(&party(), &client_data, text);
        refused(judged, RegistrationFault::AttestationObject, OBJECT);
    }
    for (name, other) in [("fmt", 1.into()), ("attStmt", "none".into()), ("authData", "text".into())] {
        refuses_made(|made| *made.member(name) = other, RegistrationFault::AttestationObject, OBJECT);
        let without = |made: &mut Made| made.object.retain(|(key, _)| key.as_text() != Some(name));
        refuses_made(without, RegistrationFault::AttestationObject, OBJECT);
        let twice = |made: &mut Made| {
            let again = made.object.iter().find(|(key, _)| key.as_text() == Some(name)).unwrap().clone();
            made.object.push(again);
        };
        refuses_made(twice, RegistrationFault::AttestationObject, OBJECT);
    }
    let mut more = registering().made();
    more.object.push(("epAtt".into(), false.into()));
    more.judged().unwrap();
}

#[test]
fn authenticator_data_for_another_relying_party_is_refused() {
    for other in ["example.com", "APP.example.com", ""] {
        refuses(|it| it.data.party = other.to_owned(), AuthenticatorDataFault::RelyingParty, OBJECT);
    }
}

#[test]
fn a_registration_without_a_user_is_refused() {
    // 0x04: the user was verified.
    for flags in [ATTESTED, ATTESTED | 0x04] {
        refuses(|it| it.data.flags = flags, AuthenticatorDataFault::UserNotPresent, OBJECT);
    }
}

#[test]
fn a_registration_without_a_credential_is_refused() {
    refuses(|it| it.data.flags = USER_PRESENT, AuthenticatorDataFault::CredentialMissing, OBJECT);
}

#[test]
fn a_key_that_is_backed_up_and_can_not_be_is_refused() {
    refuses(|it| it.data.flags |= BACKED_UP, AuthenticatorDataFault::Backup, OBJECT);
    let mut registering = registering();
    registering.data.flags |= BACKUP_ELIGIBLE;
    let backup = registering.judged().unwrap().passkey.backup;
    assert_eq!(backup, Backup { eligible: true, backed_up: false });
}

#[test]
fn extensions_are_one_map_where_the_flags_say_so_and_nowhere_else() {
    let protected = cbor(&map([("credProtect".into(), 2.into())]));
    let mut registering = registering();
    registering.data.flags |= EXTENSIONS;
    registering.data.extensions.clone_from(&protected);
    registering.judged().unwrap();
    let twice = cbor(&map([("a".into(), 1.into()), ("a".into(), 1.into())]));
    for extensions in [vec![], cbor(&"text".into()), vec![0xa1], vec![0xff], twice] {
        let change = |it: &mut Registering| {
            it.data.flags |= EXTENSIONS;
            it.data.extensions = extensions;
        };
        refuses(change, AuthenticatorDataFault::Extensions, OBJECT);
    }
    let after = |it: &mut Registering| {
        it.data.flags |= EXTENSIONS;
        it.data.extensions = [&protected[..], &[0]].concat();
    };
    refuses(after, AuthenticatorDataFault::Length, OBJECT);
    refuses(|it| it.data.extensions = protected.clone(), AuthenticatorDataFault::Length, OBJECT);
}

#[test]
fn authenticator_data_that_was_cut_is_refused() {
    let whole = registering().data.bytes();
    for length in 0..whole.len() {
        let mut made = registering().made();
        *made.member("authData") = whole[..length].into();
        let fault = made.judged().unwrap_err();
        assert!(matches!(fault, RegistrationFault::AuthenticatorData(_)), "{length}: {fault}");
    }
}

#[test]
fn the_id_must_be_that_of_the_credential_that_was_made() {
    refuses_made(|made| made.id = base64url(b"another"), RegistrationFault::OtherCredential, ID);
}

#[test]
fn a_registration_of_one_party_is_none_of_another() {
    let other = RelyingParty::new("other.example", None, vec!["https://other.example".to_owned()]).unwrap();
    let made = registering().made();
    let (client_data, object) = (base64url(&made.client_data), base64url(made.object_bytes()));
    refused(made.judged_with(&other, &client_data, &object), ClientDataFault::Origin, CLIENT_DATA);
}

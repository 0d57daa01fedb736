//! Which public keys a passkey may have.

use coset::cbor::value::Value as Cbor;
use countersign_flow::webauthn::{Algorithm, AuthenticatorDataFault, CoseKey, CoseKeyFault, RegistrationFault};

use super::authenticator::{Attestation, Key, Registering, cbor};

type Members = Vec<(Cbor, Cbor)>;

fn cose(algorithm: Algorithm) -> Members {
    Key::of(algorithm, 1).cose()
}

fn set(members: &mut Members, label: i64, value: impl Into<Cbor>) {
    members.retain(|(key, _)| *key != Cbor::from(label));
    members.push((label.into(), value.into()));
}

/// A key with one change is refused, alone and in a registration.
#[track_caller]
fn refuses(algorithm: Algorithm, change: impl FnOnce(&mut Members), expected: CoseKeyFault) {
    let mut members = cose(algorithm);
    change(&mut members);
    let key = Cbor::Map(members);
    assert_eq!(CoseKey::from_cbor(&cbor(&key)), Err(expected));
    let mut registering = Registering::new(algorithm, Attestation::None);
    registering.data.cose = key;
    let expected = RegistrationFault::AuthenticatorData(AuthenticatorDataFault::Key(expected));
    assert_eq!(registering.judged(), Err(expected));
}

#[test]
fn the_order_of_members_does_not_matter() {
    for algorithm in Algorithm::ALL {
        let mut members = cose(algorithm);
        members.reverse();
        let key = CoseKey::from_cbor(&cbor(&Cbor::Map(members))).unwrap();
        let signature = Key::of(algorithm, 1).sign(b"message");
        assert!(key.verifies(b"message", &signature));
        assert!(!key.verifies(b"another", &signature));
        assert!(!key.verifies(b"message", &signature[1..]));
        assert!(!key.verifies(b"message", &[&signature[..], &[0]].concat()));
    }
}

#[test]
fn other_algorithms_are_refused() {
    // ES384, ES512, PS256, RS1, ES256K, Ed25519 by its own number, HMAC, and what nobody registered.
    for algorithm in [-35, -36, -37, -65_535, -47, -19, 5, 0, -70_000] {
        refuses(Algorithm::Es256, |key| set(key, 3, algorithm), CoseKeyFault::Algorithm);
    }
    refuses(Algorithm::Es256, |key| key.retain(|(label, _)| *label != 3.into()), CoseKeyFault::Algorithm);
    refuses(Algorithm::Es256, |key| set(key, 3, "ES256"), CoseKeyFault::Algorithm);
}

#[test]
fn an_algorithm_goes_with_its_own_type_of_key() {
    for own in Algorithm::ALL {
        for other in Algorithm::ALL.into_iter().filter(|other| *other != own) {
            refuses(own, |key| set(key, 3, other.id()), CoseKeyFault::Value);
        }
    }
    // 4: symmetric.
    refuses(Algorithm::Es256, |key| set(key, 1, 4), CoseKeyFault::Value);
}

#[test]
fn an_es256_key_is_an_uncompressed_point_on_p256() {
    let refuses = |change: &dyn Fn(&mut Members)| refuses(Algorithm::Es256, change, CoseKeyFault::Value);
    // P-384, secp256k1.
    refuses(&|key| set(key, -1, 2));
    refuses(&|key| set(key, -1, 8));
    refuses(&|key| set(key, -3, true));
    refuses(&|key| set(key, -3, vec![1_u8; 32]));
    refuses(&|key| set(key, -2, vec![0xff_u8; 32]));
    refuses(&|key| set(key, -2, vec![1_u8; 31]));
    // The same point, divided elsewhere.
    let point = crate::key(1).public().sec1_uncompressed()[1..].to_vec();
    refuses(&|key| {
        set(key, -2, vec![0_u8; 0]);
        set(key, -3, point.clone());
    });
    for label in [-1, -2, -3] {
        refuses(&|key| key.retain(|(found, _)| *found != label.into()));
    }
}

#[test]
fn an_eddsa_key_is_32_bytes_of_ed25519() {
    let refuses = |change: &dyn Fn(&mut Members)| refuses(Algorithm::EdDsa, change, CoseKeyFault::Value);
    // X25519, Ed448.
    refuses(&|key| set(key, -1, 4));
    refuses(&|key| set(key, -1, 7));
    refuses(&|key| set(key, -2, vec![1_u8; 31]));
    refuses(&|key| set(key, -2, "text"));
    for label in [-1, -2] {
        refuses(&|key| key.retain(|(found, _)| *found != label.into()));
    }
}

#[test]
fn an_rs256_key_has_a_modulus_and_an_exponent_of_usable_size() {
    let refuses = |change: &dyn Fn(&mut Members)| refuses(Algorithm::Rs256, change, CoseKeyFault::Value);
    for length in [0, 1, 128, 255, 1_025] {
        refuses(&|key| set(key, -1, vec![0xff_u8; length]));
    }
    refuses(&|key| set(key, -1, [&[0x7f], &[0xff_u8; 255][..]].concat()));
    refuses(&|key| set(key, -1, [&[0], &[0xff_u8; 256][..]].concat()));
    refuses(&|key| set(key, -1, [&[0xff_u8; 255][..], &[0xfe]].concat()));
    for exponent in [&[][..], &[1], &[2], &[0], &[0, 1, 0, 1], &[1, 0, 0, 0, 1]] {
        refuses(&|key| set(key, -2, exponent.to_vec()));
    }
    for label in [-1, -2] {
        refuses(&|key| key.retain(|(found, _)| *found != label.into()));
    }
}

#[test]
fn a_key_has_nothing_but_what_its_algorithm_requires() {
    for algorithm in Algorithm::ALL {
        refuses(algorithm, |key| set(key, 2, vec![1_u8]), CoseKeyFault::Malformed);
        refuses(algorithm, |key| set(key, 4, Cbor::Array(vec![2.into()])), CoseKeyFault::Malformed);
        refuses(algorithm, |key| set(key, 5, vec![1_u8]), CoseKeyFault::Malformed);
        // A private key.
        refuses(algorithm, |key| set(key, -4, vec![1_u8; 32]), CoseKeyFault::Malformed);
        refuses(algorithm, |key| key.push(("text".into(), 1.into())), CoseKeyFault::Malformed);
    }
}

#[test]
fn a_member_that_stands_twice_is_refused() {
    for algorithm in Algorithm::ALL {
        for at in 0..cose(algorithm).len() {
            refuses(algorithm, |key| key.push(key[at].clone()), CoseKeyFault::Malformed);
        }
    }
}

#[test]
fn what_is_no_key_is_refused() {
    refuses(Algorithm::Es256, |key| key.retain(|(label, _)| *label != 1.into()), CoseKeyFault::Malformed);
    refuses(Algorithm::Es256, Vec::clear, CoseKeyFault::Malformed);
    let whole = cbor(&Cbor::Map(cose(Algorithm::Es256)));
    for bytes in [vec![], [&whole[..], &[0]].concat(), whole[..whole.len() - 1].to_vec(), cbor(&"text".into())] {
        assert_eq!(CoseKey::from_cbor(&bytes), Err(CoseKeyFault::Malformed));
    }
}

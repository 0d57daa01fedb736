//! Whatever an authenticator sends: an answer within bounds, never a panic, and nothing accepted that isn't what it was.

use coset::cbor::value::Value as Cbor;
use countersign_flow::rand_core::Rng;
use countersign_flow::webauthn::{
    Algorithm, AuthenticatorDataFault, CoseKey, CoseKeyFault, MAX_LENGTH, Registration, RegistrationFault,
};

use super::authenticator::{ATTESTED, Asserting, Attestation, EXTENSIONS, Key, Registering, base64url, cbor};
use super::certificate::Certificate;
use super::party;
use crate::entropy::Seeded;
use crate::hostile_input::mutated_bytes;

fn attestations() -> [Attestation; 3] {
    let key = Key::of(Algorithm::Es256, 2);
    let certificate = Certificate::of(&key);
    [Attestation::None, Attestation::Own, Attestation::Certified(Box::new(key), certificate)]
}

/// A registration with these bytes in place of its attestation object.
fn judged_object(bytes: &[u8]) -> Result<Registration, RegistrationFault> {
    let made = Registering::new(Algorithm::Es256, Attestation::None).made();
    made.judged_with(&party(), &base64url(&made.client_data), &base64url(bytes))
}

#[test]
fn a_mutated_registration_is_judged_without_panic() {
    let mut rng = Seeded::new(1);
    for algorithm in Algorithm::ALL {
        for attestation in attestations() {
            let is_signed = !matches!(attestation, Attestation::None);
            let made = Registering::new(algorithm, attestation).made();
            let (client_data, object) = (base64url(&made.client_data), made.object_bytes());
            let whole = made.judged().unwrap();
            for _ in 0..1_000 {
                let mutation = mutated_bytes(&object, &mut rng);
                if let Ok(registration) = made.judged_with(&party(), &client_data, &base64url(mutation))
                    && is_signed
                {
                    // The maps around the signed bytes may be written in another way; the bytes may not.
                    assert_eq!(registration, whole);
                }
                let mutation = mutated_bytes(&made.client_data, &mut rng);
                let _ = made.judged_with(&party(), &base64url(mutation), &base64url(&object));
            }
        }
    }
}

#[test]
fn a_mutated_assertion_is_refused() {
    let mut rng = Seeded::new(2);
    for algorithm in Algorithm::ALL {
        let passkey = Registering::new(algorithm, Attestation::None).judged().unwrap().passkey;
        for round in 0..1_500 {
            let mut signed = Asserting::new(algorithm, b"payload").signed();
            let part = match round % 3 {
                0 => &mut signed.client_data,
                1 => &mut signed.data,
                _ => &mut signed.signature,
            };
            let mutation = mutated_bytes(part, &mut rng);
            let changed = mutation != *part;
            *part = mutation;
            assert!(!(changed && signed.judged(&passkey, b"payload").is_ok()));
        }
    }
}

#[test]
fn mutated_authenticator_data_and_keys_are_judged_without_panic() {
    let mut rng = Seeded::new(3);
    for algorithm in Algorithm::ALL {
        let mut registering = Registering::new(algorithm, Attestation::None);
        registering.data.flags |= EXTENSIONS;
        registering.data.extensions = vec![0xa1, 0x61, b'a', 0x81, 0xf5];
        let data = registering.data.bytes();
        let mut made = registering.made();
        let key = cbor(&Cbor::Map(Key::of(algorithm, 1).cose()));
        for _ in 0..2_000 {
            *made.member("authData") = mutated_bytes(&data, &mut rng).into();
            let _ = made.judged();
            if let Ok(key) = CoseKey::from_cbor(&mutated_bytes(&key, &mut rng)) {
                assert!(!key.verifies(b"message", b"signature"));
            }
        }
    }
}

#[test]
fn random_bytes_are_refused() {
    let mut rng = Seeded::new(4);
    for round in 0..5_000_u32 {
        let mut bytes = vec![0; usize::try_from(rng.next_u32() % 80).unwrap()];
        rng.fill_bytes(&mut bytes);
        assert_eq!(judged_object(&bytes), Err(RegistrationFault::AttestationObject), "{round}");
        assert!(CoseKey::from_cbor(&bytes).is_err());
        // Behind a head that is right: what follows is read as id, key and extensions.
        let mut made = Registering::new(Algorithm::Es256, Attestation::None).made();
        let mut data = made.member("authData").as_bytes().unwrap()[..37].to_vec();
        data[32] |= ATTESTED | EXTENSIONS;
        *made.member("authData") = [&data[..], &bytes].concat().into();
        assert!(made.judged().is_err());
    }
}

#[test]
fn cbor_that_is_nested_deeply_is_refused() {
    let room = MAX_LENGTH / 4 * 3;
    // Arrays of one, arrays and maps without end, tags.
    for opening in [&[0x81][..], &[0x9f], &[0xa1, 0x61, b'a'], &[0xbf, 0x61, b'a'], &[0xc1]] {
        for depth in [10, 100, 255, 256, 257, (room - 1) / opening.len()] {
            let nested = [&opening.repeat(depth)[..], &[0]].concat();
            assert_eq!(judged_object(&nested), Err(RegistrationFault::AttestationObject));
            assert_eq!(CoseKey::from_cbor(&nested), Err(CoseKeyFault::Malformed));
        }
    }
    for (depth, refused) in [(8, false), (9, true)] {
        let arrays = [&[0x81].repeat(depth - 1)[..], &[0]].concat();
        let mut registering = Registering::new(Algorithm::Es256, Attestation::None);
        registering.data.flags |= EXTENSIONS;
        registering.data.extensions = [&[0xa1, 0x61, b'a'], &arrays[..]].concat();
        assert_eq!(registering.judged().is_err(), refused);
    }
}

#[test]
fn cbor_that_claims_more_than_it_has_is_refused_without_allocating_it() {
    // Bytes, text, an array and a map of 2^32 - 1 and of 2^63 - 1 elements, with none of them there.
    for kind in [0x40, 0x60, 0x80, 0xa0] {
        for length in [&[0x1a, 0xff, 0xff, 0xff, 0xff][..], &[0x1b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]] {
            let mut claim = length.to_vec();
            claim[0] |= kind;
            assert_eq!(judged_object(&claim), Err(RegistrationFault::AttestationObject));
            let mut registering = Registering::new(Algorithm::Es256, Attestation::None);
            registering.data.flags |= EXTENSIONS;
            registering.data.extensions = claim;
            assert_eq!(registering.judged(), Err(AuthenticatorDataFault::Extensions.into()));
        }
    }
}

#[test]
fn as_many_elements_as_there_is_room_for_are_read() {
    let room = MAX_LENGTH / 4 * 3 - 3;
    let mut zeros = vec![0x99, u8::try_from(room >> 8).unwrap(), u8::try_from(room & 0xff).unwrap()];
    zeros.resize(room + 3, 0);
    assert_eq!(judged_object(&zeros), Err(RegistrationFault::AttestationObject));
    let members: Vec<(Cbor, Cbor)> = (0..5_000).map(|key| (Cbor::from(key), Cbor::from(0))).collect();
    let mut registering = Registering::new(Algorithm::Es256, Attestation::None);
    registering.data.flags |= EXTENSIONS;
    registering.data.extensions = cbor(&Cbor::Map(members));
    registering.judged().unwrap();
}

#[test]
fn tags_and_keys_that_are_neither_numbers_nor_texts_are_refused() {
    let extended = |extensions: Cbor| {
        let mut registering = Registering::new(Algorithm::Es256, Attestation::None);
        registering.data.flags |= EXTENSIONS;
        registering.data.extensions = cbor(&extensions);
        registering.judged().map(|_| ())
    };
    let refused = Err(AuthenticatorDataFault::Extensions.into());
    let member = |key: Cbor, value: Cbor| Cbor::Map(vec![(key, value)]);
    assert_eq!(extended(member("a".into(), Cbor::Tag(0, Box::new("a".into())))), refused);
    assert_eq!(extended(Cbor::Tag(55_799, Box::new(Cbor::Map(vec![])))), refused);
    for key in [Cbor::Null, Cbor::Bool(true), Cbor::Bytes(vec![1]), Cbor::Array(vec![]), Cbor::Float(1.5)] {
        assert_eq!(extended(member(key, 1.into())), refused);
    }
    // One number in two lengths is one key.
    let mut registering = Registering::new(Algorithm::Es256, Attestation::None);
    registering.data.flags |= EXTENSIONS;
    registering.data.extensions = vec![0xa2, 0x01, 0x00, 0x18, 0x01, 0x00];
    assert_eq!(registering.judged().map(|_| ()), refused);
    assert_eq!(extended(member(1.into(), Cbor::Float(1.5))), Ok(()));
}

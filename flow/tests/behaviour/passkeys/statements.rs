//! Attestation statements: which hold, and which do not.

use coset::cbor::value::Value as Cbor;
use countersign_flow::webauthn::{Algorithm, AttestationFault, CertificateFault, RegistrationFault};

use super::authenticator::{AAGUID, Attestation, Key, Made, Registering};
use super::certificate::{
    BASIC_CONSTRAINTS, COUNTRY, Certificate, Extension, MAKE, NAME, OCTET_STRING, ORGANIZATION, UNIT, der,
};
use crate::key;

/// A `packed` registration whose statement is changed after it was signed.
#[track_caller]
fn refuses(attestation: Attestation, change: impl FnOnce(&mut Made), expected: AttestationFault) {
    let mut made = Registering::new(Algorithm::Es256, attestation).made();
    change(&mut made);
    assert_eq!(made.judged(), Err(RegistrationFault::Attestation(expected)));
}

/// By a key with a certificate that is changed before it is used.
fn certified(change: impl FnOnce(&mut Certificate)) -> Attestation {
    let key = Key::of(Algorithm::Es256, 2);
    let mut certificate = Certificate::of(&key);
    change(&mut certificate);
    Attestation::Certified(Box::new(key), certificate)
}

#[track_caller]
fn refuses_certificate(change: impl FnOnce(&mut Certificate), expected: CertificateFault) {
    refuses(certified(change), |_| {}, AttestationFault::Certificate(expected));
}

fn set(made: &mut Made, name: &str, value: Cbor) {
    made.statement().retain(|(key, _)| key.as_text() != Some(name));
    made.statement().push((name.into(), value));
}

#[test]
fn other_formats_are_refused() {
    for format in ["", "NONE", "fido-u2f", "tpm", "apple", "android-key", "android-safetynet", "compound"] {
        refuses(Attestation::Own, |made| *made.member("fmt") = format.into(), AttestationFault::Format);
    }
}

#[test]
fn the_format_none_has_an_empty_statement() {
    refuses(Attestation::None, |made| set(made, "alg", (-7).into()), AttestationFault::Statement);
    refuses(Attestation::Own, |made| *made.member("fmt") = "none".into(), AttestationFault::Statement);
}

#[test]
fn a_packed_statement_has_the_members_of_its_format_and_no_others() {
    let mut wrong: Vec<(&str, Cbor)> = vec![
        ("alg", "ES256".into()),
        ("alg", (1_u64 << 63).into()),
        ("sig", "text".into()),
        ("x5c", vec![0_u8].into()),
        ("x5c", Cbor::Array(vec![])),
        ("x5c", Cbor::Array(vec!["text".into()])),
        ("ecdaaKeyId", vec![0_u8].into()),
        ("more", Cbor::Null),
    ];
    wrong.push(("x5c", Cbor::Array(vec![vec![0_u8].into(), 1.into()])));
    for (name, value) in wrong {
        refuses(Attestation::Own, |made| set(made, name, value), AttestationFault::Statement);
    }
    for name in ["alg", "sig"] {
        let without = |made: &mut Made| made.statement().retain(|(key, _)| key.as_text() != Some(name));
        refuses(Attestation::Own, without, AttestationFault::Statement);
    }
}

#[test]
fn the_algorithm_of_a_statement_is_that_of_the_key_that_signed() {
    for algorithm in [Algorithm::EdDsa.id(), Algorithm::Rs256.id(), -35, -65_535, 0] {
        refuses(Attestation::Own, |made| set(made, "alg", algorithm.into()), AttestationFault::Algorithm);
        refuses(certified(|_| {}), |made| set(made, "alg", algorithm.into()), AttestationFault::Algorithm);
    }
}

#[test]
fn a_statement_signed_by_another_key_is_refused() {
    for algorithm in [Algorithm::Es256, Algorithm::EdDsa] {
        let mut registering = Registering::new(algorithm, Attestation::Own);
        registering.key = Key::of(algorithm, 3);
        assert_eq!(registering.judged(), Err(AttestationFault::Signature.into()));
    }
    let other = Certificate::of(&Key::of(Algorithm::Es256, 3));
    let attestation = Attestation::Certified(Box::new(Key::of(Algorithm::Es256, 2)), other);
    refuses(attestation, |_| {}, AttestationFault::Signature);
}

#[test]
fn a_signature_over_other_bytes_is_refused() {
    for algorithm in Algorithm::ALL {
        for attestation in [Attestation::Own, certified(|_| {})] {
            let mut made = Registering::new(algorithm, attestation).made();
            made.client_data.push(b' ');
            assert_eq!(made.judged(), Err(AttestationFault::Signature.into()));
        }
        let mut made = Registering::new(algorithm, Attestation::Own).made();
        let bytes = made.member("authData").as_bytes_mut().unwrap();
        // The counter.
        bytes[36] ^= 1;
        assert_eq!(made.judged(), Err(AttestationFault::Signature.into()));
    }
    refuses(Attestation::Own, |made| set(made, "sig", vec![0_u8; 0].into()), AttestationFault::Signature);
}

#[test]
fn what_is_no_certificate_is_refused() {
    let bad = |bytes: Vec<u8>| move |made: &mut Made| set(made, "x5c", Cbor::Array(vec![bytes.into()]));
    let whole = Certificate::of(&Key::of(Algorithm::Es256, 2)).der();
    for bytes in [vec![], vec![0x30], whole[1..].to_vec(), [&whole[..], &[0]].concat()] {
        let malformed = AttestationFault::Certificate(CertificateFault::Malformed);
        refuses(certified(|_| {}), bad(bytes), malformed);
    }
}

#[test]
fn certificates_of_earlier_versions_are_refused() {
    for version in [None, Some(1)] {
        refuses_certificate(|certificate| certificate.version = version, CertificateFault::Version);
    }
}

#[test]
fn a_certificate_of_another_subject_is_refused() {
    for missing in [COUNTRY, ORGANIZATION, UNIT, NAME] {
        refuses_certificate(|it| it.subject.retain(|(oid, _)| *oid != missing), CertificateFault::Subject);
        let emptied = |it: &mut Certificate| {
            it.subject.iter_mut().filter(|(oid, _)| *oid == missing).for_each(|(_, text)| *text = "");
        };
        refuses_certificate(emptied, CertificateFault::Subject);
    }
    let other_unit = |it: &mut Certificate| it.subject[2].1 = "authenticator attestation";
    refuses_certificate(other_unit, CertificateFault::Subject);
}

#[test]
fn a_certificate_of_an_authority_is_refused() {
    // cA is true; not a sequence; twice.
    for constraints in [vec![0x30, 3, 1, 1, 0xff], vec![0x05, 0]] {
        let change = |it: &mut Certificate| it.extensions[0] = Extension(BASIC_CONSTRAINTS, true, constraints);
        refuses_certificate(change, CertificateFault::Authority);
    }
    let twice = |it: &mut Certificate| it.extensions.push(Extension(BASIC_CONSTRAINTS, true, vec![0x30, 0]));
    refuses_certificate(twice, CertificateFault::Authority);
}

#[test]
fn a_certificate_for_another_make_is_refused() {
    for make in [
        Extension(MAKE, false, der(OCTET_STRING, &[0xa6; 16])),
        Extension(MAKE, false, der(OCTET_STRING, &AAGUID[1..])),
        Extension(MAKE, false, AAGUID.to_vec()),
        Extension(MAKE, true, der(OCTET_STRING, &AAGUID)),
    ] {
        refuses_certificate(|it| it.extensions.push(make), CertificateFault::Aaguid);
    }
}

#[test]
fn a_certificate_need_not_name_a_make_nor_have_extensions() {
    for kept in 0..2 {
        let attestation = certified(|it| it.extensions.truncate(kept));
        Registering::new(Algorithm::Es256, attestation).judged().unwrap();
    }
}

#[test]
fn a_certificate_with_a_key_of_another_kind_is_refused() {
    // X25519; P-384 with a point of P-256; a P-256 point that is off the curve.
    let x25519 = "302a300506032b656e032100".to_owned() + &"09".repeat(32);
    let p384 = "3056301006072a8648ce3d020106052b81040022034200".to_owned() + &key(2).public().uncompressed_hex();
    let off = "3059301306072a8648ce3d020106082a8648ce3d030107034200".to_owned() + "04" + &"01".repeat(64);
    for spki in [x25519, p384, off] {
        refuses_certificate(|it| it.spki = hex::decode(spki).unwrap(), CertificateFault::Key);
    }
}

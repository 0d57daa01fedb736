//! Project Wycheproof's cases of the signatures that wallets and authenticators make.

use std::fmt::Debug;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use coset::cbor::value::Value as Cbor;
use coset::{CborSerializable, CoseKeyBuilder, KeyType, Label, iana};
use countersign_flow::key::PublicKey;
use countersign_flow::stamp::{SCHEME, Stamp};
use countersign_flow::webauthn::CoseKey;
use wycheproof::{TestResult, ecdsa, eddsa, rsa_pkcs1_verify};

/// Counts cases, and notes those that came out wrong.
#[derive(Default)]
struct Tally {
    valid: usize,
    invalid: usize,
    wrong: Vec<String>,
}

impl Tally {
    fn judge(&mut self, case: usize, comment: &str, expected: TestResult, accepted: bool) {
        let right = match expected {
            TestResult::Valid => accepted,
            TestResult::Invalid => !accepted,
            // Weak, and allowed: either will do.
            TestResult::Acceptable => true,
        };
        *(if accepted { &mut self.valid } else { &mut self.invalid }) += 1;
        if !right {
            self.wrong.push(format!("case {case} ({comment}) is {expected:?}, and was accepted: {accepted}"));
        }
    }

    /// Fails on any wrong case, and if there were fewer cases than known.
    #[track_caller]
    fn finish(self, at_least: (usize, usize)) {
        assert!(self.wrong.is_empty(), "{}", self.wrong.join("\n"));
        assert!(self.valid >= at_least.0 && self.invalid >= at_least.1, "{} {}", self.valid, self.invalid);
    }
}

/// The header that a client would send with this signature.
fn header(key: &PublicKey, signature: &[u8]) -> String {
    let (key, signature) = (key.compressed_hex(), hex::encode(signature));
    URL_SAFE_NO_PAD.encode(format!(r#"{{"publicKey":"{key}","scheme":"{SCHEME}","signature":"{signature}"}}"#))
}

fn loaded<T, E: Debug>(set: Result<T, E>) -> T {
    set.expect("the crate holds its own data")
}

#[test]
fn stamps_with_the_ecdsa_cases() {
    let mut tally = Tally::default();
    for group in loaded(ecdsa::TestSet::load(ecdsa::TestName::EcdsaSecp256r1Sha256)).test_groups {
        let key = PublicKey::from_sec1(&group.key.key).expect("every key is a point");
        for case in group.tests {
            let stamp = Stamp::parse(&header(&key, &case.sig));
            let accepted = stamp.is_ok_and(|stamp| stamp.verifies(&case.msg, &key));
            tally.judge(case.tc_id, &case.comment, case.result, accepted);
        }
    }
    tally.finish((174, 310));
}

#[test]
fn tokens_with_the_ecdsa_cases_of_fixed_length() {
    let mut tally = Tally::default();
    for group in loaded(ecdsa::TestSet::load(ecdsa::TestName::EcdsaSecp256r1Sha256P1363)).test_groups {
        let key = PublicKey::from_sec1(&group.key.key).expect("every key is a point");
        for case in group.tests {
            tally.judge(case.tc_id, &case.comment, case.result, key.verifies_jws(&case.msg, &case.sig));
        }
    }
    tally.finish((173, 89));
}

#[test]
fn passkeys_with_the_eddsa_cases() {
    let mut tally = Tally::default();
    for group in loaded(eddsa::TestSet::load(eddsa::TestName::Ed25519)).test_groups {
        let key = CoseKeyBuilder::new_okp_key()
            .algorithm(iana::Algorithm::EdDSA)
            .param(iana::OkpKeyParameter::Crv as i64, (iana::EllipticCurve::Ed25519 as i64).into())
            .param(iana::OkpKeyParameter::X as i64, Cbor::Bytes(group.key.pk.to_vec()));
        let key = CoseKey::from_cbor(&key.build().to_vec().unwrap()).expect("every key has 32 bytes");
        for case in group.tests {
            tally.judge(case.tc_id, &case.comment, case.result, key.verifies(&case.msg, &case.sig));
        }
    }
    tally.finish((88, 63));
}

#[test]
fn passkeys_with_the_rsa_cases() {
    use rsa_pkcs1_verify::TestName;
    let mut tally = Tally::default();
    for name in [TestName::Rsa2048Sha256, TestName::Rsa3072Sha256, TestName::Rsa4096Sha256] {
        for group in loaded(rsa_pkcs1_verify::TestSet::load(name)).test_groups {
            let number = |bytes: &[u8]| Cbor::Bytes(bytes.iter().copied().skip_while(|byte| *byte == 0).collect());
            let parameter = |parameter: iana::RsaKeyParameter| Label::Int(parameter as i64);
            let key = coset::CoseKey {
                kty: KeyType::Assigned(iana::KeyType::RSA),
                alg: Some(coset::Algorithm::Assigned(iana::Algorithm::RS256)),
                params: vec![
                    (parameter(iana::RsaKeyParameter::N), number(&group.key.n)),
                    (parameter(iana::RsaKeyParameter::E), number(&group.key.e)),
                ],
                ..coset::CoseKey::default()
            };
            let key = CoseKey::from_cbor(&key.to_vec().unwrap()).expect("every key is usable");
            for case in group.tests {
                tally.judge(case.tc_id, &case.comment, case.result, key.verifies(&case.msg, &case.sig));
            }
        }
    }
    tally.finish((24, 749));
}

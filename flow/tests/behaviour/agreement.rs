//! Two implementations of one standard agree: `p256` with aws-lc, `hpke` with rustls.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use countersign_flow::hpke;
use countersign_flow::key::{PublicKey, SecretKey};
use countersign_flow::otp_bundle::{SealedCode, seal_code};
use countersign_flow::session_bundle::{open_session_key, seal_session_key};
use p256::ecdsa::signature::Verifier;
use rustls::crypto::aws_lc_rs::hpke::DH_KEM_P256_HKDF_SHA256_AES_256;
use rustls::crypto::hpke::{EncapsulatedSecret, Hpke, HpkePrivateKey, HpkePublicKey};

use crate::{entropy::Seeded, key, rng};

fn p256_verifies(key: &PublicKey, message: &[u8], der: &[u8]) -> bool {
    let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(&key.sec1_compressed()).unwrap();
    p256::ecdsa::Signature::from_der(der).is_ok_and(|signature| key.verify(message, &signature).is_ok())
}

#[test]
fn each_verifies_the_fresh_signatures_of_the_other_in_both_halves() {
    let (mut high, mut low) = (0, 0);
    for seed in 0..64 {
        let key = SecretKey::generate(&mut Seeded::new(seed));
        let message = seed.to_string();
        for der in [key.sign_der(message.as_bytes()), key.sign_deterministic_der(message.as_bytes())] {
            let signature = p256::ecdsa::Signature::from_der(&der).unwrap();
            let normalised = signature.normalize_s();
            *(if normalised == signature { &mut low } else { &mut high }) += 1;
            for der in [der, normalised.to_der().as_bytes().to_vec()] {
                assert!(key.public().verifies_der(message.as_bytes(), &der));
                assert!(p256_verifies(key.public(), message.as_bytes(), &der));
                assert!(!key.public().verifies_der(b"another", &der));
                assert!(!p256_verifies(key.public(), b"another", &der));
            }
        }
        let raw = key.sign_jws(message.as_bytes());
        assert!(key.public().verifies_jws(message.as_bytes(), &raw));
        assert!(!key.public().verifies_jws(b"another", &raw));
        assert!(!key.public().verifies_jws(message.as_bytes(), &raw[..63]));
    }
    assert!(high > 20 && low > 20, "both halves must have occurred: {high} high, {low} low");
}

#[test]
fn both_read_the_same_points_and_write_them_alike() {
    for seed in 1..64 {
        let key = key(seed);
        let public = key.public();
        for text in [public.compressed_hex(), public.uncompressed_hex(), public.compressed_hex().to_uppercase()] {
            assert_eq!(PublicKey::from_hex(&text), Ok(*public));
        }
        let theirs = p256::PublicKey::from_sec1_bytes(&hex::decode(public.compressed_hex()).unwrap()).unwrap();
        assert_eq!(&*theirs.to_sec1_bytes(), public.sec1_uncompressed());
        // aws-lc reads both forms of what we wrote.
        let signature = key.sign_der(b"m");
        for sec1 in [&public.sec1_uncompressed()[..], &public.sec1_compressed()] {
            assert!(UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, sec1).verify(b"m", &signature).is_ok());
        }
    }
}

#[test]
fn signatures_of_zero_or_beyond_the_order_are_false_for_both() {
    let key = key(5);
    let order = hex::decode("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551").unwrap();
    let (order, one, zero) = ([&[0], &order[..]].concat(), vec![1], vec![0]);
    for (r, s) in [(&zero, &one), (&one, &zero), (&order, &one), (&one, &order), (&one, &one)] {
        let mut der = vec![0x30, u8::try_from(4 + r.len() + s.len()).unwrap()];
        for integer in [r, s] {
            der.extend_from_slice(&[2, u8::try_from(integer.len()).unwrap()]);
            der.extend_from_slice(integer);
        }
        assert!(!key.public().verifies_der(b"m", &der));
        assert!(!p256_verifies(key.public(), b"m", &der));
    }
}

#[test]
fn deterministic_signatures_are_those_of_rfc_6979() {
    // RFC 6979, appendix A.2.5, SHA-256, message "sample". Its s is high: it isn't normalised.
    let scalar = hex::decode("c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721").unwrap();
    let key = SecretKey::from_bytes(&scalar.try_into().unwrap()).unwrap();
    assert_eq!(
        hex::encode(key.sign_deterministic_der(b"sample")),
        "3046022100efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716\
         022100f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8"
    );
}

#[test]
fn leading_zeros_of_a_scalar_are_kept() {
    let mut bytes = [0; 32];
    bytes[31] = 1;
    let one = SecretKey::from_bytes(&bytes).unwrap();
    assert_eq!(*one.to_bytes(), bytes);
    assert_eq!(one.public().compressed_hex(), "036b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296");
    assert!(one.public().verifies_der(b"m", &one.sign_der(b"m")));

    let client = key(3);
    let sealed = seal_session_key(client.public(), &one, &mut rng()).unwrap();
    assert_eq!(*open_session_key(&sealed, &client).unwrap().to_bytes(), bytes);
    assert!((115..=117).contains(&sealed.len()), "{}", sealed.len());
}

#[test]
fn zero_and_the_order_are_no_private_keys() {
    let order = hex::decode("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551").unwrap();
    for scalar in [[0; 32], [0xff; 32], order.try_into().unwrap()] {
        assert!(SecretKey::from_bytes(&scalar).is_err());
    }
}

#[test]
fn rustls_opens_what_we_seal() {
    let recipient = key(11);
    for length in [0, 1, 32, 1000] {
        let plaintext = vec![0x5a; length];
        let (encapsulated, ciphertext) = hpke::seal(recipient.public(), &plaintext, &mut rng()).unwrap();
        let opened = DH_KEM_P256_HKDF_SHA256_AES_256
            .setup_opener(
                &EncapsulatedSecret(encapsulated.sec1_uncompressed().to_vec()),
                hpke::INFO,
                &HpkePrivateKey::from(recipient.to_bytes().to_vec()),
            )
            .unwrap()
            .open(&hpke::associated_keys(&encapsulated, recipient.public()), &ciphertext);
        assert_eq!(opened.unwrap(), plaintext);
    }
}

#[test]
fn we_open_what_rustls_seals() {
    let recipient = key(12);
    let to = HpkePublicKey(recipient.public().sec1_uncompressed().to_vec());
    let (EncapsulatedSecret(encapsulated), mut sealer) =
        DH_KEM_P256_HKDF_SHA256_AES_256.setup_sealer(hpke::INFO, &to).unwrap();
    let encapsulated = PublicKey::from_sec1(&encapsulated).unwrap();
    let ciphertext =
        sealer.seal(&hpke::associated_keys(&encapsulated, recipient.public()), b"from the other side").unwrap();
    assert_eq!(hpke::open(&recipient, &encapsulated, &ciphertext).unwrap().as_slice(), b"from the other side");
    assert!(hpke::open(&key(13), &encapsulated, &ciphertext).is_err());
    assert!(hpke::open(&recipient, key(13).public(), &ciphertext).is_err());
}

#[test]
fn a_sealed_code_opens_only_with_its_target_key_and_unchanged() {
    let (target, session) = (key(21), key(22));
    let text = seal_code(target.public(), "012345", session.public(), &mut rng()).unwrap();
    let opened = SealedCode::parse(&text).unwrap().open(&target).unwrap();
    assert_eq!((opened.code.as_str(), opened.public_key), ("012345", *session.public()));
    assert!(SealedCode::parse(&text).unwrap().open(&session).is_err());

    let last = text.rfind('"').unwrap() - 1;
    let mut changed = text.into_bytes();
    changed[last] = if changed[last] == b'0' { b'1' } else { b'0' };
    assert!(SealedCode::parse(std::str::from_utf8(&changed).unwrap()).unwrap().open(&target).is_err());
}

//! Whatever comes in: an answer, never a panic, and nothing accepted that isn't what it was.

use countersign_flow::hpke;
use countersign_flow::id::{PlatformId, RequestId, SessionId};
use countersign_flow::json::{canonical, parse_unique};
use countersign_flow::key::{ClientPublicKey, PublicKey};
use countersign_flow::otp_bundle::{SealedCode, seal_code};
use countersign_flow::rand_core::Rng;
use countersign_flow::retry::{RetryHeaders, Signers};
use countersign_flow::session_bundle::{open_session_key, seal_session_key};
use countersign_flow::stamp::Stamp;
use countersign_flow::target_bundle::TargetBundle;
use countersign_flow::verification_token::{Claims, VerificationType, issue, verify};
use countersign_flow::{FlowError, Timestamp};
use uuid::Uuid;

use crate::entropy::Seeded;
use crate::{NOW, key, rng};

/// Changes `original` in 1 to 4 places: replaces, inserts, removes, repeats or cuts.
pub(crate) fn mutated_bytes(original: &[u8], rng: &mut Seeded) -> Vec<u8> {
    let mut bytes = original.to_vec();
    let mut below = |limit: usize| usize::try_from(rng.next_u32()).unwrap() % limit.max(1);
    for _ in 0..=below(4) {
        let at = below(bytes.len() + 1).min(bytes.len().saturating_sub(1));
        let interesting = b"\0\n\r =+/-_.:,{}[]\"\\0129aAfFgG\x7f\x80\xff";
        match below(6) {
            _ if bytes.is_empty() => bytes.push(interesting[below(interesting.len())]),
            0 => bytes[at] = interesting[below(interesting.len())],
            1 => bytes[at] ^= 1 << below(8),
            2 => bytes.insert(at, interesting[below(interesting.len())]),
            3 => {
                bytes.remove(at);
            }
            4 => {
                let end = (at + below(40)).min(bytes.len());
                let repeated = bytes[at..end].to_vec();
                bytes.splice(at..at, repeated);
            }
            _ => bytes.truncate(at),
        }
    }
    bytes
}

fn mutated(original: &str, rng: &mut Seeded) -> String {
    String::from_utf8_lossy(&mutated_bytes(original.as_bytes(), rng)).into_owned()
}

/// Runs `judge` on many mutations of `original`; it must not panic.
fn attack(original: &str, rounds: u64, judge: impl Fn(&str)) {
    let mut rng = Seeded::new(original.len() as u64);
    judge(original);
    for _ in 0..rounds {
        judge(&mutated(original, &mut rng));
    }
}

#[test]
fn a_mutated_stamp_never_vouches_for_another_payload() {
    let public = *key(1).public();
    attack(&Stamp::make(b"payload", &key(1)), 5_000, |header| {
        if let Ok(stamp) = Stamp::parse(header) {
            assert!(!stamp.verifies(b"another", &public));
            assert!(!stamp.verifies(b"payload", key(2).public()));
        }
        let _ = RetryHeaders::choose(Some(header), Some(header));
    });
}

#[test]
fn a_mutated_stamp_json_is_judged_without_panic() {
    use base64::Engine;
    let engine = base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let json = String::from_utf8(engine.decode(Stamp::make(b"payload", &key(1))).unwrap()).unwrap();
    attack(&json, 5_000, |json| {
        if let Ok(stamp) = Stamp::parse(&engine.encode(json)) {
            assert!(!stamp.verifies(b"another", stamp.public_key()));
        }
    });
}

#[test]
fn a_mutated_otp_bundle_holds_what_it_held_or_does_not_open() {
    let target = key(1);
    let text = seal_code(target.public(), "012345", key(2).public(), &mut rng()).unwrap();
    attack(&text, 1_500, |text| {
        if let Ok(opened) = SealedCode::parse(text).and_then(|sealed| sealed.open(&target)) {
            assert_eq!((opened.code.as_str(), &opened.public_key), ("012345", key(2).public()));
        }
    });
}

/// Seals any plaintext as an OTP bundle.
fn sealed_plaintext(plaintext: &str) -> SealedCode {
    let (encapsulated, ciphertext) = hpke::seal(key(1).public(), plaintext.as_bytes(), &mut rng()).unwrap();
    let (encapsulated, ciphertext) = (encapsulated.uncompressed_hex(), hex::encode(ciphertext));
    SealedCode::parse(&format!(r#"{{"encappedPublic":"{encapsulated}","ciphertext":"{ciphertext}"}}"#)).unwrap()
}

#[test]
fn a_plaintext_has_exactly_one_of_the_two_member_sets() {
    let public = key(2).public().compressed_hex();
    for good in [
        format!(r#"{{"otp_code":"000000","public_key":"{public}"}}"#),
        format!(r#" {{ "public_key" : "{public}" , "otp_code" : "000000" }} "#),
        format!(r#"{{"clientPublicKey":"{public}","otpCodeAttempt":"000000"}}"#),
    ] {
        let opened = sealed_plaintext(&good).open(&key(1)).unwrap();
        assert_eq!((opened.code.as_str(), opened.public_key.compressed_hex()), ("000000", public.clone()));
    }
    for bad in [
        String::new(),
        "null".to_owned(),
        "{}".to_owned(),
        format!(r#"["000000","{public}"]"#),
        r#"{"otp_code":"000000"}"#.to_owned(),
        format!(r#"{{"public_key":"{public}"}}"#),
        format!(r#"{{"otp_code":0,"public_key":"{public}"}}"#),
        format!(r#"{{"otp_code":"000000","public_key":["{public}"]}}"#),
        format!(r#"{{"otp_code":"000000","clientPublicKey":"{public}"}}"#),
        format!(r#"{{"otpCodeAttempt":"000000","public_key":"{public}"}}"#),
        format!(r#"{{"otp_code":"000000","public_key":"{public}","x":null}}"#),
        format!(r#"{{"otp_code":"1","public_key":"{public}","otpCodeAttempt":"2","clientPublicKey":"{public}"}}"#),
        format!(r#"{{"otp_code":1,"public_key":2,"otpCodeAttempt":"2","clientPublicKey":"{public}"}}"#),
        format!(r#"{{"otp_code":"1","otp_code":"2","public_key":"{public}"}}"#),
        format!(r#"{{"otp_code":"000000","public_key":"{public}"}} x"#),
    ] {
        let refused = sealed_plaintext(&bad).open(&key(1)).map(|_| ()).unwrap_err();
        assert_eq!(refused, FlowError::OtpPlaintextMalformed, "{bad}");
    }
    for key_text in ["", "02", &public[1..], &format!("{public}\n"), &format!("0x{public}")] {
        let bad = serde_json::json!({"otp_code": "000000", "public_key": key_text}).to_string();
        let refused = sealed_plaintext(&bad).open(&key(1)).map(|_| ()).unwrap_err();
        assert_eq!(refused, FlowError::OtpPublicKeyMalformed, "{bad}");
    }
}

#[test]
fn the_outer_object_of_an_otp_bundle_is_read_leniently_but_once() {
    let good = seal_code(key(1).public(), "000000", key(2).public(), &mut rng()).unwrap();
    let ignored = good.replacen('{', r#"{"version":1,"extra":{"a":[]},"#, 1);
    assert!(SealedCode::parse(&ignored).unwrap().open(&key(1)).is_ok());
    let upper = good.to_uppercase().replace("ENCAPPEDPUBLIC", "encappedPublic").replace("CIPHERTEXT", "ciphertext");
    assert!(SealedCode::parse(&upper).unwrap().open(&key(1)).is_ok());
    let compressed = format!(r#"{{"encappedPublic":"{}","ciphertext":"00"}}"#, key(2).public().compressed_hex());
    for bad in [
        "",
        "[]",
        "{}",
        r#"{"encappedPublic":1,"ciphertext":"00"}"#,
        &compressed,
        &good.replacen('{', r#"{"ciphertext":"00","#, 1),
        &good.replacen('{', r#"{"x":{"a":1,"a":2},"#, 1),
        &good.replacen("\"}", "0\"}", 1),
        &format!("{good}{good}"),
    ] {
        assert_eq!(SealedCode::parse(bad), Err(FlowError::OtpBundleMalformed), "{bad}");
    }
    // Shorter than its tag: well-formed, and it doesn't open.
    let short = format!(r#"{{"encappedPublic":"{}","ciphertext":""}}"#, key(2).public().uncompressed_hex());
    let refused = SealedCode::parse(&short).unwrap().open(&key(1)).map(|_| ()).unwrap_err();
    assert_eq!(refused, FlowError::OtpBundleNotOpened);
}

#[test]
fn a_mutated_session_bundle_does_not_open() {
    let recipient = key(1);
    let text = seal_session_key(recipient.public(), &key(2), &mut rng()).unwrap();
    attack(&text, 5_000, |mutation| {
        if let Ok(opened) = open_session_key(mutation, &recipient) {
            assert_eq!(opened.public(), key(2).public());
            assert_eq!(mutation, text);
        }
    });
    assert!(open_session_key(&"1".repeat(100_000), &recipient).is_err());
}

#[test]
fn a_mutated_target_bundle_names_the_same_target_or_none() {
    let text = TargetBundle::issue(&key(1), key(2).public(), Uuid::nil(), Uuid::nil());
    let pinned = key(1).public().uncompressed_hex();
    attack(&text, 3_000, |text| {
        if let Ok(bundle) = TargetBundle::verify(text, &pinned) {
            assert_eq!(bundle.target(), key(2).public());
        }
    });
}

#[test]
fn a_mutated_verification_token_makes_the_same_claims_or_none() {
    let claims = Claims::new(Uuid::nil(), VerificationType::Sms, "+1555", Uuid::nil(), key(2).public(), NOW);
    attack(&issue(&claims, &key(1), "k"), 3_000, |jwt| {
        if let Ok(found) = verify(jwt, key(1).public(), NOW) {
            assert_eq!(found, claims);
        }
    });
}

#[test]
fn keys_have_one_length_per_form_and_only_real_points() {
    let (compressed, uncompressed) = (key(1).public().compressed_hex(), key(1).public().uncompressed_hex());
    let above_the_field = format!("02{}", "f".repeat(64));
    let infinity = "00";
    for bad in [
        "",
        infinity,
        &"0".repeat(66),
        &"0".repeat(130),
        &above_the_field,
        &format!("{compressed}\n"),
        &format!("{uncompressed}\n"),
        &format!(" {compressed}"),
        &format!("0x{compressed}"),
        &format!("0x{}", &compressed[2..]),
        &format!("04{}", &compressed[2..]),
        &format!("02{}", &uncompressed[2..]),
        &format!("06{}", &uncompressed[2..]),
        &format!("07{}", &uncompressed[2..]),
        &format!("05{}", &compressed[2..]),
        &uncompressed[..129],
        &format!("{}0", &uncompressed[..129]),
        &format!("{}g", &compressed[..65]),
        // Two bytes in one character: 66 characters are not 66 digits.
        &format!("{}é", &compressed[..64]),
    ] {
        assert!(PublicKey::from_hex(bad).is_err(), "{bad:?}");
        assert!(ClientPublicKey::parse(bad).is_err(), "{bad:?}");
    }
    for text in [compressed, uncompressed] {
        attack(&text, 3_000, |text| {
            if let Ok(parsed) = ClientPublicKey::parse(text) {
                assert_eq!(parsed.as_sent(), text);
                assert_eq!(PublicKey::from_hex(&parsed.key().uncompressed_hex()), Ok(*parsed.key()));
            }
        });
    }
}

#[test]
fn mutated_ids_signers_and_json_are_judged_without_panic() {
    let id = RequestId::from_uuid(Uuid::from_u128(0x0192_f0a1_7c3b_7d4e_8f00_0123_4567_89ab)).to_string();
    attack(&id, 5_000, |text| {
        if let Ok(parsed) = text.parse::<RequestId>() {
            assert_eq!(parsed.to_string(), text.replace("Request:", "").to_lowercase().replacen("", "Request:", 1));
        }
        let _ = (text.parse::<SessionId>(), text.parse::<PlatformId>());
        let _ = format!("session:{text}").parse::<Signers>();
    });
    attack(r#"{"a":[1,2.5e-3,"\u00e9\ud83c\udf89",{"b":null,"c":true}],"d":"\\"}"#, 5_000, |text| {
        if let Ok(value) = parse_unique(text, 8) {
            let written = canonical(&value);
            assert_eq!(canonical(&parse_unique(&written, 8).unwrap()), written, "{text}");
        }
    });
}

#[test]
fn ids_are_minted_in_order_of_time() {
    let mut rng = rng();
    let [first, second] = [NOW, Timestamp::from_millis(NOW.as_millis() + 1)].map(|now| RequestId::mint(now, &mut rng));
    assert!(first < second && first.to_string() < second.to_string());
    assert_eq!(first.uuid().get_version_num(), 7);
    assert_ne!(RequestId::mint(NOW, &mut rng), first);
}

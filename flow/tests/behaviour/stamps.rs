//! Which header values are stamps.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use countersign_flow::json::JsonError;
use countersign_flow::stamp::{SCHEME, Stamp, StampError};

use crate::key;

const PAYLOAD: &[u8] = b"payload";

struct Parts {
    key: String,
    scheme: String,
    signature: String,
}

fn parts() -> Parts {
    let key = key(1);
    Parts {
        key: key.public().compressed_hex(),
        scheme: SCHEME.to_owned(),
        signature: hex::encode(key.sign_der(PAYLOAD)),
    }
}

impl Parts {
    fn json(&self) -> String {
        let Self { key, scheme, signature } = self;
        format!(r#"{{"publicKey":"{key}","scheme":"{scheme}","signature":"{signature}"}}"#)
    }
}

#[track_caller]
fn accepts(header: &str) {
    let stamp = Stamp::parse(header).unwrap();
    assert!(stamp.verifies(PAYLOAD, key(1).public()));
    assert!(!stamp.verifies(b"another", key(1).public()));
    assert!(!stamp.verifies(PAYLOAD, key(2).public()));
}

#[track_caller]
fn refuses(json: &str, expected: StampError) {
    assert_eq!(Stamp::parse(&URL_SAFE_NO_PAD.encode(json)), Err(expected), "{json}");
}

#[test]
fn what_we_make_is_accepted() {
    accepts(&Stamp::make(PAYLOAD, &key(1)));
}

#[test]
fn both_alphabets_are_accepted_with_and_without_padding() {
    // Three lengths, so that every amount of padding occurs, and members whose bytes need `-` and `_`, or `+` and `/`.
    for extra in ["~~~???", "~~~????", "~~~?????"] {
        let json = parts().json().replacen('{', &format!(r#"{{"x":"{extra}","#), 1);
        for engine in [URL_SAFE_NO_PAD, URL_SAFE, STANDARD_NO_PAD, STANDARD] {
            accepts(&engine.encode(&json));
        }
    }
}

#[test]
fn order_white_space_unknown_members_and_case_do_not_matter() {
    let Parts { key: public, scheme, signature } = parts();
    let reordered = format!(
        "\n{{ \"signature\" : \"{signature}\" ,\r\n\t\"extra\":[{{\"a\":1}}], \"scheme\":\"{scheme}\",\"publicKey\":\"{public}\" }} "
    );
    accepts(&URL_SAFE_NO_PAD.encode(reordered));
    let upper = Parts { key: public.to_uppercase(), signature: signature.to_uppercase(), ..parts() };
    accepts(&URL_SAFE_NO_PAD.encode(upper.json()));
    let uncompressed = Parts { key: key(1).public().uncompressed_hex(), ..parts() };
    accepts(&URL_SAFE_NO_PAD.encode(uncompressed.json()));
}

#[test]
fn line_breaks_and_other_characters_in_the_base64_are_refused() {
    let header = Stamp::make(PAYLOAD, &key(1));
    for inserted in ["\n", "\r\n", " ", "\t", "=", "!", "é", "."] {
        for at in [0, 40, header.len()] {
            let mut changed = header.clone();
            changed.insert_str(at, inserted);
            if (inserted, at) == ("=", header.len()) {
                continue;
            }
            assert!(Stamp::parse(&changed).is_err(), "{inserted:?} at {at}");
        }
    }
    assert_eq!(Stamp::parse(&format!("{header}====")), Err(StampError::Base64));
}

#[test]
fn other_json_is_refused() {
    let good = parts().json();
    refuses("", StampError::Json(JsonError::Malformed));
    refuses(&good[..good.len() - 1], StampError::Json(JsonError::Malformed));
    refuses(&format!("{good}{good}"), StampError::Json(JsonError::Malformed));
    refuses(&format!("{good},"), StampError::Json(JsonError::Malformed));
    refuses(&format!("[{good}]"), StampError::NotAnObject);
    refuses("null", StampError::NotAnObject);
    refuses(&good.replacen('{', r#"{"scheme":"x","#, 1), StampError::Json(JsonError::DuplicateMember));
    refuses(&good.replacen('{', r#"{"x":1,"x":1,"#, 1), StampError::Json(JsonError::DuplicateMember));
    let deep = format!(r#"{{"x":{}{},"#, "[".repeat(40), "]".repeat(40));
    refuses(&good.replacen('{', &deep, 1), StampError::Json(JsonError::TooDeep));
}

#[test]
fn members_of_another_form_are_refused() {
    for scheme in ["", "SIGNATURE_SCHEME_TK_API_SECP256K1", "signature_scheme_tk_api_p256"] {
        refuses(&Parts { scheme: scheme.to_owned(), ..parts() }.json(), StampError::Scheme);
    }
    let good = parts();
    let hybrid = format!("06{}", &key(1).public().uncompressed_hex()[2..]);
    for public in ["", "02", &hybrid, &format!("0x{}", good.key), &good.key[..65], &"0".repeat(66)] {
        refuses(&Parts { key: public.to_owned(), ..parts() }.json(), StampError::PublicKey);
    }
    let lengthened = format!("{}00", good.signature);
    for signature in ["", "00", "3006020100020100ff", &good.signature[2..], &lengthened, &good.signature[1..]] {
        refuses(&Parts { signature: signature.to_owned(), ..parts() }.json(), StampError::Signature);
    }
    refuses(&good.json().replace(&format!("\"{}\"", good.key), "7"), StampError::PublicKey);
    refuses(&good.json().replace(r#""signature":"#, r#""Signature":"#), StampError::Signature);
}

#[test]
fn a_signature_that_is_canonical_and_out_of_range_is_well_formed_and_false() {
    let json = Parts { signature: "3006020100020100".to_owned(), ..parts() }.json();
    let stamp = Stamp::parse(&URL_SAFE_NO_PAD.encode(json)).unwrap();
    assert!(!stamp.verifies(PAYLOAD, key(1).public()));
}

#[test]
fn a_stamp_that_names_one_key_and_is_signed_by_another_vouches_for_neither() {
    let json = Parts { key: key(2).public().compressed_hex(), ..parts() }.json();
    let stamp = Stamp::parse(&URL_SAFE_NO_PAD.encode(json)).unwrap();
    assert!(!stamp.verifies(PAYLOAD, key(1).public()));
    assert!(!stamp.verifies(PAYLOAD, key(2).public()));
}

#[test]
fn the_length_limit_is_exact() {
    let padded = |length: usize| {
        let mut json = parts().json();
        while URL_SAFE_NO_PAD.encode(&json).len() < length {
            json.push(' ');
        }
        URL_SAFE_NO_PAD.encode(json)
    };
    assert_eq!(padded(2_048).len(), 2_048);
    accepts(&padded(2_048));
    assert_eq!(Stamp::parse(&padded(2_049)), Err(StampError::TooLong));
}

//! Secrets are fair, unguessable, and never printed.

use std::collections::HashSet;
use std::convert::Infallible;

use countersign_flow::id::{AuthMethodId, OtpIssueId};
use countersign_flow::rand_core::{TryCryptoRng, TryRng};
use countersign_flow::secret::{ClientSecret, MacKey, OtpCode, code_mac, code_matches, secret_digest, secret_matches};
use countersign_flow::service_token::{KeyKind, ServiceKey};
use uuid::Uuid;

use crate::{key, rng};

fn issue(n: u128) -> OtpIssueId {
    OtpIssueId::from_uuid(Uuid::from_u128(n))
}

fn credential(n: u128) -> AuthMethodId {
    AuthMethodId::from_uuid(Uuid::from_u128(n))
}

#[test]
fn codes_are_six_digits_and_each_digit_is_as_likely_anywhere() {
    const CODES: u32 = 20_000;
    let mut rng = rng();
    let mut counts = [[0_u32; 10]; 6];
    for _ in 0..CODES {
        let code = OtpCode::generate(&mut rng);
        assert!(code.as_str().len() == 6 && code.as_str().bytes().all(|c| c.is_ascii_digit()));
        for (position, digit) in code.as_str().bytes().enumerate() {
            counts[position][usize::from(digit - b'0')] += 1;
        }
    }
    // A binomial count of mean 2,000 has a deviation of 42; the source is repeatable, so this can't flicker.
    for count in counts.iter().flatten() {
        assert!((1_800..2_200).contains(count), "{counts:?}");
    }
}

/// Randomness that was written down beforehand.
struct Scripted(Vec<u32>);

impl TryRng for Scripted {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(self.0.remove(0))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        unreachable!("codes take 32 bits at a time")
    }

    fn try_fill_bytes(&mut self, _: &mut [u8]) -> Result<(), Infallible> {
        unreachable!("codes take 32 bits at a time")
    }
}

impl TryCryptoRng for Scripted {}

#[test]
fn numbers_that_would_favour_low_codes_are_drawn_again() {
    let draw = |numbers: &[u32]| OtpCode::generate(&mut Scripted(numbers.to_vec())).as_str().to_owned();
    assert_eq!(draw(&[4_293_999_999]), "999999");
    assert_eq!(draw(&[4_294_000_000, u32::MAX, 1_000_005]), "000005");
}

#[test]
fn a_code_matches_its_own_issue_and_credential_only() {
    let mac_key = MacKey::from_bytes(&[1; 32]);
    let mac = code_mac(&mac_key, issue(1), credential(2), "012345");
    assert!(code_matches(&mac_key, issue(1), credential(2), "012345", &mac));
    for (mac_key, issue, credential, code) in [
        (&MacKey::from_bytes(&[2; 32]), issue(1), credential(2), "012345"),
        (&mac_key, issue(2), credential(2), "012345"),
        (&mac_key, issue(1), credential(3), "012345"),
        (&mac_key, issue(2), credential(1), "012345"),
        (&mac_key, issue(1), credential(2), "012346"),
        (&mac_key, issue(1), credential(2), "12345"),
        (&mac_key, issue(1), credential(2), "0123450"),
        (&mac_key, issue(1), credential(2), ""),
    ] {
        assert!(!code_matches(mac_key, issue, credential, code, &mac), "{issue} {credential} {code}");
    }
}

#[test]
fn client_secrets_are_distinct_prefixed_and_known_by_their_digest() {
    let mut rng = rng();
    let secrets: Vec<ClientSecret> = (0..100).map(|_| ClientSecret::mint(&mut rng)).collect();
    let texts: HashSet<&str> = secrets.iter().map(ClientSecret::as_str).collect();
    assert_eq!(texts.len(), 100);
    for secret in &secrets {
        assert!(secret.as_str().starts_with("cs_secret_") && secret.as_str().len() == 53);
        assert!(secret_matches(secret.as_str(), &secret.digest()));
        assert!(!secret_matches(&secret.as_str()[1..], &secret.digest()));
        assert!(!secret_matches("", &secret.digest()));
        assert_eq!(secret.digest(), secret_digest(secret.as_str()));
    }
}

#[test]
fn service_keys_are_distinct_prefixed_and_known_by_their_digest() {
    let mut rng = rng();
    for (kind, prefix) in [(KeyKind::ApiKey, "relay_key_"), (KeyKind::WorkspaceToken, "relay_ws_")] {
        let keys: Vec<ServiceKey> = (0..100).map(|_| ServiceKey::mint(kind, &mut rng)).collect();
        let texts: HashSet<&str> = keys.iter().map(ServiceKey::as_str).collect();
        assert_eq!(texts.len(), 100);
        for key in &keys {
            assert!(key.as_str().starts_with(prefix) && key.as_str().len() == prefix.len() + 43);
            assert!(key.as_str().starts_with(key.beginning()) && key.beginning().len() == prefix.len() + 4);
            assert_eq!(key.digest(), secret_digest(key.as_str()));
            assert_eq!(format!("{key:?}"), "ServiceKey(..)");
        }
    }
}

#[test]
fn nothing_secret_is_printed() {
    let secret = ClientSecret::mint(&mut rng());
    assert!(!format!("{secret:?}").contains(&secret.as_str()[10..20]));
    assert_eq!(format!("{:?}", OtpCode::generate(&mut rng())), "OtpCode(..)");
    assert_eq!(format!("{:?}", MacKey::generate(&mut rng())), "MacKey(..)");
    let key = key(0x5c);
    assert!(!format!("{key:?}").contains("5c5c5c5c"));
}

//! What this crate promises, beyond the vectors: one module per promise.

mod agreement;
mod canonical_json;
#[path = "../entropy/mod.rs"]
mod entropy;
mod hostile_input;
mod oidc;
mod one_time_codes;
mod passkeys;
mod payloads;
mod sealed_values;
mod secrets;
mod signed_retry;
mod signed_tokens;
mod stamps;
mod token_families;
mod tokens;

use countersign_flow::key::SecretKey;
use countersign_flow::{Timestamp, rand_core::CryptoRng};

/// 2026-11-22T08:00:00Z
const NOW: Timestamp = Timestamp::from_millis(1_795_334_400_000);

fn rng() -> impl CryptoRng {
    entropy::Seeded::new(7)
}

/// A key that is the same each time.
fn key(seed: u8) -> SecretKey {
    SecretKey::from_bytes(&[seed; 32]).expect("small enough")
}

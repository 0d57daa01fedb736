//! The server's clock and randomness: the only place that asks the system for either.

use std::time::{SystemTime, UNIX_EPOCH};

use countersign_flow::Timestamp;
use countersign_flow::rand_core::{Rng as _, TryCryptoRng, TryRng, UnwrapErr};
use uuid::Uuid;

/// The machine's clock.
#[derive(Clone, Copy, Debug)]
pub struct Clock;

impl Clock {
    /// Now. A clock before 1970 reads as 1970.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the place")]
    pub fn now(self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}

/// The system's randomness, by aws-lc.
#[derive(Clone, Copy, Debug)]
pub struct SystemRandom;

impl TryRng for SystemRandom {
    type Error = aws_lc_rs::error::Unspecified;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Self::Error> {
        aws_lc_rs::rand::fill(bytes)
    }
}

impl TryCryptoRng for SystemRandom {}

/// A version 4 UUID: it tells nothing of when, or in which order, things were made.
#[must_use]
pub fn random_uuid() -> Uuid {
    let mut bytes = [0; 16];
    entropy().fill_bytes(&mut bytes);
    uuid::Builder::from_random_bytes(bytes).into_uuid()
}

/// Randomness for keys, ids and nonces. If the system has none, nothing safe can be done: it panics.
#[must_use]
pub fn entropy() -> UnwrapErr<SystemRandom> {
    UnwrapErr(SystemRandom)
}

//! Repeatable randomness for tests: SHA-256 of a seed and a counter.

use std::convert::Infallible;

use countersign_flow::rand_core::{TryCryptoRng, TryRng};

/// The same seed gives the same bytes on every machine.
pub(crate) struct Seeded {
    seed: u64,
    counter: u64,
    block: Vec<u8>,
}

impl Seeded {
    pub(crate) fn new(seed: u64) -> Self {
        Self { seed, counter: 0, block: Vec::new() }
    }
}

impl TryRng for Seeded {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, target: &mut [u8]) -> Result<(), Infallible> {
        for byte in target {
            if self.block.is_empty() {
                let input = [self.seed.to_le_bytes(), self.counter.to_le_bytes()].concat();
                self.counter += 1;
                self.block = countersign_flow::payload::digest(&input).to_vec();
            }
            *byte = self.block.pop().expect("a block was just made");
        }
        Ok(())
    }
}

impl TryCryptoRng for Seeded {}

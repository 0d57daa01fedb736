//! Rate limits: a token bucket as one stored instant (GCRA, the generic cell rate algorithm).

use std::time::Duration;

use crate::Timestamp;

/// How much wider the limits of wallet operations are in sandbox.
pub const SANDBOX_FACTOR: u32 = 100;

/// A bucket of `burst` tokens that gets one back each `refill`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// How many may be taken at once from a full bucket; at least 1 counts.
    pub burst: u32,
    /// Time until one token is back. Whole milliseconds count, at least one.
    pub refill: Duration,
}

impl Limit {
    /// A limit of `burst`, then one per `refill`.
    pub const fn new(burst: u32, refill: Duration) -> Self {
        Self { burst, refill }
    }

    /// A limit with `factor` times the burst and the rate.
    #[must_use]
    pub fn widened(self, factor: u32) -> Self {
        Self { burst: self.burst.saturating_mul(factor), refill: self.refill / factor.max(1) }
    }

    /// Takes one token. `stored` is the instant that the last take returned, `None` before the first.
    /// Returns the instant to store: when the bucket will be full again.
    ///
    /// # Errors
    /// When the bucket is empty, the time until a token is back. Nothing is to be stored then.
    pub fn take(self, stored: Option<Timestamp>, now: Timestamp) -> Result<Timestamp, Duration> {
        let refill = self.refill.max(Duration::from_millis(1));
        let full = stored.unwrap_or(now).max(now).plus(refill);
        let earliest = full.minus(refill.saturating_mul(self.burst.max(1)));
        if now < earliest { Err(earliest.since(now)) } else { Ok(full) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const START: Timestamp = Timestamp::from_millis(1_000_000);

    /// Takes at each of `moments` (after `START`), returns which were granted.
    fn granted(limit: Limit, moments: &[Duration]) -> Vec<bool> {
        let mut stored = None;
        moments
            .iter()
            .map(|&moment| match limit.take(stored, START.plus(moment)) {
                Ok(next) => {
                    stored = Some(next);
                    true
                }
                Err(_) => false,
            })
            .collect()
    }

    #[test]
    fn a_full_bucket_grants_its_burst_then_one_per_refill() {
        let limit = Limit::new(3, 10 * SECOND);
        let moments = [0, 0, 0, 0, 9, 10, 10, 20, 500, 500, 500, 500].map(|s| s * SECOND);
        let expected = [true, true, true, false, false, true, false, true, true, true, true, false];
        assert_eq!(granted(limit, &moments), expected);
    }

    #[test]
    fn a_refusal_tells_when_to_come_back_and_then_grants() {
        let limit = Limit::new(1, 30 * SECOND);
        let stored = limit.take(None, START).unwrap();
        let wait = limit.take(Some(stored), START.plus(SECOND)).unwrap_err();
        assert_eq!(wait, 29 * SECOND);
        assert!(limit.take(Some(stored), START.plus(SECOND).plus(wait)).is_ok());
    }

    #[test]
    fn refused_tries_cost_nothing() {
        let limit = Limit::new(1, 10 * SECOND);
        let mut moments = vec![Duration::ZERO];
        moments.extend((1..10).map(|s| s * SECOND));
        moments.push(10 * SECOND);
        assert_eq!(granted(limit, &moments).iter().filter(|granted| **granted).count(), 2);
    }

    #[test]
    fn a_widened_limit_grants_a_hundred_times_as_much() {
        let wide = Limit::new(5, 30 * SECOND).widened(SANDBOX_FACTOR);
        assert_eq!(granted(wide, &[Duration::ZERO; 501]).iter().filter(|granted| **granted).count(), 500);
        assert_eq!(wide.refill, Duration::from_millis(300));
    }

    #[test]
    fn extreme_settings_neither_panic_nor_overflow() {
        for (burst, refill) in [(0, Duration::ZERO), (u32::MAX, Duration::MAX), (0, Duration::MAX)] {
            for stored in [None, Some(Timestamp::from_millis(i64::MAX)), Some(Timestamp::from_millis(i64::MIN))] {
                let _ = Limit::new(burst, refill).widened(u32::MAX).take(stored, START);
                let _ = Limit::new(burst, refill).widened(0).take(stored, START);
            }
        }
    }
}

//! Trying again: with growing pauses, for a limited time, by a limited number at once.

use std::future::Future;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep, timeout_at};

use super::{Cause, DeliverySettings, Outcome};

/// The first pause; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(250);

/// How long, and by how many at once, is tried.
pub(super) struct Tries {
    seats: Semaphore,
    each: Duration,
    all: Duration,
}

/// Why a try didn't succeed.
pub(super) struct Setback {
    /// For the log.
    pub(super) cause: Cause,
    /// Whether another try may end otherwise.
    pub(super) again: bool,
    /// Whether the message may have arrived all the same.
    pub(super) handed_over: bool,
    /// How long the receiver wants to be left alone.
    pub(super) pause: Option<Duration>,
}

/// Something to be tried.
pub(super) trait Attempt: Sync {
    /// Tries it once, and gives up at `until`.
    fn attempt(&self, until: Instant) -> impl Future<Output = Result<(), Setback>> + Send;
}

impl Tries {
    pub(super) fn new(settings: &DeliverySettings) -> Self {
        Self {
            seats: Semaphore::new(settings.connections as usize),
            each: Duration::from_secs(settings.try_timeout_secs),
            all: Duration::from_secs(settings.budget_secs),
        }
    }

    /// Tries until it succeeds, can't succeed, or the time is over.
    pub(super) async fn persist(&self, attempt: &impl Attempt) -> Outcome {
        let end = Instant::now() + self.all;
        let Ok(Ok(_seat)) = timeout_at(end, self.seats.acquire()).await else {
            return Outcome::Refused(Cause::new("all connections were busy"));
        };
        let (mut pause, mut maybe_arrived) = (FIRST_PAUSE, false);
        loop {
            let setback = match attempt.attempt(end.min(Instant::now() + self.each)).await {
                Ok(()) => return Outcome::Accepted,
                Err(setback) => setback,
            };
            maybe_arrived |= setback.handed_over;
            // A receiver may name any number of seconds; more than all the time there is means the same as that.
            let next = Instant::now() + setback.pause.unwrap_or_default().min(self.all).max(pause);
            // A try that begins too late would only add a doubt.
            if !setback.again || next + self.each / 2 > end {
                let told = if maybe_arrived { Outcome::Unknown } else { Outcome::Refused };
                return told(setback.cause);
            }
            tracing::debug!(cause = %setback.cause, "a delivery is tried again");
            sleep(next - Instant::now()).await;
            pause *= 2;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// Fails as told, one word a try: `again`, `lost` (handed over, again), `never`; then succeeds.
    struct Scripted(&'static [&'static str], AtomicUsize);

    impl Attempt for Scripted {
        async fn attempt(&self, _: Instant) -> Result<(), Setback> {
            let number = self.1.fetch_add(1, Ordering::Relaxed);
            let Some(&word) = self.0.get(number) else { return Ok(()) };
            Err(Setback {
                cause: Cause::new(word),
                again: word != "never",
                handed_over: word == "lost",
                pause: (word == "later").then_some(Duration::MAX),
            })
        }
    }

    fn tries(seats: usize) -> Tries {
        let (each, all) = (Duration::from_millis(500), Duration::from_millis(1_500));
        Tries { seats: Semaphore::new(seats), each, all }
    }

    async fn outcome(script: &'static [&'static str]) -> (&'static str, usize) {
        let scripted = Scripted(script, AtomicUsize::new(0));
        (tries(1).persist(&scripted).await.as_str(), scripted.1.into_inner())
    }

    #[tokio::test]
    async fn what_may_have_arrived_is_never_told_as_refused() {
        assert_eq!(outcome(&[]).await, ("accepted", 1));
        assert_eq!(outcome(&["again", "again"]).await, ("accepted", 3));
        assert_eq!(outcome(&["lost"]).await, ("accepted", 2));
        assert_eq!(outcome(&["never"]).await, ("refused", 1));
        assert_eq!(outcome(&["again", "never"]).await, ("refused", 2));
        assert_eq!(outcome(&["lost", "never"]).await, ("unknown", 2));
    }

    #[tokio::test]
    async fn the_time_for_all_tries_is_limited_and_a_receiver_that_wants_a_pause_gets_it() {
        assert_eq!(outcome(&["again"; 99]).await, ("refused", 3));
        assert_eq!(outcome(&["lost"; 99]).await, ("unknown", 3));
        assert_eq!(outcome(&["later"; 99]).await, ("refused", 1));
    }

    #[tokio::test]
    async fn what_finds_no_free_connection_in_time_is_refused() {
        struct Endless;
        impl Attempt for Endless {
            async fn attempt(&self, _: Instant) -> Result<(), Setback> {
                std::future::pending().await
            }
        }
        let tries = tries(1);
        let second = async {
            tokio::task::yield_now().await;
            tries.persist(&Endless).await
        };
        let outcome = tokio::select! {
            biased;
            _ = tries.persist(&Endless) => None,
            outcome = second => Some(outcome),
        };
        assert_eq!(outcome, Some(Outcome::Refused(Cause::new("all connections were busy"))));
    }
}

//! An attempt to log a program in: what a poll is told, and what may still be done with it.

use std::time::Duration;

use crate::Timestamp;
use crate::id::CliSessionId;

/// How long attempts live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AttemptPolicy {
    /// Life of an attempt that doesn't say.
    pub ttl: Duration,
    /// How long an attempt is kept after its expiry.
    pub kept: Duration,
}

impl Default for AttemptPolicy {
    /// Two hours; kept for a day.
    fn default() -> Self {
        Self { ttl: Duration::from_hours(2), kept: Duration::from_hours(24) }
    }
}

/// Where an attempt stands. Of several that hold, the first counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AttemptState {
    /// Its time is over, whatever it was before.
    Expired,
    /// A poll has got its session.
    Used,
    /// A person has refused it.
    Denied,
    /// Nobody has decided.
    Waiting,
    /// A person has approved it: the next poll gets a session.
    Approved,
}

/// An attempt, as stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// From this moment on it is expired.
    pub expires: Timestamp,
    /// When it was refused.
    pub denied: Option<Timestamp>,
    /// When, and by which session, it was approved.
    pub approved: Option<(Timestamp, CliSessionId)>,
    /// When a poll got its session.
    pub used: Option<Timestamp>,
    /// The anonymous session that the program began with.
    pub anonymous: Option<CliSessionId>,
    /// When that session's user was claimed.
    pub claimed: Option<Timestamp>,
}

impl Attempt {
    /// Where it stands.
    pub fn state(&self, now: Timestamp) -> AttemptState {
        if now >= self.expires {
            AttemptState::Expired
        } else if self.used.is_some() {
            AttemptState::Used
        } else if self.denied.is_some() {
            AttemptState::Denied
        } else if self.approved.is_some() {
            AttemptState::Approved
        } else {
            AttemptState::Waiting
        }
    }

    /// Whether its login code still opens something: only while nobody has decided.
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.state(now) == AttemptState::Waiting
    }

    /// The anonymous session whose work could still be claimed or brought along, if the session itself still allows it.
    pub fn unclaimed(&self) -> Option<CliSessionId> {
        self.anonymous.filter(|_| self.claimed.is_none())
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_000);
    const LATER: Timestamp = Timestamp::from_millis(2_000);

    fn attempt(expires: Timestamp, denied: bool, approved: bool, used: bool) -> Attempt {
        let session = CliSessionId::from_uuid(Uuid::from_u128(1));
        Attempt {
            expires,
            denied: denied.then_some(NOW),
            approved: approved.then_some((NOW, session)),
            used: used.then_some(NOW),
            anonymous: Some(session),
            claimed: None,
        }
    }

    #[test]
    fn expired_comes_before_used_before_denied_before_waiting_and_success_is_last() {
        for denied in [false, true] {
            for approved in [false, true] {
                for used in [false, true] {
                    // At its expiry it is over, a millisecond earlier it isn't.
                    assert_eq!(attempt(NOW, denied, approved, used).state(NOW), AttemptState::Expired);
                    let expected = match (used, denied, approved) {
                        (true, _, _) => AttemptState::Used,
                        (false, true, _) => AttemptState::Denied,
                        (false, false, false) => AttemptState::Waiting,
                        (false, false, true) => AttemptState::Approved,
                    };
                    let live = attempt(LATER, denied, approved, used);
                    assert_eq!(live.state(NOW), expected);
                    assert_eq!(live.is_open(NOW), expected == AttemptState::Waiting);
                }
            }
        }
    }

    #[test]
    fn anonymous_work_is_claimed_once() {
        let open = attempt(LATER, false, false, false);
        assert_eq!(open.unclaimed(), open.anonymous);
        assert_eq!(Attempt { claimed: Some(NOW), ..open }.unclaimed(), None);
    }
}

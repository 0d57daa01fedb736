//! Codes by email that sign a user in: how often one may be tried.
//!
//! As with [one-time codes](crate::otp), the store's transaction loads the code that the nonce names and what has been
//! tried on the address, calls [`judge`], and saves what the verdict says before anyone is told.

use crate::otp::{GuessBudget, OtpPolicy};
use crate::{FlowError, Timestamp};

/// A sign-in code, as stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IssuedCode {
    /// From this moment on it is not live.
    pub expires: Timestamp,
    /// Wrong typed parts that were tried with its nonce.
    pub wrong: u32,
    /// When it was ended: by its use, by a newer code for the address, or by wrong tries.
    pub ended: Option<Timestamp>,
}

impl IssuedCode {
    /// Whether it could still be tried.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.ended.is_none() && now < self.expires
    }
}

/// What becomes of a try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The code is right. Save: it has ended, and the address' wrong tries since the last success start anew.
    Correct,
    /// The code has expired or ended. Nothing to save.
    NotLive,
    /// The typed part is wrong. Save: one more wrong try of code and address.
    Wrong {
        /// Save also: the code has ended.
        ends_code: bool,
    },
    /// No try is allowed now: [`FlowError::GuessesExhausted`] or [`FlowError::CredentialLocked`]. Nothing to save.
    Refused(FlowError),
}

/// Judges a try. `is_right` compares the typed part and is called at most once, and only when a wrong answer may be
/// counted.
pub fn judge(
    code: &IssuedCode,
    budget: &GuessBudget,
    policy: &OtpPolicy,
    is_right: impl FnOnce() -> bool,
    now: Timestamp,
) -> Verdict {
    if !code.is_live(now) || code.wrong >= policy.wrong_per_issue {
        return Verdict::NotLive;
    }
    if let Err(refused) = policy.admit(budget, now) {
        return Verdict::Refused(refused);
    }
    if is_right() { Verdict::Correct } else { Verdict::Wrong { ends_code: code.wrong + 1 >= policy.wrong_per_issue } }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_000);
    const LATER: Timestamp = Timestamp::from_millis(2_000);

    fn code(expires: Timestamp, wrong: u32, ended: bool) -> IssuedCode {
        IssuedCode { expires, wrong, ended: ended.then_some(NOW) }
    }

    #[test]
    fn a_code_is_tried_while_it_lives_and_five_wrong_tries_end_it() {
        let (policy, fresh) = (OtpPolicy::default(), GuessBudget::default());
        for (code, right, verdict) in [
            (code(LATER, 0, false), true, Verdict::Correct),
            (code(LATER, 4, false), true, Verdict::Correct),
            (code(LATER, 0, false), false, Verdict::Wrong { ends_code: false }),
            (code(LATER, 4, false), false, Verdict::Wrong { ends_code: true }),
            (code(LATER, 5, false), true, Verdict::NotLive),
            (code(NOW, 0, false), true, Verdict::NotLive),
            (code(LATER, 0, true), true, Verdict::NotLive),
        ] {
            assert_eq!(judge(&code, &fresh, &policy, || right, NOW), verdict, "{code:?}");
        }
    }

    #[test]
    fn what_may_not_be_tried_is_not_compared() {
        let policy = OtpPolicy::default();
        let spent = GuessBudget { wrong_last_24h: 25, ..GuessBudget::default() };
        let locked = GuessBudget { wrong_since_success: 100, ..GuessBudget::default() };
        for (code, budget) in [
            (code(NOW, 0, false), GuessBudget::default()),
            (code(LATER, 0, true), GuessBudget::default()),
            (code(LATER, 0, false), spent),
            (code(LATER, 0, false), locked),
        ] {
            let verdict = judge(&code, &budget, &policy, || panic!("compared"), NOW);
            assert!(matches!(verdict, Verdict::NotLive | Verdict::Refused(_)), "{verdict:?}");
        }
    }
}

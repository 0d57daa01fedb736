//! One-time codes: how often they may be guessed, and that one code is one login.
//!
//! The store's transaction loads an issue and the credential's budget, calls [`OtpPolicy::judge`], and saves what the
//! verdict says. The code is compared by a closure, which is called only when a guess is allowed: what isn't evaluated
//! tells nothing and costs nothing, what is evaluated is counted before the caller is answered.

use std::time::Duration;

use crate::id::{AuthMethodId, InternalAccountId, OtpIssueId, RequestId};
use crate::{FlowError, Timestamp};

/// How long codes live and how often they may be guessed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OtpPolicy {
    /// Life of an issue.
    pub ttl: Duration,
    /// This many wrong codes end an issue.
    pub wrong_per_issue: u32,
    /// This many wrong codes of a credential within the window refuse further ones until it moves.
    pub wrong_per_window: u32,
    /// The window.
    pub window: Duration,
    /// This many wrong codes of a credential since its last success lock it.
    pub wrong_until_locked: u32,
}

impl Default for OtpPolicy {
    /// 10 minutes; 5 per issue; 25 in 24 hours; 100 since the last success.
    fn default() -> Self {
        Self {
            ttl: Duration::from_secs(10 * 60),
            wrong_per_issue: 5,
            wrong_per_window: 25,
            window: Duration::from_secs(24 * 60 * 60),
            wrong_until_locked: 100,
        }
    }
}

/// One issue of a code, as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtpIssue {
    /// Its id, part of the code's MAC.
    pub id: OtpIssueId,
    /// The credential.
    pub credential: AuthMethodId,
    /// The credential's account.
    pub account: InternalAccountId,
    /// From this moment on it is not live.
    pub expires: Timestamp,
    /// Wrong codes that were tried on it.
    pub wrong: u32,
    /// The first correct leg, if there was one.
    pub spent_by: Option<Spender>,
    /// When it was ended: by a newer issue, by wrong codes, or by a login in one call.
    pub ended: Option<Timestamp>,
}

/// The first leg that spent a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spender {
    /// Its pending request.
    pub request: RequestId,
    /// Digest of its body.
    pub body_digest: [u8; 32],
}

impl OtpIssue {
    /// A new issue. Storing it ends the credential's earlier ones and their unfinished verifications.
    pub fn issue(
        id: OtpIssueId,
        credential: AuthMethodId,
        account: InternalAccountId,
        now: Timestamp,
        policy: &OtpPolicy,
    ) -> Self {
        Self { id, credential, account, expires: now.plus(policy.ttl), wrong: 0, spent_by: None, ended: None }
    }

    /// Whether a code could still be tried or a spent one's challenge repeated.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.ended.is_none() && now < self.expires
    }
}

/// Wrong codes of a credential, over all its issues and both forms of the call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GuessBudget {
    /// Within the policy's window before now (24 hours by default).
    pub wrong_last_24h: u32,
    /// Since the last success, or since another credential's session or an operator unlocked the credential.
    pub wrong_since_success: u32,
    /// The oldest wrong code within the window.
    pub oldest_in_window: Option<Timestamp>,
}

/// What becomes of a guess.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The code is right. Save: the issue is spent by this leg (or ended, for a login in one call), its target key is
    /// destroyed, `wrong_since_success` starts anew.
    Correct,
    /// This very body has spent the code before: answer with the challenge of this request while that lives.
    SameBodyAgain(RequestId),
    /// Another body has spent the code. Nothing to save.
    SpentByAnother,
    /// There is no issue, or it has expired or ended. Nothing to save.
    NoLiveIssue,
    /// The code is wrong. Save: one more wrong code for issue and credential.
    Wrong {
        /// Save also: the issue has ended.
        ends_issue: bool,
    },
    /// No guess is allowed now: [`FlowError::GuessesExhausted`] or [`FlowError::CredentialLocked`]. Nothing to save.
    Refused(FlowError),
}

impl OtpPolicy {
    /// Whether a credential may be challenged or guessed at, now.
    ///
    /// # Errors
    /// [`FlowError::CredentialLocked`], or [`FlowError::GuessesExhausted`] with the time until the window has moved.
    pub fn admit(&self, budget: &GuessBudget, now: Timestamp) -> Result<(), FlowError> {
        if budget.wrong_since_success >= self.wrong_until_locked {
            return Err(FlowError::CredentialLocked);
        }
        if budget.wrong_last_24h >= self.wrong_per_window {
            let moves = budget.oldest_in_window.unwrap_or(now).plus(self.window);
            // At least a second, so that a caller who obeys never comes back within the same instant.
            return Err(FlowError::GuessesExhausted { retry_after: moves.since(now).max(Duration::from_secs(1)) });
        }
        Ok(())
    }

    /// Judges a guess. `body_digest` is that of the whole request body; `is_right` compares the code and is called at
    /// most once, and only when a wrong answer may be counted.
    pub fn judge(
        &self,
        issue: Option<&OtpIssue>,
        budget: &GuessBudget,
        body_digest: &[u8; 32],
        is_right: impl FnOnce() -> bool,
        now: Timestamp,
    ) -> Verdict {
        let Some(issue) = issue.filter(|issue| issue.is_live(now)) else {
            return Verdict::NoLiveIssue;
        };
        // Repeating what succeeded is no guess, so it is answered before any limit.
        if let Some(spender) = issue.spent_by {
            return if spender.body_digest == *body_digest {
                Verdict::SameBodyAgain(spender.request)
            } else {
                Verdict::SpentByAnother
            };
        }
        if let Err(refused) = self.admit(budget, now) {
            return Verdict::Refused(refused);
        }
        if issue.wrong >= self.wrong_per_issue {
            return Verdict::NoLiveIssue;
        }
        if is_right() {
            Verdict::Correct
        } else {
            Verdict::Wrong { ends_issue: issue.wrong + 1 >= self.wrong_per_issue }
        }
    }
}

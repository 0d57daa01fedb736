//! Guessing is bounded, and one code is one login.

use std::time::Duration;

use countersign_flow::id::{AuthMethodId, InternalAccountId, OtpIssueId, RequestId};
use countersign_flow::otp::{GuessBudget, OtpIssue, OtpPolicy, Spender, Verdict};
use countersign_flow::{FlowError, Timestamp};
use uuid::Uuid;

use crate::NOW;

const POLICY: fn() -> OtpPolicy = OtpPolicy::default;
const BODY: [u8; 32] = [1; 32];
const NO_GUESSES: GuessBudget = GuessBudget { wrong_last_24h: 0, wrong_since_success: 0, oldest_in_window: None };
const HOUR: Duration = Duration::from_secs(60 * 60);

fn issued(now: Timestamp) -> OtpIssue {
    OtpIssue::issue(
        OtpIssueId::from_uuid(Uuid::from_u128(1)),
        AuthMethodId::from_uuid(Uuid::from_u128(2)),
        InternalAccountId::from_uuid(Uuid::from_u128(3)),
        now,
        &POLICY(),
    )
}

fn judge(issue: &OtpIssue, budget: &GuessBudget, right: bool, now: Timestamp) -> Verdict {
    POLICY().judge(Some(issue), budget, &BODY, || right, now)
}

/// For cases in which looking at the code would already be a leak.
fn judge_unseen(issue: Option<&OtpIssue>, budget: &GuessBudget, body: &[u8; 32], now: Timestamp) -> Verdict {
    POLICY().judge(issue, budget, body, || panic!("the code was evaluated"), now)
}

#[test]
fn a_right_code_is_right_until_the_issue_expires() {
    let issue = issued(NOW);
    assert_eq!(judge(&issue, &NO_GUESSES, true, NOW), Verdict::Correct);
    let last = Timestamp::from_millis(issue.expires.as_millis() - 1);
    assert_eq!(judge(&issue, &NO_GUESSES, true, last), Verdict::Correct);
    assert_eq!(judge_unseen(Some(&issue), &NO_GUESSES, &BODY, issue.expires), Verdict::NoLiveIssue);
    assert_eq!(issue.expires, NOW.plus(Duration::from_secs(600)));
}

#[test]
fn the_fifth_wrong_code_ends_the_issue() {
    for wrong in 0..5 {
        let issue = OtpIssue { wrong, ..issued(NOW) };
        assert_eq!(judge(&issue, &NO_GUESSES, false, NOW), Verdict::Wrong { ends_issue: wrong == 4 });
    }
    let exhausted = OtpIssue { wrong: 5, ..issued(NOW) };
    assert_eq!(judge_unseen(Some(&exhausted), &NO_GUESSES, &BODY, NOW), Verdict::NoLiveIssue);
}

#[test]
fn an_ended_or_absent_issue_takes_no_code() {
    let ended = OtpIssue { ended: Some(NOW), ..issued(NOW) };
    assert_eq!(judge_unseen(Some(&ended), &NO_GUESSES, &BODY, NOW), Verdict::NoLiveIssue);
    assert_eq!(judge_unseen(None, &NO_GUESSES, &BODY, NOW), Verdict::NoLiveIssue);
}

#[test]
fn a_spent_code_answers_its_own_body_again_and_no_other() {
    let request = RequestId::from_uuid(Uuid::from_u128(9));
    let spent = OtpIssue { spent_by: Some(Spender { request, body_digest: BODY }), ..issued(NOW) };
    let exhausted = GuessBudget { wrong_last_24h: 25, wrong_since_success: 100, oldest_in_window: Some(NOW) };
    for budget in [NO_GUESSES, exhausted] {
        assert_eq!(judge_unseen(Some(&spent), &budget, &BODY, NOW), Verdict::SameBodyAgain(request));
        assert_eq!(judge_unseen(Some(&spent), &budget, &[2; 32], NOW), Verdict::SpentByAnother);
    }
    assert_eq!(judge_unseen(Some(&spent), &NO_GUESSES, &BODY, spent.expires), Verdict::NoLiveIssue);
}

#[test]
fn twenty_five_wrong_codes_in_a_day_close_the_credential_until_the_window_moves() {
    let oldest = Timestamp::from_millis(NOW.as_millis() - 1).minus(23 * HOUR);
    let budget = GuessBudget { wrong_last_24h: 25, wrong_since_success: 25, oldest_in_window: Some(oldest) };
    let retry_after = HOUR - Duration::from_millis(1);
    let refused = FlowError::GuessesExhausted { retry_after };
    assert_eq!(POLICY().admit(&budget, NOW), Err(refused.clone()));
    assert_eq!(judge_unseen(Some(&issued(NOW)), &budget, &BODY, NOW), Verdict::Refused(refused));
    assert_eq!(POLICY().admit(&GuessBudget { wrong_last_24h: 24, ..budget }, NOW), Ok(()));
}

#[test]
fn a_hundred_wrong_codes_since_the_last_success_lock_it_even_for_the_right_code() {
    let budget = GuessBudget { wrong_since_success: 100, ..NO_GUESSES };
    assert_eq!(POLICY().admit(&budget, NOW), Err(FlowError::CredentialLocked));
    assert_eq!(judge_unseen(Some(&issued(NOW)), &budget, &BODY, NOW), Verdict::Refused(FlowError::CredentialLocked));
    assert_eq!(POLICY().admit(&GuessBudget { wrong_since_success: 99, ..NO_GUESSES }, NOW), Ok(()));
}

/// What a store keeps for one credential, and an attacker who asks for a new issue whenever the old one is gone.
#[derive(Default)]
struct Attacked {
    wrong_at: Vec<Timestamp>,
    issue: Option<OtpIssue>,
}

impl Attacked {
    fn budget(&self, now: Timestamp) -> GuessBudget {
        let window: Vec<_> = self.wrong_at.iter().filter(|at| now.since(**at) < POLICY().window).collect();
        GuessBudget {
            wrong_last_24h: u32::try_from(window.len()).unwrap(),
            wrong_since_success: u32::try_from(self.wrong_at.len()).unwrap(),
            oldest_in_window: window.first().copied().copied(),
        }
    }

    /// One wrong guess at `now`. Returns whether the code was looked at.
    fn guess(&mut self, now: Timestamp) -> bool {
        let budget = self.budget(now);
        if self.issue.as_ref().is_none_or(|issue| !issue.is_live(now)) && POLICY().admit(&budget, now).is_ok() {
            self.issue = Some(issued(now));
        }
        let mut evaluated = false;
        let evaluate = || {
            evaluated = true;
            false
        };
        match POLICY().judge(self.issue.as_ref(), &budget, &BODY, evaluate, now) {
            Verdict::Wrong { ends_issue } => {
                self.wrong_at.push(now);
                let issue = self.issue.as_mut().expect("a wrong code was tried on it");
                issue.wrong += 1;
                issue.ended = ends_issue.then_some(now);
            }
            Verdict::NoLiveIssue | Verdict::Refused(_) => {}
            other => panic!("a wrong guess came out as {other:?}"),
        }
        assert_eq!(evaluated, self.wrong_at.last() == Some(&now), "evaluated and not counted, or the reverse");
        evaluated
    }
}

#[test]
fn in_a_week_of_guessing_at_the_allowed_rate_at_most_a_hundred_guesses_are_evaluated() {
    let mut attacked = Attacked::default();
    let mut evaluated = 0;
    let mut in_first_day = 0;
    for second in (0..7 * 24 * 60 * 60).step_by(10) {
        let since_start = Duration::from_secs(second);
        if attacked.guess(NOW.plus(since_start)) {
            evaluated += 1;
            in_first_day += u32::from(since_start < 24 * HOUR);
        }
    }
    assert_eq!(in_first_day, 25);
    assert_eq!(evaluated, 100);
}

#[test]
fn a_caller_who_waits_as_told_is_admitted() {
    let mut attacked = Attacked::default();
    let mut now = NOW;
    while attacked.guess(now) {
        now = now.plus(Duration::from_secs(10));
    }
    let Err(FlowError::GuessesExhausted { retry_after }) = POLICY().admit(&attacked.budget(now), now) else {
        panic!("the budget isn't exhausted");
    };
    assert!(POLICY().admit(&attacked.budget(now.plus(retry_after)), now.plus(retry_after)).is_ok());
    let early = now.plus(retry_after).minus(Duration::from_millis(1));
    assert!(POLICY().admit(&attacked.budget(early), early).is_err());
}

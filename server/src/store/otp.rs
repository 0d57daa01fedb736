//! One-time codes: issue, guess, spend.

use countersign_flow::id::{AuthMethodId, InternalAccountId, OtpIssueId, PlatformId};
use countersign_flow::key::PublicKey;
use countersign_flow::limit::Limit;
use countersign_flow::otp::{GuessBudget, OtpIssue, OtpPolicy, Spender, Verdict};
use countersign_flow::retry::{Issued, Operation, SignedRetry};
use countersign_flow::{FlowError, Timestamp};
use diesel::prelude::*;

use super::audit::{Action, Actor, Record};
use super::requests::RequestPolicy;
use super::schema::{credentials, otp_issues, wrong_codes};
use super::sends::NewSend;
use super::{Bucket, Store, StoreError, Tx};
use crate::clock::entropy;

/// A code that is about to be issued.
#[derive(Clone, Debug)]
pub struct NewIssue {
    /// The issue.
    pub issue: OtpIssue,
    /// The tenant.
    pub platform: PlatformId,
    /// HMAC of the code.
    pub code_mac: [u8; 32],
    /// The key that clients seal the code to.
    pub target: PublicKey,
    /// Its private part, sealed.
    pub target_sealed: Vec<u8>,
    /// Where the code goes; `None` where nothing is sent.
    pub send: Option<NewSend>,
}

/// An issue with its secrets, sealed.
#[derive(Clone, Debug)]
pub struct OpenIssue {
    /// The issue.
    pub issue: OtpIssue,
    /// HMAC of the code.
    pub code_mac: [u8; 32],
    /// The key that clients seal the code to.
    pub target: PublicKey,
    /// Its private part, sealed; `None` once destroyed.
    pub target_sealed: Option<Vec<u8>>,
}

/// What may be guessed at.
#[derive(Debug)]
pub struct LiveIssue {
    /// The live code, if there is one.
    pub issue: Option<OpenIssue>,
    /// Whether a guess is allowed at all (W2).
    pub admitted: Result<(), FlowError>,
}

/// What became of a guess.
#[derive(Debug)]
pub enum Guessed {
    /// The code was right, or this very body had spent it: the pending request.
    Challenge(Box<SignedRetry<Issued>>),
    /// The code was wrong, spent by another body, or there is none.
    Refused(&'static str),
}

#[derive(Queryable)]
struct IssueRow {
    id: String,
    _platform_id: String,
    credential_id: String,
    account_id: String,
    code_mac: Vec<u8>,
    target_public: Vec<u8>,
    target_sealed: Option<Vec<u8>>,
    _issued_at: i64,
    expires_at: i64,
    wrong: i32,
    spent_by: Option<String>,
    spent_body: Option<Vec<u8>>,
    ended_at: Option<i64>,
}

impl IssueRow {
    fn issue(self) -> Result<OpenIssue, StoreError> {
        fn corrupt<E>(_: E) -> StoreError {
            StoreError::Corrupt("one-time code")
        }
        let spent_by = match (self.spent_by, self.spent_body) {
            (Some(request), Some(body)) => Some(Spender {
                request: request.parse().map_err(corrupt)?,
                body_digest: body.try_into().map_err(corrupt)?,
            }),
            _ => None,
        };
        Ok(OpenIssue {
            issue: OtpIssue {
                id: self.id.parse().map_err(corrupt)?,
                credential: self.credential_id.parse().map_err(corrupt)?,
                account: self.account_id.parse().map_err(corrupt)?,
                expires: Timestamp::from_millis(self.expires_at),
                wrong: u32::try_from(self.wrong).map_err(corrupt)?,
                spent_by,
                ended: self.ended_at.map(Timestamp::from_millis),
            },
            code_mac: self.code_mac.try_into().map_err(corrupt)?,
            target: PublicKey::from_sec1(&self.target_public).map_err(corrupt)?,
            target_sealed: self.target_sealed,
        })
    }
}

impl Store {
    /// Issues a code. Earlier codes of the credential, their target keys and unfinished verifications end with it (W3).
    ///
    /// # Errors
    /// [`StoreError::Limited`], and [`StoreError::Refused`] when the guessing budget is spent (W2); then earlier codes
    /// live on. [`StoreError::NotFound`]: the credential is gone.
    pub async fn issue_otp(&self, new: NewIssue, limit: Limit, policy: OtpPolicy) -> Result<(), StoreError> {
        self.write(Some(new.platform), move |tx| {
            tx.lock_account(new.issue.account)?;
            tx.require_credential(new.platform, new.issue.credential)?;
            tx.issue_code(&new, limit, &policy)
        })
        .await
    }

    /// The credential's open issue if it is live, and what is left of its guessing budget.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn live_issue(
        &self,
        platform: PlatformId,
        credential: AuthMethodId,
        policy: OtpPolicy,
    ) -> Result<LiveIssue, StoreError> {
        self.read(Some(platform), move |tx| {
            let now = tx.now;
            let issue = tx.open_issue(credential)?.filter(|open| open.issue.is_live(now));
            Ok(LiveIssue { issue, admitted: policy.admit(&tx.guess_budget(credential, &policy)?, now) })
        })
        .await
    }

    /// Judges a guess and saves what follows, in one transaction: a wrong code is counted before anyone is told; the
    /// first right one is spent, its target key destroyed and its pending request added (W2, W3).
    ///
    /// `is_right` compares the code with its HMAC; `challenge` makes the pending request, at the statement time (`None`:
    /// it lacks a key).
    ///
    /// # Errors
    /// [`StoreError::Limited`]; [`StoreError::Refused`] when the guessing budget is spent.
    pub async fn guess_otp<R, C>(&self, guess: Guess, is_right: R, challenge: C) -> Result<Guessed, StoreError>
    where
        R: FnOnce(&OpenIssue) -> bool + Send + 'static,
        C: FnOnce(Timestamp) -> Option<SignedRetry<Issued>> + Send + 'static,
    {
        self.write(Some(guess.platform), move |tx| {
            let Guess { platform, credential, body_digest, .. } = guess;
            tx.lock_account(guess.account)?;
            tx.require_credential(platform, credential)?;
            let open = tx.open_issue(credential)?.filter(|open| open.issue.id == guess.issue);
            // Repeating what succeeded is no guess and costs nothing; everything else is counted before it is judged.
            let spender = open.as_ref().and_then(|open| open.issue.spent_by);
            if spender.is_none_or(|spender| spender.body_digest != body_digest) {
                tx.take(Bucket::Verify(credential), guess.limit)?;
            }
            let budget = tx.guess_budget(credential, &guess.otp)?;
            let verdict = guess.otp.judge(
                open.as_ref().map(|open| &open.issue),
                &budget,
                &body_digest,
                || open.as_ref().is_some_and(is_right),
                tx.now,
            );
            let Some(OpenIssue { issue, .. }) = open else { return Ok(Guessed::Refused("the code has been replaced")) };
            match verdict {
                Verdict::NoLiveIssue => Ok(Guessed::Refused("the code has expired or ended")),
                Verdict::SpentByAnother => Ok(Guessed::Refused("the code was spent by another body")),
                Verdict::Refused(cause) => Err(cause.into()),
                Verdict::SameBodyAgain(request) => match tx.request(platform, request)? {
                    Some(request) if request.stored().used.is_none() && tx.now < request.expires() => {
                        Ok(Guessed::Challenge(Box::new(request)))
                    }
                    _ => Ok(Guessed::Refused("the code's challenge has been used or has expired")),
                },
                Verdict::Wrong { ends_issue } => {
                    tx.count_wrong_code(&issue, ends_issue)?;
                    tx.audit_guess(&guess, &issue, Action::RefuseOtp)?;
                    Ok(Guessed::Refused("the code is wrong"))
                }
                Verdict::Correct => {
                    let request = challenge(tx.now).ok_or(StoreError::Corrupt("one-time code"))?;
                    tx.add_request(&request, guess.requests)?;
                    tx.spend_code(&issue, &request, &body_digest)?;
                    tx.audit_guess(&guess, &issue, Action::SpendOtp)?;
                    Ok(Guessed::Challenge(Box::new(request)))
                }
            }
        })
        .await
    }
}

/// A guess and the rules that it is judged by.
#[derive(Clone, Copy, Debug)]
pub struct Guess {
    /// The tenant.
    pub platform: PlatformId,
    /// The credential.
    pub credential: AuthMethodId,
    /// Its account.
    pub account: InternalAccountId,
    /// The issue that was open when the bundle was opened: a code for it says nothing about a later one.
    pub issue: OtpIssueId,
    /// Digest of the whole request body.
    pub body_digest: [u8; 32],
    /// How often codes may be guessed.
    pub otp: OtpPolicy,
    /// How often verification may be asked for.
    pub limit: Limit,
    /// How many pending requests there may be.
    pub requests: RequestPolicy,
}

impl Tx<'_> {
    /// Stores a code under the account's lock, ends what it replaces, and counts its sending.
    pub(super) fn issue_code(&mut self, new: &NewIssue, limit: Limit, policy: &OtpPolicy) -> Result<(), StoreError> {
        let NewIssue { issue, platform, .. } = new;
        let budget = self.guess_budget(issue.credential, policy)?;
        policy.admit(&budget, self.now)?;
        self.take(Bucket::Challenge(issue.credential), limit)?;
        if let Some(send) = &new.send {
            self.reserve_send(issue.id, *platform, send)?;
        }
        self.end_issues(issue.credential)?;
        self.end_sign_ins(issue.account, issue.credential, &[Operation::VerifyOtp])?;
        diesel::insert_into(otp_issues::table)
            .values((
                otp_issues::id.eq(issue.id.to_string()),
                otp_issues::platform_id.eq(platform.to_string()),
                otp_issues::credential_id.eq(issue.credential.to_string()),
                otp_issues::account_id.eq(issue.account.to_string()),
                otp_issues::code_mac.eq(new.code_mac.as_slice()),
                otp_issues::target_public.eq(new.target.sec1_compressed().to_vec()),
                otp_issues::target_sealed.eq(&new.target_sealed),
                otp_issues::issued_at.eq(self.now.as_millis()),
                otp_issues::expires_at.eq(self.now.plus(policy.ttl).as_millis()),
            ))
            .execute(self.conn)?;
        self.audit(Record {
            platform: *platform,
            account: Some(issue.account),
            actor: Actor::Platform,
            action: Action::IssueOtp,
            resource: &issue.credential.to_string(),
        })
    }

    pub(super) fn open_issue(&mut self, credential: AuthMethodId) -> Result<Option<OpenIssue>, StoreError> {
        let row: Option<IssueRow> = otp_issues::table
            .filter(otp_issues::credential_id.eq(credential.to_string()))
            .filter(otp_issues::ended_at.is_null())
            .first(self.conn)
            .optional()?;
        row.map(IssueRow::issue).transpose()
    }

    pub(super) fn guess_budget(
        &mut self,
        credential: AuthMethodId,
        policy: &OtpPolicy,
    ) -> Result<GuessBudget, StoreError> {
        let wrong_since_success: i32 = credentials::table
            .find(credential.to_string())
            .select(credentials::wrong_since_success)
            .first(self.conn)?;
        let in_window = wrong_codes::table
            .filter(wrong_codes::credential_id.eq(credential.to_string()))
            .filter(wrong_codes::tried_at.gt(self.now.minus(policy.window).as_millis()));
        let (count, oldest): (i64, Option<i64>) =
            in_window.select((diesel::dsl::count_star(), diesel::dsl::min(wrong_codes::tried_at))).first(self.conn)?;
        Ok(GuessBudget {
            wrong_last_24h: u32::try_from(count).unwrap_or(u32::MAX),
            wrong_since_success: u32::try_from(wrong_since_success).unwrap_or(u32::MAX),
            oldest_in_window: oldest.map(Timestamp::from_millis),
        })
    }

    /// Ends a credential's open issues and destroys their target keys.
    pub(super) fn end_issues(&mut self, credential: AuthMethodId) -> Result<(), StoreError> {
        self.destroyed_key = true;
        let open = otp_issues::table
            .filter(otp_issues::credential_id.eq(credential.to_string()))
            .filter(otp_issues::ended_at.is_null());
        diesel::update(open)
            .set((otp_issues::ended_at.eq(self.now.as_millis()), otp_issues::target_sealed.eq(None::<Vec<u8>>)))
            .execute(self.conn)?;
        Ok(())
    }

    pub(super) fn count_wrong_code(&mut self, issue: &OtpIssue, ends_issue: bool) -> Result<(), StoreError> {
        let id = countersign_flow::id::KeyId::mint(self.now, &mut entropy()).uuid().hyphenated().to_string();
        diesel::insert_into(wrong_codes::table)
            .values((
                wrong_codes::id.eq(id),
                wrong_codes::credential_id.eq(issue.credential.to_string()),
                wrong_codes::tried_at.eq(self.now.as_millis()),
            ))
            .execute(self.conn)?;
        diesel::update(credentials::table.find(issue.credential.to_string()))
            .set(credentials::wrong_since_success.eq(credentials::wrong_since_success + 1))
            .execute(self.conn)?;
        diesel::update(otp_issues::table.find(issue.id.to_string()))
            .set(otp_issues::wrong.eq(otp_issues::wrong + 1))
            .execute(self.conn)?;
        if ends_issue {
            self.end_issues(issue.credential)?;
        }
        Ok(())
    }

    fn spend_code(
        &mut self,
        issue: &OtpIssue,
        request: &SignedRetry<Issued>,
        body_digest: &[u8; 32],
    ) -> Result<(), StoreError> {
        let unspent = otp_issues::table
            .find(issue.id.to_string())
            .filter(otp_issues::ended_at.is_null())
            .filter(otp_issues::spent_by.is_null());
        let spent = (
            otp_issues::spent_by.eq(request.id().to_string()),
            otp_issues::spent_body.eq(body_digest.as_slice()),
            otp_issues::target_sealed.eq(None::<Vec<u8>>),
        );
        self.destroyed_key = true;
        if diesel::update(unspent).set(spent).execute(self.conn)? != 1 {
            return Err(FlowError::OtpBundleNotOpened.into());
        }
        self.forget_wrong_codes(issue.credential)
    }

    /// Begins the count of wrong codes since the last success anew. Those of the window stay.
    pub(super) fn forget_wrong_codes(&mut self, credential: AuthMethodId) -> Result<(), StoreError> {
        diesel::update(credentials::table.find(credential.to_string()))
            .set(credentials::wrong_since_success.eq(0))
            .execute(self.conn)?;
        Ok(())
    }

    fn audit_guess(&mut self, guess: &Guess, issue: &OtpIssue, action: Action) -> Result<(), StoreError> {
        self.audit(Record {
            platform: guess.platform,
            account: Some(issue.account),
            actor: Actor::Platform,
            action,
            resource: &guess.credential.to_string(),
        })
    }
}

//! Logins in one call: by a code in plain text, by an ID token, by an assertion of a passkey. (A sealed code takes two:
//! `otp` judges it, and `sessions` opens the session.)

use countersign_flow::Timestamp;
use countersign_flow::id::{AuthMethodId, InternalAccountId, PlatformId, SessionId};
use countersign_flow::key::PublicKey;
use countersign_flow::limit::Limit;
use countersign_flow::otp::{OtpPolicy, Verdict};
use countersign_flow::retry::{Asserted, Issued, SignedRetry};
use countersign_flow::session::{Login, Session, SessionPolicy};
use diesel::prelude::*;

use super::audit::{Action, Actor, Record};
use super::otp::OpenIssue;
use super::requests::RequestPolicy;
use super::schema::credentials;
use super::{Bucket, Store, StoreError, Tx};

/// The rules of a login.
#[derive(Clone, Copy, Debug)]
pub struct LoginPolicy {
    /// How long sessions live.
    pub sessions: SessionPolicy,
    /// How often codes may be guessed, and when a credential is locked.
    pub otp: OtpPolicy,
    /// How often verification may be asked for.
    pub verify: Limit,
}

/// A login that is about to open a session.
#[derive(Clone, Copy, Debug)]
pub struct NewLogin {
    /// Whose it is, by which credential.
    pub login: Login,
    /// The session's id.
    pub session: SessionId,
    /// The session's key.
    pub key: PublicKey,
    /// The rules.
    pub policy: LoginPolicy,
}

impl NewLogin {
    const fn actor(&self) -> Actor {
        Actor::PlatformFor(self.key)
    }
}

/// What became of a login by a code.
#[derive(Debug)]
pub enum CodeLogin {
    /// The code was right.
    Opened(Box<Session>),
    /// The code was wrong, spent, or there is none. A wrong one has been counted.
    Refused(&'static str),
}

impl Store {
    /// Tries a code in plain text and, if it is right, spends it and opens the session, in one transaction. A live
    /// session of the same credential that holds the key already is replaced.
    ///
    /// # Errors
    /// [`StoreError::Limited`]; [`StoreError::Refused`]: the guessing budget is spent, or the account has too many live
    /// sessions; [`StoreError::KeyHeld`] by a session of another credential: nobody has proven to have the key, so that
    /// one stays (W1). The last two leave a right code unspent. [`StoreError::NotFound`]: the credential is gone.
    pub async fn login_by_code<R>(
        &self,
        new: NewLogin,
        body_digest: [u8; 32],
        is_right: R,
    ) -> Result<CodeLogin, StoreError>
    where
        R: FnOnce(&OpenIssue) -> bool + Send + 'static,
    {
        self.write(Some(new.login.platform), move |tx| {
            tx.begin_login(&new)?;
            let Login { platform, account, credential } = new.login;
            let otp = &new.policy.otp;
            let open = tx.open_issue(credential)?;
            let budget = tx.guess_budget(credential, otp)?;
            // Told whether or not there is a code, so that nobody learns which.
            otp.admit(&budget, tx.now)?;
            let issue = open.as_ref().map(|open| &open.issue);
            let verdict = otp.judge(issue, &budget, &body_digest, || open.as_ref().is_some_and(is_right), tx.now);
            let record =
                |action| Record { platform, account: Some(account), actor: Actor::Platform, action, resource: "" };
            let resource = credential.to_string();
            match (verdict, issue) {
                (Verdict::Refused(cause), _) => Err(cause.into()),
                (Verdict::NoLiveIssue, _) | (_, None) => Ok(CodeLogin::Refused("there is no live code")),
                // There is no request to repeat: a login in one call has been answered, or never was one.
                (Verdict::SameBodyAgain(_) | Verdict::SpentByAnother, _) => {
                    Ok(CodeLogin::Refused("the code was spent by another body"))
                }
                (Verdict::Wrong { ends_issue }, Some(issue)) => {
                    tx.count_wrong_code(issue, ends_issue)?;
                    tx.audit(Record { resource: &resource, ..record(Action::RefuseOtp) })?;
                    Ok(CodeLogin::Refused("the code is wrong"))
                }
                (Verdict::Correct, Some(_)) => {
                    tx.end_issues(credential)?;
                    tx.forget_wrong_codes(credential)?;
                    tx.audit(Record { resource: &resource, ..record(Action::SpendOtp) })?;
                    match tx.live_session_of_key(account, &new.key)? {
                        None => {}
                        Some(earlier) if earlier.credential == credential => tx.end_session(&earlier, new.actor())?,
                        Some(_) => return Err(StoreError::KeyHeld),
                    }
                    let session = tx.open_login(new.session, new.login, new.key, new.actor(), &new.policy)?;
                    Ok(CodeLogin::Opened(Box::new(session)))
                }
            }
        })
        .await
    }

    /// Opens the session of a login by an ID token that has been verified, and whose time `ends`.
    ///
    /// # Errors
    /// [`StoreError::TokenEnded`]; [`StoreError::Limited`]; [`StoreError::KeyHeld`]; [`StoreError::Refused`]: the account
    /// has too many live sessions. [`StoreError::NotFound`]: the credential is gone.
    pub async fn login_by_token(&self, new: NewLogin, ends: Timestamp) -> Result<Session, StoreError> {
        self.write(Some(new.login.platform), move |tx| {
            tx.begin_login(&new)?;
            tx.require_token(ends)?;
            tx.require_free_key(new.login.account, &new.key)?;
            tx.open_login(new.session, new.login, new.key, new.actor(), &new.policy)
        })
        .await
    }

    /// Opens the session of a login by a passkey and, in the same transaction, uses up the request whose challenge it
    /// signed and moves its counter on: it must be greater than the last one, or both zero (W7).
    ///
    /// # Errors
    /// As [`Store::login_by_token`], and [`StoreError::Refused`]: the request was used or has expired.
    /// [`StoreError::CounterStands`]: the counter isn't greater.
    pub async fn login_by_passkey(&self, proof: SignedRetry<Asserted>, new: NewLogin) -> Result<Session, StoreError> {
        self.write(Some(new.login.platform), move |tx| {
            let Login { account, credential, .. } = new.login;
            tx.lock_account(account)?;
            tx.spend_asserted(&proof)?;
            tx.begin_login(&new)?;
            let count = i64::from(proof.assertion().sign_count());
            let grown = credentials::sign_count.lt(count);
            let never_counts = credentials::sign_count.eq(0).and(credentials::sign_count.eq(count));
            let moved = credentials::table.find(credential.to_string()).filter(grown.or(never_counts));
            if diesel::update(moved).set(credentials::sign_count.eq(count)).execute(tx.conn)? != 1 {
                return Err(StoreError::CounterStands);
            }
            tx.require_free_key(account, &new.key)?;
            tx.open_login(new.session, new.login, new.key, new.actor(), &new.policy)
        })
        .await
    }

    /// Adds the pending request of a sign-in by passkey. Earlier ones of the credential live on.
    ///
    /// # Errors
    /// [`StoreError::Limited`]. [`StoreError::NotFound`]: the credential is gone.
    pub async fn begin_passkey(
        &self,
        request: SignedRetry<Issued>,
        credential: AuthMethodId,
        limit: Limit,
        policy: RequestPolicy,
    ) -> Result<SignedRetry<Issued>, StoreError> {
        self.write(Some(request.binding().platform), move |tx| {
            tx.lock_account(request.account())?;
            tx.require_credential(request.binding().platform, credential)?;
            tx.take(Bucket::Challenge(credential), limit)?;
            let request = request.issued_at(tx.now);
            tx.add_request(&request, policy)?;
            Ok(request)
        })
        .await
    }

    /// Counts a proof that was refused before any transaction, and notes it.
    ///
    /// # Errors
    /// [`StoreError::Limited`]: the caller is told that instead.
    pub async fn refuse_proof(&self, login: Login, action: Action, limit: Limit) -> Result<(), StoreError> {
        self.write(Some(login.platform), move |tx| {
            tx.take(Bucket::Verify(login.credential), limit)?;
            tx.audit(Record {
                platform: login.platform,
                account: Some(login.account),
                actor: Actor::Platform,
                action,
                resource: &login.credential.to_string(),
            })
        })
        .await
    }
}

impl Tx<'_> {
    /// What every login in one call begins with: the account's lock, the credential as it is now, a token of the limit.
    fn begin_login(&mut self, new: &NewLogin) -> Result<(), StoreError> {
        let Login { platform, account, credential } = new.login;
        self.lock_account(account)?;
        self.require_credential(platform, credential)?;
        self.take(Bucket::Verify(credential), new.policy.verify)
    }

    /// That a credential isn't revoked, as of this transaction.
    pub(super) fn require_credential(
        &mut self,
        platform: PlatformId,
        credential: AuthMethodId,
    ) -> Result<(), StoreError> {
        self.credential(platform, credential)?.map(|_| ()).ok_or(StoreError::NotFound("credential"))
    }

    /// That an ID token whose time `ends` still counts: the wait for its issuer, and for this transaction, is over (S5).
    pub(super) fn require_token(&self, ends: Timestamp) -> Result<(), StoreError> {
        if self.now < ends { Ok(()) } else { Err(StoreError::TokenEnded) }
    }

    fn require_free_key(&mut self, account: InternalAccountId, key: &PublicKey) -> Result<(), StoreError> {
        match self.live_session_of_key(account, key)? {
            None => Ok(()),
            Some(_) => Err(StoreError::KeyHeld),
        }
    }

    /// Opens a login's first session, and unlocks the account's other credentials by it (W2).
    pub(super) fn open_login(
        &mut self,
        id: SessionId,
        login: Login,
        key: PublicKey,
        actor: Actor,
        policy: &LoginPolicy,
    ) -> Result<Session, StoreError> {
        let session = Session::open(id, login, key, self.now, &policy.sessions);
        self.add_session(&session, &policy.sessions)?;
        self.unlock_others(login, actor, &policy.otp)?;
        self.audit(Record {
            platform: login.platform,
            account: Some(login.account),
            actor,
            action: Action::OpenSession,
            resource: &session.id.to_string(),
        })?;
        Ok(session)
    }

    /// Unlocks the account's other credentials. Only those that are locked: else every sign-in with one credential would
    /// widen the guessing budget of the others.
    fn unlock_others(&mut self, login: Login, actor: Actor, policy: &OtpPolicy) -> Result<(), StoreError> {
        let locked: Vec<String> = credentials::table
            .filter(credentials::account_id.eq(login.account.to_string()))
            .filter(credentials::id.ne(login.credential.to_string()))
            .filter(credentials::revoked_at.is_null())
            .filter(credentials::wrong_since_success.ge(i32::try_from(policy.wrong_until_locked).unwrap_or(i32::MAX)))
            .select(credentials::id)
            .load(self.conn)?;
        for id in locked {
            diesel::update(credentials::table.find(&id))
                .set(credentials::wrong_since_success.eq(0))
                .execute(self.conn)?;
            self.audit(Record {
                platform: login.platform,
                account: Some(login.account),
                actor,
                action: Action::UnlockCredential,
                resource: &id,
            })?;
        }
        Ok(())
    }
}

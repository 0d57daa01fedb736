//! Codes by email that sign a user in (C3), and what is counted per address (W2).

use countersign_flow::Timestamp;
use countersign_flow::cli_login::sign_in::{IssuedCode, Verdict, judge};
use countersign_flow::cli_login::user::{SignIn, sign_in};
use countersign_flow::id::{CliAttemptId, CliSessionId, OtpIssueId, PlatformId, UserId};
use countersign_flow::otp::{GuessBudget, OtpPolicy};
use diesel::prelude::*;

use super::super::audit::{Action, Actor, Record};
use super::super::schema::{sign_in_addresses, sign_in_codes, sign_in_wrong_codes};
use super::super::sends::NewSend;
use super::super::{Store, StoreError, Tx};
use super::sessions::{NewSession, SessionKey};
use super::users::NewUser;
use super::{CliRefusal, Costs, millis};
use crate::clock::entropy;

/// A code that is about to be issued.
#[derive(Clone, Debug)]
pub struct NewSignInCode {
    /// Its id.
    pub id: OtpIssueId,
    /// What it is found by.
    pub nonce_digest: [u8; 32],
    /// HMAC of its typed part.
    pub typed_mac: [u8; 32],
    /// The address that it goes to.
    pub email: String,
    /// HMAC of the address.
    pub address: [u8; 32],
    /// Where it goes; `None` where nothing is sent.
    pub send: Option<NewSend>,
}

/// A try to sign in.
#[derive(Clone, Debug)]
pub struct Try {
    /// What the code is found by.
    pub nonce_digest: [u8; 32],
    /// The session of the access token that came with the code.
    pub caller: Option<CliSessionId>,
    /// The attempt on whose page the code was typed.
    pub page_of: Option<CliAttemptId>,
    /// The id of the user, if one is made.
    pub new_user: UserId,
    /// The session.
    pub session: NewSession,
    /// How often codes may be tried.
    pub policy: OtpPolicy,
}

/// Who has signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignedIn {
    /// The user.
    pub user: UserId,
    /// Whether it was made, or made a named one, by this.
    pub is_new: bool,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = sign_in_codes)]
struct CodeRow {
    id: String,
    typed_mac: Vec<u8>,
    email: String,
    address: Vec<u8>,
    wrong: i32,
    expires_at: i64,
    ended_at: Option<i64>,
}

/// A code that was found by its nonce.
struct FoundCode {
    id: OtpIssueId,
    typed_mac: [u8; 32],
    email: String,
    address: Vec<u8>,
    issued: IssuedCode,
}

impl CodeRow {
    fn code(self) -> Result<FoundCode, StoreError> {
        fn corrupt<E>(_: E) -> StoreError {
            StoreError::Corrupt("sign-in code")
        }
        Ok(FoundCode {
            id: self.id.parse().map_err(corrupt)?,
            typed_mac: self.typed_mac.try_into().map_err(corrupt)?,
            email: self.email,
            address: self.address,
            issued: IssuedCode {
                expires: Timestamp::from_millis(self.expires_at),
                wrong: u32::try_from(self.wrong).map_err(corrupt)?,
                ended: millis(self.ended_at),
            },
        })
    }
}

impl Store {
    /// Issues a code, whether anyone has the address or not. An earlier code for it ends.
    ///
    /// # Errors
    /// [`StoreError::Limited`]; [`StoreError::Refused`] when the address has been guessed at too often (W2).
    pub async fn issue_sign_in_code(
        &self,
        platform: PlatformId,
        new: NewSignInCode,
        policy: OtpPolicy,
        costs: Costs,
    ) -> Result<(), StoreError> {
        self.counted(platform, costs, move |tx| {
            tx.lock_address(platform, &new.address)?;
            let budget = tx.address_budget(platform, &new.address, &policy)?;
            policy.admit(&budget, tx.now)?;
            if let Some(send) = &new.send {
                tx.reserve_send(new.id, platform, send)?;
            }
            tx.end_sign_in_codes(platform, &new.address)?;
            diesel::insert_into(sign_in_codes::table)
                .values((
                    sign_in_codes::id.eq(new.id.to_string()),
                    sign_in_codes::platform_id.eq(platform.to_string()),
                    sign_in_codes::nonce_digest.eq(new.nonce_digest.as_slice()),
                    sign_in_codes::typed_mac.eq(new.typed_mac.as_slice()),
                    sign_in_codes::email.eq(&new.email),
                    sign_in_codes::address.eq(new.address.as_slice()),
                    sign_in_codes::issued_at.eq(tx.now.as_millis()),
                    sign_in_codes::expires_at.eq(tx.now.plus(policy.ttl).as_millis()),
                ))
                .execute(tx.conn)?;
            tx.audit_code(platform, new.id, Action::IssueSignInCode)
        })
        .await
    }

    /// Judges a code and signs its user in, in one transaction: a wrong try is counted before anyone is told.
    ///
    /// `is_right` compares the typed part with its HMAC.
    ///
    /// # Errors
    /// [`CliRefusal::SignInCode`], [`CliRefusal::SessionEnded`]; [`StoreError::Limited`]; [`StoreError::Refused`] when the
    /// address has been guessed at too often.
    pub async fn sign_in<R>(
        &self,
        platform: PlatformId,
        attempted: Try,
        costs: Costs,
        is_right: R,
    ) -> Result<SignedIn, StoreError>
    where
        R: FnOnce(OtpIssueId, &[u8; 32]) -> bool + Send + 'static,
    {
        let signed_in = self.counted(platform, costs, move |tx| {
            let Some(code) = tx.sign_in_code(platform, attempted.nonce_digest)? else { return Ok(None) };
            tx.lock_address(platform, &code.address)?;
            // Read again: what was found before the lock may have been tried meanwhile.
            let Some(code) = tx.sign_in_code(platform, attempted.nonce_digest)? else { return Ok(None) };
            let budget = tx.address_budget(platform, &code.address, &attempted.policy)?;
            let right = || is_right(code.id, &code.typed_mac);
            match judge(&code.issued, &budget, &attempted.policy, right, tx.now) {
                Verdict::NotLive => Ok(None),
                Verdict::Refused(cause) => Err(cause.into()),
                Verdict::Wrong { ends_code } => {
                    tx.count_wrong_sign_in(platform, &code, ends_code)?;
                    tx.audit_code(platform, code.id, Action::RefuseSignInCode)?;
                    Ok(None)
                }
                Verdict::Correct => {
                    tx.end_sign_in_codes(platform, &code.address)?;
                    tx.forget_wrong_sign_ins(platform, &code.address)?;
                    tx.audit_code(platform, code.id, Action::SpendSignInCode)?;
                    tx.signed_in(platform, &code, &attempted).map(Some)
                }
            }
        });
        signed_in.await?.ok_or_else(|| CliRefusal::SignInCode.into())
    }

    /// Lets an address be guessed at anew. Returns whether it was counted at all.
    ///
    /// # Errors
    /// [`StoreError::NotFound`]: no such platform.
    pub async fn unlock_address(&self, platform: PlatformId, address: [u8; 32]) -> Result<bool, StoreError> {
        self.write(None, move |tx| {
            tx.require_platform(platform)?;
            tx.lock_address(platform, &address)?;
            let wrong = sign_in_wrong_codes::table
                .filter(sign_in_wrong_codes::platform_id.eq(platform.to_string()))
                .filter(sign_in_wrong_codes::address.eq(address.to_vec()));
            let windowed = diesel::delete(wrong).execute(tx.conn)?;
            let counted = tx.forget_wrong_sign_ins(platform, &address)?;
            tx.audit_setting(platform, Action::UnlockAddress, "address")?;
            Ok(windowed + counted > 0)
        })
        .await
    }
}

impl Tx<'_> {
    fn signed_in(&mut self, platform: PlatformId, code: &FoundCode, attempted: &Try) -> Result<SignedIn, StoreError> {
        let caller = match attempted.caller {
            None => None,
            Some(id) => {
                let live = self.live_cli_session(platform, SessionKey::Id(id))?.ok_or(CliRefusal::SessionEnded)?;
                self.lock_users(&[live.user.id])?;
                let live = self.live_cli_session(platform, SessionKey::Id(id))?.ok_or(CliRefusal::SessionEnded)?;
                Some(live.user)
            }
        };
        let owner = self.owner_of_email(platform, &code.email)?;
        let (user, is_new) = match sign_in(owner, caller.as_ref()) {
            SignIn::Existing(user) => {
                self.lock_users(&[user])?;
                self.user(platform, user)?.ok_or(CliRefusal::SignInCode)?;
                (user, false)
            }
            SignIn::Upgrade(user) => {
                self.upgrade(platform, user, &code.email)?;
                (user, true)
            }
            SignIn::New => {
                let user = attempted.new_user;
                let new = NewUser {
                    anonymous: false,
                    email: Some((code.email.clone(), true)),
                    made_for: attempted.page_of,
                    ..NewUser::anonymous(user)
                };
                self.add_user(platform, &new, Actor::User(user))?;
                (user, true)
            }
        };
        self.open_cli_session(platform, user, &attempted.session, Actor::User(user))?;
        Ok(SignedIn { user, is_new })
    }

    fn sign_in_code(&mut self, platform: PlatformId, nonce_digest: [u8; 32]) -> Result<Option<FoundCode>, StoreError> {
        let row: Option<CodeRow> = sign_in_codes::table
            .filter(sign_in_codes::nonce_digest.eq(nonce_digest.to_vec()))
            .filter(sign_in_codes::platform_id.eq(platform.to_string()))
            .select(CodeRow::as_select())
            .first(self.conn)
            .optional()?;
        row.map(CodeRow::code).transpose()
    }

    /// Makes everything about an address serial within a platform.
    fn lock_address(&mut self, platform: PlatformId, address: &[u8]) -> Result<(), StoreError> {
        self.lock_name(&format!("sign-in:{platform}:{}", hex::encode(address)))?;
        self.settle_time()
    }

    fn address_budget(
        &mut self,
        platform: PlatformId,
        address: &[u8],
        policy: &OtpPolicy,
    ) -> Result<GuessBudget, StoreError> {
        let wrong_since_success: Option<i32> = sign_in_addresses::table
            .find((platform.to_string(), address.to_vec()))
            .select(sign_in_addresses::wrong_since_success)
            .first(self.conn)
            .optional()?;
        let (count, oldest): (i64, Option<i64>) = sign_in_wrong_codes::table
            .filter(sign_in_wrong_codes::platform_id.eq(platform.to_string()))
            .filter(sign_in_wrong_codes::address.eq(address.to_vec()))
            .filter(sign_in_wrong_codes::tried_at.gt(self.now.minus(policy.window).as_millis()))
            .select((diesel::dsl::count_star(), diesel::dsl::min(sign_in_wrong_codes::tried_at)))
            .first(self.conn)?;
        Ok(GuessBudget {
            wrong_last_24h: u32::try_from(count).unwrap_or(u32::MAX),
            wrong_since_success: u32::try_from(wrong_since_success.unwrap_or(0)).unwrap_or(u32::MAX),
            oldest_in_window: millis(oldest),
        })
    }

    fn count_wrong_sign_in(
        &mut self,
        platform: PlatformId,
        code: &FoundCode,
        ends_code: bool,
    ) -> Result<(), StoreError> {
        let id = countersign_flow::id::KeyId::mint(self.now, &mut entropy()).uuid().hyphenated().to_string();
        diesel::insert_into(sign_in_wrong_codes::table)
            .values((
                sign_in_wrong_codes::id.eq(id),
                sign_in_wrong_codes::platform_id.eq(platform.to_string()),
                sign_in_wrong_codes::address.eq(&code.address),
                sign_in_wrong_codes::tried_at.eq(self.now.as_millis()),
            ))
            .execute(self.conn)?;
        let address = sign_in_addresses::table.find((platform.to_string(), code.address.clone()));
        let more = sign_in_addresses::wrong_since_success.eq(sign_in_addresses::wrong_since_success + 1);
        if diesel::update(address).set(more).execute(self.conn)? == 0 {
            diesel::insert_into(sign_in_addresses::table)
                .values((
                    sign_in_addresses::platform_id.eq(platform.to_string()),
                    sign_in_addresses::address.eq(&code.address),
                    sign_in_addresses::wrong_since_success.eq(1),
                ))
                .execute(self.conn)?;
        }
        diesel::update(sign_in_codes::table.find(code.id.to_string()))
            .set(sign_in_codes::wrong.eq(sign_in_codes::wrong + 1))
            .execute(self.conn)?;
        if ends_code { self.end_sign_in_codes(platform, &code.address) } else { Ok(()) }
    }

    fn forget_wrong_sign_ins(&mut self, platform: PlatformId, address: &[u8]) -> Result<usize, StoreError> {
        let row = sign_in_addresses::table.find((platform.to_string(), address.to_vec()));
        Ok(diesel::delete(row).execute(self.conn)?)
    }

    /// Ends the open code of an address.
    fn end_sign_in_codes(&mut self, platform: PlatformId, address: &[u8]) -> Result<(), StoreError> {
        let open = sign_in_codes::table
            .filter(sign_in_codes::platform_id.eq(platform.to_string()))
            .filter(sign_in_codes::address.eq(address.to_vec()))
            .filter(sign_in_codes::ended_at.is_null());
        diesel::update(open).set(sign_in_codes::ended_at.eq(self.now.as_millis())).execute(self.conn)?;
        Ok(())
    }

    fn audit_code(&mut self, platform: PlatformId, id: OtpIssueId, action: Action) -> Result<(), StoreError> {
        self.audit(Record { platform, account: None, actor: Actor::Platform, action, resource: &id.to_string() })
    }
}

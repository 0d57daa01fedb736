//! The audit log: a row is written in the effect's own transaction. Ids and digests only, no contacts, no payloads.

use countersign_flow::id::{CliSessionId, InternalAccountId, PlatformId, SessionId, UserId};
use countersign_flow::key::PublicKey;
use countersign_flow::service_token::{ServiceKeyId, TokenId};
use diesel::prelude::*;

use super::schema::audit_log;
use super::{StoreError, Tx};
use crate::clock::entropy;

/// Who acted.
#[derive(Clone, Copy, Debug)]
pub enum Actor {
    /// The platform, by its client credentials alone.
    Platform,
    /// The platform, for a login in one call; with the key of the session that it opens.
    PlatformFor(PublicKey),
    /// A session, by its stamp; with its key.
    Session(SessionId, PublicKey),
    /// The key of a login that has no session yet, by its stamp.
    LoginKey(PublicKey),
    /// An API key or a workspace token.
    ServiceKey(ServiceKeyId),
    /// A service token.
    ServiceToken(TokenId),
    /// A user of CLI login.
    User(UserId),
    /// A session of CLI login.
    CliSession(CliSessionId),
    /// The operator, by the command line.
    Operator,
}

/// What was done.
#[derive(Clone, Copy, Debug)]
pub enum Action {
    /// A platform was made.
    CreatePlatform,
    /// A platform's secret was replaced.
    RotatePlatformSecret,
    /// A platform was disabled.
    DisablePlatform,
    /// A customer, with its account and credentials, was made.
    CreateCustomer,
    /// A code was issued.
    IssueOtp,
    /// A wrong code was tried.
    RefuseOtp,
    /// A right code was spent.
    SpendOtp,
    /// A credential was added.
    AddCredential,
    /// A credential was revoked, with its sessions and codes.
    RevokeCredential,
    /// An ID token was refused.
    RefuseToken,
    /// An assertion of a passkey was refused.
    RefuseAssertion,
    /// A session was opened by a login.
    OpenSession,
    /// A session was refreshed from another.
    RefreshSession,
    /// A session was revoked, and what was refreshed from it.
    RevokeSession,
    /// A credential was unlocked.
    UnlockCredential,
    /// A card was made.
    CreateCard,
    /// A delegated key was made and waits for its second countersignature.
    NoteDelegatedKey,
    /// A delegated key may sign.
    ActivateDelegatedKey,
    /// A delegated key that nobody activated in time made room for another.
    SupersedeDelegatedKey,
    /// A delegated key was revoked, and its private key destroyed.
    RevokeDelegatedKey,
    /// A delegated key signed.
    Stamp,
    /// A platform's client may do more.
    GrantCapability,
    /// A platform's client may do less.
    WithdrawCapability,
    /// ID tokens for another audience are accepted.
    AddAudience,
    /// ID tokens for an audience are accepted no longer.
    RemoveAudience,
    /// Passkeys are made for another relying party.
    SetRelyingParty,
    /// A workspace was made.
    CreateWorkspace,
    /// An identity was made, for service tokens.
    CreateIdentity,
    /// An identity was disabled, and all its tokens with it.
    DisableIdentity,
    /// An API key was made.
    CreateApiKey,
    /// A workspace token was made.
    CreateWorkspaceToken,
    /// An API key or a workspace token was revoked, and all that was issued with it.
    RevokeServiceKey,
    /// A family of service tokens was issued.
    IssueTokens,
    /// A family of service tokens got its next pair.
    RefreshTokens,
    /// The answer to a refresh was given again.
    RepeatTokens,
    /// A refresh token was presented again, and its family revoked.
    RefuseReusedToken,
    /// Service tokens were revoked.
    RevokeTokens,
    /// A project has new keys, and its earlier ones ended.
    ReplaceProjectKeys,
    /// Links by email may lead somewhere.
    AddCallback,
    /// Links by email may lead there no longer.
    RemoveCallback,
    /// An address may be guessed at anew.
    UnlockAddress,
    /// A user was made.
    CreateUser,
    /// A user was changed.
    ChangeUser,
    /// An anonymous user became a named one.
    UpgradeUser,
    /// The work of an anonymous user went to the acting one, and its sessions ended.
    MergedInto,
    /// A user ended, with its sessions.
    EndUser,
    /// A session of CLI login was opened.
    OpenCliSession,
    /// A session of CLI login was ended.
    EndCliSession,
    /// A program asked to be logged in.
    StartAttempt,
    /// A person approved that.
    ApproveAttempt,
    /// A person refused that.
    DenyAttempt,
    /// The program got its session.
    UseAttempt,
    /// The anonymous user of an attempt was claimed.
    ClaimAnonymous,
    /// A sign-in code was issued.
    IssueSignInCode,
    /// A wrong sign-in code was tried.
    RefuseSignInCode,
    /// A right sign-in code was spent.
    SpendSignInCode,
}

impl Action {
    const fn as_str(self) -> &'static str {
        match self {
            Self::CreatePlatform => "create-platform",
            Self::RotatePlatformSecret => "rotate-platform-secret",
            Self::DisablePlatform => "disable-platform",
            Self::CreateCustomer => "create-customer",
            Self::IssueOtp => "issue-otp",
            Self::RefuseOtp => "refuse-otp",
            Self::SpendOtp => "spend-otp",
            Self::AddCredential => "add-credential",
            Self::RevokeCredential => "revoke-credential",
            Self::RefuseToken => "refuse-token",
            Self::RefuseAssertion => "refuse-assertion",
            Self::OpenSession => "open-session",
            Self::RefreshSession => "refresh-session",
            Self::RevokeSession => "revoke-session",
            Self::UnlockCredential => "unlock-credential",
            Self::CreateCard => "create-card",
            Self::NoteDelegatedKey => "note-delegated-key",
            Self::ActivateDelegatedKey => "activate-delegated-key",
            Self::SupersedeDelegatedKey => "supersede-delegated-key",
            Self::RevokeDelegatedKey => "revoke-delegated-key",
            Self::Stamp => "stamp",
            Self::GrantCapability => "grant-capability",
            Self::WithdrawCapability => "withdraw-capability",
            Self::AddAudience => "add-audience",
            Self::RemoveAudience => "remove-audience",
            Self::SetRelyingParty => "set-relying-party",
            Self::CreateWorkspace => "create-workspace",
            Self::CreateIdentity => "create-identity",
            Self::DisableIdentity => "disable-identity",
            Self::CreateApiKey => "create-api-key",
            Self::CreateWorkspaceToken => "create-workspace-token",
            Self::RevokeServiceKey => "revoke-service-key",
            Self::IssueTokens => "issue-tokens",
            Self::RefreshTokens => "refresh-tokens",
            Self::RepeatTokens => "repeat-tokens",
            Self::RefuseReusedToken => "refuse-reused-token",
            Self::RevokeTokens => "revoke-tokens",
            Self::ReplaceProjectKeys => "replace-project-keys",
            Self::AddCallback => "add-callback",
            Self::RemoveCallback => "remove-callback",
            Self::UnlockAddress => "unlock-address",
            Self::CreateUser => "create-user",
            Self::ChangeUser => "change-user",
            Self::UpgradeUser => "upgrade-user",
            Self::MergedInto => "merged-into",
            Self::EndUser => "end-user",
            Self::OpenCliSession => "open-cli-session",
            Self::EndCliSession => "end-cli-session",
            Self::StartAttempt => "start-attempt",
            Self::ApproveAttempt => "approve-attempt",
            Self::DenyAttempt => "deny-attempt",
            Self::UseAttempt => "use-attempt",
            Self::ClaimAnonymous => "claim-anonymous",
            Self::IssueSignInCode => "issue-sign-in-code",
            Self::RefuseSignInCode => "refuse-sign-in-code",
            Self::SpendSignInCode => "spend-sign-in-code",
        }
    }

    const fn outcome(self) -> &'static str {
        match self {
            Self::RefuseOtp
            | Self::RefuseToken
            | Self::RefuseAssertion
            | Self::RefuseReusedToken
            | Self::RefuseSignInCode => "refused",
            _ => "done",
        }
    }
}

/// One row.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    /// The tenant.
    pub platform: PlatformId,
    /// The account, where there is one.
    pub account: Option<InternalAccountId>,
    /// Who.
    pub actor: Actor,
    /// What.
    pub action: Action,
    /// On which resource: its id.
    pub resource: &'a str,
}

impl Tx<'_> {
    /// Appends a row.
    pub(super) fn audit(&mut self, record: Record<'_>) -> Result<(), StoreError> {
        self.audit_with_digest(record, None)
    }

    /// Appends a row with a digest, in hex, of what the ids don't say.
    pub(super) fn audit_with_digest(&mut self, record: Record<'_>, digest: Option<&str>) -> Result<(), StoreError> {
        let (actor, key) = match record.actor {
            Actor::Platform => ("platform".to_owned(), None),
            Actor::PlatformFor(key) => ("platform".to_owned(), Some(key)),
            Actor::Session(id, key) => (id.to_string(), Some(key)),
            Actor::LoginKey(key) => ("login-key".to_owned(), Some(key)),
            Actor::ServiceKey(id) => (id.to_string(), None),
            Actor::ServiceToken(id) => (id.to_string(), None),
            Actor::User(id) => (format!("User:{id}"), None),
            Actor::CliSession(id) => (format!("CliSession:{id}"), None),
            Actor::Operator => ("operator".to_owned(), None),
        };
        // Version 7: the rows of one millisecond stay in some order, and pages fill from one side.
        let id = countersign_flow::id::KeyId::mint(self.now, &mut entropy()).uuid().hyphenated().to_string();
        diesel::insert_into(audit_log::table)
            .values((
                audit_log::id.eq(id),
                audit_log::platform_id.eq(record.platform.to_string()),
                audit_log::account_id.eq(record.account.map(|account| account.to_string())),
                audit_log::actor.eq(actor),
                audit_log::action.eq(record.action.as_str()),
                audit_log::resource.eq(record.resource),
                audit_log::outcome.eq(record.action.outcome()),
                audit_log::at.eq(self.now.as_millis()),
                audit_log::actor_key.eq(key.map(|key| key.compressed_hex())),
                audit_log::digest.eq(digest),
            ))
            .execute(self.conn)?;
        Ok(())
    }
}

//! Families of service tokens: issued, refreshed, revoked.
//!
//! A family is over when it, or the family above it, was revoked, when its key was, or when its identity or platform is
//! disabled. That is asked whenever one of its tokens is used; revoking a key or disabling an identity changes no family.

use std::time::Duration;

use countersign_flow::Timestamp;
use countersign_flow::id::{KeyId, PlatformId};
use countersign_flow::jws::Algorithm;
use countersign_flow::keyring::KeyPurpose;
use countersign_flow::service_token::path::PathPattern;
use countersign_flow::service_token::scope::Scopes;
use countersign_flow::service_token::{
    Asked, Begin, Class, Family, FamilyFault, FamilyId, IdentityId, Lifetimes, Rotation, ServiceKeyId, Subject,
    TokenId, default_audience, grant,
};
use diesel::prelude::*;

use super::audit::{Action, Actor, Record};
use super::purge::ids;
use super::schema::{identities, platforms, service_keys, token_families};
use super::service_keys::{
    Ended, Grantor, GrantorCredential, Identity, IdentityRow, NewIdentity, read_list, read_scopes, write_list,
    write_scopes,
};
use super::{AnyConnection, Store, StoreError, Tx};

/// Rows that one statement names.
const BATCH: usize = 500;

/// What tokens are signed with: the algorithm of the settings, and the key that the server holds to be the one.
#[derive(Clone, Copy, Debug)]
pub struct Signer {
    /// The algorithm.
    pub algorithm: Algorithm,
    /// The key.
    pub key: KeyId,
}

/// Whom a pair is for.
#[derive(Clone, Debug)]
pub enum IssueTo {
    /// An identity; where there is a workspace, one of it.
    Identity(IdentityId),
    /// A new one of this name, which may do what its tokens may.
    New(IdentityId, String),
}

/// A pair to issue. All issuers ask with this.
#[derive(Clone, Debug)]
pub struct Issue {
    /// Who issues.
    pub grantor: Grantor,
    /// Which issuer.
    pub class: Class,
    /// The new family.
    pub family: FamilyId,
    /// Whom for.
    pub to: IssueTo,
    /// The workspace that the identity must be of.
    pub workspace: Option<String>,
    /// The scopes, or those of the identity.
    pub scopes: Option<Asked>,
    /// The paths, of a path token.
    pub paths: Option<Vec<PathPattern>>,
    /// Who the access tokens are for, or the planes of their scopes.
    pub audience: Option<Vec<String>>,
    /// Life of an access token, in seconds.
    pub access_secs: Option<u64>,
    /// Life of a refresh token, in seconds.
    pub refresh_secs: Option<u64>,
    /// When the delegation ends.
    pub delegation_not_after: Option<Timestamp>,
}

/// A family with all that its tokens say.
#[derive(Clone, Debug)]
pub struct TokenFamily {
    /// The family.
    pub family: Family,
    /// Whom its tokens are about.
    pub subject: Subject,
    /// The name of its identity.
    pub name: String,
    /// The paths, of path tokens.
    pub paths: Option<Vec<String>>,
    /// The key that it, or the family above it, was issued with.
    pub key: ServiceKeyId,
    /// The key that signed the present pair.
    pub signing_key: KeyId,
    /// Why it is over.
    pub ended: Option<Ended>,
    parent: Option<FamilyId>,
    granted: Scopes,
    expires: Timestamp,
}

/// Why a refresh token got no pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RefreshFault {
    /// No such family.
    #[error("unknown family")]
    Unknown,
    /// The token had been used before; its family is revoked now.
    #[error("used before: the family is revoked")]
    Reused,
    /// The family is over.
    #[error(transparent)]
    Ended(#[from] Ended),
    /// Its time is over.
    #[error(transparent)]
    Over(#[from] FamilyFault),
}

/// What is revoked.
#[derive(Clone, Copy, Debug)]
pub enum RevokeTokens {
    /// The family of a token.
    Token(TokenId),
    /// A family.
    Family(FamilyId),
    /// All families of an identity.
    Identity(IdentityId),
}

impl TokenFamily {
    /// What its access tokens may do now: never more than its identity, whatever that could do when they were issued.
    #[must_use]
    pub fn present_scopes(&self) -> Scopes {
        self.family.scopes.intersect(&self.granted)
    }
}

#[derive(Queryable)]
struct FamilyRow {
    id: String,
    platform_id: String,
    _identity_id: String,
    key_id: String,
    issued_with: String,
    parent_id: Option<String>,
    class: String,
    scopes: String,
    audience: String,
    paths: Option<String>,
    access_secs: i64,
    refresh_secs: i64,
    refresh_asked: bool,
    delegation_not_after: Option<i64>,
    ends_at: i64,
    generation: i64,
    issued_at: i64,
    access_expires_at: i64,
    refresh_expires_at: i64,
    rotated_at: i64,
    retries: i64,
    signing_key_id: String,
    expires_at: i64,
    _created_at: i64,
    revoked_at: Option<i64>,
}

impl FamilyRow {
    fn family(self, identity: Identity, key_revoked: bool, disabled: bool) -> Result<TokenFamily, StoreError> {
        let corrupt = || StoreError::Corrupt("token family");
        let secs = |secs: i64| u64::try_from(secs).map(Duration::from_secs).map_err(|_| corrupt());
        let count = |count: i64| u32::try_from(count).map_err(|_| corrupt());
        let key: ServiceKeyId = self.key_id.parse().map_err(|_| corrupt())?;
        let ended = match key {
            _ if self.revoked_at.is_some() || identity.disabled.is_some() || disabled => Some(Ended::Tokens),
            ServiceKeyId::ApiKey(_) if key_revoked => Some(Ended::ApiKey),
            ServiceKeyId::WorkspaceToken(_) if key_revoked => Some(Ended::WorkspaceToken),
            _ => None,
        };
        Ok(TokenFamily {
            family: Family {
                id: self.id.parse().map_err(|_| corrupt())?,
                class: self.class.parse().map_err(|_| corrupt())?,
                scopes: read_scopes(&self.scopes)?,
                audience: read_list(&self.audience)?,
                access_ttl: secs(self.access_secs)?,
                refresh_ttl: secs(self.refresh_secs)?,
                refresh_ttl_asked: self.refresh_asked,
                delegation_not_after: self.delegation_not_after.map(Timestamp::from_millis),
                ends: Timestamp::from_millis(self.ends_at),
                generation: count(self.generation)?,
                issued: Timestamp::from_millis(self.issued_at),
                access_expires: Timestamp::from_millis(self.access_expires_at),
                refresh_expires: Timestamp::from_millis(self.refresh_expires_at),
                rotated: Timestamp::from_millis(self.rotated_at),
                retries: count(self.retries)?,
            },
            subject: subject(&identity, self.platform_id.parse().map_err(|_| corrupt())?, self.issued_with),
            name: identity.name,
            paths: self.paths.as_deref().map(read_list).transpose()?,
            key,
            signing_key: self.signing_key_id.parse().map_err(|_| corrupt())?,
            ended,
            parent: self.parent_id.map(|id| id.parse().map_err(|_| corrupt())).transpose()?,
            granted: identity.scopes,
            expires: Timestamp::from_millis(self.expires_at),
        })
    }
}

fn subject(identity: &Identity, organisation: PlatformId, issued_with: String) -> Subject {
    Subject {
        identity: identity.id.to_string(),
        organisation,
        workspace: identity.workspace.clone(),
        sponsor: identity.sponsor.clone(),
        sponsor_chain: identity.sponsor_chain.clone(),
        issued_with,
    }
}

impl Store {
    /// Issues the first pair of a new family.
    ///
    /// # Errors
    /// [`StoreError::GrantorEnded`], [`StoreError::NotFound`] for the identity or the workspace,
    /// [`StoreError::NotGranted`], [`StoreError::FamilyOver`], [`StoreError::SigningKeyReplaced`].
    pub async fn issue_tokens(
        &self,
        issue: Issue,
        lifetimes: Lifetimes,
        signer: Signer,
    ) -> Result<TokenFamily, StoreError> {
        self.write(Some(issue.grantor.platform), move |tx| tx.issue_tokens(&issue, &lifetimes, signer)).await
    }

    /// The family of a token, and the statement time.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn token_family(&self, id: FamilyId) -> Result<(Option<TokenFamily>, Timestamp), StoreError> {
        self.read(None, move |tx| Ok((tx.token_family(id)?, tx.now))).await
    }

    /// Rotates the family of a refresh token, or revokes it if the token was used before. `platform` is the one that the
    /// token names.
    ///
    /// # Errors
    /// [`StoreError::SigningKeyReplaced`]. A refusal is no error: a family that it has ended must stay ended.
    pub async fn refresh_tokens(
        &self,
        platform: PlatformId,
        token: TokenId,
        lifetimes: Lifetimes,
        signer: Signer,
    ) -> Result<Result<TokenFamily, RefreshFault>, StoreError> {
        self.write(Some(platform), move |tx| tx.refresh_tokens(platform, token, &lifetimes, signer)).await
    }

    /// Revokes families, and all that were issued with their tokens. Again changes nothing.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::GrantorEnded`].
    pub async fn revoke_tokens(&self, target: RevokeTokens, grantor: Grantor) -> Result<(), StoreError> {
        self.write(Some(grantor.platform), move |tx| {
            let platform = grantor.platform;
            let actor = tx.require_grantor(Some(&grantor), &Scopes::default())?;
            // Whoever is of one workspace ends what is of that one.
            let is_own = |workspace: &String| grantor.workspace.as_ref().is_none_or(|own| own == workspace);
            let own = token_families::table
                .filter(token_families::platform_id.eq(platform.to_string()))
                .select(token_families::id);
            let (ids, resource): (Vec<String>, String) = match target {
                RevokeTokens::Token(id) => {
                    let known = own.filter(token_families::id.eq(id.family.to_string()));
                    // Of a generation that is yet to come there is no token.
                    let known = known.filter(token_families::generation.ge(i64::from(id.generation)));
                    (known.load(tx.conn)?, id.to_string())
                }
                RevokeTokens::Family(id) => {
                    (own.filter(token_families::id.eq(id.to_string())).load(tx.conn)?, id.to_string())
                }
                RevokeTokens::Identity(id) => {
                    let id = id.to_string();
                    let workspace: Option<String> = identities::table
                        .find(&id)
                        .filter(identities::platform_id.eq(platform.to_string()))
                        .select(identities::workspace_id)
                        .first(tx.conn)
                        .optional()?;
                    workspace.filter(is_own).ok_or(StoreError::NotFound("token"))?;
                    let live = own.filter(token_families::identity_id.eq(&id));
                    let live = live.filter(token_families::revoked_at.is_null());
                    (live.load(tx.conn)?, id)
                }
            };
            if !matches!(target, RevokeTokens::Identity(_)) {
                let workspace: Option<String> = token_families::table
                    .inner_join(identities::table.on(identities::id.eq(token_families::identity_id)))
                    .filter(token_families::id.eq_any(&ids))
                    .select(identities::workspace_id)
                    .first(tx.conn)
                    .optional()?;
                workspace.filter(is_own).ok_or(StoreError::NotFound("token"))?;
            }
            tx.end_families(ids)?;
            let action = Action::RevokeTokens;
            tx.audit(Record { platform, account: None, actor, action, resource: &resource })
        })
        .await
    }
}

impl Tx<'_> {
    /// Makes the transaction the only one on this family. SQLite's write lock does that for the whole file.
    pub(super) fn lock_family(&mut self, id: FamilyId) -> Result<(), StoreError> {
        if let AnyConnection::Postgres(conn) = self.conn {
            let _: Option<String> = token_families::table
                .find(id.to_string())
                .select(token_families::id)
                .for_no_key_update()
                .first(conn)
                .optional()?;
        }
        Ok(())
    }

    pub(super) fn token_family(&mut self, id: FamilyId) -> Result<Option<TokenFamily>, StoreError> {
        let row: Option<(FamilyRow, IdentityRow, Option<i64>, Option<i64>)> = token_families::table
            .inner_join(identities::table.on(identities::id.eq(token_families::identity_id)))
            .inner_join(service_keys::table.on(service_keys::id.eq(token_families::key_id)))
            .inner_join(platforms::table.on(platforms::id.eq(token_families::platform_id)))
            .filter(token_families::id.eq(id.to_string()))
            .select((
                token_families::all_columns,
                identities::all_columns,
                service_keys::revoked_at,
                platforms::disabled_at,
            ))
            .first(self.conn)
            .optional()?;
        let Some((family, identity, key_revoked, disabled)) = row else { return Ok(None) };
        family.family(identity.identity()?, key_revoked.is_some(), disabled.is_some()).map(Some)
    }

    fn require_signer(&mut self, signer: Signer) -> Result<(), StoreError> {
        let current = self.signing_key(KeyPurpose::ServiceToken, signer.algorithm)?;
        if current == signer.key { Ok(()) } else { Err(StoreError::SigningKeyReplaced) }
    }

    fn issue_tokens(
        &mut self,
        issue: &Issue,
        lifetimes: &Lifetimes,
        signer: Signer,
    ) -> Result<TokenFamily, StoreError> {
        let Issue { grantor, class, to, workspace, scopes, paths, .. } = issue;
        let (platform, class) = (grantor.platform, *class);
        let actor = self.require_grantor(Some(grantor), &Scopes::default())?;
        self.require_signer(signer)?;
        if let Some(workspace) = workspace {
            self.require_workspace(platform, workspace)?;
        }
        // An identity's pair may do what the identity may, whatever the API key may; all others are handed on (T1).
        let handed_on = class != Class::Identity || !matches!(grantor.credential, GrantorCredential::ApiKey(_));
        let limit = |scopes: Asked, identity: Option<&Scopes>| {
            let limits: Vec<&Scopes> = identity.into_iter().chain(handed_on.then_some(&grantor.scopes)).collect();
            grant(scopes, &limits)
        };
        let (identity, scopes) = match to {
            IssueTo::Identity(id) => {
                let found = self.identity(platform, *id)?;
                let of_workspace = |found: &Identity| workspace.as_ref().is_none_or(|own| *own == found.workspace);
                let identity = found.filter(of_workspace).ok_or(StoreError::NotFound("identity"))?;
                let asked = scopes.clone().unwrap_or_else(|| Asked::AtMost(identity.scopes.clone()));
                let granted = limit(asked, Some(&identity.scopes))?;
                (identity, granted)
            }
            IssueTo::New(id, name) => {
                let granted = limit(scopes.clone().unwrap_or_else(|| Asked::These(Scopes::default())), None)?;
                let new = NewIdentity {
                    id: *id,
                    platform,
                    workspace: workspace.clone().ok_or(StoreError::NotFound("workspace"))?,
                    name: name.clone(),
                    scopes: granted.clone(),
                    sponsor: grantor.credential.sponsor(),
                };
                (self.add_identity(new, actor)?, granted)
            }
        };
        let begin = Begin {
            id: issue.family,
            class,
            audience: issue.audience.clone().unwrap_or_else(|| default_audience(&scopes)),
            scopes,
            access_secs: issue.access_secs,
            refresh_secs: issue.refresh_secs,
            delegation_not_after: issue.delegation_not_after,
        };
        let family = Family::begin(begin, lifetimes, self.now)?;
        let key = match grantor.credential {
            GrantorCredential::ApiKey(id) => ServiceKeyId::ApiKey(id),
            GrantorCredential::WorkspaceToken(id) => ServiceKeyId::WorkspaceToken(id),
            GrantorCredential::AccessToken(token, _) => {
                let above = self.token_family(token.family)?;
                above.ok_or(StoreError::GrantorEnded(Ended::Tokens))?.key
            }
        };
        let issued = TokenFamily {
            subject: subject(&identity, platform, grantor.credential.id()),
            name: identity.name,
            paths: paths.as_ref().map(|paths| paths.iter().map(ToString::to_string).collect()),
            key,
            signing_key: signer.key,
            ended: None,
            parent: grantor.credential.family(),
            granted: identity.scopes,
            expires: family.pair_expires(),
            family,
        };
        self.insert_family(&issued)?;
        let (action, resource) = (Action::IssueTokens, &issued.family.id.to_string());
        self.audit(Record { platform, account: None, actor, action, resource })?;
        Ok(issued)
    }

    fn insert_family(&mut self, issued: &TokenFamily) -> Result<(), StoreError> {
        let TokenFamily { family, subject, .. } = issued;
        let secs = |ttl: Duration| i64::try_from(ttl.as_secs()).unwrap_or(i64::MAX);
        diesel::insert_into(token_families::table)
            .values((
                (
                    token_families::id.eq(family.id.to_string()),
                    token_families::platform_id.eq(subject.organisation.to_string()),
                    token_families::identity_id.eq(&subject.identity),
                    token_families::key_id.eq(issued.key.to_string()),
                    token_families::issued_with.eq(&subject.issued_with),
                    token_families::parent_id.eq(issued.parent.map(|parent| parent.to_string())),
                    token_families::class.eq(family.class.as_str()),
                    token_families::scopes.eq(write_scopes(&family.scopes)),
                    token_families::audience.eq(write_list(&family.audience)),
                    token_families::paths.eq(issued.paths.as_deref().map(write_list)),
                    token_families::access_secs.eq(secs(family.access_ttl)),
                    token_families::refresh_secs.eq(secs(family.refresh_ttl)),
                ),
                (
                    token_families::refresh_asked.eq(family.refresh_ttl_asked),
                    token_families::delegation_not_after.eq(family.delegation_not_after.map(Timestamp::as_millis)),
                    token_families::ends_at.eq(family.ends.as_millis()),
                    token_families::generation.eq(i64::from(family.generation)),
                    token_families::issued_at.eq(family.issued.as_millis()),
                    token_families::access_expires_at.eq(family.access_expires.as_millis()),
                    token_families::refresh_expires_at.eq(family.refresh_expires.as_millis()),
                    token_families::rotated_at.eq(family.rotated.as_millis()),
                    token_families::retries.eq(i64::from(family.retries)),
                    token_families::signing_key_id.eq(issued.signing_key.to_string()),
                    token_families::expires_at.eq(issued.expires.as_millis()),
                    token_families::created_at.eq(self.now.as_millis()),
                ),
            ))
            .execute(self.conn)?;
        Ok(())
    }

    fn refresh_tokens(
        &mut self,
        platform: PlatformId,
        token: TokenId,
        lifetimes: &Lifetimes,
        signer: Signer,
    ) -> Result<Result<TokenFamily, RefreshFault>, StoreError> {
        self.require_signer(signer)?;
        self.lock_family(token.family)?;
        let found = self.token_family(token.family)?.filter(|found| found.subject.organisation == platform);
        let Some(found) = found else { return Ok(Err(RefreshFault::Unknown)) };
        if let Some(ended) = found.ended {
            return Ok(Err(ended.into()));
        }
        let before = found.family.clone();
        let (rotated, action, signing_key) =
            match found.family.clone().rotate(token.generation, &found.granted, lifetimes, self.now) {
                Ok(Rotation::Next(next)) => (next, Action::RefreshTokens, signer.key),
                // Signed again by the key that signed it first: another key would make another token of the same id.
                Ok(Rotation::Again(same)) => (same, Action::RepeatTokens, found.signing_key),
                Ok(Rotation::Reused) => {
                    self.end_families(vec![token.family.to_string()])?;
                    self.audit_refresh(platform, token, Action::RefuseReusedToken)?;
                    return Ok(Err(RefreshFault::Reused));
                }
                Err(over) => return Ok(Err(over.into())),
            };
        let expires = found.expires.max(rotated.pair_expires());
        let unchanged = token_families::table
            .find(token.family.to_string())
            .filter(token_families::generation.eq(i64::from(before.generation)))
            .filter(token_families::retries.eq(i64::from(before.retries)))
            .filter(token_families::revoked_at.is_null());
        let changed = diesel::update(unchanged)
            .set((
                token_families::scopes.eq(write_scopes(&rotated.scopes)),
                token_families::generation.eq(i64::from(rotated.generation)),
                token_families::issued_at.eq(rotated.issued.as_millis()),
                token_families::access_expires_at.eq(rotated.access_expires.as_millis()),
                token_families::refresh_expires_at.eq(rotated.refresh_expires.as_millis()),
                token_families::rotated_at.eq(rotated.rotated.as_millis()),
                token_families::retries.eq(i64::from(rotated.retries)),
                token_families::signing_key_id.eq(signing_key.to_string()),
                token_families::expires_at.eq(expires.as_millis()),
            ))
            .execute(self.conn)?;
        if changed != 1 {
            return Err(StoreError::Unavailable("a family was refreshed at the same moment".to_owned()));
        }
        self.audit_refresh(platform, token, action)?;
        Ok(Ok(TokenFamily { family: rotated, signing_key, expires, ..found }))
    }

    fn audit_refresh(&mut self, platform: PlatformId, token: TokenId, action: Action) -> Result<(), StoreError> {
        let actor = Actor::ServiceToken(token);
        self.audit(Record { platform, account: None, actor, action, resource: &token.family.to_string() })
    }

    /// Ends the families of an identity, and all that were issued with their tokens.
    pub(super) fn end_families_of(&mut self, identity: IdentityId) -> Result<(), StoreError> {
        let live = token_families::table
            .filter(token_families::identity_id.eq(identity.to_string()))
            .filter(token_families::revoked_at.is_null())
            .select(token_families::id)
            .load(self.conn)?;
        self.end_families(live)
    }

    /// Ends families, and all that were issued with their tokens.
    fn end_families(&mut self, mut ids: Vec<String>) -> Result<(), StoreError> {
        while !ids.is_empty() {
            let mut children = Vec::new();
            for batch in ids.chunks(BATCH) {
                let live = token_families::table.filter(token_families::id.eq_any(batch.iter()));
                let live = live.filter(token_families::revoked_at.is_null());
                diesel::update(live).set(token_families::revoked_at.eq(self.now.as_millis())).execute(self.conn)?;
                let issued: Vec<String> = token_families::table
                    .filter(token_families::parent_id.eq_any(batch.iter()))
                    .filter(token_families::revoked_at.is_null())
                    .select(token_families::id)
                    .load(self.conn)?;
                children.extend(issued);
            }
            ids = children;
        }
        Ok(())
    }

    /// Deletes families whose last token is over, and with whose tokens nothing was issued that is still there: revoking
    /// what is above them must find what is below.
    pub(super) fn purge_token_families(&mut self, batch: i64) -> Result<usize, StoreError> {
        let children = diesel::alias!(token_families as children);
        let issued = children.filter(children.field(token_families::parent_id).eq(token_families::id.nullable()));
        let over = token_families::table
            .filter(diesel::dsl::not(diesel::dsl::exists(issued)))
            .filter(token_families::expires_at.lt(self.now.as_millis()))
            .select(token_families::id)
            .limit(batch);
        let ids = ids!(self, over);
        Ok(diesel::delete(token_families::table.filter(token_families::id.eq_any(ids))).execute(self.conn)?)
    }
}

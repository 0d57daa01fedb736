//! What service tokens are issued with and for: API keys, workspace tokens, workspaces and identities.

use countersign_flow::Timestamp;
use countersign_flow::id::PlatformId;
use countersign_flow::service_token::scope::Scopes;
use countersign_flow::service_token::{
    ApiKeyId, Asked, FamilyId, IdentityId, ServiceKeyId, TokenId, WorkspaceTokenId, grant,
};
use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error};

use super::audit::{Action, Actor, Record};
use super::schema::{identities, platforms, service_keys, workspaces};
use super::{Store, StoreError, Tx};

/// A caller of the token door, as it was let in. A write asks again whether it still may.
#[derive(Clone, Debug)]
pub struct Grantor {
    /// The tenant.
    pub platform: PlatformId,
    /// What it presented.
    pub credential: GrantorCredential,
    /// What it may do.
    pub scopes: Scopes,
    /// Its workspace; an API key has none.
    pub workspace: Option<String>,
}

/// What a caller of the token door presents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GrantorCredential {
    /// An API key.
    ApiKey(ApiKeyId),
    /// A workspace token.
    WorkspaceToken(WorkspaceTokenId),
    /// An access token, with the identity that it is for.
    AccessToken(TokenId, IdentityId),
}

impl GrantorCredential {
    /// Its id, as tokens name what they were issued with.
    #[must_use]
    pub fn id(&self) -> String {
        match self {
            Self::ApiKey(id) => id.to_string(),
            Self::WorkspaceToken(id) => id.to_string(),
            Self::AccessToken(id, _) => id.to_string(),
        }
    }

    /// Who answers for what it makes: the identity of a token, or the key itself.
    #[must_use]
    pub fn sponsor(&self) -> String {
        match self {
            Self::AccessToken(_, identity) => identity.to_string(),
            Self::ApiKey(_) | Self::WorkspaceToken(_) => self.id(),
        }
    }

    pub(super) const fn actor(&self) -> Actor {
        match *self {
            Self::ApiKey(id) => Actor::ServiceKey(ServiceKeyId::ApiKey(id)),
            Self::WorkspaceToken(id) => Actor::ServiceKey(ServiceKeyId::WorkspaceToken(id)),
            Self::AccessToken(id, _) => Actor::ServiceToken(id),
        }
    }

    /// The family that it is of.
    pub(super) const fn family(&self) -> Option<FamilyId> {
        match self {
            Self::AccessToken(id, _) => Some(id.family),
            Self::ApiKey(_) | Self::WorkspaceToken(_) => None,
        }
    }
}

/// Why a credential of the token door, or what was issued with it, serves no longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Ended {
    /// The API key was revoked.
    #[error("the API key is revoked")]
    ApiKey,
    /// The workspace token was revoked.
    #[error("the workspace token is revoked")]
    WorkspaceToken,
    /// The family was revoked, or its identity disabled, or its organisation.
    #[error("the tokens are revoked")]
    Tokens,
}

/// An API key or a workspace token, without its secret.
#[derive(Clone, Debug)]
pub struct StoredServiceKey {
    /// Its id.
    pub id: ServiceKeyId,
    /// The tenant.
    pub platform: PlatformId,
    /// The workspace, of a workspace token.
    pub workspace: Option<String>,
    /// What people call it.
    pub name: Option<String>,
    /// The beginning of its secret.
    pub beginning: String,
    /// What it may do.
    pub scopes: Scopes,
    /// When it was made.
    pub created: Timestamp,
    /// When it was revoked.
    pub revoked: Option<Timestamp>,
}

/// A key to be made.
#[derive(Clone, Debug)]
pub struct NewServiceKey {
    /// Its id.
    pub id: ServiceKeyId,
    /// The tenant.
    pub platform: PlatformId,
    /// The workspace, of a workspace token.
    pub workspace: Option<String>,
    /// What people call it.
    pub name: Option<String>,
    /// The beginning of its secret.
    pub beginning: String,
    /// The digest of its secret.
    pub digest: [u8; 32],
    /// What it may do.
    pub scopes: Scopes,
}

/// Whom tokens are for.
#[derive(Clone, Debug)]
pub struct Identity {
    /// Its id.
    pub id: IdentityId,
    /// The tenant.
    pub platform: PlatformId,
    /// Its workspace.
    pub workspace: String,
    /// What people call it.
    pub name: String,
    /// The most that its tokens may do.
    pub scopes: Scopes,
    /// Who answers for it.
    pub sponsor: String,
    /// Everyone who answers for it, the first one first.
    pub sponsor_chain: Vec<String>,
    /// When it was made.
    pub created: Timestamp,
    /// When it was last changed.
    pub updated: Timestamp,
    /// When it was disabled.
    pub disabled: Option<Timestamp>,
}

/// An identity to be made.
#[derive(Clone, Debug)]
pub struct NewIdentity {
    /// Its id.
    pub id: IdentityId,
    /// The tenant.
    pub platform: PlatformId,
    /// Its workspace.
    pub workspace: String,
    /// What people call it.
    pub name: String,
    /// The most that its tokens may do.
    pub scopes: Scopes,
    /// Who answers for it.
    pub sponsor: String,
}

#[derive(Queryable)]
struct ServiceKeyRow {
    id: String,
    platform_id: String,
    workspace_id: Option<String>,
    name: Option<String>,
    beginning: String,
    _digest: Vec<u8>,
    scopes: String,
    created_at: i64,
    revoked_at: Option<i64>,
}

impl ServiceKeyRow {
    fn key(self) -> Result<StoredServiceKey, StoreError> {
        let corrupt = || StoreError::Corrupt("service key");
        Ok(StoredServiceKey {
            id: self.id.parse().map_err(|_| corrupt())?,
            platform: self.platform_id.parse().map_err(|_| corrupt())?,
            workspace: self.workspace_id,
            name: self.name,
            beginning: self.beginning,
            scopes: read_scopes(&self.scopes)?,
            created: Timestamp::from_millis(self.created_at),
            revoked: self.revoked_at.map(Timestamp::from_millis),
        })
    }
}

#[derive(Queryable)]
pub(super) struct IdentityRow {
    id: String,
    platform_id: String,
    workspace_id: String,
    name: String,
    scopes: String,
    sponsor_id: String,
    sponsor_chain: String,
    created_at: i64,
    updated_at: i64,
    disabled_at: Option<i64>,
}

impl IdentityRow {
    pub(super) fn identity(self) -> Result<Identity, StoreError> {
        let corrupt = || StoreError::Corrupt("identity");
        Ok(Identity {
            id: self.id.parse().map_err(|_| corrupt())?,
            platform: self.platform_id.parse().map_err(|_| corrupt())?,
            workspace: self.workspace_id,
            name: self.name,
            scopes: read_scopes(&self.scopes)?,
            sponsor: self.sponsor_id,
            sponsor_chain: read_list(&self.sponsor_chain)?,
            created: Timestamp::from_millis(self.created_at),
            updated: Timestamp::from_millis(self.updated_at),
            disabled: self.disabled_at.map(Timestamp::from_millis),
        })
    }
}

/// A list of texts, as it is stored.
pub(super) fn write_list(texts: &[String]) -> String {
    serde_json::json!(texts).to_string()
}

pub(super) fn read_list(stored: &str) -> Result<Vec<String>, StoreError> {
    serde_json::from_str(stored).map_err(|_| StoreError::Corrupt("list"))
}

pub(super) fn write_scopes(scopes: &Scopes) -> String {
    write_list(&scopes.texts())
}

pub(super) fn read_scopes(stored: &str) -> Result<Scopes, StoreError> {
    Scopes::parse(read_list(stored)?).map_err(|_| StoreError::Corrupt("scope"))
}

impl Store {
    /// The key of this secret, revoked ones included, and whether its platform is enabled.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn service_key(&self, digest: [u8; 32]) -> Result<Option<(StoredServiceKey, bool)>, StoreError> {
        self.read(None, move |tx| {
            let row: Option<(ServiceKeyRow, Option<i64>)> = service_keys::table
                .inner_join(platforms::table.on(platforms::id.eq(service_keys::platform_id)))
                .filter(service_keys::digest.eq(digest.as_slice()))
                .select((service_keys::all_columns, platforms::disabled_at))
                .first(tx.conn)
                .optional()?;
            row.map(|(row, disabled)| Ok((row.key()?, disabled.is_none()))).transpose()
        })
        .await
    }

    /// Adds a workspace. `false` when the platform has it already.
    ///
    /// # Errors
    /// [`StoreError::WorkspaceTaken`] when another platform has it.
    pub async fn add_workspace(&self, platform: PlatformId, id: String) -> Result<bool, StoreError> {
        self.write(None, move |tx| {
            let owner: Option<String> =
                workspaces::table.find(&id).select(workspaces::platform_id).first(tx.conn).optional()?;
            match owner {
                Some(owner) if owner == platform.to_string() => return Ok(false),
                Some(_) => return Err(StoreError::WorkspaceTaken),
                None => {}
            }
            tx.require_platform(platform)?;
            diesel::insert_into(workspaces::table)
                .values((
                    workspaces::id.eq(&id),
                    workspaces::platform_id.eq(platform.to_string()),
                    workspaces::created_at.eq(tx.now.as_millis()),
                ))
                .execute(tx.conn)
                .map_err(|cause| match cause {
                    Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _) => StoreError::WorkspaceTaken,
                    other => other.into(),
                })?;
            let (actor, action) = (Actor::Operator, Action::CreateWorkspace);
            tx.audit(Record { platform, account: None, actor, action, resource: &id })?;
            Ok(true)
        })
        .await
    }

    /// Adds an API key or a workspace token, on behalf of a caller whose scopes it may have at most, or of the operator.
    ///
    /// # Errors
    /// [`StoreError::NotGranted`], [`StoreError::NotFound`] for the workspace, [`StoreError::GrantorEnded`].
    pub async fn add_service_key(
        &self,
        new: NewServiceKey,
        grantor: Option<Grantor>,
    ) -> Result<StoredServiceKey, StoreError> {
        self.write(grantor.as_ref().map(|grantor| grantor.platform), move |tx| {
            let actor = tx.require_grantor(grantor.as_ref(), &new.scopes)?;
            match &new.workspace {
                Some(workspace) => tx.require_workspace(new.platform, workspace)?,
                None => tx.require_platform(new.platform)?,
            }
            let id = new.id.to_string();
            diesel::insert_into(service_keys::table)
                .values((
                    service_keys::id.eq(&id),
                    service_keys::platform_id.eq(new.platform.to_string()),
                    service_keys::workspace_id.eq(&new.workspace),
                    service_keys::name.eq(&new.name),
                    service_keys::beginning.eq(&new.beginning),
                    service_keys::digest.eq(new.digest.as_slice()),
                    service_keys::scopes.eq(write_scopes(&new.scopes)),
                    service_keys::created_at.eq(tx.now.as_millis()),
                ))
                .execute(tx.conn)?;
            let action = match new.id {
                ServiceKeyId::ApiKey(_) => Action::CreateApiKey,
                ServiceKeyId::WorkspaceToken(_) => Action::CreateWorkspaceToken,
            };
            tx.audit(Record { platform: new.platform, account: None, actor, action, resource: &id })?;
            let NewServiceKey { id, platform, workspace, name, beginning, scopes, .. } = new;
            Ok(StoredServiceKey { id, platform, workspace, name, beginning, scopes, created: tx.now, revoked: None })
        })
        .await
    }

    /// Revokes an API key or a workspace token, and with it all that was issued with it. Again changes nothing.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::GrantorEnded`].
    pub async fn revoke_service_key(
        &self,
        platform: PlatformId,
        id: ServiceKeyId,
        grantor: Option<Grantor>,
    ) -> Result<StoredServiceKey, StoreError> {
        self.write(Some(platform), move |tx| {
            let actor = tx.require_grantor(grantor.as_ref(), &Scopes::default())?;
            let own = service_keys::table.find(id.to_string());
            let own = own.filter(service_keys::platform_id.eq(platform.to_string()));
            // Whoever is of one workspace ends keys of that one. A key never moves to another.
            let of: Option<Option<String>> =
                own.clone().select(service_keys::workspace_id).first(tx.conn).optional()?;
            let workspace = grantor.as_ref().and_then(|grantor| grantor.workspace.as_ref());
            if of.is_some_and(|of| workspace.is_some_and(|own| of.as_ref() != Some(own))) {
                return Err(StoreError::NotFound("api_key"));
            }
            let live = own.clone().filter(service_keys::revoked_at.is_null());
            // Families ask for their key's end whenever they are used: nothing of them is to be changed.
            let revoked = diesel::update(live).set(service_keys::revoked_at.eq(tx.now.as_millis())).execute(tx.conn)?;
            let row: Option<ServiceKeyRow> = own.first(tx.conn).optional()?;
            let key = row.ok_or(StoreError::NotFound("api_key"))?.key()?;
            if revoked == 1 {
                let (action, resource) = (Action::RevokeServiceKey, &id.to_string());
                tx.audit(Record { platform, account: None, actor, action, resource })?;
            }
            Ok(key)
        })
        .await
    }

    /// Adds an identity, on behalf of a caller whose scopes it may have at most, or of the operator.
    ///
    /// # Errors
    /// [`StoreError::NotGranted`], [`StoreError::NotFound`] for the workspace, [`StoreError::GrantorEnded`].
    pub async fn add_identity(&self, new: NewIdentity, grantor: Option<Grantor>) -> Result<Identity, StoreError> {
        self.write(Some(new.platform), move |tx| {
            let actor = tx.require_grantor(grantor.as_ref(), &new.scopes)?;
            tx.require_workspace(new.platform, &new.workspace)?;
            tx.add_identity(new, actor)
        })
        .await
    }

    /// Disables an identity: its tokens are refused from now on. Again changes nothing.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn disable_identity(&self, platform: PlatformId, id: IdentityId) -> Result<(), StoreError> {
        self.write(None, move |tx| {
            let own = identities::table.find(id.to_string());
            let own = own.filter(identities::platform_id.eq(platform.to_string()));
            let enabled = own.clone().filter(identities::disabled_at.is_null());
            let now = tx.now.as_millis();
            let changes = (identities::disabled_at.eq(now), identities::updated_at.eq(now));
            if diesel::update(enabled).set(changes).execute(tx.conn)? == 1 {
                tx.end_families_of(id)?;
                let (actor, action) = (Actor::Operator, Action::DisableIdentity);
                return tx.audit(Record { platform, account: None, actor, action, resource: &id.to_string() });
            }
            let known: i64 = own.count().get_result(tx.conn)?;
            if known == 1 { Ok(()) } else { Err(StoreError::NotFound("identity")) }
        })
        .await
    }
}

impl Tx<'_> {
    /// Asks again whether a caller still may act, and whether it may grant these scopes. The operator may.
    pub(super) fn require_grantor(&mut self, grantor: Option<&Grantor>, grants: &Scopes) -> Result<Actor, StoreError> {
        let Some(grantor) = grantor else { return Ok(Actor::Operator) };
        match grantor.credential {
            GrantorCredential::ApiKey(id) => self.require_live_key(ServiceKeyId::ApiKey(id))?,
            GrantorCredential::WorkspaceToken(id) => self.require_live_key(ServiceKeyId::WorkspaceToken(id))?,
            GrantorCredential::AccessToken(id, _) => {
                self.lock_family(id.family)?;
                let live = self.token_family(id.family)?.filter(|family| family.ended.is_none());
                live.ok_or(StoreError::GrantorEnded(Ended::Tokens))?;
            }
        }
        grant(Asked::These(grants.clone()), &[&grantor.scopes])?;
        Ok(grantor.credential.actor())
    }

    fn require_live_key(&mut self, id: ServiceKeyId) -> Result<(), StoreError> {
        let ended = match id {
            ServiceKeyId::ApiKey(_) => Ended::ApiKey,
            ServiceKeyId::WorkspaceToken(_) => Ended::WorkspaceToken,
        };
        let live: i64 = service_keys::table
            .inner_join(platforms::table.on(platforms::id.eq(service_keys::platform_id)))
            .filter(service_keys::id.eq(id.to_string()))
            .filter(service_keys::revoked_at.is_null())
            .filter(platforms::disabled_at.is_null())
            .count()
            .get_result(self.conn)?;
        if live == 1 { Ok(()) } else { Err(StoreError::GrantorEnded(ended)) }
    }

    pub(super) fn require_workspace(&mut self, platform: PlatformId, id: &str) -> Result<(), StoreError> {
        let own: i64 = workspaces::table
            .find(id)
            .filter(workspaces::platform_id.eq(platform.to_string()))
            .count()
            .get_result(self.conn)?;
        if own == 1 { Ok(()) } else { Err(StoreError::NotFound("workspace")) }
    }

    /// A platform's identity that isn't disabled.
    pub(super) fn identity(&mut self, platform: PlatformId, id: IdentityId) -> Result<Option<Identity>, StoreError> {
        let row: Option<IdentityRow> = identities::table
            .find(id.to_string())
            .filter(identities::platform_id.eq(platform.to_string()))
            .filter(identities::disabled_at.is_null())
            .first(self.conn)
            .optional()?;
        row.map(IdentityRow::identity).transpose()
    }

    pub(super) fn add_identity(&mut self, new: NewIdentity, actor: Actor) -> Result<Identity, StoreError> {
        let NewIdentity { id, platform, workspace, name, scopes, sponsor } = new;
        // Who answers for a sponsor that is an identity answers for whom it sponsors.
        let above = match sponsor.parse() {
            Ok(id) => self.identity(platform, id)?,
            Err(_) => None,
        };
        let mut sponsor_chain = above.map(|identity| identity.sponsor_chain).unwrap_or_default();
        sponsor_chain.push(sponsor.clone());
        let now = self.now;
        diesel::insert_into(identities::table)
            .values((
                identities::id.eq(id.to_string()),
                identities::platform_id.eq(platform.to_string()),
                identities::workspace_id.eq(&workspace),
                identities::name.eq(&name),
                identities::scopes.eq(write_scopes(&scopes)),
                identities::sponsor_id.eq(&sponsor),
                identities::sponsor_chain.eq(write_list(&sponsor_chain)),
                identities::created_at.eq(now.as_millis()),
                identities::updated_at.eq(now.as_millis()),
            ))
            .execute(self.conn)?;
        let action = Action::CreateIdentity;
        self.audit(Record { platform, account: None, actor, action, resource: &id.to_string() })?;
        let (created, updated) = (now, now);
        Ok(Identity { id, platform, workspace, name, scopes, sponsor, sponsor_chain, created, updated, disabled: None })
    }
}

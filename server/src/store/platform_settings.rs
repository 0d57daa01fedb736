//! What belongs to a platform and is set by the operator: what its client may do, the relying party of its passkeys, and
//! the audiences of ID tokens that are its own.

use std::collections::BTreeSet;

use countersign_flow::Timestamp;
use countersign_flow::id::PlatformId;
use countersign_flow::oidc::Audience;
use countersign_flow::webauthn::RelyingParty;
use diesel::prelude::*;

use super::audit::{Action, Actor, Record};
use super::schema::{platform_audiences, platform_capabilities, platform_origins, platform_relying_parties, platforms};
use super::{Store, StoreError, Tx};

/// What a platform's client may do beyond the ordinary (W5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Capability {
    /// Let delegated keys sign.
    DelegatedStamp,
}

impl Capability {
    /// The name, as it is stored and as the operator writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DelegatedStamp => "delegated-stamp",
        }
    }
}

impl Store {
    /// Whether a platform's client has a capability.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn has_capability(&self, platform: PlatformId, capability: Capability) -> Result<bool, StoreError> {
        self.read(Some(platform), move |tx| tx.has_capability(platform, capability)).await
    }

    /// Gives a platform's client a capability, or takes it away. Again changes nothing.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn set_capability(
        &self,
        platform: PlatformId,
        capability: Capability,
        granted: bool,
    ) -> Result<(), StoreError> {
        self.write(None, move |tx| {
            tx.require_platform(platform)?;
            let held: i64 = platform_capabilities::table
                .find((platform.to_string(), capability.as_str()))
                .count()
                .get_result(tx.conn)?;
            let changed = if granted && held == 0 {
                diesel::insert_into(platform_capabilities::table)
                    .values((
                        platform_capabilities::platform_id.eq(platform.to_string()),
                        platform_capabilities::capability.eq(capability.as_str()),
                        platform_capabilities::granted_at.eq(tx.now.as_millis()),
                    ))
                    .execute(tx.conn)?
            } else if granted {
                0
            } else {
                let key = (platform.to_string(), capability.as_str());
                diesel::delete(platform_capabilities::table.find(key)).execute(tx.conn)?
            };
            let action = if granted { Action::GrantCapability } else { Action::WithdrawCapability };
            if changed == 0 { Ok(()) } else { tx.audit_setting(platform, action, capability.as_str()) }
        })
        .await
    }

    /// The relying party of a platform's passkeys, if it has one.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn relying_party(&self, platform: PlatformId) -> Result<Option<RelyingParty>, StoreError> {
        self.read(Some(platform), move |tx| {
            let platform = platform.to_string();
            let id: Option<String> = platform_relying_parties::table
                .find(&platform)
                .select(platform_relying_parties::rp_id)
                .first(tx.conn)
                .optional()?;
            let Some(id) = id else { return Ok(None) };
            let origins = platform_origins::table
                .filter(platform_origins::platform_id.eq(&platform))
                .order(platform_origins::origin)
                .select(platform_origins::origin)
                .load(tx.conn)?;
            let corrupt = |_| StoreError::Corrupt("relying party");
            RelyingParty::new(&id, None, origins).map(Some).map_err(corrupt)
        })
        .await
    }

    /// Sets the relying party of a platform's passkeys, in place of the one before it. Passkeys of another rp id can't
    /// sign in from then on, as no browser lets them. That both make a [`RelyingParty`] is for the caller to see to.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn set_relying_party(
        &self,
        platform: PlatformId,
        id: String,
        origins: Vec<String>,
    ) -> Result<(), StoreError> {
        self.write(None, move |tx| {
            tx.require_platform(platform)?;
            let (key, now) = (platform.to_string(), tx.now.as_millis());
            let changes = (platform_relying_parties::rp_id.eq(&id), platform_relying_parties::updated_at.eq(now));
            let known = diesel::update(platform_relying_parties::table.find(&key)).set(changes).execute(tx.conn)?;
            if known == 0 {
                diesel::insert_into(platform_relying_parties::table)
                    .values((
                        platform_relying_parties::platform_id.eq(&key),
                        platform_relying_parties::rp_id.eq(&id),
                        platform_relying_parties::updated_at.eq(now),
                    ))
                    .execute(tx.conn)?;
            }
            diesel::delete(platform_origins::table.filter(platform_origins::platform_id.eq(&key))).execute(tx.conn)?;
            for origin in &origins.into_iter().collect::<BTreeSet<_>>() {
                diesel::insert_into(platform_origins::table)
                    .values((platform_origins::platform_id.eq(&key), platform_origins::origin.eq(origin)))
                    .execute(tx.conn)?;
            }
            tx.audit_setting(platform, Action::SetRelyingParty, &id)
        })
        .await
    }

    /// The audiences of ID tokens that are a platform's (W6), and the statement time, by which tokens are judged (S5).
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn audiences(&self, platform: PlatformId) -> Result<(Vec<Audience>, Timestamp), StoreError> {
        self.read(Some(platform), move |tx| {
            let rows: Vec<(String, String)> = platform_audiences::table
                .filter(platform_audiences::platform_id.eq(platform.to_string()))
                .select((platform_audiences::issuer, platform_audiences::audience))
                .load(tx.conn)?;
            let audiences = rows.into_iter().map(|(issuer, audience)| Audience { issuer, audience });
            Ok((audiences.collect(), tx.now))
        })
        .await
    }

    /// Makes an audience of an issuer's ID tokens a platform's, or no longer. Again changes nothing.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn set_audience(
        &self,
        platform: PlatformId,
        Audience { issuer, audience }: Audience,
        accepted: bool,
    ) -> Result<(), StoreError> {
        self.write(None, move |tx| {
            tx.require_platform(platform)?;
            let known: i64 = platform_audiences::table
                .find((platform.to_string(), &issuer, &audience))
                .count()
                .get_result(tx.conn)?;
            let changed = if accepted && known == 0 {
                diesel::insert_into(platform_audiences::table)
                    .values((
                        platform_audiences::platform_id.eq(platform.to_string()),
                        platform_audiences::issuer.eq(&issuer),
                        platform_audiences::audience.eq(&audience),
                        platform_audiences::created_at.eq(tx.now.as_millis()),
                    ))
                    .execute(tx.conn)?
            } else if accepted {
                0
            } else {
                let key = (platform.to_string(), &issuer, &audience);
                diesel::delete(platform_audiences::table.find(key)).execute(tx.conn)?
            };
            let action = if accepted { Action::AddAudience } else { Action::RemoveAudience };
            if changed == 0 { Ok(()) } else { tx.audit_setting(platform, action, &format!("{issuer} {audience}")) }
        })
        .await
    }
}

impl Tx<'_> {
    pub(super) fn has_capability(&mut self, platform: PlatformId, capability: Capability) -> Result<bool, StoreError> {
        let key = (platform.to_string(), capability.as_str());
        let granted: i64 = platform_capabilities::table.find(key).count().get_result(self.conn)?;
        Ok(granted == 1)
    }

    /// That there is such a platform. Its settings are changed by one transaction at a time.
    pub(super) fn require_platform(&mut self, platform: PlatformId) -> Result<(), StoreError> {
        self.lock_name(&format!("platform-settings:{platform}"))?;
        let known: i64 = platforms::table.find(platform.to_string()).count().get_result(self.conn)?;
        if known == 1 { Ok(()) } else { Err(StoreError::NotFound("platform")) }
    }

    pub(super) fn audit_setting(
        &mut self,
        platform: PlatformId,
        action: Action,
        resource: &str,
    ) -> Result<(), StoreError> {
        self.audit(Record { platform, account: None, actor: Actor::Operator, action, resource })
    }
}

//! Platforms: the tenants and their client credentials.

use countersign_flow::id::PlatformId;
use countersign_flow::secret::ClientSecret;
use countersign_flow::{CryptoRng, Timestamp};
use diesel::prelude::*;

use super::audit::{Action, Actor, Record};
use super::schema::platforms;
use super::{Store, StoreError, Tx};
use crate::clock::random_uuid;

/// A tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Platform {
    /// Its id.
    pub id: PlatformId,
    /// What the operator calls it.
    pub name: String,
    /// The user part of its Basic credentials.
    pub client_id: String,
    /// SHA-256 of the password part.
    pub secret_digest: [u8; 32],
    /// When it was made.
    pub created: Timestamp,
    /// When it was disabled: its credentials are refused since.
    pub disabled: Option<Timestamp>,
}

impl Platform {
    /// A new platform and its secret, of which only the digest is kept.
    pub fn mint(name: &str, now: Timestamp, rng: &mut impl CryptoRng) -> (Self, ClientSecret) {
        let secret = ClientSecret::mint(rng);
        let platform = Self {
            id: PlatformId::mint(now, rng),
            name: name.to_owned(),
            client_id: format!("cs_client_{}", random_uuid().simple()),
            secret_digest: secret.digest(),
            created: now,
            disabled: None,
        };
        (platform, secret)
    }
}

#[derive(Queryable)]
struct PlatformRow {
    id: String,
    name: String,
    client_id: String,
    secret_digest: Vec<u8>,
    created_at: i64,
    disabled_at: Option<i64>,
}

impl PlatformRow {
    fn platform(self) -> Result<Platform, StoreError> {
        let corrupt = || StoreError::Corrupt("platform");
        Ok(Platform {
            id: self.id.parse().map_err(|_| corrupt())?,
            name: self.name,
            client_id: self.client_id,
            secret_digest: self.secret_digest.try_into().map_err(|_| corrupt())?,
            created: Timestamp::from_millis(self.created_at),
            disabled: self.disabled_at.map(Timestamp::from_millis),
        })
    }
}

impl Tx<'_> {
    /// The platform of this id, disabled ones included.
    pub(super) fn platform(&mut self, id: PlatformId) -> Result<Option<Platform>, StoreError> {
        let row: Option<PlatformRow> = platforms::table.find(id.to_string()).first(self.conn).optional()?;
        row.map(PlatformRow::platform).transpose()
    }
}

impl Store {
    /// The platform of a client id, disabled ones included.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn platform_of_client(&self, client_id: String) -> Result<Option<Platform>, StoreError> {
        self.read(None, move |tx| {
            let row: Option<PlatformRow> =
                platforms::table.filter(platforms::client_id.eq(client_id)).first(tx.conn).optional()?;
            row.map(PlatformRow::platform).transpose()
        })
        .await
    }

    /// All platforms, oldest first.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn platforms(&self) -> Result<Vec<Platform>, StoreError> {
        self.read(None, |tx| {
            let rows: Vec<PlatformRow> = platforms::table.order(platforms::id).load(tx.conn)?;
            rows.into_iter().map(PlatformRow::platform).collect()
        })
        .await
    }

    /// Adds a platform.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn add_platform(&self, platform: Platform) -> Result<Platform, StoreError> {
        self.write(None, move |tx| {
            diesel::insert_into(platforms::table)
                .values((
                    platforms::id.eq(platform.id.to_string()),
                    platforms::name.eq(&platform.name),
                    platforms::client_id.eq(&platform.client_id),
                    platforms::secret_digest.eq(platform.secret_digest.as_slice()),
                    platforms::created_at.eq(platform.created.as_millis()),
                ))
                .execute(tx.conn)?;
            audit(tx, platform.id, Action::CreatePlatform)?;
            Ok(platform)
        })
        .await
    }

    /// Replaces a platform's secret: the earlier one is refused from now on.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn replace_platform_secret(&self, id: PlatformId, digest: [u8; 32]) -> Result<(), StoreError> {
        self.write(None, move |tx| {
            let changed = diesel::update(platforms::table.find(id.to_string()))
                .set(platforms::secret_digest.eq(digest.as_slice()))
                .execute(tx.conn)?;
            if changed != 1 {
                return Err(StoreError::NotFound("platform"));
            }
            audit(tx, id, Action::RotatePlatformSecret)
        })
        .await
    }

    /// Disables a platform: its credentials are refused from now on. Again changes nothing.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn disable_platform(&self, id: PlatformId) -> Result<(), StoreError> {
        self.write(None, move |tx| {
            let enabled = platforms::table.find(id.to_string()).filter(platforms::disabled_at.is_null());
            let changed =
                diesel::update(enabled).set(platforms::disabled_at.eq(tx.now.as_millis())).execute(tx.conn)?;
            if changed == 1 {
                return audit(tx, id, Action::DisablePlatform);
            }
            let known: i64 = platforms::table.find(id.to_string()).count().get_result(tx.conn)?;
            if known == 1 { Ok(()) } else { Err(StoreError::NotFound("platform")) }
        })
        .await
    }
}

fn audit(tx: &mut Tx<'_>, platform: PlatformId, action: Action) -> Result<(), StoreError> {
    let resource = platform.to_string();
    tx.audit(Record { platform, account: None, actor: Actor::Operator, action, resource: &resource })
}

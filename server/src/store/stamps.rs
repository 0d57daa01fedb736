//! What delegated keys sign: the private half, and the note without which no signature leaves.

use countersign_flow::id::{DelegatedKeyId, PlatformId};
use countersign_flow::limit::Limit;
use diesel::prelude::*;

use super::audit::{Action, Actor, Record};
use super::delegated_keys::{DelegatedKey, Status};
use super::platform_settings::Capability;
use super::schema::delegated_keys;
use super::{Bucket, Store, StoreError};

impl Store {
    /// The sealed private half of a key that signs.
    ///
    /// # Errors
    /// [`StoreError::KeyNotActive`].
    pub async fn sealed_delegated_key(&self, platform: PlatformId, id: DelegatedKeyId) -> Result<Vec<u8>, StoreError> {
        self.read(Some(platform), move |tx| {
            let active = delegated_keys::table
                .find(id.to_string())
                .filter(delegated_keys::platform_id.eq(platform.to_string()))
                .filter(delegated_keys::status.eq(Status::Active.as_str()))
                .select(delegated_keys::sealed);
            let sealed: Option<Option<Vec<u8>>> = active.first(tx.conn).optional()?;
            sealed.flatten().ok_or(StoreError::KeyNotActive)
        })
        .await
    }

    /// Notes that a key has signed, and asks again whether it still may, with the very private half that signed. Only
    /// then may the signature leave: after a revocation has been answered, no replica gives one out (W5).
    ///
    /// # Errors
    /// [`StoreError::KeyNotActive`]; [`StoreError::CapabilityLacking`]; [`StoreError::Limited`].
    pub async fn note_stamp(
        &self,
        platform: PlatformId,
        key: &DelegatedKey,
        sealed: Vec<u8>,
        digest: String,
        limit: Limit,
    ) -> Result<(), StoreError> {
        let (id, account) = (key.id, key.account);
        self.write(Some(platform), move |tx| {
            let active = delegated_keys::table
                .find(id.to_string())
                .filter(delegated_keys::platform_id.eq(platform.to_string()))
                .filter(delegated_keys::status.eq(Status::Active.as_str()))
                .filter(delegated_keys::sealed.eq(sealed))
                .select(delegated_keys::id);
            let found: Option<String> = match tx.conn {
                // A revocation on another replica waits for this, and so does another stamp, for the sake of the limit.
                super::AnyConnection::Postgres(conn) => active.for_no_key_update().first(conn).optional()?,
                super::AnyConnection::Sqlite(conn) => active.first(conn).optional()?,
            };
            found.ok_or(StoreError::KeyNotActive)?;
            if !tx.has_capability(platform, Capability::DelegatedStamp)? {
                return Err(StoreError::CapabilityLacking);
            }
            tx.take(Bucket::Stamp(id), limit)?;
            let record = Record {
                platform,
                account: Some(account),
                actor: Actor::Platform,
                action: Action::Stamp,
                resource: &id.to_string(),
            };
            tx.audit_with_digest(record, Some(&digest))
        })
        .await
    }
}

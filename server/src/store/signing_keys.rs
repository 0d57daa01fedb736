//! The server's own keys, sealed.

use countersign_flow::Timestamp;
use diesel::prelude::*;

use super::schema::signing_keys;
use super::{Store, StoreError};

/// A key as stored: its private part sealed under the master key.
#[derive(Clone, Debug, Queryable)]
pub struct StoredKey {
    /// Its id, as text.
    pub id: String,
    /// What it is for.
    pub purpose: String,
    /// The compressed public point; empty for a MAC key.
    pub public_key: Vec<u8>,
    /// The sealed private part.
    pub sealed: Vec<u8>,
    /// When it was made, in milliseconds since the epoch.
    pub created_at: i64,
}

impl StoredKey {
    /// When it was made.
    #[must_use]
    pub const fn created(&self) -> Timestamp {
        Timestamp::from_millis(self.created_at)
    }
}

impl Store {
    /// All keys.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn signing_keys(&self) -> Result<Vec<StoredKey>, StoreError> {
        self.read(None, |tx| Ok(signing_keys::table.order(signing_keys::id).load(tx.conn)?)).await
    }

    /// Adds the first key of a purpose. `false` when another replica has added one in the meantime.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn add_first_signing_key(&self, key: StoredKey) -> Result<bool, StoreError> {
        self.write(None, move |tx| {
            tx.lock_name("signing-keys")?;
            let of_purpose = signing_keys::table.filter(signing_keys::purpose.eq(&key.purpose));
            let known: i64 = of_purpose.count().get_result(tx.conn)?;
            if known > 0 {
                return Ok(false);
            }
            diesel::insert_into(signing_keys::table)
                .values((
                    signing_keys::id.eq(&key.id),
                    signing_keys::purpose.eq(&key.purpose),
                    signing_keys::public_key.eq(&key.public_key),
                    signing_keys::sealed.eq(&key.sealed),
                    signing_keys::created_at.eq(key.created_at),
                ))
                .execute(tx.conn)?;
            Ok(true)
        })
        .await
    }
}

//! The server's own keys, sealed.

use std::time::Duration;

use countersign_flow::Timestamp;
use countersign_flow::id::KeyId;
use countersign_flow::jws::Algorithm;
use countersign_flow::keyring::KeyPurpose;
use diesel::prelude::*;

use super::schema::{signing_keys, token_families};
use super::{AnyConnection, Store, StoreError, Tx};

/// Held on PostgreSQL by whoever has tokens signed, together, or replaces keys, alone.
const SIGNING_KEYS_LOCK: i64 = 0x0063_6f75_6e74_6b79;

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
    /// What it signs or authenticates with.
    pub algorithm: String,
    /// When it ceases to verify, of a key that was replaced.
    pub retires_at: Option<i64>,
}

impl StoredKey {
    /// When it was made.
    #[must_use]
    pub const fn created(&self) -> Timestamp {
        Timestamp::from_millis(self.created_at)
    }

    /// When it ceases to verify, of a key that was replaced.
    #[must_use]
    pub fn retires(&self) -> Option<Timestamp> {
        self.retires_at.map(Timestamp::from_millis)
    }
}

/// When the last token that a key has signed is over.
#[derive(Clone, Copy, Debug)]
pub enum LastToken {
    /// When the last family of service tokens is.
    OfFamilies,
    /// So long after it was signed.
    After(Duration),
}

impl Store {
    /// All keys.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn signing_keys(&self) -> Result<Vec<StoredKey>, StoreError> {
        self.read(None, |tx| Ok(signing_keys::table.order(signing_keys::id).load(tx.conn)?)).await
    }

    /// The id of every key, and when it ceases to verify if it was replaced.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn signing_key_states(&self) -> Result<Vec<(String, Option<Timestamp>)>, StoreError> {
        self.read(None, |tx| {
            let states: Vec<(String, Option<i64>)> =
                signing_keys::table.select((signing_keys::id, signing_keys::retires_at)).load(tx.conn)?;
            Ok(states.into_iter().map(|(id, retires)| (id, retires.map(Timestamp::from_millis))).collect())
        })
        .await
    }

    /// Adds the first key of a purpose and algorithm. `false` when another replica has added one in the meantime.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn add_first_signing_key(&self, key: StoredKey) -> Result<bool, StoreError> {
        self.write(None, move |tx| {
            tx.lock_name("signing-keys")?;
            let of_purpose = signing_keys::table
                .filter(signing_keys::purpose.eq(&key.purpose))
                .filter(signing_keys::algorithm.eq(&key.algorithm))
                .filter(signing_keys::retires_at.is_null());
            let known: i64 = of_purpose.count().get_result(tx.conn)?;
            if known > 0 {
                return Ok(false);
            }
            tx.insert_signing_key(&key)?;
            Ok(true)
        })
        .await
    }

    /// Puts a new key in the place of all of its purpose: it signs from now on, and they verify until the last token
    /// that they have signed is over. Returns until when.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn replace_signing_keys(&self, key: StoredKey, last: LastToken) -> Result<Timestamp, StoreError> {
        self.write(None, move |tx| {
            tx.lock_signing_keys(Hold::Replace)?;
            let over = match last {
                LastToken::After(life) => tx.now.plus(life),
                LastToken::OfFamilies => {
                    let last: Option<i64> =
                        token_families::table.select(diesel::dsl::max(token_families::expires_at)).first(tx.conn)?;
                    last.map_or(tx.now, Timestamp::from_millis).max(tx.now)
                }
            };
            let replaced = signing_keys::table
                .filter(signing_keys::purpose.eq(&key.purpose))
                .filter(signing_keys::retires_at.is_null());
            let newest: Option<i64> = replaced.select(diesel::dsl::max(signing_keys::created_at)).first(tx.conn)?;
            diesel::update(replaced).set(signing_keys::retires_at.eq(over.as_millis())).execute(tx.conn)?;
            // The newest signs, whatever the clocks of those who made them said.
            let created_at = newest.map_or(key.created_at, |newest| key.created_at.max(newest.saturating_add(1)));
            tx.insert_signing_key(&StoredKey { created_at, ..key })?;
            Ok(over)
        })
        .await
    }
}

/// What a transaction does with the signing keys.
#[derive(Clone, Copy)]
pub(super) enum Hold {
    /// Has tokens signed by the newest of them.
    Sign,
    /// Replaces them: what was signed before must be seen.
    Replace,
}

impl Tx<'_> {
    /// The key that signs for a purpose and algorithm, which is not replaced before the transaction is over.
    pub(super) fn signing_key(&mut self, purpose: KeyPurpose, algorithm: Algorithm) -> Result<KeyId, StoreError> {
        self.lock_signing_keys(Hold::Sign)?;
        let id: String = signing_keys::table
            .filter(signing_keys::purpose.eq(purpose.as_str()))
            .filter(signing_keys::algorithm.eq(algorithm.as_str()))
            .filter(signing_keys::retires_at.is_null())
            .order((signing_keys::created_at.desc(), signing_keys::id.desc()))
            .select(signing_keys::id)
            .first(self.conn)
            .optional()?
            .ok_or(StoreError::NotFound("signing key"))?;
        id.parse().map_err(|_| StoreError::Corrupt("signing key"))
    }

    /// Lets signing go on side by side, and replacing alone. SQLite's write lock does that anyway.
    fn lock_signing_keys(&mut self, hold: Hold) -> Result<(), StoreError> {
        if let AnyConnection::Postgres(conn) = self.conn {
            let lock = match hold {
                Hold::Sign => "pg_advisory_xact_lock_shared",
                Hold::Replace => "pg_advisory_xact_lock",
            };
            diesel::sql_query(format!("SELECT {lock}({SIGNING_KEYS_LOCK})")).execute(conn)?;
        }
        Ok(())
    }

    fn insert_signing_key(&mut self, key: &StoredKey) -> Result<(), StoreError> {
        diesel::insert_into(signing_keys::table)
            .values((
                signing_keys::id.eq(&key.id),
                signing_keys::purpose.eq(&key.purpose),
                signing_keys::public_key.eq(&key.public_key),
                signing_keys::sealed.eq(&key.sealed),
                signing_keys::created_at.eq(key.created_at),
                signing_keys::algorithm.eq(&key.algorithm),
                signing_keys::retires_at.eq(key.retires_at),
            ))
            .execute(self.conn)?;
        Ok(())
    }

    /// Deletes keys that verify nothing any more.
    pub(super) fn purge_signing_keys(&mut self) -> Result<usize, StoreError> {
        let retired = signing_keys::table.filter(signing_keys::retires_at.lt(self.now.as_millis()));
        let gone = diesel::delete(retired).execute(self.conn)?;
        self.destroyed_key |= gone > 0;
        Ok(gone)
    }
}

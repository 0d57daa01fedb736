//! Projects: what programs and servers of a platform call with, and where its links may lead.

use countersign_flow::cli_login::callback::Callback;
use countersign_flow::id::PlatformId;
use diesel::prelude::*;

use super::super::audit::Action;
use super::super::platforms::Platform;
use super::super::schema::{platform_callbacks, project_keys};
use super::super::{Store, StoreError};

/// What a key of a project is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProjectKey {
    /// In programs that anyone may take apart.
    Publishable,
    /// On servers of the platform.
    Server,
}

impl ProjectKey {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Publishable => "publishable",
            Self::Server => "server",
        }
    }
}

impl Store {
    /// The platform of this id, disabled ones included, if it has this key.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn platform_of_key(
        &self,
        platform: PlatformId,
        kind: ProjectKey,
        digest: [u8; 32],
    ) -> Result<Option<Platform>, StoreError> {
        // The digest is of 256 random bits: how an index finds it tells nothing of another.
        self.read(None, move |tx| {
            let held: i64 = project_keys::table
                .find(digest.to_vec())
                .filter(project_keys::platform_id.eq(platform.to_string()))
                .filter(project_keys::kind.eq(kind.as_str()))
                .filter(project_keys::ended_at.is_null())
                .count()
                .get_result(tx.conn)?;
            if held == 0 { Ok(None) } else { tx.platform(platform) }
        })
        .await
    }

    /// Gives a platform a publishable client key and a secret server key; those that it had end at once.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn replace_project_keys(
        &self,
        platform: PlatformId,
        publishable: [u8; 32],
        server: [u8; 32],
    ) -> Result<(), StoreError> {
        self.write(None, move |tx| {
            tx.require_platform(platform)?;
            let (id, now) = (platform.to_string(), tx.now.as_millis());
            let held =
                project_keys::table.filter(project_keys::platform_id.eq(&id)).filter(project_keys::ended_at.is_null());
            diesel::update(held).set(project_keys::ended_at.eq(now)).execute(tx.conn)?;
            for (kind, digest) in [(ProjectKey::Publishable, publishable), (ProjectKey::Server, server)] {
                diesel::insert_into(project_keys::table)
                    .values((
                        project_keys::digest.eq(digest.as_slice()),
                        project_keys::platform_id.eq(&id),
                        project_keys::kind.eq(kind.as_str()),
                        project_keys::created_at.eq(now),
                    ))
                    .execute(tx.conn)?;
            }
            tx.audit_setting(platform, Action::ReplaceProjectKeys, "project-keys")
        })
        .await
    }

    /// Whether a platform has keys of a project.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn has_project_keys(&self, platform: PlatformId) -> Result<bool, StoreError> {
        self.read(None, move |tx| {
            let held: i64 = project_keys::table
                .filter(project_keys::platform_id.eq(platform.to_string()))
                .filter(project_keys::ended_at.is_null())
                .count()
                .get_result(tx.conn)?;
            Ok(held > 0)
        })
        .await
    }

    /// Where a platform's links by email may lead.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn callbacks(&self, platform: PlatformId) -> Result<Vec<Callback>, StoreError> {
        self.read(Some(platform), move |tx| {
            let urls: Vec<String> = platform_callbacks::table
                .filter(platform_callbacks::platform_id.eq(platform.to_string()))
                .order(platform_callbacks::url)
                .select(platform_callbacks::url)
                .load(tx.conn)?;
            let read = |url: &String| Callback::parse_registered(url).map_err(|_| StoreError::Corrupt("callback"));
            urls.iter().map(read).collect()
        })
        .await
    }

    /// Lets links of a platform lead there, or no longer. Again changes nothing.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn set_callback(
        &self,
        platform: PlatformId,
        callback: Callback,
        registered: bool,
    ) -> Result<(), StoreError> {
        self.write(None, move |tx| {
            tx.require_platform(platform)?;
            let key = (platform.to_string(), callback.as_str().to_owned());
            let held: i64 = platform_callbacks::table.find(key.clone()).count().get_result(tx.conn)?;
            let changed = if registered && held == 0 {
                diesel::insert_into(platform_callbacks::table)
                    .values((
                        platform_callbacks::platform_id.eq(&key.0),
                        platform_callbacks::url.eq(&key.1),
                        platform_callbacks::created_at.eq(tx.now.as_millis()),
                    ))
                    .execute(tx.conn)?
            } else if registered {
                0
            } else {
                diesel::delete(platform_callbacks::table.find(key)).execute(tx.conn)?
            };
            let action = if registered { Action::AddCallback } else { Action::RemoveCallback };
            if changed == 0 { Ok(()) } else { tx.audit_setting(platform, action, callback.as_str()) }
        })
        .await
    }

    /// The platform of this id, disabled ones included.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn platform(&self, platform: PlatformId) -> Result<Option<Platform>, StoreError> {
        self.read(None, move |tx| tx.platform(platform)).await
    }
}

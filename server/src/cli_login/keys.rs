//! The keys of a project.

use countersign_flow::cli_login::code::{Opaque, PUBLISHABLE_KEY_PREFIX, SERVER_KEY_PREFIX};
use countersign_flow::id::PlatformId;

use crate::clock::entropy;
use crate::store::{Store, StoreError};

/// A new pair of keys, in the clear: shown once.
pub(crate) struct ProjectKeys {
    /// What programs call with.
    pub(crate) publishable: Opaque,
    /// What servers call with.
    pub(crate) server: Opaque,
}

impl ProjectKeys {
    /// A new pair.
    pub(crate) fn mint() -> Self {
        let mut rng = entropy();
        let publishable = Opaque::token(PUBLISHABLE_KEY_PREFIX, &mut rng);
        Self { publishable, server: Opaque::token(SERVER_KEY_PREFIX, &mut rng) }
    }

    /// Makes them the platform's, in place of those that it has.
    pub(crate) async fn give(&self, store: &Store, platform: PlatformId) -> Result<(), StoreError> {
        store.replace_project_keys(platform, self.publishable.digest(), self.server.digest()).await
    }
}

//! Shares of what everyone waits for: no platform fills a queue alone (S7).

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use countersign_flow::id::PlatformId;

use super::StoreError;

/// The most calls of one platform that wait in one queue.
pub(super) const LARGEST: usize = 256;

/// How many calls of each platform wait in a queue.
#[derive(Clone, Default)]
pub(super) struct Shares {
    taken: Arc<Mutex<HashMap<PlatformId, usize>>>,
}

/// One place in a queue out of a platform's share; given back when it goes.
pub(super) struct Share {
    platform: PlatformId,
    shares: Shares,
}

impl Shares {
    /// Takes a place. The server's own work (`None`) takes from no share.
    pub(super) fn take(&self, platform: Option<PlatformId>) -> Result<Option<Share>, StoreError> {
        let Some(platform) = platform else { return Ok(None) };
        let mut taken = self.taken.lock().map_err(|_| StoreError::Panicked)?;
        let count = taken.entry(platform).or_default();
        if *count >= LARGEST {
            return Err(StoreError::ShareExceeded);
        }
        *count += 1;
        drop(taken);
        Ok(Some(Share { platform, shares: self.clone() }))
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        if let Ok(mut taken) = self.shares.taken.lock()
            && let Some(count) = taken.get_mut(&self.platform)
        {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.platform);
            }
        }
    }
}

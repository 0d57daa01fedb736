//! The accounts that a benchmark works on, each with a live session.

use countersign_flow::key::SecretKey;
use countersign_flow::rand_core::UnwrapErr;

/// Accounts in turn, so that no account collects more live sessions than real ones have.
pub(crate) const ACCOUNTS: usize = 64;

/// The settings of the benchmark's servers: sessions that end soon, and no limit that a single client would meet.
pub(crate) const SETTINGS: [(&str, &str); 2] =
    [("COUNTERSIGN_SESSIONS_TTL_SECS", "20"), ("COUNTERSIGN_SESSIONS_MAX_LIVE", "100000")];

/// A session and its key.
pub(crate) struct Session {
    /// `Session:<uuid>`
    pub(crate) id: String,
    /// Its key.
    pub(crate) key: SecretKey,
}

/// A new key.
pub(crate) fn new_key() -> SecretKey {
    SecretKey::generate(&mut UnwrapErr(getrandom::SysRng))
}

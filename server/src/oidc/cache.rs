//! An issuer's keys, as long as they may be used.
//!
//! ```text
//! age        0 .......... fresh ............................ stale ........
//! known kid  used         fetched again; used if that fails  fetched, or 503
//! other kid  fetched again: the issuer may have rotated      fetched, or 503
//! ```
//!
//! Between two fetches lies a pause, whatever tokens come: nobody makes us ask an issuer more often than that by made-up
//! key names. After a failure with nothing to fall back on the pause is short. What a fetch didn't find is unknown for a
//! moment; later in the pause the issuer may have rotated, and nothing is said. Each replica keeps its own keys: they are a
//! copy of what is public, and nothing is decided by their age alone.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use reqwest::Client;
use tokio::sync::{Mutex, MutexGuard};

use super::fetch::{FetchFault, Source};
use super::keys::KeySet;

/// The pause after a failure while there are no keys at all.
const BRIEF: Duration = Duration::from_secs(1);

/// How long a fetch says that a key isn't there.
const MOMENT: Duration = Duration::from_secs(2);

/// How old keys may be, and how often they are asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ages {
    /// Used without asking.
    pub(super) fresh: Duration,
    /// Used while the issuer doesn't answer.
    pub(super) stale: Duration,
    /// Between the end of a fetch and the next one.
    pub(super) pause: Duration,
}

/// No keys that could be used came, and none are there.
#[derive(Debug)]
pub(super) struct KeysUnavailable {
    /// The issuer isn't asked before.
    pub(super) retry_after: Duration,
}

/// The keys of one issuer.
pub(super) struct KeyCache {
    source: Source,
    ages: Ages,
    /// Read by every token, locked for moments.
    known: RwLock<Option<Known>>,
    /// Held during a fetch, so that there is one at a time.
    asking: Mutex<Asking>,
}

#[derive(Clone)]
struct Known {
    keys: Arc<KeySet>,
    fetched: Instant,
}

#[derive(Default)]
struct Asking {
    client: Option<Client>,
    last: Option<Asked>,
}

#[derive(Clone, Copy)]
struct Asked {
    at: Instant,
    answered: bool,
}

impl KeyCache {
    pub(super) fn new(source: Source, ages: Ages) -> Self {
        Self { source, ages, known: RwLock::default(), asking: Mutex::default() }
    }

    /// The issuer's keys, if one of them is called `kid`; `None` when it had none a moment ago.
    ///
    /// # Errors
    /// [`KeysUnavailable`] when the issuer can't be asked now and what is known doesn't say.
    pub(super) async fn holding(&self, kid: &str) -> Result<Option<Arc<KeySet>>, KeysUnavailable> {
        let will_do = |known: &Known| known.fetched.elapsed() < self.ages.stale && known.keys.holds(kid);
        let Some(mut asking) = self.turn(will_do).await else {
            return Ok(self.known().map(|known| known.keys));
        };
        // Whoever had the turn before has asked a moment ago; then it is no time to ask again.
        let wait = self.wait(asking.last);
        let asked = if wait.is_zero() { self.ask(&mut asking).await } else { asking.last };
        match self.known() {
            Some(known) if will_do(&known) => Ok(Some(known.keys)),
            _ if asked.is_some_and(|asked| asked.answered && asked.at.elapsed() < MOMENT) => Ok(None),
            _ => Err(KeysUnavailable { retry_after: self.wait(asking.last) }),
        }
    }

    /// The turn to ask. `None` when nobody needs to: the keys are fresh, or they will do and someone is asking already.
    async fn turn(&self, will_do: impl Fn(&Known) -> bool) -> Option<MutexGuard<'_, Asking>> {
        match self.known() {
            Some(known) if will_do(&known) => {
                if known.fetched.elapsed() < self.ages.fresh {
                    return None;
                }
                self.asking.try_lock().ok()
            }
            _ => Some(self.asking.lock().await),
        }
    }

    /// How long until the issuer may be asked again.
    fn wait(&self, last: Option<Asked>) -> Duration {
        let Some(last) = last else { return Duration::ZERO };
        let fallback = self.known().is_some_and(|known| known.fetched.elapsed() < self.ages.stale);
        let pause = if fallback { self.ages.pause } else { self.ages.pause.min(BRIEF) };
        pause.saturating_sub(last.at.elapsed())
    }

    async fn ask(&self, asking: &mut Asking) -> Option<Asked> {
        // Before anything is awaited: a caller who goes away meanwhile has asked as well.
        asking.last = Some(Asked { at: Instant::now(), answered: false });
        let fetched = self.fetch(&mut asking.client).await;
        // The pause begins at the end: those who have waited for a slow failure share it, and don't ask one by one.
        let at = Instant::now();
        asking.last = Some(Asked { at, answered: fetched.is_ok() });
        match fetched {
            Ok(keys) => {
                let known = Known { keys: Arc::new(keys), fetched: at };
                *self.known.write().unwrap_or_else(PoisonError::into_inner) = Some(known);
            }
            Err(cause) => tracing::warn!(issuer = self.source.issuer(), %cause, "an issuer gave no keys"),
        }
        asking.last
    }

    async fn fetch(&self, client: &mut Option<Client>) -> Result<KeySet, FetchFault> {
        let client = match client {
            Some(client) => client,
            none => none.insert(self.source.client()?),
        };
        self.source.fetch(client).await
    }

    fn known(&self) -> Option<Known> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

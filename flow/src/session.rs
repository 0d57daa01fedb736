//! Sessions and their lineage.

use std::time::Duration;

use crate::id::{AuthMethodId, InternalAccountId, PlatformId, SessionId};
use crate::key::PublicKey;
use crate::{FlowError, Timestamp};

/// How long sessions live and how many an account may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionPolicy {
    /// Life of one session.
    pub ttl: Duration,
    /// Life of all sessions of one login, refreshed ones included.
    pub lifetime_cap: Duration,
    /// The most live sessions of one account.
    pub max_live: u32,
}

impl Default for SessionPolicy {
    /// 15 minutes, 24 hours, 100.
    fn default() -> Self {
        Self { ttl: Duration::from_secs(15 * 60), lifetime_cap: Duration::from_secs(24 * 60 * 60), max_live: 100 }
    }
}

impl SessionPolicy {
    /// When a session opened or refreshed at `now` expires: after its life, and never later than its login allows.
    pub fn expires_at(&self, login_at: Timestamp, now: Timestamp) -> Timestamp {
        now.plus(self.ttl).min(login_at.plus(self.lifetime_cap))
    }

    /// Whether an account with `live` live sessions may have one more. Ask inside the transaction that opens it.
    ///
    /// # Errors
    /// [`FlowError::SessionLimit`].
    pub const fn admit(&self, live: u32) -> Result<(), FlowError> {
        if live < self.max_live { Ok(()) } else { Err(FlowError::SessionLimit { limit: self.max_live }) }
    }
}

/// A session: the right of one P-256 key to countersign for one account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// The account.
    pub account: InternalAccountId,
    /// The credential that it descends from, through all refreshes.
    pub credential: AuthMethodId,
    /// The tenant.
    pub platform: PlatformId,
    /// The key that signs for it.
    pub public_key: PublicKey,
    /// The login that it descends from: the id of the session that the login opened.
    pub login_id: SessionId,
    /// When that login was.
    pub login_at: Timestamp,
    /// The session that it was refreshed from; `None` for the login's first.
    pub parent: Option<SessionId>,
    /// When it was made.
    pub created: Timestamp,
    /// From this moment on it is not live.
    pub expires: Timestamp,
    /// When it was ended early: revoked itself, or with an ancestor or its credential.
    pub ended: Option<Timestamp>,
}

/// What a login is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Login {
    /// The tenant.
    pub platform: PlatformId,
    /// The account.
    pub account: InternalAccountId,
    /// The credential that proved it.
    pub credential: AuthMethodId,
}

impl Session {
    /// The first session of a login.
    pub fn open(id: SessionId, login: Login, public_key: PublicKey, now: Timestamp, policy: &SessionPolicy) -> Self {
        Self {
            id,
            account: login.account,
            credential: login.credential,
            platform: login.platform,
            public_key,
            login_id: id,
            login_at: now,
            parent: None,
            created: now,
            expires: policy.expires_at(now, now),
            ended: None,
        }
    }

    /// A session refreshed from this one, with its lineage. This one is left as it is, to its own expiry.
    ///
    /// # Errors
    /// [`FlowError::SessionNotLive`] when this one has ended or expired, or its login has reached its longest life.
    pub fn refresh(
        &self,
        id: SessionId,
        public_key: PublicKey,
        now: Timestamp,
        policy: &SessionPolicy,
    ) -> Result<Self, FlowError> {
        let expires = policy.expires_at(self.login_at, now);
        if !self.is_live(now) || expires <= now {
            return Err(FlowError::SessionNotLive);
        }
        Ok(Self { id, public_key, parent: Some(self.id), created: now, expires, ended: None, ..self.clone() })
    }

    /// Whether it has neither expired nor been ended.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.ended.is_none() && now < self.expires
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::key::SecretKey;

    fn key(seed: u8) -> PublicKey {
        *SecretKey::from_bytes(&[seed; 32]).unwrap().public()
    }

    fn session_id(n: u128) -> SessionId {
        SessionId::from_uuid(Uuid::from_u128(n))
    }

    fn opened(now: Timestamp) -> Session {
        let login = Login {
            platform: PlatformId::from_uuid(Uuid::from_u128(100)),
            account: InternalAccountId::from_uuid(Uuid::from_u128(101)),
            credential: AuthMethodId::from_uuid(Uuid::from_u128(102)),
        };
        Session::open(session_id(1), login, key(1), now, &SessionPolicy::default())
    }

    const START: Timestamp = Timestamp::from_millis(1_000_000);
    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn a_session_lives_until_just_before_its_expiry() {
        let session = opened(START);
        assert_eq!(session.expires, START.plus(15 * MINUTE));
        assert!(session.is_live(Timestamp::from_millis(session.expires.as_millis() - 1)));
        assert!(!session.is_live(session.expires));
        assert!(!Session { ended: Some(START), ..session }.is_live(START));
    }

    #[test]
    fn a_refreshed_session_keeps_credential_login_and_parent() {
        let first = opened(START);
        let later = START.plus(10 * MINUTE);
        let second = first.refresh(session_id(2), key(2), later, &SessionPolicy::default()).unwrap();
        let third = second.refresh(session_id(3), key(3), later, &SessionPolicy::default()).unwrap();
        assert_eq!((third.login_id, third.login_at, third.credential), (first.id, START, first.credential));
        assert_eq!((second.parent, third.parent), (Some(first.id), Some(second.id)));
        assert_eq!(second.expires, later.plus(15 * MINUTE));
        assert_eq!(first.expires, START.plus(15 * MINUTE));
    }

    #[test]
    fn no_chain_of_refreshes_outlives_the_login_by_more_than_a_day() {
        let policy = SessionPolicy::default();
        let mut session = opened(START);
        let mut now = START;
        let mut refreshes = 0;
        loop {
            now = now.plus(14 * MINUTE);
            match session.refresh(session_id(2), key(2), now, &policy) {
                Ok(next) => session = next,
                Err(refused) => {
                    assert_eq!(refused, FlowError::SessionNotLive);
                    break;
                }
            }
            assert!(session.expires <= START.plus(policy.lifetime_cap));
            refreshes += 1;
        }
        assert_eq!(refreshes, 24 * 60 / 14);
        assert_eq!(session.expires, START.plus(policy.lifetime_cap));
    }

    #[test]
    fn an_ended_or_expired_session_is_not_refreshed() {
        let policy = SessionPolicy::default();
        let ended = Session { ended: Some(START), ..opened(START) };
        for (session, now) in [(ended, START), (opened(START), START.plus(15 * MINUTE))] {
            assert_eq!(session.refresh(session_id(2), key(2), now, &policy), Err(FlowError::SessionNotLive));
        }
    }

    #[test]
    fn an_account_has_at_most_its_limit_of_live_sessions() {
        let policy = SessionPolicy::default();
        assert_eq!(policy.admit(99), Ok(()));
        assert_eq!(policy.admit(100), Err(FlowError::SessionLimit { limit: 100 }));
    }
}

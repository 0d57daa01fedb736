//! The life of a family: its times, its rotation, and when it is over.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use super::FamilyId;
use super::scope::Scopes;
use crate::{FlowError, Timestamp};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// How often the answer to one refresh may be given again, where that is on (T3).
const MOST_RETRIES: u32 = 3;

/// Which issuer a family comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// `POST /v1/tokens`.
    Identity,
    /// `POST /v1/tokens/agent`.
    Agent,
    /// `POST /v1/tokens/path`.
    Path,
    /// `POST /v1/tokens/workspace-path`.
    WorkspacePath,
}

impl Class {
    /// All classes.
    pub const ALL: [Self; 4] = [Self::Identity, Self::Agent, Self::Path, Self::WorkspacePath];

    /// The stored name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Agent => "agent",
            Self::Path => "path",
            Self::WorkspacePath => "workspace-path",
        }
    }

    /// What stands before both tokens of a pair.
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Identity => "",
            Self::Agent => "relay_ag_",
            Self::Path | Self::WorkspacePath => "relay_pa_",
        }
    }

    /// A token without the prefix of its class, and the prefix.
    pub fn strip(token: &str) -> (&'static str, &str) {
        let classes = [Self::Agent, Self::Path].map(Self::prefix);
        let found = classes.into_iter().find_map(|prefix| Some((prefix, token.strip_prefix(prefix)?)));
        found.unwrap_or(("", token))
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Class {
    type Err = FlowError;

    fn from_str(text: &str) -> Result<Self, FlowError> {
        let class = Self::ALL.into_iter().find(|class| class.as_str() == text);
        class.ok_or(FlowError::IdMalformed { kind: "token class" })
    }
}

/// How long tokens and families live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetimes {
    /// An access token, if the caller doesn't say.
    pub access: Duration,
    /// An access token, at most.
    pub longest_access: Duration,
    /// An access token of an agent or for paths, at most.
    pub longest_delegated_access: Duration,
    /// A refresh token, if the caller doesn't say.
    pub refresh: Duration,
    /// A refresh token, at most.
    pub longest_refresh: Duration,
    /// A family, through all its rotations.
    pub family: Duration,
    /// For how long the answer to a refresh is given again; zero for never.
    pub retry_window: Duration,
}

impl Default for Lifetimes {
    /// An hour, a day, an hour; a day, 90 days; 365 days; never again.
    fn default() -> Self {
        Self {
            access: Duration::from_secs(3_600),
            longest_access: DAY,
            longest_delegated_access: Duration::from_secs(3_600),
            refresh: DAY,
            longest_refresh: 90 * DAY,
            family: 365 * DAY,
            retry_window: Duration::ZERO,
        }
    }
}

impl Lifetimes {
    fn access_for(&self, class: Class, asked: Option<u64>) -> Duration {
        let longest = match class {
            Class::Identity => self.longest_access,
            Class::Agent | Class::Path | Class::WorkspacePath => self.longest_delegated_access,
        };
        asked.map_or(self.access, Duration::from_secs).min(longest)
    }

    fn refresh_for(&self, asked: Option<u64>) -> Duration {
        asked.map_or(self.refresh, Duration::from_secs).min(self.longest_refresh)
    }
}

/// What a new family is made of.
#[derive(Clone, Debug)]
pub struct Begin {
    /// Its id.
    pub id: FamilyId,
    /// Its class.
    pub class: Class,
    /// What was granted.
    pub scopes: Scopes,
    /// Who its access tokens are for.
    pub audience: Vec<String>,
    /// Life of an access token that was asked for, in seconds.
    pub access_secs: Option<u64>,
    /// Life of a refresh token that was asked for, in seconds.
    pub refresh_secs: Option<u64>,
    /// When its delegation ends.
    pub delegation_not_after: Option<Timestamp>,
}

/// A family of pairs, at its present generation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Family {
    /// Its id.
    pub id: FamilyId,
    /// Its class.
    pub class: Class,
    /// What its access tokens may do at most.
    pub scopes: Scopes,
    /// Who its access tokens are for.
    pub audience: Vec<String>,
    /// Life of an access token.
    pub access_ttl: Duration,
    /// Life of a refresh token.
    pub refresh_ttl: Duration,
    /// Whether the caller asked for that life: then its tokens note it.
    pub refresh_ttl_asked: bool,
    /// When its delegation ends.
    pub delegation_not_after: Option<Timestamp>,
    /// The end of its life.
    pub ends: Timestamp,
    /// How many times it was rotated.
    pub generation: u32,
    /// When its present pair was issued, in whole seconds.
    pub issued: Timestamp,
    /// When the present access token expires, in whole seconds.
    pub access_expires: Timestamp,
    /// When the present refresh token expires, in whole seconds.
    pub refresh_expires: Timestamp,
    /// When it was rotated to its present generation, to the millisecond.
    pub rotated: Timestamp,
    /// How often the present pair was given again.
    pub retries: u32,
}

/// Why a family gives no further pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FamilyFault {
    /// Its refresh token, or the family, is past its time.
    #[error("the refresh token has expired")]
    Expired,
    /// Its delegation is over.
    #[error("the delegation is over")]
    DelegationExpired,
}

/// What becomes of a family when one of its refresh tokens is presented.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// The next pair is issued: the family as it is from now on.
    Next(Family),
    /// The present pair is given again, since its first answer may have been lost: the family as it is from now on.
    Again(Family),
    /// The token was used before: the family must end.
    Reused,
}

impl Family {
    /// A new family, with its first pair.
    ///
    /// # Errors
    /// [`FamilyFault::DelegationExpired`], when its delegation ends before its first second is over.
    pub fn begin(begin: Begin, lifetimes: &Lifetimes, now: Timestamp) -> Result<Self, FamilyFault> {
        let Begin { id, class, scopes, audience, access_secs, refresh_secs, delegation_not_after } = begin;
        let unset = Timestamp::default();
        let family = Self {
            id,
            class,
            scopes,
            audience,
            access_ttl: lifetimes.access_for(class, access_secs),
            refresh_ttl: lifetimes.refresh_for(refresh_secs),
            refresh_ttl_asked: refresh_secs.is_some(),
            delegation_not_after,
            ends: now.plus(lifetimes.family),
            generation: 0,
            issued: unset,
            access_expires: unset,
            refresh_expires: unset,
            rotated: now,
            retries: 0,
        };
        family.renewed(now)
    }

    /// What becomes of the family when its refresh token of `generation` is presented. `granted` is what the identity may
    /// do now: the next pair has what both allow.
    ///
    /// # Errors
    /// [`FamilyFault`]; the family stays as it is.
    pub fn rotate(
        self,
        generation: u32,
        granted: &Scopes,
        lifetimes: &Lifetimes,
        now: Timestamp,
    ) -> Result<Rotation, FamilyFault> {
        self.check_times(now)?;
        if generation == self.generation {
            let scopes = self.scopes.intersect(granted);
            let next = Self { generation: self.generation.saturating_add(1), rotated: now, retries: 0, scopes, ..self };
            return Ok(Rotation::Next(next.renewed(now)?));
        }
        // Only the token that the present pair came from, and only while nobody has used that pair's refresh token: when
        // somebody has, this is two generations back.
        let lost = generation.checked_add(1) == Some(self.generation)
            && now < self.rotated.plus(lifetimes.retry_window)
            && self.retries < MOST_RETRIES;
        if lost { Ok(Rotation::Again(Self { retries: self.retries + 1, ..self })) } else { Ok(Rotation::Reused) }
    }

    fn check_times(&self, now: Timestamp) -> Result<(), FamilyFault> {
        // Its tokens expired with the last whole second of it.
        if self.delegation_not_after.is_some_and(|end| whole_seconds(end) <= now) {
            return Err(FamilyFault::DelegationExpired);
        }
        if self.ends <= now || self.refresh_expires <= now { Err(FamilyFault::Expired) } else { Ok(()) }
    }

    /// With a pair of this moment.
    fn renewed(self, now: Timestamp) -> Result<Self, FamilyFault> {
        let issued = whole_seconds(now);
        let end = self.delegation_not_after.unwrap_or(self.ends).min(self.ends);
        let [access_expires, refresh_expires] =
            [self.access_ttl, self.refresh_ttl].map(|ttl| whole_seconds(issued.plus(ttl).min(end)));
        if access_expires.min(refresh_expires) <= issued {
            return Err(match self.delegation_not_after {
                Some(delegation) if delegation <= self.ends => FamilyFault::DelegationExpired,
                _ => FamilyFault::Expired,
            });
        }
        Ok(Self { issued, access_expires, refresh_expires, ..self })
    }

    /// When the last of the present pair is over.
    pub fn pair_expires(&self) -> Timestamp {
        self.access_expires.max(self.refresh_expires)
    }
}

/// The whole second that has begun.
const fn whole_seconds(moment: Timestamp) -> Timestamp {
    Timestamp::from_millis(moment.as_millis().div_euclid(1_000).saturating_mul(1_000))
}

//! Whom a change breaks, and by which measure.

use std::fmt;

/// How bad a change is, in ascending order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Verdict {
    /// Nobody has to do anything.
    #[default]
    NonBreaking,
    /// Somebody ought to look.
    Warning,
    /// Somebody has to change something.
    Breaking,
}

impl Verdict {
    /// `breaking`, `warning` or `non-breaking`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NonBreaking => "non-breaking",
            Self::Warning => "warning",
            Self::Breaking => "breaking",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The measure by which changes are judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, clap::ValueEnum)]
pub enum Profile {
    /// Would a correct old client fail? It sends only what BASE allows, and copes with all that BASE allows and no more
    Wire,
    /// What a careful team promises its clients
    #[default]
    House,
    /// Would code stop compiling that uses a client generated from BASE?
    Sdk,
}

impl Profile {
    /// `wire`, `house` or `sdk`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Wire => "wire",
            Self::House => "house",
            Self::Sdk => "sdk",
        }
    }
}

/// Who sends the value that a schema describes. Webhooks and callbacks turn it around.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Direction {
    /// Clients send it: what they sent before must still be accepted.
    ToServer,
    /// Clients receive it: it must be something that they were told to expect.
    ToClient,
}

impl Direction {
    pub(super) fn reversed(self) -> Self {
        match self {
            Self::ToServer => Self::ToClient,
            Self::ToClient => Self::ToServer,
        }
    }
}

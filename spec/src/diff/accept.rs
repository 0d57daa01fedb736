//! Breaks that were decided on: a TOML file of what may break, why, and until when.
//!
//! ```toml
//! [[accept]]
//! id = "property-removed"
//! pointer = "/components/schemas/Session/properties/legacyId"
//! reason = "No client has read it since version 2; the last one was told in May."
//! expires = 2026-12-31
//! ```
//!
//! `component` or `operation` may be given instead of `pointer`, or beside it: all that is given must fit. An
//! `operation` fits a break that reaches no other. `message` is a part of what the report says; without it, whatever
//! breaks in that way at that place is accepted until the last day, also what nobody has thought of yet.

use super::policy::Kind;
use super::report::{Change, Report};
use super::verdict::Verdict;
use crate::source::with_slashes;
use crate::suggest::nearest;
use chrono::NaiveDate;
use serde::Deserialize;
use std::fmt;
use std::path::{Path, PathBuf};
use toml::value::Datetime;

/// Largest file that is read, in bytes.
const LARGEST: u64 = 1 << 20;

/// Why a break is let through, and until when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acceptance {
    /// The author's words.
    pub reason: String,
    /// The last day on which it holds.
    pub expires: NaiveDate,
}

/// An entry that accepts nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unused {
    /// The entry as a reader would call it.
    pub entry: String,
    /// Why it accepts nothing.
    pub why: UnusedReason,
}

/// Why an entry accepts nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnusedReason {
    /// No break fits it: it can be deleted.
    Stale,
    /// Its last day, given here, is over. What it would accept breaks again.
    Expired(NaiveDate),
}

impl fmt::Display for Unused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.why {
            UnusedReason::Stale => write!(f, "the accepted break {} fits nothing; delete it", self.entry),
            UnusedReason::Expired(day) => write!(f, "the accepted break {} expired on {day}", self.entry),
        }
    }
}

/// Why a file of accepted breaks cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum AcceptanceError {
    /// It cannot be read.
    #[error("`{}` cannot be read: {cause}", with_slashes(.path))]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: std::io::Error,
    },
    /// It is not TOML of the right shape.
    #[error("`{}` is not a list of accepted breaks: {cause}", with_slashes(.path))]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Where and why, with the line.
        cause: Box<toml::de::Error>,
    },
    /// An entry lacks what every entry must have.
    #[error("`{}`: the entry {number} {problem}", with_slashes(.path))]
    Entry {
        /// The file.
        path: PathBuf,
        /// Which entry, counted from 1.
        number: usize,
        /// What is wrong with it.
        problem: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default)]
    accept: Vec<WrittenEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenEntry {
    id: String,
    pointer: Option<String>,
    component: Option<String>,
    operation: Option<String>,
    message: Option<String>,
    reason: String,
    expires: Datetime,
}

struct Entry {
    written: WrittenEntry,
    expires: NaiveDate,
}

/// The entries of one file.
pub struct AcceptedBreaks(Vec<Entry>);

impl AcceptedBreaks {
    /// Reads a file.
    ///
    /// # Errors
    /// [`AcceptanceError`] tells why it cannot be used. An entry without a reason, a day of expiry, or anything that
    /// says which break is meant, is refused.
    pub fn read(path: &Path) -> Result<Self, AcceptanceError> {
        let unreadable = |cause| AcceptanceError::Unreadable { path: path.to_owned(), cause };
        let metadata = std::fs::metadata(path).map_err(unreadable)?;
        if !metadata.is_file() || metadata.len() > LARGEST {
            return Err(unreadable(std::io::Error::other("it is not a file, or larger than 1 MB")));
        }
        let text = std::fs::read_to_string(path).map_err(unreadable)?;
        let malformed = |cause| AcceptanceError::Malformed { path: path.to_owned(), cause: Box::new(cause) };
        let Written { accept } = toml::from_str(&text).map_err(malformed)?;
        let mut entries = Vec::with_capacity(accept.len());
        for (index, written) in accept.into_iter().enumerate() {
            let refuse = |problem: &str| AcceptanceError::Entry {
                path: path.to_owned(),
                number: index + 1,
                problem: problem.to_owned(),
            };
            let ids = || Kind::ALL.iter().map(|kind| kind.id());
            if ids().all(|id| id != written.id) {
                let nearest = nearest(&written.id, ids()).map(|id| format!(", did you mean `{id}`?"));
                let unknown = format!("has the unknown id `{}`{}", written.id, nearest.unwrap_or_default());
                return Err(refuse(&unknown));
            }
            if written.reason.trim().is_empty() {
                return Err(refuse("has no reason"));
            }
            if written.pointer.is_none() && written.component.is_none() && written.operation.is_none() {
                return Err(refuse("says neither `pointer` nor `component` nor `operation`"));
            }
            let day = written.expires.date.and_then(|date| {
                NaiveDate::from_ymd_opt(i32::from(date.year), u32::from(date.month), u32::from(date.day))
            });
            let expires = day.ok_or_else(|| refuse("expires on no day, write for example `expires = 2026-12-31`"))?;
            entries.push(Entry { written, expires });
        }
        Ok(Self(entries))
    }

    /// Turns accepted breaks into warnings, and reports entries that accept nothing.
    pub fn apply(&self, report: &mut Report, today: NaiveDate) {
        let mut used = vec![false; self.0.len()];
        for change in &mut report.changes {
            let breaks = change.verdict == Verdict::Breaking;
            for (entry, used) in self.0.iter().zip(&mut used) {
                if !entry.fits(change) {
                    continue;
                }
                // By another profile it may break what by this one it doesn't.
                *used = true;
                if breaks && entry.expires >= today && change.accepted.is_none() {
                    let reason = entry.written.reason.trim().to_owned();
                    change.accepted = Some(Acceptance { reason, expires: entry.expires });
                }
            }
            if change.accepted.is_some() {
                change.verdict = Verdict::Warning;
            }
        }
        for (entry, used) in self.0.iter().zip(used) {
            let why = match used {
                _ if entry.expires < today => UnusedReason::Expired(entry.expires),
                false => UnusedReason::Stale,
                true => continue,
            };
            report.unused.push(Unused { entry: entry.to_string(), why });
        }
    }
}

impl Entry {
    fn fits(&self, change: &Change) -> bool {
        let WrittenEntry { id, pointer, component, operation, message, .. } = &self.written;
        let reaches_only = |operation: &String| change.operations.iter().all(|one| one == operation);
        *id == change.id
            && pointer.as_ref().is_none_or(|pointer| *pointer == change.pointer)
            && component.as_ref().is_none_or(|component| change.component.as_ref() == Some(component))
            && operation.as_ref().is_none_or(|one| reaches_only(one) && !change.operations.is_empty())
            && message.as_ref().is_none_or(|message| change.message.contains(message))
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let WrittenEntry { id, pointer, component, operation, .. } = &self.written;
        write!(f, "`{id}`")?;
        for (preposition, what) in [("at", pointer), ("of", component), ("in", operation)] {
            if let Some(what) = what {
                write!(f, " {preposition} `{what}`")?;
            }
        }
        Ok(())
    }
}

//! The chain of the audit log: what seals a row, and what a checkpoint says.
//!
//! ```text
//! row digest   SHA-256 of the row's canonical JSON, every column by its name, null included
//! link         SHA-256("countersign audit link 1" | platform | position, 8 bytes | row digest | link before it, or zeros)
//! checkpoint   {at, heads: {platform: {link, position}}, previous, sequence}, signed; `previous` seals the one before
//! ```
//!
//! Positions of a platform begin at 1 and have no gaps. The text of a platform is followed by 72 bytes, always, so that no
//! two sets of parts make the same input.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::digest::sha256;
use crate::json;
use crate::key::{PublicKey, SecretKey};

/// Heads the input of every link. Another format gets another number.
const LINK_DOMAIN: &[u8] = b"countersign audit link 1";

/// A SHA-256 value.
pub type Digest = [u8; 32];

/// One row of the audit log: each column by its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// Its id.
    pub id: String,
    /// The tenant.
    pub platform_id: String,
    /// The account, where there is one.
    pub account_id: Option<String>,
    /// Who.
    pub actor: String,
    /// What.
    pub action: String,
    /// On which resource.
    pub resource: String,
    /// How it ended.
    pub outcome: String,
    /// When, in milliseconds since the epoch.
    pub at: i64,
    /// The key that signed.
    pub actor_key: Option<String>,
    /// A digest of what ids don't say.
    pub digest: Option<String>,
}

impl Row {
    /// The row as JSON, every column by its name.
    pub fn to_json(&self) -> Value {
        serde_json::json!(self)
    }

    /// The digest of all columns.
    pub fn digest(&self) -> Digest {
        sha256(json::canonical(&self.to_json()).as_bytes())
    }
}

/// The last link of a platform's chain: how far it goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// The number of rows in the chain; 0 for none.
    pub position: u64,
    /// The last link; zeros for none.
    pub link: Digest,
}

impl Head {
    /// The head after one more row.
    #[must_use]
    pub fn extend(&self, platform: &str, row_digest: &Digest) -> Self {
        let position = self.position.saturating_add(1);
        Self { position, link: link(platform, position, row_digest, &self.link) }
    }
}

fn link(platform: &str, position: u64, row_digest: &Digest, previous: &Digest) -> Digest {
    sha256(&[LINK_DOMAIN, platform.as_bytes(), &position.to_be_bytes(), row_digest, previous].concat())
}

/// A stored link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Its place, from 1.
    pub position: u64,
    /// The id of the row that it seals.
    pub audit_id: String,
    /// The digest of that row when it was sealed.
    pub row_digest: Digest,
    /// The link itself.
    pub link: Digest,
}

/// What is wrong at one place of a chain.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkFault {
    /// Positions that have no link.
    #[error("positions {first} to {last} are missing")]
    Missing {
        /// The first of them.
        first: u64,
        /// The last of them.
        last: u64,
    },
    /// The row that was sealed is gone.
    #[error("position {position}: row {audit_id} was deleted")]
    RowDeleted {
        /// Its place.
        position: u64,
        /// Its id.
        audit_id: String,
    },
    /// The row isn't what was sealed.
    #[error("position {position}: row {audit_id} was altered")]
    RowAltered {
        /// Its place.
        position: u64,
        /// Its id.
        audit_id: String,
    },
    /// The link doesn't follow from the one before it and its row's digest.
    #[error("position {position}: the link does not follow from the one before it")]
    LinkAltered {
        /// Its place.
        position: u64,
    },
}

/// Follows the chain of one platform, link by link in order of position.
#[derive(Debug)]
pub struct Walk<'a> {
    platform: &'a str,
    head: Head,
}

impl<'a> Walk<'a> {
    /// Begins before the first link.
    pub const fn new(platform: &'a str) -> Self {
        Self { platform, head: Head { position: 0, link: [0; 32] } }
    }

    /// How far the walk is.
    pub const fn head(&self) -> &Head {
        &self.head
    }

    /// Takes the next link, with the row that it names. It goes on from what is stored, so that only the places where
    /// something was done are named, and not all that follow.
    pub fn step(&mut self, stored: &Link, row: Option<&Row>) -> Vec<LinkFault> {
        let position = stored.position;
        let mut faults = Vec::new();
        let expected = self.head.position.saturating_add(1);
        if position != expected {
            // The link before it is unknown, so this one can't be judged: the gap is what is wrong.
            faults.push(LinkFault::Missing { first: expected, last: position.saturating_sub(1) });
        } else if self.head.extend(self.platform, &stored.row_digest).link != stored.link {
            faults.push(LinkFault::LinkAltered { position });
        }
        let audit_id = stored.audit_id.clone();
        match row {
            None => faults.push(LinkFault::RowDeleted { position, audit_id }),
            Some(row) if row.digest() != stored.row_digest => {
                faults.push(LinkFault::RowAltered { position, audit_id });
            }
            Some(_) => {}
        }
        self.head = Head { position, link: stored.link };
        faults
    }
}

/// What a checkpoint states.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// Its number, from 1.
    pub sequence: u64,
    /// When it was made, in milliseconds since the epoch.
    pub at: i64,
    /// [`Checkpoint::seal`] of the checkpoint before it, in hex; null for the first.
    pub previous: Option<String>,
    /// How far the chains have got, for those that may have moved since the checkpoint before.
    pub heads: BTreeMap<String, StatedHead>,
}

/// A [`Head`] as a statement has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatedHead {
    /// The number of rows in the chain.
    pub position: u64,
    /// The last link, in hex.
    pub link: String,
}

impl From<Head> for StatedHead {
    fn from(head: Head) -> Self {
        Self { position: head.position, link: hex::encode(head.link) }
    }
}

/// A signed statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Canonical JSON of a [`Statement`]: the bytes that are signed.
    pub statement: String,
    /// The `kid` of the key that signed.
    pub kid: String,
    /// ES256, as a JWS carries it: 64 bytes.
    pub signature: Vec<u8>,
}

impl Checkpoint {
    /// Signs a statement.
    pub fn sign(statement: &Statement, key: &SecretKey, kid: &str) -> Self {
        let statement = json::canonical(&serde_json::json!(statement));
        let signature = key.sign_jws(statement.as_bytes()).to_vec();
        Self { statement, kid: kid.to_owned(), signature }
    }

    /// Whether this key signed it.
    pub fn is_signed_by(&self, key: &PublicKey) -> bool {
        key.verifies_jws(self.statement.as_bytes(), &self.signature)
    }

    /// What it states, if that can be read.
    pub fn read(&self) -> Option<Statement> {
        serde_json::from_value(json::parse_unique(&self.statement, 3).ok()?).ok()
    }

    /// What the next checkpoint says of this one: SHA-256 of the statement and its signature, in hex.
    pub fn seal(&self) -> String {
        hex::encode(sha256(&[self.statement.as_bytes(), &self.signature].concat()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(id: &str) -> Row {
        Row {
            id: id.to_owned(),
            platform_id: "p".to_owned(),
            account_id: None,
            actor: "platform".to_owned(),
            action: "create-card".to_owned(),
            resource: "Card:1".to_owned(),
            outcome: "done".to_owned(),
            at: 5,
            actor_key: Some("02".to_owned()),
            digest: None,
        }
    }

    fn chain(rows: &[Row]) -> Vec<Link> {
        let mut head = Head::default();
        let seal = |row: &Row| {
            head = head.extend("p", &row.digest());
            Link { position: head.position, audit_id: row.id.clone(), row_digest: row.digest(), link: head.link }
        };
        rows.iter().map(seal).collect()
    }

    fn faults(links: &[Link], rows: &[Option<Row>]) -> Vec<String> {
        let mut walk = Walk::new("p");
        links.iter().zip(rows).flat_map(|(link, row)| walk.step(link, row.as_ref())).map(|f| f.to_string()).collect()
    }

    fn three() -> (Vec<Link>, Vec<Option<Row>>) {
        let rows = ["a", "b", "c"].map(row);
        (chain(&rows), rows.map(Some).to_vec())
    }

    #[test]
    fn the_format_stays_as_it_is_written_down() {
        // Computed apart from this crate, with Python's hashlib, from the module's description.
        let digest = row("a").digest();
        assert_eq!(hex::encode(digest), "a94dc9ac2762f474c8e53eaa55cc5f1fad4f26f4fc673120124107628a255039");
        assert_eq!(
            hex::encode(Head::default().extend("p", &digest).link),
            "2dea814ff17ea1c057d6e816039d15436aef6546202ab9d46734370a0ff1da5a"
        );
    }

    #[test]
    fn each_column_is_in_the_digest() {
        let changes: [fn(&mut Row); 10] = [
            |row| row.id.push('x'),
            |row| row.platform_id.push('x'),
            |row| row.account_id = Some(String::new()),
            |row| row.actor.push('x'),
            |row| row.action.push('x'),
            |row| row.resource.push('x'),
            |row| row.outcome.push('x'),
            |row| row.at += 1,
            |row| row.actor_key = None,
            |row| row.digest = Some(String::new()),
        ];
        for change in changes {
            let mut changed = row("a");
            change(&mut changed);
            assert_ne!(changed.digest(), row("a").digest(), "{changed:?}");
        }
    }

    #[test]
    fn an_untouched_chain_has_no_fault() {
        let (links, rows) = three();
        assert_eq!(faults(&links, &rows), Vec::<String>::new());
    }

    #[test]
    fn an_altered_and_a_deleted_row_are_told_at_their_positions_only() {
        let (links, mut rows) = three();
        rows[0].as_mut().unwrap().at = 6;
        rows[1] = None;
        assert_eq!(faults(&links, &rows), ["position 1: row a was altered", "position 2: row b was deleted"]);
    }

    #[test]
    fn links_that_changed_places_are_told_even_when_they_name_their_rows() {
        let (mut links, mut rows) = three();
        links.swap(1, 2);
        rows.swap(1, 2);
        (links[1].position, links[2].position) = (2, 3);
        let told = faults(&links, &rows);
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(told[0].starts_with("position 2: the link") && told[1].starts_with("position 3: the link"), "{told:?}");
    }

    #[test]
    fn a_gap_is_told_with_its_ends() {
        let (mut links, mut rows) = three();
        links.remove(1);
        rows.remove(1);
        assert_eq!(faults(&links, &rows), ["positions 2 to 2 are missing"]);
    }

    #[test]
    fn a_checkpoint_holds_for_its_key_and_text_alone() {
        let (key, other) = ([7; 32], [8; 32]);
        let [key, other] = [key, other].map(|bytes| SecretKey::from_bytes(&bytes).unwrap());
        let heads = BTreeMap::from([("p".to_owned(), Head { position: 3, link: [1; 32] }.into())]);
        let statement = Statement { sequence: 1, at: 2, previous: None, heads };
        let checkpoint = Checkpoint::sign(&statement, &key, "audit:k");
        assert_eq!(checkpoint.read(), Some(statement));
        assert!(checkpoint.is_signed_by(key.public()) && !checkpoint.is_signed_by(other.public()));
        let altered =
            Checkpoint { statement: checkpoint.statement.replace("\"at\":2", "\"at\":3"), ..checkpoint.clone() };
        assert!(!altered.is_signed_by(key.public()));
        assert_ne!(altered.seal(), checkpoint.seal());
    }
}

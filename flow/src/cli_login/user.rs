//! Users of CLI login: who signs in, what an upgrade changes, and what a merge moves.

use crate::Timestamp;
use crate::id::UserId;

/// The longest metadata of one kind, in bytes of its JSON text.
pub const METADATA_LIMIT: usize = 16 * 1024;

/// A user, as far as it decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Its id. It never changes, also not by an upgrade.
    pub id: UserId,
    /// When it became a named user; `None` for an anonymous one.
    pub named: Option<Timestamp>,
    /// Its email address.
    pub primary_email: Option<String>,
    /// When a code proved that the address is its own: only then it counts for sign-in.
    pub email_verified: Option<Timestamp>,
    /// What it is called.
    pub display_name: Option<String>,
    /// JSON that clients may read and write.
    pub client_metadata: Option<String>,
    /// JSON that only holders of a server key may read and write.
    pub server_metadata: Option<String>,
    /// When it was made.
    pub signed_up: Timestamp,
}

impl User {
    /// Whether it has never signed in as someone.
    pub const fn is_anonymous(&self) -> bool {
        self.named.is_none()
    }
}

/// What the right code of an address does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignIn {
    /// The user whose address it is signs in. An anonymous caller is left as it was.
    Existing(UserId),
    /// The anonymous caller becomes a named user and keeps its id; its earlier sessions end.
    Upgrade(UserId),
    /// A new user is made.
    New,
}

/// Decides who signs in: `owner` is the user whose verified address it is, `caller` the user whose access token came with
/// the code.
pub fn sign_in(owner: Option<UserId>, caller: Option<&User>) -> SignIn {
    match (owner, caller) {
        (Some(owner), _) => SignIn::Existing(owner),
        (None, Some(caller)) if caller.is_anonymous() => SignIn::Upgrade(caller.id),
        (None, _) => SignIn::New,
    }
}

/// What a consented merge does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Merge {
    /// Nothing: the anonymous user is no longer one, is the approver itself, or the approver is anonymous too.
    Nothing,
    /// The anonymous user's sessions end, and this client metadata moves, if there is any to move.
    Into {
        /// The client metadata that leaves the one and becomes the other's.
        client_metadata: Option<String>,
    },
}

/// Decides what moves from an anonymous user to the one that approved: its client metadata where the other has none, and
/// nothing else.
pub fn merge(anonymous: &User, approver: &User) -> Merge {
    if !anonymous.is_anonymous() || approver.is_anonymous() || anonymous.id == approver.id {
        return Merge::Nothing;
    }
    let client_metadata = match approver.client_metadata {
        None => anonymous.client_metadata.clone(),
        Some(_) => None,
    };
    Merge::Into { client_metadata }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn user(number: u128, named: bool, metadata: Option<&str>) -> User {
        User {
            id: UserId::from_uuid(Uuid::from_u128(number)),
            named: named.then_some(Timestamp::from_millis(1)),
            primary_email: None,
            email_verified: None,
            display_name: Some("Name".to_owned()),
            client_metadata: metadata.map(str::to_owned),
            server_metadata: Some("{}".to_owned()),
            signed_up: Timestamp::from_millis(0),
        }
    }

    #[test]
    fn an_owner_of_the_address_signs_in_whoever_asks() {
        let (anonymous, named) = (user(1, false, None), user(2, true, None));
        let owner = UserId::from_uuid(Uuid::from_u128(9));
        for caller in [None, Some(&anonymous), Some(&named)] {
            assert_eq!(sign_in(Some(owner), caller), SignIn::Existing(owner));
        }
        assert_eq!(sign_in(None, None), SignIn::New);
        assert_eq!(sign_in(None, Some(&named)), SignIn::New);
        assert_eq!(sign_in(None, Some(&anonymous)), SignIn::Upgrade(anonymous.id));
    }

    #[test]
    fn only_client_metadata_moves_and_only_where_there_is_none() {
        for (from, to, moved) in [
            (Some("1"), None, Some("1")),
            (Some("1"), Some("2"), None),
            (Some("1"), Some("{}"), None),
            (None, None, None),
            (None, Some("2"), None),
        ] {
            let merged = merge(&user(1, false, from), &user(2, true, to));
            assert_eq!(merged, Merge::Into { client_metadata: moved.map(str::to_owned) });
        }
    }

    #[test]
    fn nothing_is_merged_but_an_anonymous_user_into_another_named_one() {
        let work = Some("1");
        for (from, into) in [
            (user(1, true, work), user(2, true, None)),
            (user(1, false, work), user(2, false, None)),
            (user(1, false, work), user(1, true, None)),
        ] {
            assert_eq!(merge(&from, &into), Merge::Nothing);
        }
    }
}

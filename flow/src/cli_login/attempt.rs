//! An attempt to log a program in: what a poll is told, and what may still be done with it.

use crate::Timestamp;
use crate::id::CliSessionId;

/// Where an attempt stands. Of several that hold, the first counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AttemptState {
    /// Its time is over, whatever it was before.
    Expired,
    /// A poll has got its session.
    Used,
    /// A person has refused it.
    Denied,
    /// Nobody has decided.
    Waiting,
    /// A person has approved it: the next poll gets a session.
    Approved,
}

/// An attempt, as stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// From this moment on it is expired.
    pub expires: Timestamp,
    /// When it was refused.
    pub denied: Option<Timestamp>,
    /// When, and by which session, it was approved.
    pub approved: Option<(Timestamp, CliSessionId)>,
    /// When a poll got its session.
    pub used: Option<Timestamp>,
    /// The anonymous session that the program began with.
    pub anonymous: Option<CliSessionId>,
    /// When that session's user was claimed.
    pub claimed: Option<Timestamp>,
}

impl Attempt {
    /// Where it stands.
    pub fn state(&self, now: Timestamp) -> AttemptState {
        if now >= self.expires {
            AttemptState::Expired
        } else if self.used.is_some() {
            AttemptState::Used
        } else if self.denied.is_some() {
            AttemptState::Denied
        } else if self.approved.is_some() {
            AttemptState::Approved
        } else {
            AttemptState::Waiting
        }
    }

    /// Whether its login code still opens something: only while nobody has decided.
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.state(now) == AttemptState::Waiting
    }

    /// The anonymous session whose work could still be claimed or brought along, if the session itself still allows it.
    pub fn unclaimed(&self) -> Option<CliSessionId> {
        self.anonymous.filter(|_| self.claimed.is_none())
    }
}

/// The longest name of a program that is shown, in characters.
const LONGEST_NAME: usize = 64;

/// What a program calls itself, as it may be shown: printable characters alone, none of which changes the direction of text
/// or is invisible. `None` when nothing is left.
pub fn client_name(stated: &str) -> Option<String> {
    let shown: String = stated.chars().filter(|&character| is_printable(character)).take(LONGEST_NAME).collect();
    let shown = shown.trim();
    (!shown.is_empty()).then(|| shown.to_owned())
}

fn is_printable(character: char) -> bool {
    // Beside control characters: what Unicode 16 has as format characters, the separators of lines, fillers without a
    // picture, private use and tags.
    let unseen = matches!(character,
        '\u{ad}' | '\u{34f}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}' | '\u{890}'..='\u{891}'
        | '\u{8e2}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{e000}'..='\u{f8ff}' | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{110bd}' | '\u{110cd}' | '\u{13430}'..='\u{1343f}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{10ffff}');
    !character.is_control() && !unseen
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_000);
    const LATER: Timestamp = Timestamp::from_millis(2_000);

    fn attempt(expires: Timestamp, denied: bool, approved: bool, used: bool) -> Attempt {
        let session = CliSessionId::from_uuid(Uuid::from_u128(1));
        Attempt {
            expires,
            denied: denied.then_some(NOW),
            approved: approved.then_some((NOW, session)),
            used: used.then_some(NOW),
            anonymous: Some(session),
            claimed: None,
        }
    }

    #[test]
    fn expired_comes_before_used_before_denied_before_waiting_and_success_is_last() {
        for denied in [false, true] {
            for approved in [false, true] {
                for used in [false, true] {
                    // At its expiry it is over, a millisecond earlier it isn't.
                    assert_eq!(attempt(NOW, denied, approved, used).state(NOW), AttemptState::Expired);
                    let expected = match (used, denied, approved) {
                        (true, _, _) => AttemptState::Used,
                        (false, true, _) => AttemptState::Denied,
                        (false, false, false) => AttemptState::Waiting,
                        (false, false, true) => AttemptState::Approved,
                    };
                    let live = attempt(LATER, denied, approved, used);
                    assert_eq!(live.state(NOW), expected);
                    assert_eq!(live.is_open(NOW), expected == AttemptState::Waiting);
                }
            }
        }
    }

    #[test]
    fn a_program_is_shown_by_64_printable_characters() {
        for (stated, shown) in [
            ("acme-cli on ada's laptop", Some("acme-cli on ada's laptop")),
            ("<b>bold</b> & \"quoted\"", Some("<b>bold</b> & \"quoted\"")),
            ("a\u{202e}dem\u{200b}\r\n\t\u{0}o", Some("ademo")),
            ("\u{1f680} caf\u{e9}", Some("\u{1f680} caf\u{e9}")),
            ("  ", None),
            ("\u{2066}\u{e0041}", None),
            ("", None),
        ] {
            assert_eq!(client_name(stated).as_deref(), shown, "{stated:?}");
        }
        assert_eq!(client_name(&"x".repeat(65)).unwrap().len(), 64);
    }

    #[test]
    fn anonymous_work_is_claimed_once() {
        let open = attempt(LATER, false, false, false);
        assert_eq!(open.unclaimed(), open.anonymous);
        assert_eq!(Attempt { claimed: Some(NOW), ..open }.unclaimed(), None);
    }
}

//! CLI login, over HTTP.

mod anonymous;
mod attempts;
mod callers;
mod clients;
mod mailed;
mod page;
mod races;
mod sign_in;
mod statuses;
mod terminal;
mod users;

use countersign_tests::answer::RawAnswer;

/// Insists on a refusal of this door: its code also in the header that clients look at, and words in the message.
#[track_caller]
fn refused(answer: &RawAnswer, status: u16, code: &str, words: &str) {
    answer.refused(status, code);
    assert_eq!(answer.headers["x-stack-known-error"], code);
    let body = answer.json();
    let message = body["message"].as_str().unwrap_or_default();
    assert!(message.contains(words), "{words:?} is not in {message:?}");
}

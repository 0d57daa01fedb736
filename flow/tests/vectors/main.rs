//! Every case of the wire-format vectors, judged by this crate. `COUNTERSIGN_VECTORS=DIR` takes the same kinds from another folder.
//!
//! One test runs all kinds, lists every case that came out wrong, and then fails once. Beside it stand Wycheproof's cases.

mod client_public_key;
#[path = "../entropy/mod.rs"]
mod entropy;
mod oauth_nonce;
mod otp_bundle;
mod passkey_assertion;
mod payload_canonical;
mod second_opinion;
mod session_bundle;
mod stamp;
mod target_bundle;
mod verification_token;
mod wycheproof;

use std::fmt::Debug;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// How this crate judged a case.
pub(crate) enum Judged {
    /// Accepted, with this output in the vectors' form (`Null` when the kind has none).
    Accepted(Value),
    /// Refused, with the class of the refusal.
    Refused(&'static str),
}

pub(crate) type Judge = fn(&Case<'_>) -> Judged;

const KINDS: [(&str, Judge); 9] = [
    ("client_public_key", client_public_key::judge),
    ("oauth_nonce", oauth_nonce::judge),
    ("otp_bundle", otp_bundle::judge),
    ("passkey_assertion", passkey_assertion::judge),
    ("payload_canonical", payload_canonical::judge),
    ("session_bundle", session_bundle::judge),
    ("stamp", stamp::judge),
    ("target_bundle", target_bundle::judge),
    ("verification_token", verification_token::judge),
];

pub(crate) struct Case<'a>(&'a Value);

impl Case<'_> {
    /// A member of `input`; `Null` when it is absent.
    pub(crate) fn input(&self, name: &str) -> &Value {
        &self.0["input"][name]
    }

    /// A text of `input`; anything else counts as no text.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.input(name).as_str().unwrap_or_default()
    }

    pub(crate) fn secret(&self, name: &str) -> countersign_flow::key::SecretKey {
        secret(self.text(name))
    }

    fn name(&self) -> &str {
        self.0["name"].as_str().expect("every case has a name")
    }

    /// What is wrong with a judgement; empty when all is as the vector says.
    fn problems(&self, kind: &str, judged: &Judged) -> Vec<String> {
        let class = self.0["error"].as_str();
        match (self.0["expect"].as_str(), judged) {
            (Some("either"), _) => vec![],
            (Some("accept"), Judged::Accepted(output)) => differing_members(&self.0["output"], output),
            (Some("accept"), Judged::Refused(class)) => vec![format!("refused as {class}")],
            (Some("reject"), Judged::Accepted(_)) => vec!["accepted".to_owned()],
            // Classes bind for stamps only; elsewhere they are a note.
            (Some("reject"), Judged::Refused(found)) if kind == "stamp" => {
                let wrong = class.filter(|class| class != found);
                wrong.map(|class| format!("refused as {found}, not as {class}")).into_iter().collect()
            }
            (Some("reject"), Judged::Refused(_)) => vec![],
            (expect, _) => vec![format!("the vector expects {expect:?}")],
        }
    }
}

pub(crate) fn secret(hex_text: &str) -> countersign_flow::key::SecretKey {
    let bytes: [u8; 32] = hex::decode(hex_text).unwrap().try_into().expect("32 bytes");
    countersign_flow::key::SecretKey::from_bytes(&bytes).unwrap()
}

/// Each member that the vector records must be as recorded; what it doesn't record is not compared.
fn differing_members(recorded: &Value, found: &Value) -> Vec<String> {
    let Value::Object(recorded) = recorded else { return vec![] };
    recorded
        .iter()
        .filter(|(name, value)| found[name.as_str()] != **value)
        .map(|(name, value)| format!("{name} is {}, not {value}", found[name.as_str()]))
        .collect()
}

fn folder() -> PathBuf {
    std::env::var_os("COUNTERSIGN_VECTORS")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors"), PathBuf::from)
}

fn read(path: &Path) -> Result<Value, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))
}

#[test]
fn every_vector_is_judged_as_it_says() {
    let mut problems = Vec::new();
    let mut report = String::from("\n");
    for (kind, judge) in KINDS {
        let file = match read(&folder().join(format!("{kind}.json"))) {
            Ok(file) => file,
            Err(problem) => {
                problems.push(problem);
                continue;
            }
        };
        let cases = file["cases"].as_array().map_or(&[][..], Vec::as_slice);
        if file["kind"] != kind || cases.is_empty() {
            problems.push(format!("{kind}: the file is of kind {} and has {} cases", file["kind"], cases.len()));
        }
        report.push_str(&format!("vectors: {kind} {} cases\n", cases.len()));
        for case in cases.iter().map(Case) {
            let found = std::panic::catch_unwind(|| judge(&case))
                .map_or_else(|_| vec!["panicked, see above".to_owned()], |judged| case.problems(kind, &judged));
            problems.extend(found.into_iter().map(|problem| format!("{kind}/{}: {problem}", case.name())));
        }
    }
    // Not `print!`: the test harness would keep it to itself.
    std::io::stdout().write_all(report.as_bytes()).unwrap();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// Two implementations were asked the same question.
#[track_caller]
pub(crate) fn agree<T: PartialEq + Debug>(question: &str, ours: &T, other: &T) {
    assert_eq!(ours, other, "two implementations disagree: {question}");
}

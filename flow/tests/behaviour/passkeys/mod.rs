//! Passkeys, made and used by an authenticator in software: what is accepted, and each thing that is not.

mod assertions;
mod authenticator;
mod certificate;
mod hostile;
mod keys;
mod registrations;
mod relying_parties;
mod statements;

use countersign_flow::webauthn::RelyingParty;

const ORIGIN: &str = "https://app.example.com";
const PARTY: &str = "app.example.com";

fn party() -> RelyingParty {
    RelyingParty::new(PARTY, None, vec![ORIGIN.to_owned(), "https://example.com:8443".to_owned()]).unwrap()
}

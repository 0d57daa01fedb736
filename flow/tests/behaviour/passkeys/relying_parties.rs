//! Which relying parties there can be, and from where their passkeys are used.

use countersign_flow::FlowError;
use countersign_flow::webauthn::{Algorithm, ClientDataFault, RegistrationFault, RelyingParty};
use serde_json::json;

use super::authenticator::{Attestation, Registering, base64url};
use super::{ORIGIN, PARTY};

fn with_origin(origin: &str) -> Result<RelyingParty, FlowError> {
    RelyingParty::new(PARTY, Some("Example".to_owned()), vec![ORIGIN.to_owned(), origin.to_owned()])
}

/// A registration for `party`, from `origin`.
fn judged(party: &RelyingParty, origin: &str) -> Result<(), RegistrationFault> {
    let mut registering = Registering::new(Algorithm::EdDsa, Attestation::None);
    party.id().clone_into(&mut registering.data.party);
    registering.client_data["origin"] = json!(origin);
    let made = registering.made();
    made.judged_with(party, &base64url(&made.client_data), &base64url(made.object_bytes())).map(|_| ())
}

#[test]
fn an_id_is_a_domain_as_browsers_write_it() {
    let new = |id: &str| RelyingParty::new(id, None, vec![ORIGIN.to_owned()]);
    for id in ["example.com", "localhost", "xn--bcher-kva.example", "a.b-c.example"] {
        assert_eq!(new(id).unwrap().id(), id);
    }
    for id in ["", "Example.com", "bücher.example", "example.com.", "https://example.com", "example.com:443"] {
        assert_eq!(new(id), Err(FlowError::RelyingPartyMalformed("id")), "{id}");
    }
    for id in ["127.0.0.1", "[::1]", "exa mple.com", "example.com/", "*.example.com", "%65xample.com"] {
        assert_eq!(new(id), Err(FlowError::RelyingPartyMalformed("id")), "{id}");
    }
}

#[test]
fn an_origin_is_one_as_browsers_write_it() {
    let app = format!("android:apk-key-hash:{}", base64url([9; 32]));
    for origin in ["https://example.com", "https://a.example:8443", "http://localhost", "http://localhost:3000", &app] {
        let party = with_origin(origin).unwrap();
        assert_eq!(judged(&party, origin), Ok(()));
        assert_eq!(judged(&party, ORIGIN), Ok(()));
        assert_eq!(judged(&party, "https://other.example"), Err(ClientDataFault::Origin.into()));
    }
    for origin in [
        "",
        "null",
        "*",
        "example.com",
        "https://example.com/",
        "https://example.com:443",
        "https://Example.com",
        "https://bücher.example",
        "https://user@example.com",
        "https://*.example.com",
        "https://example.com/path",
        "http://example.com",
        "http://localhost.example.com",
        "http://127.0.0.1:3000",
        "ftp://example.com",
        "file:///",
        "android:apk-key-hash:",
        "android:apk-key-hash:AAAA",
        &format!("{app}="),
    ] {
        assert_eq!(with_origin(origin), Err(FlowError::RelyingPartyMalformed("origins")), "{origin}");
    }
    assert_eq!(RelyingParty::new(PARTY, None, vec![]), Err(FlowError::RelyingPartyMalformed("origins")));
}

#[test]
fn a_name_is_kept() {
    assert_eq!(with_origin(ORIGIN).unwrap().name(), Some("Example"));
    assert_eq!(RelyingParty::new(PARTY, None, vec![ORIGIN.to_owned()]).unwrap().name(), None);
}

#[test]
fn the_sandbox_is_localhost_on_any_port_and_nothing_else() {
    let sandbox = RelyingParty::sandbox();
    assert_eq!(sandbox.id(), "localhost");
    for origin in ["http://localhost", "http://localhost:1", "http://localhost:65535", "https://localhost:8443"] {
        assert_eq!(judged(&sandbox, origin), Ok(()), "{origin}");
    }
    for origin in [
        "",
        "null",
        "localhost",
        "http://LOCALHOST:3000",
        "http://localhost:80",
        "http://localhost/",
        "http://localhost:3000/",
        "http://localhost:65536",
        "http://localhost.",
        "http://127.0.0.1:3000",
        "http://[::1]:3000",
        "http://localhost.evil.test",
        "http://evil.test/localhost",
        "http://evil.test:3000",
        "http://localhost@evil.test",
        "ftp://localhost",
        "android:apk-key-hash:localhost",
    ] {
        assert_eq!(judged(&sandbox, origin), Err(ClientDataFault::Origin.into()), "{origin}");
    }
}

//! Which issuers can be set up.

use countersign::oidc::{IssuerSettings, Oidc, OidcSettings};
use countersign::store::Mode;
use countersign_tests::issuer::IssuerKey;
use countersign_tests::server::TestServer;

use super::{add, claims, identity};

#[tokio::test]
async fn google_and_apple_are_known_from_the_start() {
    let sandbox = Oidc::new(&OidcSettings::default(), Mode::Sandbox).unwrap();
    let key = IssuerKey::es256("k1");
    for (name, iss, url) in [
        ("google", "https://accounts.google.com", "https://accounts.google.com"),
        // Google's documents allow its tokens this form as well; it is the same issuer.
        ("google", "accounts.google.com", "https://accounts.google.com"),
        ("apple", "https://appleid.apple.com", "https://appleid.apple.com"),
    ] {
        assert_eq!(sandbox.issuer(name), Some(url));
        assert_eq!(sandbox.issuer(url), Some(url));
        assert_eq!(add(&sandbox, &key.token(&claims(iss))).await, Ok(identity(url)));
    }
    assert_eq!(sandbox.issuer("github"), None);
    assert!(Oidc::new(&OidcSettings::default(), Mode::Production).is_ok());
}

#[test]
fn issuers_that_cant_be_are_refused_before_anything_is_served() {
    let url = |url: &str| IssuerSettings { issuer: Some(url.to_owned()), ..IssuerSettings::default() };
    let refused = |mode, issuer: Vec<IssuerSettings>| {
        let refused = Oidc::new(&OidcSettings { issuer, ..OidcSettings::default() }, mode);
        refused.err().map(|cause| format!("{cause:#}")).unwrap_or_default()
    };
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().join("empty.pem");
    std::fs::write(&empty, "").unwrap();
    let named = |name: &str| IssuerSettings { name: Some(name.to_owned()), ..IssuerSettings::default() };
    let both = IssuerSettings { name: Some("google".to_owned()), ..url("https://accounts.google.com") };
    let good = "https://login.example.com/realms/a";
    for (issuers, why) in [
        (vec![url("login.example.com")], "not a URL"),
        (vec![url("http://login.example.com")], "must be https"),
        (vec![url("http://127.0.0.1:8080")], "must be https"),
        (vec![url("ftp://login.example.com")], "must be https"),
        (vec![url("https://login.example.com/?a=b")], "neither query"),
        (vec![url("https://login.example.com/#a")], "neither query"),
        (vec![url("https://user@login.example.com")], "neither query"),
        (vec![named("github")], "no issuer is called `github`"),
        (vec![both], "either `name` or `issuer`"),
        (vec![IssuerSettings::default()], "either `name` or `issuer`"),
        (vec![url(good), url(good)], "listed twice"),
        (vec![named("google"), url("https://accounts.google.com")], "listed twice"),
        (vec![IssuerSettings { ca_file: Some("/nowhere/ca.pem".into()), ..url(good) }], "reading /nowhere"),
        (vec![IssuerSettings { ca_file: Some(empty), ..url(good) }], "holds no certificate"),
    ] {
        let said = refused(Mode::Production, issuers);
        assert!(said.contains(why), "{why}: {said}");
    }
    assert_eq!(refused(Mode::Production, vec![url(good), named("apple")]), "");
    for loopback in ["http://127.0.0.1:8080", "http://localhost:8080", "http://[::1]:8080"] {
        assert_eq!(refused(Mode::Sandbox, vec![url(loopback)]), "");
    }
    assert!(refused(Mode::Sandbox, vec![url("http://login.example.com")]).contains("must be https"));
}

#[tokio::test]
async fn serve_refuses_issuers_and_times_that_cant_be() {
    let server = TestServer::production().start().await;
    let settings = server.data_dir().join("settings.toml");
    std::fs::write(&settings, "[[oidc.issuer]]\nissuer = \"http://login.example.com\"\n").unwrap();
    server.assert_start_refused(|command| _ = command.env("COUNTERSIGN_CONFIG", &settings), "it must be https");
    for (variable, value, why) in [
        ("COUNTERSIGN_OIDC_MAX_AGE_SECS", "0", "oidc.max_age_secs must be between 1"),
        ("COUNTERSIGN_OIDC_KEYS_STALE_SECS", "60", "oidc.keys_stale_secs must be between 900"),
        ("COUNTERSIGN_OIDC_ANSWER_LIMIT_BYTES", "10", "oidc.answer_limit_bytes must be at least 1024"),
    ] {
        server.assert_start_refused(|command| _ = command.env(variable, value), why);
    }
}

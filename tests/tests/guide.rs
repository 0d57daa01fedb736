//! `docs/wallet.md`: its shell and node run against a sandbox, and what it shows of Rust stands in code that runs.

use std::error::Error;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use countersign_client::Client;
use countersign_client::operations::{
    ChallengeAuthCredentialInput, CreateAuthCredential, CreateAuthCredentialInput, CreateAuthCredentialOutcome,
    RevokeAuthSession, RevokeAuthSessionInput, VerifyAuthCredential, VerifyAuthCredentialInput,
    VerifyAuthCredentialOutcome,
};
use countersign_client::types::{
    AuthSession, ChallengeAuthCredentialRequest, ChallengeAuthCredentialResponse, InternalAccountId,
    OauthCreateRequest, OauthVerifyRequest, PasskeyCreateRequest, PasskeyVerifyRequest, SmsOtpCreateRequest,
    SmsOtpVerifyRequest,
};
use countersign_client::wallet::{KeyPair, TargetBundle};
use countersign_flow::payload::digest_hex;
use countersign_tests::authenticator::{Passkey, base64url};
use countersign_tests::npm;
use countersign_tests::server::TestServer;
use serde_json::json;

use crate::node;

const GUIDE: &str = include_str!("../../docs/wallet.md");

/// Where the excerpts in Rust are from: the client's examples, and this file.
const SOURCES: [&str; 4] = [
    include_str!("../../api/client/examples/sign_in/mod.rs"),
    include_str!("../../api/client/examples/refresh.rs"),
    include_str!("../../api/client/examples/delegate.rs"),
    include_str!("guide.rs"),
];

/// What each of the two scripts prints, line by line.
const PRINTED: [&str; 6] = [
    "email    Session:",
    "SMS      Session:",
    "ID token Session:",
    "passkey  Session:",
    "refresh  Session:",
    "stamp    eyJ",
];

/// The guide's blocks of a language, in order.
fn blocks(language: &str) -> Vec<String> {
    let mut blocks: Vec<String> = Vec::new();
    let mut inside = false;
    for line in GUIDE.lines() {
        match line.strip_prefix("```") {
            Some(opening) => {
                inside = !inside && opening == language;
                if inside {
                    blocks.push(String::new());
                }
            }
            None if inside => *blocks.last_mut().expect("a block has begun") += &format!("{line}\n"),
            None => {}
        }
    }
    blocks
}

/// Runs a script where the node client is, with the settings of a fresh sandbox.
async fn run(interpreter: &[&str], script: &str) {
    npm::install(node::FOLDER);
    let server = TestServer::sandbox().start().await;
    let mut command = Command::new(interpreter[0]);
    command.args(&interpreter[1..]).current_dir(node::FOLDER).envs(server.environment());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut process = command.spawn().expect("the interpreter runs");
    // Dropped at once, so that the script ends there.
    process.stdin.take().expect("a pipe").write_all(script.as_bytes()).expect("the script is read");
    let ran = process.wait_with_output().expect("an end");
    let (stdout, stderr) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    assert!(ran.status.success(), "{stdout}{stderr}");
    let lines: Vec<&str> = stdout.lines().collect();
    assert_eq!(lines.len(), PRINTED.len(), "{stdout}{stderr}");
    for (line, beginning) in lines.iter().zip(PRINTED) {
        assert!(line.starts_with(beginning), "{line:?} for {beginning:?}: {stderr}");
    }
}

#[tokio::test]
async fn the_guides_shell_runs() {
    run(&["bash"], &format!("set -euo pipefail; shopt -s inherit_errexit\n{}", blocks("sh").concat())).await;
}

#[tokio::test]
async fn the_guides_javascript_runs() {
    run(&["node", "--input-type=module", "-"], &blocks("js").concat()).await;
}

fn unindented(text: &str) -> String {
    text.lines().map(str::trim).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_guides_rust_is_from_code_that_runs() {
    let excerpts = blocks("rust");
    assert_eq!(excerpts.len(), 7);
    for excerpt in excerpts {
        let excerpt = unindented(&excerpt);
        assert!(SOURCES.iter().any(|source| unindented(source).contains(&excerpt)), "not in the sources:\n{excerpt}");
    }
}

type Opened = Result<(AuthSession, KeyPair), Box<dyn Error>>;

fn opened(outcome: VerifyAuthCredentialOutcome, key: KeyPair) -> Opened {
    let VerifyAuthCredentialOutcome::Ok(session) = outcome else { return Err("no session".into()) };
    Ok((session, key))
}

async fn by_sms(client: &Client, account: &InternalAccountId, quorum: &str, owner: &KeyPair) -> Opened {
    let input = CreateAuthCredentialInput::new(SmsOtpCreateRequest { account_id: account.clone() }.into());
    let added = client.signed_retry::<CreateAuthCredential, _>(owner, input).await?;
    let CreateAuthCredentialOutcome::Created(added) = added.value else { return Err("not added".into()) };

    let bundle = added.otp_encryption_target_bundle.ok_or("no code was sent")?;
    let key = KeyPair::generate();
    let sealed = TargetBundle::verify(&bundle, quorum)?.seal_code("000000", &key)?;
    let body = SmsOtpVerifyRequest { encrypted_otp_bundle: sealed };
    let input = VerifyAuthCredentialInput::new(added.id, body.into());
    let verified = client.signed_retry::<VerifyAuthCredential, _>(&key, input).await?;
    opened(verified.value, key)
}

/// What an issuer would have signed: a sandbox reads the claims and not the signature.
fn id_token(nonce: &str) -> String {
    #[expect(clippy::disallowed_methods, reason = "an issuer is not the server")]
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock").as_secs();
    let claims = json!({
        "iss": "https://accounts.google.com", "aud": "a client", "sub": "110169484474386276334",
        "email": "jane@example.com", "iat": now, "exp": now + 3_600, "nonce": nonce,
    });
    format!("{}.{}.sandbox", base64url(r#"{"alg":"RS256","typ":"JWT"}"#), base64url(claims.to_string()))
}

async fn by_id_token(client: &Client, account: &InternalAccountId, owner: &KeyPair) -> Opened {
    let body = OauthCreateRequest { account_id: account.clone(), oidc_token: id_token("") };
    let input = CreateAuthCredentialInput::new(body.into());
    let added = client.signed_retry::<CreateAuthCredential, _>(owner, input).await?;
    let CreateAuthCredentialOutcome::Created(added) = added.value else { return Err("not added".into()) };

    let key = KeyPair::generate();
    let public = key.compressed_hex();
    let oidc_token = id_token(&digest_hex(public.as_bytes()));
    let body = OauthVerifyRequest { oidc_token, client_public_key: public.parse()? };
    let verified = client.verify_auth_credential(VerifyAuthCredentialInput::new(added.id, body.into())).await?;
    opened(verified.value, key)
}

async fn by_passkey(client: &Client, account: &InternalAccountId, owner: &KeyPair) -> Opened {
    let (browser, challenge) = (Passkey::default(), base64url([7; 32]));
    let body = PasskeyCreateRequest {
        account_id: account.clone(),
        nickname: "Phone".into(),
        challenge: challenge.parse()?,
        attestation: serde_json::from_value(browser.attestation(&challenge, 0))?,
    };
    let input = CreateAuthCredentialInput::new(body.into());
    let added = client.signed_retry::<CreateAuthCredential, _>(owner, input).await?;
    let CreateAuthCredentialOutcome::Created(added) = added.value else { return Err("not added".into()) };

    let key = KeyPair::generate();
    let mut input = ChallengeAuthCredentialInput::new(added.id.clone());
    input.body = Some(ChallengeAuthCredentialRequest { client_public_key: Some(key.compressed_hex().parse()?) });
    let asked = client.challenge_auth_credential(input).await?;
    let ChallengeAuthCredentialResponse::Passkey(asked) = asked.value else { return Err("no passkey".into()) };
    let assertion = serde_json::from_value(browser.assertion(&asked.challenge, 1))?;
    let mut input = VerifyAuthCredentialInput::new(added.id, PasskeyVerifyRequest { assertion }.into());
    input.request_id = Some(asked.request_id.to_string());
    let verified = client.verify_auth_credential(input).await?;
    opened(verified.value, key)
}

#[tokio::test]
async fn the_generated_client_signs_in_with_every_credential_that_the_guide_shows() {
    let server = TestServer::sandbox().start().await;
    let owner = server.wallet().await.login().await;
    let (client, quorum) = (server.client(), server.env("QUORUM_PUBLIC_KEY"));
    let account = server.env("ACCOUNT_ID").parse().unwrap();
    for (session, key) in [
        by_sms(&client, &account, quorum, &owner.key).await.unwrap(),
        by_id_token(&client, &account, &owner.key).await.unwrap(),
        by_passkey(&client, &account, &owner.key).await.unwrap(),
    ] {
        assert_eq!(session.encrypted_session_signing_key, None);
        let ended = client.signed_retry::<RevokeAuthSession, _>(&key, RevokeAuthSessionInput::new(session.id)).await;
        assert_eq!(ended.unwrap().status, 204);
    }
}

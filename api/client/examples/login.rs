//! A wallet's login and refresh against a running server:
//!
//! ```sh
//! countersign serve --sandbox --print-env sandbox.env
//! set -a; . ./sandbox.env; set +a
//! cargo run -p countersign-client --example login
//! ```

use std::env;

use countersign_client::Client;
use countersign_client::operations::{
    ChallengeAuthCredentialInput, ListAuthCredentialsInput, RefreshAuthSession, RefreshAuthSessionInput,
    RefreshAuthSessionOutcome, VerifyAuthCredential, VerifyAuthCredentialInput, VerifyAuthCredentialOutcome,
};
use countersign_client::types::{
    AuthMethodType, ChallengeAuthCredentialResponse, EmailOtpVerifyRequest, RefreshAuthSessionRequest,
};
use countersign_client::wallet::{KeyPair, TargetBundle};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let client =
        Client::new(env::var("BASE_URL")?.parse()?).with_basic(&env::var("CLIENT_ID")?, &env::var("CLIENT_SECRET")?);
    // A wallet ships with the quorum key; here the server's own word is taken for it.
    let quorum = env::var("QUORUM_PUBLIC_KEY")?;

    let account = env::var("ACCOUNT_ID")?.parse()?;
    let credentials = client.list_auth_credentials(ListAuthCredentialsInput::new(account)).await?.value.data;
    let by_email = credentials.iter().find(|credential| credential.r#type == AuthMethodType::EmailOtp);
    let credential = by_email.ok_or("the account has no credential by email code")?;
    println!("credential {} ({})", credential.id, credential.nickname);

    let challenged = client.challenge_auth_credential(ChallengeAuthCredentialInput::new(credential.id.clone())).await?;
    let ChallengeAuthCredentialResponse::EmailOtp(sent) = challenged.value else {
        return Err("no code was sent".into());
    };
    let key = KeyPair::generate();
    let sealed = TargetBundle::verify(&sent.otp_encryption_target_bundle, &quorum)?.seal_code("000000", &key)?;
    let body = EmailOtpVerifyRequest { encrypted_otp_bundle: Some(sealed), otp: None, client_public_key: None };
    let input = VerifyAuthCredentialInput::new(credential.id.clone(), body.into());
    let verified = client.signed_retry::<VerifyAuthCredential, _>(&key, input).await?;
    let VerifyAuthCredentialOutcome::Ok(session) = verified.value else { return Err("no session".into()) };
    println!("session    {} until {}", session.id, session.expires_at);

    let next = KeyPair::generate();
    let body = RefreshAuthSessionRequest { client_public_key: next.compressed_hex().parse()? };
    let input = RefreshAuthSessionInput::new(session.id, body);
    let refreshed = client.signed_retry::<RefreshAuthSession, _>(&key, input).await?;
    let RefreshAuthSessionOutcome::Created(session) = refreshed.value else { return Err("no session".into()) };
    println!("refreshed  {} until {}", session.id, session.expires_at);
    Ok(())
}

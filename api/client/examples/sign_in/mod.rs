//! What the examples share: a client of the sandbox, and a login by emailed code.

use std::env;
use std::error::Error;

use countersign_client::Client;
use countersign_client::operations::{
    ChallengeAuthCredentialInput, ListAuthCredentialsInput, VerifyAuthCredential, VerifyAuthCredentialInput,
    VerifyAuthCredentialOutcome,
};
use countersign_client::types::{AuthMethodType, AuthSession, ChallengeAuthCredentialResponse, EmailOtpVerifyRequest};
use countersign_client::wallet::{KeyPair, TargetBundle};

/// A client with the settings that `countersign serve --sandbox --print-env FILE` writes.
pub(crate) fn connect() -> Result<Client, Box<dyn Error>> {
    let client = Client::new(env::var("BASE_URL")?.parse()?);
    Ok(client.with_basic(&env::var("CLIENT_ID")?, &env::var("CLIENT_SECRET")?))
}

/// A login by emailed code: the session, and its key, which never leaves this process.
pub(crate) async fn sign_in(client: &Client) -> Result<(AuthSession, KeyPair), Box<dyn Error>> {
    // A wallet ships with the quorum key; here the server's own word is taken for it.
    let quorum = env::var("QUORUM_PUBLIC_KEY")?;
    let account = env::var("ACCOUNT_ID")?.parse()?;

    let credentials = client.list_auth_credentials(ListAuthCredentialsInput::new(account)).await?.value.data;
    let by_email = credentials.iter().find(|credential| credential.r#type == AuthMethodType::EmailOtp);
    let credential = by_email.ok_or("the account has no credential by email code")?.id.clone();

    let challenged = client.challenge_auth_credential(ChallengeAuthCredentialInput::new(credential.clone())).await?;
    let ChallengeAuthCredentialResponse::EmailOtp(sent) = challenged.value else {
        return Err("no code was sent".into());
    };
    let key = KeyPair::generate();
    let sealed = TargetBundle::verify(&sent.otp_encryption_target_bundle, &quorum)?.seal_code("000000", &key)?;
    let body = EmailOtpVerifyRequest { encrypted_otp_bundle: Some(sealed), otp: None, client_public_key: None };
    let input = VerifyAuthCredentialInput::new(credential, body.into());
    let verified = client.signed_retry::<VerifyAuthCredential, _>(&key, input).await?;
    let VerifyAuthCredentialOutcome::Ok(session) = verified.value else { return Err("no session".into()) };
    Ok((session, key))
}

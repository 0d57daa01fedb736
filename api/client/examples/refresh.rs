//! A session refreshed both ways, against a running server; `login.rs` says how to start one:
//!
//! ```sh
//! cargo run -p countersign-client --example refresh
//! ```

use std::error::Error;

use countersign_client::operations::{
    RefreshAuthSession, RefreshAuthSessionInput, RefreshAuthSessionOutcome, RevokeAuthSession, RevokeAuthSessionInput,
};
use countersign_client::types::RefreshAuthSessionRequest;
use countersign_client::wallet::KeyPair;

mod sign_in;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let client = sign_in::connect()?;
    let (session, key) = sign_in::sign_in(&client).await?;
    println!("session  {} until {}", session.id, session.expires_at);

    // A compressed key of ours becomes the key of the new session. The session that is refreshed signs, and stays live.
    let next = KeyPair::generate();
    let body = RefreshAuthSessionRequest { client_public_key: next.compressed_hex().parse()? };
    let input = RefreshAuthSessionInput::new(session.id.clone(), body);
    let refreshed = client.signed_retry::<RefreshAuthSession, _>(&key, input).await?;
    let RefreshAuthSessionOutcome::Created(held) = refreshed.value else { return Err("no session".into()) };
    println!("held     {} until {}", held.id, held.expires_at);

    // The older way: an uncompressed key is an address, to which the server seals a session key that it makes.
    let recipient = KeyPair::generate();
    let body = RefreshAuthSessionRequest { client_public_key: recipient.uncompressed_hex().parse()? };
    let input = RefreshAuthSessionInput::new(held.id, body);
    let refreshed = client.signed_retry::<RefreshAuthSession, _>(&next, input).await?;
    let RefreshAuthSessionOutcome::Created(sealed) = refreshed.value else { return Err("no session".into()) };
    let opened = recipient.open_session_key(&sealed.encrypted_session_signing_key.ok_or("no sealed key")?)?;
    println!("sealed   {} until {}", sealed.id, sealed.expires_at);

    // The end of the first session ends those that were refreshed from it. Any live session of the account may sign.
    let input = RevokeAuthSessionInput::new(session.id.clone());
    let _ = client.signed_retry::<RevokeAuthSession, _>(&opened, input).await?;
    println!("revoked  {}", session.id);
    Ok(())
}

//! A delegated key made, used and revoked, against a running server; `login.rs` says how to start one:
//!
//! ```sh
//! cargo run -p countersign-client --example delegate
//! ```

use std::env;
use std::error::Error;

use countersign_client::operations::{
    CreateDelegatedKey, CreateDelegatedKeyInput, CreateDelegatedKeyOutcome, RevokeDelegatedKey,
    RevokeDelegatedKeyInput, StampWithDelegatedKeyInput,
};
use countersign_client::types::{CreateDelegatedKeyRequest, StampWithDelegatedKeyRequest};

mod sign_in;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let client = sign_in::connect()?;
    let (_, key) = sign_in::sign_in(&client).await?;
    let card = env::var("CARD_ID")?.parse()?;

    // Three legs, two of them signed: the key's creation, then the policy that lets it sign for this card.
    let body = CreateDelegatedKeyRequest { card_id: card, nickname: "Settlement".into(), internal_account_id: None };
    let created = client.signed_retry::<CreateDelegatedKey, _>(&key, CreateDelegatedKeyInput::new(body)).await?;
    let CreateDelegatedKeyOutcome::Created(delegated) = created.value else { return Err("no key".into()) };
    println!("key      {} {}", delegated.id, delegated.public_key.as_str());

    // The server holds the private half. It signs what the platform asks, without the wallet.
    let body = StampWithDelegatedKeyRequest { payload_to_sign: r#"{"amount":1250}"#.into() };
    let stamped = client.stamp_with_delegated_key(StampWithDelegatedKeyInput::new(delegated.id.clone(), body)).await?;
    println!("stamp    {}", stamped.value.stamp);

    // Any session of the account revokes it; the private half is destroyed, and the card may have another key.
    let input = RevokeDelegatedKeyInput::new(delegated.id.clone());
    let _ = client.signed_retry::<RevokeDelegatedKey, _>(&key, input).await?;
    println!("revoked  {}", delegated.id);
    Ok(())
}

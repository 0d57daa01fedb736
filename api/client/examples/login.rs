//! A wallet's login by emailed code against a running server:
//!
//! ```sh
//! countersign serve --sandbox --print-env sandbox.env
//! set -a; . ./sandbox.env; set +a
//! cargo run -p countersign-client --example login
//! ```

use std::error::Error;

mod sign_in;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let client = sign_in::connect()?;
    let (session, _) = sign_in::sign_in(&client).await?;
    println!("session {} of {} until {}", session.id, session.nickname, session.expires_at);
    Ok(())
}

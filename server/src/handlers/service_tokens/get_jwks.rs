//! `GET /.well-known/jwks.json`

use countersign_api::operations::GetJwksOutcome;
use countersign_api::types::Jwks;
use countersign_api::{Request, operations};
use countersign_flow::keyring::KeyPurpose;
use serde_json::Value;

use crate::error::ApiError;
use crate::server::Server;

/// How long the keys may be kept.
const CACHE: &str = "public, max-age=3600";

pub(crate) async fn handle(server: &Server, _: Request<operations::GetJwks>) -> Result<GetJwksOutcome, ApiError> {
    server.load_token_keys().await?;
    let (keyring, now, algorithm) = (server.keys.tokens(), server.now(), server.rules.token_algorithm);
    let published = keyring
        .all(KeyPurpose::ServiceToken)
        .filter(|entry| entry.retires.is_none_or(|retires| retires > now))
        .filter_map(|entry| entry.token())
        .filter(|key| key.algorithm() == algorithm)
        .map(|key| key.public().jwk());
    let keys = serde_json::from_value(Value::Array(published.collect())).map_err(ApiError::internal)?;
    Ok(GetJwksOutcome::Ok { cache_control: CACHE.to_owned(), body: Jwks { keys } })
}

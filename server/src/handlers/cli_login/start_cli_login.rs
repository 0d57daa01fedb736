//! `POST /api/v1/auth/cli`

use std::time::Duration;

use countersign_api::types::CliLoginStart;
use countersign_api::{Request, operations};
use countersign_flow::cli_login::attempt::client_name;
use countersign_flow::cli_login::code::{Opaque, digest};
use countersign_flow::id::CliAttemptId;

use crate::callers::cli_login::ProjectCaller;
use crate::clock::entropy;
use crate::error::ApiError;
use crate::server::Server;
use crate::store::Bucket;
use crate::store::cli_login::Costs;
use crate::store::cli_login::attempts::NewAttempt;
use crate::wire;

/// Life of an attempt that doesn't say.
const DEFAULT_TTL: Duration = Duration::from_hours(2);

pub(crate) async fn handle(
    server: &Server,
    caller: &ProjectCaller,
    request: Request<operations::StartCliLogin>,
) -> Result<operations::StartCliLoginOutcome, ApiError> {
    let body = request.input.body;
    let (millis, anonymous, name) = match body {
        None => (None, None, None),
        Some(body) => (body.expires_in_millis, body.anon_refresh_token, body.client_name),
    };
    let mut rng = entropy();
    let (polling, login) = (Opaque::code(&mut rng), Opaque::code(&mut rng));
    let ttl = millis.and_then(|millis| u64::try_from(millis).ok()).map_or(DEFAULT_TTL, Duration::from_millis);
    let new = NewAttempt {
        id: CliAttemptId::mint(server.now(), &mut rng),
        polling_digest: polling.digest(),
        login_digest: login.digest(),
        client_name: name.and_then(|name| client_name(name.as_ref())),
        anonymous: anonymous.filter(|token| !token.is_empty()).map(|token| digest(&token)),
        ttl,
    };
    let costs = Costs::default()
        .and_of(Bucket::CliAddress, caller.address, server.rules.cli.address)
        .and(Bucket::Start(caller.platform.id), server.rules.cli.starts);
    let expires = server.store.start_attempt(caller.platform.id, new, costs).await?;
    Ok(CliLoginStart {
        polling_code: polling.as_str().to_owned(),
        login_code: login.as_str().to_owned(),
        expires_at: wire::time(expires),
    })
}

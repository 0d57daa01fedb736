//! `POST /api/v1/auth/cli/poll`

use countersign_api::types::{CliLoginApproval, CliLoginPending, CliLoginStatus, CliLoginSuccess};
use countersign_api::{Request, operations};
use countersign_flow::cli_login::attempt::AttemptState;
use countersign_flow::cli_login::code::digest;

use crate::callers::cli_login::ProjectCaller;
use crate::error::ApiError;
use crate::server::Server;
use crate::store::Bucket;
use crate::store::cli_login::Costs;
use crate::store::cli_login::attempts::Polled;

pub(crate) async fn handle(
    server: &Server,
    caller: &ProjectCaller,
    request: Request<operations::PollCliLogin>,
) -> Result<operations::PollCliLoginOutcome, ApiError> {
    let polling = digest(&request.input.body.polling_code);
    let tokens = server.new_tokens();
    let rules = server.rules.cli;
    let miss = Costs::default().and_of(Bucket::PollMiss, caller.address, rules.address);
    let polled = server.store.poll_attempt(caller.platform.id, polling, tokens.session, rules.poll, miss).await?;
    let status = match polled {
        Polled::Session(_) => {
            return Ok(operations::PollCliLoginOutcome::Created(CliLoginSuccess {
                status: CliLoginApproval::Success,
                refresh_token: tokens.refresh_token(),
            }));
        }
        Polled::Told(AttemptState::Expired) => CliLoginStatus::Expired,
        Polled::Told(AttemptState::Used) => CliLoginStatus::Used,
        Polled::Told(AttemptState::Denied) => CliLoginStatus::Denied,
        Polled::Told(AttemptState::Waiting | AttemptState::Approved) => CliLoginStatus::Waiting,
    };
    Ok(operations::PollCliLoginOutcome::Ok(CliLoginPending { status }))
}

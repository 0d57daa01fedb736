//! `GET /api/v1/users/{user_id}`

use countersign_api::{Request, operations};

use super::users::{meant, wire_user};
use crate::callers::cli_login::ProjectCaller;
use crate::error::ApiError;
use crate::server::Server;

pub(crate) async fn handle(
    server: &Server,
    caller: &ProjectCaller,
    request: Request<operations::GetUser>,
) -> Result<operations::GetUserOutcome, ApiError> {
    let id = meant(&request.input.user_id, caller)?;
    let user = server.store.user(caller.platform.id, id).await?.ok_or_else(ApiError::not_found)?;
    wire_user(&user, caller)
}

//! `DELETE /api/v1/users/{user_id}`

use countersign_api::{Request, operations};

use super::users::meant;
use crate::callers::cli_login::ProjectCaller;
use crate::error::ApiError;
use crate::server::Server;

pub(crate) async fn handle(
    server: &Server,
    caller: &ProjectCaller,
    request: Request<operations::DeleteUser>,
) -> Result<operations::DeleteUserOutcome, ApiError> {
    let id = meant(&request.input.user_id, caller)?;
    Ok(server.store.end_user(caller.platform.id, id).await?)
}

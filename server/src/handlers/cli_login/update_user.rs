//! `PATCH /api/v1/users/{user_id}`

use countersign_api::{Request, operations};

use super::users::{changes, meant, wire_user};
use crate::callers::cli_login::ProjectCaller;
use crate::error::ApiError;
use crate::server::Server;

pub(crate) async fn handle(
    server: &Server,
    caller: &ProjectCaller,
    request: Request<operations::UpdateUser>,
) -> Result<operations::UpdateUserOutcome, ApiError> {
    let id = meant(&request.input.user_id, caller)?;
    let changes = changes(request.body.as_ref(), caller)?;
    let by = caller.session.as_ref().filter(|_| !caller.is_server).map(|session| session.id);
    let user = server.store.change_user(caller.platform.id, id, changes, by).await?;
    wire_user(&user, caller)
}

//! `POST /api/v1/users`

use countersign_api::{Request, operations};
use countersign_flow::id::UserId;

use super::users::{changes, wire_user};
use crate::callers::cli_login::ProjectCaller;
use crate::clock::entropy;
use crate::error::ApiError;
use crate::server::Server;
use crate::store::cli_login::users::NewUser;

pub(crate) async fn handle(
    server: &Server,
    caller: &ProjectCaller,
    request: Request<operations::CreateUser>,
) -> Result<operations::CreateUserOutcome, ApiError> {
    let wanted = changes(request.body.as_ref(), caller)?;
    let new = NewUser {
        anonymous: false,
        email: wanted.primary_email.flatten(),
        display_name: wanted.display_name.flatten(),
        client_metadata: wanted.client_metadata.flatten(),
        server_metadata: wanted.server_metadata.flatten(),
        ..NewUser::anonymous(UserId::mint(server.now(), &mut entropy()))
    };
    let user = server.store.add_user(caller.platform.id, new).await?;
    wire_user(&user, caller)
}

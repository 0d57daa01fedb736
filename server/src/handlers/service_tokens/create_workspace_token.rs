//! `POST /v1/tokens/workspace`

use countersign_api::types::{CreatedWorkspaceToken, WorkspaceToken};
use countersign_api::{Request, operations};
use countersign_flow::service_token::{KeyKind, ServiceKey};

use super::issue::scopes;
use crate::callers::service_tokens::TokenCaller;
use crate::clock::entropy;
use crate::error::ApiError;
use crate::server::Server;
use crate::store::service_keys::NewServiceKey;
use crate::wire;

pub(crate) async fn handle(
    server: &Server,
    caller: &TokenCaller,
    request: Request<operations::CreateWorkspaceToken>,
) -> Result<CreatedWorkspaceToken, ApiError> {
    caller.require(&["relayauth:api-key:manage"])?;
    let body = request.input.body;
    let scopes = body.scopes.as_deref().map(scopes).transpose()?.unwrap_or_else(|| caller.grantor.scopes.clone());
    let (kind, platform) = (KeyKind::WorkspaceToken, caller.grantor.platform);
    let key = ServiceKey::mint(kind, &mut entropy());
    let new = NewServiceKey {
        id: kind.mint_id(server.now(), &mut entropy()),
        platform,
        workspace: Some(body.workspace_id.clone()),
        name: body.name,
        beginning: key.beginning().to_owned(),
        digest: key.digest(),
        scopes,
    };
    let made = server.store.add_service_key(new, Some(caller.grantor.clone())).await?;
    Ok(CreatedWorkspaceToken {
        workspace_token: WorkspaceToken {
            id: made.id.to_string(),
            workspace_id: body.workspace_id,
            org_id: platform.to_string(),
            name: made.name,
            scopes: made.scopes.texts(),
            created_at: wire::time(made.created),
        },
        key: key.as_str().to_owned(),
    })
}

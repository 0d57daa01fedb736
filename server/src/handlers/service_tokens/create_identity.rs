//! `POST /v1/identities`

use countersign_api::{Request, operations, types};
use countersign_flow::service_token::IdentityId;

use super::issue::scopes;
use crate::callers::service_tokens::TokenCaller;
use crate::clock::entropy;
use crate::error::ApiError;
use crate::server::Server;
use crate::store::StoreError;
use crate::store::service_keys::NewIdentity;
use crate::wire;

pub(crate) async fn handle(
    server: &Server,
    caller: &TokenCaller,
    request: Request<operations::CreateIdentity>,
) -> Result<types::Identity, ApiError> {
    // Whoever may make keys may make those who hold tokens: neither gets more than its maker has.
    caller.require(&["relayauth:identity:manage", "relayauth:api-key:manage"])?;
    let body = request.input.body;
    let scopes = body.scopes.as_deref().map(scopes).transpose()?.unwrap_or_default();
    let workspace = body.workspace_id.or_else(|| caller.grantor.workspace.clone());
    let workspace = workspace.ok_or_else(|| ApiError::invalid("body/workspaceId", "is required of an API key"))?;
    if caller.grantor.workspace.as_ref().is_some_and(|own| *own != workspace) {
        return Err(StoreError::NotFound("workspace").into());
    }
    let new = NewIdentity {
        id: IdentityId::mint(server.now(), &mut entropy()),
        platform: caller.grantor.platform,
        workspace,
        name: body.name,
        scopes,
        sponsor: body.sponsor_id.unwrap_or_else(|| caller.grantor.credential.sponsor()),
    };
    let made = server.store.add_identity(new, Some(caller.grantor.clone())).await?;
    Ok(types::Identity {
        id: made.id.to_string(),
        name: made.name,
        org_id: made.platform.to_string(),
        workspace_id: made.workspace,
        scopes: made.scopes.texts(),
        sponsor_id: made.sponsor,
        sponsor_chain: made.sponsor_chain,
        created_at: wire::time(made.created),
        updated_at: wire::time(made.updated),
    })
}

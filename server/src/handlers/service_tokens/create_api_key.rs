//! `POST /v1/api-keys`

use countersign_api::types::CreatedApiKey;
use countersign_api::{Request, operations};
use countersign_flow::service_token::{GrantFault, KeyKind, ServiceKey};

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
    request: Request<operations::CreateApiKey>,
) -> Result<CreatedApiKey, ApiError> {
    caller.require(&["relayauth:api-key:manage"])?;
    // A key is of the whole organisation: more than whoever is of one workspace may grant.
    if caller.grantor.workspace.is_some() {
        return Err(GrantFault::Escalation.into());
    }
    let body = request.input.body;
    let kind = KeyKind::ApiKey;
    let key = ServiceKey::mint(kind, &mut entropy());
    let new = NewServiceKey {
        id: kind.mint_id(server.now(), &mut entropy()),
        platform: caller.grantor.platform,
        workspace: None,
        scopes: scopes(&body.scopes)?,
        name: Some(body.name),
        beginning: key.beginning().to_owned(),
        digest: key.digest(),
    };
    let made = server.store.add_service_key(new, Some(caller.grantor.clone())).await?;
    Ok(CreatedApiKey { api_key: wire::api_key(made), key: key.as_str().to_owned() })
}

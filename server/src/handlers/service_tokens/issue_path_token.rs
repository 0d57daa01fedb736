//! `POST /v1/tokens/path`

use countersign_api::types::{PathTokenClass, PathTokenPair};
use countersign_api::{Request, operations};
use countersign_flow::service_token::{Class, ServiceKeyId};

use super::issue::{Common, OfPaths, for_paths};
use crate::callers::service_tokens::TokenCaller;
use crate::error::ApiError;
use crate::server::Server;
use crate::store::token_families::TokenFamily;
use crate::wire;

pub(crate) async fn handle(
    server: &Server,
    caller: &TokenCaller,
    request: Request<operations::IssuePathToken>,
) -> Result<PathTokenPair, ApiError> {
    caller.require(&["relayauth:token:create"])?;
    let body = request.input.body;
    let common = Common {
        scopes: body.scopes,
        audience: body.audience,
        access_secs: body.expires_in.or(body.ttl_seconds),
        refresh_secs: body.refresh_token_ttl_seconds,
    };
    let of_paths = OfPaths {
        paths: body.paths,
        agent_id: body.agent_id,
        agent_name: body.agent_name,
        delegation_not_after: body.delegation_not_after,
    };
    answer(server, for_paths(server, caller, Class::Path, body.workspace_id, of_paths, common).await?)
}

/// The pair as it is answered.
pub(super) fn answer(server: &Server, issued: TokenFamily) -> Result<PathTokenPair, ApiError> {
    let pair = server.pair(&issued)?;
    Ok(PathTokenPair {
        access_token: pair.access,
        refresh_token: pair.refresh,
        access_token_expires_at: pair.access_expires,
        refresh_token_expires_at: pair.refresh_expires,
        token_type: pair.scheme,
        agent_id: issued.subject.identity,
        workspace_id: issued.subject.workspace,
        token_class: PathTokenClass::RelayPa,
        issued_via_workspace_token_id: match issued.key {
            ServiceKeyId::WorkspaceToken(id) => Some(id.to_string()),
            ServiceKeyId::ApiKey(_) => None,
        },
        agent_name: issued.name,
        paths: issued.paths.unwrap_or_default(),
        delegation_not_after: issued.family.delegation_not_after.map(wire::time),
    })
}

//! `POST /v1/tokens/workspace-path`

use countersign_api::types::PathTokenPair;
use countersign_api::{Request, operations};
use countersign_flow::service_token::Class;

use super::issue::{Common, OfPaths, for_paths};
use super::issue_path_token::answer;
use crate::callers::service_tokens::TokenCaller;
use crate::error::ApiError;
use crate::server::Server;

pub(crate) async fn handle(
    server: &Server,
    caller: &TokenCaller,
    request: Request<operations::IssueWorkspacePathToken>,
) -> Result<PathTokenPair, ApiError> {
    caller.require(&["relayauth:api-key:manage"])?;
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
    let workspace = Some(body.workspace_id);
    answer(server, for_paths(server, caller, Class::WorkspacePath, workspace, of_paths, common).await?)
}

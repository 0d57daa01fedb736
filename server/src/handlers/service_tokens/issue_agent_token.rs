//! `POST /v1/tokens/agent`

use countersign_api::types::{AgentTokenClass, AgentTokenPair};
use countersign_api::{Request, operations};
use countersign_flow::service_token::Class;

use super::issue::{Common, for_identity};
use crate::callers::service_tokens::TokenCaller;
use crate::error::ApiError;
use crate::server::Server;

pub(crate) async fn handle(
    server: &Server,
    caller: &TokenCaller,
    request: Request<operations::IssueAgentToken>,
) -> Result<AgentTokenPair, ApiError> {
    caller.require(&["relayauth:token:create"])?;
    let body = request.input.body;
    let common = Common {
        scopes: body.scopes,
        audience: body.audience,
        access_secs: body.expires_in,
        refresh_secs: body.refresh_token_ttl_seconds,
    };
    let issued = for_identity(server, caller, Class::Agent, &body.agent_id, common).await?;
    let pair = server.pair(&issued)?;
    Ok(AgentTokenPair {
        access_token: pair.access,
        refresh_token: pair.refresh,
        access_token_expires_at: pair.access_expires,
        refresh_token_expires_at: pair.refresh_expires,
        token_type: pair.scheme,
        agent_id: issued.subject.identity,
        workspace_id: issued.subject.workspace,
        token_class: AgentTokenClass::RelayAg,
        issued_via_workspace_token_id: issued.key.to_string(),
    })
}

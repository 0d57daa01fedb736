//! Pairs of tokens, and the identities and keys behind them.

use serde_json::json;

use super::{Ids, Sample};

pub(super) fn sample<'a>(operation: &str, ids: &'a Ids) -> Option<Sample<'a>> {
    Some(match operation {
        "issueToken" => Sample::of("").with(json!({"identityId": ids.identity})),
        "issueAgentToken" => Sample::of("").with(json!({"agentId": ids.identity})),
        "issuePathToken" => Sample::of("").with(json!({"paths": ["/sample/*"], "agentId": ids.identity})),
        "issueWorkspacePathToken" => {
            let body = json!({"workspaceId": ids.workspace, "paths": ["/sample/*"], "agentId": ids.identity});
            Sample::of("").with(body)
        }
        "createWorkspaceToken" => Sample::of("").with(json!({"workspaceId": ids.workspace})),
        "refreshTokenPair" => Sample::of("").with(json!({"refreshToken": "sample"})),
        "revokeToken" => Sample::of("").with(json!({"tokenId": "tok_0193d1c47a55"})),
        "introspectToken" => Sample::of("").with(json!({"token": "sample"})),
        "introspectTokenByQuery" | "getJwks" => Sample::of(""),
        "createIdentity" => Sample::of("").with(json!({"name": "Sample", "workspaceId": ids.workspace})),
        "createApiKey" => Sample::of("").with(json!({"name": "Sample", "scopes": ["relayauth:role:read:*"]})),
        "revokeApiKey" => Sample::of(&ids.api_key),
        _ => return None,
    })
}

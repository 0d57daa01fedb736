//! A service that implements every operation and does nothing: each answers with its documented 500.

use countersign_api::{
    Answered, Authority, Credentials, Operation, OperationSpec, RawReply, Refusal, Request, Service, operations,
};
use http::StatusCode;
use serde_json::json;

/// The service.
pub(crate) struct Unserved;

/// In the error shape of each door at once: none minds members and headers of the others.
fn fault(operation: &OperationSpec) -> RawReply {
    let message = "Nothing is served here.";
    let is_token_door = operation.path.starts_with("/v1/") || operation.path.starts_with("/.well-known/");
    let code = if is_token_door { "internal_error" } else { "INTERNAL_ERROR" };
    let body = json!({"status": 500, "code": code, "message": message, "error": message});
    let reply = RawReply::json(StatusCode::INTERNAL_SERVER_ERROR, &body).expect("JSON");
    reply.header("x-stack-known-error", &code).expect("a header")
}

fn unserved<O: Operation>() -> Answered<O> {
    let error = O::decode_error(&fault(O::spec())).expect("a documented body");
    Err(error.unwrap_or_else(|| panic!("{} documents no 500", O::spec().id)))
}

impl Authority for Unserved {
    fn refuse(&self, operation: &'static OperationSpec, _: Refusal) -> RawReply {
        fault(operation)
    }

    fn body_limit(&self) -> usize {
        65_536
    }
}

macro_rules! unserved {
    (secured: $($secured:ident $secured_marker:ident),*; public: $($public:ident $public_marker:ident),*) => {
        impl Service for Unserved {
            type WalletCaller = ();
            type CliLoginCaller = ();
            type ServiceTokensCaller = ();

            async fn authenticate_wallet(&self, _: Credentials<'_>) -> Result<(), RawReply> {
                Ok(())
            }

            async fn authenticate_cli_login(&self, _: Credentials<'_>) -> Result<(), RawReply> {
                Ok(())
            }

            async fn authenticate_service_tokens(&self, _: Credentials<'_>) -> Result<(), RawReply> {
                Ok(())
            }

            $(async fn $secured(&self, (): (), _: Request<operations::$secured_marker>) -> Answered<operations::$secured_marker> {
                unserved::<operations::$secured_marker>()
            })*
            $(async fn $public(&self, _: Request<operations::$public_marker>) -> Answered<operations::$public_marker> {
                unserved::<operations::$public_marker>()
            })*
        }
    };
}

unserved! {
    secured: create_customer CreateCustomer, list_internal_accounts ListInternalAccounts,
        list_auth_credentials ListAuthCredentials, challenge_auth_credential ChallengeAuthCredential,
        verify_auth_credential VerifyAuthCredential, list_auth_sessions ListAuthSessions,
        revoke_auth_session RevokeAuthSession, refresh_auth_session RefreshAuthSession,
        create_auth_credential CreateAuthCredential, revoke_auth_credential RevokeAuthCredential,
        create_card CreateCard, get_card_by_id GetCardById, create_delegated_key CreateDelegatedKey,
        list_delegated_keys ListDelegatedKeys, get_delegated_key_by_id GetDelegatedKeyById,
        revoke_delegated_key RevokeDelegatedKey, stamp_with_delegated_key StampWithDelegatedKey,
        start_cli_login StartCliLogin, poll_cli_login PollCliLogin, complete_cli_login CompleteCliLogin,
        sign_up_anonymously SignUpAnonymously, send_sign_in_code SendSignInCode, sign_in_with_code
        SignInWithCode, create_user_session CreateUserSession, end_current_session EndCurrentSession,
        refresh_current_session RefreshCurrentSession, create_user CreateUser, get_user GetUser, update_user
        UpdateUser, delete_user DeleteUser,
        issue_token IssueToken, issue_agent_token IssueAgentToken, issue_path_token IssuePathToken,
        issue_workspace_path_token IssueWorkspacePathToken, create_workspace_token CreateWorkspaceToken,
        revoke_token RevokeToken, introspect_token IntrospectToken, introspect_token_by_query
        IntrospectTokenByQuery, create_identity CreateIdentity, create_api_key CreateApiKey, revoke_api_key
        RevokeApiKey;
    public: get_health GetHealth, get_readiness GetReadiness, get_openapi_json GetOpenapiJson,
        get_openapi_yaml GetOpenapiYaml, exchange_refresh_token ExchangeRefreshToken, refresh_token_pair RefreshTokenPair, get_jwks GetJwks
}

//! The generated interface, implemented: who calls, and which handler answers.

use countersign_api::{
    Answered, Authority, Credentials, OperationSpec, RawReply, Refusal, Request, Service, operations,
};

use crate::callers::cli_login::ProjectCaller;
use crate::callers::service_tokens::TokenCaller;
use crate::error::{ApiError, documented};
use crate::handlers;
use crate::server::Server;
use crate::store::platforms::Platform;

impl Authority for Server {
    fn refuse(&self, operation: &'static OperationSpec, refusal: Refusal) -> RawReply {
        ApiError::from(refusal).into_reply(operation)
    }

    fn body_limit(&self) -> usize {
        self.rules.body_limit
    }
}

impl Service for Server {
    type WalletCaller = Platform;
    type CliLoginCaller = ProjectCaller;
    type ServiceTokensCaller = TokenCaller;

    async fn authenticate_wallet(&self, credentials: Credentials<'_>) -> Result<Platform, RawReply> {
        let caller = self.wallet_caller(credentials).await;
        caller.map_err(|refused| refused.into_reply(credentials.operation()))
    }

    async fn authenticate_cli_login(&self, credentials: Credentials<'_>) -> Result<ProjectCaller, RawReply> {
        let caller = self.project_caller(credentials).await;
        caller.map_err(|refused| refused.into_reply(credentials.operation()))
    }

    async fn authenticate_service_tokens(&self, credentials: Credentials<'_>) -> Result<TokenCaller, RawReply> {
        let caller = self.token_caller(credentials).await;
        caller.map_err(|refused| refused.into_reply(credentials.operation()))
    }

    async fn create_customer(
        &self,
        caller: Platform,
        request: Request<operations::CreateCustomer>,
    ) -> Answered<operations::CreateCustomer> {
        documented::<operations::CreateCustomer>(
            handlers::platform::create_customer::handle(self, &caller, request).await,
        )
    }

    async fn list_internal_accounts(
        &self,
        caller: Platform,
        request: Request<operations::ListInternalAccounts>,
    ) -> Answered<operations::ListInternalAccounts> {
        documented::<operations::ListInternalAccounts>(
            handlers::platform::list_internal_accounts::handle(self, &caller, request.input).await,
        )
    }

    async fn list_auth_credentials(
        &self,
        caller: Platform,
        request: Request<operations::ListAuthCredentials>,
    ) -> Answered<operations::ListAuthCredentials> {
        documented::<operations::ListAuthCredentials>(
            handlers::wallet::list_auth_credentials::handle(self, &caller, request.input).await,
        )
    }

    async fn challenge_auth_credential(
        &self,
        caller: Platform,
        request: Request<operations::ChallengeAuthCredential>,
    ) -> Answered<operations::ChallengeAuthCredential> {
        documented::<operations::ChallengeAuthCredential>(
            handlers::wallet::challenge_auth_credential::handle(self, &caller, request).await,
        )
    }

    async fn verify_auth_credential(
        &self,
        caller: Platform,
        request: Request<operations::VerifyAuthCredential>,
    ) -> Answered<operations::VerifyAuthCredential> {
        documented::<operations::VerifyAuthCredential>(
            handlers::wallet::verify_auth_credential::handle(self, &caller, request).await,
        )
    }

    async fn list_auth_sessions(
        &self,
        caller: Platform,
        request: Request<operations::ListAuthSessions>,
    ) -> Answered<operations::ListAuthSessions> {
        documented::<operations::ListAuthSessions>(
            handlers::wallet::list_auth_sessions::handle(self, &caller, request.input).await,
        )
    }

    async fn revoke_auth_session(
        &self,
        caller: Platform,
        request: Request<operations::RevokeAuthSession>,
    ) -> Answered<operations::RevokeAuthSession> {
        documented::<operations::RevokeAuthSession>(
            handlers::wallet::revoke_auth_session::handle(self, &caller, request).await,
        )
    }

    async fn refresh_auth_session(
        &self,
        caller: Platform,
        request: Request<operations::RefreshAuthSession>,
    ) -> Answered<operations::RefreshAuthSession> {
        documented::<operations::RefreshAuthSession>(
            handlers::wallet::refresh_auth_session::handle(self, &caller, request).await,
        )
    }

    async fn create_card(
        &self,
        caller: Platform,
        request: Request<operations::CreateCard>,
    ) -> Answered<operations::CreateCard> {
        documented::<operations::CreateCard>(handlers::platform::create_card::handle(self, &caller, request).await)
    }

    async fn get_card_by_id(
        &self,
        caller: Platform,
        request: Request<operations::GetCardById>,
    ) -> Answered<operations::GetCardById> {
        documented::<operations::GetCardById>(
            handlers::platform::get_card_by_id::handle(self, &caller, request.input).await,
        )
    }

    async fn create_auth_credential(
        &self,
        caller: Platform,
        request: Request<operations::CreateAuthCredential>,
    ) -> Answered<operations::CreateAuthCredential> {
        documented::<operations::CreateAuthCredential>(
            handlers::wallet::create_auth_credential::handle(self, &caller, request).await,
        )
    }

    async fn revoke_auth_credential(
        &self,
        caller: Platform,
        request: Request<operations::RevokeAuthCredential>,
    ) -> Answered<operations::RevokeAuthCredential> {
        documented::<operations::RevokeAuthCredential>(
            handlers::wallet::revoke_auth_credential::handle(self, &caller, request).await,
        )
    }

    async fn list_delegated_keys(
        &self,
        caller: Platform,
        request: Request<operations::ListDelegatedKeys>,
    ) -> Answered<operations::ListDelegatedKeys> {
        documented::<operations::ListDelegatedKeys>(
            handlers::wallet::list_delegated_keys::handle(self, &caller, request.input).await,
        )
    }

    async fn create_delegated_key(
        &self,
        caller: Platform,
        request: Request<operations::CreateDelegatedKey>,
    ) -> Answered<operations::CreateDelegatedKey> {
        documented::<operations::CreateDelegatedKey>(
            handlers::wallet::create_delegated_key::handle(self, &caller, request).await,
        )
    }

    async fn get_delegated_key_by_id(
        &self,
        caller: Platform,
        request: Request<operations::GetDelegatedKeyById>,
    ) -> Answered<operations::GetDelegatedKeyById> {
        documented::<operations::GetDelegatedKeyById>(
            handlers::wallet::get_delegated_key_by_id::handle(self, &caller, request.input).await,
        )
    }

    async fn revoke_delegated_key(
        &self,
        caller: Platform,
        request: Request<operations::RevokeDelegatedKey>,
    ) -> Answered<operations::RevokeDelegatedKey> {
        documented::<operations::RevokeDelegatedKey>(
            handlers::wallet::revoke_delegated_key::handle(self, &caller, request).await,
        )
    }

    async fn stamp_with_delegated_key(
        &self,
        caller: Platform,
        request: Request<operations::StampWithDelegatedKey>,
    ) -> Answered<operations::StampWithDelegatedKey> {
        documented::<operations::StampWithDelegatedKey>(
            handlers::wallet::stamp_with_delegated_key::handle(self, &caller, request.input).await,
        )
    }

    async fn start_cli_login(
        &self,
        caller: ProjectCaller,
        request: Request<operations::StartCliLogin>,
    ) -> Answered<operations::StartCliLogin> {
        documented::<operations::StartCliLogin>(
            handlers::cli_login::start_cli_login::handle(self, &caller, request).await,
        )
    }

    async fn poll_cli_login(
        &self,
        caller: ProjectCaller,
        request: Request<operations::PollCliLogin>,
    ) -> Answered<operations::PollCliLogin> {
        documented::<operations::PollCliLogin>(
            handlers::cli_login::poll_cli_login::handle(self, &caller, request).await,
        )
    }

    async fn complete_cli_login(
        &self,
        caller: ProjectCaller,
        request: Request<operations::CompleteCliLogin>,
    ) -> Answered<operations::CompleteCliLogin> {
        documented::<operations::CompleteCliLogin>(
            handlers::cli_login::complete_cli_login::handle(self, &caller, request).await,
        )
    }

    async fn sign_up_anonymously(
        &self,
        caller: ProjectCaller,
        request: Request<operations::SignUpAnonymously>,
    ) -> Answered<operations::SignUpAnonymously> {
        documented::<operations::SignUpAnonymously>(
            handlers::cli_login::sign_up_anonymously::handle(self, &caller, request).await,
        )
    }

    async fn send_sign_in_code(
        &self,
        caller: ProjectCaller,
        request: Request<operations::SendSignInCode>,
    ) -> Answered<operations::SendSignInCode> {
        documented::<operations::SendSignInCode>(
            handlers::cli_login::send_sign_in_code::handle(self, &caller, request).await,
        )
    }

    async fn sign_in_with_code(
        &self,
        caller: ProjectCaller,
        request: Request<operations::SignInWithCode>,
    ) -> Answered<operations::SignInWithCode> {
        documented::<operations::SignInWithCode>(
            handlers::cli_login::sign_in_with_code::handle(self, &caller, request).await,
        )
    }

    async fn create_user_session(
        &self,
        caller: ProjectCaller,
        request: Request<operations::CreateUserSession>,
    ) -> Answered<operations::CreateUserSession> {
        documented::<operations::CreateUserSession>(
            handlers::cli_login::create_user_session::handle(self, &caller, request).await,
        )
    }

    async fn end_current_session(
        &self,
        caller: ProjectCaller,
        request: Request<operations::EndCurrentSession>,
    ) -> Answered<operations::EndCurrentSession> {
        documented::<operations::EndCurrentSession>(
            handlers::cli_login::end_current_session::handle(self, &caller, request).await,
        )
    }

    async fn refresh_current_session(
        &self,
        caller: ProjectCaller,
        request: Request<operations::RefreshCurrentSession>,
    ) -> Answered<operations::RefreshCurrentSession> {
        documented::<operations::RefreshCurrentSession>(
            handlers::cli_login::refresh_current_session::handle(self, &caller, request).await,
        )
    }

    async fn exchange_refresh_token(
        &self,
        request: Request<operations::ExchangeRefreshToken>,
    ) -> Answered<operations::ExchangeRefreshToken> {
        documented::<operations::ExchangeRefreshToken>(
            handlers::cli_login::exchange_refresh_token::handle(self, request).await,
        )
    }

    async fn create_user(
        &self,
        caller: ProjectCaller,
        request: Request<operations::CreateUser>,
    ) -> Answered<operations::CreateUser> {
        documented::<operations::CreateUser>(handlers::cli_login::create_user::handle(self, &caller, request).await)
    }

    async fn get_user(
        &self,
        caller: ProjectCaller,
        request: Request<operations::GetUser>,
    ) -> Answered<operations::GetUser> {
        documented::<operations::GetUser>(handlers::cli_login::get_user::handle(self, &caller, request).await)
    }

    async fn update_user(
        &self,
        caller: ProjectCaller,
        request: Request<operations::UpdateUser>,
    ) -> Answered<operations::UpdateUser> {
        documented::<operations::UpdateUser>(handlers::cli_login::update_user::handle(self, &caller, request).await)
    }

    async fn delete_user(
        &self,
        caller: ProjectCaller,
        request: Request<operations::DeleteUser>,
    ) -> Answered<operations::DeleteUser> {
        documented::<operations::DeleteUser>(handlers::cli_login::delete_user::handle(self, &caller, request).await)
    }

    async fn issue_token(
        &self,
        caller: TokenCaller,
        request: Request<operations::IssueToken>,
    ) -> Answered<operations::IssueToken> {
        documented::<operations::IssueToken>(
            handlers::service_tokens::issue_token::handle(self, &caller, request).await,
        )
    }

    async fn issue_agent_token(
        &self,
        caller: TokenCaller,
        request: Request<operations::IssueAgentToken>,
    ) -> Answered<operations::IssueAgentToken> {
        documented::<operations::IssueAgentToken>(
            handlers::service_tokens::issue_agent_token::handle(self, &caller, request).await,
        )
    }

    async fn issue_path_token(
        &self,
        caller: TokenCaller,
        request: Request<operations::IssuePathToken>,
    ) -> Answered<operations::IssuePathToken> {
        documented::<operations::IssuePathToken>(
            handlers::service_tokens::issue_path_token::handle(self, &caller, request).await,
        )
    }

    async fn issue_workspace_path_token(
        &self,
        caller: TokenCaller,
        request: Request<operations::IssueWorkspacePathToken>,
    ) -> Answered<operations::IssueWorkspacePathToken> {
        documented::<operations::IssueWorkspacePathToken>(
            handlers::service_tokens::issue_workspace_path_token::handle(self, &caller, request).await,
        )
    }

    async fn create_workspace_token(
        &self,
        caller: TokenCaller,
        request: Request<operations::CreateWorkspaceToken>,
    ) -> Answered<operations::CreateWorkspaceToken> {
        documented::<operations::CreateWorkspaceToken>(
            handlers::service_tokens::create_workspace_token::handle(self, &caller, request).await,
        )
    }

    async fn refresh_token_pair(
        &self,
        request: Request<operations::RefreshTokenPair>,
    ) -> Answered<operations::RefreshTokenPair> {
        documented::<operations::RefreshTokenPair>(
            handlers::service_tokens::refresh_token_pair::handle(self, request).await,
        )
    }

    async fn revoke_token(
        &self,
        caller: TokenCaller,
        request: Request<operations::RevokeToken>,
    ) -> Answered<operations::RevokeToken> {
        documented::<operations::RevokeToken>(
            handlers::service_tokens::revoke_token::handle(self, &caller, request).await,
        )
    }

    async fn introspect_token(
        &self,
        caller: TokenCaller,
        request: Request<operations::IntrospectToken>,
    ) -> Answered<operations::IntrospectToken> {
        documented::<operations::IntrospectToken>(
            handlers::service_tokens::introspect_token::handle(self, &caller, request).await,
        )
    }

    async fn introspect_token_by_query(
        &self,
        caller: TokenCaller,
        request: Request<operations::IntrospectTokenByQuery>,
    ) -> Answered<operations::IntrospectTokenByQuery> {
        documented::<operations::IntrospectTokenByQuery>(
            handlers::service_tokens::introspect_token_by_query::handle(self, &caller, request).await,
        )
    }

    async fn create_identity(
        &self,
        caller: TokenCaller,
        request: Request<operations::CreateIdentity>,
    ) -> Answered<operations::CreateIdentity> {
        documented::<operations::CreateIdentity>(
            handlers::service_tokens::create_identity::handle(self, &caller, request).await,
        )
    }

    async fn create_api_key(
        &self,
        caller: TokenCaller,
        request: Request<operations::CreateApiKey>,
    ) -> Answered<operations::CreateApiKey> {
        documented::<operations::CreateApiKey>(
            handlers::service_tokens::create_api_key::handle(self, &caller, request).await,
        )
    }

    async fn revoke_api_key(
        &self,
        caller: TokenCaller,
        request: Request<operations::RevokeApiKey>,
    ) -> Answered<operations::RevokeApiKey> {
        documented::<operations::RevokeApiKey>(
            handlers::service_tokens::revoke_api_key::handle(self, &caller, request).await,
        )
    }

    async fn get_jwks(&self, request: Request<operations::GetJwks>) -> Answered<operations::GetJwks> {
        documented::<operations::GetJwks>(handlers::service_tokens::get_jwks::handle(self, request).await)
    }

    async fn get_health(&self, _: Request<operations::GetHealth>) -> Answered<operations::GetHealth> {
        Ok(handlers::operations::get_health::handle())
    }

    async fn get_readiness(&self, _: Request<operations::GetReadiness>) -> Answered<operations::GetReadiness> {
        documented::<operations::GetReadiness>(handlers::operations::get_readiness::handle(self).await)
    }

    async fn get_openapi_json(&self, _: Request<operations::GetOpenapiJson>) -> Answered<operations::GetOpenapiJson> {
        documented::<operations::GetOpenapiJson>(handlers::operations::get_openapi_json::handle())
    }

    async fn get_openapi_yaml(&self, _: Request<operations::GetOpenapiYaml>) -> Answered<operations::GetOpenapiYaml> {
        Ok(handlers::operations::get_openapi_yaml::handle())
    }
}

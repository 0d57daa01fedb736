//! The generated interface, implemented: who calls, and which handler answers.

use countersign_api::adapter::log_platform;
use countersign_api::{Answered, Authority, Credentials, RawReply, Refusal, Request, Service, operations};
use countersign_flow::secret::secret_matches;

use crate::error::{ApiError, documented};
use crate::handlers;
use crate::server::Server;
use crate::store::platforms::Platform;

impl Authority for Server {
    type Principal = Platform;

    async fn authenticate(&self, credentials: Credentials<'_>) -> Result<Platform, RawReply> {
        self.caller(credentials).await.map_err(ApiError::into_reply)
    }

    fn refuse(&self, refusal: Refusal) -> RawReply {
        ApiError::from(refusal).into_reply()
    }

    fn body_limit(&self) -> usize {
        self.rules.body_limit
    }
}

impl Server {
    async fn caller(&self, credentials: Credentials<'_>) -> Result<Platform, ApiError> {
        let refused = || ApiError::unauthorized("The client id or the client secret is missing or wrong.");
        let Some(basic) = credentials.basic() else { return Err(refused()) };
        let found = self.store.platform_of_client(basic.id).await?;
        // An unknown client costs the same comparison as a known one.
        let digest = found.as_ref().map_or([0; 32], |platform| platform.secret_digest);
        let matches = secret_matches(&basic.secret, &digest);
        match found {
            Some(platform) if matches && platform.disabled.is_none() => {
                log_platform(platform.id);
                Ok(platform)
            }
            _ => Err(refused()),
        }
    }
}

impl Service for Server {
    async fn create_customer(
        &self,
        caller: Platform,
        request: Request<operations::CreateCustomer>,
    ) -> Answered<operations::CreateCustomer> {
        documented::<operations::CreateCustomer>(handlers::create_customer::handle(self, &caller, request).await)
    }

    async fn list_internal_accounts(
        &self,
        caller: Platform,
        request: Request<operations::ListInternalAccounts>,
    ) -> Answered<operations::ListInternalAccounts> {
        documented::<operations::ListInternalAccounts>(
            handlers::list_internal_accounts::handle(self, &caller, request.input).await,
        )
    }

    async fn list_auth_credentials(
        &self,
        caller: Platform,
        request: Request<operations::ListAuthCredentials>,
    ) -> Answered<operations::ListAuthCredentials> {
        documented::<operations::ListAuthCredentials>(
            handlers::list_auth_credentials::handle(self, &caller, request.input).await,
        )
    }

    async fn challenge_auth_credential(
        &self,
        caller: Platform,
        request: Request<operations::ChallengeAuthCredential>,
    ) -> Answered<operations::ChallengeAuthCredential> {
        documented::<operations::ChallengeAuthCredential>(
            handlers::challenge_auth_credential::handle(self, &caller, request).await,
        )
    }

    async fn verify_auth_credential(
        &self,
        caller: Platform,
        request: Request<operations::VerifyAuthCredential>,
    ) -> Answered<operations::VerifyAuthCredential> {
        documented::<operations::VerifyAuthCredential>(
            handlers::verify_auth_credential::handle(self, &caller, request).await,
        )
    }

    async fn list_auth_sessions(
        &self,
        caller: Platform,
        request: Request<operations::ListAuthSessions>,
    ) -> Answered<operations::ListAuthSessions> {
        documented::<operations::ListAuthSessions>(
            handlers::list_auth_sessions::handle(self, &caller, request.input).await,
        )
    }

    async fn revoke_auth_session(
        &self,
        caller: Platform,
        request: Request<operations::RevokeAuthSession>,
    ) -> Answered<operations::RevokeAuthSession> {
        documented::<operations::RevokeAuthSession>(handlers::revoke_auth_session::handle(self, &caller, request).await)
    }

    async fn refresh_auth_session(
        &self,
        caller: Platform,
        request: Request<operations::RefreshAuthSession>,
    ) -> Answered<operations::RefreshAuthSession> {
        documented::<operations::RefreshAuthSession>(
            handlers::refresh_auth_session::handle(self, &caller, request).await,
        )
    }

    async fn create_card(
        &self,
        caller: Platform,
        request: Request<operations::CreateCard>,
    ) -> Answered<operations::CreateCard> {
        documented::<operations::CreateCard>(handlers::create_card::handle(self, &caller, request).await)
    }

    async fn get_card_by_id(
        &self,
        caller: Platform,
        request: Request<operations::GetCardById>,
    ) -> Answered<operations::GetCardById> {
        documented::<operations::GetCardById>(handlers::get_card_by_id::handle(self, &caller, request.input).await)
    }

    async fn create_auth_credential(
        &self,
        caller: Platform,
        request: Request<operations::CreateAuthCredential>,
    ) -> Answered<operations::CreateAuthCredential> {
        documented::<operations::CreateAuthCredential>(
            handlers::create_auth_credential::handle(self, &caller, request).await,
        )
    }

    async fn revoke_auth_credential(
        &self,
        caller: Platform,
        request: Request<operations::RevokeAuthCredential>,
    ) -> Answered<operations::RevokeAuthCredential> {
        documented::<operations::RevokeAuthCredential>(
            handlers::revoke_auth_credential::handle(self, &caller, request).await,
        )
    }

    async fn list_delegated_keys(
        &self,
        caller: Platform,
        request: Request<operations::ListDelegatedKeys>,
    ) -> Answered<operations::ListDelegatedKeys> {
        documented::<operations::ListDelegatedKeys>(
            handlers::list_delegated_keys::handle(self, &caller, request.input).await,
        )
    }

    async fn create_delegated_key(
        &self,
        caller: Platform,
        request: Request<operations::CreateDelegatedKey>,
    ) -> Answered<operations::CreateDelegatedKey> {
        documented::<operations::CreateDelegatedKey>(
            handlers::create_delegated_key::handle(self, &caller, request).await,
        )
    }

    async fn get_delegated_key_by_id(
        &self,
        caller: Platform,
        request: Request<operations::GetDelegatedKeyById>,
    ) -> Answered<operations::GetDelegatedKeyById> {
        documented::<operations::GetDelegatedKeyById>(
            handlers::get_delegated_key_by_id::handle(self, &caller, request.input).await,
        )
    }

    async fn revoke_delegated_key(
        &self,
        caller: Platform,
        request: Request<operations::RevokeDelegatedKey>,
    ) -> Answered<operations::RevokeDelegatedKey> {
        documented::<operations::RevokeDelegatedKey>(
            handlers::revoke_delegated_key::handle(self, &caller, request).await,
        )
    }

    async fn stamp_with_delegated_key(
        &self,
        caller: Platform,
        request: Request<operations::StampWithDelegatedKey>,
    ) -> Answered<operations::StampWithDelegatedKey> {
        documented::<operations::StampWithDelegatedKey>(
            handlers::stamp_with_delegated_key::handle(self, &caller, request.input).await,
        )
    }

    async fn get_health(&self, _: Request<operations::GetHealth>) -> Answered<operations::GetHealth> {
        Ok(handlers::get_health::handle())
    }

    async fn get_readiness(&self, _: Request<operations::GetReadiness>) -> Answered<operations::GetReadiness> {
        documented::<operations::GetReadiness>(handlers::get_readiness::handle(self).await)
    }

    async fn get_openapi_json(&self, _: Request<operations::GetOpenapiJson>) -> Answered<operations::GetOpenapiJson> {
        documented::<operations::GetOpenapiJson>(handlers::get_openapi_json::handle())
    }

    async fn get_openapi_yaml(&self, _: Request<operations::GetOpenapiYaml>) -> Answered<operations::GetOpenapiYaml> {
        Ok(handlers::get_openapi_yaml::handle())
    }
}

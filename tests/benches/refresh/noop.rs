//! A service that does nothing, behind the real adapter: the same routing, authentication against a database of the same
//! kind, validation, typing and log lines. What it answers per second is what HTTP costs.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use countersign::clock::Clock;
use countersign::sandbox::{self, Sandbox};
use countersign::store::connection::open_or_make;
use countersign::store::platforms::Platform;
use countersign::store::{Bounds, Location, Mode, Store};
use countersign_api::operations as op;
use countersign_api::{Answered, Authority, Credentials, OperationSpec, RawReply, Refusal, Request, Service, types};
use countersign_flow::secret::secret_matches;
use dropshot::{ConfigDropshot, ServerBuilder};

/// Answers refreshes with constants, and nothing else at all.
struct Noop {
    store: Store,
    challenge: types::SignedRetryChallenge,
    session: types::AuthSession,
}

/// Serves until it is killed.
pub(crate) fn serve(folder: &Path) -> ExitCode {
    countersign::log::start();
    let env_file = std::env::args().skip_while(|arg| arg != "--print-env").nth(1).unwrap_or_default();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        sandbox::prepare(folder).expect("a folder");
        let location = Location::Sqlite(folder.join(sandbox::DATABASE));
        open_or_make(&location, Some(Mode::Sandbox), Clock).expect("a database");
        let store = Store::open(&location, Clock, Bounds::default()).expect("a store");
        let provisioned = Sandbox::new(folder, &store).provision().await.expect("a platform");
        let time = "2026-11-22T08:00:00Z".parse().expect("a time");
        let id: types::SessionId = "Session:01a1f84b-3978-71d9-afe6-2aada4d044ea".parse().expect("an id");
        let noop = Noop {
            store,
            challenge: types::SignedRetryChallenge {
                payload_to_sign: "x".repeat(420),
                request_id: "Request:01a1f85d-1fdf-7957-8e4f-5d46f5a4283b".parse().expect("an id"),
                expires_at: time,
            },
            session: types::AuthSession {
                id,
                account_id: provisioned.account_id.parse().expect("an id"),
                r#type: types::AuthMethodType::EmailOtp,
                credential_id: None,
                nickname: "jane@example.com".to_owned(),
                created_at: time,
                updated_at: time,
                expires_at: time,
                encrypted_session_signing_key: None,
            },
        };
        let api = countersign_api::api_description::<Noop>().expect("operations");
        let config = ConfigDropshot { bind_address: "127.0.0.1:0".parse().expect("an address"), ..Default::default() };
        let server = ServerBuilder::new(api, Arc::new(noop), countersign::log::dropshot())
            .config(config)
            .start()
            .expect("a server");
        let text = format!(
            "BASE_URL=http://{}\nCLIENT_ID={}\nCLIENT_SECRET={}\n",
            server.local_addr(),
            provisioned.client_id,
            provisioned.client_secret
        );
        let new = format!("{env_file}.new");
        std::fs::write(&new, text).and_then(|()| std::fs::rename(&new, &env_file)).expect("a file");
        std::future::pending::<()>().await;
    });
    ExitCode::SUCCESS
}

impl Authority for Noop {
    fn refuse(&self, _: &'static OperationSpec, refusal: Refusal) -> RawReply {
        panic!("the benchmark sent what the document refuses: {refusal:?}")
    }

    fn body_limit(&self) -> usize {
        64 * 1024
    }
}

macro_rules! unserved {
    (secured: $($secured:ident $secured_marker:ident),*; public: $($public:ident $public_marker:ident),*) => {
        $(async fn $secured(&self, _: Platform, _: Request<op::$secured_marker>) -> Answered<op::$secured_marker> {
            unserved()
        })*
        $(async fn $public(&self, _: Request<op::$public_marker>) -> Answered<op::$public_marker> {
            unserved()
        })*
    };
}

impl Service for Noop {
    type WalletCaller = Platform;
    type CliLoginCaller = Platform;
    type ServiceTokensCaller = Platform;

    async fn authenticate_wallet(&self, credentials: Credentials<'_>) -> Result<Platform, RawReply> {
        let refused = || RawReply::empty(http::StatusCode::UNAUTHORIZED);
        let basic = credentials.basic().ok_or_else(refused)?;
        let platform = self.store.platform_of_client(basic.id).await.map_err(|_| refused())?.ok_or_else(refused)?;
        if secret_matches(&basic.secret, &platform.secret_digest) { Ok(platform) } else { Err(refused()) }
    }

    async fn authenticate_cli_login(&self, _: Credentials<'_>) -> Result<Platform, RawReply> {
        Err(RawReply::empty(http::StatusCode::UNAUTHORIZED))
    }

    async fn authenticate_service_tokens(&self, _: Credentials<'_>) -> Result<Platform, RawReply> {
        Err(RawReply::empty(http::StatusCode::UNAUTHORIZED))
    }

    async fn refresh_auth_session(
        &self,
        _: Platform,
        request: Request<op::RefreshAuthSession>,
    ) -> Answered<op::RefreshAuthSession> {
        Ok(match request.input.request_id {
            None => op::RefreshAuthSessionOutcome::ChallengeIssued(self.challenge.clone()),
            Some(_) => op::RefreshAuthSessionOutcome::Created(self.session.clone()),
        })
    }

    unserved! {
        secured: create_customer CreateCustomer, list_internal_accounts ListInternalAccounts, create_card CreateCard,
            get_card_by_id GetCardById, list_auth_credentials ListAuthCredentials,
            create_auth_credential CreateAuthCredential, revoke_auth_credential RevokeAuthCredential,
            challenge_auth_credential ChallengeAuthCredential, verify_auth_credential VerifyAuthCredential,
            list_auth_sessions ListAuthSessions, revoke_auth_session RevokeAuthSession,
            list_delegated_keys ListDelegatedKeys, create_delegated_key CreateDelegatedKey,
            get_delegated_key_by_id GetDelegatedKeyById, revoke_delegated_key RevokeDelegatedKey,
            stamp_with_delegated_key StampWithDelegatedKey,
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
}

/// The benchmark sends refreshes only.
fn unserved<T>() -> T {
    panic!("the benchmark sends refreshes only")
}

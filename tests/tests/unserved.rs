//! A service that implements every operation and does nothing: each answers with its documented 500.

use countersign_api::{Answered, Authority, Credentials, Operation, RawReply, Refusal, Request, Service, operations};
use http::StatusCode;
use serde_json::json;

/// The service.
pub(crate) struct Unserved;

fn fault() -> RawReply {
    let body = json!({"status": 500, "code": "INTERNAL_ERROR", "message": "Nothing is served here."});
    RawReply::json(StatusCode::INTERNAL_SERVER_ERROR, &body).expect("JSON")
}

fn unserved<O: Operation>() -> Answered<O> {
    let error = O::decode_error(&fault()).expect("a documented body");
    Err(error.unwrap_or_else(|| panic!("{} documents no 500", O::spec().id)))
}

impl Authority for Unserved {
    type Principal = ();

    async fn authenticate(&self, _: Credentials<'_>) -> Result<(), RawReply> {
        Ok(())
    }

    fn refuse(&self, _: Refusal) -> RawReply {
        fault()
    }

    fn body_limit(&self) -> usize {
        65_536
    }
}

macro_rules! unserved {
    (secured: $($secured:ident $secured_marker:ident),*; public: $($public:ident $public_marker:ident),*) => {
        impl Service for Unserved {
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
        revoke_delegated_key RevokeDelegatedKey, stamp_with_delegated_key StampWithDelegatedKey;
    public: get_health GetHealth, get_readiness GetReadiness, get_openapi_json GetOpenapiJson, get_openapi_yaml GetOpenapiYaml
}

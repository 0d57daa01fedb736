//! One call.

use countersign_client::operations::{
    ChallengeAuthCredentialInput, DeleteUserInput, GetHealthInput, ListAuthSessionsInput, RefreshAuthSessionError,
    RefreshAuthSessionOutcome, RevokeApiKeyInput, VerifyAuthCredentialInput,
};
use countersign_client::types::{ChallengeAuthCredentialResponse, EmailOtpVerifyRequest};
use countersign_client::{CallError, Client};
use serde_json::{Value, json};

use crate::scripted::{Answer, Scripted};
use crate::{KEY, SESSION, challenge, refresh, session};

fn client(server: &Scripted) -> Client {
    Client::new(format!("http://{}", server.address).parse().expect("a URL")).with_basic("id", "secret")
}

#[tokio::test]
async fn the_status_decides_what_a_success_is() {
    let answers = vec![Answer::json(202, &[], &challenge("{}")), Answer::json(201, &[("X-Extra", "1")], &session())];
    let server = Scripted::start(answers).await;
    let first = client(&server).refresh_auth_session(refresh()).await.expect("a success");
    assert_eq!(first.status.as_u16(), 202);
    assert!(
        matches!(first.value, RefreshAuthSessionOutcome::ChallengeIssued(challenge) if challenge.payload_to_sign == "{}")
    );
    let second = client(&server).refresh_auth_session(refresh()).await.expect("a success");
    assert_eq!(second.headers["x-extra"], "1", "every header is there, documented or not");
    assert!(matches!(second.value, RefreshAuthSessionOutcome::Created(session) if session.id.as_str() == SESSION));
}

#[tokio::test]
async fn the_kind_of_a_credential_decides_what_its_challenge_holds() {
    let id = "AuthMethod:01a1f7f8-3069-74b9-99cc-85f190ac46c8";
    let challenged = |kind: &str, more: Value| {
        let mut body = json!({
            "id": id, "accountId": "InternalAccount:01a1f7f8-3069-74b9-99cc-85f190ac46c8", "type": kind, "nickname": "n",
            "createdAt": "2026-11-20T08:00:00.106Z", "updatedAt": "2026-11-20T08:00:00.106Z",
        });
        body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        Answer::json(200, &[], &body)
    };
    let sent = || json!({"otpEncryptionTargetBundle": "{}"});
    let request = "Request:01a1f853-c68e-79bc-9408-cc6cde52478e";
    let passkey = json!({
        "credentialId": "AAEC", "challenge": "c0", "requestId": request, "expiresAt": "2026-11-20T08:05:00.106Z",
    });
    let answers = vec![
        challenged("EMAIL_OTP", sent()),
        challenged("SMS_OTP", sent()),
        challenged("PASSKEY", passkey),
        challenged("PASSKEY", sent()),
        challenged("OAUTH", sent()),
    ];
    let server = Scripted::start(answers).await;
    let client = client(&server);
    let challenge = || client.challenge_auth_credential(ChallengeAuthCredentialInput::new(id.parse().expect("an id")));
    assert!(matches!(challenge().await.expect("a success").value, ChallengeAuthCredentialResponse::EmailOtp(_)));
    assert!(matches!(challenge().await.expect("a success").value, ChallengeAuthCredentialResponse::SmsOtp(_)));
    let ChallengeAuthCredentialResponse::Passkey(passkey) = challenge().await.expect("a success").value else {
        panic!("another kind")
    };
    assert_eq!((passkey.request_id.as_str(), passkey.credential_id.as_str()), (request, "AAEC"));
    for why in ["a passkey without its challenge", "a kind that takes none"] {
        assert!(matches!(challenge().await, Err(CallError::InvalidPayload { .. })), "{why}");
    }
}

#[tokio::test]
async fn a_documented_error_comes_with_its_headers() {
    let body = json!({"status": 429, "code": "RATE_LIMITED", "message": "Later."});
    let server = Scripted::start(vec![Answer::json(429, &[("Retry-After", "7")], &body)]).await;
    let Err(CallError::Api(reply)) = client(&server).refresh_auth_session(refresh()).await else { panic!("an error") };
    assert_eq!(reply.status.as_u16(), 429);
    assert!(matches!(reply.value, RefreshAuthSessionError::TooManyRequests { retry_after: 7, .. }), "{reply:?}");
}

#[tokio::test]
async fn an_undocumented_status_hands_over_the_raw_answer() {
    for status in [200, 302, 418] {
        let server = Scripted::start(vec![Answer::text(status, &[("X-Why", "proxy")], "<html>")]).await;
        let answer = client(&server).refresh_auth_session(refresh()).await;
        let Err(CallError::Undocumented(reply)) = answer else { panic!("{status}: {answer:?}") };
        assert_eq!((reply.status.as_u16(), reply.body.as_ref()), (status, b"<html>".as_slice()));
        assert_eq!(reply.headers["x-why"], "proxy");
    }
}

#[tokio::test]
async fn a_documented_status_with_a_wrong_body_or_header_is_no_success_and_no_error() {
    let limited = json!({"status": 429, "code": "RATE_LIMITED", "message": "Later."});
    let answers = [
        Answer::text(201, &[], "<html>"),
        Answer::json(201, &[], &challenge("{}")),
        Answer::text(201, &[], ""),
        Answer::json(429, &[], &limited),
        Answer::json(429, &[("Retry-After", "soon")], &limited),
        Answer::json(404, &[], &limited),
    ];
    for answer in answers {
        let server = Scripted::start(vec![answer]).await;
        let answer = client(&server).refresh_auth_session(refresh()).await;
        assert!(matches!(answer, Err(CallError::InvalidPayload { .. })), "{answer:?}");
    }
}

#[tokio::test]
async fn an_input_that_breaks_the_document_is_not_sent() {
    let server = Scripted::start(Vec::new()).await;
    let bundle = Some("x".repeat(100_000));
    let body = EmailOtpVerifyRequest { encrypted_otp_bundle: bundle, otp: None, client_public_key: None };
    let id = "AuthMethod:01a1f7f8-3069-74b9-99cc-85f190ac46c8".parse().expect("an id");
    let answer = client(&server).verify_auth_credential(VerifyAuthCredentialInput::new(id, body.into())).await;
    let Err(CallError::InvalidRequest(violations)) = answer else { panic!("{answer:?}") };
    assert_eq!(violations[0].path, "body/encryptedOtpBundle");
    assert_eq!(server.requests(), []);
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = Scripted::start(vec![Answer::json(201, &[], &session())]).await;
    for status in [301, 302, 303, 307, 308] {
        let location = format!("http://{}/", elsewhere.address);
        let server = Scripted::start(vec![Answer::text(status, &[("Location", &location)], "")]).await;
        let answer = client(&server).refresh_auth_session(refresh()).await;
        assert!(matches!(answer, Err(CallError::Undocumented(_))), "{answer:?}");
    }
    assert_eq!(elsewhere.requests(), [], "neither body nor credentials went elsewhere");
}

#[tokio::test]
async fn a_path_in_the_base_is_a_prefix() {
    for base in ["api/v1", "api/v1/"] {
        let server = Scripted::start(vec![Answer::text(418, &[], ""), Answer::text(418, &[], "")]).await;
        let client = Client::new(format!("http://{}/{base}", server.address).parse().expect("a URL"));
        let _ = client.refresh_auth_session(refresh()).await;
        let account = "InternalAccount:01a1f7f8-3069-74b9-99cc-85f190ac46c8";
        let _ = client.list_auth_sessions(ListAuthSessionsInput::new(account.parse().expect("an id"))).await;
        let lines: Vec<String> = server.requests().into_iter().map(|request| request.line).collect();
        let query = "accountId=InternalAccount%3A01a1f7f8-3069-74b9-99cc-85f190ac46c8";
        let expected = [
            format!("POST /api/v1/auth/sessions/{SESSION}/refresh HTTP/1.1"),
            format!("GET /api/v1/auth/sessions?{query} HTTP/1.1"),
        ];
        assert_eq!(lines, expected);
    }
}

#[tokio::test]
async fn credentials_go_to_secured_operations_only() {
    let server = Scripted::start(vec![Answer::text(418, &[], ""), Answer::text(418, &[], "")]).await;
    let _ = client(&server).refresh_auth_session(refresh()).await;
    let _ = client(&server).get_health(GetHealthInput::new()).await;
    let requests = server.requests();
    assert_eq!(requests[0].header("authorization"), Some("Basic aWQ6c2VjcmV0"));
    assert_eq!(requests[0].header("content-type"), Some("application/json"));
    assert_eq!(requests[0].body, json!({"clientPublicKey": KEY}).to_string());
    assert_eq!(requests[1].header("authorization"), None);
    assert_eq!((requests[1].header("content-type"), requests[1].body.as_str()), (None, ""));
    let shown = format!("{:?}", client(&server));
    assert!(!shown.contains("secret") && !shown.contains("aWQ6c2VjcmV0"), "{shown}");
}

#[tokio::test]
async fn an_operation_gets_the_credentials_of_its_door() {
    let server = Scripted::start(vec![Answer::text(418, &[], ""), Answer::text(418, &[], "")]).await;
    let client = client(&server)
        .with_bearer("token")
        .with_header("x-stack-project-id", "project")
        .with_header("x-stack-secret-server-key", "old")
        .with_header("x-stack-secret-server-key", "new");
    let _ = client.delete_user(DeleteUserInput::new("me".to_owned())).await;
    let _ = client.revoke_api_key(RevokeApiKeyInput::new("key_1".to_owned())).await;
    let requests = server.requests();
    let sent = |request: usize| {
        ["authorization", "x-stack-project-id", "x-stack-secret-server-key"].map(|name| requests[request].header(name))
    };
    assert_eq!(sent(0), [None, Some("project"), Some("new")]);
    assert_eq!(sent(1), [Some("Bearer token"), None, None]);
}

#[tokio::test]
async fn no_answer_is_a_fault_of_the_transport() {
    let server = Scripted::start(Vec::new()).await;
    let answer = client(&server).refresh_auth_session(refresh()).await;
    assert!(matches!(answer, Err(CallError::Transport(_))), "{answer:?}");
}

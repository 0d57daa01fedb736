//! Both legs.

use std::sync::atomic::{AtomicUsize, Ordering};

use countersign_client::operations::{
    CreateDelegatedKey, CreateDelegatedKeyInput, CreateDelegatedKeyOutcome, RefreshAuthSession,
    RefreshAuthSessionOutcome,
};
use countersign_client::types::CreateDelegatedKeyRequest;
use countersign_client::{CallError, Client, SignedRetryError, Signer};
use serde_json::json;

use crate::scripted::{Answer, Scripted};
use crate::{KEY, challenge, refresh, session};

/// Signs with the payload's own text, or refuses, and counts.
#[derive(Default)]
struct Counting {
    refuses: bool,
    asked: AtomicUsize,
}

#[derive(Debug)]
struct Refused;

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("refused")
    }
}

impl std::error::Error for Refused {}

impl Signer for Counting {
    type Error = Refused;

    async fn stamp(&self, payload: &str) -> Result<String, Refused> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        if self.refuses { Err(Refused) } else { Ok(format!("stamp-{payload}")) }
    }
}

fn client(server: &Scripted) -> Client {
    Client::new(format!("http://{}", server.address).parse().expect("a URL"))
}

#[tokio::test]
async fn the_second_leg_is_the_first_with_the_two_headers() {
    let answers = vec![Answer::json(202, &[], &challenge("p")), Answer::json(201, &[], &session())];
    let server = Scripted::start(answers).await;
    let reply = client(&server).signed_retry::<RefreshAuthSession, _>(&Counting::default(), refresh()).await;
    assert!(matches!(reply.expect("a session").value, RefreshAuthSessionOutcome::Created(_)));
    let [first, second] = server.requests().try_into().expect("two requests");
    assert_eq!((&first.line, &first.body), (&second.line, &second.body));
    assert!(!first.body.is_empty());
    assert_eq!((first.header("grid-wallet-signature"), first.header("request-id")), (None, None));
    assert_eq!(second.header("grid-wallet-signature"), Some("stamp-p"));
    assert_eq!(second.header("request-id"), Some("Request:01a1f853-c68e-79bc-9408-cc6cde52478e"));
}

#[tokio::test]
async fn each_of_three_legs_answers_the_challenge_of_the_one_before() {
    let card = "Card:01a1f7fc-f3a9-7d9f-88de-a00a8e3c3a44";
    let ask = |payload: &str, request: &str| {
        let mut body = challenge(payload);
        body["requestId"] = request.into();
        Answer::json(202, &[], &body)
    };
    let key = json!({
        "id": "DelegatedKey:01a1f87a-af0f-7ad1-8e1c-5c0ddc8c3b01",
        "cardId": card,
        "fundingSourceId": "CardFundingSource:01a1f7fc-f3a9-7b41-9a55-0b6e5a1cd0f2",
        "accountId": "InternalAccount:01a1f7f8-3069-74b9-99cc-85f190ac46c8",
        "publicKey": KEY,
        "nickname": "n",
        "status": "ACTIVE",
        "createdAt": "2026-11-20T10:22:31.540Z",
        "updatedAt": "2026-11-20T10:22:32.411Z",
    });
    let requests = ["Request:01a1f87a-af0f-7ad1-8e1c-5c0ddc8c3b02", "Request:01a1f87a-af0f-7ad1-8e1c-5c0ddc8c3b03"];
    let answers = vec![ask("user", requests[0]), ask("policy", requests[1]), Answer::json(201, &[], &key)];
    let server = Scripted::start(answers).await;
    let body = CreateDelegatedKeyRequest {
        card_id: card.parse().expect("an id"),
        nickname: "n".to_owned(),
        internal_account_id: None,
    };
    let input = CreateDelegatedKeyInput::new(body);
    let reply = client(&server).signed_retry::<CreateDelegatedKey, _>(&Counting::default(), input).await;
    assert!(matches!(reply.expect("a key").value, CreateDelegatedKeyOutcome::Created(_)));
    let [first, second, third] = server.requests().try_into().expect("three requests");
    assert!(first.body == second.body && second.body == third.body);
    assert_eq!(first.header("request-id"), None);
    for (leg, stamp, request) in [(second, "stamp-user", requests[0]), (third, "stamp-policy", requests[1])] {
        assert_eq!((leg.header("grid-wallet-signature"), leg.header("request-id")), (Some(stamp), Some(request)));
    }
}

#[tokio::test]
async fn a_success_at_once_needs_no_stamp() {
    let server = Scripted::start(vec![Answer::json(201, &[], &session())]).await;
    let signer = Counting::default();
    client(&server).signed_retry::<RefreshAuthSession, _>(&signer, refresh()).await.expect("a session");
    assert_eq!((signer.asked.into_inner(), server.requests().len()), (0, 1));
}

#[tokio::test]
async fn a_server_that_keeps_asking_is_refused_without_asking_the_signer_in_vain() {
    let server = Scripted::start((0..20).map(|_| Answer::json(202, &[], &challenge("p"))).collect()).await;
    let signer = Counting::default();
    let answer = client(&server).signed_retry::<RefreshAuthSession, _>(&signer, refresh()).await;
    assert!(matches!(answer, Err(SignedRetryError::Endless)), "{answer:?}");
    assert_eq!((signer.asked.into_inner(), server.requests().len()), (4, 5), "each stamp was sent");
}

#[tokio::test]
async fn a_signer_that_refuses_ends_the_retry() {
    let server = Scripted::start(vec![Answer::json(202, &[], &challenge("p"))]).await;
    let signer = Counting { refuses: true, ..Counting::default() };
    let answer = client(&server).signed_retry::<RefreshAuthSession, _>(&signer, refresh()).await;
    assert!(matches!(answer, Err(SignedRetryError::Signer(Refused))), "{answer:?}");
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn an_error_on_the_second_leg_is_the_calls_own() {
    let answers = vec![Answer::json(202, &[], &challenge("p")), Answer::text(418, &[], "")];
    let server = Scripted::start(answers).await;
    let answer = client(&server).signed_retry::<RefreshAuthSession, _>(&Counting::default(), refresh()).await;
    assert!(matches!(answer, Err(SignedRetryError::Call(CallError::Undocumented(_)))), "{answer:?}");
}

//! Both legs.

use std::sync::atomic::{AtomicUsize, Ordering};

use countersign_client::operations::{RefreshAuthSession, RefreshAuthSessionOutcome};
use countersign_client::{CallError, Client, SignedRetryError, Signer};

use crate::scripted::{Answer, Scripted};
use crate::{challenge, refresh, session};

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

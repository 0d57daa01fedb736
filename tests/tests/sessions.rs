//! Listing and revoking sessions, how long they live, and what ends with them (W4).

use std::time::Duration;

use countersign_client::operations::{RefreshAuthSession, RevokeAuthSession};
use countersign_client::wallet::KeyPair;
use countersign_tests::answer::Answer;
use countersign_tests::race::{many, race};
use countersign_tests::server::TestServer;
use countersign_tests::wallet::{Session, statuses};

#[tokio::test]
async fn a_session_revokes_itself_and_is_gone() {
    let server = TestServer::sandbox().start().await;
    let wallet = server.wallet().await;
    let session = wallet.login().await;
    let pending = session.begin_revoke().await;
    let input = pending.stamped_by(&session.key);
    let _ = pending.send(&input).await.accepted(204);
    session.assert_dead().await;
    pending.send(&input).await.refused(404, "REFERENCE_NOT_FOUND");
    let _ = wallet.login().await;
}

#[tokio::test]
async fn any_live_session_of_the_account_may_revoke_another() {
    let server = TestServer::sandbox().start().await;
    let wallet = server.wallet().await;
    let (first, second) = (wallet.login().await, wallet.login().await);
    let _ = first.begin_revoke().await.retry(&second.key).await.accepted(204);
    first.assert_dead().await;
    second.assert_live().await;
    // A session that has ended signs no more.
    second.begin_revoke().await.retry(&first.key).await.refused(401, "WALLET_SIGNATURE_INVALID");
    second.assert_live().await;
}

#[tokio::test]
async fn a_revocation_that_was_issued_for_one_session_ends_no_other() {
    let server = TestServer::sandbox().start().await;
    let wallet = server.wallet().await;
    let (first, second) = (wallet.login().await, wallet.login().await);
    let pending = first.begin_revoke().await;
    let mut input = pending.stamped_by(&first.key);
    input.id = second.id.clone();
    pending.send(&input).await.refused(401, "REQUEST_ID_INVALID");
    second.assert_live().await;
    first.assert_live().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
pub(crate) async fn of_thirty_two_identical_revocations_one_is_done() {
    let server = TestServer::sandbox().start().await;
    let wallet = server.wallet().await;
    let session = wallet.login().await;
    let input = session.begin_revoke().await.stamped_by(&session.key);
    let answers = race(32, |_| {
        let (client, input) = (wallet.client.clone(), input.clone());
        async move { Answer::<RevokeAuthSession>::to(&client, &input).await }
    })
    .await;
    let counts = statuses(&answers);
    assert_eq!(counts.get(&204), Some(&1), "{counts:?}");
    // The others came while the session was live (401: the request is used), or after (404).
    assert_eq!(counts.get(&401).unwrap_or(&0) + counts.get(&404).unwrap_or(&0), 31, "{counts:?}");
}

/// A login, three refreshes of it, and one refresh of each of those, and so on: three generations.
async fn tree(wallet: &countersign_tests::wallet::Wallet) -> (Session, Vec<Session>) {
    let root = wallet.login().await;
    let mut descendants = Vec::new();
    let mut generation = vec![root.clone()];
    for _ in 0..3 {
        let mut next = Vec::new();
        for parent in &generation {
            next.push(parent.refresh().await);
            if next.len() < 3 {
                next.push(parent.refresh_sealed().await);
            }
        }
        descendants.extend(next.clone());
        generation = next;
    }
    (root, descendants)
}

#[tokio::test]
async fn revoking_a_login_ends_everything_that_was_refreshed_from_it() {
    let server = TestServer::sandbox().start().await;
    let wallet = server.wallet().await;
    let other_login = wallet.login().await;
    let (root, descendants) = tree(&wallet).await;
    assert!(descendants.len() >= 6);
    let before = wallet.session_ids().await.len();
    assert_eq!(before, 2 + descendants.len());

    // Signed by the youngest leaf: any live session of the account may.
    let leaf = descendants.last().unwrap();
    let _ = root.begin_revoke().await.retry(&leaf.key).await.accepted(204);
    for session in [&root].into_iter().chain(&descendants) {
        session.assert_dead().await;
    }
    assert_eq!(wallet.session_ids().await, [other_login.id]);
}

#[tokio::test]
async fn revoking_a_session_in_the_middle_spares_what_it_does_not_descend_to() {
    let server = TestServer::sandbox().start().await;
    let wallet = server.wallet().await;
    let root = wallet.login().await;
    let (child, sibling) = (root.refresh().await, root.refresh().await);
    let grandchild = child.refresh().await;
    child.revoke().await;
    child.assert_dead().await;
    grandchild.assert_dead().await;
    root.assert_live().await;
    sibling.assert_live().await;
}

#[tokio::test]
async fn a_login_ends_its_leaves_even_after_the_sessions_between_have_expired() {
    // Sessions live for two seconds: when the root's revocation comes, the child between it and the leaf is over.
    // The root itself has to be live then, so the test makes it so in the database.
    let server =
        TestServer::sandbox().setting("sessions.ttl_secs", "2").setting("purge.interval_secs", "1").start().await;
    let wallet = server.wallet().await;
    let root = wallet.login().await;
    server.database().execute(&format!("UPDATE sessions SET expires_at = expires_at + 60000 WHERE id = '{}'", root.id));
    let child = root.refresh().await;
    tokio::time::sleep(Duration::from_millis(1_200)).await;
    let leaf = child.refresh().await;
    tokio::time::sleep(Duration::from_millis(1_000)).await;
    assert_eq!(wallet.session_ids().await.len(), 2, "the root and the leaf are live, the child is not");
    root.revoke().await;
    leaf.assert_dead().await;
    assert_eq!(wallet.session_ids().await, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
pub(crate) async fn revoking_a_login_while_its_child_is_refreshed_leaves_no_child_alive() {
    let server = TestServer::sandbox().start().await;
    let wallet = server.wallet().await;
    let mut refreshed = 0;
    for _ in 0..12 {
        let root = wallet.login().await;
        let child = root.refresh().await;
        let revoke = root.begin_revoke().await.stamped_by(&root.key);
        let mut refreshes = Vec::new();
        for _ in 0..3 {
            let pending = child.begin_refresh(&KeyPair::generate().compressed_hex()).await;
            refreshes.push(pending.stamped_by(&child.key));
        }
        let statuses = race(4, |index| {
            let client = wallet.client.clone();
            let (revoke, refresh) = (revoke.clone(), refreshes.get(index).cloned());
            async move {
                match refresh {
                    Some(refresh) => Answer::<RefreshAuthSession>::to(&client, &refresh).await.status(),
                    None => Answer::<RevokeAuthSession>::to(&client, &revoke).await.status(),
                }
            }
        })
        .await;
        assert_eq!(statuses[3], 204);
        assert!(statuses[..3].iter().all(|status| [201, 401].contains(status)), "{statuses:?}");
        refreshed += statuses[..3].iter().filter(|status| **status == 201).count();
        assert_eq!(wallet.session_ids().await, [], "a session outlived its login: {statuses:?}");
    }
    // Not a claim about the server: a race that is always won by one side shows nothing.
    println!("{refreshed} of 36 refreshes came first");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_has_at_most_a_hundred_live_sessions() {
    let server = TestServer::sandbox().start().await;
    let wallet = server.wallet().await;
    let root = wallet.login().await;
    let late = wallet.begin_login().await;
    let opened = many(99, 8, |_| {
        let root = root.clone();
        async move { root.refresh().await.id }
    })
    .await;
    assert_eq!(opened.len(), 99);
    assert_eq!(wallet.session_ids().await.len(), 100);

    let refused = match root.ask_refresh(&KeyPair::generate().compressed_hex()).await {
        first if first.status() == 429 => first,
        _ => root.begin_refresh(&KeyPair::generate().compressed_hex()).await.retry(&root.key).await,
    };
    refused.refused(429, "RATE_LIMITED");
    let wait: u64 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!(wait >= 1);
    late.pending.retry(&late.key).await.refused(429, "RATE_LIMITED");
    assert_eq!(wallet.session_ids().await.len(), 100);

    // The login's request was not spent by the refusal: with room again, it opens its session.
    let _ = root.begin_revoke().await.retry(&root.key).await.accepted(204);
    let session = late.finish().await;
    assert_eq!(wallet.session_ids().await, [session.id]);
}

#[tokio::test]
async fn no_refresh_outlives_the_login_by_more_than_the_cap() {
    let server = TestServer::sandbox()
        .setting("sessions.ttl_secs", "60")
        .setting("sessions.lifetime_cap_secs", "3")
        .start()
        .await;
    let wallet = server.wallet().await;
    let root = wallet.login().await;
    let end = root.opened.created_at + Duration::from_secs(3);
    assert_eq!(root.opened.expires_at, end);
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    let child = root.refresh().await;
    let grandchild = child.refresh_sealed().await;
    assert!((child.opened.created_at - root.opened.created_at).num_milliseconds() >= 1_400);
    assert_eq!((child.opened.expires_at, grandchild.opened.expires_at), (end, end));
    tokio::time::sleep(Duration::from_millis(1_700)).await;
    for session in [&root, &child, &grandchild] {
        session.assert_dead().await;
    }
    assert_eq!(wallet.session_ids().await, []);
}

#[tokio::test]
async fn an_expired_session_is_neither_listed_nor_of_use() {
    let server = TestServer::sandbox().setting("sessions.ttl_secs", "1").start().await;
    let wallet = server.wallet().await;
    let session = wallet.login().await;
    let revoke = session.begin_revoke().await;
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    session.assert_dead().await;
    let late = revoke.retry(&session.key).await;
    assert!([401, 404].contains(&late.status()), "{late:?}");
}

#[tokio::test]
async fn a_session_with_more_descendants_than_a_statement_has_variables_is_revoked_with_all_of_them() {
    let server = TestServer::sandbox().start().await;
    let wallet = server.wallet().await;
    let root = wallet.login().await;
    let child = root.refresh().await;
    // Ended children, as many refreshes and revocations would leave, and a live grandchild below one of them.
    server.database().execute(&format!(
        "INSERT INTO sessions (id, platform_id, account_id, credential_id, public_key, login_id, login_at, parent_id,
                               created_at, expires_at, ended_at)
         WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40000)
         SELECT printf('Session:00000000-0000-7000-8000-%012d', i), platform_id, account_id, credential_id,
                CAST(printf('%033d', i) AS BLOB), login_id, login_at, id, created_at, expires_at, created_at
         FROM sessions, n WHERE id = '{}';
         UPDATE sessions SET parent_id = 'Session:00000000-0000-7000-8000-000000000007' WHERE id = '{}';",
        root.id.as_str(),
        child.id.as_str(),
    ));
    root.revoke().await;
    assert!(wallet.session_ids().await.is_empty());
}

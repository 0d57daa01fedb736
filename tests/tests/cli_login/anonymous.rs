//! Programs that begin anonymously: every state of the anonymous user with every mode.

use countersign_tests::project::{Attempt, User};
use countersign_tests::server::TestServer;
use http::Method;
use serde_json::{Value, json};

use super::refused;

/// What has become of the anonymous user by the time that a person decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    None,
    Anonymous,
    Upgraded,
    Claimed,
    Deleted,
    SignedOut,
    Expired,
}

const FATES: [Fate; 7] =
    [Fate::None, Fate::Anonymous, Fate::Upgraded, Fate::Claimed, Fate::Deleted, Fate::SignedOut, Fate::Expired];

/// An attempt that began with an anonymous user who has kept something, and what has become of that user.
async fn attempt(server: &TestServer, fate: Fate) -> (Attempt, User) {
    let user = server.anonymous_user().await;
    let work = json!({ "client_metadata": { "work": 1 } });
    let _ = server.by_user(Method::PATCH, "/api/v1/users/me", &user).json(&work).send().await.accepted(200);
    let token = if fate == Fate::None { "" } else { user.refresh.as_str() };
    let attempt = server.start_attempt(json!({ "anon_refresh_token": token })).await;
    match fate {
        Fate::None | Fate::Anonymous => {}
        Fate::Upgraded => {
            let upgraded = server.signed_in_as(&format!("{}@example.com", user.id), &user).await;
            assert_eq!(upgraded.id, user.id);
        }
        Fate::Claimed => {
            let _ = server.complete(&attempt, json!({ "mode": "claim-anon-session" })).send().await.accepted(200);
        }
        Fate::Deleted => {
            let target = format!("/api/v1/users/{}", user.id);
            assert_eq!(server.by_server(Method::DELETE, &target).send().await.status, 204);
        }
        Fate::SignedOut => {
            let out = server.cli(Method::DELETE, "/api/v1/auth/sessions/current");
            assert_eq!(out.header("x-stack-refresh-token", &user.refresh).send().await.status, 204);
        }
        Fate::Expired => {
            let expire = format!("UPDATE cli_sessions SET expires_at = 1 WHERE user_id = '{}'", user.id);
            server.database().execute(&expire);
        }
    }
    (attempt, user)
}

#[tokio::test]
async fn check_says_anonymous_only_while_there_is_someone_to_claim_and_uses_nothing_up() {
    let server = TestServer::sandbox().start().await;
    for fate in FATES {
        let (attempt, _) = attempt(&server, fate).await;
        let state = if fate == Fate::Anonymous { "anonymous" } else { "none" };
        for _ in 0..2 {
            let checked = server.complete(&attempt, json!({ "mode": "check" })).send().await.accepted(200);
            assert_eq!(checked, json!({ "cli_session_state": state }), "{fate:?}");
        }
        assert_eq!(server.polled(&attempt).await, "waiting", "{fate:?}");
    }
}

#[tokio::test]
async fn the_anonymous_user_is_claimed_once_and_the_programs_own_session_goes_on() {
    let server = TestServer::sandbox().start().await;
    for fate in FATES {
        let (attempt, user) = attempt(&server, fate).await;
        let claim = || server.complete(&attempt, json!({ "mode": "claim-anon-session" })).send();
        if fate == Fate::Anonymous {
            let claimed = claim().await.accepted(200);
            let refresh = claimed["refresh_token"].as_str().unwrap().to_owned();
            let access = claimed["access_token"].as_str().unwrap().to_owned();
            assert_ne!(refresh, user.refresh);
            let claimed = User { id: user.id.clone(), access, refresh };
            let me = server.by_user(Method::GET, "/api/v1/users/me", &claimed).send().await.accepted(200);
            assert_eq!((&me["id"], &me["is_anonymous"]), (&json!(user.id), &json!(true)));
            assert!(server.is_live(&user).await && server.is_live(&claimed).await);
        }
        refused(&claim().await, 400, "NO_ANONYMOUS_SESSION", "No anonymous session");
        assert_eq!(server.polled(&attempt).await, "waiting", "{fate:?}");
    }
}

#[tokio::test]
async fn completing_moves_anonymous_work_only_when_asked_to_and_only_while_it_is_there() {
    let server = TestServer::sandbox().start().await;
    for (number, merge) in [(0, false), (1, true)] {
        for fate in FATES {
            let case = format!("{fate:?}, merge {merge}");
            let (attempt, user) = attempt(&server, fate).await;
            let person = server.signed_in(&format!("person-{number}-{fate:?}@example.com")).await;
            let was_live = server.is_live(&user).await;
            let body = json!({ "refresh_token": person.refresh, "merge_anonymous_user": merge });
            assert_eq!(
                server.complete(&attempt, body).send().await.accepted(200),
                json!({ "success": true }),
                "{case}"
            );
            assert_eq!(server.polled(&attempt).await, "success", "{case}");
            let merged = merge && fate == Fate::Anonymous;
            let work = if merged { json!({ "work": 1 }) } else { Value::Null };
            assert_eq!(server.user(&person.id).await["client_metadata"], work, "{case}");
            assert_eq!(server.is_live(&user).await, was_live && !merged, "{case}");
            let rows = format!(
                "SELECT count(*) FROM audit_log WHERE action = 'merged-into' AND resource = 'User:{}' AND actor = 'User:{}'",
                user.id, person.id
            );
            assert_eq!(server.database().number(&rows), i64::from(merged), "{case}");
            if merged {
                let left = server.user(&user.id).await;
                assert_eq!((&left["is_anonymous"], &left["client_metadata"]), (&json!(true), &Value::Null));
            }
        }
    }
}

#[tokio::test]
async fn a_merge_moves_client_metadata_where_there_is_none_and_nothing_else() {
    let server = TestServer::sandbox().start().await;
    let anonymous = server.anonymous_user().await;
    let target = format!("/api/v1/users/{}", anonymous.id);
    let all = json!({ "display_name": "Nobody", "client_metadata": { "a": 1 }, "server_metadata": { "b": 2 } });
    let _ = server.by_server(Method::PATCH, &target).json(&all).send().await.accepted(200);
    let person = server.signed_in("ada@example.com").await;
    let own = json!({ "client_metadata": { "own": true } });
    let _ = server.by_user(Method::PATCH, "/api/v1/users/me", &person).json(&own).send().await.accepted(200);
    let before = server.user(&person.id).await;
    let attempt = server.start_attempt(json!({ "anon_refresh_token": anonymous.refresh })).await;
    let body = json!({ "refresh_token": person.refresh, "merge_anonymous_user": true });
    let _ = server.complete(&attempt, body).send().await.accepted(200);
    assert_eq!(server.user(&person.id).await, before);
    let left = server.user(&anonymous.id).await;
    assert_eq!((&left["client_metadata"], &left["display_name"]), (&json!({ "a": 1 }), &json!("Nobody")));
    assert!(!server.is_live(&anonymous).await);
    let access = server.by_user(Method::GET, "/api/v1/users/me", &anonymous).send().await;
    refused(&access, 401, "UNAUTHORIZED", "");
}

#[tokio::test]
async fn an_anonymous_user_may_approve_for_itself_and_is_not_merged_into() {
    let server = TestServer::sandbox().start().await;
    let (attempt, user) = attempt(&server, Fate::Anonymous).await;
    let stranger = server.anonymous_user().await;
    let body = json!({ "refresh_token": stranger.refresh, "merge_anonymous_user": true });
    let _ = server.complete(&attempt, body).send().await.accepted(200);
    assert_eq!(server.polled(&attempt).await, "success");
    assert!(server.is_live(&user).await);
    assert_eq!(server.user(&stranger.id).await["client_metadata"], Value::Null);
}

#[tokio::test]
async fn a_program_begins_only_with_a_live_session_of_an_anonymous_user_of_its_project() {
    let server = TestServer::sandbox().start().await;
    let start = |token: String| server.cli_post("/api/v1/auth/cli", &json!({ "anon_refresh_token": token })).send();
    let named = server.signed_in("ada@example.com").await;
    let anonymous = server.anonymous_user().await;
    let code = "INVALID_ANON_REFRESH_TOKEN";
    refused(&start("x".to_owned()).await, 400, code, "Invalid anon refresh token");
    refused(&start(named.refresh).await, 400, code, "does not belong to an anonymous user");
    let body = json!({ "anon_refresh_token": anonymous.refresh });
    let foreign = server.by_other_server(Method::POST, "/api/v1/auth/cli").json(&body).send().await;
    refused(&foreign, 400, code, "Invalid anon refresh token");
    assert_eq!(start(String::new()).await.status, 200, "empty counts as absent");
    assert_eq!(start(anonymous.refresh.clone()).await.status, 200);
    server.database().execute("UPDATE cli_sessions SET expires_at = 1");
    refused(&start(anonymous.refresh).await, 400, code, "expired");
}

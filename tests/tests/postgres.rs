//! PostgreSQL: what holds on SQLite holds there, and holds between replicas.

use std::sync::Arc;
use std::time::{Duration, Instant};

use countersign_client::operations::RefreshAuthSession;
use countersign_client::wallet::KeyPair;
use countersign_tests::answer::Answer;
use countersign_tests::database::Database;
use countersign_tests::postgres::{Cluster, on_postgres};
use countersign_tests::program::countersign;
use countersign_tests::race::race;
use countersign_tests::server::TestServer;
use countersign_tests::wallet::created;
use http::Method;

/// Runs tests of other modules on PostgreSQL.
macro_rules! scenarios {
    ($($module:ident { $($test:ident),* $(,)? })*) => {
        $(mod $module {
            $(#[test]
            fn $test() {
                countersign_tests::postgres::on_postgres(crate::$module::$test);
            })*
        })*
    };
}

scenarios! {
    bad_input {
        limits_of_the_document_hold_at_their_very_edge,
        pages_hold_every_account_once,
        a_platforms_own_name_for_a_customer_is_taken_once,
    }
    cards { a_card_is_returned_as_it_was_created }
    clock {
        a_step_back_of_minutes_fails_readiness_and_every_effect,
        a_small_step_back_after_expiry_does_not_revive_anything,
    }
    credentials {
        codes_by_sms_are_added_by_a_countersignature_and_sign_in,
        an_account_has_one_credential_of_each_kind_of_codes,
        a_revocation_is_signed_by_another_credential_and_ends_all_that_hangs_on_it,
        of_racing_retries_one_adds_the_credential,
        of_credentials_that_revoke_each_other_one_is_left,
        a_revoked_credential_is_forgotten_once_nothing_refers_to_it,
    }
    delegated_keys {
        two_countersignatures_make_a_key_that_signs,
        what_nobody_countersigned_is_purged_with_its_private_half,
        of_racing_keys_for_one_card_one_is_made,
        of_racing_repetitions_of_each_leg_one_gets_through,
    }
    guessing { wrong_codes_of_a_window_count_across_codes_and_restarts }
    id_tokens { of_racing_logins_with_one_key_one_opens_a_session }
    locks {
        a_session_that_is_revoked_elsewhere_at_the_last_moment_refreshes_nothing,
        a_session_that_is_revoked_elsewhere_at_the_last_moment_revokes_nothing,
        a_session_of_a_credential_that_is_revoked_elsewhere_signs_nothing,
        a_request_that_is_used_elsewhere_at_the_last_moment_has_no_second_effect,
        a_code_that_is_spent_elsewhere_at_the_last_moment_opens_nothing,
        a_login_whose_request_is_ended_elsewhere_opens_no_session,
        a_database_that_stays_locked_is_unavailable_and_reads_go_on,
    }
    login {
        a_login_outlives_a_restart_between_its_legs,
        of_thirty_two_first_legs_with_thirty_two_keys_one_is_challenged,
        of_thirty_two_second_legs_one_opens_the_session,
        an_expired_challenge_is_refused_on_both_legs,
    }
    node { a_javascript_wallet_signs_in_with_every_credential_refreshes_and_delegates }
    passkeys {
        of_racing_registrations_of_one_passkey_one_is_added,
        of_racing_assertions_with_one_counter_one_opens_a_session,
    }
    plain_codes { of_racing_logins_with_one_code_one_opens_a_session }
    refresh {
        a_refresh_survives_a_restart_between_its_legs,
        an_expired_request_is_refused,
        of_thirty_two_identical_signed_retries_one_opens_a_session,
        of_thirty_two_refreshes_to_one_key_one_opens_a_session,
    }
    sends { fifty_credentials_on_one_number_get_five_messages }
    sessions {
        of_thirty_two_identical_revocations_one_is_done,
        revoking_a_login_while_its_child_is_refreshed_leaves_no_child_alive,
    }
    tenants { an_id_of_another_platform_is_answered_like_an_unknown_one_by_every_operation }
}

fn sandbox() -> countersign_tests::server::Setup {
    on_postgres(TestServer::sandbox)
}

#[tokio::test]
async fn a_database_that_goes_away_is_unavailable_and_comes_back_by_itself() {
    let cluster = Arc::new(Cluster::start());
    let server = sandbox().database(Arc::new(cluster.fresh())).start().await;
    let wallet = server.wallet().await;
    let session = wallet.login().await;
    let pending = session.begin_refresh(&KeyPair::generate().compressed_hex()).await;
    cluster.crash();
    for _ in 0..3 {
        let begun = Instant::now();
        wallet.challenge().await.refused(503, "UNAVAILABLE");
        server.request(Method::GET, "/ready").send().await.refused(503, "UNAVAILABLE");
        assert!(begun.elapsed() < Duration::from_secs(10), "a call waited for {:?}", begun.elapsed());
    }
    assert_eq!(server.request(Method::GET, "/health").send().await.status, 200, "the process is up");
    cluster.resume();
    // Every connection that lay idle is dead, and no caller is told so.
    assert_eq!(server.request(Method::GET, "/ready").send().await.status, 200);
    let _ = created(pending.retry(&session.key).await);
    cluster.crash();
    cluster.resume();
    let _ = wallet.login().await;
}

#[tokio::test]
async fn replicas_that_start_together_on_an_empty_database_share_one_set_of_keys() {
    let database = Arc::new(Cluster::shared().fresh());
    let setup = || TestServer::production().database(Arc::clone(&database));
    let (one, two, three) = tokio::join!(setup().start(), setup().start(), setup().start());
    assert_eq!(one.env("QUORUM_PUBLIC_KEY"), two.env("QUORUM_PUBLIC_KEY"));
    assert_eq!(one.env("QUORUM_PUBLIC_KEY"), three.env("QUORUM_PUBLIC_KEY"));
    let twice = "SELECT count(*) FROM (SELECT purpose FROM signing_keys GROUP BY purpose HAVING count(*) > 1) twice";
    assert_eq!(one.database().number(twice), 0);
    let (id, secret) = one.platform_create("Shop");
    let list = two.request_as(Method::GET, "/customers/internal-accounts", &id, &secret);
    assert_eq!(list.send().await.status, 200);
}

#[tokio::test]
async fn the_mark_of_a_database_decides_who_serves_it() {
    let database = Arc::new(Cluster::shared().fresh());
    let folder = tempfile::tempdir().unwrap();
    let try_start = |url: &str, sandbox: bool| {
        let mut command = countersign(["serve", "--listen", "127.0.0.1:0"]);
        command.current_dir(folder.path()).env("COUNTERSIGN_DATABASE_URL", url);
        if sandbox {
            command.arg("--sandbox");
        } else {
            command.env("COUNTERSIGN_KEYS_MASTER_KEY", "0".repeat(64));
        }
        let refused = command.output().unwrap();
        assert_eq!(refused.status.code(), Some(2));
        String::from_utf8_lossy(&refused.stderr).into_owned()
    };
    let server = sandbox().database(Arc::clone(&database)).start().await;
    assert!(try_start(&database.url(), false).contains("sandbox"));
    let url = database.url();
    let changed = std::panic::catch_unwind(|| {
        Database::connect(&url).execute("UPDATE deployment SET mode = 'production'");
    });
    assert!(changed.is_err(), "the mark was changed");
    let _ = server.wallet().await.login().await;

    let database = Arc::new(Cluster::shared().fresh());
    let _server = TestServer::production().database(Arc::clone(&database)).start().await;
    assert!(try_start(&database.url(), true).contains("production"));
}

#[tokio::test]
async fn replicas_whose_clocks_disagree_give_one_verdict() {
    let ahead = sandbox().setting("requests.ttl_secs", "3").clock("+10m").start().await;
    let behind = ahead.replica().clock("-10m").start().await;
    for (one, other) in [(&ahead, &behind), (&behind, &ahead)] {
        let session = one.wallet().await.login().await;
        // Live on both, though by the other's clock it was made in the past or future.
        assert!(other.wallet().await.session_ids().await.contains(&session.id));
        let begin = || async { session.begin_refresh(&KeyPair::generate().compressed_hex()).await };
        let (early, late) = (begin().await.stamped_by(&session.key), begin().await);
        let _ = created(Answer::to(&other.client(), &early).await);
        tokio::time::sleep(Duration::from_secs(4)).await;
        Answer::<RefreshAuthSession>::to(&other.client(), &late.stamped_by(&session.key))
            .await
            .refused(401, "REQUEST_ID_INVALID");
        late.retry(&session.key).await.refused(401, "REQUEST_ID_INVALID");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_limit_is_one_over_all_replicas() {
    let one = sandbox().setting("requests.max_live", "8").start().await;
    let two = one.replica().start().await;
    let sessions = [one.wallet().await.login().await, two.wallet().await.login().await];
    let statuses = race(32, |index| {
        let session = sessions[index % 2].clone();
        async move { session.ask_refresh(&KeyPair::generate().compressed_hex()).await.status() }
    })
    .await;
    assert_eq!(statuses.iter().filter(|status| **status == 202).count(), 8, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 429).count(), 24, "{statuses:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_retries_that_race_on_two_replicas_one_has_the_effect() {
    let one = sandbox().start().await;
    let two = one.replica().start().await;
    let session = one.wallet().await.login().await;
    let leg = session.begin_refresh(&KeyPair::generate().compressed_hex()).await.stamped_by(&session.key);
    let clients = [one.client(), two.client()];
    let statuses = race(32, |index| {
        let (client, leg) = (clients[index % 2].clone(), leg.clone());
        async move { Answer::<RefreshAuthSession>::to(&client, &leg).await.status() }
    })
    .await;
    assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 401).count(), 31, "{statuses:?}");
}

#[tokio::test]
async fn what_is_revoked_on_one_replica_is_revoked_on_the_other_at_once() {
    let one = sandbox().start().await;
    let two = one.replica().start().await;
    let session = one.wallet().await.login().await;
    let elsewhere = two.wallet().await;
    assert!(elsewhere.session_ids().await.contains(&session.id));
    let pending = session.begin_refresh(&KeyPair::generate().compressed_hex()).await;
    session.revoke().await;
    assert!(!elsewhere.session_ids().await.contains(&session.id));
    assert_eq!(pending.retry(&session.key).await.status(), 401);
}

#[tokio::test]
async fn a_delegated_key_that_is_revoked_on_one_replica_signs_no_more_on_the_other() {
    let (one, session) = crate::delegated_keys::ready(sandbox()).await;
    let key = crate::delegated_keys::activated(&one, &session).await;
    let id = key["id"].as_str().unwrap();
    let two = one.replica().start().await;
    crate::delegated_keys::stamp(&two, id, "x").await.accepted(200);
    let revoked = crate::delegated_keys::revoke(&one, id).ask().await.retry(&session.key).await;
    assert_eq!(revoked.status, 204);
    crate::delegated_keys::stamp(&two, id, "x").await.refused(409, "CONFLICT");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replicas_that_seal_at_once_link_each_row_once() {
    let database = Arc::new(Cluster::shared().fresh());
    let url = database.url();
    let setup = sandbox().database(database).setting("audit.seal_millis", "1");
    let one = setup.setting("audit.checkpoint_secs", "1").start().await;
    let two = one.replica().start().await;
    let wallets = [one.wallet().await, two.wallet().await];
    let until = Instant::now() + Duration::from_secs(4);
    race(4, |index| {
        let wallet = wallets[index % 2].clone();
        async move {
            while Instant::now() < until {
                let _ = wallet.challenge().await;
            }
        }
    })
    .await;
    let deadline = Instant::now() + Duration::from_secs(20);
    while one.database().count("audit_unsealed") > 0 {
        assert!(Instant::now() < deadline, "rows were not sealed");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let mut database = one.database();
    assert!(database.count("audit_log") > 20);
    assert_eq!(database.count("audit_links"), database.count("audit_log"));
    assert!(database.count("audit_checkpoints") >= 3);
    let said = one.operate(&["audit", "verify"]);
    assert!(said.contains("as it was sealed"), "{said}");
    let rows = usize::try_from(one.database().count("audit_log")).unwrap();
    assert_eq!(one.operate(&["audit", "export"]).lines().count(), rows);
    let tables = ["audit_log", "audit_links", "audit_checkpoints"];
    for statement in ["DELETE FROM", "TRUNCATE"].iter().flat_map(|verb| tables.map(|table| format!("{verb} {table}"))) {
        let done = std::panic::catch_unwind(|| Database::connect(&url).execute(&statement));
        assert!(done.is_err(), "{statement}");
    }
    for logs in [one.logs(), two.logs()] {
        assert!(!logs.contains("was not sealed") && !logs.contains("no checkpoint"), "{logs}");
    }
}

//! Platforms learn nothing of each other by the clock either: another's id takes as long as an unknown one (S8).
//!
//! A call takes about a millisecond, and other tests want the processor too. So the samples of both kinds are
//! interleaved, in both orders, over one connection, and their medians are compared. One measurement in which these are
//! apart may still be noise; what an answer really takes longer for is in every one. Hence a difference counts when it is
//! there in each of several fresh measurements.

use std::time::{Duration, Instant};

use countersign_tests::conformance::{Contract, Door};
use countersign_tests::party::Party;
use countersign_tests::sample::{self, Ids};
use countersign_tests::server::TestServer;
use http::Method;
use reqwest::{Client, Request};
use serde_json::json;

/// Samples of each kind in a measurement.
const SAMPLES: usize = 200;
/// Calls before a measurement, for caches and connections.
const WARM_UP: usize = 10;
/// Fresh measurements before a difference counts.
const MEASUREMENTS: usize = 6;

/// A call about another platform's resource, and the same about one that nobody has.
struct Pair {
    name: String,
    calls: [Request; 2],
}

/// Times calls one after another.
struct Watch {
    http: Client,
}

impl Watch {
    async fn time(&self, call: &Request) -> Duration {
        let call = call.try_clone().unwrap();
        let began = Instant::now();
        let answer = self.http.execute(call).await.unwrap();
        let refused = answer.status();
        let _ = answer.bytes().await.unwrap();
        let took = began.elapsed();
        assert!([200, 401, 404].contains(&refused.as_u16()), "{refused}");
        took
    }

    /// The medians of both kinds.
    async fn measure(&self, pair: &Pair) -> [Duration; 2] {
        let mut times = [const { Vec::new() }; 2];
        for round in 0..WARM_UP + SAMPLES {
            for turn in 0..2 {
                let kind = (round + turn) % 2;
                let took = self.time(&pair.calls[kind]).await;
                if round >= WARM_UP {
                    times[kind].push(took);
                }
            }
        }
        times.map(|mut times: Vec<Duration>| {
            times.sort();
            (times[SAMPLES / 2] + times[SAMPLES / 2 - 1]) / 2
        })
    }

    /// Insists that the medians are within a tenth of each other.
    async fn assert_alike(&self, pair: &Pair) {
        let mut seen = Vec::new();
        while seen.len() < MEASUREMENTS {
            let medians = self.measure(pair).await;
            if medians[0].abs_diff(medians[1]) * 10 <= medians[0].min(medians[1]) {
                return;
            }
            seen.push(medians);
        }
        panic!("{}: another platform's and an unknown one, each time: {seen:?}", pair.name);
    }
}

#[tokio::test]
async fn an_id_of_another_platform_takes_as_long_as_an_unknown_one_for_every_operation() {
    let setup = TestServer::sandbox().setting("limits.failed_retry_burst", "1000000").log_level("warn");
    let server = setup.start().await;
    let ours = Party::new(&server, "ada").await;
    let foreign = Ids {
        account: ours.account.clone(),
        customer: ours.customer.clone(),
        credential: ours.email.clone(),
        session: ours.session.clone(),
        card: ours.card().await,
        delegated_key: ours.delegated_key().await,
        ..Ids::unknown()
    };
    // As many live sessions as an account may have, and many that are over: rows that could be read and dropped.
    server.database().execute(&format!(
        "WITH RECURSIVE counted (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < 3000)
         INSERT INTO sessions (id, platform_id, account_id, credential_id, public_key, login_id, login_at, created_at,
             expires_at, ended_at)
         SELECT 'Session:' || n, platform_id, account_id, credential_id, randomblob(33), 'login', login_at, created_at,
             expires_at, CASE WHEN n > 99 THEN created_at + 1 END
         FROM counted, sessions WHERE id = '{}'",
        ours.session
    ));
    let credentials = server.platform_create("Stranger");
    let platform = format!("SELECT id FROM platforms WHERE client_id = '{}'", credentials.0);
    let platform = server.database().texts(&platform).remove(0);
    let _ = server.operate(&["platform", "grant", &platform, "delegated-stamp"]);
    let theirs = Party::of(&server, credentials.clone(), "jane").await;

    let watch = Watch { http: Client::builder().no_proxy().build().unwrap() };
    // Past the proxy, which takes longer than the server.
    let call = |method: Method, target: &str, body: Option<serde_json::Value>, retry: Option<(&str, &str)>| {
        let mut request = watch.http.request(method, format!("{}{target}", server.env("BASE_URL")));
        request = request.basic_auth(&credentials.0, Some(&credentials.1));
        if let Some((signature, id)) = retry {
            request = request.header("Grid-Wallet-Signature", signature).header("Request-Id", id);
        }
        if let Some(body) = body {
            request = request.header("Content-Type", "application/json").body(body.to_string());
        }
        request.build().unwrap()
    };
    let unknown = Ids::unknown();
    let contract = Contract::of_this_tree();
    let mut pairs = Vec::new();
    // What makes a customer names nothing that exists.
    let naming = contract
        .operations()
        .iter()
        .filter(|operation| operation.door == Door::Wallet && operation.id != "createCustomer");
    for operation in naming {
        let calls = [&foreign, &unknown].map(|ids| {
            let (method, target, body) = sample::call(operation, ids);
            call(method, &target, body, None)
        });
        pairs.push(Pair { name: operation.id.clone(), calls });
    }
    // Of their own session, with a pending request of ours.
    let refresh = |party: &Party<'_>| {
        let target = format!("/auth/sessions/{}/refresh", party.session);
        (target, json!({"clientPublicKey": sample::COMPRESSED_KEY}))
    };
    let (target, body) = refresh(&ours);
    let pending = ours.post(&target, &body).ask().await;
    let (target, body) = refresh(&theirs);
    let stamp = theirs.key.stamp_payload(pending.payload());
    let calls = [pending.request_id(), "Request:0193d1c4-7a55-7a8e-9a43-3f0e4c1b2a90"]
        .map(|id| call(Method::POST, &target, Some(body.clone()), Some((&stamp, id))));
    pairs.push(Pair { name: "Request-Id".to_owned(), calls });

    for pair in &pairs {
        watch.assert_alike(pair).await;
    }
}

//! 429 by floods: the calls of one platform fill its share of a queue (S7), and meanwhile every operation is refused.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use countersign_tests::conformance::DocumentedOperation;
use countersign_tests::effects::Effect;
use countersign_tests::sample::{self, Ids};
use countersign_tests::server::TestServer;
use http::Method;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use tokio::task::JoinSet;

/// More than a platform's share of a queue.
const SHARE_AND_MORE: usize = 300;
/// A queue is full within a second; a busy machine gets time.
const LIMIT: Duration = Duration::from_secs(60);

/// Calls of these operations in turn, all at once. Which of them had which status.
pub(super) async fn flood(
    server: &TestServer,
    operations: &[&DocumentedOperation],
    ids: &Ids,
    count: usize,
) -> BTreeSet<(String, u16)> {
    let http = reqwest::Client::builder().no_proxy().timeout(LIMIT).build().unwrap();
    let mut calls = JoinSet::new();
    for operation in operations.iter().cycle().take(count) {
        let (method, target, body) = sample::call(operation, ids);
        let request = http.request(method, format!("{}{target}", server.base_url()));
        let request = request.basic_auth(server.env("CLIENT_ID"), Some(server.env("CLIENT_SECRET")));
        let request = match body {
            Some(body) => request.header("content-type", "application/json").body(body.to_string()),
            None => request,
        };
        let id = operation.id.clone();
        calls.spawn(async move { (id, request.send().await.unwrap().status().as_u16()) });
    }
    calls.join_all().await.into_iter().collect()
}

/// Calls of one platform wait for the writer, as many as may, and new ones take the place of those that have waited for
/// too long. They find nothing to write. Past the proxy: they are many, and the queue is to be full at once.
struct Filler {
    stop: Arc<AtomicBool>,
    refused: Arc<AtomicUsize>,
    calls: JoinSet<()>,
}

impl Filler {
    fn start(server: &TestServer) -> Self {
        let (stop, refused) = (Arc::<AtomicBool>::default(), Arc::<AtomicUsize>::default());
        let http = reqwest::Client::builder().no_proxy().timeout(LIMIT).build().unwrap();
        let unknown = Ids::unknown();
        let body = json!({"cardholderId": unknown.customer, "form": "VIRTUAL", "fundingSources": [unknown.account]});
        let request = http.post(format!("{}/cards", server.env("BASE_URL")));
        let request = request.basic_auth(server.env("CLIENT_ID"), Some(server.env("CLIENT_SECRET")));
        let request = request.header("content-type", "application/json").body(body.to_string());
        let mut calls = JoinSet::new();
        for _ in 0..SHARE_AND_MORE {
            let (stop, refused, request) = (Arc::clone(&stop), Arc::clone(&refused), request.try_clone().unwrap());
            calls.spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    if request.try_clone().unwrap().send().await.unwrap().status() == 429 {
                        refused.fetch_add(1, Ordering::Relaxed);
                        tokio::time::sleep(Duration::from_millis(100)).await;
                    }
                }
            });
        }
        Self { stop, refused, calls }
    }

    async fn filled(&self) {
        let deadline = Instant::now() + LIMIT;
        while self.refused.load(Ordering::Relaxed) == 0 {
            assert!(Instant::now() < deadline, "the queue was never full");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    async fn end(self) {
        self.stop.store(true, Ordering::Relaxed);
        let _ = self.calls.join_all().await;
    }
}

/// The writer's queue, while nobody may write. An effect that is refused has not begun.
pub(super) async fn of_writes(server: &TestServer, effects: &[Effect]) {
    let mut database = server.database();
    database.hold_write_lock();
    let filler = Filler::start(server);
    filler.filled().await;
    for effect in effects {
        let deadline = Instant::now() + LIMIT;
        loop {
            let answer = effect.request.clone().send().await;
            match answer.status.as_u16() {
                429 => break answer.refused(429, "RATE_LIMITED"),
                // It came just when the others had waited for long enough, and took a place.
                503 => assert!(Instant::now() < deadline, "{}, {} is never refused", effect.operation, effect.name),
                _ => answer.refused(429, "RATE_LIMITED"),
            }
        }
    }
    database.release();
    filler.end().await;
}

/// The readers' queue. All calls arrive while the process sleeps. When it wakes, each reads its platform's row first,
/// whose name is so long that none gets further before the last has queued up.
pub(super) async fn of_reads(server: &TestServer, operations: &[&DocumentedOperation], ids: &Ids) {
    let name = |length: usize| format!("UPDATE platforms SET name = hex(zeroblob({length}))");
    server.database().execute(&name(150_000));
    let mut refused = BTreeSet::new();
    for _ in 0..10 {
        signal(server, Signal::STOP);
        let (flooded, ()) = tokio::join!(flood(server, operations, ids, 2 * SHARE_AND_MORE), async {
            tokio::time::sleep(Duration::from_millis(300)).await;
            signal(server, Signal::CONT);
        });
        refused.extend(flooded.into_iter().filter(|(_, status)| *status == 429).map(|(operation, _)| operation));
        if refused.len() == operations.len() {
            break;
        }
    }
    server.database().execute(&name(4));
    let all: BTreeSet<String> = operations.iter().map(|operation| operation.id.clone()).collect();
    assert!(operations.iter().all(|operation| operation.method == Method::GET));
    assert_eq!(refused, all, "not refused for their platform's share");
}

fn signal(server: &TestServer, signal: Signal) {
    let pid = i32::try_from(server.pid()).ok().and_then(Pid::from_raw).unwrap();
    kill_process(pid, signal).unwrap();
}

//! The crash proof: a server that is killed under load, again and again, loses nothing that it acknowledged and does
//! nothing twice.
//!
//! ```text
//! workers ──> server process <── SIGKILL, start, SIGKILL, start, …
//!    │             │
//!    └─> ledger    └─> database      after each start: rules (database alone), verdict (ledger against database),
//!                                    and the lists that the server gives out
//! ```
//!
//! A worker that hears nothing sends the same call again, with the same `Request-Id`, to the next start. Whatever it
//! then hears must fit what the database has.
//!
//! What this can't show: `SIGKILL` leaves the machine's page cache as it is, so it says nothing about a loss of power.
//!
//! `COUNTERSIGN_CRASH_KILLS` asks for another number of kills, `COUNTERSIGN_CRASH_SEED` repeats the choices of a run
//! (not the scheduling of its processes).

mod dice;
mod doors;
mod doubts;
mod ledger;
mod legs;
mod line;
mod rules;
mod rules_of_keys;
mod tables;
mod verdict;
mod worker;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use countersign_client::operations::{
    CreateCardInput, CreateCustomerInput, ListAuthSessionsInput, ListInternalAccountsInput,
};
use countersign_tests::server::{Setup, TestServer};
use countersign_tests::wallet::Wallet;
use serde_json::json;
use tokio::sync::watch;
use tokio::task::JoinSet;

use dice::Dice;
use ledger::Shared;
use legs::Legs;
use line::{Line, Start};
use tables::Tables;
use worker::{Account, Worker};

const KILLS: usize = 55;
const ACCOUNTS: usize = 4;
const WORKERS: usize = 8;
/// How long an aimed kill waits for an effect to be acknowledged.
const AIM_LIMIT: Duration = Duration::from_millis(250);
/// How long a start may take, whatever it finds.
const START_LIMIT: Duration = Duration::from_secs(5);
/// How long the workers may take to finish what they have begun, once nobody kills the server any more.
const FINISH_LIMIT: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_under_load_the_server_loses_nothing_acknowledged_and_uses_nothing_twice() {
    let kills =
        number("COUNTERSIGN_CRASH_KILLS").map_or(KILLS, |kills| usize::try_from(kills).expect("a number of kills"));
    let seed = number("COUNTERSIGN_CRASH_SEED").unwrap_or_else(|| getrandom::u64().expect("randomness"));
    let mut dice = Dice::seeded(seed);
    let mut server = setup().start().await;
    let mut run = Run::begin(&server, &mut dice).await;

    let mut slowest = Duration::ZERO;
    let mut found = Vec::new();
    for kill in 1..=kills {
        tokio::time::sleep(dice.millis(20..250)).await;
        if dice.one_in(2) {
            // What was answered before it was safe is lost by a kill at the moment of the answer.
            let _ = tokio::time::timeout(AIM_LIMIT, run.ledger.next_effect()).await;
        }
        server.kill();
        let started = Instant::now();
        server.restart().await;
        slowest = slowest.max(started.elapsed());
        if started.elapsed() > START_LIMIT {
            found.push(format!("start {kill} took {:?}", started.elapsed()));
        }
        let start = Start::of(&server, kill, kill == kills);
        found.extend(run.judge(&server, &start).await);
        if !found.is_empty() {
            panic!("after kill {kill} of seed {seed}:\n{}", found.join("\n"));
        }
        run.starts.send_replace(start);
    }
    run.finish().await;
    let start = run.starts.borrow().clone();
    found.extend(run.judge(&server, &start).await);
    assert!(found.is_empty(), "at the end of seed {seed}:\n{}", found.join("\n"));

    let ledger = run.ledger.open();
    let (retries, sessions) = (ledger.retries(), Tables::of(&database_of(&server)).sessions.len());
    // A run in which no answer was lost has proven nothing.
    assert!(ledger.unheard >= kills, "{} calls without an answer in {kills} kills", ledger.unheard);
    let mut out = std::io::stdout().lock();
    // Past the capture of the test runner: the summary of all tests shows this line.
    let _ = writeln!(out, "\nreport: crash: {kills} kills, {retries} retries, {sessions} sessions, 0 violations");
    let _ = writeln!(
        out,
        "crash: seed {seed}, {} calls unanswered, {} effects learnt of later, slowest start {slowest:?}",
        ledger.unheard,
        ledger.learnt_later()
    );
}

fn database_of(server: &TestServer) -> PathBuf {
    server.data_dir().join("countersign.db")
}

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable} must be a number")))
}

/// A server whose limits and lives are out of the way of a load that never pauses.
fn setup() -> Setup {
    let settings = [
        ("limits.challenge_burst", "1000000"),
        ("limits.verify_burst", "1000000"),
        ("limits.failed_retry_burst", "1000000"),
        ("limits.stamp_burst", "1000000"),
        ("credentials.max", "1000000"),
        ("otp.ttl_secs", "86400"),
        ("otp.wrong_per_issue", "1000000"),
        ("otp.wrong_per_window", "1000000"),
        ("otp.wrong_until_locked", "1000000"),
        ("requests.ttl_secs", "86400"),
        ("requests.max_live", "1000000"),
        ("sessions.max_live", "1000000"),
        ("sessions.ttl_secs", "86400"),
        ("sessions.lifetime_cap_secs", "172800"),
        ("purge.interval_secs", "86400"),
    ];
    settings.into_iter().fold(TestServer::sandbox(), |setup, (name, value)| setup.setting(name, value))
}

/// Workers at work.
struct Run {
    ledger: Shared,
    accounts: Vec<Arc<Account>>,
    starts: watch::Sender<Start>,
    workers: JoinSet<()>,
}

impl Run {
    /// Accounts, and nobody at work yet.
    async fn idle(server: &TestServer) -> Self {
        let accounts = accounts(server).await;
        let (starts, _) = watch::channel(Start::of(server, 0, false));
        Self { ledger: Shared::default(), accounts, starts, workers: JoinSet::new() }
    }

    async fn begin(server: &TestServer, dice: &mut Dice) -> Self {
        let mut run = Self::idle(server).await;
        for index in 0..WORKERS {
            run.workers.spawn(run.worker(index, dice).work());
        }
        run
    }

    fn worker(&self, index: usize, dice: &mut Dice) -> Worker {
        let legs = Legs { line: Line::new(self.starts.subscribe()), ledger: self.ledger.clone() };
        let account = Arc::clone(&self.accounts[index % self.accounts.len()]);
        let card = account.cards[index / self.accounts.len()].clone();
        Worker { legs, account, card, dice: dice.split(), strays: Vec::new() }
    }

    /// What is wrong. Workers don't know of `start` yet, so nothing changes meanwhile.
    async fn judge(&self, server: &TestServer, start: &Start) -> Vec<String> {
        let tables = Tables::of(&database_of(server));
        let mut found = rules::broken(&tables);
        found.extend(verdict::denied(&self.ledger.open(), &tables));
        for account in &self.accounts {
            let listed = start.client.list_auth_sessions(ListAuthSessionsInput::new(account.id.clone())).await;
            let listed = listed.expect("the sessions of an account").value.data.into_iter();
            let listed: BTreeMap<String, i64> =
                listed.map(|session| (session.id.to_string(), session.expires_at.timestamp_millis())).collect();
            let live =
                tables.sessions.iter().filter(|row| row.account_id == account.id.as_str() && row.ended_at.is_none());
            let live: BTreeMap<String, i64> = live.map(|row| (row.id.clone(), row.expires_at)).collect();
            if listed != live {
                found.push(format!("{} lists {listed:?}, and has {live:?}", account.id.as_str()));
            }
        }
        found
    }

    /// Waits until every worker has heard how everything ended that it began.
    async fn finish(&mut self) {
        let workers = std::mem::take(&mut self.workers);
        tokio::time::timeout(FINISH_LIMIT, workers.join_all()).await.expect("the workers finish");
    }
}

/// Accounts of customers of their own.
async fn accounts(server: &TestServer) -> Vec<Arc<Account>> {
    let client = server.client();
    let mut accounts = Vec::new();
    for index in 0..ACCOUNTS {
        let body = json!({
            "customerType": "INDIVIDUAL",
            "fullName": "Ada Sample",
            "email": format!("ada{index}@example.com"),
        });
        let body = serde_json::from_value(body).expect("a customer");
        let customer = client.create_customer(CreateCustomerInput::new(body)).await.expect("a customer").value;
        let holder = customer.id.clone();
        let input = ListInternalAccountsInput { customer_id: Some(customer.id), ..ListInternalAccountsInput::new() };
        let listed = client.list_internal_accounts(input).await.expect("an account").value.data;
        let wallet = Wallet::of(client.clone(), listed.first().expect("an account").id.clone()).await;
        let logging_in = tokio::sync::Mutex::default();
        let mut cards = Vec::new();
        for _ in 0..WORKERS.div_ceil(ACCOUNTS) {
            let body = json!({"cardholderId": holder, "form": "VIRTUAL", "fundingSources": [wallet.account]});
            let body = serde_json::from_value(body).expect("a card");
            cards.push(client.create_card(CreateCardInput::new(body)).await.expect("a card").value.id);
        }
        accounts.push(Arc::new(Account { id: wallet.account, credential: wallet.credential, logging_in, cards }));
    }
    accounts
}

//! Requests per second of a session refresh (both legs), three ways:
//!
//! | what | goes through |
//! | --- | --- |
//! | `refresh` | the real server process over HTTP |
//! | `no-op` | the same adapter, authentication and validation over HTTP, and a handler that answers a constant |
//! | `engine` | the same handler, cryptography and statements, called in this process: no HTTP, no JSON |
//!
//! The client's own work (a new key's hex, the stamp) is in all three. Each leg counts as one request. Run it by
//! `cargo xtask bench`.

mod engine;
mod http;
mod noop;
mod wallet;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// What to measure.
struct Options {
    seconds: u64,
    rounds: usize,
    server: PathBuf,
}

/// The numbers of connections.
const CONNECTIONS: [usize; 2] = [1, 32];

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let mut options = Options { seconds: 4, rounds: 3, server: PathBuf::from("target/release/countersign") };
    while let Some(arg) = args.next() {
        let mut value = || args.next().unwrap_or_default();
        match arg.as_str() {
            "--seconds" => options.seconds = value().parse().unwrap_or(4),
            "--rounds" => options.rounds = value().parse().unwrap_or(3),
            "--server" => options.server = value().into(),
            // The no-op server is this program again, in a process of its own, as the real one is.
            "--serve-no-op" => return noop::serve(&PathBuf::from(value())),
            "--bench" => {}
            other => {
                eprintln!("unknown argument {other}: --seconds N, --rounds N, --server FILE");
                return ExitCode::from(2);
            }
        }
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(measure(&options));
    ExitCode::SUCCESS
}

async fn measure(options: &Options) {
    println!("requests per second, median of {} rounds of {} s (lowest, highest)\n", options.rounds, options.seconds);
    println!(
        "{:>12} {:>24} {:>24} {:>24} {:>16} {:>14}",
        "connections", "refresh", "no-op", "engine", "refresh/engine", "refresh/no-op"
    );
    for connections in CONNECTIONS {
        let duration = Duration::from_secs(options.seconds);
        let (mut refresh, mut noop, mut engine) = (Vec::new(), Vec::new(), Vec::new());
        // Turn by turn, so that a machine that slows down slows all three.
        for _ in 0..options.rounds {
            refresh.push(http::refresh(&options.server, connections, duration).await);
            noop.push(http::noop(connections, duration).await);
            engine.push(engine::run(connections, duration).await);
        }
        let [refresh, noop, engine] = [refresh, noop, engine].map(Figures::of);
        println!(
            "{connections:>12} {:>24} {:>24} {:>24} {:>15.0}% {:>13.0}%",
            refresh.text(),
            noop.text(),
            engine.text(),
            100.0 * refresh.median / engine.median,
            100.0 * refresh.median / noop.median,
        );
    }
}

/// Requests per second over the rounds.
struct Figures {
    median: f64,
    lowest: f64,
    highest: f64,
}

impl Figures {
    fn of(mut rates: Vec<f64>) -> Self {
        rates.sort_by(f64::total_cmp);
        let at = |index: usize| rates.get(index).copied().unwrap_or_default();
        Self { median: at(rates.len() / 2), lowest: at(0), highest: at(rates.len().saturating_sub(1)) }
    }

    fn text(&self) -> String {
        format!("{:.0} ({:.0}, {:.0})", self.median, self.lowest, self.highest)
    }
}

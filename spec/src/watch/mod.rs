//! `--watch`: a command runs again whenever something that its last run looked at is another.
//!
//! Events of the file system only say when to look: what counts is whether a file still holds what was read, whether a
//! missing one is still missing, whether a listed folder still holds the same names. So a burst of events is one run,
//! saving the same bytes is none, and neither is anything that the command writes itself.
//!
//! A run is a whole one. It takes some ten milliseconds, and what it prints is what the command prints without `--watch`.

mod inputs;

pub(crate) use inputs::note;

use chrono::Local;
use inputs::{Inputs, Places};
use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use std::io::{self, Write};
use std::process;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

/// A run begins when nothing has happened for this long: editors save in several steps.
const QUIET: Duration = Duration::from_millis(50);

/// But not later than this after the first event.
const PATIENCE: Duration = Duration::from_secs(1);

/// How often to look where the system does not tell.
const POLL: Duration = Duration::from_secs(1);

/// What a shell says of a program that Ctrl-C ended.
const INTERRUPTED: u8 = 130;

enum Signal {
    /// Something happened to an input, or may have.
    Touched,
    /// Ctrl-C.
    Interrupted,
}

/// Runs a command, and again after each change, until Ctrl-C; returns the exit code then. A line on `err` tells of each
/// run: `outcomes` has its words by the run's exit code.
///
/// # Errors
/// From the command, which tells of mistakes in files by its exit code, and from writing to `err`.
pub(crate) fn watch(
    err: &mut dyn Write,
    outcomes: [&str; 3],
    mut run: impl FnMut(&mut dyn Write) -> io::Result<u8>,
) -> io::Result<u8> {
    let (sender, signals) = mpsc::channel();
    end_on_interrupt(sender.clone())?;
    loop {
        let started = Instant::now();
        let (code, inputs) = inputs::record(|| run(err));
        let outcome = outcomes.get(usize::from(code?)).copied().unwrap_or_default();
        let took = started.elapsed().as_millis();
        tell(err, &format!("{outcome} in {took} ms; watching {} files, Ctrl-C ends", inputs.count_files()))?;
        let Some(changed) = wait(&inputs, &signals, &sender) else { return Ok(INTERRUPTED) };
        let more = match changed.len() {
            0 | 1 => String::new(),
            several => format!(" and {} more", several - 1),
        };
        tell(err, &format!("{}{more} changed", changed.first().map(String::as_str).unwrap_or_default()))?;
    }
}

/// Prints a line with the time of day.
fn tell(err: &mut dyn Write, what: &str) -> io::Result<()> {
    writeln!(err, "[{}] {what}", Local::now().format("%H:%M:%S"))?;
    err.flush()
}

/// Lets the first Ctrl-C end the loop, after the run that is under way, so that no file is left half written.
fn end_on_interrupt(sender: Sender<Signal>) -> io::Result<()> {
    let is_second = AtomicBool::new(false);
    let handler = move || {
        // With a loop that has ended there is nothing left to tell; a second Ctrl-C does not wait for the run.
        if sender.send(Signal::Interrupted).is_err() || is_second.swap(true, Ordering::Relaxed) {
            process::exit(i32::from(INTERRUPTED));
        }
    };
    ctrlc::set_handler(handler).map_err(io::Error::other)
}

/// Waits until an input is another than it was, and returns which; `None` after Ctrl-C.
fn wait(inputs: &Inputs, signals: &Receiver<Signal>, sender: &Sender<Signal>) -> Option<Vec<String>> {
    loop {
        // Anew each time, because folders come and go. What happened since the run is seen by looking, right after.
        let watcher = start(inputs, sender);
        let changed = inputs.changed();
        if !changed.is_empty() {
            return settled(signals).then_some(changed);
        }
        let signal = match &watcher {
            Some(_) => signals.recv().map_err(|_| RecvTimeoutError::Disconnected),
            None => signals.recv_timeout(POLL),
        };
        match signal {
            Ok(Signal::Touched) if settled(signals) => {}
            Err(RecvTimeoutError::Timeout) => {}
            Ok(_) | Err(RecvTimeoutError::Disconnected) => return None,
        }
    }
}

/// Waits for the end of a burst. `false` after Ctrl-C.
fn settled(signals: &Receiver<Signal>) -> bool {
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        match signals.recv_timeout(QUIET) {
            Ok(Signal::Touched) => {}
            Ok(Signal::Interrupted) => return false,
            Err(_) => break,
        }
    }
    true
}

/// Has the system tell of events around the inputs. `None` where it cannot, for example because it watches too many
/// folders already, or because one went just now.
fn start(inputs: &Inputs, sender: &Sender<Signal>) -> Option<RecommendedWatcher> {
    loop {
        let places = inputs.places();
        let folders = places.folders.clone();
        let watcher = watcher(places, sender.clone()).ok()?;
        // A folder that came before it could be watched is one more to watch, and nothing will tell of it.
        if inputs.places().folders == folders {
            return Some(watcher);
        }
    }
}

fn watcher(places: Places, sender: Sender<Signal>) -> notify::Result<RecommendedWatcher> {
    let folders = places.folders.clone();
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        let is_relevant = match &event {
            // Runs read files too.
            Ok(event) if matches!(event.kind, EventKind::Access(_)) => false,
            Ok(event) => event.need_rescan() || event.paths.iter().any(|path| places.concerns(path)),
            Err(_) => true,
        };
        if is_relevant {
            // The loop has ended if nobody listens.
            let _ = sender.send(Signal::Touched);
        }
    })?;
    for folder in &folders {
        watcher.watch(folder, RecursiveMode::NonRecursive)?;
    }
    Ok(watcher)
}

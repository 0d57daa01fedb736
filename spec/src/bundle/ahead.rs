//! Reading files before they are asked for, on all processors.
//!
//! Most of the time that a split tree takes goes into opening and scanning hundreds of small files, and what a file
//! refers to can be seen in its text. So while references are resolved one after the other, other threads read what the
//! files seem to lead to. That decides nothing: whoever asks for a file checks where it is, gives it its number and
//! reports what is wrong with it, in the same order as ever. A file that is not plain (a symbolic link, not UTF-8,
//! beyond the quick scanner) is left to who asks for it.

use super::arena::{Arena, Id};
use super::files::{TREE_EXTENSIONS, beside, is_url};
use crate::read::{self, Budget};
use crate::source::Source;
use foldhash::{HashMap, HashSet, HashSetExt as _};
use memchr::memmem;
use std::ffi::OsString;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

/// More threads would wait for the lock and the disk.
const MOST_THREADS: usize = 4;

/// How many files a thread takes at once: often enough a lock costs more than a file.
const BATCH: usize = 8;

/// For files that nest as deep as the reader allows, in bytes.
const STACK: usize = 8 << 20;

/// How much of a name is looked at, in bytes.
const LONGEST_NAME: usize = 1000;

/// A file that was read and scanned.
pub(super) struct Early {
    /// Its path is absolute.
    pub(super) source: Source,
    /// The nodes, with places in the file 0, and the topmost of them.
    pub(super) nodes: Arena,
    pub(super) top: Id,
    /// What it took of the budget.
    pub(super) price: usize,
}

/// Threads that read files. They end when nothing is left to read, or when this is dropped.
#[derive(Default)]
pub(super) struct Ahead {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    /// Nothing outside this folder is read.
    boundary: PathBuf,
    state: Mutex<State>,
    /// Something was found to read, or was read.
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// By absolute path, as text: without dots, equal paths are equal texts.
    files: HashMap<OsString, Progress>,
    /// What is to be read, the next one last. Some of it may have been asked for meanwhile.
    waiting: Vec<PathBuf>,
    /// How many threads are about to find more to read.
    looking: usize,
    /// How many threads sleep until something changes.
    sleeping: usize,
    /// What all files together may still hold.
    budget: Budget,
    /// Nothing more is to be read.
    closed: bool,
}

enum Progress {
    Waiting,
    Reading,
    Read(Box<Early>),
    /// It was given away, or is for who asks for it.
    Gone,
}

impl Ahead {
    /// Begins to read what the file `from`, which holds `text`, leads to within `boundary`.
    pub(super) fn start(from: &Path, text: &str, boundary: &Path) -> Self {
        let shared = Arc::new(Shared { boundary: boundary.to_owned(), ..Shared::default() });
        let found = shared.references(from, text);
        if found.is_empty() {
            return Self::default();
        }
        shared.lock().want(found);
        let processors = std::thread::available_parallelism().map_or(1, NonZero::get);
        // Without threads, everything is read when it is asked for.
        let threads = (1..processors.min(MOST_THREADS)).map_while(|_| {
            let shared = Arc::clone(&shared);
            std::thread::Builder::new().stack_size(STACK).spawn(move || shared.work()).ok()
        });
        let threads = threads.collect();
        Self { shared, threads }
    }

    /// The file, if it was or can be read quickly. Waits for a thread that is reading it.
    pub(super) fn take(&self, path: &Path) -> Option<Early> {
        if self.threads.is_empty() {
            return None;
        }
        let mut state = self.shared.lock();
        while matches!(state.files.get(path.as_os_str())?, Progress::Reading) {
            // There is something better to do than to wait.
            let (after, has_read) = self.shared.read_batch(state);
            state = if has_read { after } else { self.shared.sleep(after) };
        }
        match std::mem::replace(state.files.get_mut(path.as_os_str())?, Progress::Gone) {
            Progress::Read(early) => Some(*early),
            // The thread that asks is as good as any other.
            Progress::Waiting => {
                let mut files = vec![(path.to_owned(), None)];
                drop(self.shared.read(&mut files, state));
                files.pop().and_then(|(_, early)| early)
            }
            Progress::Reading | Progress::Gone => None,
        }
    }
}

impl Drop for Ahead {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        state.close();
        self.shared.wake(&state);
        drop(state);
        for thread in self.threads.drain(..) {
            // A thread that failed has read nothing, which is all that there is to know of it.
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes everybody who sleeps.
    fn wake(&self, state: &State) {
        if state.sleeping > 0 {
            self.changed.notify_all();
        }
    }

    fn sleep<'a>(&self, mut state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        state.sleeping += 1;
        state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        state.sleeping -= 1;
        state
    }

    fn work(&self) {
        let _leaving = Leaving(self);
        let mut state = self.lock();
        loop {
            let (after, has_read) = self.read_batch(state);
            state = after;
            if !has_read {
                if state.looking == 0 || state.closed {
                    return;
                }
                state = self.sleep(state);
            }
        }
    }

    /// Reads and keeps some of what waits. Whether there was any.
    fn read_batch<'a>(&'a self, mut state: MutexGuard<'a, State>) -> (MutexGuard<'a, State>, bool) {
        let mut batch: Vec<_> = std::iter::from_fn(|| state.next()).take(BATCH).map(|path| (path, None)).collect();
        if batch.is_empty() {
            return (state, false);
        }
        state = self.read(&mut batch, state);
        batch.into_iter().for_each(|(path, early)| state.keep(path, early));
        self.wake(&state);
        (state, true)
    }

    /// Reads files without holding the lock. What they lead to is known before they are scanned.
    fn read<'a>(
        &'a self,
        files: &mut [(PathBuf, Option<Early>)],
        mut state: MutexGuard<'a, State>,
    ) -> MutexGuard<'a, State> {
        state.looking += 1;
        let mut budget = state.budget.clone();
        drop(state);
        let sources: Vec<_> = files.iter().map(|(path, _)| read::load_plain(path)).collect();
        let found = sources.iter().flatten().flat_map(|source| self.references(&source.path, &source.text)).collect();
        let mut state = self.lock();
        state.looking = state.looking.saturating_sub(1);
        state.want(found);
        self.wake(&state);
        drop(state);
        for ((_, early), source) in files.iter_mut().zip(sources) {
            let before = budget.clone();
            *early = source.and_then(|source| {
                let tree = read::scan_quickly(&source.text, &mut budget)?;
                let mut nodes = Arena::default();
                let top = nodes.add_tree(tree, 0);
                Some(Early { source, nodes, top, price: before.price_to(&budget) })
            });
        }
        self.lock()
    }

    /// The files that a text seems to name.
    fn references(&self, from: &Path, text: &str) -> Vec<PathBuf> {
        let mut uris: HashSet<&str> = HashSet::new();
        for extension in TREE_EXTENSIONS {
            for at in memmem::find_iter(text.as_bytes(), extension) {
                let end = at + extension.len();
                let line = &text.as_bytes()[at.saturating_sub(LONGEST_NAME)..at];
                let length = line.iter().rev().take_while(|byte| !ends_name(**byte)).count();
                uris.extend(text.get(at - length..end));
            }
        }
        let folder = from.parent().unwrap_or(from);
        let paths = uris.into_iter().filter(|uri| !is_url(uri) && !Path::new(uri).has_root());
        let paths = paths.map(|uri| beside(folder, uri));
        paths.filter(|path| path.starts_with(&self.boundary)).collect()
    }
}

/// Whether a byte cannot be part of the name of a file, or so rarely that the file is read when it is asked for.
fn ends_name(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\x0c' | b'\r' | b'\'' | b'"' | b'`' | b'(' | b')' | b'<' | b'>')
        || matches!(byte, b'[' | b']' | b'{' | b'}' | b',')
}

/// Whatever ends a thread, nobody waits for it.
struct Leaving<'a>(&'a Shared);

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let mut state = self.0.lock();
            state.close();
            state.files.values_mut().filter(|file| matches!(file, Progress::Reading)).for_each(|file| {
                *file = Progress::Gone;
            });
            state.looking = 0;
            self.0.changed.notify_all();
        }
    }
}

impl State {
    fn want(&mut self, paths: Vec<PathBuf>) {
        for path in paths {
            if !self.closed && !self.files.contains_key(path.as_os_str()) {
                self.files.insert(path.clone().into(), Progress::Waiting);
                self.waiting.push(path);
            }
        }
    }

    fn next(&mut self) -> Option<PathBuf> {
        loop {
            let path = self.waiting.pop()?;
            if let Some(progress @ Progress::Waiting) = self.files.get_mut(path.as_os_str()) {
                *progress = Progress::Reading;
                return Some(path);
            }
        }
    }

    fn keep(&mut self, path: PathBuf, early: Option<Early>) {
        let is_payable = early.as_ref().is_none_or(|early| self.budget.pay_price(early.price));
        if !is_payable {
            self.close();
        }
        let early = early.filter(|_| is_payable);
        self.files.insert(path.into(), early.map_or(Progress::Gone, |early| Progress::Read(Box::new(early))));
    }

    fn close(&mut self) {
        self.closed = true;
        for path in self.waiting.drain(..) {
            self.files.remove(path.as_os_str());
        }
    }
}

//! What a run looked at.

use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, HashSet};
use std::fs::{self, File};
use std::hash::{Hash, Hasher};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How much of a file is looked at, in bytes. The reader takes none that is larger.
const LONGEST: u64 = 64 << 20;

/// What is looked at now. A process runs one command, so one of these does, whatever thread reads the files; and no
/// function that reads one needs to be handed it.
static RECORDING: Mutex<Option<BTreeMap<PathBuf, State>>> = Mutex::new(None);

fn recording() -> MutexGuard<'static, Option<BTreeMap<PathBuf, State>>> {
    RECORDING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Remembers that the run depends on what is at `path`: a file, a folder as a list of names, or nothing. Call it before
/// looking there: if something changes in between, that is one run too many and not one too few.
pub(crate) fn note(path: &Path) {
    if recording().is_none() {
        return;
    }
    let Ok(path) = std::path::absolute(path) else { return };
    let state = State::of(&path);
    if let Some(states) = &mut *recording() {
        states.entry(path).or_insert(state);
    }
}

/// Runs `run` and returns what it looked at, too.
pub(super) fn record<T>(run: impl FnOnce() -> T) -> (T, Inputs) {
    *recording() = Some(BTreeMap::new());
    let done = run();
    (done, Inputs(recording().take().unwrap_or_default()))
}

/// What is at a path, as a number that is another when the content is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct State {
    is_file: bool,
    digest: u64,
}

impl State {
    fn of(path: &Path) -> Self {
        let mut hasher = DefaultHasher::new();
        let metadata = fs::metadata(path);
        let is_file = metadata.as_ref().is_ok_and(fs::Metadata::is_file);
        let content = match metadata {
            Ok(metadata) if metadata.is_dir() => names(path).map(|names| names.hash(&mut hasher)),
            Ok(metadata) if is_file => {
                metadata.len().hash(&mut hasher);
                bytes(path).map(|bytes| bytes.hash(&mut hasher))
            }
            // Whatever it is, it is never read.
            Ok(_) => Ok(()),
            Err(cause) => Err(cause),
        };
        content.map_err(|cause| cause.kind()).hash(&mut hasher);
        Self { is_file, digest: hasher.finish() }
    }
}

fn bytes(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(LONGEST).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn names(folder: &Path) -> io::Result<Vec<std::ffi::OsString>> {
    let mut names: Vec<_> =
        fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.file_name())).collect::<io::Result<_>>()?;
    names.sort();
    Ok(names)
}

/// What a run looked at, and what it saw there.
pub(super) struct Inputs(BTreeMap<PathBuf, State>);

impl Inputs {
    /// How many files there were to read.
    pub(super) fn count_files(&self) -> usize {
        self.0.values().filter(|state| state.is_file).count()
    }

    /// What is another now, as seen from the working directory.
    pub(super) fn changed(&self) -> Vec<String> {
        let here = std::env::current_dir().unwrap_or_default();
        let changed = self.0.iter().filter(|(path, state)| State::of(path) != **state);
        changed.map(|(path, _)| crate::source::with_slashes(path.strip_prefix(&here).unwrap_or(path))).collect()
    }

    pub(super) fn places(&self) -> Places {
        let mut places = Places::default();
        for path in self.0.keys() {
            places.add(path);
            // Behind a symbolic link, the file that is written has another name.
            path.canonicalize().into_iter().for_each(|real| places.add(&real));
        }
        places
    }
}

/// Where something may happen that matters.
#[derive(Default)]
pub(super) struct Places {
    /// Inputs and every folder above them: those can go, or come, with what is in them.
    paths: HashSet<PathBuf>,
    /// The folders to watch: those that hold an input, or are one, or would, as far down as they are there.
    pub(super) folders: HashSet<PathBuf>,
    /// Folders whose names matter.
    listed: HashSet<PathBuf>,
}

impl Places {
    fn add(&mut self, path: &Path) {
        if path.is_dir() {
            self.listed.insert(path.to_owned());
            self.folders.insert(path.to_owned());
        }
        self.folders.extend(path.ancestors().skip(1).find(|folder| folder.is_dir()).map(Path::to_owned));
        for part in path.ancestors() {
            if !self.paths.insert(part.to_owned()) {
                break;
            }
        }
    }

    /// Whether an event at `path` can mean that an input is another.
    pub(super) fn concerns(&self, path: &Path) -> bool {
        self.paths.contains(path) || path.parent().is_some_and(|folder| self.listed.contains(folder))
    }
}

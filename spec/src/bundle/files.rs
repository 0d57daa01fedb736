//! The files of a document: which may be read, and reading each once.

use super::ahead::{Ahead, Early};
use super::arena::{Arena, Content, Id};
use crate::diagnostic::Diagnostic;
use crate::node::Node;
use crate::read::{self, Budget};
use crate::source::{Source, Sources, Span, with_slashes};
use crate::suggest;
use foldhash::{HashMap, HashMapExt as _};
use std::cell::Cell;
use std::ffi::OsString;
use std::fs;
use std::path::{Component, Path, PathBuf};

/// Why a reference leads to no file, or to nothing within it.
#[derive(Debug, Clone)]
pub(crate) enum Failure {
    /// The message without the reference itself, and how to mend it.
    Because { reason: String, help: Option<String> },
    /// The file has problems of its own, which are reported at their places.
    ReportedInFile,
}

impl Failure {
    pub(crate) fn because(reason: impl Into<String>, help: impl Into<String>) -> Self {
        Self::Because { reason: reason.into(), help: Some(help.into()) }
    }
}

/// Number of the root document among the files.
pub(crate) const ROOT: u32 = 0;

/// Nobody mends more mistakes than that at once.
const MOST_SUGGESTIONS: usize = 1_000;

struct File {
    /// Absolute, without `.` and `..`, symbolic links as they are.
    absolute: PathBuf,
    /// The path for diagnostics.
    shown: PathBuf,
    /// The topmost node; `None` if the file holds no value.
    top: Result<Option<Id>, Failure>,
}

/// The files that were opened so far.
pub(crate) struct Files {
    pub(crate) sources: Sources,
    pub(crate) arena: Arena,
    /// Problems within files.
    pub(crate) found: Vec<Diagnostic>,
    files: Vec<File>,
    /// By absolute path, as text: without dots, equal paths are equal texts.
    by_path: HashMap<OsString, u32>,
    /// Files that are read before they are asked for.
    ahead: Ahead,
    /// Files that were asked for before, by the folder that was asked from and the words that it was asked in.
    by_uri: HashMap<PathBuf, HashMap<String, u32>>,
    budget: Budget,
    /// Nothing outside this folder is read.
    boundary: PathBuf,
    /// The same, symbolic links followed; `None` if that could not be found out.
    real_boundary: Option<PathBuf>,
    /// Whether each folder that was asked for is really inside the boundary, symbolic links followed.
    folders: HashMap<PathBuf, bool>,
    /// How many more times a name may be searched that is like one that does not exist.
    suggestions: Cell<usize>,
}

impl Files {
    /// Opens the root document.
    ///
    /// # Errors
    /// Every reason why it cannot be read.
    pub(crate) fn open_root(path: &Path) -> Result<Self, Vec<Diagnostic>> {
        let unreadable = |reason: String| vec![Diagnostic::new(format!("`{}` {reason}", with_slashes(path)))];
        let absolute = std::path::absolute(path).map_err(|cause| unreadable(format!("is not a path: {cause}")))?;
        let absolute = without_dots(&absolute);
        let boundary = boundary(absolute.parent().unwrap_or(&absolute));
        let mut files = Self {
            sources: Sources::default(),
            arena: Arena::default(),
            found: Vec::new(),
            files: Vec::new(),
            by_path: HashMap::new(),
            ahead: Ahead::default(),
            by_uri: HashMap::new(),
            budget: Budget::default(),
            real_boundary: boundary.canonicalize().ok(),
            boundary,
            folders: HashMap::new(),
            suggestions: Cell::new(MOST_SUGGESTIONS),
        };
        let source = read::load(path, path).map_err(unreadable)?;
        files.ahead = Ahead::start(&absolute, &source.text, &files.boundary);
        files.add(absolute, path.to_owned(), source, true);
        if files.found.is_empty() { Ok(files) } else { Err(files.found) }
    }

    /// The topmost node of a file.
    pub(crate) fn top(&self, file: u32) -> Result<Option<Id>, Failure> {
        self.file(file).map_or(Ok(None), |file| file.top.clone())
    }

    /// The path of a file as diagnostics show it.
    pub(crate) fn shown(&self, file: u32) -> String {
        self.file(file).map(|file| with_slashes(&file.shown)).unwrap_or_default()
    }

    /// The name that a file gives to a component: its base name less the last extension.
    pub(crate) fn stem(&self, file: u32) -> String {
        let name = self.file(file).and_then(|file| file.shown.file_name()).unwrap_or_default().to_string_lossy();
        match name.rsplit_once('.') {
            Some((stem, extension)) if !extension.is_empty() => stem.to_owned(),
            _ => name.into_owned(),
        }
    }

    fn file(&self, file: u32) -> Option<&File> {
        self.files.get(usize::try_from(file).ok()?)
    }

    /// The file that `uri` names, seen from the file `from`. Reads it if it was not read before.
    pub(crate) fn open(&mut self, from: u32, uri: &str) -> Result<u32, Failure> {
        let Some(base) = self.file(from) else { return Err(Failure::ReportedInFile) };
        let folder = base.absolute.parent().unwrap_or(&base.absolute);
        if let Some(known) = self.by_uri.get(folder).and_then(|known| known.get(uri)) {
            return Ok(*known);
        }
        let folder = folder.to_owned();
        let file = self.open_new(from, uri)?;
        self.by_uri.entry(folder).or_default().insert(uri.to_owned(), file);
        Ok(file)
    }

    fn open_new(&mut self, from: u32, uri: &str) -> Result<u32, Failure> {
        let Some(base) = self.file(from) else { return Err(Failure::ReportedInFile) };
        if is_url(uri) {
            let help = "save the document beside this one and refer to the copy";
            return Err(Failure::because("points to the network, and nothing is fetched", help));
        }
        if Path::new(uri).has_root() || Path::new(uri).is_absolute() {
            return Err(Failure::because("is an absolute path", "write it relative to this file"));
        }
        let absolute = beside(base.absolute.parent().unwrap_or(&base.absolute), uri);
        if let Some(known) = self.by_path.get(absolute.as_os_str()) {
            return Ok(*known);
        }
        let shown = without_dots(&base.shown.with_file_name("").join(uri));
        // One that is refused may be mended without a change in any other file.
        crate::watch::note(&absolute);
        let early = self.ahead.take(&absolute);
        self.check_inside(&absolute, early.is_some())?;
        if let Some(early) = early {
            return self.add_early(absolute, shown, early).ok_or(Failure::ReportedInFile);
        }
        let source = read::load(&absolute, &shown).map_err(|reason| Failure::Because {
            reason: format!("leads to `{}`, which {reason}", with_slashes(&shown)),
            help: self
                .may_suggest()
                .then(|| suggest::nearest_file(&absolute))
                .flatten()
                .map(|name| format!("did you mean `{name}`?")),
        })?;
        self.add(absolute, shown, source, false).ok_or(Failure::ReportedInFile)
    }

    /// Whether to search for a name that may have been meant. That takes time, and a broken document can lack many.
    pub(crate) fn may_suggest(&self) -> bool {
        let left = self.suggestions.get();
        self.suggestions.set(left.saturating_sub(1));
        left > 0
    }

    /// Refuses paths that leave the boundary, be it by `..` or through a symbolic link.
    fn check_inside(&mut self, absolute: &Path, is_file: bool) -> Result<(), Failure> {
        let is_link = || !is_file && fs::symlink_metadata(absolute).is_ok_and(|metadata| metadata.is_symlink());
        let inside = absolute.starts_with(&self.boundary)
            && absolute.parent().is_some_and(|folder| self.is_really_inside(folder))
            && (!is_link() || self.is_really_below(absolute));
        if inside {
            return Ok(());
        }
        let help = "only files in the repository of the root document, or without one in its folder, are read";
        Err(Failure::because("leads out of the tree of the document", help))
    }

    /// Whether a folder is inside the boundary once symbolic links are followed. Each is looked at once.
    fn is_really_inside(&mut self, folder: &Path) -> bool {
        if let Some(known) = self.folders.get(folder) {
            return *known;
        }
        let inside = self.is_really_below(folder);
        self.folders.insert(folder.to_owned(), inside);
        inside
    }

    fn is_really_below(&self, path: &Path) -> bool {
        match (path.canonicalize(), &self.real_boundary) {
            (Ok(real), Some(boundary)) => real.starts_with(boundary),
            // What does not exist is reported as such.
            _ => true,
        }
    }

    fn add(&mut self, absolute: PathBuf, shown: PathBuf, source: Source, is_root: bool) -> Option<u32> {
        let is_tree = is_root || has_tree_extension(&absolute);
        let text = (!is_tree).then(|| source.text.clone());
        let file = self.sources.add(source)?;
        let top = match text {
            Some(text) => self.add_text(text, file),
            None => match read::parse(&self.sources, file, &mut self.budget) {
                Ok(tree) => Ok(tree.map(|tree: Node| self.arena.add_tree(tree, file))),
                Err(found) => {
                    self.found.extend(found);
                    Err(Failure::ReportedInFile)
                }
            },
        };
        self.by_path.insert(absolute.clone().into(), file);
        self.files.push(File { absolute, shown, top });
        Some(file)
    }

    fn add_early(&mut self, absolute: PathBuf, shown: PathBuf, early: Early) -> Option<u32> {
        let source = Source { path: shown.clone(), ..early.source };
        if !self.budget.pay_price(early.price) {
            // Reading it again finds the place where the document became too large.
            return self.add(absolute, shown, source, false);
        }
        let file = self.sources.add(source)?;
        let top = Ok(Some(self.arena.append(early.nodes, early.top, file)));
        self.by_path.insert(absolute.clone().into(), file);
        self.files.push(File { absolute, shown, top });
        Some(file)
    }

    /// A file that is neither YAML nor JSON is one string.
    fn add_text(&mut self, text: String, file: u32) -> Result<Option<Id>, Failure> {
        if !self.budget.pay(text.len()) {
            return Err(Failure::because("is one text too many: the document is too large", "split the document"));
        }
        Ok(Some(self.arena.add(Content::String(text.into()), Span { file, line: 1, column: 1 })))
    }
}

/// How the names of files end that hold values; others hold text.
pub(super) const TREE_EXTENSIONS: [&str; 3] = [".yaml", ".yml", ".json"];

fn has_tree_extension(path: &Path) -> bool {
    let name = path.to_string_lossy();
    TREE_EXTENSIONS.iter().any(|extension| name.ends_with(extension))
}

/// `https:…`, `file:…`, `data:…`: a scheme of at least two letters, so that a drive is not taken for one.
pub(super) fn is_url(uri: &str) -> bool {
    uri.split_once(':').is_some_and(|(scheme, rest)| {
        let known = matches!(scheme, "http" | "https" | "file" | "data");
        known || (rest.starts_with("//") && scheme.len() > 1 && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric()))
    })
}

/// The repository that a folder belongs to, or the folder itself.
fn boundary(folder: &Path) -> PathBuf {
    folder.ancestors().find(|ancestor| ancestor.join(".git").exists()).unwrap_or(folder).to_owned()
}

/// The path of what `uri` names in `folder`, which has no dots. As [`without_dots`], but quick for common names.
pub(super) fn beside(folder: &Path, uri: &str) -> PathBuf {
    let (mut base, mut rest) = (folder, uri.strip_prefix("./").unwrap_or(uri));
    while let (Some(above), Some(name)) = (base.parent(), rest.strip_prefix("../")) {
        (base, rest) = (above, name);
    }
    let is_plain = |part: &str| !part.is_empty() && !part.starts_with('.') && !part.contains(['\\', ':']);
    if rest.split('/').all(is_plain) { base.join(rest) } else { without_dots(&folder.join(uri)) }
}

/// The path without `.`, and without `..` where a named part stands before it. Does not look at the file system.
fn without_dots(path: &Path) -> PathBuf {
    let mut parts: Vec<Component<'_>> = Vec::new();
    for part in path.components() {
        match (part, parts.last()) {
            (Component::CurDir, _) | (Component::ParentDir, Some(Component::RootDir)) => {}
            (Component::ParentDir, Some(Component::Normal(_))) => drop(parts.pop()),
            _ => parts.push(part),
        }
    }
    parts.iter().map(|part| OsString::from(part.as_os_str())).collect()
}

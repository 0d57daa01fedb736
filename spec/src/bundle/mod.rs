//! Bundling a split tree into one document.

mod ahead;
pub(crate) mod arena;
mod component;
pub(crate) mod files;
mod finish;
pub(crate) mod kind;
mod members;
pub(crate) mod resolve;
pub(crate) mod visited;
mod walk;

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::document::Document;
use crate::memory;
use crate::source::Span;
use arena::{Content, Id, Members};
use component::Components;
use files::{Files, ROOT};
use kind::Version;
use resolve::{Resolutions, resolve_all};
use std::path::Path;
use walk::Walk;

/// What to do when two components of different content derive the same name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum OnCollision {
    /// Refuse, naming both files.
    #[default]
    Error,
    /// Give the later one the suffix `-2`, `-3` and so on, as the reference bundler does.
    Number,
}

/// What to do with a `$ref` to another file that stands where no reference is read, for example inside the value of an
/// example. It would lead nowhere in the bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Dangling {
    /// Refuse.
    #[default]
    Error,
    /// Print it as it is, as the reference bundler does.
    Keep,
}

/// What to do with a number that no double has the value of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum LossyNumbers {
    /// Refuse.
    #[default]
    Error,
    /// Take the nearest double, as the reference bundler does.
    Round,
}

/// How strict bundling is. The default refuses whatever would lose or change something unseen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BundleOptions {
    /// Two components under one name
    pub on_collision: OnCollision,
    /// References where none is read
    pub dangling: Dangling,
    /// Numbers that a double cannot hold
    pub lossy_numbers: LossyNumbers,
}

/// Reads the document at `root` and every file that it refers to, and joins them into one.
///
/// A document of one file, bundled before or not, is also fine. OpenAPI 3.0 and 3.1.
///
/// # Errors
/// Every problem that was found, each at its place in the author's file. Reading goes on after a problem wherever the
/// rest can still be judged.
pub fn bundle(root: &Path, options: BundleOptions) -> Result<Document, Diagnostics> {
    let mut files = Files::open_root(root).map_err(Diagnostics)?;
    let (top, version) = start(&files)?;
    let components = components_of(&mut files, top)?;
    let resolutions = resolve_all(&mut files, version, top);
    let mut walk = Walk::new(&mut files, version, resolutions, Components::new(components, options));
    walk.run(top);
    let Walk { components, found, .. } = walk;
    let mut all = std::mem::take(&mut files.found);
    all.extend(found.into_vec());
    if components.gave_up() {
        all.push(Diagnostic::new("too many components share their names; comparing them would take too long"));
    }
    let tree = match finish::tree(&files.arena, &files.sources, top) {
        Ok(tree) => tree,
        Err(endless) => {
            all.push(endless);
            return Err(Diagnostics(all));
        }
    };
    memory::discard(std::mem::take(&mut files.arena));
    // A reference that was not resolved still stands there; it need not be reported twice.
    let dangling = if all.is_empty() { options.dangling } else { Dangling::Keep };
    all.extend(finish::check(&tree, &files.sources, BundleOptions { dangling, ..options }));
    if all.is_empty() {
        Ok(Document::new(tree, files.sources, components.warnings.into_vec()))
    } else {
        Err(Diagnostics(all))
    }
}

/// The files of a document as their authors wrote them, with what every reference means. Nothing is inlined or moved.
pub(crate) struct SourceFiles {
    pub(crate) files: Files,
    pub(crate) resolutions: Resolutions,
    pub(crate) version: Version,
    pub(crate) top: Id,
}

/// Reads what [`bundle`] would join, and leaves it as it is.
///
/// # Errors
/// Why the root document cannot be read. Problems of other files are in [`Files::found`].
pub(crate) fn read_sources(root: &Path) -> Result<SourceFiles, Diagnostics> {
    let mut files = Files::open_root(root).map_err(Diagnostics)?;
    let (top, version) = start(&files)?;
    let resolutions = resolve_all(&mut files, version, top);
    Ok(SourceFiles { files, resolutions, version, top })
}

/// The OpenAPI object and its version.
fn start(files: &Files) -> Result<(Id, Version), Diagnostics> {
    let refuse =
        |span, message: &str, help: &str| Err(Diagnostic::at(&files.sources, span, message).with_help(help).into());
    let help = "begin with `openapi: 3.1.0` or `openapi: 3.0.3`";
    let beginning = Span { file: ROOT, line: 1, column: 1 };
    let Ok(Some(top)) = files.top(ROOT) else { return refuse(beginning, "the document is empty", help) };
    if files.arena.members(top).is_none() {
        return refuse(files.arena.span(top), "an OpenAPI document is a mapping", help);
    }
    let Some(openapi) = files.arena.get(top, "openapi") else {
        return refuse(files.arena.span(top), "there is no `openapi`, so this is not an OpenAPI document", help);
    };
    match files.arena.text(openapi) {
        Some(text) if is_version(text, "3.0") => Ok((top, Version::V3_0)),
        Some(text) if is_version(text, "3.1") => Ok((top, Version::V3_1)),
        _ => refuse(files.arena.span(openapi), "only OpenAPI 3.0 and 3.1 are read", "write for example `3.1.0`"),
    }
}

fn is_version(text: &str, minor: &str) -> bool {
    text.strip_prefix(minor).is_some_and(|patch| patch.starts_with('.'))
}

/// `components` of the root document; added if it is missing, because it is printed even if empty.
fn components_of(files: &mut Files, top: Id) -> Result<Id, Diagnostics> {
    if let Some(components) = files.arena.get(top, "components")
        && !matches!(files.arena.content(components), Content::Null)
    {
        if files.arena.members(components).is_some() {
            return Ok(components);
        }
        let span = files.arena.span(components);
        return Err(Diagnostic::at(&files.sources, span, "`components` is not a mapping").into());
    }
    let span = files.arena.span(top);
    let components = files.arena.add(Content::Mapping(Members::default()), span);
    files.arena.set(top, "components", components, span);
    Ok(components)
}

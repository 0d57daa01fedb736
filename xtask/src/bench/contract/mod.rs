//! The tree that the tools are measured on: the interface of a wallet for payments, made up from word lists, equal in
//! every run. It is well kept, so that what is timed is work and not the printing of findings.

mod chance;
mod common;
mod edits;
mod members;
mod operations;
mod schemas;
mod thing;
mod words;
mod yaml;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};

use self::thing::Thing;
use self::words::{AREAS, camel};
use self::yaml::{Map, print, refer};

/// Files in a tree of scale 1.
const FILES: f64 = 800.0;

/// The first state of the interface, or the one after some hundred edits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Edition {
    Base,
    Head,
}

/// The texts of a tree by their paths.
#[derive(Default)]
pub(crate) struct Files(BTreeMap<String, String>);

impl Files {
    fn add(&mut self, path: &str, content: &Map) {
        self.0.insert(path.to_owned(), print(content, path));
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Writes them into a folder that holds nothing else afterwards.
    pub(crate) fn write(&self, folder: &Path) -> Result<()> {
        if folder.exists() {
            fs::remove_dir_all(folder).with_context(|| format!("emptying {}", folder.display()))?;
        }
        for (path, text) in
            self.0.iter().map(|(path, text)| (path.as_str(), text.as_str())).chain([("lint.toml", LINT)])
        {
            let path = folder.join(path);
            fs::create_dir_all(path.parent().unwrap_or(folder))?;
            fs::write(&path, text).with_context(|| format!("writing {}", path.display()))?;
        }
        Ok(())
    }
}

/// A tree of 800 files for a scale of 1, and so many times more or less for others.
pub(crate) fn generate(scale: f64, edition: Edition) -> Files {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small positive number")]
    let wanted = (FILES * scale) as usize;
    let mut things = things(wanted);
    if edition == Edition::Head {
        edits::apply(&mut things);
    }
    written(&things)
}

/// As many things as there is room for, the last files filled up with examples.
fn things(wanted: usize) -> Vec<Thing> {
    let mut things = Vec::new();
    // Those of the root and of what all share.
    let mut files = written(&[]);
    for thing in (0..).map_while(Thing::numbered) {
        let mut more = Files::default();
        write_thing(&thing, &mut more);
        let new = more.0.keys().filter(|path| !files.0.contains_key(*path)).count();
        if files.len() + new > wanted && !things.is_empty() {
            break;
        }
        files.0.extend(more.0);
        things.push(thing);
    }
    let number = things.len().max(1);
    for missing in 0..wanted.saturating_sub(files.len()) {
        things[missing % number].more_examples += 1;
    }
    things
}

fn written(things: &[Thing]) -> Files {
    let mut files = Files::default();
    common::write(&mut files);
    things.iter().for_each(|thing| write_thing(thing, &mut files));
    files.add("openapi.yaml", &root(things));
    files
}

/// Settings with which no rule is left out.
pub(crate) const LINT: &str = "\
[rules]
router-conflict = \"error\"
\"codegen-safe/inline-body\" = \"error\"
\"codegen-safe/enum-collision\" = \"error\"
\"codegen-safe/closed-allof-base\" = \"error\"
\"codegen-safe/anyof-required-sets\" = \"error\"
\"codegen-safe/unnamed-constrained-string\" = \"error\"
";

fn write_thing(thing: &Thing, files: &mut Files) {
    schemas::write(thing, files);
    operations::write(thing, files);
}

fn root(things: &[Thing]) -> Map {
    let contact = Map::new().with("name", "The interface group").with("email", "interface@wallet.test");
    let license = Map::new().with("name", "Apache-2.0").with("identifier", "Apache-2.0");
    let info = Map::new()
        .with("title", "Tidewater wallet")
        .with("version", "2026-04-01")
        .with("summary", "Payments, cards and accounts for wallets.")
        .with("description", INTRODUCTION)
        .with("contact", contact)
        .with("license", license);
    let server = Map::new()
        .with("url", "https://api.wallet.test/2026-04-01")
        .with("description", "For everybody. The sandbox has the same address and other credentials.");
    let is_used = |folder| things.iter().any(|thing| thing.area.folder == folder);
    let tags: Vec<Map> = AREAS
        .iter()
        .filter(|area| is_used(area.folder))
        .map(|area| Map::new().with("name", area.tag).with("description", area.description))
        .collect();
    let basic = Map::new()
        .with("type", "http")
        .with("scheme", "basic")
        .with("description", "The client id as the user name, and the client secret as the password.");
    let paths = things.iter().fold(Map::new(), |map, thing| {
        let map = map
            .with(thing.path(), refer(&thing.path_file("")))
            .with(thing.path_of_one(), refer(&thing.path_file("-id")))
            .with(format!("{}/confirm", thing.path_of_one()), refer(&thing.path_file("-id-confirm")));
        let events = thing.has_events.then(|| refer(&thing.path_file("-id-events")));
        map.maybe(&format!("{}/events", thing.path_of_one()), events)
    });
    let webhooks = things
        .iter()
        .fold(Map::new(), |map, thing| map.with(camel(&operations::webhook_name(thing)), refer(&thing.webhook_file())));
    Map::new()
        .with("openapi", "3.1.0")
        .with("info", info)
        .with("servers", vec![server])
        .with("security", vec![Map::new().with("BasicAuth", Vec::<Map>::new())])
        .with("tags", tags)
        .with("paths", paths)
        .with("webhooks", webhooks)
        .with("components", Map::new().with("securitySchemes", Map::new().with("BasicAuth", basic)))
}

const INTRODUCTION: &str = "\
Wallets for platforms: accounts that hold money, ways for it to come and go, and what the law wants to know of both.

## Callers

Every operation is called with HTTP Basic: client id and client secret. A client belongs to a platform, and sees only
what belongs to that platform. An id of another platform is answered exactly like one that does not exist.

## Conventions

- Ids are a kind, a colon and a UUID.
- Times are RFC 3339 in UTC.
- Amounts are whole numbers in the smallest unit of their currency.
- Bodies are JSON of at most 64 KiB.

## Errors

Every error has `status`, `code` and `message`, and sometimes `details`. Programs go by `code`. Faults are judged in
this order: the caller, the shape of the request, the existence of what it names, and the state of things.

## Signed retry

Some confirmations need the key of the wallet. They are called twice, with the same path:

1. The first call is answered with `payloadToSign` and `requestId`. Nothing has happened yet.
2. The client signs the payload and repeats the call with the signature and the `requestId` in two headers.

## Limits

| What | How much |
| --- | --- |
| Calls of a platform | 600 in a minute |
| Entries of a page | 100 |
| Values in `metadata` | 20 |
| Time to sign | 5 minutes |";

#[cfg(test)]
mod tests {
    use super::{Edition, generate};
    use countersign_spec::diff::{Profile, diff};
    use countersign_spec::lint::{Lint, LintFormat};
    use countersign_spec::{BundleOptions, Document};
    use std::path::Path;

    fn written(scale: f64, edition: Edition, folder: &Path) -> Document {
        generate(scale, edition).write(folder).unwrap();
        countersign_spec::bundle(&folder.join("openapi.yaml"), BundleOptions::default()).unwrap()
    }

    #[test]
    fn a_tree_of_scale_1_has_800_files_and_26_thousand_lines() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(generate(1.0, Edition::Base).len(), 800);
        assert_eq!(generate(4.0, Edition::Base).len(), 3200);
        let lines = written(1.0, Edition::Base, folder.path()).to_yaml().lines().count();
        assert!((25_500..26_500).contains(&lines), "{lines} lines");
    }

    #[test]
    fn the_tree_is_well_kept_in_both_states() {
        for edition in [Edition::Base, Edition::Head] {
            let folder = tempfile::tempdir().unwrap();
            let bundle = written(0.5, edition, folder.path());
            assert!(bundle.warnings().is_empty());
            let linted = Lint { root: folder.path().join("openapi.yaml"), ..Lint::default() }.run().unwrap();
            assert!(linted.findings.is_empty(), "{}", linted.print(LintFormat::Text));
        }
    }

    #[test]
    fn the_later_state_has_hundreds_of_changes_of_many_sorts() {
        let folder = tempfile::tempdir().unwrap();
        let base = written(1.0, Edition::Base, &folder.path().join("base"));
        let head = written(1.0, Edition::Head, &folder.path().join("head"));
        let changes = diff(&base, &head, Profile::House).unwrap().changes;
        let sorts: std::collections::HashSet<_> = changes.iter().map(|change| &change.id).collect();
        assert!(changes.len() > 250 && sorts.len() > 20, "{} changes of {} sorts", changes.len(), sorts.len());
    }
}

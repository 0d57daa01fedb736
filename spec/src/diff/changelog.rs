//! The changelog of clients: conventional commits made of operationIds, tags and names of components.

use super::api::{Named, Operation};
use super::finding::visible;
use super::policy::Kind;
use super::report::Group;
use super::verdict::Verdict;
use indexmap::{IndexMap, IndexSet};

/// Tells of groups of findings.
pub(super) struct Changelog<'o> {
    operations: &'o [Operation],
}

/// What a line says of its subjects.
#[derive(PartialEq, Eq, Hash)]
struct Saying {
    prefix: &'static str,
    verb: &'static str,
    noun: &'static str,
    /// ` to auth sessions`
    target: String,
}

/// A line in the making. Lines that say the same become one.
struct Line {
    saying: Saying,
    subject: Option<String>,
}

const NOTHING: &str = "chore(internal): change nothing that clients see";
const DOCUMENTATION: &str = "chore(internal): change the documentation only";

impl<'o> Changelog<'o> {
    pub(super) fn new(operations: &'o [Operation]) -> Self {
        Self { operations }
    }

    /// The lines, those of breaks first.
    pub(super) fn lines(&self, groups: &[Group]) -> Vec<String> {
        let mut lines: IndexMap<Saying, IndexSet<String>> = IndexMap::new();
        let mut is_documented_otherwise = false;
        for group in groups {
            if group.finding.kind == Kind::DocumentationChanged {
                is_documented_otherwise = true;
                continue;
            }
            // Names are seen only by those whom they break.
            let unseen = group.finding.kind.is_about_names() || group.finding.mitigation.is_covered;
            if unseen && group.verdict == Verdict::NonBreaking {
                continue;
            }
            for Line { saying, subject } in self.of_group(group) {
                lines.entry(saying).or_default().extend(subject);
            }
        }
        if lines.is_empty() {
            return vec![if is_documented_otherwise { DOCUMENTATION } else { NOTHING }.to_owned()];
        }
        lines.iter().map(|(saying, subjects)| saying.to_text(subjects)).collect()
    }

    fn of_group(&self, group: &Group) -> Vec<Line> {
        let Group { finding, verdict, operations, component, .. } = group;
        let breaks = *verdict == Verdict::Breaking;
        let first = operations.first().and_then(|index| self.operations.get(*index)).map(|one| &one.named);
        let subject = plain(&finding.subject);
        let place = match (component, first) {
            (Some(component), _) => words(component).join(" "),
            (None, Some(named)) => named.called(),
            (None, None) => String::new(),
        };
        let line = |verb, noun, preposition: &str, is_feature: bool| {
            let prefix = match (breaks, is_feature) {
                (true, _) => "feat(api)!",
                (false, true) => "feat(api)",
                (false, false) => "fix(api)",
            };
            let target = if place.is_empty() { String::new() } else { format!(" {preposition} {place}") };
            let subject = Some(subject.clone()).filter(|subject| !subject.is_empty());
            Line { saying: Saying { prefix, verb, noun, target }, subject }
        };
        let alone = |verb, noun| {
            let Line { saying, subject } = line(verb, noun, "", true);
            Line { saying: Saying { target: String::new(), ..saying }, subject }
        };
        let one = match finding.kind {
            Kind::OperationAdded | Kind::OperationRemoved | Kind::PathRemoved if first.is_some_and(Named::is_call) => {
                return self.methods(group, line("", "", "", true).saying.prefix);
            }
            Kind::WebhookAdded | Kind::WebhookRemoved => {
                alone(if finding.kind == Kind::WebhookAdded { "add" } else { "remove" }, "webhook")
            }
            Kind::ParameterAdded | Kind::RequiredParameterAdded => line("add", "parameter", "to", true),
            Kind::ParameterRemoved => line("remove", "parameter", "from", true),
            Kind::HeaderAdded | Kind::RequiredHeaderAdded => line("add", "header", "to", true),
            Kind::HeaderRemoved => line("remove", "header", "from", true),
            Kind::SuccessStatusAdded | Kind::RedirectStatusAdded | Kind::ErrorStatusAdded => {
                line("add", "response", "to", true)
            }
            Kind::SuccessStatusRemoved | Kind::SuccessStatusReplaced | Kind::StatusRemoved => {
                line("remove", "response", "from", true)
            }
            Kind::SecurityAlternativeAdded if subject.is_empty() => line("stop requiring", "credentials", "for", true),
            Kind::PropertyAdded
            | Kind::RequiredPropertyAdded
            | Kind::EnumValueAdded
            | Kind::ExtensibleValueAdded
            | Kind::UnionMemberAdded
            | Kind::BodyAdded
            | Kind::RequiredBodyAdded
            | Kind::MediaTypeAdded
            | Kind::CallbackAdded
            | Kind::SecurityAlternativeAdded => line("add", "", "to", true),
            Kind::ServerAdded => line("add", "server", "to", true),
            Kind::ServerRemoved => line("remove", "server", "from", true),
            // No credentials.
            Kind::SecurityAlternativeRemoved if subject.is_empty() => line("require", "credentials", "for", true),
            Kind::PropertyRemoved
            | Kind::EnumValueRemoved
            | Kind::ExtensibleValueRemoved
            | Kind::UnionMemberRemoved
            | Kind::DiscriminatorKeyRemoved
            | Kind::BodyRemoved
            | Kind::MediaTypeRemoved
            | Kind::CallbackRemoved
            | Kind::SecurityAlternativeRemoved => line("remove", "", "from", true),
            Kind::PropertyRenamed | Kind::PathParameterRenamed => line("rename", "", "in", true),
            Kind::OperationIdChanged => alone("rename", ""),
            Kind::PropertyBecameRequired | Kind::ParameterBecameRequired | Kind::HeaderBecameRequired => {
                line("require", "", "in", true)
            }
            Kind::PropertyBecameOptional | Kind::ParameterBecameOptional | Kind::HeaderBecameOptional => {
                line("stop requiring", "", "in", true)
            }
            Kind::ComponentRemoved => alone("remove", ""),
            Kind::ComponentRenamed => alone("rename", ""),
            Kind::Deprecated => alone("deprecate", ""),
            Kind::SunsetEarlier => alone("shorten the life of", ""),
            Kind::StabilityLowered => alone("promise less of", ""),
            Kind::NoLongerDeprecated => alone("stop deprecating", ""),
            _ => {
                let Line { saying, subject } = line("change", "", "in", false);
                let about = subject.unwrap_or_else(|| plain(&group.about));
                // What was changed may be the whole place.
                match words(&about).join(" ") == place {
                    true => line("change", "", "", false).without_subject(),
                    false => Line { saying, subject: Some(about) },
                }
            }
        };
        vec![one]
    }

    /// `add refresh method to auth sessions`, for each operation.
    fn methods(&self, group: &Group, prefix: &'static str) -> Vec<Line> {
        let (verb, preposition) = match group.finding.kind {
            Kind::OperationAdded => ("add", "to"),
            _ => ("remove", "from"),
        };
        let named = group.operations.iter().filter_map(|index| Some(&self.operations.get(*index)?.named));
        named
            .map(|named| {
                let (method, resource) = named.method_and_resource();
                let saying = Saying { prefix, verb, noun: "method", target: format!(" {preposition} {resource}") };
                Line { saying, subject: Some(method) }
            })
            .collect()
    }
}

impl Line {
    fn without_subject(self) -> Self {
        let Saying { target, .. } = &self.saying;
        let target = target.replacen("  ", " ", 1);
        Self { saying: Saying { target, ..self.saying }, subject: None }
    }
}

impl Saying {
    fn to_text(&self, subjects: &IndexSet<String>) -> String {
        const MOST: usize = 12;
        let Self { prefix, verb, noun, target } = self;
        let subjects: Vec<&str> = subjects.iter().map(String::as_str).collect();
        let plural = if subjects.len() > 1 { "s" } else { "" };
        let listed = match subjects.as_slice() {
            [] => String::new(),
            [only] => format!(" {only}"),
            all if all.len() > MOST => format!(" {} and {} more", all[..MOST].join(", "), all.len() - MOST),
            [first @ .., last] => format!(" {} and {last}", first.join(", ")),
        };
        let noun = if noun.is_empty() { String::new() } else { format!(" {noun}{plural}") };
        let target = if *verb == "change" && target.is_empty() { " the API" } else { target };
        visible(&format!("{prefix}: {verb}{listed}{noun}{target}")).into_owned()
    }
}

impl Named {
    /// Whether clients call it.
    fn is_call(&self) -> bool {
        !self.method.is_empty()
    }

    /// The operation in running text.
    fn called(&self) -> String {
        match &self.id {
            Some(id) => words(id).join(" "),
            None if self.is_call() => format!("{} {}", self.method.to_uppercase(), self.path),
            None => format!("{} webhook", self.path),
        }
    }

    /// `refreshAuthSession` is `refresh` of `auth sessions`. The plural is that of the tag or the path.
    fn method_and_resource(&self) -> (String, String) {
        let words = self.id.as_deref().map(words).unwrap_or_default();
        let literals: Vec<&str> = self.path.split('/').filter(|part| !part.is_empty() && !part.contains('{')).collect();
        let tag = self.tag.as_ref().map(|tag| tag.to_lowercase());
        let last = || Some(literals.last()?.replace(['-', '_'], " "));
        let fallback = || tag.clone().or_else(last).unwrap_or_else(|| self.path.clone());
        let Some((verb, noun)) = words.split_first() else { return (self.method.clone(), fallback()) };
        let Some((last, before)) = noun.split_last() else { return (verb.clone(), fallback()) };
        let written = |word: &str| {
            let in_tag = tag.iter().flat_map(|tag| tag.split_whitespace()).any(|one| one == word);
            in_tag || literals.iter().flat_map(|part| part.split(['-', '_'])).any(|one| one.eq_ignore_ascii_case(word))
        };
        let plural = plurals(last).into_iter().find(|plural| written(plural)).unwrap_or_else(|| last.clone());
        let noun: Vec<&str> = before.iter().map(String::as_str).chain([plural.as_str()]).collect();
        (verb.clone(), noun.join(" "))
    }
}

/// A line of a changelog has no markup.
fn plain(subject: &str) -> String {
    subject.replace('`', "").split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What the plural of an English noun may look like.
fn plurals(noun: &str) -> Vec<String> {
    let mut all = vec![format!("{noun}s"), format!("{noun}es")];
    all.extend(noun.strip_suffix('y').map(|stem| format!("{stem}ies")));
    all
}

/// The words of a name in `camelCase`, `PascalCase`, `kebab-case` or `snake_case`, in lower case.
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut before: Option<char> = None;
    let mut chars = name.chars().peekable();
    while let Some(c) = chars.next() {
        let starts = match before {
            None => true,
            Some(before) if !before.is_alphanumeric() => true,
            // `HTTPServer` is two words.
            Some(before) if c.is_uppercase() => {
                before.is_lowercase()
                    || before.is_numeric()
                    || (before.is_uppercase() && chars.peek().is_some_and(|next| next.is_lowercase()))
            }
            Some(_) => false,
        };
        before = Some(c);
        if !c.is_alphanumeric() {
            continue;
        }
        if starts {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut() {
            word.extend(c.to_lowercase());
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(id: &str, tag: &str, path: &str, method: &str, resource: &str) {
        let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let named = Named { method: "post".to_owned(), path: path.to_owned(), id: text(id), tag: text(tag) };
        assert_eq!(named.method_and_resource(), (method.to_owned(), resource.to_owned()));
    }

    #[test]
    fn a_method_and_its_resource_are_read_from_the_operation_id_and_the_tag() {
        check("refreshAuthSession", "Auth Sessions", "/x", "refresh", "auth sessions");
        check("refreshAuthSession", "Sessions", "/x", "refresh", "auth sessions");
        check("refreshAuthSession", "", "/auth/sessions/{id}/refresh", "refresh", "auth sessions");
        check("list_entries", "", "/x", "list", "entries");
        check("createPolicy", "Policies", "/x", "create", "policies");
        check("getHealth", "Operations", "/health", "get", "health");
        check("refresh", "Auth Sessions", "/x", "refresh", "auth sessions");
        check("", "", "/internal-accounts/{id}", "post", "internal accounts");
        check("", "", "/{id}", "post", "/{id}");
    }

    #[test]
    fn names_fall_apart_into_words() {
        assert_eq!(words("HTTPServer2Go-x_y"), ["http", "server2", "go", "x", "y"]);
        assert_eq!(words(""), Vec::<String>::new());
    }
}

//! Scopes: `{plane}:{resource}:{action}[:{constraint}]`.
//!
//! `*` stands for any name, as a whole part. A scope without a constraint covers every constraint, as does `*` in its
//! place. A constraint that begins with a slash is a path, and compared as one.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use super::path::PathPattern;

/// The longest name in a scope, in characters.
const LONGEST_NAME: usize = 128;

/// The most scopes of one holder: all of them travel in each token.
pub const MOST_SCOPES: usize = 100;

/// A text isn't a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be plane:resource:action or plane:resource:action:constraint")]
pub struct ScopeFault;

/// One scope. Two are equal if they cover the same.
#[derive(Clone, Debug)]
pub struct Scope {
    /// Plane, resource and action.
    names: [Name; 3],
    constraint: Constraint,
    /// As it was written, but for the spelling of paths.
    text: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Name {
    Any,
    One(String),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Constraint {
    Any,
    Name(String),
    Path(PathPattern),
}

impl Scope {
    fn new(names: [Name; 3], constraint: Constraint) -> Self {
        let [plane, resource, action] = &names;
        let text = match &constraint {
            Constraint::Any => format!("{plane}:{resource}:{action}"),
            Constraint::Name(name) => format!("{plane}:{resource}:{action}:{name}"),
            Constraint::Path(path) => format!("{plane}:{resource}:{action}:{path}"),
        };
        Self { names, constraint, text }
    }

    /// A scope on a path.
    pub fn on_path(plane: &str, resource: &str, action: &str, path: PathPattern) -> Self {
        Self::new([plane, resource, action].map(|name| Name::One(name.to_owned())), Constraint::Path(path))
    }

    /// As it is written in tokens.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The plane, unless it is any.
    pub fn plane(&self) -> Option<&str> {
        match &self.names[0] {
            Name::Any => None,
            Name::One(plane) => Some(plane),
        }
    }

    /// The action and the path, of a scope on a path of this plane and resource.
    pub fn path_of(&self, plane: &str, resource: &str) -> Option<(&str, &PathPattern)> {
        match (&self.names, &self.constraint) {
            ([Name::One(own), Name::One(on), Name::One(action)], Constraint::Path(path))
                if own == plane && on == resource =>
            {
                Some((action, path))
            }
            _ => None,
        }
    }

    /// Whether everything that `other` allows is allowed.
    pub fn covers(&self, other: &Self) -> bool {
        self.names.iter().zip(&other.names).all(|(wide, narrow)| *wide == Name::Any || wide == narrow)
            && self.constraint.covers(&other.constraint)
    }

    /// What both allow, if there is any such thing.
    pub fn intersect(&self, other: &Self) -> Option<Self> {
        if other.covers(self) {
            return Some(self.clone());
        }
        if self.covers(other) {
            return Some(other.clone());
        }
        let [a, b, c] = [0, 1, 2].map(|place| self.names[place].intersect(&other.names[place]));
        let constraint = if other.constraint.covers(&self.constraint) {
            self.constraint.clone()
        } else if self.constraint.covers(&other.constraint) {
            other.constraint.clone()
        } else {
            return None;
        };
        Some(Self::new([a?, b?, c?], constraint))
    }
}

impl Name {
    fn parse(text: &str) -> Result<Self, ScopeFault> {
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        match text {
            "*" => Ok(Self::Any),
            _ if !text.is_empty() && text.len() <= LONGEST_NAME && text.chars().all(fits) => {
                Ok(Self::One(text.to_owned()))
            }
            _ => Err(ScopeFault),
        }
    }

    fn intersect(&self, other: &Self) -> Option<Self> {
        match (self, other) {
            (Self::Any, name) | (name, Self::Any) => Some(name.clone()),
            (one, same) if one == same => Some(one.clone()),
            _ => None,
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("*"),
            Self::One(name) => f.write_str(name),
        }
    }
}

impl Constraint {
    fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Any, _) => true,
            (Self::Path(wide), Self::Path(narrow)) => wide.covers(narrow),
            (wide, narrow) => wide == narrow,
        }
    }
}

impl FromStr for Scope {
    type Err = ScopeFault;

    fn from_str(text: &str) -> Result<Self, ScopeFault> {
        let mut parts = text.splitn(4, ':');
        let mut name = || Name::parse(parts.next().ok_or(ScopeFault)?);
        let names = [name()?, name()?, name()?];
        match parts.next() {
            None => Ok(Self::new(names, Constraint::Any)),
            Some("*") => Ok(Self { text: text.to_owned(), ..Self::new(names, Constraint::Any) }),
            Some(path) if path.starts_with('/') => {
                let path = path.parse().map_err(|_| ScopeFault)?;
                Ok(Self::new(names, Constraint::Path(path)))
            }
            Some(name) => match Name::parse(name)? {
                Name::Any => Err(ScopeFault),
                Name::One(name) => Ok(Self::new(names, Constraint::Name(name))),
            },
        }
    }
}

impl PartialEq for Scope {
    fn eq(&self, other: &Self) -> bool {
        self.names == other.names && self.constraint == other.constraint
    }
}

impl Eq for Scope {}

impl Hash for Scope {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.names.hash(state);
        self.constraint.hash(state);
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// What a holder may do: a list of scopes, in order, none of them twice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scopes(Vec<Scope>);

impl Scopes {
    /// Reads a list.
    ///
    /// # Errors
    /// The place of the first text that is no scope, or that is one too many.
    pub fn parse<S: AsRef<str>>(texts: impl IntoIterator<Item = S>) -> Result<Self, usize> {
        let mut scopes = Self::default();
        for (place, text) in texts.into_iter().enumerate() {
            let scope = text.as_ref().parse().map_err(|_| place)?;
            scopes.add(scope);
            if scopes.0.len() > MOST_SCOPES {
                return Err(place);
            }
        }
        Ok(scopes)
    }

    fn add(&mut self, scope: Scope) {
        if !self.0.contains(&scope) {
            self.0.push(scope);
        }
    }

    /// The scopes, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Scope> {
        self.0.iter()
    }

    /// As they are written in tokens.
    pub fn texts(&self) -> Vec<String> {
        self.0.iter().map(|scope| scope.text.clone()).collect()
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether one of them covers `scope`.
    pub fn cover(&self, scope: &Scope) -> bool {
        self.0.iter().any(|own| own.covers(scope))
    }

    /// Whether each of them is covered by one of `grantor`.
    pub fn within(&self, grantor: &Self) -> bool {
        self.0.iter().all(|scope| grantor.cover(scope))
    }

    /// What both allow, up to [`MOST_SCOPES`].
    #[must_use]
    pub fn intersect(&self, other: &Self) -> Self {
        self.intersect_up_to(other, MOST_SCOPES)
    }

    /// What both allow, up to so many: two lists of a hundred have up to ten thousand scopes in common.
    pub(super) fn intersect_up_to(&self, other: &Self, most: usize) -> Self {
        let mut common = Self::default();
        for own in &self.0 {
            if common.0.len() >= most {
                break;
            }
            // As it is, if possible: nothing changes where nothing is lost.
            if other.cover(own) {
                common.add(own.clone());
                continue;
            }
            for scope in other.0.iter().filter_map(|scope| own.intersect(scope)) {
                if common.0.len() < most && !common.cover(&scope) {
                    common.add(scope);
                }
            }
        }
        common
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<T: IntoIterator<Item = Scope>>(scopes: T) -> Self {
        let mut all = Self::default();
        scopes.into_iter().for_each(|scope| all.add(scope));
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(text: &str) -> Scope {
        text.parse().unwrap_or_else(|_| panic!("{text} is a scope"))
    }

    fn scopes(texts: &[&str]) -> Scopes {
        Scopes::parse(texts).unwrap()
    }

    #[test]
    fn a_scope_covers_what_its_parts_cover() {
        for (wide, narrow, covered) in [
            ("a:b:c", "a:b:c", true),
            ("a:b:c", "a:b:c:*", true),
            ("a:b:c:*", "a:b:c", true),
            ("a:b:c", "a:b:c:d", true),
            ("a:b:c:*", "a:b:c:d", true),
            ("a:b:c:d", "a:b:c", false),
            ("a:b:c:d", "a:b:c:*", false),
            ("a:b:c:d", "a:b:c:e", false),
            ("*:b:c", "a:b:c", true),
            ("a:*:*:*", "a:b:c:/d", true),
            ("a:*:c", "a:b:d", false),
            ("a:b:c", "*:b:c", false),
            ("a:b:c", "a:bb:c", false),
            ("a:b:manage", "a:b:read", false),
            ("relayfile:fs:read:/work", "relayfile:fs:read:/work/a", true),
            ("relayfile:fs:read:/work", "relayfile:fs:read:/workspace", false),
            ("relayfile:fs:read:/work", "relayfile:fs:write:/work", false),
            ("relayfile:fs:read:/work/*", "relayfile:fs:read", false),
            ("relayfile:fs:read:work", "relayfile:fs:read:/work", false),
        ] {
            assert_eq!(scope(wide).covers(&scope(narrow)), covered, "{wide} over {narrow}");
        }
    }

    #[test]
    fn texts_that_are_no_scopes_are_refused() {
        let long = format!("a:b:{}", "c".repeat(129));
        for text in [
            "",
            "*",
            "a",
            "a:b",
            "a:b:",
            ":b:c",
            "a::c",
            "a:b:c:",
            "a:b:c:d:e",
            "a:b:c:/d:e",
            "a:b*:c",
            "a:b:c:d*",
            "a:b:c:/",
            "a:b:c:/*",
            "a:b:c:/d/../e",
            "a:b:c:/d%2f..",
            "a b:c:d",
            "a:b:c\n",
            "\u{e4}:b:c",
            &long,
        ] {
            assert!(text.parse::<Scope>().is_err(), "{text:?}");
        }
        assert_eq!(Scopes::parse(["a:b:c", "a:b", "x"]), Err(1));
        assert_eq!(Scopes::parse((0..=MOST_SCOPES).map(|n| format!("a:b:{n}"))), Err(MOST_SCOPES));
    }

    #[test]
    fn a_scope_is_written_as_it_was_but_for_the_spelling_of_its_path() {
        for (text, written) in [
            ("relayauth:token:create:*", "relayauth:token:create:*"),
            ("relayauth:token:create", "relayauth:token:create"),
            ("*:*:*:*", "*:*:*:*"),
            ("relayfile:fs:read:/%77ork/", "relayfile:fs:read:/work"),
        ] {
            assert_eq!(scope(text).as_str(), written);
        }
        assert_eq!(scopes(&["a:b:c", "d:e:f", "a:b:c:*"]).texts(), ["a:b:c", "d:e:f"]);
    }

    #[test]
    fn an_intersection_is_what_both_sides_allow() {
        for (own, other, common) in [
            (vec!["a:b:c", "d:e:f"], vec!["a:b:c"], vec!["a:b:c"]),
            (vec!["a:b:c:*"], vec!["a:*:*"], vec!["a:b:c:*"]),
            (vec!["a:*:*"], vec!["a:b:c", "d:e:f"], vec!["a:b:c"]),
            (vec!["a:*:read"], vec!["a:b:*"], vec!["a:b:read"]),
            (vec!["a:*:read:/work"], vec!["a:b:*:/work/x"], vec!["a:b:read:/work/x"]),
            (vec!["a:b:c:/work/*"], vec!["a:b:c:/work"], vec!["a:b:c:/work/*"]),
            (vec!["a:b:c:/work"], vec!["a:b:c:/workspace"], vec![]),
            (vec!["a:b:c"], vec![], vec![]),
            (vec!["a:b:*"], vec!["a:*:c", "a:b:c"], vec!["a:b:c"]),
        ] {
            let (own, other) = (scopes(&own), scopes(&other));
            let both = own.intersect(&other);
            assert_eq!(both, scopes(&common), "{own:?} and {other:?}");
            assert!(both.within(&own) && both.within(&other));
        }
    }
}

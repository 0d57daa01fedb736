//! What may be granted: never more than the grantor has.

use super::path::PathPattern;
use super::scope::{MOST_SCOPES, Scope, Scopes};

/// The plane that path scopes are of, and its resource.
pub const RELAYFILE: (&str, &str) = ("relayfile", "fs");

/// What can be done with a path.
const PATH_ACTIONS: [&str; 2] = ["read", "write"];

/// Why scopes aren't granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GrantFault {
    /// A scope is above what the grantor or the identity has.
    #[error("a scope goes beyond what may be granted")]
    Escalation,
    /// A scope of a path token isn't on one of its paths.
    #[error("a scope is not on one of the paths")]
    OutsidePaths,
    /// What may be granted are more scopes than a token has.
    #[error("what may be granted are more than {MOST_SCOPES} scopes")]
    TooMany,
}

/// The scopes that a caller asks for.
#[derive(Clone, Debug)]
pub enum Asked {
    /// Exactly these.
    These(Scopes),
    /// As much of these as may be granted.
    AtMost(Scopes),
}

/// The scopes of a grant that must lie within each of `limits`.
///
/// # Errors
/// [`GrantFault::TooMany`]; [`GrantFault::Escalation`]; also when something was to be granted, and nothing can be.
pub fn grant(asked: Asked, limits: &[&Scopes]) -> Result<Scopes, GrantFault> {
    match asked {
        Asked::These(scopes) if limits.iter().all(|limit| scopes.within(limit)) => Ok(scopes),
        Asked::These(_) => Err(GrantFault::Escalation),
        Asked::AtMost(scopes) => {
            let more = MOST_SCOPES + 1;
            let granted = limits.iter().fold(scopes.clone(), |granted, limit| granted.intersect_up_to(limit, more));
            if granted.iter().count() > MOST_SCOPES {
                return Err(GrantFault::TooMany);
            }
            if granted.is_empty() && !scopes.is_empty() { Err(GrantFault::Escalation) } else { Ok(granted) }
        }
    }
}

/// The scopes of a path token: those asked for, each on one of its paths, or read and write on every path.
///
/// # Errors
/// [`GrantFault::OutsidePaths`].
pub fn path_scopes(paths: &[PathPattern], asked: Option<Scopes>) -> Result<Asked, GrantFault> {
    let (plane, resource) = RELAYFILE;
    let Some(asked) = asked else {
        let both = paths
            .iter()
            .flat_map(|path| PATH_ACTIONS.map(|action| Scope::on_path(plane, resource, action, path.clone())));
        return Ok(Asked::AtMost(both.collect()));
    };
    let inside = |scope: &Scope| {
        scope
            .path_of(plane, resource)
            .is_some_and(|(action, path)| PATH_ACTIONS.contains(&action) && paths.iter().any(|own| own.covers(path)))
    };
    if asked.iter().all(inside) { Ok(Asked::These(asked)) } else { Err(GrantFault::OutsidePaths) }
}

/// Who an access token is for by default: the planes of its scopes. A scope of every plane names none.
pub fn default_audience(scopes: &Scopes) -> Vec<String> {
    let mut planes: Vec<String> = scopes.iter().filter_map(Scope::plane).map(str::to_owned).collect();
    planes.sort_unstable();
    planes.dedup();
    if planes.is_empty() { vec!["relayauth".to_owned()] } else { planes }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scopes(texts: &[&str]) -> Scopes {
        Scopes::parse(texts).unwrap()
    }

    #[test]
    fn a_grant_has_no_more_scopes_than_are_read_back() {
        let list = |count, name: fn(usize) -> String| Scopes::parse((0..count).map(name)).unwrap();
        let (own, most) = (list(100, |n| format!("files:*:a{n}")), list(99, |n| format!("files:b{n}:*")));
        assert_eq!(grant(Asked::AtMost(own.clone()), &[&most]), Err(GrantFault::TooMany));
        let few = list(1, |_| "files:b:*".to_owned());
        let granted = grant(Asked::AtMost(own.clone()), &[&few]).unwrap();
        assert_eq!(Scopes::parse(granted.texts()), Ok(granted.clone()));
        assert_eq!(granted.iter().count(), 100);
        assert_eq!(own.intersect(&most).iter().count(), MOST_SCOPES);
    }

    fn paths(texts: &[&str]) -> Vec<PathPattern> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn a_grant_lies_within_every_limit() {
        let (identity, token) = (scopes(&["a:b:*", "c:d:e"]), scopes(&["a:*:read", "c:d:*"]));
        let limits = [&identity, &token];
        assert_eq!(grant(Asked::These(scopes(&["a:b:read"])), &limits), Ok(scopes(&["a:b:read"])));
        assert_eq!(grant(Asked::These(scopes(&[])), &limits), Ok(scopes(&[])));
        for above in [&["a:b:write"][..], &["a:x:read"], &["a:b:read", "c:d:*"], &["*:*:*"]] {
            assert_eq!(grant(Asked::These(scopes(above)), &limits), Err(GrantFault::Escalation), "{above:?}");
        }
        assert_eq!(grant(Asked::AtMost(identity.clone()), &limits), Ok(scopes(&["a:b:read", "c:d:e"])));
        assert_eq!(grant(Asked::AtMost(scopes(&["x:y:z"])), &limits), Err(GrantFault::Escalation));
        assert_eq!(grant(Asked::AtMost(scopes(&[])), &limits), Ok(scopes(&[])));
    }

    #[test]
    fn path_scopes_stay_on_their_paths() {
        let own = paths(&["/work/*", "/home"]);
        let Ok(Asked::AtMost(both)) = path_scopes(&own, None) else { panic!("nothing was asked for") };
        assert_eq!(
            both.texts(),
            [
                "relayfile:fs:read:/work/*",
                "relayfile:fs:write:/work/*",
                "relayfile:fs:read:/home",
                "relayfile:fs:write:/home",
            ]
        );
        for inside in ["relayfile:fs:read:/work/a", "relayfile:fs:write:/home", "relayfile:fs:read:/home/a/*"] {
            assert!(matches!(path_scopes(&own, Some(scopes(&[inside]))), Ok(Asked::These(_))), "{inside}");
        }
        for outside in [
            "relayfile:fs:read",
            "relayfile:fs:read:*",
            "relayfile:fs:*:/work/a",
            "relayfile:fs:delete:/work/a",
            "relayfile:*:read:/work/a",
            "relayauth:fs:read:/work/a",
            "*:fs:read:/work/a",
            "relayfile:fs:read:/work",
            "relayfile:fs:read:/workspace/a",
            "relayfile:fs:read:/homes",
            "relayfile:fs:read:home",
        ] {
            let asked = Some(scopes(&["relayfile:fs:read:/work/a", outside]));
            assert_eq!(path_scopes(&own, asked).unwrap_err(), GrantFault::OutsidePaths, "{outside}");
        }
    }

    #[test]
    fn the_default_audience_is_every_plane_once() {
        let both = scopes(&["relayfile:fs:read", "relayauth:role:read", "relayfile:fs:write", "*:*:*"]);
        assert_eq!(default_audience(&both), ["relayauth", "relayfile"]);
        assert_eq!(default_audience(&scopes(&[])), ["relayauth"]);
    }
}

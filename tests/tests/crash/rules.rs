//! What is true of the database by itself, whatever was asked of the server: each effect is there with everything that
//! belongs to it, or not at all.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Debug;
use std::hash::Hash;

use countersign_flow::retry::Operation;

use crate::rules_of_keys;
use crate::tables::{SessionRow, Tables};

/// Everything in the tables that can't be.
pub(crate) fn broken(tables: &Tables) -> Vec<String> {
    let mut found = Vec::new();
    if tables.integrity != ["ok"] {
        found.push(format!("integrity_check: {:?}", tables.integrity));
    }
    if tables.dangling != 0 {
        found.push(format!("{} rows whose foreign keys lead nowhere", tables.dangling));
    }
    openings(tables, &mut found);
    revocations(tables, &mut found);
    lineage(tables, &mut found);
    codes(tables, &mut found);
    customers(tables, &mut found);
    rules_of_keys::credentials(tables, &mut found);
    rules_of_keys::delegated_keys(tables, &mut found);
    let latest = (tables.audit.iter().map(|row| row.at))
        .chain(tables.sessions.iter().map(|row| row.created_at))
        .chain(tables.requests.iter().filter_map(|row| row.used_at))
        .max();
    if latest > Some(tables.last_committed_at) {
        found.push(format!("the last commit was at {}, and something at {latest:?}", tables.last_committed_at));
    }
    found
}

/// A session for each used request that opens one, at the moment of its use, and an audit row for each session.
fn openings(tables: &Tables, found: &mut Vec<String>) {
    let used = |operation| {
        tables
            .requests_of(operation)
            .filter_map(|row| row.used_at.map(|at| (row.account_id.as_str(), row.resource.as_str(), at)))
    };
    let first = |door| {
        first_sessions(tables, door)
            .map(|row| (row.account_id.as_str(), row.credential_id.as_str(), row.created_at))
            .collect::<Vec<_>>()
    };
    same("used logins and first sessions", used(Operation::VerifyOtp), first(Door::SealedCode), found);
    same("used challenges of passkeys and sessions", used(Operation::VerifyPasskey), first(Door::Passkey), found);
    let refreshed = tables
        .sessions
        .iter()
        .filter_map(|row| row.parent_id.as_deref().map(|parent| (row.account_id.as_str(), parent, row.created_at)));
    same("used refreshes and refreshed sessions", used(Operation::RefreshSession), refreshed, found);

    let login_keys: HashSet<&str> = first_sessions(tables, Door::SealedCode).map(|row| row.id.as_str()).collect();
    let audited = ["open-session", "refresh-session"].into_iter().flat_map(|action| tables.audit_of(action));
    let audited = audited
        .map(|row| (row.action.as_str(), row.account_id.as_deref(), row.actor.as_str(), row.resource.as_str(), row.at));
    let sessions = tables.sessions.iter().map(|row| {
        let (action, actor) = match row.parent_id.as_deref() {
            None if login_keys.contains(row.id.as_str()) => ("open-session", "login-key"),
            None => ("open-session", "platform"),
            Some(parent) => ("refresh-session", parent),
        };
        (action, Some(row.account_id.as_str()), actor, row.id.as_str(), row.created_at)
    });
    same("sessions and their audit rows", sessions, audited, found);
}

/// How a first session was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Door {
    /// By a sealed code, with a stamp of the login's key.
    SealedCode,
    /// By a code in plain text.
    PlainCode,
    /// By an assertion of a passkey.
    Passkey,
}

/// The first sessions of logins through one door. Which one it was tell the actor of the audit log and the credential.
pub(crate) fn first_sessions(tables: &Tables, door: Door) -> impl Iterator<Item = &SessionRow> {
    let stamped = tables.audit_of("open-session").filter(|row| row.actor == "login-key");
    let stamped: HashSet<&str> = stamped.map(|row| row.resource.as_str()).collect();
    let passkeys = tables.credentials.iter().filter(|row| row.kind == "PASSKEY");
    let passkeys: HashSet<&str> = passkeys.map(|row| row.id.as_str()).collect();
    tables.sessions.iter().filter(move |row| {
        let through = match (stamped.contains(row.id.as_str()), passkeys.contains(row.credential_id.as_str())) {
            (true, _) => Door::SealedCode,
            (false, true) => Door::Passkey,
            (false, false) => Door::PlainCode,
        };
        row.parent_id.is_none() && through == door
    })
}

/// An audit row for each used revocation, and at that moment the end of its session.
fn revocations(tables: &Tables, found: &mut Vec<String>) {
    let used = || {
        let requests = tables.requests_of(Operation::RevokeSession).filter(|row| row.used_at.is_some());
        requests.map(|row| (Some(row.account_id.as_str()), row.resource.as_str(), row.used_at))
    };
    let audited =
        tables.audit_of("revoke-session").map(|row| (row.account_id.as_deref(), row.resource.as_str(), Some(row.at)));
    same("used revocations and their audit rows", used(), audited, found);
    let sessions = by_id(tables);
    let ended =
        used().filter_map(|(account, session, _)| sessions.get(session).map(|row| (account, session, row.ended_at)));
    same("used revocations and ends of sessions", used(), ended, found);
}

/// What ends a session ends all that were refreshed from it, what ends a credential all its sessions, and nothing else does.
fn lineage(tables: &Tables, found: &mut Vec<String>) {
    let sessions = by_id(tables);
    let revoked: HashSet<(&str, i64)> =
        tables.audit_of("revoke-session").map(|row| (row.resource.as_str(), row.at)).collect();
    let credentials: HashMap<&str, Option<i64>> =
        tables.credentials.iter().map(|row| (row.id.as_str(), row.revoked_at)).collect();
    for row in &tables.sessions {
        let over = credentials.get(row.credential_id.as_str()).copied().flatten();
        if over.is_some_and(|over| row.created_at > over || row.ended_at.is_none_or(|ended| ended > over)) {
            found.push(format!("{} outlives its credential, which was revoked at {over:?}", row.id));
        }
        let parent = match &row.parent_id {
            None => None,
            Some(id) => match sessions.get(id.as_str()) {
                Some(parent) => Some(*parent),
                None => {
                    found.push(format!("{} has a parent that isn't there", row.id));
                    continue;
                }
            },
        };
        if let Some(parent) = parent
            && let Some(over) = parent.ended_at
            && (row.created_at > over || row.ended_at.is_none_or(|ended| ended > over))
        {
            found.push(format!("{} outlives {}, which ended at {over}: {:?}", row.id, parent.id, row.ended_at));
        }
        if let Some(ended) = row.ended_at {
            let mut ancestor = Some(row);
            let mut explained = over == Some(ended);
            while let Some(session) = ancestor {
                explained = explained || revoked.contains(&(session.id.as_str(), ended));
                ancestor = session.parent_id.as_ref().and_then(|id| sessions.get(id.as_str()).copied());
            }
            if !explained {
                found.push(format!("{} ended at {ended}, and nobody revoked it", row.id));
            }
        }
    }
}

/// Codes: issued, guessed and spent once each, with an audit row each time.
fn codes(tables: &Tables, found: &mut Vec<String>) {
    let audited = |action| tables.audit_of(action).map(|row| (row.resource.as_str(), row.at));
    let issued = tables.issues.iter().map(|row| (row.credential_id.as_str(), row.issued_at));
    same("codes and their audit rows", issued, audited("issue-otp"), found);
    let wrong = tables.wrong_codes.iter().map(|row| (row.credential_id.as_str(), row.tried_at));
    same("wrong codes and their audit rows", wrong, audited("refuse-otp"), found);

    let counted = tables.issues.iter().flat_map(|row| (0..row.wrong).map(|_| row.credential_id.as_str()));
    let wrong = tables.wrong_codes.iter().map(|row| row.credential_id.as_str());
    same("wrong codes by credential and by code", wrong, counted, found);
    let spent = tables.issues.iter().filter(|row| row.spent_by.is_some()).map(|row| row.credential_id.as_str());
    let plain = first_sessions(tables, Door::PlainCode).map(|row| row.credential_id.as_str());
    let audited = tables.audit_of("spend-otp").map(|row| row.resource.as_str());
    same("spent codes and their audit rows", spent.chain(plain), audited, found);
    let spent: HashSet<(&str, i64)> = tables.audit_of("spend-otp").map(|row| (row.resource.as_str(), row.at)).collect();
    for row in first_sessions(tables, Door::PlainCode) {
        if !spent.contains(&(row.credential_id.as_str(), row.created_at)) {
            found.push(format!("{} was opened in one call, and no code was spent", row.id));
        }
    }

    let mut spenders: HashMap<&str, (&str, bool)> = HashMap::new();
    for row in &tables.issues {
        let is_over = row.spent_by.is_some() || row.ended_at.is_some();
        if is_over == row.target_sealed.is_some() {
            found.push(format!("{}: over: {is_over}, target key: {}", row.id, row.target_sealed.is_some()));
        }
        if let Some(spender) = &row.spent_by
            && spenders.insert(spender, (&row.id, row.ended_at.is_none())).is_some()
        {
            found.push(format!("{spender} has spent several codes"));
        }
    }
    for row in tables.requests_of(Operation::VerifyOtp) {
        match spenders.get(row.id.as_str()) {
            None => found.push(format!("{} is a login without a code", row.id)),
            Some((issue, false)) if row.used_at.is_none() => {
                found.push(format!("{} is unfinished after the end of its code {issue}", row.id));
            }
            Some(_) => {}
        }
    }
}

fn customers(tables: &Tables, found: &mut Vec<String>) {
    let made = tables.customers.iter().map(|row| (row.id.as_str(), row.created_at));
    let audited = tables.audit_of("create-customer").map(|row| (row.resource.as_str(), row.at));
    same("customers and their audit rows", made, audited, found);
    let made = tables.customers.iter().map(|row| row.id.as_str());
    same("customers and their accounts", made, tables.account_customers.iter().map(String::as_str), found);
}

pub(crate) fn by_id(tables: &Tables) -> HashMap<&str, &SessionRow> {
    tables.sessions.iter().map(|row| (row.id.as_str(), row)).collect()
}

/// Compares two multisets and names what only one of them has.
pub(crate) fn same<T: Ord + Hash + Debug>(
    what: &str,
    left: impl IntoIterator<Item = T>,
    right: impl IntoIterator<Item = T>,
    found: &mut Vec<String>,
) {
    let mut counts: BTreeMap<T, i64> = BTreeMap::new();
    for item in left {
        *counts.entry(item).or_default() += 1;
    }
    for item in right {
        *counts.entry(item).or_default() -= 1;
    }
    for (item, surplus) in counts.into_iter().filter(|(_, surplus)| *surplus != 0) {
        found.push(format!("{what} differ by {surplus}: {item:?}"));
    }
}

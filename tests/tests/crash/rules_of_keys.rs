//! What is true of credentials and delegated keys by themselves, as [`rules`](crate::rules) of the rest.

use std::collections::{HashMap, HashSet};

use countersign_flow::retry::Operation;

use crate::rules::same;
use crate::tables::Tables;

/// Requests that were used: account, resource, and when.
fn used(tables: &Tables, operation: Operation) -> impl Iterator<Item = (&str, &str, i64)> {
    let requests = tables.requests_of(operation);
    requests.filter_map(|row| row.used_at.map(|at| (row.account_id.as_str(), row.resource.as_str(), at)))
}

/// A credential for each used request to add one, the end of one for each used request to revoke it, and an audit row each
/// time. Those that came with a customer are not added.
pub(crate) fn credentials(tables: &Tables, found: &mut Vec<String>) {
    let added = || tables.credentials.iter().filter(|row| row.kind != "EMAIL_OTP");
    let requests = used(tables, Operation::AddCredential).map(|(account, _, at)| (account, at));
    let of_account = added().map(|row| (row.account_id.as_str(), row.created_at));
    same("used additions and credentials", requests, of_account, found);
    let audited =
        tables.audit_of("add-credential").map(|row| (row.account_id.as_deref(), row.resource.as_str(), row.at));
    let rows = added().map(|row| (Some(row.account_id.as_str()), row.id.as_str(), row.created_at));
    same("added credentials and their audit rows", rows, audited, found);

    let revoked = || {
        let rows = tables.credentials.iter();
        rows.filter_map(|row| row.revoked_at.map(|at| (row.account_id.as_str(), row.id.as_str(), at)))
    };
    same("used revocations and revoked credentials", used(tables, Operation::RevokeCredential), revoked(), found);
    let audited = tables.audit_of("revoke-credential");
    let audited = audited.map(|row| (row.account_id.as_deref().unwrap_or_default(), row.resource.as_str(), row.at));
    same("revoked credentials and their audit rows", revoked(), audited, found);

    let mut logins: HashMap<&str, i64> = HashMap::new();
    for (_, passkey, _) in used(tables, Operation::VerifyPasskey) {
        *logins.entry(passkey).or_default() += 1;
    }
    for row in &tables.credentials {
        // Each login moves the counter on, by one at least.
        let (logins, count) = (logins.get(row.id.as_str()).copied().unwrap_or(0), row.sign_count.unwrap_or(0));
        if count < logins || (logins == 0) != (count == 0) {
            found.push(format!("{} counts {count} after {logins} logins", row.id));
        }
    }
}

/// A step of a delegated key for each used request, with its audit row, and its private half until the end.
pub(crate) fn delegated_keys(tables: &Tables, found: &mut Vec<String>) {
    let audited = |action| tables.audit_of(action).map(|row| (row.account_id.as_deref().unwrap_or_default(), row.at));
    let steps = [
        (Operation::CreateDelegatedKey, "note-delegated-key"),
        (Operation::ActivateDelegatedKey, "activate-delegated-key"),
        (Operation::RevokeDelegatedKey, "revoke-delegated-key"),
    ];
    for (operation, action) in steps {
        let requests = used(tables, operation).map(|(account, _, at)| (account, at));
        same(&format!("used requests and {action}"), requests, audited(action), found);
    }
    let resources = |action| -> Vec<&str> { tables.audit_of(action).map(|row| row.resource.as_str()).collect() };
    let keys = |states: &'static [&str]| {
        tables.keys.iter().filter(|row| states.contains(&row.status.as_str())).map(|row| row.id.as_str())
    };
    let noted = resources("note-delegated-key");
    same("shown keys and their audit rows", keys(&["PENDING", "ACTIVE", "REVOKED"]), noted, found);
    same("revoked keys and their audit rows", keys(&["REVOKED"]), resources("revoke-delegated-key"), found);
    let of_requests = used(tables, Operation::RevokeDelegatedKey).map(|(_, key, _)| key);
    same("revoked keys and their requests", keys(&["REVOKED"]), of_requests, found);
    let activated: HashSet<&str> = resources("activate-delegated-key").into_iter().collect();
    let ended: HashMap<&str, i64> =
        tables.audit_of("revoke-delegated-key").map(|row| (row.resource.as_str(), row.at)).collect();
    for row in tables.audit_of("stamp") {
        let key = row.resource.as_str();
        if !activated.contains(key) || ended.get(key).is_some_and(|over| *over < row.at) {
            found.push(format!("{key} has signed at {}, when it was not active", row.at));
        }
    }
    let waiting: HashMap<&str, &str> = (tables.requests.iter().filter(|row| row.used_at.is_none()))
        .map(|row| (row.id.as_str(), row.operation.as_str()))
        .collect();
    let mut live = HashSet::new();
    for row in &tables.keys {
        let (id, status) = (&row.id, row.status.as_str());
        if row.sealed.is_some() == (status == "REVOKED") {
            found.push(format!("{id} is {status}, private half: {}", row.sealed.is_some()));
        }
        let next = row.request_id.as_deref().map(|request| waiting.get(request).copied());
        let wanted = match status {
            "DRAFT" => Some(Operation::CreateDelegatedKey),
            "PENDING" => Some(Operation::ActivateDelegatedKey),
            _ => None,
        };
        if next != wanted.map(|operation| Some(operation.as_str())) {
            found.push(format!("{id} of {} is {status} and waits for {next:?}", row.account_id));
        }
        let is_active = status == "ACTIVE";
        if is_active != (activated.contains(id.as_str()) && !ended.contains_key(id.as_str())) {
            found.push(format!("{id} is {status}, and its audit rows say otherwise"));
        }
        if ["PENDING", "ACTIVE"].contains(&status) && !live.insert(&row.card_id) {
            found.push(format!("{} has several keys", row.card_id));
        }
    }
}

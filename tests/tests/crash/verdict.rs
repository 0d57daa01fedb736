//! The model against the database: what was acknowledged is there, and nothing is there that nobody asked for.

use std::collections::{BTreeMap, HashMap, HashSet};

use countersign_flow::payload::digest_hex;
use countersign_flow::retry::Operation;

use crate::ledger::{Calls, Ledger, Request};
use crate::rules::by_id;
use crate::tables::{RequestRow, Tables};

/// Everything in which the tables deny the ledger.
pub(crate) fn denied(ledger: &Ledger, tables: &Tables) -> Vec<String> {
    let mut found = ledger.violations.clone();
    requests(ledger, tables, &mut found);
    sessions(ledger, tables, &mut found);
    codes(ledger, tables, &mut found);
    made(ledger, tables, &mut found);
    found
}

fn requests(ledger: &Ledger, tables: &Tables, found: &mut Vec<String>) {
    let mut stored: HashMap<&str, &RequestRow> = tables.requests.iter().map(|row| (row.id.as_str(), row)).collect();
    for (id, request) in &ledger.requests {
        let row = stored.remove(id.as_str());
        for fault in request_faults(request, row) {
            found.push(format!("{} {id}: {fault}", request.operation));
        }
    }
    // What is left was stored for a first leg whose answer nobody got: no one can know its id.
    let mut unknown: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for row in stored.values() {
        *unknown.entry((&row.operation, &row.resource)).or_default() += 1;
        if row.used_at.is_some() {
            found.push(format!("{} {} was used, and its id was never told to anyone", row.operation, row.id));
        }
    }
    for ((operation, resource), count) in unknown {
        let calls = ledger.first_legs.iter().find(|((op, of), _)| op.as_str() == operation && of == resource);
        let open = calls.map_or(0, |(_, calls)| calls.open());
        if count > open {
            found.push(format!("{count} unknown pending requests of {operation} {resource}, {open} legs unanswered"));
        }
    }
}

/// What is wrong with an acknowledged pending request.
fn request_faults(request: &Request, row: Option<&RequestRow>) -> Vec<String> {
    let mut faults = Vec::new();
    let acknowledged = !request.effects.is_empty();
    let Some(row) = row else {
        // Only a later code deletes one, and only one that has had no effect.
        if acknowledged || !request.may_be_gone {
            faults.push("acknowledged and lost".to_owned());
        }
        return faults;
    };
    let is_payload = match request.operation {
        // Stored sealed: the server alone can say.
        Operation::AddCredential => true,
        // A passkey signs its digest.
        Operation::VerifyPasskey => digest_hex(&row.payload) == request.payload,
        _ => row.payload == request.payload.as_bytes(),
    };
    let named = (row.operation.as_str(), row.resource.as_str(), is_payload);
    if named != (request.operation.as_str(), request.resource.as_str(), true) {
        faults.push("stored as another than was acknowledged".to_owned());
    }
    match row.used_at {
        None if acknowledged => faults.push("had its effect acknowledged, and is unused".to_owned()),
        None if request.refused_as_used => faults.push("was refused as used, and is unused".to_owned()),
        Some(_) if !acknowledged && request.retries.open() == 0 => {
            faults.push(format!("was used without an answer that got lost: {:?}", request.retries));
        }
        _ => {}
    }
    faults
}

fn sessions(ledger: &Ledger, tables: &Tables, found: &mut Vec<String>) {
    let stored = by_id(tables);
    for (id, opened) in &ledger.sessions {
        let Some(row) = stored.get(id.as_str()) else {
            found.push(format!("{id} was acknowledged and lost"));
            continue;
        };
        let acknowledged = (&opened.account, &opened.parent, opened.created_at, opened.expires_at);
        if (&row.account_id, &row.parent_id, row.created_at, row.expires_at) != acknowledged {
            found.push(format!("{id} is not as acknowledged: {opened:?}"));
        }
        if opened.key.as_ref().is_some_and(|key| *key != hex::encode(&row.public_key)) {
            found.push(format!("{id} has another key than was acknowledged"));
        }
    }
    for (id, cause) in &ledger.dead {
        let session = stored.get(id.as_str()).is_some_and(|row| row.ended_at.is_some());
        let credential = tables.credentials.iter().any(|row| row.id == *id && row.revoked_at.is_some());
        let key = tables.keys.iter().any(|row| row.id == *id && row.status == "REVOKED");
        if !(session || credential || key) {
            found.push(format!("{id} should be over ({cause}) and isn't"));
        }
    }
    // A key that a client chose has one session if its request was used, and none if it was not.
    let used: HashSet<&str> =
        tables.requests.iter().filter(|row| row.used_at.is_some()).map(|row| row.id.as_str()).collect();
    let mut of_key: HashMap<String, usize> = HashMap::new();
    for row in &tables.sessions {
        *of_key.entry(hex::encode(&row.public_key)).or_default() += 1;
    }
    let mut named = 0;
    for (id, request) in &ledger.requests {
        let Some(key) = &request.key else { continue };
        let (wanted, is) = (usize::from(used.contains(id.as_str())), of_key.get(key).copied().unwrap_or(0));
        named += is;
        if wanted != is {
            found.push(format!("{} {id}: {is} sessions have its key, {wanted} should", request.operation));
        }
    }
    for (key, plain) in &ledger.plain {
        let is = of_key.get(key).copied().unwrap_or(0);
        named += is;
        if is > 1 || (plain.is_certain && is == 0) {
            found.push(format!("{is} sessions of a login by a plain code with {key}: {plain:?}"));
        }
    }
    // The others are of sealed refreshes: as many as were used.
    let sealed = ledger.requests.iter().filter(|(id, request)| {
        request.operation == Operation::RefreshSession && request.key.is_none() && used.contains(id.as_str())
    });
    let sealed = sealed.count();
    if named + sealed != tables.sessions.len() {
        found.push(format!("{} sessions for {named} keys and {sealed} sealed refreshes", tables.sessions.len()));
    }
}

/// Credentials and delegated keys that were acknowledged, and stamps that were given out.
fn made(ledger: &Ledger, tables: &Tables, found: &mut Vec<String>) {
    for (id, request) in &ledger.made {
        let of = &ledger.requests[request];
        let is = match of.operation {
            Operation::AddCredential => {
                tables.credentials.iter().any(|row| row.id == *id && row.account_id == of.resource)
            }
            _ => tables.keys.iter().any(|row| {
                row.id == *id && row.card_id == of.resource && ["ACTIVE", "REVOKED"].contains(&row.status.as_str())
            }),
        };
        if !is {
            found.push(format!("{id} was made by {request} and lost"));
        }
    }
    let mut noted: HashMap<&str, usize> = HashMap::new();
    for row in tables.audit_of("stamp") {
        *noted.entry(&row.resource).or_default() += 1;
    }
    for (key, calls) in &ledger.stamps {
        let noted = noted.remove(key.as_str()).unwrap_or(0);
        if noted < calls.answered || noted > calls.sent {
            found.push(format!("{key} has signed {noted} times, {calls:?}"));
        }
    }
    if !noted.is_empty() {
        found.push(format!("signed unasked: {noted:?}"));
    }
}

fn codes(ledger: &Ledger, tables: &Tables, found: &mut Vec<String>) {
    let mut seen = HashSet::new();
    let mut unknown: BTreeMap<&str, usize> = BTreeMap::new();
    for row in &tables.issues {
        let target = hex::encode(&row.target_public);
        let Some(code) = ledger.codes.get(&target) else {
            *unknown.entry(&row.credential_id).or_default() += 1;
            if row.spent_by.is_some() || row.wrong != 0 {
                found.push(format!("{} was tried, and its key was never told to anyone", row.id));
            }
            continue;
        };
        let wrong = usize::try_from(row.wrong).unwrap_or_default();
        if row.credential_id != code.credential {
            found.push(format!("{} is of another credential than was acknowledged", row.id));
        }
        if wrong < code.wrong.answered || wrong > code.wrong.sent {
            found.push(format!("{} counts {wrong} wrong codes of {:?}", row.id, code.wrong));
        }
        let told = code.spent_by.is_some();
        if (told && row.spent_by != code.spent_by) || (!told && row.spent_by.is_some() && code.right.open() == 0) {
            found.push(format!("{} is spent by {:?}, acknowledged was {:?}", row.id, row.spent_by, code.spent_by));
        }
        seen.insert(target);
    }
    for target in ledger.codes.keys().filter(|target| !seen.contains(*target)) {
        found.push(format!("the code to {target} was acknowledged and lost"));
    }
    for (credential, count) in unknown {
        let open = ledger.challenges.get(credential).copied().map_or(0, Calls::open);
        if count > open {
            found.push(format!("{count} unknown codes of {credential}, {open} challenges unanswered"));
        }
    }
}

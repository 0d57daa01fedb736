//! The model: what was asked of the server, and what it acknowledged. Everything is noted before it is sent, so the
//! ledger is never behind the database.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use countersign_client::types::AuthSession;
use countersign_flow::retry::Operation;
use tokio::sync::Notify;

use crate::legs::Effect;
use crate::line::Refused;

/// The ledger of all workers.
#[derive(Clone, Default)]
pub(crate) struct Shared {
    ledger: Arc<Mutex<Ledger>>,
    effect: Arc<Notify>,
}

impl Shared {
    pub(crate) fn open(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells whoever waits that an effect was acknowledged this very moment.
    pub(crate) fn tell_effect(&self) {
        self.effect.notify_waiters();
    }

    /// Waits until the next effect is acknowledged.
    pub(crate) async fn next_effect(&self) {
        self.effect.notified().await;
    }
}

#[derive(Default)]
pub(crate) struct Ledger {
    /// Challenges by credential.
    pub(crate) challenges: BTreeMap<String, Calls>,
    /// Acknowledged codes by target key (SEC1, compressed, hex).
    pub(crate) codes: BTreeMap<String, Code>,
    /// First legs by operation and resource.
    pub(crate) first_legs: HashMap<(Operation, String), Calls>,
    /// Acknowledged pending requests by id.
    pub(crate) requests: BTreeMap<String, Request>,
    /// Acknowledged sessions by id.
    pub(crate) sessions: BTreeMap<String, Opened>,
    /// Logins by codes in plain text, by the key of their session (SEC1, compressed, hex).
    pub(crate) plain: BTreeMap<String, Plain>,
    /// Acknowledged credentials and delegated keys by id.
    pub(crate) made: BTreeMap<String, String>,
    /// Stamps by delegated key: what was asked for, and what was given out.
    pub(crate) stamps: BTreeMap<String, Calls>,
    /// Sessions, credentials and delegated keys of which the server has said that they are over.
    pub(crate) dead: BTreeMap<String, String>,
    /// Answers that nobody should ever get.
    pub(crate) violations: Vec<String>,
    /// Calls without an answer.
    pub(crate) unheard: usize,
}

/// How often something was sent, and how often there was an answer, of whatever kind.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Calls {
    pub(crate) sent: usize,
    pub(crate) answered: usize,
}

impl Calls {
    /// How many may have happened without anyone having been told.
    pub(crate) const fn open(self) -> usize {
        self.sent - self.answered
    }
}

/// A code that was issued.
#[derive(Debug)]
pub(crate) struct Code {
    pub(crate) credential: String,
    /// Wrong guesses.
    pub(crate) wrong: Calls,
    /// First legs with the right code.
    pub(crate) right: Calls,
    /// The request that the right code was exchanged for.
    pub(crate) spent_by: Option<String>,
}

/// A login in one call. It has no id to be known by, so that a second call can only be refused.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Plain {
    /// It was answered with its session, or refused because it had had its effect.
    pub(crate) is_certain: bool,
}

/// A pending request.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) operation: Operation,
    pub(crate) resource: String,
    pub(crate) payload: String,
    /// Second legs.
    pub(crate) retries: Calls,
    /// The key that its session has (SEC1, compressed, hex), where the client chose it.
    pub(crate) key: Option<String>,
    /// Each time that its effect was acknowledged, with the session that it opened.
    pub(crate) effects: Vec<Option<String>>,
    /// A second leg was told that the request isn't there to be used.
    pub(crate) refused_as_used: bool,
    /// A later code may have ended this unfinished login.
    pub(crate) may_be_gone: bool,
}

/// A session as it was acknowledged.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) account: String,
    pub(crate) created_at: i64,
    pub(crate) expires_at: i64,
    /// SEC1, compressed, hex.
    pub(crate) key: Option<String>,
    pub(crate) parent: Option<String>,
}

impl Request {
    /// The leg that its own stamp asks for.
    fn next_leg(&self) -> Option<(Operation, String)> {
        let asks = self.operation == Operation::CreateDelegatedKey;
        asks.then(|| (Operation::ActivateDelegatedKey, self.resource.clone()))
    }
}

impl Ledger {
    /// Notes what must not be.
    pub(crate) fn complain(&mut self, complaint: String) {
        self.violations.push(complaint);
    }

    pub(crate) fn challenge_sent(&mut self, credential: &str) {
        self.challenges.entry(credential.to_owned()).or_default().sent += 1;
        for request in self.requests.values_mut() {
            if request.operation == Operation::VerifyOtp && request.resource == credential && request.effects.is_empty()
            {
                request.may_be_gone = true;
            }
        }
    }

    pub(crate) fn challenge_answered(&mut self, credential: &str, target: Option<String>) {
        self.challenges.entry(credential.to_owned()).or_default().answered += 1;
        if let Some(target) = target {
            let calls = Calls::default();
            let code = Code { credential: credential.to_owned(), wrong: calls, right: calls, spent_by: None };
            if self.codes.insert(target.clone(), code).is_some() {
                self.complain(format!("the target key {target} was issued twice"));
            }
        }
    }

    /// A code that was acknowledged.
    pub(crate) fn code(&mut self, target: &str) -> &mut Code {
        self.codes.get_mut(target).expect("a code that was acknowledged")
    }

    pub(crate) fn first_leg_sent(&mut self, operation: Operation, resource: &str) {
        self.first_legs.entry((operation, resource.to_owned())).or_default().sent += 1;
    }

    pub(crate) fn first_leg_answered(&mut self, operation: Operation, resource: &str) {
        self.first_legs.entry((operation, resource.to_owned())).or_default().answered += 1;
    }

    /// Notes an acknowledged pending request. Only a login's may be the same as before.
    pub(crate) fn requested(&mut self, operation: Operation, resource: &str, id: &str, payload: &str) {
        if let Some(known) = self.requests.get(id) {
            if operation != Operation::VerifyOtp || known.payload != payload {
                self.complain(format!("{id} was issued twice"));
            }
            return;
        }
        let request = Request {
            operation,
            resource: resource.to_owned(),
            payload: payload.to_owned(),
            retries: Calls::default(),
            key: None,
            effects: Vec::new(),
            refused_as_used: false,
            may_be_gone: false,
        };
        self.requests.insert(id.to_owned(), request);
    }

    /// A pending request that was acknowledged.
    pub(crate) fn request(&mut self, id: &str) -> &mut Request {
        self.requests.get_mut(id).expect("a request that was acknowledged")
    }

    /// Notes a leg with a stamp. One that asks for another leg is that one's first.
    pub(crate) fn retry_sent(&mut self, id: &str) {
        let request = self.request(id);
        request.retries.sent += 1;
        if let Some((operation, resource)) = request.next_leg() {
            self.first_leg_sent(operation, &resource);
        }
    }

    fn retry_answered(&mut self, id: &str) {
        let request = self.request(id);
        request.retries.answered += 1;
        if let Some((operation, resource)) = request.next_leg() {
            self.first_leg_answered(operation, &resource);
        }
    }

    /// Notes an acknowledged effect, and that there was none before.
    pub(crate) fn had_effect(&mut self, id: &str, effect: &Effect) {
        self.retry_answered(id);
        let request = self.request(id);
        request.effects.push(match effect {
            Effect::Opened(session) => Some(session.id.to_string()),
            Effect::Made(made) => Some(made.clone()),
            Effect::Noted(next) => Some(next.request_id.clone()),
            Effect::Ended => None,
        });
        let (effects, operation, resource, key) =
            (request.effects.clone(), request.operation, request.resource.clone(), request.key.clone());
        if effects.len() > 1 {
            self.complain(format!("{operation} {id} had {} effects: {effects:?}", effects.len()));
        }
        match effect {
            Effect::Opened(opened) => {
                self.opened(opened, key, (operation == Operation::RefreshSession).then_some(resource));
            }
            Effect::Ended => {
                self.dead.insert(resource, format!("revoked by {id}"));
            }
            Effect::Made(made) => {
                if self.made.insert(made.clone(), id.to_owned()).is_some() {
                    self.complain(format!("{made} was made twice"));
                }
            }
            Effect::Noted(next) => {
                self.requested(Operation::ActivateDelegatedKey, &resource, &next.request_id, &next.payload_to_sign);
            }
        }
    }

    /// Notes an acknowledged session.
    pub(crate) fn opened(&mut self, opened: &AuthSession, key: Option<String>, parent: Option<String>) {
        let session = Opened {
            account: opened.account_id.to_string(),
            created_at: opened.created_at.timestamp_millis(),
            expires_at: opened.expires_at.timestamp_millis(),
            key,
            parent,
        };
        if self.sessions.insert(opened.id.to_string(), session).is_some() {
            self.complain(format!("{} was opened twice", opened.id));
        }
    }

    /// Notes a refused second leg, and what the refusal claims.
    pub(crate) fn had_no_effect(&mut self, id: &str, refused: &Refused) {
        self.retry_answered(id);
        let request = self.request(id);
        if refused.is(401, "REQUEST_ID_INVALID") {
            request.refused_as_used = true;
        }
        let ends = [Operation::RevokeSession, Operation::RevokeCredential].contains(&request.operation);
        if ends && refused.is(404, "REFERENCE_NOT_FOUND") {
            let resource = request.resource.clone();
            self.dead.insert(resource, format!("gone when {id} came"));
        }
    }

    /// Second legs that were sent, again or for the first time.
    pub(crate) fn retries(&self) -> usize {
        self.requests.values().map(|request| request.retries.sent).sum()
    }

    /// Requests of which the client learnt only later that they had had their effect.
    pub(crate) fn learnt_later(&self) -> usize {
        let unheard = self.requests.values().filter(|request| request.effects.is_empty() && request.retries.open() > 0);
        unheard.filter(|request| request.refused_as_used).count()
    }
}

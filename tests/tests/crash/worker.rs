//! A wallet user who never stops: logs in, refreshes, lists, revokes, and finishes what a crash interrupted.

use std::sync::Arc;

use countersign_client::operations::{
    ChallengeAuthCredential, ChallengeAuthCredentialInput, ListAuthSessions, ListAuthSessionsInput, RefreshAuthSession,
    RefreshAuthSessionInput, RevokeAuthSession, RevokeAuthSessionInput, VerifyAuthCredential,
    VerifyAuthCredentialInput,
};
use countersign_client::types::{
    AuthMethodId, AuthSession, CardId, InternalAccountId, RefreshAuthSessionRequest, SessionId,
    VerifyAuthCredentialRequest,
};
use countersign_client::wallet::KeyPair;
use countersign_models::operation::Challenge;
use countersign_tests::wallet::{CODE, IssuedCode, WRONG_CODE, target_bundle};
use tokio::sync::Mutex;

use crate::dice::Dice;
use crate::legs::{Effect, Legs};
use crate::line::{Heard, Refused};

pub(crate) const USED: (u16, &str) = (401, "REQUEST_ID_INVALID");
const NOT_LIVE: (u16, &str) = (401, "UNAUTHORIZED");
const SIGNER_GONE: (u16, &str) = (401, "WALLET_SIGNATURE_INVALID");
pub(crate) const GONE: (u16, &str) = (404, "REFERENCE_NOT_FOUND");

/// An account that several workers use.
pub(crate) struct Account {
    pub(crate) id: InternalAccountId,
    pub(crate) credential: AuthMethodId,
    /// A new code ends the unfinished logins of its credential, so they go one by one.
    pub(crate) logging_in: Mutex<()>,
    /// A card for each worker.
    pub(crate) cards: Vec<CardId>,
}

pub(crate) struct Worker {
    pub(crate) legs: Legs,
    pub(crate) account: Arc<Account>,
    /// A card that no other worker delegates.
    pub(crate) card: CardId,
    pub(crate) dice: Dice,
    /// Keys of logins that happened without an answer: their sessions live, under ids that this worker doesn't know.
    pub(crate) strays: Vec<Arc<KeyPair>>,
}

/// A session of this worker.
#[derive(Clone)]
pub(crate) struct Held {
    id: SessionId,
    expires_at: i64,
    pub(crate) key: Arc<KeyPair>,
    parent: Option<SessionId>,
}

impl Held {
    pub(crate) fn new(opened: &AuthSession, key: KeyPair, parent: Option<&Self>) -> Self {
        let expires_at = opened.expires_at.timestamp_millis();
        Self { id: opened.id.clone(), expires_at, key: Arc::new(key), parent: parent.map(|parent| parent.id.clone()) }
    }
}

impl Worker {
    /// Works until the last start.
    pub(crate) async fn work(mut self) {
        while !self.legs.line.is_closing() {
            self.round().await;
        }
    }

    /// One login, and what a user does with it.
    pub(crate) async fn round(&mut self) {
        let root = if self.dice.one_in(4) { self.plain_login().await } else { self.login().await };
        let Some(root) = root else { return };
        if self.dice.one_in(3) {
            self.use_passkey(&root).await;
        }
        if self.dice.one_in(3) {
            self.delegate(&root).await;
        }
        let mut live = vec![root];
        for _ in 0..=self.dice.below(3) {
            let parent = live[self.dice.below(live.len())].clone();
            live.extend(if self.dice.one_in(3) {
                self.sealed(&parent).await
            } else {
                self.refresh(&parent, &[]).await
            });
        }
        self.list(&live, &[]).await;
        // Some logins are left to themselves.
        while !live.is_empty() && !self.dice.one_in(4) {
            let target = live[self.dice.below(live.len())].clone();
            let (gone, left) = if self.dice.one_in(3) {
                self.revoke_while_refreshing(&target, live).await
            } else {
                self.revoke(&target, &live).await;
                split(&target, live)
            };
            live = left;
            self.list(&live, &gone).await;
        }
    }

    pub(crate) fn complain(&self, what: &str, refused: &Refused) {
        self.legs.ledger.open().complain(format!("{what}: {refused}"));
    }

    async fn login(&mut self) -> Option<Held> {
        let account = Arc::clone(&self.account);
        let alone = account.logging_in.lock().await;
        let mut code = self.issue_code().await?;
        if self.dice.one_in(4) {
            self.guess_wrong(&code).await;
        }
        let mut begun = self.exchange(&code).await?;
        if self.dice.one_in(6) {
            // The user loses patience and asks for another code: the first login is over.
            let late = begun;
            code = self.issue_code().await?;
            begun = self.exchange(&code).await?;
            let (input, challenge, key) = late;
            let happened = self.legs.seconds::<VerifyAuthCredential>(1, &input, &challenge, &key, &[USED]).await;
            if happened.is_some() {
                let complaint = format!("{} opened a session after a later code", challenge.request_id);
                self.legs.ledger.open().complain(complaint);
            }
        }
        let (input, challenge, key) = begun;
        let copies = 1 + self.dice.below(3);
        let opened = self.legs.seconds::<VerifyAuthCredential>(copies, &input, &challenge, &key, &[USED]).await;
        drop(alone);
        match opened.and_then(Effect::opened) {
            Some(opened) => {
                if self.dice.one_in(3) {
                    self.retry_used::<VerifyAuthCredential>(&input, &challenge, &key).await;
                }
                Some(Held::new(&opened, key, None))
            }
            None => {
                self.strays.push(Arc::new(key));
                None
            }
        }
    }

    /// Asks for a code until one comes.
    pub(crate) async fn issue_code(&self) -> Option<IssuedCode> {
        let credential = self.account.credential.as_str();
        loop {
            self.legs.ledger.open().challenge_sent(credential);
            let input = ChallengeAuthCredentialInput::new(self.account.credential.clone());
            match self.legs.line.call::<ChallengeAuthCredential>(&input).await {
                Heard::Done(answer) => {
                    let code = IssuedCode::of(&target_bundle(answer));
                    let target = code.target.compressed_hex();
                    self.legs.ledger.open().challenge_answered(credential, Some(target));
                    return Some(code);
                }
                Heard::Refused(refused) => {
                    self.legs.ledger.open().challenge_answered(credential, None);
                    self.complain("a code was not issued", &refused);
                    return None;
                }
                Heard::Nothing { start } => self.legs.wait_after(start).await,
            }
        }
    }

    pub(crate) fn verify_input(&self, body: &VerifyAuthCredentialRequest) -> VerifyAuthCredentialInput {
        VerifyAuthCredentialInput::new(self.account.credential.clone(), body.clone())
    }

    /// Tries a wrong code. A guess that nobody heard of isn't repeated: it may have counted.
    async fn guess_wrong(&self, code: &IssuedCode) {
        let target = code.target.compressed_hex();
        let input = self.verify_input(&code.seal(WRONG_CODE, &KeyPair::generate()));
        self.legs.ledger.open().code(&target).wrong.sent += 1;
        match self.legs.line.call::<VerifyAuthCredential>(&input).await {
            Heard::Refused(refused) if refused.is(401, "UNAUTHORIZED") => {
                self.legs.ledger.open().code(&target).wrong.answered += 1;
            }
            Heard::Refused(refused) => self.complain("a wrong code", &refused),
            Heard::Done(_) => self.legs.ledger.open().complain("a wrong code was taken".to_owned()),
            Heard::Nothing { start } => self.legs.wait_after(start).await,
        }
    }

    /// The first leg of a login: spends the code. Sent again it must give the same request; another body nothing.
    async fn exchange(&mut self, code: &IssuedCode) -> Option<(VerifyAuthCredentialInput, Challenge, KeyPair)> {
        let (key, target) = (KeyPair::generate(), code.target.compressed_hex());
        let input = self.verify_input(&code.seal(CODE, &key));
        let mut known: Option<Challenge> = None;
        for _ in 0..=self.dice.below(2) {
            self.legs.ledger.open().code(&target).right.sent += 1;
            let challenge = match self.legs.first::<VerifyAuthCredential>(&input).await {
                Ok(challenge) => challenge,
                Err(refused) => {
                    self.complain("the right code", &refused);
                    return None;
                }
            };
            let mut ledger = self.legs.ledger.open();
            ledger.request(&challenge.request_id).key = Some(key.compressed_hex());
            let code = ledger.code(&target);
            code.right.answered += 1;
            code.spent_by = Some(challenge.request_id.clone());
            if known.as_ref().is_some_and(|known| known.request_id != challenge.request_id) {
                ledger.complain(format!("the code to {target} was spent twice"));
            }
            known = Some(challenge);
        }
        if self.dice.one_in(4) {
            let other = self.verify_input(&code.seal(CODE, &KeyPair::generate()));
            match self.legs.first::<VerifyAuthCredential>(&other).await {
                Ok(_) => self.legs.ledger.open().complain(format!("another body spent the code to {target} again")),
                Err(refused) if refused.is(401, "UNAUTHORIZED") => {}
                Err(refused) => self.complain("another body with a spent code", &refused),
            }
        }
        known.map(|challenge| (input, challenge, key))
    }

    fn refresh_input(parent: &Held, client_public_key: &str) -> RefreshAuthSessionInput {
        let client_public_key = client_public_key.parse().expect("SEC1 hex");
        RefreshAuthSessionInput::new(parent.id.clone(), RefreshAuthSessionRequest { client_public_key })
    }

    /// A refresh to a key of this worker's. `excuses` come beside that the request was used.
    async fn refresh(&mut self, parent: &Held, excuses: &[(u16, &str)]) -> Option<Held> {
        let key = KeyPair::generate();
        let input = Self::refresh_input(parent, &key.compressed_hex());
        let challenge = match self.legs.first::<RefreshAuthSession>(&input).await {
            Ok(challenge) => challenge,
            Err(refused) => {
                if !excuses.iter().any(|(status, code)| refused.is(*status, code)) {
                    self.complain("the first leg of a refresh", &refused);
                }
                return None;
            }
        };
        self.legs.ledger.open().request(&challenge.request_id).key = Some(key.compressed_hex());
        let excuses: Vec<_> = excuses.iter().copied().chain([USED]).collect();
        let copies = 1 + self.dice.below(3);
        let opened = self.legs.seconds::<RefreshAuthSession>(copies, &input, &challenge, &parent.key, &excuses).await;
        let opened = opened.and_then(Effect::opened)?;
        if excuses.len() == 1 && self.dice.one_in(3) {
            self.retry_used::<RefreshAuthSession>(&input, &challenge, &parent.key).await;
        }
        Some(Held::new(&opened, key, Some(parent)))
    }

    /// A refresh to a key that the server makes and seals.
    async fn sealed(&mut self, parent: &Held) -> Option<Held> {
        let recipient = KeyPair::generate();
        let input = Self::refresh_input(parent, &recipient.uncompressed_hex());
        let challenge = match self.legs.first::<RefreshAuthSession>(&input).await {
            Ok(challenge) => challenge,
            Err(refused) => {
                self.complain("the first leg of a sealed refresh", &refused);
                return None;
            }
        };
        let copies = 1 + self.dice.below(2);
        let opened = self.legs.seconds::<RefreshAuthSession>(copies, &input, &challenge, &parent.key, &[USED]).await;
        let opened = opened.and_then(Effect::opened)?;
        let sealed = opened.encrypted_session_signing_key.as_deref().expect("a sealed session key");
        let key = recipient.open_session_key(sealed).expect("sealed to the key that was sent");
        if let Some(session) = self.legs.ledger.open().sessions.get_mut(opened.id.as_str()) {
            session.key = Some(key.compressed_hex());
        }
        Some(Held::new(&opened, key, Some(parent)))
    }

    /// A retry that has been answered, once more.
    async fn retry_used<O: crate::legs::Countersigned>(
        &self,
        input: &O::Input,
        challenge: &Challenge,
        signer: &KeyPair,
    ) {
        // A second success is noted where it comes in.
        let _ = self.legs.seconds::<O>(1, input, challenge, signer, &[USED]).await;
    }

    /// Revokes a session, signed by any live session of the account.
    async fn revoke(&mut self, target: &Held, live: &[Held]) {
        let input = RevokeAuthSessionInput::new(target.id.clone());
        let challenge = match self.legs.first::<RevokeAuthSession>(&input).await {
            Ok(challenge) => challenge,
            Err(refused) => {
                self.complain("the first leg of a revocation", &refused);
                return;
            }
        };
        let signer = if self.dice.one_in(3) { self.strays.last().cloned() } else { None };
        let signer = signer.unwrap_or_else(|| Arc::clone(&live[self.dice.below(live.len())].key));
        let copies = 1 + self.dice.below(3);
        // What comes second finds the request used, the session gone, or the signer gone with it.
        let excuses = [USED, GONE, SIGNER_GONE];
        let _ = self.legs.seconds::<RevokeAuthSession>(copies, &input, &challenge, &signer, &excuses).await;
        // A revocation has no other way to end: nobody else revokes this worker's sessions.
        let over = "a revocation of it was refused".to_owned();
        self.legs.ledger.open().dead.entry(target.id.to_string()).or_insert(over);
    }

    /// Revokes a session while one that it covers is being refreshed. Returns what is gone and what is left.
    async fn revoke_while_refreshing(&mut self, target: &Held, live: Vec<Held>) -> (Vec<Held>, Vec<Held>) {
        let (covered, _) = split(target, live.clone());
        let parent = covered[self.dice.below(covered.len())].clone();
        let mut beside = Self {
            legs: self.legs.clone(),
            account: Arc::clone(&self.account),
            card: self.card.clone(),
            dice: self.dice.split(),
            strays: Vec::new(),
        };
        // Whichever comes first, there is nothing left of the session in the end.
        let (child, ()) = tokio::join!(beside.refresh(&parent, &[NOT_LIVE, SIGNER_GONE]), self.revoke(target, &live));
        let (mut gone, left) = split(target, live);
        gone.extend(child);
        (gone, left)
    }

    /// What is listed has all that is live and nothing that is gone, and nothing that is gone can be refreshed.
    async fn list(&mut self, live: &[Held], gone: &[Held]) {
        let input = ListAuthSessionsInput::new(self.account.id.clone());
        let listed = loop {
            match self.legs.line.call::<ListAuthSessions>(&input).await {
                Heard::Done(list) => break list.data,
                Heard::Refused(refused) => return self.complain("listing sessions", &refused),
                Heard::Nothing { start } => self.legs.wait_after(start).await,
            }
        };
        for held in live {
            let found = listed.iter().find(|listed| listed.id == held.id);
            if found.map(|found| found.expires_at.timestamp_millis()) != Some(held.expires_at) {
                let complaint = format!("{} until {} is listed as {found:?}", held.id, held.expires_at);
                self.legs.ledger.open().complain(complaint);
            }
        }
        for held in gone {
            if listed.iter().any(|listed| listed.id == held.id) {
                self.legs.ledger.open().complain(format!("{} is listed after its end", held.id));
            }
        }
        if let Some(held) = gone.last() {
            let input = Self::refresh_input(held, &KeyPair::generate().compressed_hex());
            match self.legs.first::<RefreshAuthSession>(&input).await {
                Err(refused) if refused.is(NOT_LIVE.0, NOT_LIVE.1) => {}
                Err(refused) => self.complain("refreshing a session after its end", &refused),
                Ok(_) => self.legs.ledger.open().complain(format!("{} can be refreshed after its end", held.id)),
            }
        }
    }
}

/// `target` and its descendants, and the others. Parents stand before their children.
fn split(target: &Held, sessions: Vec<Held>) -> (Vec<Held>, Vec<Held>) {
    let mut covered: Vec<Held> = Vec::new();
    let mut others = Vec::new();
    for session in sessions {
        let of_covered = session.parent.as_ref().is_some_and(|parent| covered.iter().any(|held| held.id == *parent));
        if session.id == target.id || of_covered {
            covered.push(session);
        } else {
            others.push(session);
        }
    }
    (covered, others)
}

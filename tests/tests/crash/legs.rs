//! The two legs of a signed retry, sent until there is an answer and noted in the ledger.

use countersign_client::SignedOperation;
use countersign_client::operations::{
    CreateAuthCredential, CreateAuthCredentialInput, CreateAuthCredentialOutcome, CreateDelegatedKey,
    CreateDelegatedKeyInput, CreateDelegatedKeyOutcome, RefreshAuthSession, RefreshAuthSessionInput,
    RefreshAuthSessionOutcome, RevokeAuthCredential, RevokeAuthCredentialInput, RevokeAuthCredentialOutcome,
    RevokeAuthSession, RevokeAuthSessionInput, RevokeAuthSessionOutcome, RevokeDelegatedKey, RevokeDelegatedKeyInput,
    RevokeDelegatedKeyOutcome, VerifyAuthCredential, VerifyAuthCredentialInput, VerifyAuthCredentialOutcome,
};
use countersign_client::types::{AuthSession, CreateAuthCredentialRequest};
use countersign_client::wallet::KeyPair;
use countersign_flow::retry::Operation;
use countersign_models::operation::Challenge;
use tokio::task::JoinSet;

use crate::ledger::Shared;
use crate::line::{Heard, Line, Refused};

/// What the model needs to know of an operation.
pub(crate) trait Countersigned: SignedOperation<Input: Clone, Error: std::fmt::Debug> {
    /// As pending requests name it.
    const STORED: Operation;
    /// The id in the path.
    fn resource(input: &Self::Input) -> &str;
    /// What a leg with a stamp did; `None` for a challenge that doesn't belong there.
    fn effect(outcome: Self::Outcome) -> Option<Effect>;
}

/// What a countersigned leg did.
pub(crate) enum Effect {
    /// It opened a session.
    Opened(AuthSession),
    /// It ended what it was about.
    Ended,
    /// It made something: the id.
    Made(String),
    /// It noted something that another leg is to finish.
    Noted(Challenge),
}

impl Effect {
    /// The session that was opened.
    pub(crate) fn opened(self) -> Option<AuthSession> {
        match self {
            Self::Opened(session) => Some(session),
            _ => None,
        }
    }
}

impl Countersigned for VerifyAuthCredential {
    const STORED: Operation = Operation::VerifyOtp;
    fn resource(input: &VerifyAuthCredentialInput) -> &str {
        input.id.as_str()
    }
    fn effect(outcome: VerifyAuthCredentialOutcome) -> Option<Effect> {
        match outcome {
            VerifyAuthCredentialOutcome::Ok(session) => Some(Effect::Opened(session)),
            VerifyAuthCredentialOutcome::ChallengeIssued(_) => None,
        }
    }
}

impl Countersigned for RefreshAuthSession {
    const STORED: Operation = Operation::RefreshSession;
    fn resource(input: &RefreshAuthSessionInput) -> &str {
        input.id.as_str()
    }
    fn effect(outcome: RefreshAuthSessionOutcome) -> Option<Effect> {
        match outcome {
            RefreshAuthSessionOutcome::Created(session) => Some(Effect::Opened(session)),
            RefreshAuthSessionOutcome::ChallengeIssued(_) => None,
        }
    }
}

impl Countersigned for RevokeAuthSession {
    const STORED: Operation = Operation::RevokeSession;
    fn resource(input: &RevokeAuthSessionInput) -> &str {
        input.id.as_str()
    }
    fn effect(outcome: RevokeAuthSessionOutcome) -> Option<Effect> {
        match outcome {
            RevokeAuthSessionOutcome::NoContent => Some(Effect::Ended),
            RevokeAuthSessionOutcome::ChallengeIssued(_) => None,
        }
    }
}

impl Countersigned for CreateAuthCredential {
    const STORED: Operation = Operation::AddCredential;
    fn resource(input: &CreateAuthCredentialInput) -> &str {
        match &input.body {
            CreateAuthCredentialRequest::EmailOtp(body) => body.account_id.as_str(),
            CreateAuthCredentialRequest::SmsOtp(body) => body.account_id.as_str(),
            CreateAuthCredentialRequest::Oauth(body) => body.account_id.as_str(),
            CreateAuthCredentialRequest::Passkey(body) => body.account_id.as_str(),
        }
    }
    fn effect(outcome: CreateAuthCredentialOutcome) -> Option<Effect> {
        match outcome {
            CreateAuthCredentialOutcome::Created(added) => {
                let added = serde_json::to_value(&added).expect("a credential");
                Some(Effect::Made(added["id"].as_str().expect("an id").to_owned()))
            }
            CreateAuthCredentialOutcome::ChallengeIssued(_) => None,
        }
    }
}

impl Countersigned for RevokeAuthCredential {
    const STORED: Operation = Operation::RevokeCredential;
    fn resource(input: &RevokeAuthCredentialInput) -> &str {
        input.id.as_str()
    }
    fn effect(outcome: RevokeAuthCredentialOutcome) -> Option<Effect> {
        match outcome {
            RevokeAuthCredentialOutcome::NoContent => Some(Effect::Ended),
            RevokeAuthCredentialOutcome::ChallengeIssued(_) => None,
        }
    }
}

/// Its second leg asks again, and its third makes the key.
impl Countersigned for CreateDelegatedKey {
    const STORED: Operation = Operation::CreateDelegatedKey;
    fn resource(input: &CreateDelegatedKeyInput) -> &str {
        input.body.card_id.as_str()
    }
    fn effect(outcome: CreateDelegatedKeyOutcome) -> Option<Effect> {
        Some(match Self::challenge(&outcome) {
            Some(challenge) => Effect::Noted(challenge),
            None => match outcome {
                CreateDelegatedKeyOutcome::Created(key) => Effect::Made(key.id.to_string()),
                CreateDelegatedKeyOutcome::ChallengeIssued(_) => return None,
            },
        })
    }
}

impl Countersigned for RevokeDelegatedKey {
    const STORED: Operation = Operation::RevokeDelegatedKey;
    fn resource(input: &RevokeDelegatedKeyInput) -> &str {
        input.id.as_str()
    }
    fn effect(outcome: RevokeDelegatedKeyOutcome) -> Option<Effect> {
        match outcome {
            RevokeDelegatedKeyOutcome::NoContent => Some(Effect::Ended),
            RevokeDelegatedKeyOutcome::ChallengeIssued(_) => None,
        }
    }
}

/// A line whose legs are noted.
#[derive(Clone)]
pub(crate) struct Legs {
    pub(crate) line: Line,
    pub(crate) ledger: Shared,
}

impl Legs {
    /// Notes a call that `start` didn't answer, and waits for a later one.
    pub(crate) async fn wait_after(&self, start: usize) {
        self.ledger.open().unheard += 1;
        self.line.after(start).await;
    }

    /// The first leg, sent again as long as nothing is heard.
    pub(crate) async fn first<O: Countersigned>(&self, input: &O::Input) -> Result<Challenge, Refused> {
        let (operation, resource) = (O::STORED, O::resource(input));
        loop {
            self.ledger.open().first_leg_sent(operation, resource);
            let answer = match self.line.call::<O>(input).await {
                Heard::Done(outcome) => Ok(outcome),
                Heard::Refused(refused) => Err(refused),
                Heard::Nothing { start } => {
                    self.wait_after(start).await;
                    continue;
                }
            };
            let mut ledger = self.ledger.open();
            match answer {
                Ok(outcome) => {
                    ledger.first_leg_answered(operation, resource);
                    let Some(challenge) = O::challenge(&outcome) else {
                        let complaint = format!("{operation} of {resource} had an effect on its first leg");
                        ledger.complain(complaint.clone());
                        return Err(Refused { status: 0, code: complaint });
                    };
                    ledger.requested(operation, resource, &challenge.request_id, &challenge.payload_to_sign);
                    return Ok(challenge);
                }
                Err(refused) => {
                    ledger.first_leg_answered(operation, resource);
                    return Err(refused);
                }
            }
        }
    }

    /// A leg with a stamp: the same stamp and the same `Request-Id`, again and again, as long as nothing is heard.
    async fn second<O: Countersigned>(&self, input: &O::Input, request: &str) -> Result<Effect, Refused> {
        loop {
            self.ledger.open().retry_sent(request);
            let answer = match self.line.call::<O>(input).await {
                Heard::Done(outcome) => Ok(outcome),
                Heard::Refused(refused) => Err(refused),
                Heard::Nothing { start } => {
                    self.wait_after(start).await;
                    continue;
                }
            };
            if answer.is_ok() {
                self.ledger.tell_effect();
            }
            let mut ledger = self.ledger.open();
            match answer {
                Ok(outcome) => {
                    let Some(effect) = O::effect(outcome) else {
                        let complaint = format!("{} {request}: a second leg got another challenge", O::STORED);
                        ledger.complain(complaint.clone());
                        return Err(Refused { status: 0, code: complaint });
                    };
                    ledger.had_effect(request, &effect);
                    return Ok(effect);
                }
                Err(refused) => {
                    ledger.had_no_effect(request, &refused);
                    return Err(refused);
                }
            }
        }
    }

    /// Several second legs of one request at the same moment. At most one may succeed; each refusal must be one of
    /// `excuses`. `None`: it had its effect, but nobody was told.
    pub(crate) async fn seconds<O: Countersigned>(
        &self,
        copies: usize,
        input: &O::Input,
        challenge: &Challenge,
        signer: &KeyPair,
        excuses: &[(u16, &str)],
    ) -> Option<Effect> {
        let mut input = input.clone();
        let request = challenge.request_id.clone();
        O::answer(&mut input, signer.stamp_payload(&challenge.payload_to_sign), request.clone());
        self.proven::<O>(copies, &input, &request, excuses).await
    }

    /// As [`Legs::seconds`], of an input that holds its proof already.
    pub(crate) async fn proven<O: Countersigned>(
        &self,
        copies: usize,
        input: &O::Input,
        request: &str,
        excuses: &[(u16, &str)],
    ) -> Option<Effect> {
        let mut legs = JoinSet::new();
        for _ in 0..copies {
            let (line, input, request) = (self.clone(), input.clone(), request.to_owned());
            legs.spawn(async move { line.second::<O>(&input, &request).await });
        }
        let mut effect = None;
        for answer in legs.join_all().await {
            match answer {
                Ok(done) => effect = Some(done),
                Err(refused) if excuses.iter().any(|(status, code)| refused.is(*status, code)) => {}
                Err(refused) => {
                    self.ledger.open().complain(format!("the second leg of {} {request}: {refused}", O::STORED));
                }
            }
        }
        effect
    }
}

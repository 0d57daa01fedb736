//! The two legs of a signed retry, sent until there is an answer and noted in the ledger.

use countersign_client::SignedOperation;
use countersign_client::operations::{
    RefreshAuthSession, RefreshAuthSessionInput, RefreshAuthSessionOutcome, RevokeAuthSession, RevokeAuthSessionInput,
    RevokeAuthSessionOutcome, VerifyAuthCredential, VerifyAuthCredentialInput, VerifyAuthCredentialOutcome,
};
use countersign_client::types::AuthSession;
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
    /// The session that the second leg opened.
    fn opened(outcome: Self::Outcome) -> Option<AuthSession>;
}

impl Countersigned for VerifyAuthCredential {
    const STORED: Operation = Operation::VerifyOtp;
    fn resource(input: &VerifyAuthCredentialInput) -> &str {
        input.id.as_str()
    }
    fn opened(outcome: VerifyAuthCredentialOutcome) -> Option<AuthSession> {
        match outcome {
            VerifyAuthCredentialOutcome::Ok(session) => Some(session),
            VerifyAuthCredentialOutcome::ChallengeIssued(_) => None,
        }
    }
}

impl Countersigned for RefreshAuthSession {
    const STORED: Operation = Operation::RefreshSession;
    fn resource(input: &RefreshAuthSessionInput) -> &str {
        input.id.as_str()
    }
    fn opened(outcome: RefreshAuthSessionOutcome) -> Option<AuthSession> {
        match outcome {
            RefreshAuthSessionOutcome::Created(session) => Some(session),
            RefreshAuthSessionOutcome::ChallengeIssued(_) => None,
        }
    }
}

impl Countersigned for RevokeAuthSession {
    const STORED: Operation = Operation::RevokeSession;
    fn resource(input: &RevokeAuthSessionInput) -> &str {
        input.id.as_str()
    }
    fn opened(_: RevokeAuthSessionOutcome) -> Option<AuthSession> {
        None
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

    /// The second leg: the same stamp and the same `Request-Id`, again and again, as long as nothing is heard.
    pub(crate) async fn second<O: Countersigned>(
        &self,
        input: &O::Input,
        request: &str,
    ) -> Result<Option<AuthSession>, Refused> {
        loop {
            self.ledger.open().request(request).retries.sent += 1;
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
                    if O::challenge(&outcome).is_some() {
                        ledger.complain(format!("{} {request}: a second leg got another challenge", O::STORED));
                    }
                    let opened = O::opened(outcome);
                    ledger.had_effect(request, opened.as_ref());
                    return Ok(opened);
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
    ) -> Option<Option<AuthSession>> {
        let mut input = input.clone();
        let request = challenge.request_id.clone();
        O::answer(&mut input, signer.stamp_payload(&challenge.payload_to_sign), request.clone());
        let mut legs = JoinSet::new();
        for _ in 0..copies {
            let (line, input, request) = (self.clone(), input.clone(), request.clone());
            legs.spawn(async move { line.second::<O>(&input, &request).await });
        }
        let mut effect = None;
        for answer in legs.join_all().await {
            match answer {
                Ok(opened) => effect = Some(opened),
                Err(refused) if excuses.iter().any(|(status, code)| refused.is(*status, code)) => {}
                Err(refused) => {
                    self.ledger.open().complain(format!("the second leg of {} {request}: {refused}", O::STORED));
                }
            }
        }
        effect
    }
}

//! `POST /auth/delegated-keys`
//!
//! Three legs with one body. The operation of the pending request says which leg a retry is: the request of leg 1 makes
//! the key known, the request of leg 2 lets it sign.

use countersign_api::Request;
use countersign_api::operations::{CreateDelegatedKey, CreateDelegatedKeyOutcome as Outcome};
use countersign_flow::id::{CardId, DelegatedKeyId, InternalAccountId};
use countersign_flow::key::SecretKey;
use countersign_flow::payload::{self, Subject};
use countersign_flow::retry::{Binding, Issued, Leg, Operation, Proven, RetryHeaders, SignedRetry, Signers};
use countersign_flow::{FlowError, sealing};
use serde::{Deserialize, Serialize};

use crate::clock::entropy;
use crate::engine::{Candidate, binding};
use crate::error::ApiError;
use crate::keys::delegated_key_seat;
use crate::server::Server;
use crate::store::cards::{Card, FundingSource};
use crate::store::delegated_keys::NewKey;
use crate::store::platforms::Platform;
use crate::wire;

/// What the later legs need to know: the data of both pending requests.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Noted {
    delegated_key_id: String,
}

impl Noted {
    fn data(id: DelegatedKeyId) -> Result<String, ApiError> {
        serde_json::to_string(&Self { delegated_key_id: id.to_string() }).map_err(ApiError::internal)
    }

    fn id(proof: &SignedRetry<Proven>) -> Result<DelegatedKeyId, ApiError> {
        let malformed = || ApiError::from(FlowError::StoredRequestMalformed("data"));
        let noted: Self = serde_json::from_str(&proof.stored().data).map_err(|_| malformed())?;
        noted.delegated_key_id.parse().map_err(|_| malformed())
    }
}

pub(crate) async fn handle(
    server: &Server,
    caller: &Platform,
    request: Request<CreateDelegatedKey>,
) -> Result<Outcome, ApiError> {
    let input = &request.input;
    let card_id: CardId = wire::parse(&input.body.card_id, "body/cardId")?;
    let asked: Option<InternalAccountId> =
        input.body.internal_account_id.as_ref().map(|id| wire::parse(id, "body/internalAccountId")).transpose()?;
    let card = server.store.card(caller.id, card_id).await?.ok_or_else(ApiError::not_found)?;
    let first = card.sources.first().ok_or_else(|| ApiError::internal("a stored card has no funding source"))?;
    let account_id = asked.unwrap_or(first.account);
    let account = server.store.account(caller.id, account_id).await?.ok_or_else(ApiError::not_found)?;
    let leg = RetryHeaders::choose(input.grid_wallet_signature.as_deref(), input.request_id.as_deref())?;
    let binding = binding(caller.id, Operation::CreateDelegatedKey, &card_id, &request);
    let nickname = &input.body.nickname;
    match leg {
        Leg::First => {
            let source = source_of(&card, account_id)?;
            let pending = draft(server, caller, source, &card, account.subject, binding, nickname).await?;
            Ok(Outcome::ChallengeIssued(wire::challenge(&pending)?))
        }
        Leg::Retry(headers) => {
            let candidate = Candidate::LiveSessionOf(account_id);
            let either = Operation::ActivateDelegatedKey;
            let proof = server.prove_either(&headers, &binding, either, account_id, candidate).await?;
            source_of(&card, account_id)?;
            let id = Noted::id(&proof)?;
            if proof.binding().operation == Operation::ActivateDelegatedKey {
                let key = server.store.activate_delegated_key(proof, id).await?;
                return Ok(Outcome::Created(wire::delegated_key(&key)?));
            }
            let binding = Binding { operation: Operation::ActivateDelegatedKey, ..binding };
            let (subject, nickname) = (account.subject, nickname.clone());
            let now = server.now();
            let payload = payload::delegated_key_activate(subject, id, &nickname, card_id, now, &mut entropy());
            let signers = Signers::AnySessionOf(account_id);
            let next = server.pending(binding, payload, signers, account_id, now).with_data(Noted::data(id)?);
            let pending = server.store.note_delegated_key(proof, id, server.rules.requests, next).await?;
            Ok(Outcome::ChallengeIssued(wire::challenge(&pending)?))
        }
    }
}

/// The account as a funding source of the card.
fn source_of(card: &Card, account: InternalAccountId) -> Result<FundingSource, ApiError> {
    let source = card.sources.iter().find(|source| source.account == account);
    source.copied().ok_or_else(|| ApiError::invalid("body/internalAccountId", "does not fund the card"))
}

/// The first leg: makes the key pair, and stores it with the pending request.
async fn draft(
    server: &Server,
    caller: &Platform,
    source: FundingSource,
    card: &Card,
    subject: Subject,
    binding: Binding,
    nickname: &str,
) -> Result<SignedRetry<Issued>, ApiError> {
    let (now, mut rng) = (server.now(), entropy());
    let id = DelegatedKeyId::mint(now, &mut rng);
    let secret = SecretKey::generate(&mut rng);
    let (row_id, public_key) = (id.to_string(), secret.public().sec1_compressed());
    let seat = delegated_key_seat(caller.id, &row_id, &public_key);
    let sealed = sealing::seal(server.keys.masters().current(), &seat, secret.to_bytes().as_slice(), &mut rng)?;
    let payload = payload::delegated_key_make(subject, id, nickname, secret.public(), now, &mut rng);
    let pending = server.pending(binding, payload, Signers::AnySessionOf(source.account), source.account, now);
    let new = NewKey {
        id,
        card: card.id,
        funding_source: source.id,
        public_key: *secret.public(),
        sealed,
        nickname: nickname.to_owned(),
    };
    let pending = pending.with_data(Noted::data(id)?);
    Ok(server.store.draft_delegated_key(pending, new, server.rules.requests).await?)
}

//! `POST /cards`

use countersign_api::types::Card;
use countersign_api::{Request, Violation, operations};
use countersign_flow::id::{CardFundingSourceId, CardId, InternalAccountId};

use crate::clock::entropy;
use crate::error::ApiError;
use crate::server::Server;
use crate::store::cards::{FundingSource, NewCard};
use crate::store::platforms::Platform;
use crate::wire;

pub(crate) async fn handle(
    server: &Server,
    caller: &Platform,
    request: Request<operations::CreateCard>,
) -> Result<Card, ApiError> {
    let body = &request.input.body;
    let customer = wire::parse(&body.cardholder_id, "body/cardholderId")?;
    let (now, mut rng) = (server.now(), entropy());
    let mut sources: Vec<FundingSource> = Vec::new();
    let mut repeated = Vec::new();
    for (place, account) in body.funding_sources.iter().enumerate() {
        let path = format!("body/fundingSources/{place}");
        let account: InternalAccountId = wire::parse(account, &path)?;
        // The schema compares texts, and one id has two: upper and lower case.
        if sources.iter().any(|source| source.account == account) {
            repeated.push(Violation::new(path, "must not be repeated"));
        }
        sources.push(FundingSource { id: CardFundingSourceId::mint(now, &mut rng), account });
    }
    if !repeated.is_empty() {
        return Err(ApiError::violations(repeated));
    }
    let id = CardId::mint(now, &mut rng);
    let form = body.form.as_str().to_owned();
    let card = server.store.add_card(NewCard { id, platform: caller.id, customer, form, sources }).await?;
    wire::card(&card)
}

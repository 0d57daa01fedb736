//! `GET /auth/delegated-keys`

use countersign_api::operations::ListDelegatedKeysInput;
use countersign_api::types::DelegatedKeyList;

use crate::error::ApiError;
use crate::server::Server;
use crate::store::delegated_keys::KeyFilter;
use crate::store::platforms::Platform;
use crate::wire;

pub(crate) async fn handle(
    server: &Server,
    caller: &Platform,
    input: ListDelegatedKeysInput,
) -> Result<DelegatedKeyList, ApiError> {
    let filter = KeyFilter {
        account: input.account_id.as_ref().map(|id| wire::parse(id, "query/accountId")).transpose()?,
        card: input.card_id.as_ref().map(|id| wire::parse(id, "query/cardId")).transpose()?,
        funding_source: input
            .funding_source_id
            .as_ref()
            .map(|id| wire::parse(id, "query/fundingSourceId"))
            .transpose()?,
    };
    if filter.account.is_none() && filter.card.is_none() && filter.funding_source.is_none() {
        return Err(ApiError::invalid("query", "needs accountId, cardId or fundingSourceId"));
    }
    let keys = server.store.delegated_keys(caller.id, filter).await?;
    let data: Result<_, _> = keys.iter().map(wire::delegated_key).collect();
    Ok(DelegatedKeyList { data: data? })
}

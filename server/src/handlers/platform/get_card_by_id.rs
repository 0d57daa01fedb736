//! `GET /cards/{id}`

use countersign_api::operations::GetCardByIdInput;
use countersign_api::types::Card;

use crate::error::ApiError;
use crate::server::Server;
use crate::store::platforms::Platform;
use crate::wire;

pub(crate) async fn handle(server: &Server, caller: &Platform, input: GetCardByIdInput) -> Result<Card, ApiError> {
    let id = wire::parse(&input.id, "path/id")?;
    wire::card(&server.store.card(caller.id, id).await?.ok_or_else(ApiError::not_found)?)
}

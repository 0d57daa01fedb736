//! `GET /customers/internal-accounts`

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use countersign_api::operations::ListInternalAccountsInput;
use countersign_api::types::{InternalAccount, InternalAccountList, InternalAccountType};
use countersign_flow::id::InternalAccountId;

use crate::error::ApiError;
use crate::server::Server;
use crate::store::accounts::{self, AccountFilter};
use crate::store::platforms::Platform;
use crate::wire;

/// The documented default of `limit`.
const DEFAULT_LIMIT: i64 = 20;

pub(crate) async fn handle(
    server: &Server,
    caller: &Platform,
    input: ListInternalAccountsInput,
) -> Result<InternalAccountList, ApiError> {
    // There is one type, so every account is of the one that is asked for; a second one won't compile here.
    let _every: Option<()> = input.r#type.map(|InternalAccountType::EmbeddedWallet| ());
    let limit = input.limit.unwrap_or(DEFAULT_LIMIT);
    let filter = AccountFilter {
        customer: input.customer_id.as_ref().map(|id| wire::parse(id, "query/customerId")).transpose()?,
        after: input.cursor.as_deref().map(read_cursor).transpose()?,
        // One more than asked for tells whether there are more.
        limit: limit + 1,
    };
    let mut found = server.store.accounts(caller.id, filter).await?;
    let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
    let has_more = found.len() > wanted;
    found.truncate(wanted);
    let next_cursor = if has_more { found.last().map(|last| write_cursor(last.id)) } else { None };
    let data: Result<_, _> = found.iter().map(answer).collect();
    Ok(InternalAccountList { data: data?, has_more, next_cursor })
}

fn answer(account: &accounts::InternalAccount) -> Result<InternalAccount, ApiError> {
    Ok(InternalAccount {
        id: wire::id(account.id)?,
        customer_id: wire::id(account.customer)?,
        r#type: InternalAccountType::EmbeddedWallet,
        created_at: wire::time(account.created),
        updated_at: wire::time(account.updated),
    })
}

/// A cursor is the last id of a page; encoded, so that nobody builds one.
fn write_cursor(last: InternalAccountId) -> String {
    URL_SAFE_NO_PAD.encode(last.uuid().as_bytes())
}

fn read_cursor(cursor: &str) -> Result<InternalAccountId, ApiError> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).ok().and_then(|bytes| uuid::Uuid::from_slice(&bytes).ok());
    bytes
        .map(InternalAccountId::from_uuid)
        .ok_or_else(|| ApiError::invalid("query/cursor", "must be a nextCursor that this server gave"))
}

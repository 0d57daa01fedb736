//! Customers, accounts and cards.

use serde_json::json;

use super::{Ids, Sample};

pub(super) fn sample<'a>(operation: &str, ids: &'a Ids) -> Option<Sample<'a>> {
    Some(match operation {
        "createCustomer" => Sample::of("").with(json!({"customerType": "INDIVIDUAL", "fullName": "Ada Sample"})),
        "listInternalAccounts" => Sample::of(""),
        "createCard" => {
            let body = json!({"cardholderId": ids.customer, "form": "VIRTUAL", "fundingSources": [ids.account]});
            Sample::of("").with(body)
        }
        "getCardById" => Sample::of(&ids.card),
        _ => return None,
    })
}

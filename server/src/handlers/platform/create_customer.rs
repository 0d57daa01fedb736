//! `POST /customers`

use countersign_api::types::Customer;
use countersign_api::{Request, operations};
use countersign_flow::id::{AuthMethodId, CustomerId, InternalAccountId};
use serde_json::{Map, Value};

use crate::clock::{entropy, random_uuid};
use crate::error::ApiError;
use crate::server::Server;
use crate::store::accounts::{NewAccount, NewCustomer};
use crate::store::platforms::Platform;
use crate::wire;

/// Members that the server sets: in a request they are ignored.
const OURS: [&str; 3] = ["id", "createdAt", "updatedAt"];

pub(crate) async fn handle(
    server: &Server,
    caller: &Platform,
    request: Request<operations::CreateCustomer>,
) -> Result<Customer, ApiError> {
    let mut members = match request.body {
        Some(Value::Object(members)) => members,
        _ => Map::new(),
    };
    for name in OURS {
        members.remove(name);
    }
    let body = request.input.body;
    let (now, mut rng) = (server.now(), entropy());
    let id = CustomerId::mint(now, &mut rng);
    let account = NewAccount {
        id: InternalAccountId::mint(now, &mut rng),
        organization_id: random_uuid(),
        user_id: random_uuid(),
    };
    let created = server
        .store
        .add_customer(NewCustomer {
            id,
            platform: caller.id,
            customer_type: body.customer_type.to_string(),
            platform_customer_id: body.platform_customer_id.map(String::from),
            members: Value::Object(members.clone()).to_string(),
            account,
            email: body.email.map(|email| (AuthMethodId::mint(now, &mut rng), email)),
        })
        .await?;
    members.insert("id".to_owned(), id.to_string().into());
    for name in ["createdAt", "updatedAt"] {
        members.insert(name.to_owned(), serde_json::to_value(wire::time(created)).map_err(ApiError::internal)?);
    }
    serde_json::from_value(Value::Object(members)).map_err(ApiError::internal)
}

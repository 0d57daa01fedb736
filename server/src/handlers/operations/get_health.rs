//! `GET /health`

use countersign_api::types::{Health, HealthStatus};

pub(crate) fn handle() -> Health {
    Health { status: HealthStatus::Ok, version: env!("CARGO_PKG_VERSION").to_owned() }
}

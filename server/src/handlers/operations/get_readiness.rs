//! `GET /ready`

use countersign_api::types::{CheckResult, Readiness, ReadinessChecks, ReadinessStatus};

use crate::error::ApiError;
use crate::server::Server;

/// Migrations have run and keys are loaded before the server listens; what may fail later is asked here.
pub(crate) async fn handle(server: &Server) -> Result<Readiness, ApiError> {
    server.store.is_ready().await?;
    let passed = CheckResult::Passed;
    let checks = ReadinessChecks { database: passed, migrations: passed, keys: passed, clock: passed };
    Ok(Readiness { status: ReadinessStatus::Ready, checks })
}

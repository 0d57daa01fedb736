//! `POST /auth/delegated-keys/{id}/stamp`

use countersign_api::operations::StampWithDelegatedKeyInput;
use countersign_api::types::DelegatedKeyStamp;
use countersign_flow::key::SecretKey;
use countersign_flow::stamp::Stamp;
use countersign_flow::{foreign, payload, sealing};

use crate::error::ApiError;
use crate::keys::delegated_key_seat;
use crate::server::Server;
use crate::store::StoreError;
use crate::store::delegated_keys::Status;
use crate::store::platform_settings::Capability;
use crate::store::platforms::Platform;
use crate::wire;

pub(crate) async fn handle(
    server: &Server,
    caller: &Platform,
    input: StampWithDelegatedKeyInput,
) -> Result<DelegatedKeyStamp, ApiError> {
    let id = wire::parse(&input.id, "path/id")?;
    if !server.store.has_capability(caller.id, Capability::DelegatedStamp).await? {
        return Err(StoreError::CapabilityLacking.into());
    }
    let payload = &input.body.payload_to_sign;
    foreign::judge(payload).map_err(|refused| ApiError::invalid("body/payloadToSign", &refused.to_string()))?;
    let key = server.store.delegated_key(caller.id, id).await?.ok_or_else(ApiError::not_found)?;
    if key.status != Status::Active {
        return Err(StoreError::KeyNotActive.into());
    }
    let sealed = server.store.sealed_delegated_key(caller.id, id).await?;
    let (row_id, public_key) = (key.id.to_string(), key.public_key.sec1_compressed());
    let seat = delegated_key_seat(caller.id, &row_id, &public_key);
    let scalar = sealing::open(server.keys.masters(), &seat, &sealed)?;
    let scalar: &[u8; 32] = scalar.as_slice().try_into().map_err(ApiError::internal)?;
    let stamp = Stamp::make(payload.as_bytes(), &SecretKey::from_bytes(scalar)?);
    // Until this is committed the stamp belongs to nobody; a revocation in the meantime drops it.
    let digest = payload::digest_hex(payload.as_bytes());
    server.store.note_stamp(caller.id, &key, sealed, digest, server.rules.stamp).await?;
    Ok(DelegatedKeyStamp { stamp })
}

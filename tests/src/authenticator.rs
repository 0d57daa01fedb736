//! Passkeys in software: what an authenticator and the browser before it send (ES256, attestation `none`).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use countersign_flow::key::SecretKey;
use countersign_flow::payload::digest;
use countersign_flow::rand_core::UnwrapErr;
use serde_json::{Value, json};

/// A page of a sandbox.
pub const ORIGIN: &str = "http://localhost:4173";
/// The relying party of a sandbox.
pub const RP_ID: &str = "localhost";

const USER_PRESENT: u8 = 0x01;
const ATTESTED: u8 = 0x40;

/// Base64url without padding.
#[must_use]
pub fn base64url(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A passkey, and where the browser says it is.
#[derive(Debug)]
pub struct Passkey {
    key: SecretKey,
    /// The id that the authenticator gave it.
    pub id: Vec<u8>,
    /// The page's origin.
    pub origin: String,
    /// The relying party.
    pub rp_id: String,
    /// Further members of `clientDataJSON`.
    pub client_data: Value,
}

impl Default for Passkey {
    fn default() -> Self {
        let key = SecretKey::generate(&mut UnwrapErr(getrandom::SysRng));
        let id = digest(key.public().sec1_uncompressed()).to_vec();
        let (origin, rp_id) = (ORIGIN.to_owned(), RP_ID.to_owned());
        Self { key, id, origin, rp_id, client_data: json!({"crossOrigin": false}) }
    }
}

impl Passkey {
    /// The id, as it travels.
    #[must_use]
    pub fn credential_id(&self) -> String {
        base64url(&self.id)
    }

    fn client_data(&self, ceremony: &str, challenge: &str) -> Vec<u8> {
        let mut data = self.client_data.clone();
        data["type"] = ceremony.into();
        data["challenge"] = challenge.into();
        data["origin"] = self.origin.as_str().into();
        data.to_string().into_bytes()
    }

    fn data(&self, flags: u8, sign_count: u32) -> Vec<u8> {
        let mut data = digest(self.rp_id.as_bytes()).to_vec();
        data.push(flags);
        data.extend(sign_count.to_be_bytes());
        data
    }

    /// The `COSE_Key`: a map of five small members, written by hand.
    fn cose_key(&self) -> Vec<u8> {
        let sec1 = self.key.public().sec1_uncompressed();
        let mut cose = vec![0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20];
        cose.extend(&sec1[1..33]);
        cose.extend([0x22, 0x58, 0x20]);
        cose.extend(&sec1[33..]);
        cose
    }

    /// `attestation` for a challenge in base64url.
    ///
    /// # Panics
    /// When the id is longer than this writes.
    #[must_use]
    pub fn attestation(&self, challenge: &str, sign_count: u32) -> Value {
        let mut data = self.data(USER_PRESENT | ATTESTED, sign_count);
        data.extend([0; 16]);
        data.extend(u16::try_from(self.id.len()).expect("a short id").to_be_bytes());
        data.extend(&self.id);
        data.extend(self.cose_key());
        let mut object = vec![0xa3];
        object.extend(b"\x63fmt\x64none\x67attStmt\xa0\x68authData\x58");
        object.push(u8::try_from(data.len()).expect("short data"));
        object.extend(data);
        json!({
            "credentialId": self.credential_id(),
            "clientDataJson": base64url(self.client_data("webauthn.create", challenge)),
            "attestationObject": base64url(object),
            "transports": ["internal"],
        })
    }

    /// `assertion` for a challenge in hex, as the server gives it: its text is what is signed.
    #[must_use]
    pub fn assertion(&self, challenge: &str, sign_count: u32) -> Value {
        let client_data = self.client_data("webauthn.get", &base64url(challenge));
        let data = self.data(USER_PRESENT, sign_count);
        let signature = self.key.sign_der(&[&data[..], &digest(&client_data)].concat());
        json!({
            "credentialId": self.credential_id(),
            "clientDataJson": base64url(client_data),
            "authenticatorData": base64url(data),
            "signature": base64url(signature),
        })
    }
}

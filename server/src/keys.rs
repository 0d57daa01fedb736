//! The master key, and the server's own keys that are sealed under it.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use countersign_flow::id::PlatformId;
use countersign_flow::jws::Algorithm;
use countersign_flow::key::SecretKey;
use countersign_flow::keyring::{KeyMaterial, KeyPurpose, Keyring, SigningKeyEntry};
use countersign_flow::sealing::{self, MasterKey, MasterKeys, Seat};
use countersign_flow::secret::MacKey;
use countersign_flow::token_key::TokenKey;
use zeroize::Zeroizing;

use crate::clock::{Clock, entropy};
use crate::config::KeySettings;
use crate::files::create_private;
use crate::store::Store;
use crate::store::connection::refuse_loose_mode;
use crate::store::signing_keys::StoredKey;

/// The purposes that this version needs a key for.
pub const NEEDED: &[KeyPurpose] = &[
    KeyPurpose::Quorum,
    KeyPurpose::Verification,
    KeyPurpose::ServiceToken,
    KeyPurpose::CliAccess,
    KeyPurpose::Audit,
    KeyPurpose::OtpMac,
    KeyPurpose::DestinationMac,
];

/// The name that is stored for what a MAC key does.
const MAC: &str = "HS256";

/// The master key of a deployment, from its settings.
///
/// # Errors
/// None is set, the file is readable by others, or what is set isn't 64 hex digits.
pub fn master_key(settings: &KeySettings) -> Result<MasterKey> {
    match (&settings.master_key, &settings.master_key_file) {
        (Some(_), Some(_)) => bail!("keys.master_key and keys.master_key_file are both set: keep one"),
        (Some(text), None) => parse_master_key(text).context("keys.master_key"),
        (None, Some(path)) => read_master_key(path),
        (None, None) => bail!(
            "no master key: put 64 random hex digits into a file of mode 0600 and name it in keys.master_key_file"
        ),
    }
}

/// The master key in a file.
///
/// # Errors
/// The file can't be read, is readable by others, or doesn't hold 64 hex digits.
pub fn read_master_key(path: &Path) -> Result<MasterKey> {
    refuse_loose_mode(path)?;
    let text = Zeroizing::new(fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?);
    parse_master_key(&text).with_context(|| format!("in {}", path.display()))
}

/// Makes a master key file of mode 0600, unless there is one.
///
/// # Errors
/// The file can't be written.
pub fn make_master_key(path: &Path) -> Result<()> {
    if path.exists() {
        return Ok(());
    }
    let key = MasterKey::generate(&mut entropy());
    create_private(path, &Zeroizing::new(hex::encode(key.to_bytes()) + "\n"))
}

fn parse_master_key(text: &str) -> Result<MasterKey> {
    let mut bytes = Zeroizing::new([0_u8; 32]);
    if hex::decode_to_slice(text.trim(), bytes.as_mut()).is_err() {
        bail!("a master key must be 64 hex digits");
    }
    Ok(MasterKey::from_bytes(&bytes))
}

/// Loads the server's keys, making the first of each purpose that is needed. Service tokens are signed with `algorithm`.
///
/// # Errors
/// A key doesn't open: another master key, or a changed row.
pub async fn load(store: &Store, masters: &MasterKeys, algorithm: Algorithm) -> Result<Keyring> {
    for purpose in NEEDED {
        let wanted = algorithm_of(*purpose, algorithm);
        let stored = store.signing_keys().await?;
        let fits = |key: &StoredKey| key.purpose == purpose.as_str() && key.algorithm == wanted;
        if !stored.iter().any(|key| fits(key) && key.retires_at.is_none()) {
            // Another replica may be faster: then its key is the one.
            store.add_first_signing_key(make(*purpose, algorithm, masters)?).await?;
        }
    }
    open_all(store, masters).await
}

/// Loads the server's keys that are there, and makes none.
///
/// # Errors
/// As [`load`].
pub async fn open_all(store: &Store, masters: &MasterKeys) -> Result<Keyring> {
    let entries: Result<Vec<_>> = store.signing_keys().await?.iter().map(|stored| open(stored, masters)).collect();
    Ok(Keyring::new(entries?))
}

/// What a key of this purpose signs or authenticates with.
const fn algorithm_of(purpose: KeyPurpose, service_tokens: Algorithm) -> &'static str {
    match purpose {
        KeyPurpose::ServiceToken => service_tokens.as_str(),
        KeyPurpose::CliAccess => Algorithm::EdDsa.as_str(),
        _ if purpose.is_mac() => MAC,
        _ => Algorithm::Es256.as_str(),
    }
}

/// Makes and seals a new key. Service tokens are signed with `algorithm`.
///
/// # Errors
/// The key can't be made or sealed.
pub fn make(purpose: KeyPurpose, algorithm: Algorithm, masters: &MasterKeys) -> Result<StoredKey> {
    let mut rng = entropy();
    let now = Clock.now();
    let id = countersign_flow::id::KeyId::mint(now, &mut rng).to_string();
    let copy = |secret: Zeroizing<[u8; 32]>| Zeroizing::new(secret.to_vec());
    let (public_key, secret) = if purpose.is_mac() {
        (Vec::new(), copy(MacKey::generate(&mut rng).to_bytes()))
    } else if purpose.signs_tokens() {
        let algorithm = if purpose == KeyPurpose::ServiceToken { algorithm } else { Algorithm::EdDsa };
        let key = TokenKey::generate(algorithm, &mut rng)?;
        (key.public().to_bytes(), key.to_pkcs8()?)
    } else {
        let key = SecretKey::generate(&mut rng);
        (key.public().sec1_compressed().to_vec(), copy(key.to_bytes()))
    };
    let sealed = sealing::seal(masters.current(), &seat(purpose, &id, &public_key), secret.as_slice(), &mut rng)?;
    Ok(StoredKey {
        id,
        purpose: purpose.as_str().to_owned(),
        public_key,
        sealed,
        created_at: now.as_millis(),
        algorithm: algorithm_of(purpose, algorithm).to_owned(),
        retires_at: None,
    })
}

fn open(stored: &StoredKey, masters: &MasterKeys) -> Result<SigningKeyEntry> {
    let purpose: KeyPurpose = stored.purpose.parse().context("a stored key")?;
    let opened = sealing::open(masters, &seat(purpose, &stored.id, &stored.public_key), &stored.sealed)
        .with_context(|| format!("the `{purpose}` key doesn't open: is this the master key of this database?"))?;
    let bytes = || opened.as_slice().try_into().context("a stored key of another length");
    let secret = if purpose.is_mac() {
        KeyMaterial::Mac(MacKey::from_bytes(bytes()?))
    } else if purpose.signs_tokens() {
        let key = TokenKey::from_pkcs8(&opened)?;
        // The column is only looked for; what the key does, the sealed document says.
        if key.algorithm().as_str() != stored.algorithm {
            bail!("the `{purpose}` key is for another algorithm than its row says");
        }
        KeyMaterial::Token(key)
    } else {
        KeyMaterial::P256(SecretKey::from_bytes(bytes()?)?)
    };
    Ok(SigningKeyEntry {
        id: stored.id.parse()?,
        purpose,
        secret,
        created: stored.created(),
        retires: stored.retires(),
    })
}

fn seat<'a>(purpose: KeyPurpose, id: &'a str, public_key: &'a [u8]) -> Seat<'a> {
    Seat { purpose: purpose.as_str(), platform: None, table: "signing_keys", column: "sealed", row_id: id, public_key }
}

/// Where the target key of a one-time code is sealed.
pub(crate) fn otp_target_seat<'a>(platform: PlatformId, row_id: &'a str, public_key: &'a [u8]) -> Seat<'a> {
    Seat {
        purpose: "otp-target",
        platform: Some(platform),
        table: "otp_issues",
        column: "target_sealed",
        row_id,
        public_key,
    }
}

/// Where the payload of a pending request is sealed.
pub(crate) fn payload_seat(platform: PlatformId, row_id: &str) -> Seat<'_> {
    Seat {
        purpose: "request-payload",
        platform: Some(platform),
        table: "pending_requests",
        column: "payload",
        row_id,
        public_key: &[],
    }
}

/// Where the private half of a delegated key is sealed.
pub(crate) fn delegated_key_seat<'a>(platform: PlatformId, row_id: &'a str, public_key: &'a [u8]) -> Seat<'a> {
    Seat {
        purpose: "delegated-key",
        platform: Some(platform),
        table: "delegated_keys",
        column: "sealed",
        row_id,
        public_key,
    }
}

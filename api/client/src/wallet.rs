//! What a wallet does on its own side: keys, stamps, and codes and keys that travel sealed.
//!
//! A login by emailed code, in full:
//!
//! ```no_run
//! # async fn example(client: countersign_client::Client, credential: countersign_client::types::AuthMethodId,
//! #     quorum: &str, code: &str) -> Result<(), Box<dyn std::error::Error>> {
//! use countersign_client::operations::{
//!     ChallengeAuthCredentialInput, VerifyAuthCredential, VerifyAuthCredentialInput, VerifyAuthCredentialOutcome,
//! };
//! use countersign_client::types::{ChallengeAuthCredentialResponse, EmailOtpVerifyRequest};
//! use countersign_client::wallet::{KeyPair, TargetBundle};
//!
//! // 1. Have a code sent. The answer's bundle names a key to seal the code to, signed by the server's quorum key.
//! let challenged = client.challenge_auth_credential(ChallengeAuthCredentialInput::new(credential.clone())).await?;
//! let ChallengeAuthCredentialResponse::EmailOtp(sent) = challenged.value else { return Err("no code was sent".into()) };
//! let target = TargetBundle::verify(&sent.otp_encryption_target_bundle, quorum)?;
//!
//! // 2. Make the key that will be the session's, and seal it together with the code.
//! let key = KeyPair::generate();
//! let sealed = target.seal_code(code, &key)?;
//! let body = EmailOtpVerifyRequest { encrypted_otp_bundle: Some(sealed), otp: None, client_public_key: None };
//!
//! // 3. Both legs: the answer to the first is stamped with the key, the second opens the session.
//! let verified = client
//!     .signed_retry::<VerifyAuthCredential, _>(&key, VerifyAuthCredentialInput::new(credential, body.into()))
//!     .await?;
//! if let VerifyAuthCredentialOutcome::Ok(session) = verified.value {
//!     println!("{} until {}", session.id, session.expires_at);
//! }
//! # Ok(())
//! # }
//! ```

use std::convert::Infallible;
use std::fmt;

use countersign_flow::key::SecretKey;
use countersign_flow::stamp::Stamp;
use countersign_flow::{FlowError, otp_bundle, session_bundle, target_bundle};

use crate::signed_retry::Signer;

/// Why something of a wallet can't be made, opened or trusted.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct WalletError(#[from] FlowError);

/// A P-256 key pair: a session's, or one that a session key is sealed to. Zeroized when dropped.
pub struct KeyPair(SecretKey);

impl KeyPair {
    /// A new pair, of the system's randomness.
    ///
    /// # Panics
    /// When the system has no randomness.
    #[must_use]
    pub fn generate() -> Self {
        Self(SecretKey::generate(&mut entropy()))
    }

    /// The pair of a private scalar: 32 bytes, big-endian.
    ///
    /// # Errors
    /// Zero, or not below the order of the curve.
    pub fn from_bytes(scalar: &[u8; 32]) -> Result<Self, WalletError> {
        Ok(Self(SecretKey::from_bytes(scalar)?))
    }

    /// The compressed public point, 66 lower-case hex digits: a client-held session key.
    #[must_use]
    pub fn compressed_hex(&self) -> String {
        self.0.public().compressed_hex()
    }

    /// The uncompressed public point, 130 lower-case hex digits: as `clientPublicKey` it asks for a sealed session key.
    #[must_use]
    pub fn uncompressed_hex(&self) -> String {
        self.0.public().uncompressed_hex()
    }

    /// The value of `Grid-Wallet-Signature` over a payload.
    #[must_use]
    pub fn stamp_payload(&self, payload: &str) -> String {
        Stamp::make(payload.as_bytes(), &self.0)
    }

    /// Opens the `encryptedSessionSigningKey` of a sealed session, which was sealed to this pair.
    ///
    /// # Errors
    /// The text is malformed, or sealed to another pair.
    pub fn open_session_key(&self, encrypted_session_signing_key: &str) -> Result<Self, WalletError> {
        Ok(Self(session_bundle::open_session_key(encrypted_session_signing_key, &self.0)?))
    }
}

impl fmt::Debug for KeyPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyPair({})", self.compressed_hex())
    }
}

impl Signer for KeyPair {
    type Error = Infallible;

    async fn stamp(&self, payload: &str) -> Result<String, Infallible> {
        Ok(self.stamp_payload(payload))
    }
}

/// A checked `otpEncryptionTargetBundle`.
#[derive(Clone, Debug)]
pub struct TargetBundle(target_bundle::TargetBundle);

impl TargetBundle {
    /// Checks a bundle: it must be signed by the quorum key that the wallet has pinned, given as uncompressed hex as the
    /// server prints it.
    ///
    /// # Errors
    /// Another quorum key, a wrong signature, or a malformed bundle.
    pub fn verify(bundle: &str, pinned_quorum_public_key: &str) -> Result<Self, WalletError> {
        Ok(Self(target_bundle::TargetBundle::verify(bundle, pinned_quorum_public_key)?))
    }

    /// Seals a code, and the public key of `session` with it: the value of `encryptedOtpBundle`.
    ///
    /// # Errors
    /// The target key can't be sealed to.
    pub fn seal_code(&self, code: &str, session: &KeyPair) -> Result<String, WalletError> {
        Ok(otp_bundle::seal_code(self.0.target(), code, session.0.public(), &mut entropy())?)
    }
}

fn entropy() -> impl countersign_flow::CryptoRng {
    countersign_flow::rand_core::UnwrapErr(getrandom::SysRng)
}

//! Why a flow refused to go on.

use std::time::Duration;

use crate::json::JsonError;
use crate::stamp::StampError;
use crate::webauthn::{AssertionFault, RegistrationFault};

/// Why a flow refused to go on. No HTTP statuses here: the server has one table for those.
///
/// Safe to log: no variant holds a secret, a code, a header or a member's value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FlowError {
    /// An identifier isn't `Kind:<uuid>` of the expected kind.
    #[error("not a {kind} id")]
    IdMalformed {
        /// The kind that was expected, for example `Session`.
        kind: &'static str,
    },
    /// A public key isn't 66 or 130 hex digits of a point on P-256.
    #[error("not a P-256 public key in SEC1 hex")]
    PublicKeyMalformed,
    /// A private key isn't a scalar between 1 and the order of P-256.
    #[error("not a P-256 private key")]
    SecretKeyMalformed,
    /// A text isn't JSON of the accepted form.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// A private key that signs tokens is of none of our algorithms.
    #[error("not a private key that signs tokens")]
    TokenKeyMalformed,
    /// A token could not be signed.
    #[error("signing a token failed")]
    TokenNotSigned,
    /// An HPKE message could not be made.
    #[error("HPKE encryption failed")]
    HpkeNotSealed,
    /// An HPKE message doesn't open: another recipient, or it was changed.
    #[error("HPKE decryption failed")]
    HpkeNotOpened,

    /// A target bundle lacks a member or has one of the wrong form.
    #[error("OTP target bundle: {0} is malformed")]
    TargetBundleMalformed(&'static str),
    /// A target bundle names a quorum key other than the pinned one.
    #[error("OTP target bundle was made by a quorum key that is not the pinned one")]
    TargetBundleNotPinned,
    /// A target bundle's signature doesn't verify.
    #[error("OTP target bundle has a wrong signature")]
    TargetBundleForged,

    /// An encrypted OTP bundle isn't JSON with an encapsulated key and a ciphertext.
    #[error("encrypted OTP bundle is malformed")]
    OtpBundleMalformed,
    /// An encrypted OTP bundle doesn't open with the target key.
    #[error("encrypted OTP bundle does not open")]
    OtpBundleNotOpened,
    /// The opened OTP bundle doesn't hold exactly one of the two member sets.
    #[error("opened OTP bundle is malformed")]
    OtpPlaintextMalformed,
    /// The opened OTP bundle names no valid public key.
    #[error("opened OTP bundle names no valid public key")]
    OtpPublicKeyMalformed,

    /// An encrypted session key isn't base58check of 81 bytes.
    #[error("encrypted session key is malformed")]
    SessionBundleMalformed,
    /// An encrypted session key doesn't open with the recipient's key.
    #[error("encrypted session key does not open")]
    SessionBundleNotOpened,

    /// A verification token isn't a compact ES256 JWS with the six claims.
    #[error("verification token: {0} is malformed")]
    VerificationTokenMalformed(&'static str),
    /// A verification token's signature doesn't verify.
    #[error("verification token has a wrong signature")]
    VerificationTokenForged,
    /// A verification token is past its `exp`.
    #[error("verification token has expired")]
    VerificationTokenExpired,

    /// A sealed value could not be made.
    #[error("sealing failed")]
    NotSealed,
    /// A sealed value is too short or of an unknown format version.
    #[error("sealed value is malformed")]
    SealedValueMalformed,
    /// A sealed value names a master key that isn't loaded.
    #[error("sealed value belongs to a master key that is not loaded")]
    MasterKeyUnknown,
    /// A sealed value doesn't open in this place: moved, changed, or of another key.
    #[error("sealed value does not open in this place")]
    SealedValueNotOpened,
    /// A text names no key purpose.
    #[error("not a key purpose")]
    KeyPurposeUnknown,

    /// A retry has a `Request-Id` and no `Grid-Wallet-Signature`.
    #[error("signature header is missing")]
    SignatureMissing,
    /// The stamp of a retry could not be parsed.
    #[error("signature header is malformed: {0}")]
    SignatureMalformed(#[from] StampError),
    /// A well-formed stamp doesn't countersign this request.
    #[error("signature is invalid: {0}")]
    SignatureInvalid(SignatureFault),
    /// The retried body isn't the one of the first leg.
    #[error("retried body differs from the first one")]
    SignatureBodyMismatch,
    /// A retry has a `Grid-Wallet-Signature` and no `Request-Id`.
    #[error("request id header is missing")]
    RequestIdMissing,
    /// A `Request-Id` names no pending request that this retry could use.
    #[error("request id is invalid: {0}")]
    RequestIdInvalid(RequestFault),
    /// A stored pending request can't be read back.
    #[error("stored pending request: {0} is malformed")]
    StoredRequestMalformed(&'static str),

    /// A relying party's id isn't a domain, or an origin isn't one.
    #[error("relying party: {0} malformed")]
    RelyingPartyMalformed(&'static str),
    /// What an authenticator made isn't accepted as a passkey.
    #[error("passkey registration refused: {member} {0}", member = .0.member())]
    RegistrationRefused(RegistrationFault),
    /// What an authenticator signed isn't accepted.
    #[error("passkey assertion refused: {0}")]
    AssertionRefused(AssertionFault),
    /// A stored passkey can't be read back.
    #[error("stored passkey: {0} is malformed")]
    StoredPasskeyMalformed(&'static str),
    /// A stored credential can't be read back.
    #[error("stored credential: {0} is malformed")]
    StoredCredentialMalformed(&'static str),

    /// Too many wrong codes in the window; the next try is possible after `retry_after`.
    #[error("too many wrong codes, next try in {} s", retry_after.as_secs())]
    GuessesExhausted {
        /// Time until the window has moved far enough for one more try.
        retry_after: Duration,
    },
    /// Too many wrong codes since the last success: locked until another credential's session or an operator unlocks it.
    #[error("credential is locked after too many wrong codes")]
    CredentialLocked,

    /// A session has ended, expired, or reached the longest life of its login.
    #[error("session is not live")]
    SessionNotLive,
    /// The account has as many live sessions as it may have.
    #[error("account already has {limit} live sessions")]
    SessionLimit {
        /// The most live sessions of one account.
        limit: u32,
    },
}

/// Which check of a countersignature failed. For logs only: callers learn that the signature is invalid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureFault {
    /// The signer is not among those who may sign this request.
    #[error("the signer may not sign this request")]
    NotAllowed,
    /// The stamp names another key than the signer's.
    #[error("the stamp names another key")]
    OtherKey,
    /// The signature doesn't verify over the stored payload.
    #[error("the signature does not verify")]
    Mismatch,
}

/// Why a `Request-Id` serves no purpose here. For logs only: callers learn that it is invalid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestFault {
    /// The header isn't a request id.
    #[error("malformed")]
    Malformed,
    /// No such pending request. Made by the store.
    #[error("unknown")]
    Unknown,
    /// It belongs to another tenant.
    #[error("of another platform")]
    OtherPlatform,
    /// It belongs to another operation.
    #[error("of another operation")]
    OtherOperation,
    /// It belongs to another resource.
    #[error("of another resource")]
    OtherResource,
    /// It has had its effect.
    #[error("used")]
    Used,
    /// Its time is over.
    #[error("expired")]
    Expired,
}

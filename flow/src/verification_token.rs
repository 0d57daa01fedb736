//! The verification token: the `payloadToSign` of an OTP verification, a JWT that names the key to sign it with.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::key::{PublicKey, SecretKey};
use crate::{FlowError, Timestamp, base64url, json};

/// What was verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VerificationType {
    /// A code sent by email.
    Email,
    /// A code sent by SMS.
    Sms,
}

impl VerificationType {
    /// The claim's text.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Email => "OTP_TYPE_EMAIL",
            Self::Sms => "OTP_TYPE_SMS",
        }
    }
}

/// The six claims. All are strings in the token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    /// Id of this verification.
    pub id: String,
    /// See [`VerificationType`].
    pub verification_type: String,
    /// The address or number that the code went to.
    pub contact: String,
    /// `organizationId` of the internal account.
    pub organization_id: String,
    /// The key that stamps this token, 66 hex digits.
    pub public_key: String,
    /// End of its life; milliseconds since the epoch, as a string in the token.
    pub exp: Timestamp,
}

impl Claims {
    /// The claims of a verification.
    pub fn new(
        id: Uuid,
        verification_type: VerificationType,
        contact: &str,
        organization: Uuid,
        public_key: &PublicKey,
        exp: Timestamp,
    ) -> Self {
        Self {
            id: id.hyphenated().to_string(),
            verification_type: verification_type.as_str().to_owned(),
            contact: contact.to_owned(),
            organization_id: organization.hyphenated().to_string(),
            public_key: public_key.compressed_hex(),
            exp,
        }
    }
}

/// Signs `claims`: a compact JWS with header `{alg: ES256, kid, typ: JWT}`. The stamp signs the whole text.
pub fn issue(claims: &Claims, key: &SecretKey, kid: &str) -> String {
    let header = json!({"alg": "ES256", "typ": "JWT", "kid": kid});
    let payload = json!({
        "id": claims.id,
        "verification_type": claims.verification_type,
        "contact": claims.contact,
        "organization_id": claims.organization_id,
        "public_key": claims.public_key,
        "exp": claims.exp.as_millis().to_string(),
    });
    let [header, payload] = [header, payload].map(|part| base64url::encode(json::canonical(&part)));
    let signed = format!("{header}.{payload}");
    let signature = base64url::encode(key.sign_jws(signed.as_bytes()));
    format!("{signed}.{signature}")
}

/// Verifies a token as the npm client does, for clients and tests: either base64 alphabet, unknown header members and
/// claims tolerated, the signature raw or DER, `exp` any finite number in a string.
///
/// # Errors
/// [`FlowError::VerificationTokenMalformed`] names the first part that is missing or of the wrong form;
/// [`FlowError::VerificationTokenForged`]; [`FlowError::VerificationTokenExpired`] once `now` is past `exp`.
pub fn verify(jwt: &str, pinned: &PublicKey, now: Timestamp) -> Result<Claims, FlowError> {
    use FlowError::VerificationTokenMalformed as Malformed;

    let (signed, signature) = jwt.rsplit_once('.').ok_or(Malformed("the JWT"))?;
    let (header, payload) = signed.split_once('.').ok_or(Malformed("the JWT"))?;
    if payload.contains('.') {
        return Err(Malformed("the JWT"));
    }
    let header = object(header).ok_or(Malformed("the header"))?;
    for (member, expected) in [("alg", "ES256"), ("typ", "JWT")] {
        if header.get(member).and_then(Value::as_str) != Some(expected) {
            return Err(Malformed(member));
        }
    }
    let signature = base64url::decode_as_browsers_do(signature).ok_or(Malformed("the signature"))?;
    if !pinned.verifies_der(signed.as_bytes(), &signature) && !pinned.verifies_jws(signed.as_bytes(), &signature) {
        return Err(FlowError::VerificationTokenForged);
    }
    let payload = object(payload).ok_or(Malformed("the payload"))?;
    let claim = |name| payload.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()).ok_or(Malformed(name));
    let claims = Claims {
        id: claim("id")?.to_owned(),
        verification_type: claim("verification_type")?.to_owned(),
        contact: claim("contact")?.to_owned(),
        organization_id: claim("organization_id")?.to_owned(),
        public_key: claim("public_key")?.to_owned(),
        exp: instant(claim("exp")?).ok_or(Malformed("exp"))?,
    };
    if claims.exp < now { Err(FlowError::VerificationTokenExpired) } else { Ok(claims) }
}

fn object(part: &str) -> Option<Value> {
    let value: Value = serde_json::from_slice(&base64url::decode_as_browsers_do(part)?).ok()?;
    value.is_object().then_some(value)
}

/// Milliseconds in a string, read as JavaScript's `Number` reads decimal text.
fn instant(text: &str) -> Option<Timestamp> {
    let millis: f64 = text.trim().parse().ok().filter(|millis: &f64| millis.is_finite())?;
    // `as` saturates, and a fraction of a millisecond decides nothing that is measured in whole ones.
    #[expect(clippy::cast_possible_truncation, reason = "saturating is what is wanted")]
    Some(Timestamp::from_millis(millis.floor() as i64))
}

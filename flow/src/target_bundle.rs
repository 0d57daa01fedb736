//! `otpEncryptionTargetBundle`: the signed key that a one-time code is to be encrypted to.

use serde_json::Value;
use uuid::Uuid;

use crate::key::{PublicKey, SecretKey};
use crate::{FlowError, der};

/// The version that is written. It is not read: clients don't.
const VERSION: &str = "v1.0.0";

/// The content of a target bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetBundle {
    target: PublicKey,
    organization: Option<String>,
    user: Option<String>,
}

impl TargetBundle {
    /// Signs `target` with the quorum key. Returns the bundle's text, a JSON object of `version`, `data` (hex of the signed
    /// JSON), `dataSignature` (hex DER, nonce of RFC 6979) and `enclaveQuorumPublic` (130 lower-case hex digits).
    ///
    /// `target` must serve one issue of a code only. The same input gives the same text.
    pub fn issue(quorum: &SecretKey, target: &PublicKey, organization: Uuid, user: Uuid) -> String {
        let (target, organization, user) = (target.uncompressed_hex(), organization.hyphenated(), user.hyphenated());
        let data = format!(r#"{{"targetPublic":"{target}","organizationId":"{organization}","userId":"{user}"}}"#);
        Self::sign(quorum, data.as_bytes())
    }

    fn sign(quorum: &SecretKey, data: &[u8]) -> String {
        let signature = hex::encode(quorum.sign_deterministic_der(data));
        let (data, quorum) = (hex::encode(data), quorum.public().uncompressed_hex());
        format!(
            r#"{{"version":"{VERSION}","data":"{data}","dataSignature":"{signature}","enclaveQuorumPublic":"{quorum}"}}"#
        )
    }

    /// Reads a bundle as the npm client does, for clients and tests: members in any order, unknown and repeated ones
    /// tolerated (the last counts), no version needed, hex in either case.
    ///
    /// `pinned_quorum` is the text that the user pinned; the bundle's `enclaveQuorumPublic` must be that very text.
    ///
    /// # Errors
    /// [`FlowError::TargetBundleMalformed`] names the first member that is missing or of the wrong form,
    /// [`FlowError::TargetBundleNotPinned`] and [`FlowError::TargetBundleForged`] tell a wrong key from a wrong signature.
    pub fn verify(text: &str, pinned_quorum: &str) -> Result<Self, FlowError> {
        let bundle: Value =
            serde_json::from_str(text).map_err(|_| FlowError::TargetBundleMalformed("the outer object"))?;
        let member = |name| bundle.get(name).and_then(Value::as_str).ok_or(FlowError::TargetBundleMalformed(name));
        let bytes = |name| hex::decode(member(name)?).map_err(|_| FlowError::TargetBundleMalformed(name));

        let quorum = member("enclaveQuorumPublic")?;
        if quorum != pinned_quorum {
            return Err(FlowError::TargetBundleNotPinned);
        }
        let quorum =
            PublicKey::from_hex(quorum).map_err(|_| FlowError::TargetBundleMalformed("enclaveQuorumPublic"))?;
        let der::Integers { r, s } =
            der::read_lax(&bytes("dataSignature")?).ok_or(FlowError::TargetBundleMalformed("dataSignature"))?;
        let data = bytes("data")?;
        if !quorum.verifies_jws(&data, &[r, s].concat()) {
            return Err(FlowError::TargetBundleForged);
        }

        let data: Value = serde_json::from_slice(&data).map_err(|_| FlowError::TargetBundleMalformed("data"))?;
        let text_of = |name| data.get(name).and_then(Value::as_str).map(str::to_owned);
        // A compressed key would encrypt, and nobody could open the result: the associated data would differ.
        let target = text_of("targetPublic")
            .filter(|target| target.len() == 130)
            .and_then(|target| PublicKey::from_hex(&target).ok())
            .ok_or(FlowError::TargetBundleMalformed("targetPublic"))?;
        Ok(Self { target, organization: text_of("organizationId"), user: text_of("userId") })
    }

    /// The key to encrypt to.
    pub const fn target(&self) -> &PublicKey {
        &self.target
    }

    /// `organizationId`, if the bundle names one.
    pub fn organization(&self) -> Option<&str> {
        self.organization.as_deref()
    }

    /// `userId`, if the bundle names one.
    pub fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quorum() -> SecretKey {
        SecretKey::from_bytes(&[7; 32]).unwrap()
    }

    #[test]
    fn an_issued_bundle_verifies_and_tells_what_it_was_issued_for() {
        let target = *SecretKey::from_bytes(&[9; 32]).unwrap().public();
        let text = TargetBundle::issue(&quorum(), &target, Uuid::from_u128(1), Uuid::from_u128(2));
        let bundle = TargetBundle::verify(&text, &quorum().public().uncompressed_hex()).unwrap();
        assert_eq!(bundle.target(), &target);
        assert_eq!(bundle.organization(), Some("00000000-0000-0000-0000-000000000001"));
        assert_eq!(bundle.user(), Some("00000000-0000-0000-0000-000000000002"));
    }

    #[test]
    fn any_changed_hex_digit_of_data_or_signature_is_noticed() {
        let target = *SecretKey::from_bytes(&[9; 32]).unwrap().public();
        let text = TargetBundle::issue(&quorum(), &target, Uuid::nil(), Uuid::nil());
        let pinned = quorum().public().uncompressed_hex();
        let data_start = text.find(r#""data":""#).unwrap() + 8;
        for at in (data_start..data_start + 400).step_by(17) {
            let mut changed = text.clone().into_bytes();
            changed[at] = if changed[at] == b'0' { b'1' } else { b'0' };
            let changed = String::from_utf8(changed).unwrap();
            assert_eq!(TargetBundle::verify(&changed, &pinned), Err(FlowError::TargetBundleForged), "digit {at}");
        }
    }

    #[test]
    fn only_the_pinned_text_is_trusted() {
        let target = *SecretKey::from_bytes(&[9; 32]).unwrap().public();
        let text = TargetBundle::issue(&quorum(), &target, Uuid::nil(), Uuid::nil());
        let own = quorum().public().uncompressed_hex();
        for pinned in [target.uncompressed_hex(), own.to_uppercase(), quorum().public().compressed_hex()] {
            assert_eq!(TargetBundle::verify(&text, &pinned), Err(FlowError::TargetBundleNotPinned), "{pinned}");
        }
    }

    #[test]
    fn a_compressed_target_is_refused() {
        let target = SecretKey::from_bytes(&[9; 32]).unwrap().public().compressed_hex();
        let text = TargetBundle::sign(&quorum(), format!(r#"{{"targetPublic":"{target}"}}"#).as_bytes());
        assert_eq!(
            TargetBundle::verify(&text, &quorum().public().uncompressed_hex()),
            Err(FlowError::TargetBundleMalformed("targetPublic"))
        );
    }
}

//! `otpEncryptionTargetBundle`

use countersign_flow::otp_bundle::{SealedCode, seal_code};
use countersign_flow::target_bundle::TargetBundle;
use serde_json::Value;

use crate::entropy::Seeded;
use crate::{Case, Judged};

pub(crate) fn judge(case: &Case<'_>) -> Judged {
    if let Some(data) = case.input("data_utf8").as_str() {
        reproduces(case, data);
    }
    // A client without a pinned key of ours pins another server's.
    let Some(pinned) = case.input("override_signer_public_key").as_str() else {
        return Judged::Refused("invalid");
    };
    let Ok(bundle) = TargetBundle::verify(case.text("bundle"), pinned) else {
        return Judged::Refused("invalid");
    };
    let session = *case.secret("quorum_priv").public();
    let code = seal_code(bundle.target(), "123456", &session, &mut Seeded::new(1)).unwrap();
    match SealedCode::parse(&code).unwrap().open(&case.secret("target_priv")) {
        Ok(opened) => {
            assert_eq!((opened.code.as_str(), opened.public_key), ("123456", session));
            Judged::Accepted(Value::Null)
        }
        Err(_) => Judged::Refused("open_failed"),
    }
}

/// A server that signs as we do makes this very bundle.
fn reproduces(case: &Case<'_>, data: &str) {
    let quorum = case.secret("quorum_priv");
    let bundle: Value = serde_json::from_str(case.text("bundle")).unwrap();
    assert_eq!(bundle["data"], hex::encode(data));
    assert_eq!(bundle["dataSignature"], hex::encode(quorum.sign_deterministic_der(data.as_bytes())));
    assert_eq!(bundle["enclaveQuorumPublic"], quorum.public().uncompressed_hex());

    let members: Value = serde_json::from_str(data).unwrap();
    let id = |name: &str| members[name].as_str().and_then(|text| text.parse().ok());
    if let (Some(organization), Some(user)) = (id("organizationId"), id("userId")) {
        let target = case.secret("target_priv");
        assert_eq!(TargetBundle::issue(&quorum, target.public(), organization, user), case.text("bundle"));
    }
}

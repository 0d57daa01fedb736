//! A wallet user's own client: node, with the packages that wallets use.

use std::path::Path;
use std::process::Command;

use countersign_tests::npm;
use countersign_tests::server::TestServer;

pub(crate) const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/node");

/// The steps of `client.mjs`, in order.
const STEPS: [&str; 20] = [
    "list-credentials",
    "challenge",
    "check-bundle",
    "wrong-code-refused",
    "verify-leg-1",
    "wrong-key-refused",
    "verify-leg-2",
    "list-sessions",
    "refresh-client-held",
    "used-request-refused",
    "refresh-sealed",
    "recipient-key-refused",
    "revoke-with-opened-key",
    "revoke",
    "sms",
    "id-token",
    "passkey",
    "delegated-key-pending",
    "delegated-key-stamps",
    "delegated-key-revoked",
];

fn client(server: &TestServer) -> Command {
    let mut node = Command::new("node");
    node.arg("client.mjs").current_dir(FOLDER).envs(server.environment());
    node
}

#[tokio::test]
pub(crate) async fn a_javascript_wallet_signs_in_with_every_credential_refreshes_and_delegates() {
    npm::install(FOLDER);
    let server = TestServer::sandbox().start().await;
    // Twice: the second run finds what the first has left.
    for _ in 0..2 {
        let ran = client(&server).output().expect("node runs");
        let (stdout, stderr) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
        assert!(ran.status.success(), "{stdout}{stderr}");
        let steps: Vec<&str> = stdout.lines().filter_map(|line| line.strip_prefix("ok ")).collect();
        assert_eq!(steps, STEPS, "{stderr}");
    }

    let wrong = client(&server).env("CLIENT_SECRET", "wrong").output().expect("node runs");
    assert!(!wrong.status.success(), "the script must fail at the first answer that it doesn't expect");
    let unpinned =
        client(&server).env("QUORUM_PUBLIC_KEY", format!("04{}", "1".repeat(128))).output().expect("node runs");
    assert!(
        String::from_utf8_lossy(&unpinned.stderr).contains("target bundle was refused"),
        "a foreign quorum key is noticed"
    );
}

#[test]
fn the_lock_file_names_no_registry() {
    let lock = std::fs::read_to_string(Path::new(FOLDER).join("package-lock.json")).unwrap();
    assert!(
        !lock.contains("\"resolved\""),
        "npm wrote registry addresses: .npmrc has omit-lockfile-registry-resolved=true"
    );
    assert!(lock.contains("\"integrity\""));
}

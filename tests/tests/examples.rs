//! The client's examples, as its users run them.

use countersign_tests::program::client_example;
use countersign_tests::server::TestServer;

#[tokio::test]
async fn the_examples_of_the_client_run_against_a_sandbox_again_and_again() {
    let server = TestServer::sandbox().start().await;
    for _ in 0..2 {
        for (example, lines) in [
            ("login", &["session Session:"] as &[_]),
            ("refresh", &["session  Session:", "held     Session:", "sealed   Session:", "revoked  Session:"]),
            ("delegate", &["key      DelegatedKey:", "stamp    ", "revoked  DelegatedKey:"]),
        ] {
            let ran = client_example(example).envs(server.environment()).output().expect("it runs");
            let stdout = String::from_utf8_lossy(&ran.stdout);
            assert!(ran.status.success(), "{example}: {stdout}{}", String::from_utf8_lossy(&ran.stderr));
            let printed: Vec<&str> = stdout.lines().collect();
            assert_eq!(printed.len(), lines.len(), "{example}: {stdout}");
            for (line, beginning) in printed.iter().zip(lines) {
                assert!(line.starts_with(beginning), "{example}: {line:?} for {beginning:?}");
            }
        }
    }
    let wrong = client_example("login").envs(server.environment()).env("CLIENT_SECRET", "wrong").output();
    assert!(!wrong.expect("it runs").status.success());
}

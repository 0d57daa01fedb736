//! The binary itself. Having this test here also makes `cargo test` build the binary with the features of the tests, which
//! the end-to-end tests then start: nothing is built twice.

use std::process::Command;

#[test]
fn the_binary_tells_its_version_and_refuses_what_it_does_not_know() {
    let countersign = || Command::new(env!("CARGO_BIN_EXE_countersign"));
    let version = countersign().arg("--version").output().unwrap();
    assert_eq!(String::from_utf8_lossy(&version.stdout), format!("countersign {}\n", env!("CARGO_PKG_VERSION")));
    let unknown = countersign().arg("server").output().unwrap();
    assert_eq!(unknown.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("'serve'"), "it names the nearest command");
}

//! What a test run needs besides Rust: a C compiler, make and perl for the bundled C libraries, a C++ compiler for the
//! fuzzer, node and npm for the wallet client, python for the SMTP server and the receiver that messages go to, Chromium
//! for the sandbox page, PostgreSQL and a clock that can be shifted for the replicas, and what the shell's part of docs/wallet.md uses. On Debian, as root, what is missing is
//! installed; elsewhere the run says what to install.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Result, bail};

/// A program, the Debian package that brings it, and the oldest major version that will do.
const TOOLS: &[(&str, &str, u32)] = &[
    ("cc", "gcc", 0),
    ("c++", "g++", 0),
    ("make", "make", 0),
    ("perl", "perl", 0),
    ("node", "nodejs", 20),
    ("npm", "npm", 0),
    ("python3", "python3-venv", 0),
    ("curl", "curl", 0),
    ("jq", "jq", 0),
    ("openssl", "openssl", 0),
    ("xxd", "xxd", 0),
    ("chromium", "chromium", 0),
    ("initdb", "postgresql", 0),
    ("setpriv", "util-linux", 0),
    ("faketime", "faketime", 0),
];

/// Finds every tool, installing what is missing where that is possible.
pub(crate) fn require_all() -> Result<()> {
    let missing = missing();
    if missing.is_empty() {
        return Ok(());
    }
    let packages: Vec<&str> = missing.iter().map(|(_, package, _)| *package).collect();
    println!("installing {} with apt-get …", packages.join(", "));
    let _ = quiet("apt-get", &["update", "-q"]);
    let _ = quiet("apt-get", &[&["install", "-y", "-q", "--no-install-recommends"], packages.as_slice()].concat());
    let still = self::missing();
    if still.is_empty() {
        return Ok(());
    }
    let wanted: Vec<String> = still
        .iter()
        .map(|(tool, _, version)| if *version > 0 { format!("{tool} {version} or newer") } else { (*tool).to_owned() })
        .collect();
    bail!("missing: {}; install them and run this again", wanted.join(", "))
}

fn missing() -> Vec<(&'static str, &'static str, u32)> {
    TOOLS.iter().filter(|(tool, _, version)| !found(tool, *version)).copied().collect()
}

fn found(tool: &str, oldest: u32) -> bool {
    let args: &[&str] = match tool {
        // Debian's base system has a perl without the modules that building OpenSSL needs, and so with python.
        "perl" => &["-MFindBin", "-MIPC::Cmd", "-e1"],
        "openssl" => &["version"],
        "python3" => &["-c", "import ensurepip, ssl, venv"],
        _ => &["--version"],
    };
    let Ok(output) = Command::new(path_of(tool)).args(args).stdin(Stdio::null()).output() else { return false };
    let text = String::from_utf8_lossy(&output.stdout);
    let major = text.trim().trim_start_matches('v').split('.').next().and_then(|major| major.parse().ok());
    output.status.success() && (oldest == 0 || major.is_some_and(|major: u32| major >= oldest))
}

/// Where a tool is. Debian keeps PostgreSQL's out of the path.
fn path_of(tool: &str) -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let debian = versions.map(|version| version.path().join("bin").join(tool)).find(|path| path.exists());
    debian.unwrap_or_else(|| tool.into())
}

fn quiet(program: &str, args: &[&str]) -> bool {
    let command =
        Command::new(program).args(args).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    command.is_ok_and(|status| status.success())
}

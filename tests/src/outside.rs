//! What a production server talks to: an SMTP server and a receiver of the SMS hook, as processes of their own, and the
//! certificates that they show.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, OnceLock};
use std::time::{Duration, Instant};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use serde_json::{Value, json};
use tempfile::TempDir;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/outside");
/// A process is there, or has said something, within this time.
const PATIENCE: Duration = Duration::from_secs(30);

/// A certificate authority of the test's own, and a certificate of it for `localhost`.
#[derive(Debug)]
pub struct Authority {
    folder: TempDir,
}

impl Default for Authority {
    fn default() -> Self {
        Self::new()
    }
}

impl Authority {
    /// A new authority, known to nobody.
    ///
    /// # Panics
    /// When files can't be written.
    #[must_use]
    pub fn new() -> Self {
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::new(Vec::new()).expect("no names");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = params.self_signed(&key).expect("a certificate");
        let issuer = Issuer::new(params, key);
        let server_key = KeyPair::generate().expect("a key");
        let server = CertificateParams::new(vec!["localhost".to_owned()]).expect("a name");
        let server = server.signed_by(&server_key, &issuer).expect("a certificate");
        let folder = tempfile::tempdir().expect("a folder");
        let texts = [("ca", certificate.pem()), ("cert", server.pem()), ("key", server_key.serialize_pem())];
        for (name, text) in texts {
            std::fs::write(folder.path().join(name), text).expect("a file");
        }
        Self { folder }
    }

    /// The file to trust.
    #[must_use]
    pub fn ca_file(&self) -> PathBuf {
        self.folder.path().join("ca")
    }

    fn add_to(&self, options: &mut Value) {
        options["cert"] = json!(self.folder.path().join("cert"));
        options["key"] = json!(self.folder.path().join("key"));
    }
}

/// A process beside the server under test, and what it has told so far.
#[derive(Debug)]
pub struct Outside {
    process: Child,
    questions: AtomicUsize,
    told: Arc<(Mutex<Vec<Value>>, Condvar)>,
    /// Where it listens.
    pub port: u16,
}

impl Outside {
    /// An SMTP server: with an authority it insists on STARTTLS. `smtp_server.py` says which further options there are.
    #[must_use]
    pub fn smtp_server(authority: Option<&Authority>, mut options: Value) -> Self {
        if let Some(authority) = authority {
            authority.add_to(&mut options);
        }
        Self::start("smtp_server.py", &options)
    }

    /// A receiver of the SMS hook: with an authority over TLS.
    #[must_use]
    pub fn sms_receiver(secret: &str, authority: Option<&Authority>) -> Self {
        let mut options = json!({ "secret": secret });
        if let Some(authority) = authority {
            authority.add_to(&mut options);
        }
        Self::start("sms_receiver.py", &options)
    }

    fn start(script: &str, options: &Value) -> Self {
        let mut process = Command::new(python())
            .args(["-u", script, &options.to_string()])
            .current_dir(FOLDER)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python runs");
        let told = Arc::new((Mutex::new(Vec::new()), Condvar::new()));
        let (out, teller) = (process.stdout.take().expect("a pipe"), Arc::clone(&told));
        std::thread::spawn(move || {
            for line in BufReader::new(out).lines().map_while(Result::ok) {
                let event: Value = serde_json::from_str(&line).expect("a line of JSON");
                teller.0.lock().expect("no panic").push(event);
                teller.1.notify_all();
            }
        });
        let mut outside = Self { process, questions: AtomicUsize::new(0), told, port: 0 };
        let port = outside.wait_for(|event| event["port"].is_u64());
        outside.port = port["port"].as_u64().and_then(|port| port.try_into().ok()).expect("a port");
        outside
    }

    /// The first event that is so, which may be still to come.
    ///
    /// # Panics
    /// When there is none in time.
    #[must_use]
    pub fn wait_for(&self, wanted: impl Fn(&Value) -> bool) -> Value {
        let deadline = Instant::now() + PATIENCE;
        let mut events = self.told.0.lock().expect("no panic");
        loop {
            if let Some(event) = events.iter().find(|event| wanted(event)) {
                return event.clone();
            }
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "it didn't happen: {events:#?}");
            events = self.told.1.wait_timeout(events, left).expect("no panic").0;
        }
    }

    /// Everything of this kind that has happened.
    ///
    /// # Panics
    /// When the process has ended.
    #[must_use]
    pub fn events(&self, kind: &str) -> Vec<Value> {
        let question = self.questions.fetch_add(1, Ordering::Relaxed).to_string();
        let mut stdin = self.process.stdin.as_ref().expect("a pipe");
        writeln!(stdin, "{question}").expect("the process listens");
        let _ = self.wait_for(|event| event["echo"] == question.as_str());
        let events = self.told.0.lock().expect("no panic");
        events.iter().filter(|event| event["event"] == kind).cloned().collect()
    }
}

impl Drop for Outside {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Python with the packages of `requirements.txt`, in an environment of its own beside it, made when they have changed.
fn python() -> &'static Path {
    static PYTHON: OnceLock<PathBuf> = OnceLock::new();
    PYTHON.get_or_init(|| {
        let folder = Path::new(FOLDER);
        let (environment, requirements) = (folder.join(".venv"), folder.join("requirements.txt"));
        let (python, installed) = (environment.join("bin/python"), environment.join("installed.txt"));
        let wanted = std::fs::read(&requirements).expect("requirements.txt");
        if std::fs::read(&installed).ok().as_ref() != Some(&wanted) || !python.exists() {
            run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&environment));
            let install = ["-m", "pip", "install", "--quiet", "--only-binary=:all:", "--require-hashes", "-r"];
            run(Command::new(&python).args(install).arg(&requirements));
            std::fs::write(installed, wanted).expect("a file");
        }
        python
    })
}

fn run(command: &mut Command) {
    let ran = command.output().unwrap_or_else(|cause| panic!("{command:?}: {cause}; the tests need python3 with venv"));
    assert!(ran.status.success(), "{command:?}: {}", String::from_utf8_lossy(&ran.stderr));
}

//! A server process on a folder of its own, behind the recording proxy.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use countersign_client::Client;
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::conformance::{Contract, Exchange};
use crate::database::Database;
use crate::postgres::{self, Cluster, Fresh};
use crate::program::countersign;
use crate::proxy::RecordingProxy;

/// The master key of production servers: any 64 hex digits will do.
const MASTER_KEY: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
/// A start takes a tenth of a second, a call less; a busy machine gets time.
const START_LIMIT: Duration = Duration::from_secs(30);
/// The server's own limit for finishing what is in flight is 10 seconds.
const STOP_LIMIT: Duration = Duration::from_secs(20);

/// A server that hasn't been started yet.
#[derive(Clone, Debug, Default)]
pub struct Setup {
    production: bool,
    settings: BTreeMap<String, String>,
    umask: Option<&'static str>,
    faults_expected: bool,
    on_postgres: bool,
    postgres: Option<Arc<Fresh>>,
    /// The folder of database and keys, where it is another server's too.
    data: Option<PathBuf>,
    clock: Option<&'static str>,
}

impl Setup {
    /// Sets a setting by its name in the configuration, such as `sessions.ttl_secs`.
    #[must_use]
    pub fn setting(mut self, name: &str, value: &str) -> Self {
        self.settings.insert(variable(name), value.to_owned());
        self
    }

    /// Logs at this level, `info` by default.
    #[must_use]
    pub fn log_level(mut self, level: &str) -> Self {
        self.settings.insert("RUST_LOG".to_owned(), level.to_owned());
        self
    }

    /// Starts the process with this umask, in octal.
    #[must_use]
    pub const fn umask(mut self, umask: &'static str) -> Self {
        self.umask = Some(umask);
        self
    }

    /// Has this database of PostgreSQL.
    #[must_use]
    pub fn database(mut self, database: Arc<Fresh>) -> Self {
        self.postgres = Some(database);
        self
    }

    /// Sets the machine's clock, as the process sees it, ahead or back by so much, such as `+10m`.
    #[must_use]
    pub const fn clock(mut self, shift: &'static str) -> Self {
        self.clock = Some(shift);
        self
    }

    /// Answers of 500 are what this test is about; everywhere else they fail the test.
    #[must_use]
    pub const fn expecting_faults(mut self) -> Self {
        self.faults_expected = true;
        self
    }

    /// Starts the server, and returns once it listens.
    ///
    /// # Panics
    /// When it doesn't start; its output is in the message.
    pub async fn start(mut self) -> TestServer {
        let folder = tempfile::Builder::new().prefix("countersign-test-").tempdir().expect("a folder");
        if self.production && self.data.is_none() {
            std::fs::create_dir(self.data_dir(folder.path())).expect("a folder");
        }
        if self.on_postgres && self.postgres.is_none() {
            self.postgres = Some(Arc::new(Cluster::shared().fresh()));
        }
        let (process, env) = self.spawn(folder.path()).await;
        let upstream = address_of(&env);
        let proxy = RecordingProxy::start(upstream, Contract::of_this_tree()).expect("a proxy");
        TestServer { setup: self, folder: Arc::new(folder), process: Some(process), env, proxy }
    }

    /// Starts a process on `folder` and waits for the file that it writes when it listens.
    async fn spawn(&self, folder: &Path) -> (Child, BTreeMap<String, String>) {
        let env_file = folder.join("env");
        let older = inode(&env_file);
        let mut process = self.serve(folder).spawn().expect("the program runs");
        let deadline = Instant::now() + START_LIMIT;
        loop {
            // The file appears by rename, so it is complete when it is there.
            // One that is there from an earlier start names an earlier port.
            if inode(&env_file).is_some_and(|inode| older != Some(inode)) {
                let text = std::fs::read_to_string(&env_file).expect("the file of --print-env");
                return (process, assignments(&text));
            }
            if let Some(status) = process.try_wait().expect("the state of a child") {
                panic!("the server ended with {status}:\n{}", output(folder));
            }
            if Instant::now() > deadline {
                let _ = process.kill();
                panic!("the server did not start:\n{}", output(folder));
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// `countersign serve` on `folder`.
    fn serve(&self, folder: &Path) -> Command {
        let mut command = self.command(folder);
        command.args(["serve", "--listen", "127.0.0.1:0", "--print-env"]).arg(folder.join("env"));
        if !self.production {
            command.args(["--sandbox", "--data-dir"]).arg(self.data_dir(folder));
        }
        command
    }

    /// The program with this setup's settings, in `folder`, its output appended to files there.
    fn command(&self, folder: &Path) -> Command {
        let program = countersign::<_, &str>([]);
        let mut command = match self.umask {
            None if self.clock.is_some() => {
                let mut faketime = Command::new("faketime");
                crate::program::bare_environment(&mut faketime);
                faketime.arg("-f").args(self.clock).arg(program.get_program());
                // Only what time of day it is: timers go on as they are.
                faketime.env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
                faketime
            }
            None => program,
            Some(umask) => {
                let mut shell = Command::new("sh");
                crate::program::bare_environment(&mut shell);
                shell.args(["-c", &format!("umask {umask}; exec \"$0\" \"$@\"")]).arg(program.get_program());
                shell
            }
        };
        self.configure(&mut command, folder);
        command.stdout(append(&folder.join("stdout"))).stderr(append(&folder.join("stderr")));
        command
    }
}

impl Setup {
    /// Gives a command this setup's settings and folder.
    fn configure(&self, command: &mut Command, folder: &Path) {
        command.envs(&self.settings).current_dir(folder).stdin(Stdio::null());
        if self.production {
            command.env(variable("database.url"), format!("sqlite:{}", self.file(folder).display()));
            command.env(variable("keys.master_key"), MASTER_KEY);
        }
        if let Some(database) = &self.postgres {
            command.env(variable("database.url"), database.url());
        }
    }

    fn data_dir(&self, folder: &Path) -> PathBuf {
        self.data.clone().unwrap_or_else(|| folder.join("data"))
    }

    /// The database's file.
    fn file(&self, folder: &Path) -> PathBuf {
        self.data_dir(folder).join("countersign.db")
    }
}

/// A running server. Dropping it kills the process and fails the test if anything was not as documented.
pub struct TestServer {
    setup: Setup,
    folder: Arc<TempDir>,
    process: Option<Child>,
    env: BTreeMap<String, String>,
    proxy: RecordingProxy,
}

impl TestServer {
    /// A sandbox server on a fresh folder: one platform, one customer with an email, its account and a card.
    #[must_use]
    pub fn sandbox() -> Setup {
        Setup { on_postgres: postgres::is_chosen(), ..Setup::default() }
    }

    /// A production server on a fresh folder, without any platform.
    #[must_use]
    pub fn production() -> Setup {
        Setup { production: true, ..Self::sandbox() }
    }

    /// Another server on the same database and keys, that hasn't been started yet.
    #[must_use]
    pub fn replica(&self) -> Setup {
        Setup { data: Some(self.data_dir()), ..self.setup.clone() }
    }

    /// A further process on the same folder: another replica.
    ///
    /// # Panics
    /// When it doesn't start.
    pub async fn beside(&self) -> Self {
        let (process, env) = self.setup.spawn(self.folder.path()).await;
        let proxy = RecordingProxy::start(address_of(&env), Contract::of_this_tree()).expect("a proxy");
        let (setup, folder) = (self.setup.clone(), Arc::clone(&self.folder));
        Self { setup, folder, process: Some(process), env, proxy }
    }

    /// A client with the sandbox platform's credentials.
    #[must_use]
    pub fn client(&self) -> Client {
        self.client_of(self.env("CLIENT_ID"), self.env("CLIENT_SECRET"))
    }

    /// A client with other credentials.
    #[must_use]
    pub fn client_of(&self, id: &str, secret: &str) -> Client {
        // Whatever proxy the machine has set up is not for calls to this machine.
        let http = reqwest::Client::builder().no_proxy().timeout(START_LIMIT).build().expect("a TLS library");
        Client::new(self.base_url().parse().expect("a URL")).with_basic(id, secret).with_http(http)
    }

    /// The proxy's base URL, for clients.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}", self.proxy.address())
    }

    /// A variable of the file that `--print-env` wrote; `BASE_URL` is the server's own, past the proxy.
    ///
    /// # Panics
    /// When the file has no such variable.
    #[must_use]
    pub fn env(&self, name: &str) -> &str {
        self.env.get(name).unwrap_or_else(|| panic!("--print-env wrote no {name}: {:?}", self.env.keys()))
    }

    /// Everything that `--print-env` wrote, for programs that read it from their environment, with the proxy's base URL.
    #[must_use]
    pub fn environment(&self) -> BTreeMap<String, String> {
        let mut environment = self.env.clone();
        environment.insert("BASE_URL".to_owned(), self.base_url());
        environment
    }

    /// The file that `--print-env` writes.
    #[must_use]
    pub fn env_file(&self) -> PathBuf {
        self.folder.path().join("env")
    }

    /// The folder of the server's database and keys.
    #[must_use]
    pub fn data_dir(&self) -> PathBuf {
        self.setup.data_dir(self.folder.path())
    }

    /// A connection of the test's own to the server's database.
    #[must_use]
    pub fn database(&self) -> Database {
        match &self.setup.postgres {
            Some(database) => Database::connect(&database.url()),
            None => Database::open(&self.setup.file(self.folder.path())),
        }
    }

    /// Everything that the process has printed, over all its starts.
    #[must_use]
    pub fn output(&self) -> String {
        output(self.folder.path())
    }

    /// What it has logged: its standard error. Standard output has the announcement, sandbox credentials included.
    #[must_use]
    pub fn logs(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("stderr")).unwrap_or_default()
    }

    /// Every exchange so far.
    #[must_use]
    pub fn exchanges(&self) -> Vec<Exchange> {
        self.proxy.exchanges()
    }

    /// The server's process id.
    ///
    /// # Panics
    /// When it isn't running.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.process.as_ref().expect("a running server").id()
    }

    /// Kills the process (`SIGKILL`) and waits for its end.
    ///
    /// # Panics
    /// When it isn't running.
    pub fn kill(&mut self) {
        let mut process = self.process.take().expect("a running server");
        process.kill().expect("killing a child");
        process.wait().expect("the end of a child");
    }

    /// Asks the process to stop (`SIGTERM`) and waits for its end.
    ///
    /// # Panics
    /// When it isn't running, or doesn't end in time.
    pub async fn stop(&mut self) -> ExitStatus {
        self.terminate();
        self.stopped().await
    }

    /// Asks the process to stop (`SIGTERM`).
    ///
    /// # Panics
    /// When it isn't running.
    pub fn terminate(&self) {
        let pid = i32::try_from(self.pid()).ok().and_then(Pid::from_raw).expect("a process id");
        kill_process(pid, Signal::TERM).expect("signalling a child");
    }

    /// Waits for the end of a process that was asked to stop.
    ///
    /// # Panics
    /// When it doesn't end in time.
    pub async fn stopped(&mut self) -> ExitStatus {
        let mut process = self.process.take().expect("a running server");
        let deadline = Instant::now() + STOP_LIMIT;
        loop {
            if let Some(status) = process.try_wait().expect("the state of a child") {
                return status;
            }
            if Instant::now() > deadline {
                let _ = process.kill();
                panic!("the server did not stop:\n{}", self.output());
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Starts the server again on the same folder, after [`TestServer::kill`] or [`TestServer::stop`]. Clients stay valid.
    ///
    /// # Panics
    /// When it is running, or doesn't start.
    pub async fn restart(&mut self) {
        assert!(self.process.is_none(), "the server is running");
        let (process, env) = self.setup.spawn(self.folder.path()).await;
        self.proxy.redirect_to(address_of(&env));
        self.process = Some(process);
        self.env = env;
    }

    /// Changes a setting for the next start.
    pub fn set(&mut self, name: &str, value: &str) {
        self.setup = std::mem::take(&mut self.setup).setting(name, value);
    }

    /// Tries to start another process on the same folder, and insists that it refuses: exit code 2, and a word of why.
    ///
    /// # Panics
    /// When it starts, or ends in another way.
    pub fn assert_start_refused(&self, change: impl FnOnce(&mut Command), why: &str) {
        let mut command = self.setup.serve(self.folder.path());
        command.stderr(Stdio::piped()).stdout(Stdio::null());
        change(&mut command);
        let child = command.spawn().expect("the program runs");
        let (code, stderr) = ended(child);
        assert_eq!(code, Some(2), "{stderr}");
        assert!(stderr.contains(why), "{why:?} is not in: {stderr}");
    }

    /// Runs a command of the operator on this server's database, such as `["platform", "list"]`, and returns what it
    /// printed.
    ///
    /// # Panics
    /// When it fails.
    #[must_use]
    pub fn operate(&self, arguments: &[&str]) -> String {
        let mut command = countersign::<_, &str>([]);
        self.setup.configure(&mut command, self.folder.path());
        let (area, rest) = arguments.split_first().expect("a command");
        command.arg(area);
        if !self.setup.production {
            command.arg("--data-dir").arg(self.data_dir());
        }
        let output = command.args(rest).output().expect("the program runs");
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text")
    }

    /// Creates a further platform, and returns its client id and secret.
    ///
    /// # Panics
    /// When the command fails or prints something else.
    #[must_use]
    pub fn platform_create(&self, name: &str) -> (String, String) {
        let printed = self.operate(&["platform", "create", name]);
        let value = |label: &str| {
            let value = printed.lines().find_map(|line| line.strip_prefix(label));
            value.unwrap_or_else(|| panic!("no {label:?} in {printed}")).trim().to_owned()
        };
        (value("client id"), value("client secret"))
    }

    /// What was not as documented so far. Asking clears the list, so that a test may judge by itself.
    #[must_use]
    pub fn take_violations(&self) -> Vec<String> {
        let mut violations = self.proxy.take_violations();
        if !self.setup.faults_expected {
            violations.extend(
                self.exchanges()
                    .iter()
                    .filter(|exchange| exchange.status == 500)
                    .map(|exchange| format!("{} {} -> 500: a fault of the server", exchange.method, exchange.target)),
            );
            violations.extend(self.output().lines().filter(|line| line.contains("panicked at")).map(str::to_owned));
        }
        violations
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        if let Some(mut process) = self.process.take() {
            let _ = process.kill();
            let _ = process.wait();
        }
        if std::thread::panicking() {
            eprintln!("--- output of the server\n{}---", self.output());
            return;
        }
        let violations = self.take_violations();
        assert!(violations.is_empty(), "not as documented:\n{}\n{}", violations.join("\n"), self.output());
    }
}

impl std::fmt::Debug for TestServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TestServer").field("folder", &self.folder.path()).finish_non_exhaustive()
    }
}

/// `sessions.ttl_secs` as the variable that overrides it.
fn variable(setting: &str) -> String {
    format!("COUNTERSIGN_{}", setting.replace('.', "_").to_ascii_uppercase())
}

fn inode(path: &Path) -> Option<u64> {
    path.metadata().map(|metadata| metadata.ino()).ok()
}

/// Waits for the end of a process that should not run for long; a process that does is killed.
fn ended(mut child: Child) -> (Option<i32>, String) {
    let deadline = Instant::now() + STOP_LIMIT;
    while child.try_wait().expect("the state of a child").is_none() {
        if Instant::now() > deadline {
            let _ = child.kill();
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    let output = child.wait_with_output().expect("the output of a child");
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

fn append(path: &Path) -> Stdio {
    std::fs::OpenOptions::new().create(true).append(true).open(path).expect("an output file").into()
}

fn output(folder: &Path) -> String {
    ["stdout", "stderr"].map(|name| std::fs::read_to_string(folder.join(name)).unwrap_or_default()).concat()
}

/// Shell assignments `NAME=value`, the value bare or in single or double quotes.
fn assignments(text: &str) -> BTreeMap<String, String> {
    text.lines()
        .filter_map(|line| line.trim_start_matches("export ").split_once('='))
        .map(|(name, value)| (name.to_owned(), value.trim_matches(['\'', '"']).to_owned()))
        .collect()
}

fn address_of(env: &BTreeMap<String, String>) -> SocketAddr {
    let base = env.get("BASE_URL").expect("BASE_URL");
    let authority = base.strip_prefix("http://").unwrap_or(base).trim_end_matches('/');
    authority.parse().unwrap_or_else(|cause| panic!("BASE_URL {base:?}: {cause}"))
}

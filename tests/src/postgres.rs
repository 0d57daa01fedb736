//! PostgreSQL for the tests: a cluster in a folder of its own, behind a Unix socket, and fresh databases in it.
//!
//! A test chooses its backend by where it runs: within [`on_postgres`] every server that it makes has a fresh database of
//! the shared cluster; elsewhere it has SQLite.

use std::cell::Cell;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;

/// A start takes a second; a busy machine gets time.
const PATIENCE: Duration = Duration::from_secs(60);

/// PostgreSQL doesn't run as root: then it runs as `nobody`.
const NOBODY: u32 = 65_534;

/// Starts and stops the server as it is told on its standard input. When that ends, because whoever told it has ended, in
/// whatever way, it stops the server and deletes the folder.
const KEEPER: &str = r#"
trap '' INT
pid=
while read -r word; do
    case $word in
        start) "$1/postgres" -D "$0/data" >>"$0/log" 2>&1 & pid=$!; echo started ;;
        stop) kill -QUIT "$pid"; wait "$pid"; pid=; echo stopped ;;
    esac
done
[ -z "$pid" ] || { kill -QUIT "$pid"; wait "$pid"; }
rm -rf "$0"
"#;

thread_local! {
    static CHOSEN: Cell<bool> = const { Cell::new(false) };
}

/// Runs a test whose servers have PostgreSQL.
pub fn on_postgres<T>(test: impl FnOnce() -> T) -> T {
    CHOSEN.set(true);
    let done = test();
    CHOSEN.set(false);
    done
}

/// Whether this thread runs within [`on_postgres`].
pub(crate) fn is_chosen() -> bool {
    CHOSEN.get()
}

/// A cluster that can be stopped and started.
#[derive(Debug)]
pub struct Cluster {
    folder: PathBuf,
    keeper: Mutex<Keeper>,
    databases: AtomicUsize,
}

#[derive(Debug)]
struct Keeper {
    process: Child,
    orders: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Keeper {
    fn order(&mut self, word: &str) {
        writeln!(self.orders.as_mut().expect("a pipe"), "{word}").expect("the keeper listens");
        let mut answer = String::new();
        self.answers.read_line(&mut answer).expect("the keeper answers");
        assert!(answer.starts_with(word), "{word}: {answer:?}");
    }
}

impl Cluster {
    /// The one that all tests of a run share.
    #[must_use]
    pub fn shared() -> Arc<Self> {
        static SHARED: OnceLock<Arc<Cluster>> = OnceLock::new();
        Arc::clone(SHARED.get_or_init(|| Arc::new(Self::start())))
    }

    /// Makes and starts one.
    ///
    /// # Panics
    /// When PostgreSQL isn't installed, or doesn't start.
    #[must_use]
    pub fn start() -> Self {
        let folder = tempfile::Builder::new().prefix("countersign-pg-").tempdir().expect("a folder").keep();
        if rustix::process::geteuid().is_root() {
            chown(&folder, Some(NOBODY), Some(NOBODY)).expect("a folder of another user");
        }
        let programs = programs();
        let made = unprivileged(&programs.join("initdb"))
            .args(["--username=tests", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync", "--pgdata"])
            .arg(folder.join("data"))
            .current_dir(&folder)
            .output()
            .expect("initdb runs");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        // A crash of the machine ends the tests too.
        let settings = format!(
            "\nlisten_addresses = ''\nunix_socket_directories = '{}'\nfsync = off\nfull_page_writes = off\n\
             max_connections = 400\nshared_buffers = 32MB\n",
            folder.display()
        );
        let file = folder.join("data/postgresql.conf");
        let mut file = std::fs::OpenOptions::new().append(true).open(file).expect("the settings of the cluster");
        file.write_all(settings.as_bytes()).expect("a setting");
        let mut keeper = unprivileged(Path::new("sh"));
        keeper.args(["-c", KEEPER]).arg(&folder).arg(&programs).current_dir(&folder);
        let mut process = keeper.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("a shell runs");
        let (orders, answers) = (process.stdin.take(), process.stdout.take().expect("a pipe"));
        let keeper = Mutex::new(Keeper { process, orders, answers: BufReader::new(answers) });
        let cluster = Self { folder, keeper, databases: AtomicUsize::new(0) };
        cluster.resume();
        cluster
    }

    /// Ends the server at once, as a crash would, and with it every connection.
    ///
    /// # Panics
    /// When it doesn't run.
    pub fn crash(&self) {
        self.keeper.lock().expect("no panic").order("stop");
    }

    /// Starts it again, and returns once it takes connections.
    ///
    /// # Panics
    /// When it doesn't in time.
    pub fn resume(&self) {
        self.keeper.lock().expect("no panic").order("start");
        let deadline = Instant::now() + PATIENCE;
        while let Err(cause) = PgConnection::establish(&self.url("postgres")) {
            let log = std::fs::read_to_string(self.folder.join("log")).unwrap_or_default();
            assert!(Instant::now() < deadline, "PostgreSQL did not start: {cause}\n{log}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// A new, empty database.
    #[must_use]
    pub fn fresh(self: &Arc<Self>) -> Fresh {
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.administer(&format!("CREATE DATABASE {name} TEMPLATE template0"));
        Fresh { cluster: Arc::clone(self), name }
    }

    fn administer(&self, statement: &str) {
        let mut conn = PgConnection::establish(&self.url("postgres")).expect("a connection to PostgreSQL");
        conn.batch_execute(statement).unwrap_or_else(|cause| panic!("{statement}: {cause}"));
    }

    fn url(&self, database: &str) -> String {
        format!("postgres://tests@/{database}?host={}", self.folder.display())
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Ok(keeper) = self.keeper.get_mut() {
            drop(keeper.orders.take());
            let _ = keeper.process.wait();
        }
    }
}

/// A database; dropped with this.
#[derive(Debug)]
pub struct Fresh {
    cluster: Arc<Cluster>,
    name: String,
}

impl Fresh {
    /// Its URL.
    #[must_use]
    pub fn url(&self) -> String {
        self.cluster.url(&self.name)
    }
}

impl Drop for Fresh {
    fn drop(&mut self) {
        if let Ok(mut conn) = PgConnection::establish(&self.cluster.url("postgres")) {
            let _ = conn.batch_execute(&format!("DROP DATABASE {} WITH (FORCE)", self.name));
        }
    }
}

/// The folder of PostgreSQL's programs, which Debian keeps out of the path.
fn programs() -> PathBuf {
    let debian = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().map(|entry| entry.path());
    let mut debian: Vec<PathBuf> = debian.map(|version| version.join("bin")).collect();
    debian.sort();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = debian.into_iter().rev().chain(std::env::split_paths(&path));
    found.into_iter().find(|folder| folder.join("initdb").exists()).expect("the tests need PostgreSQL's initdb")
}

/// A command that doesn't run as root.
fn unprivileged(program: &Path) -> Command {
    if !rustix::process::geteuid().is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    let id = NOBODY.to_string();
    command.args(["--reuid", &id, "--regid", &id, "--clear-groups", "--"]).arg(program);
    command
}

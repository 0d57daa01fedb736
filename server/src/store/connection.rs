//! Connections to either backend, and the migrations.

use std::fs;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::clock::mark;
use anyhow::{Context as _, Result, bail};

use diesel::connection::SimpleConnection as _;
use diesel::migration::MigrationSource;
use diesel::prelude::*;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness as _, embed_migrations};

use super::schema::__diesel_schema_migrations;
use super::{Mode, StoreError};
use crate::clock::Clock;
use crate::files;

// Linked for their bundled C libraries alone.
use libsqlite3_sys as _;
use {openssl_sys as _, pq_sys as _};

const SQLITE_MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES_MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// How long a statement waits for another process's write lock.
pub(super) const BUSY_MILLIS: u32 = 5_000;

/// Held on PostgreSQL while a database is made or migrated, so that replicas that start together don't do it together.
const MIGRATION_LOCK: i64 = 0x0063_6f75_6e74_6572;

/// For libpq: a peer that has vanished is noticed in seconds, not in hours. What the URL says itself counts.
const NOTICE_LOSS: &str = "connect_timeout=5&keepalives_idle=10&keepalives_interval=5&keepalives_count=3\
                           &tcp_user_timeout=15000&fallback_application_name=countersign";

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Transactions that read, each one state of the database.
    Reads,
    /// Transactions that write.
    Writes,
}

pub use either::AnyConnection;

#[allow(missing_docs, reason = "the derive documents nothing of what it makes")]
mod either {
    use diesel::prelude::*;

    /// A connection to either backend. Chosen by URL scheme, never by trying: SQLite takes any text for a path.
    #[derive(diesel::MultiConnection)]
    pub enum AnyConnection {
        /// PostgreSQL.
        Postgres(PgConnection),
        /// SQLite.
        Sqlite(SqliteConnection),
    }
}

/// Where a database is.
#[derive(Clone, PartialEq, Eq)]
pub enum Location {
    /// A SQLite file.
    Sqlite(PathBuf),
    /// A PostgreSQL URL.
    Postgres(String),
}

impl std::fmt::Debug for Location {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Sqlite(path) => f.debug_tuple("Sqlite").field(path).finish(),
            // The URL may hold a password.
            Self::Postgres(_) => f.debug_tuple("Postgres").finish_non_exhaustive(),
        }
    }
}

impl Location {
    /// Reads `sqlite:PATH` or `postgres://…`.
    ///
    /// # Errors
    /// Any other scheme.
    pub fn parse(url: &str) -> Result<Self> {
        if let Some(path) = url.strip_prefix("sqlite:") {
            if path.is_empty() {
                bail!("database.url: `sqlite:` needs the path of a file");
            }
            return Ok(Self::Sqlite(path.into()));
        }
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Ok(Self::Postgres(url.to_owned()));
        }
        bail!("database.url must begin with `sqlite:` or `postgres://`");
    }

    /// Makes the SQLite file with mode 0600 if it isn't there, and refuses looser modes of it and its companions (S4).
    ///
    /// # Errors
    /// The file can't be made, or others may read it.
    pub fn prepare(&self) -> Result<()> {
        let Self::Sqlite(path) = self else { return Ok(()) };
        if !path.exists() {
            // SQLite gives its -wal and -shm files the mode of this one, whatever the umask.
            fs::OpenOptions::new()
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(path)
                .with_context(|| format!("making {}", path.display()))?;
        }
        for suffix in ["", "-wal", "-shm"] {
            let mut name = path.as_os_str().to_owned();
            name.push(suffix);
            refuse_loose_mode(Path::new(&name))?;
        }
        Ok(())
    }

    /// Keeps other processes from making or migrating the same SQLite database until the returned file is dropped.
    /// PostgreSQL has its own lock for that.
    ///
    /// # Errors
    /// The lock file can't be made.
    fn lock(&self) -> Result<Option<fs::File>> {
        let Self::Sqlite(path) = self else { return Ok(None) };
        let mut name = path.as_os_str().to_owned();
        name.push(".lock");
        // A file of its own: closing any handle of the database's would drop the locks that SQLite has on it.
        files::lock(Path::new(&name)).map(Some)
    }

    /// Opens a connection.
    ///
    /// # Errors
    /// What the database says.
    pub fn connect(&self) -> Result<AnyConnection> {
        match self {
            Self::Sqlite(path) => {
                let name = path.to_str().context("the database's path must be UTF-8")?;
                // `file:` names would be URLs to SQLite.
                let name = if name.starts_with("file:") { format!("./{name}") } else { name.to_owned() };
                let mut conn =
                    SqliteConnection::establish(&name).with_context(|| format!("opening {}", path.display()))?;
                conn.batch_execute(&format!(
                    "PRAGMA busy_timeout = {BUSY_MILLIS};
                     PRAGMA journal_mode = WAL;
                     PRAGMA synchronous = FULL;
                     PRAGMA foreign_keys = ON;
                     PRAGMA secure_delete = ON;
                     PRAGMA temp_store = MEMORY;
                     PRAGMA journal_size_limit = 67108864;"
                ))
                .with_context(|| format!("setting up {}", path.display()))?;
                Ok(AnyConnection::Sqlite(conn))
            }
            Self::Postgres(url) => {
                // The URL may hold a password: libpq's message doesn't repeat it, ours must not either.
                let conn = PgConnection::establish(&with_parameters(url)).context("connecting to PostgreSQL")?;
                Ok(AnyConnection::Postgres(conn))
            }
        }
    }

    /// Opens a connection of a [`Store`](super::Store), on which no statement lasts longer than `patience`.
    pub(super) fn connect_for(&self, purpose: Purpose, patience: Duration) -> Result<AnyConnection> {
        let mut conn = self.connect()?;
        if let AnyConnection::Postgres(conn) = &mut conn {
            // Written out: a database or role may have other defaults. Locks decide between writers, so each statement has
            // to see what was committed before it; a read is to see one state of the database throughout.
            let transactions = match purpose {
                Purpose::Reads => "REPEATABLE READ, READ ONLY",
                Purpose::Writes => "READ COMMITTED, READ WRITE",
            };
            let patience = patience.as_millis();
            conn.batch_execute(&format!(
                "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL {transactions};
                 SET lock_timeout = {BUSY_MILLIS};
                 SET statement_timeout = {patience};
                 SET idle_in_transaction_session_timeout = {patience};"
            ))
            .context("setting up a connection to PostgreSQL")?;
        }
        Ok(conn)
    }
}

/// Refuses a file that anyone but its owner may read or write.
///
/// # Errors
/// Says the mode that was found and how to mend it. A missing file is fine.
pub fn refuse_loose_mode(path: &Path) -> Result<()> {
    let Ok(metadata) = fs::metadata(path) else { return Ok(()) };
    let mode = metadata.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        bail!("{} has mode {mode:04o}; it holds secrets: run `chmod 600 {}`", path.display(), path.display());
    }
    Ok(())
}

/// A PostgreSQL URL with our own parameters before those that it has: of two of a name, libpq takes the later.
fn with_parameters(url: &str) -> String {
    // A password may hold any character but `@` and `/`.
    let start = url.find("://").map_or(0, |scheme| scheme + 3);
    let host = url[start..].find(['@', '/']).filter(|end| url[start + end..].starts_with('@'));
    let host = start + host.unwrap_or(0);
    match url[host..].find('?') {
        Some(mark) => {
            let (address, parameters) = url.split_at(host + mark);
            format!("{address}?{NOTICE_LOSS}&{}", &parameters[1..]).trim_end_matches('&').to_owned()
        }
        None => format!("{url}?{NOTICE_LOSS}"),
    }
}

/// Whether a database has this version's tables.
///
/// # Errors
/// It hasn't, or what the database says.
pub(super) fn require_migrated(conn: &mut AnyConnection) -> Result<(), StoreError> {
    // The harness's own question makes its table where there is none, for which a role needs the right to make tables.
    let applied: Vec<String> =
        __diesel_schema_migrations::table.select(__diesel_schema_migrations::version).load(conn)?;
    let unreadable = |_| StoreError::Corrupt("migration");
    let needed: Vec<String> = match conn {
        AnyConnection::Sqlite(_) => {
            let all = MigrationSource::<diesel::sqlite::Sqlite>::migrations(&SQLITE_MIGRATIONS).map_err(unreadable)?;
            all.iter().map(|migration| migration.name().version().to_string()).collect()
        }
        AnyConnection::Postgres(_) => {
            let all = MigrationSource::<diesel::pg::Pg>::migrations(&POSTGRES_MIGRATIONS).map_err(unreadable)?;
            all.iter().map(|migration| migration.name().version().to_string()).collect()
        }
    };
    if needed.iter().all(|version| applied.contains(version)) {
        return Ok(());
    }
    Err(StoreError::Unavailable("a migration is missing".to_owned()))
}

/// Opens a database, making it where there is none: refuses one of the other kind before anything in it is changed,
/// brings it to this version's tables, and marks a new one. Returns the migrations that were run.
///
/// # Errors
/// The database is of the other kind, others may read it, or what it says.
pub fn open_or_make(location: &Location, wanted: Option<Mode>, clock: Clock) -> Result<(Mode, Vec<String>)> {
    let _lock = location.lock()?;
    location.prepare()?;
    let mut conn = location.connect()?;
    if let AnyConnection::Postgres(conn) = &mut conn {
        // Until the connection is closed, at the end: the mark is the first one's too.
        diesel::sql_query(format!("SELECT pg_advisory_lock({MIGRATION_LOCK})"))
            .execute(conn)
            .context("waiting for another replica's migration")?;
    }
    let refuse = |found: Mode| match (found, wanted) {
        (Mode::Sandbox, Some(Mode::Production)) => {
            bail!("this is a sandbox's database: serve it with --sandbox, or name another one")
        }
        (Mode::Production, Some(Mode::Sandbox)) => {
            bail!("this is a production database: it can't be served with --sandbox")
        }
        _ => Ok(found),
    };
    if let Some(found) = super::clock::marked(&mut conn) {
        refuse(found)?;
    }
    let ran = migrate(&mut conn)?;
    let found = mark(&mut conn, wanted.unwrap_or(Mode::Production), clock)?;
    Ok((refuse(found)?, ran))
}

/// Brings a database to this version's tables.
///
/// # Errors
/// What the database says.
fn migrate(conn: &mut AnyConnection) -> Result<Vec<String>> {
    if require_migrated(conn).is_ok() {
        return Ok(Vec::new());
    }
    let names = |done: Vec<diesel::migration::MigrationVersion<'_>>| done.iter().map(ToString::to_string).collect();
    let done: std::result::Result<Vec<String>, _> = match conn {
        AnyConnection::Sqlite(conn) => conn.run_pending_migrations(SQLITE_MIGRATIONS).map(names),
        AnyConnection::Postgres(conn) => conn.run_pending_migrations(POSTGRES_MIGRATIONS).map(names),
    };
    done.map_err(|cause| anyhow::anyhow!("migrating the database: {cause}"))
}

#[cfg(test)]
mod tests {
    use super::{NOTICE_LOSS, with_parameters};

    #[test]
    fn what_a_url_says_itself_comes_after_our_own_parameters() {
        for (url, expected) in [
            ("postgres://h/d", format!("postgres://h/d?{NOTICE_LOSS}")),
            ("postgres://h/d?connect_timeout=9", format!("postgres://h/d?{NOTICE_LOSS}&connect_timeout=9")),
            ("postgres://u:a?b@h/d?x=1", format!("postgres://u:a?b@h/d?{NOTICE_LOSS}&x=1")),
            ("postgres:///d?host=/run/a@b", format!("postgres:///d?{NOTICE_LOSS}&host=/run/a@b")),
        ] {
            assert_eq!(with_parameters(url), expected);
        }
    }
}

//! Connections to either backend, and the migrations.

use std::fs;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use super::clock::mark;
use anyhow::{Context as _, Result, bail};

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness as _, embed_migrations};

use super::{Mode, StoreError};
use crate::clock::Clock;

// Linked for their bundled C libraries alone.
use libsqlite3_sys as _;
use {openssl_sys as _, pq_sys as _};

const SQLITE_MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES_MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// How long a statement waits for another process's write lock.
pub(super) const BUSY_MILLIS: u32 = 5_000;

/// Taken while migrating PostgreSQL, so that replicas that start together don't migrate together.
const MIGRATION_LOCK: i64 = 0x0063_6f75_6e74_6572;

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
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// A SQLite file.
    Sqlite(PathBuf),
    /// A PostgreSQL URL.
    Postgres(String),
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
    pub fn lock(&self) -> Result<Option<fs::File>> {
        let Self::Sqlite(path) = self else { return Ok(None) };
        let mut name = path.as_os_str().to_owned();
        name.push(".lock");
        // A file of its own: closing any handle of the database's would drop the locks that SQLite has on it.
        let file = fs::OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(&name);
        let file = file.with_context(|| format!("making {}", Path::new(&name).display()))?;
        file.lock().with_context(|| format!("locking {}", Path::new(&name).display()))?;
        Ok(Some(file))
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
                let conn = PgConnection::establish(url).context("connecting to PostgreSQL")?;
                Ok(AnyConnection::Postgres(conn))
            }
        }
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

/// Whether a database has this version's tables.
///
/// # Errors
/// It hasn't, or what the database says.
pub(super) fn require_migrated(conn: &mut AnyConnection) -> Result<(), StoreError> {
    let pending = match conn {
        AnyConnection::Sqlite(conn) => conn.has_pending_migration(SQLITE_MIGRATIONS),
        AnyConnection::Postgres(conn) => conn.has_pending_migration(POSTGRES_MIGRATIONS),
    };
    match pending {
        Ok(false) => Ok(()),
        Ok(true) => Err(StoreError::Unavailable("a migration is missing".to_owned())),
        Err(cause) => Err(StoreError::Unavailable(cause.to_string())),
    }
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
    let names = |done: Vec<diesel::migration::MigrationVersion<'_>>| done.iter().map(ToString::to_string).collect();
    let done: std::result::Result<Vec<String>, _> = match conn {
        AnyConnection::Sqlite(conn) => conn.run_pending_migrations(SQLITE_MIGRATIONS).map(names),
        AnyConnection::Postgres(conn) => {
            diesel::sql_query(format!("SELECT pg_advisory_lock({MIGRATION_LOCK})")).execute(conn)?;
            let done = conn.run_pending_migrations(POSTGRES_MIGRATIONS).map(names);
            diesel::sql_query(format!("SELECT pg_advisory_unlock({MIGRATION_LOCK})")).execute(conn)?;
            done
        }
    };
    done.map_err(|cause| anyhow::anyhow!("migrating the database: {cause}"))
}

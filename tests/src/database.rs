//! A connection of the tests' own to the server's database.

use std::path::Path;

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};
// Linked for their bundled C libraries alone.
use libsqlite3_sys as _;
use pq_sys as _;

use either::Either;

#[allow(missing_docs, reason = "the derive documents nothing of what it makes")]
mod either {
    use diesel::prelude::*;

    #[derive(diesel::MultiConnection)]
    pub(super) enum Either {
        Postgres(PgConnection),
        Sqlite(SqliteConnection),
    }
}

/// A connection. Opening it takes no lock.
pub struct Database {
    connection: Either,
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Nullable<Text>)]
    text: Option<String>,
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

impl Database {
    /// Opens a file that exists.
    ///
    /// # Panics
    /// When it can't be opened.
    #[must_use]
    pub fn open(path: &Path) -> Self {
        assert!(path.exists(), "{} does not exist", path.display());
        let mut connection = SqliteConnection::establish(&path.to_string_lossy()).expect("an SQLite file");
        connection.batch_execute("PRAGMA busy_timeout = 5000;").expect("a setting of SQLite");
        Self { connection: Either::Sqlite(connection) }
    }

    /// Opens a database of PostgreSQL.
    ///
    /// # Panics
    /// When it can't be opened.
    #[must_use]
    pub fn connect(url: &str) -> Self {
        Self { connection: Either::Postgres(PgConnection::establish(url).expect("a database of PostgreSQL")) }
    }

    /// Runs statements.
    ///
    /// # Panics
    /// When one fails.
    pub fn execute(&mut self, statements: &str) {
        self.connection.batch_execute(statements).unwrap_or_else(|cause| panic!("{statements}: {cause}"));
    }

    /// The one number that `query` selects.
    ///
    /// # Panics
    /// When the query fails or selects nothing.
    #[must_use]
    pub fn number(&mut self, query: &str) -> i64 {
        let query = format!("SELECT CAST(({query}) AS BIGINT) AS number");
        let row: Number = diesel::sql_query(&query)
            .get_result(&mut self.connection)
            .unwrap_or_else(|cause| panic!("{query}: {cause}"));
        row.number
    }

    /// What the one column of `query` holds, row by row, as text; an SQL null is an empty text.
    ///
    /// # Panics
    /// When the query fails.
    #[must_use]
    pub fn texts(&mut self, query: &str) -> Vec<String> {
        let query = format!("WITH q(text) AS ({query}) SELECT CAST(text AS TEXT) AS text FROM q");
        let rows: Vec<Line> =
            diesel::sql_query(&query).load(&mut self.connection).unwrap_or_else(|cause| panic!("{query}: {cause}"));
        rows.into_iter().map(|row| row.text.unwrap_or_default()).collect()
    }

    /// How many rows a table has.
    #[must_use]
    pub fn count(&mut self, table: &str) -> i64 {
        self.number(&format!("SELECT count(*) FROM {table}"))
    }

    /// Every row of these tables as SQL literals, sorted: equal before and after means unchanged.
    #[must_use]
    pub fn snapshot(&mut self, tables: &[&str]) -> String {
        let mut text = String::new();
        for table in tables {
            let (columns, quote) = match self.connection {
                Either::Sqlite(_) => (format!("SELECT name FROM pragma_table_info('{table}')"), "quote"),
                Either::Postgres(_) => (
                    format!("SELECT column_name FROM information_schema.columns WHERE table_name = '{table}'"),
                    "quote_nullable",
                ),
            };
            let columns = self.texts(&columns);
            assert!(!columns.is_empty(), "no table {table}");
            let row =
                columns.iter().map(|column| format!("{quote}({column})")).collect::<Vec<_>>().join(" || ', ' || ");
            text.push_str(&format!("{table} ({})\n", columns.join(", ")));
            let mut rows = self.texts(&format!("SELECT {row} FROM {table}"));
            rows.sort();
            for row in rows {
                text.push_str(&format!("  {row}\n"));
            }
        }
        text
    }

    /// Takes SQLite's write lock, or PostgreSQL's locks of all accounts, as another process would that is in the middle of
    /// a write. Dropping the connection or [`Database::release`] gives it back.
    pub fn hold_write_lock(&mut self) {
        self.execute(match self.connection {
            Either::Sqlite(_) => "BEGIN IMMEDIATE",
            Either::Postgres(_) => "BEGIN; SELECT id FROM internal_accounts ORDER BY id FOR UPDATE",
        });
    }

    /// Commits and gives the write lock back.
    pub fn release(&mut self) {
        self.execute("COMMIT");
    }
}

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Database").finish_non_exhaustive()
    }
}

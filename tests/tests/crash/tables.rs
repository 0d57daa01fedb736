//! The server's tables as these tests read them: all rows at one moment, by a connection that can't write.

use std::path::Path;

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

diesel::table! {
    deployment (id) { id -> Integer, last_committed_at -> BigInt, }
}
diesel::table! {
    customers (id) { id -> Text, created_at -> BigInt, }
}
diesel::table! {
    internal_accounts (id) { id -> Text, customer_id -> Text, }
}
diesel::table! {
    otp_issues (id) {
        id -> Text,
        credential_id -> Text,
        target_public -> Binary,
        target_sealed -> Nullable<Binary>,
        issued_at -> BigInt,
        wrong -> Integer,
        spent_by -> Nullable<Text>,
        ended_at -> Nullable<BigInt>,
    }
}
diesel::table! {
    wrong_codes (id) { id -> Text, credential_id -> Text, tried_at -> BigInt, }
}
diesel::table! {
    pending_requests (id) {
        id -> Text,
        account_id -> Text,
        operation -> Text,
        resource -> Text,
        payload -> Binary,
        used_at -> Nullable<BigInt>,
    }
}
diesel::table! {
    sessions (id) {
        id -> Text,
        account_id -> Text,
        credential_id -> Text,
        public_key -> Binary,
        parent_id -> Nullable<Text>,
        created_at -> BigInt,
        expires_at -> BigInt,
        ended_at -> Nullable<BigInt>,
    }
}
diesel::table! {
    credentials (id) {
        id -> Text,
        account_id -> Text,
        kind -> Text,
        sign_count -> Nullable<BigInt>,
        created_at -> BigInt,
        revoked_at -> Nullable<BigInt>,
    }
}
diesel::table! {
    delegated_keys (id) {
        id -> Text,
        account_id -> Text,
        card_id -> Text,
        sealed -> Nullable<Binary>,
        status -> Text,
        request_id -> Nullable<Text>,
    }
}
diesel::table! {
    audit_log (id) {
        id -> Text,
        account_id -> Nullable<Text>,
        actor -> Text,
        action -> Text,
        resource -> Text,
        at -> BigInt,
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = customers)]
pub(crate) struct CustomerRow {
    pub(crate) id: String,
    pub(crate) created_at: i64,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = otp_issues)]
pub(crate) struct IssueRow {
    pub(crate) id: String,
    pub(crate) credential_id: String,
    pub(crate) target_public: Vec<u8>,
    pub(crate) target_sealed: Option<Vec<u8>>,
    pub(crate) issued_at: i64,
    pub(crate) wrong: i32,
    pub(crate) spent_by: Option<String>,
    pub(crate) ended_at: Option<i64>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = wrong_codes)]
pub(crate) struct WrongCodeRow {
    pub(crate) credential_id: String,
    pub(crate) tried_at: i64,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = pending_requests)]
pub(crate) struct RequestRow {
    pub(crate) id: String,
    pub(crate) account_id: String,
    pub(crate) operation: String,
    pub(crate) resource: String,
    pub(crate) payload: Vec<u8>,
    pub(crate) used_at: Option<i64>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = sessions)]
pub(crate) struct SessionRow {
    pub(crate) id: String,
    pub(crate) account_id: String,
    pub(crate) credential_id: String,
    pub(crate) public_key: Vec<u8>,
    pub(crate) parent_id: Option<String>,
    pub(crate) created_at: i64,
    pub(crate) expires_at: i64,
    pub(crate) ended_at: Option<i64>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = credentials)]
pub(crate) struct CredentialRow {
    pub(crate) id: String,
    pub(crate) account_id: String,
    pub(crate) kind: String,
    pub(crate) sign_count: Option<i64>,
    pub(crate) created_at: i64,
    pub(crate) revoked_at: Option<i64>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = delegated_keys)]
pub(crate) struct KeyRow {
    pub(crate) id: String,
    pub(crate) account_id: String,
    pub(crate) card_id: String,
    pub(crate) sealed: Option<Vec<u8>>,
    pub(crate) status: String,
    pub(crate) request_id: Option<String>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = audit_log)]
pub(crate) struct AuditRow {
    pub(crate) account_id: Option<String>,
    pub(crate) actor: String,
    pub(crate) action: String,
    pub(crate) resource: String,
    pub(crate) at: i64,
}

/// All rows at one moment.
pub(crate) struct Tables {
    /// What SQLite says of its own file; `ok` when all is well.
    pub(crate) integrity: Vec<String>,
    /// Rows whose foreign keys lead nowhere.
    pub(crate) dangling: i64,
    pub(crate) last_committed_at: i64,
    pub(crate) customers: Vec<CustomerRow>,
    /// The customer of each account.
    pub(crate) account_customers: Vec<String>,
    pub(crate) issues: Vec<IssueRow>,
    pub(crate) wrong_codes: Vec<WrongCodeRow>,
    pub(crate) requests: Vec<RequestRow>,
    pub(crate) sessions: Vec<SessionRow>,
    pub(crate) credentials: Vec<CredentialRow>,
    pub(crate) keys: Vec<KeyRow>,
    pub(crate) audit: Vec<AuditRow>,
}

#[derive(QueryableByName)]
struct Finding {
    #[diesel(sql_type = Text)]
    integrity_check: String,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

impl Tables {
    /// Reads a database file.
    pub(crate) fn of(path: &Path) -> Self {
        let uri = format!("file:{}?mode=ro", path.display());
        let mut conn = SqliteConnection::establish(&uri).expect("an SQLite file");
        conn.batch_execute("PRAGMA busy_timeout = 5000; PRAGMA query_only = ON;").expect("settings of SQLite");
        conn.transaction(Self::load).expect("the tables of the server")
    }

    fn load(conn: &mut SqliteConnection) -> QueryResult<Self> {
        let integrity: Vec<Finding> = diesel::sql_query("PRAGMA integrity_check").load(conn)?;
        let dangling: Count =
            diesel::sql_query("SELECT count(*) AS number FROM pragma_foreign_key_check").get_result(conn)?;
        Ok(Self {
            integrity: integrity.into_iter().map(|finding| finding.integrity_check).collect(),
            dangling: dangling.number,
            last_committed_at: deployment::table.select(deployment::last_committed_at).first(conn)?,
            customers: customers::table.select(CustomerRow::as_select()).load(conn)?,
            account_customers: internal_accounts::table.select(internal_accounts::customer_id).load(conn)?,
            issues: otp_issues::table.select(IssueRow::as_select()).load(conn)?,
            wrong_codes: wrong_codes::table.select(WrongCodeRow::as_select()).load(conn)?,
            requests: pending_requests::table.select(RequestRow::as_select()).load(conn)?,
            sessions: sessions::table.select(SessionRow::as_select()).load(conn)?,
            credentials: credentials::table.select(CredentialRow::as_select()).load(conn)?,
            keys: delegated_keys::table.select(KeyRow::as_select()).load(conn)?,
            audit: audit_log::table.select(AuditRow::as_select()).load(conn)?,
        })
    }

    /// The audit rows of one action.
    pub(crate) fn audit_of<'a>(&'a self, action: &'a str) -> impl Iterator<Item = &'a AuditRow> {
        self.audit.iter().filter(move |row| row.action == action)
    }

    /// The pending requests of one operation.
    pub(crate) fn requests_of(
        &self,
        operation: countersign_flow::retry::Operation,
    ) -> impl Iterator<Item = &RequestRow> {
        self.requests.iter().filter(move |row| row.operation == operation.as_str())
    }
}

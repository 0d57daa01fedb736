-- Times are milliseconds since the epoch. Ids are canonical text with their kind. Digests and sealed values are bytes.

-- What this database is, written once at its creation (S1), and the last time that a commit was given (S5).
CREATE TABLE deployment (
    id INTEGER PRIMARY KEY NOT NULL CHECK (id = 1),
    mode TEXT NOT NULL CHECK (mode IN ('sandbox', 'production')),
    created_at BIGINT NOT NULL,
    last_committed_at BIGINT NOT NULL
);
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '%', TG_ARGV[0]; END $$;
CREATE TRIGGER deployment_mode_is_final BEFORE UPDATE OF mode ON deployment FOR EACH ROW
WHEN (NEW.mode <> OLD.mode) EXECUTE FUNCTION refuse_change('the mode of a database is final');

CREATE TABLE signing_keys (
    id TEXT PRIMARY KEY NOT NULL,
    purpose TEXT NOT NULL,
    public_key BYTEA NOT NULL,
    sealed BYTEA NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE platforms (
    id TEXT PRIMARY KEY NOT NULL,
    name TEXT NOT NULL,
    client_id TEXT NOT NULL UNIQUE,
    secret_digest BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    disabled_at BIGINT
);

CREATE TABLE customers (
    id TEXT PRIMARY KEY NOT NULL,
    platform_id TEXT NOT NULL REFERENCES platforms (id),
    customer_type TEXT NOT NULL,
    platform_customer_id TEXT,
    members TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (platform_id, platform_customer_id)
);

CREATE TABLE internal_accounts (
    id TEXT PRIMARY KEY NOT NULL,
    platform_id TEXT NOT NULL REFERENCES platforms (id),
    customer_id TEXT NOT NULL REFERENCES customers (id),
    account_type TEXT NOT NULL,
    organization_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX internal_accounts_by_platform ON internal_accounts (platform_id, id);
CREATE INDEX internal_accounts_by_customer ON internal_accounts (customer_id);

CREATE TABLE cards (
    id TEXT PRIMARY KEY NOT NULL,
    platform_id TEXT NOT NULL REFERENCES platforms (id),
    customer_id TEXT NOT NULL REFERENCES customers (id),
    form TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE TABLE card_funding_sources (
    id TEXT PRIMARY KEY NOT NULL,
    card_id TEXT NOT NULL REFERENCES cards (id),
    account_id TEXT NOT NULL REFERENCES internal_accounts (id),
    position INTEGER NOT NULL,
    UNIQUE (card_id, position)
);

-- `data` is what only this kind has, as JSON.
CREATE TABLE credentials (
    id TEXT PRIMARY KEY NOT NULL,
    platform_id TEXT NOT NULL REFERENCES platforms (id),
    account_id TEXT NOT NULL REFERENCES internal_accounts (id),
    kind TEXT NOT NULL,
    nickname TEXT NOT NULL,
    data TEXT NOT NULL,
    wrong_since_success INTEGER NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    revoked_at BIGINT
);
CREATE INDEX credentials_by_account ON credentials (account_id);

-- Wrong codes within the window of the guessing limit.
CREATE TABLE wrong_codes (
    id TEXT PRIMARY KEY NOT NULL,
    credential_id TEXT NOT NULL REFERENCES credentials (id),
    tried_at BIGINT NOT NULL
);
CREATE INDEX wrong_codes_by_credential ON wrong_codes (credential_id, tried_at);

CREATE TABLE otp_issues (
    id TEXT PRIMARY KEY NOT NULL,
    platform_id TEXT NOT NULL REFERENCES platforms (id),
    credential_id TEXT NOT NULL REFERENCES credentials (id),
    account_id TEXT NOT NULL REFERENCES internal_accounts (id),
    code_mac BYTEA NOT NULL,
    target_public BYTEA NOT NULL,
    -- Null once the code is spent or the issue has ended: the private key is destroyed.
    target_sealed BYTEA,
    issued_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    wrong INTEGER NOT NULL DEFAULT 0,
    spent_by TEXT,
    spent_body BYTEA,
    ended_at BIGINT
);
-- One issue of a credential is open at a time. An expression, not a partial index: SQLite would prepare every query on
-- a table with a partial index anew at each binding.
CREATE UNIQUE INDEX otp_issues_open ON otp_issues ((CASE WHEN ended_at IS NULL THEN credential_id END));
CREATE INDEX otp_issues_by_credential ON otp_issues (credential_id, ended_at);
CREATE INDEX otp_issues_by_expiry ON otp_issues (expires_at);

CREATE TABLE pending_requests (
    id TEXT PRIMARY KEY NOT NULL,
    platform_id TEXT NOT NULL REFERENCES platforms (id),
    account_id TEXT NOT NULL REFERENCES internal_accounts (id),
    operation TEXT NOT NULL,
    resource TEXT NOT NULL,
    body_digest BYTEA NOT NULL,
    payload BYTEA NOT NULL,
    signers TEXT NOT NULL,
    issued_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT
);
CREATE INDEX pending_requests_live ON pending_requests (account_id, used_at, expires_at);
CREATE INDEX pending_requests_by_expiry ON pending_requests (expires_at);

CREATE TABLE sessions (
    id TEXT PRIMARY KEY NOT NULL,
    platform_id TEXT NOT NULL REFERENCES platforms (id),
    account_id TEXT NOT NULL REFERENCES internal_accounts (id),
    credential_id TEXT NOT NULL REFERENCES credentials (id),
    public_key BYTEA NOT NULL,
    login_id TEXT NOT NULL,
    login_at BIGINT NOT NULL,
    parent_id TEXT,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    ended_at BIGINT
);
-- A session is found by (account, key): no two open ones share a key (W1).
CREATE UNIQUE INDEX sessions_open_key ON sessions (account_id, (CASE WHEN ended_at IS NULL THEN public_key END));
CREATE INDEX sessions_by_key ON sessions (account_id, public_key);
CREATE INDEX sessions_by_account ON sessions (account_id, ended_at, expires_at);
CREATE INDEX sessions_by_login ON sessions (login_id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

-- Token buckets: when the bucket will be full again.
CREATE TABLE limits (
    bucket TEXT PRIMARY KEY NOT NULL,
    full_at BIGINT NOT NULL
);
CREATE INDEX limits_by_full_at ON limits (full_at);

-- Append-only: who did what to which resource, and when. Ids and digests only.
CREATE TABLE audit_log (
    id TEXT PRIMARY KEY NOT NULL,
    platform_id TEXT NOT NULL,
    account_id TEXT,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    resource TEXT NOT NULL,
    outcome TEXT NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX audit_log_by_platform ON audit_log (platform_id, at);
CREATE TRIGGER audit_log_no_change BEFORE UPDATE OR DELETE ON audit_log FOR EACH ROW
EXECUTE FUNCTION refuse_change('the audit log is append-only');
CREATE TRIGGER audit_log_no_truncate BEFORE TRUNCATE ON audit_log FOR EACH STATEMENT
EXECUTE FUNCTION refuse_change('the audit log is append-only');

-- CLI login: keys and callbacks of projects, users, their sessions, attempts, and sign-in codes.

-- What programs and servers of a platform call with. Ended ones open nothing.
CREATE TABLE project_keys (
    digest BLOB PRIMARY KEY NOT NULL,
    platform_id TEXT NOT NULL REFERENCES platforms (id),
    kind TEXT NOT NULL CHECK (kind IN ('publishable', 'server')),
    created_at BIGINT NOT NULL,
    ended_at BIGINT
);
CREATE INDEX project_keys_by_platform ON project_keys (platform_id, ended_at);

-- Where links by email may lead (C1).
CREATE TABLE platform_callbacks (
    platform_id TEXT NOT NULL REFERENCES platforms (id),
    url TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (platform_id, url)
);

CREATE TABLE users (
    id TEXT PRIMARY KEY NOT NULL,
    platform_id TEXT NOT NULL REFERENCES platforms (id),
    -- Null while it is anonymous.
    named_at BIGINT,
    primary_email TEXT,
    -- One spelling for all spellings of the address.
    email_key TEXT,
    -- Null until a code proved the address.
    email_verified_at BIGINT,
    display_name TEXT,
    -- JSON; null until set.
    client_metadata TEXT,
    server_metadata TEXT,
    -- The attempt on whose page it signed up, and no other place has used it: approval may make the anonymous user of the
    -- attempt out of it.
    made_for_attempt TEXT,
    signed_up_at BIGINT NOT NULL,
    -- When it was deleted; all that it said of itself went with it.
    ended_at BIGINT
);
-- A proven address is one user's within a platform.
CREATE UNIQUE INDEX users_verified_email
    ON users (platform_id, (CASE WHEN email_verified_at IS NOT NULL THEN email_key END));
CREATE INDEX users_by_email ON users (platform_id, email_key);
CREATE INDEX users_by_end ON users (ended_at);

CREATE TABLE cli_sessions (
    id TEXT PRIMARY KEY NOT NULL,
    platform_id TEXT NOT NULL REFERENCES platforms (id),
    user_id TEXT NOT NULL REFERENCES users (id),
    refresh_digest BLOB NOT NULL UNIQUE,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    ended_at BIGINT
);
CREATE INDEX cli_sessions_by_user ON cli_sessions (user_id, ended_at);
CREATE INDEX cli_sessions_by_expiry ON cli_sessions (expires_at);
CREATE INDEX cli_sessions_by_end ON cli_sessions (ended_at);

CREATE TABLE cli_attempts (
    id TEXT PRIMARY KEY NOT NULL,
    platform_id TEXT NOT NULL REFERENCES platforms (id),
    polling_digest BLOB NOT NULL UNIQUE,
    login_digest BLOB NOT NULL UNIQUE,
    -- What the program calls itself.
    client_name TEXT,
    -- The anonymous session that the program began with: its id, never its token (C7).
    anonymous_session TEXT,
    claimed_at BIGINT,
    approved_by TEXT,
    approved_at BIGINT,
    denied_at BIGINT,
    used_at BIGINT,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    CHECK ((approved_by IS NULL) = (approved_at IS NULL)),
    CHECK (denied_at IS NULL OR approved_at IS NULL),
    CHECK (used_at IS NULL OR approved_at IS NOT NULL)
);
CREATE INDEX cli_attempts_by_expiry ON cli_attempts (expires_at);

-- Codes by email that sign in. Found by the nonce (C3).
CREATE TABLE sign_in_codes (
    id TEXT PRIMARY KEY NOT NULL,
    platform_id TEXT NOT NULL REFERENCES platforms (id),
    nonce_digest BLOB NOT NULL UNIQUE,
    typed_mac BLOB NOT NULL,
    email TEXT NOT NULL,
    -- HMAC of the address, by which tries are counted.
    address BLOB NOT NULL,
    wrong INTEGER NOT NULL DEFAULT 0,
    issued_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    ended_at BIGINT
);
-- An address has one open code within a platform.
CREATE UNIQUE INDEX sign_in_codes_open
    ON sign_in_codes (platform_id, (CASE WHEN ended_at IS NULL THEN address END));
CREATE INDEX sign_in_codes_by_address ON sign_in_codes (platform_id, address, ended_at);
CREATE INDEX sign_in_codes_by_expiry ON sign_in_codes (expires_at);

-- Wrong codes of an address: since its last success, and within the window of the guessing limit (W2).
CREATE TABLE sign_in_addresses (
    platform_id TEXT NOT NULL REFERENCES platforms (id),
    address BLOB NOT NULL,
    wrong_since_success INTEGER NOT NULL,
    PRIMARY KEY (platform_id, address)
);
CREATE TABLE sign_in_wrong_codes (
    id TEXT PRIMARY KEY NOT NULL,
    platform_id TEXT NOT NULL REFERENCES platforms (id),
    address BLOB NOT NULL,
    tried_at BIGINT NOT NULL
);
CREATE INDEX sign_in_wrong_codes_by_address ON sign_in_wrong_codes (platform_id, address, tried_at);
CREATE INDEX sign_in_wrong_codes_by_time ON sign_in_wrong_codes (tried_at);

-- Every kind of credential, sends and their limits, delegated keys, and the sealed audit log.

-- What makes a credential the only one of its like on an account while it isn't revoked: `EMAIL_OTP`, `SMS_OTP`,
-- `PASSKEY:<WebAuthn id, base64url>`, `OAUTH:<hex SHA-256 of issuer, audience and subject, each length-prefixed>`.
-- (SQLite needs a default to add the column; every row that is there is of this kind.)
ALTER TABLE credentials ADD COLUMN uniqueness TEXT NOT NULL DEFAULT 'EMAIL_OTP';
-- The signature counter of a passkey; null for other kinds. A column of its own, because it is compared and set.
ALTER TABLE credentials ADD COLUMN sign_count BIGINT;
CREATE UNIQUE INDEX credentials_unique ON credentials (account_id, (CASE WHEN revoked_at IS NULL THEN uniqueness END));
CREATE INDEX credentials_by_revocation ON credentials (revoked_at);
CREATE INDEX sessions_by_credential ON sessions (credential_id, ended_at);

-- What only this operation needs on its later legs, as JSON: what was verified on the first, or what was made there.
ALTER TABLE pending_requests ADD COLUMN data TEXT NOT NULL DEFAULT '{}';

-- One row for each code that was handed, or was about to be handed, to a delivery (W8). Written in the transaction that
-- stores the code; `outcome` follows after the delivery has answered, and counts as sent while it is null.
CREATE TABLE otp_sends (
    issue_id TEXT PRIMARY KEY NOT NULL,
    platform_id TEXT NOT NULL REFERENCES platforms (id),
    -- HMAC of channel and normalised address or number.
    destination BLOB NOT NULL,
    outcome TEXT CHECK (outcome IN ('accepted', 'refused', 'unknown')),
    reserved_at BIGINT NOT NULL
);
CREATE INDEX otp_sends_by_destination ON otp_sends (destination, reserved_at);
CREATE INDEX otp_sends_by_platform ON otp_sends (platform_id, reserved_at);
CREATE INDEX otp_sends_by_time ON otp_sends (reserved_at);

-- The audiences of ID tokens that are the platform's (W6). Issuers themselves are settings.
CREATE TABLE platform_audiences (
    platform_id TEXT NOT NULL REFERENCES platforms (id),
    issuer TEXT NOT NULL,
    audience TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (platform_id, issuer, audience)
);

-- The relying party of a platform's passkeys, and its exact origins (W7).
CREATE TABLE platform_relying_parties (
    platform_id TEXT PRIMARY KEY NOT NULL REFERENCES platforms (id),
    rp_id TEXT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE TABLE platform_origins (
    platform_id TEXT NOT NULL REFERENCES platform_relying_parties (platform_id),
    origin TEXT NOT NULL,
    PRIMARY KEY (platform_id, origin)
);

-- What a platform's client may do beyond the ordinary (W5).
CREATE TABLE platform_capabilities (
    platform_id TEXT NOT NULL REFERENCES platforms (id),
    capability TEXT NOT NULL CHECK (capability IN ('delegated-stamp')),
    granted_at BIGINT NOT NULL,
    PRIMARY KEY (platform_id, capability)
);

CREATE UNIQUE INDEX card_funding_sources_account ON card_funding_sources (card_id, account_id);

CREATE TABLE delegated_keys (
    id TEXT PRIMARY KEY NOT NULL,
    platform_id TEXT NOT NULL REFERENCES platforms (id),
    account_id TEXT NOT NULL REFERENCES internal_accounts (id),
    card_id TEXT NOT NULL REFERENCES cards (id),
    funding_source_id TEXT NOT NULL REFERENCES card_funding_sources (id),
    public_key BLOB NOT NULL UNIQUE,
    -- Null once destroyed.
    sealed BLOB,
    nickname TEXT NOT NULL,
    -- DRAFT: made with the first leg, shown to nobody.
    status TEXT NOT NULL CHECK (status IN ('DRAFT', 'PENDING', 'ACTIVE', 'REVOKED')),
    -- The pending request that takes the next step, and its end; null for ACTIVE and REVOKED.
    request_id TEXT,
    request_expires_at BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    CHECK (CASE status WHEN 'REVOKED' THEN sealed IS NULL WHEN 'ACTIVE' THEN sealed IS NOT NULL ELSE TRUE END),
    CHECK ((status IN ('DRAFT', 'PENDING')) = (request_id IS NOT NULL)),
    CHECK ((request_id IS NULL) = (request_expires_at IS NULL))
);
-- A card has one key that signs or may come to sign; whose time is over is REVOKED before another takes its place.
CREATE UNIQUE INDEX delegated_keys_of_card
    ON delegated_keys ((CASE WHEN status IN ('PENDING', 'ACTIVE') THEN card_id END));
CREATE INDEX delegated_keys_by_card ON delegated_keys (card_id, created_at);
CREATE INDEX delegated_keys_by_account ON delegated_keys (account_id, created_at);
CREATE INDEX delegated_keys_by_source ON delegated_keys (funding_source_id, created_at);
CREATE INDEX delegated_keys_by_expiry ON delegated_keys (request_expires_at);

-- The key that countersigned, and a digest of what was done where ids don't say it.
ALTER TABLE audit_log ADD COLUMN actor_key TEXT;
ALTER TABLE audit_log ADD COLUMN digest TEXT;

-- Rows that the sealer has yet to link. Filled by a trigger, so that no writer can forget it.
CREATE TABLE audit_unsealed (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    audit_id TEXT NOT NULL UNIQUE
);
INSERT INTO audit_unsealed (audit_id) SELECT id FROM audit_log ORDER BY at, id;
CREATE TRIGGER audit_log_waits_for_its_seal AFTER INSERT ON audit_log
BEGIN INSERT INTO audit_unsealed (audit_id) VALUES (NEW.id); END;

-- The hash chain of each platform.
CREATE TABLE audit_links (
    platform_id TEXT NOT NULL,
    position BIGINT NOT NULL CHECK (position > 0),
    audit_id TEXT NOT NULL UNIQUE,
    row_digest BLOB NOT NULL,
    link BLOB NOT NULL,
    PRIMARY KEY (platform_id, position)
);
CREATE TABLE audit_checkpoints (
    sequence BIGINT PRIMARY KEY NOT NULL CHECK (sequence > 0),
    at BIGINT NOT NULL,
    -- Canonical JSON, and what signs it: `{at, heads: {platform: {link, position}}, previous, sequence}`.
    statement TEXT NOT NULL,
    kid TEXT NOT NULL,
    signature BLOB NOT NULL
);
CREATE TRIGGER audit_links_no_update BEFORE UPDATE ON audit_links
BEGIN SELECT RAISE(ABORT, 'the audit chain is append-only'); END;
CREATE TRIGGER audit_links_no_delete BEFORE DELETE ON audit_links
BEGIN SELECT RAISE(ABORT, 'the audit chain is append-only'); END;
CREATE TRIGGER audit_checkpoints_no_update BEFORE UPDATE ON audit_checkpoints
BEGIN SELECT RAISE(ABORT, 'audit checkpoints are append-only'); END;
CREATE TRIGGER audit_checkpoints_no_delete BEFORE DELETE ON audit_checkpoints
BEGIN SELECT RAISE(ABORT, 'audit checkpoints are append-only'); END;

-- Service tokens: keys that tokens are issued with, identities that they are for, families of pairs; rotation of signing keys.

-- What the key signs or authenticates with; the sealed key says it too. (SQLite needs a default to add the column.)
ALTER TABLE signing_keys ADD COLUMN algorithm TEXT NOT NULL DEFAULT 'ES256';
UPDATE signing_keys SET algorithm = 'HS256' WHERE purpose IN ('otp-mac', 'destination-mac');
-- For a key that was replaced: when the last token that it signed is over. It verifies until then, and is deleted after.
ALTER TABLE signing_keys ADD COLUMN retires_at BIGINT;

CREATE TABLE workspaces (
    id TEXT PRIMARY KEY NOT NULL,
    platform_id TEXT NOT NULL REFERENCES platforms (id),
    created_at BIGINT NOT NULL
);
CREATE INDEX workspaces_by_platform ON workspaces (platform_id);

-- Whom tokens are for. `scopes` and `sponsor_chain` are JSON lists of texts.
CREATE TABLE identities (
    id TEXT PRIMARY KEY NOT NULL,
    platform_id TEXT NOT NULL REFERENCES platforms (id),
    workspace_id TEXT NOT NULL REFERENCES workspaces (id),
    name TEXT NOT NULL,
    scopes TEXT NOT NULL,
    sponsor_id TEXT NOT NULL,
    sponsor_chain TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    disabled_at BIGINT
);
CREATE INDEX identities_by_workspace ON identities (workspace_id);

-- API keys, and workspace tokens, which have a workspace. Only the digest of the secret is kept, and its beginning.
CREATE TABLE service_keys (
    id TEXT PRIMARY KEY NOT NULL,
    platform_id TEXT NOT NULL REFERENCES platforms (id),
    workspace_id TEXT REFERENCES workspaces (id),
    name TEXT,
    beginning TEXT NOT NULL,
    digest BLOB NOT NULL UNIQUE,
    scopes TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    revoked_at BIGINT
);
CREATE INDEX service_keys_by_platform ON service_keys (platform_id);

-- All pairs that descend from one issue, at their present generation. The row is the authority, the tokens' claims a note.
CREATE TABLE token_families (
    id TEXT PRIMARY KEY NOT NULL,
    platform_id TEXT NOT NULL REFERENCES platforms (id),
    identity_id TEXT NOT NULL REFERENCES identities (id),
    -- The key that it, or the family above it, was issued with: its end is the family's.
    key_id TEXT NOT NULL REFERENCES service_keys (id),
    -- What the caller presented: that key, or a token of the family above.
    issued_with TEXT NOT NULL,
    -- The family whose token issued it.
    parent_id TEXT,
    class TEXT NOT NULL CHECK (class IN ('identity', 'agent', 'path', 'workspace-path')),
    scopes TEXT NOT NULL,
    audience TEXT NOT NULL,
    paths TEXT,
    access_secs BIGINT NOT NULL,
    refresh_secs BIGINT NOT NULL,
    refresh_asked BOOLEAN NOT NULL,
    delegation_not_after BIGINT,
    ends_at BIGINT NOT NULL,
    generation BIGINT NOT NULL,
    issued_at BIGINT NOT NULL,
    access_expires_at BIGINT NOT NULL,
    refresh_expires_at BIGINT NOT NULL,
    rotated_at BIGINT NOT NULL,
    retries BIGINT NOT NULL,
    -- The key that signed the present pair.
    signing_key_id TEXT NOT NULL,
    -- When the last token of any generation is over.
    expires_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    revoked_at BIGINT
);
CREATE INDEX token_families_by_identity ON token_families (identity_id);
CREATE INDEX token_families_by_parent ON token_families (parent_id);
CREATE INDEX token_families_by_expiry ON token_families (expires_at);

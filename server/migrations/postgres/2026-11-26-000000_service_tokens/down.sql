DROP TABLE token_families;
DROP TABLE service_keys;
DROP TABLE identities;
DROP TABLE workspaces;
ALTER TABLE signing_keys DROP COLUMN retires_at;
ALTER TABLE signing_keys DROP COLUMN algorithm;

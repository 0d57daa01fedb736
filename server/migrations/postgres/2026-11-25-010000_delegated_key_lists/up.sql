-- Lists are looked for within a platform: what another has under the same account or card costs no time (S8).
DROP INDEX delegated_keys_by_card;
DROP INDEX delegated_keys_by_account;
DROP INDEX delegated_keys_by_source;
CREATE INDEX delegated_keys_by_card ON delegated_keys (platform_id, card_id, created_at);
CREATE INDEX delegated_keys_by_account ON delegated_keys (platform_id, account_id, created_at);
CREATE INDEX delegated_keys_by_source ON delegated_keys (platform_id, funding_source_id, created_at);

DROP INDEX delegated_keys_by_card;
DROP INDEX delegated_keys_by_account;
DROP INDEX delegated_keys_by_source;
CREATE INDEX delegated_keys_by_card ON delegated_keys (card_id, created_at);
CREATE INDEX delegated_keys_by_account ON delegated_keys (account_id, created_at);
CREATE INDEX delegated_keys_by_source ON delegated_keys (funding_source_id, created_at);

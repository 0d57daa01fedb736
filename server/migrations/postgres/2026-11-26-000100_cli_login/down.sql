DROP TABLE sign_in_wrong_codes;
DROP TABLE sign_in_addresses;
DROP TABLE sign_in_codes;
DROP TABLE cli_attempts;
DROP TABLE cli_sessions;
DROP TABLE users;
DROP TABLE platform_callbacks;
DROP TABLE project_keys;

//! The harness of the end-to-end tests: a real server process, clients, and a check of everything that goes between.
//!
//! | module | what it gives |
//! | --- | --- |
//! | [`program`] | the `countersign` binary, built when it is stale |
//! | [`server`] | a server process on a folder of its own, with settings, restarts and logs |
//! | [`proxy`] | what every client talks through: records and checks each exchange |
//! | [`conformance`] | the check: exchanges against the OpenAPI bundle |
//! | [`answer`], [`wallet`] | what a wallet user does, step by step, over the generated client |
//! | [`authenticator`] | passkeys: an authenticator in software, and the browser before it |
//! | [`raw`], [`signature`] | requests and stamps that the generated client would never send |
//! | [`sample`] | one well-formed request for every operation of the document |
//! | [`outside`] | an SMTP server and a receiver of the SMS hook, as processes of their own |
//! | [`npm`] | the packages of clients on node |
//! | [`issuer`] | an OpenID Connect issuer over HTTPS, whose keys and failures a test chooses |
//! | [`shop`] | a platform in production, whose codes are mailed |
//! | [`party`] | further accounts of a sandbox, and what they do |
//! | [`effects`] | every call that changes something, ready to be sent |
//! | [`race`] | many calls at the same moment |
//! | [`database`] | a connection of the tests' own to the server's database |
//! | [`postgres`] | a PostgreSQL cluster, and tests that run on it |
//!
//! The tests themselves are under `tests/`, one file per topic. They speak of behaviour at the server's boundary.

pub mod answer;
pub mod authenticator;
pub mod conformance;
pub mod database;
pub mod effects;
pub mod issuer;
pub mod npm;
pub mod outside;
pub mod party;
pub mod postgres;
pub mod program;
pub mod project;
pub mod proxy;
pub mod race;
pub mod raw;
pub mod sample;
pub mod server;
pub mod shop;
pub mod signature;
pub mod wallet;

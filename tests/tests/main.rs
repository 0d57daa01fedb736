//! End-to-end tests: a real server process, driven over HTTP by real clients. One module per topic.

mod bad_input;
mod clock;
mod conformance;
mod delivery;
mod document;
mod flood;
mod guessing;
mod locks;
mod login;
mod mailed;
mod node;
mod oidc;
mod payloads;
mod refresh;
mod secrets;
mod sessions;
mod stamps;
mod start;
mod tenants;
mod unserved;

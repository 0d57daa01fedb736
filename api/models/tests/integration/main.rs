//! Checking values against schemas, from outside.

mod against_jsonschema;
mod constraints;

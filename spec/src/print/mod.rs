//! Printing a tree as YAML or JSON. The same tree gives the same bytes, always.

mod json;
mod plain;
mod yaml;

pub(crate) use json::json;
pub(crate) use yaml::yaml;

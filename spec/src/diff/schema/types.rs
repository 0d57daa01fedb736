//! Sets of JSON types.

use crate::node::{Node, Value};
use std::fmt;
use std::ops::{BitAnd, BitOr};

/// A set of JSON types. `number` is two of them, so that `integer` is a part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::diff) struct Types(u8);

const NAMED: [(&str, Types); 7] = [
    ("string", Types::STRING),
    ("number", Types::NUMBER),
    ("integer", Types::INTEGER),
    ("boolean", Types::BOOLEAN),
    ("array", Types::ARRAY),
    ("object", Types::OBJECT),
    ("null", Types::NULL),
];

impl Types {
    pub(in crate::diff) const NONE: Self = Self(0);
    pub(in crate::diff) const NULL: Self = Self(1);
    pub(in crate::diff) const BOOLEAN: Self = Self(2);
    pub(in crate::diff) const INTEGER: Self = Self(4);
    pub(in crate::diff) const NUMBER: Self = Self(4 | 8);
    pub(in crate::diff) const STRING: Self = Self(16);
    pub(in crate::diff) const ARRAY: Self = Self(32);
    pub(in crate::diff) const OBJECT: Self = Self(64);
    pub(in crate::diff) const ALL: Self = Self(127);

    /// What `type` says: a name or a list of names. Unknown names mean nothing.
    pub(in crate::diff) fn named(node: &Node) -> Self {
        let one = |node: &Node| {
            let name = node.as_str().unwrap_or_default();
            NAMED.iter().find(|(known, _)| *known == name).map_or(Self::NONE, |(_, types)| *types)
        };
        match &node.value {
            Value::Sequence(items) => items.iter().map(one).fold(Self::NONE, BitOr::bitor),
            _ => one(node),
        }
    }

    /// The type of a value.
    pub(in crate::diff) fn of(node: &Node) -> Self {
        match &node.value {
            Value::Null => Self::NULL,
            Value::Bool(_) => Self::BOOLEAN,
            Value::Number(number) if number.as_f64().fract() == 0.0 => Self::INTEGER,
            Value::Number(_) => Self::NUMBER,
            Value::String(_) => Self::STRING,
            Value::Sequence(_) => Self::ARRAY,
            Value::Mapping(_) => Self::OBJECT,
        }
    }

    pub(in crate::diff) fn has(self, other: Self) -> bool {
        self & other == other
    }

    /// Whether there is a type in both.
    pub(in crate::diff) fn may_be(self, other: Self) -> bool {
        self & other != Self::NONE
    }

    pub(in crate::diff) fn is_within(self, other: Self) -> bool {
        other.has(self)
    }

    pub(in crate::diff) fn without_null(self) -> Self {
        Self(self.0 & !Self::NULL.0)
    }
}

impl BitOr for Types {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitAnd for Types {
    type Output = Self;

    fn bitand(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

impl fmt::Display for Types {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.without_null() == Self::ALL.without_null() {
            return f.write_str("any type");
        }
        let names: Vec<_> = NAMED
            .iter()
            .filter(|(name, types)| self.has(*types) && !(*name == "integer" && self.has(Self::NUMBER)))
            .map(|(name, _)| format!("`{name}`"))
            .collect();
        if names.is_empty() { f.write_str("nothing") } else { f.write_str(&names.join(" or ")) }
    }
}

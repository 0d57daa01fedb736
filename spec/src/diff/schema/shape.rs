//! What a schema says once its references are followed and its `allOf` is joined: the order of members leaves no trace.

use super::types::Types;
use crate::diff::tree::At;
use crate::node::Node;
use indexmap::IndexMap;
use std::collections::BTreeMap;
use std::hash::Hash;

/// A keyword that bounds a number, a length or a count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::diff) enum Bound {
    Minimum,
    Maximum,
    MinLength,
    MaxLength,
    MinItems,
    MaxItems,
    MinProperties,
    MaxProperties,
}

impl Bound {
    pub(in crate::diff) const ALL: [(Self, &'static str); 8] = [
        (Self::Minimum, "minimum"),
        (Self::Maximum, "maximum"),
        (Self::MinLength, "minLength"),
        (Self::MaxLength, "maxLength"),
        (Self::MinItems, "minItems"),
        (Self::MaxItems, "maxItems"),
        (Self::MinProperties, "minProperties"),
        (Self::MaxProperties, "maxProperties"),
    ];

    pub(in crate::diff) fn is_lower(self) -> bool {
        matches!(self, Self::Minimum | Self::MinLength | Self::MinItems | Self::MinProperties)
    }

    pub(in crate::diff) fn keyword(self) -> &'static str {
        Self::ALL.iter().find(|(bound, _)| *bound == self).map_or("", |(_, keyword)| keyword)
    }
}

/// The value of a bound.
#[derive(Debug, Clone, Copy)]
pub(in crate::diff) struct Limit<'a> {
    pub(in crate::diff) value: f64,
    pub(in crate::diff) exclusive: bool,
    pub(in crate::diff) at: At<'a>,
}

impl Limit<'_> {
    /// Whether this one admits less than the other.
    pub(in crate::diff) fn is_tighter(&self, other: &Limit<'_>, bound: Bound) -> bool {
        if self.value == other.value {
            return self.exclusive && !other.exclusive;
        }
        (self.value > other.value) == bound.is_lower()
    }
}

/// `enum` or `const`, without null, which is a matter of types.
#[derive(Debug, Clone)]
pub(in crate::diff) struct Values<'a> {
    /// By their JSON text.
    pub(in crate::diff) list: IndexMap<String, &'a Node>,
    pub(in crate::diff) at: At<'a>,
}

/// `oneOf` or `anyOf` of two or more, null aside.
#[derive(Debug, Clone)]
pub(in crate::diff) struct Union<'a> {
    /// The list.
    pub(in crate::diff) at: At<'a>,
    pub(in crate::diff) branches: Vec<At<'a>>,
    pub(in crate::diff) discriminator: Option<At<'a>>,
}

/// Everything that a schema says of a value.
#[derive(Debug, Clone)]
pub(in crate::diff) struct Shape<'a> {
    /// The outermost place, before any reference.
    pub(in crate::diff) at: At<'a>,
    pub(in crate::diff) types: Types,
    pub(in crate::diff) types_at: Option<At<'a>>,
    /// Where null is let in beside a type that does not include it.
    pub(in crate::diff) nullable: Option<At<'a>>,
    pub(in crate::diff) values: Option<Values<'a>>,
    /// `x-enum-varnames`: how generated code names the values.
    pub(in crate::diff) value_names: Option<At<'a>>,
    pub(in crate::diff) bounds: BTreeMap<Bound, Limit<'a>>,
    pub(in crate::diff) patterns: IndexMap<&'a str, At<'a>>,
    pub(in crate::diff) formats: IndexMap<&'a str, At<'a>>,
    pub(in crate::diff) default: Option<At<'a>>,
    /// All schemas that a member must meet, by its name.
    pub(in crate::diff) properties: IndexMap<&'a str, Vec<At<'a>>>,
    pub(in crate::diff) required: IndexMap<&'a str, At<'a>>,
    /// Schemas of members that are not declared.
    pub(in crate::diff) additional: Vec<At<'a>>,
    /// Where members that are not declared are ruled out.
    pub(in crate::diff) closed: Option<At<'a>>,
    pub(in crate::diff) items: Vec<At<'a>>,
    pub(in crate::diff) unique_items: Option<At<'a>>,
    /// Schemas of parts of the value that are named by a keyword and a key within it.
    pub(in crate::diff) nested: IndexMap<(&'a str, String), Vec<At<'a>>>,
    /// `multipleOf` and whatever else is compared as a whole, by keyword and JSON text.
    pub(in crate::diff) others: IndexMap<(&'a str, String), At<'a>>,
    pub(in crate::diff) unions: Vec<Union<'a>>,
    /// A discriminator on a schema that is not a union: members are told apart by what builds on it.
    pub(in crate::diff) heirs: Option<At<'a>>,
    /// Unions that were already taken apart on the way here.
    pub(in crate::diff) expanded: Vec<usize>,
    pub(in crate::diff) deprecated: bool,
    pub(in crate::diff) read_only: bool,
    pub(in crate::diff) write_only: bool,
}

impl<'a> Shape<'a> {
    /// Anything at all.
    pub(in crate::diff) fn any(at: At<'a>) -> Self {
        Self {
            at,
            types: Types::ALL,
            types_at: None,
            nullable: None,
            values: None,
            value_names: None,
            bounds: BTreeMap::new(),
            patterns: IndexMap::new(),
            formats: IndexMap::new(),
            default: None,
            properties: IndexMap::new(),
            required: IndexMap::new(),
            additional: Vec::new(),
            closed: None,
            items: Vec::new(),
            unique_items: None,
            nested: IndexMap::new(),
            others: IndexMap::new(),
            unions: Vec::new(),
            heirs: None,
            expanded: Vec::new(),
            deprecated: false,
            read_only: false,
            write_only: false,
        }
    }

    /// Adds what another schema demands of the same value.
    pub(in crate::diff) fn meet(&mut self, other: Self) {
        self.meet_types(other.types, other.types_at);
        self.nullable = self.nullable.or(other.nullable);
        if let Some(values) = other.values {
            self.meet_values(values);
        }
        self.value_names = self.value_names.or(other.value_names);
        for (bound, limit) in other.bounds {
            self.meet_bound(bound, limit);
        }
        keep_first(&mut self.patterns, other.patterns);
        keep_first(&mut self.formats, other.formats);
        keep_first(&mut self.required, other.required);
        keep_first(&mut self.others, other.others);
        self.default = self.default.or(other.default);
        join(&mut self.properties, other.properties);
        join(&mut self.nested, other.nested);
        other.additional.into_iter().for_each(|schema| add_once(&mut self.additional, schema));
        self.closed = self.closed.or(other.closed);
        other.items.into_iter().for_each(|schema| add_once(&mut self.items, schema));
        self.unique_items = self.unique_items.or(other.unique_items);
        for union in other.unions {
            let address = union.at.address();
            let known = self.unions.iter().any(|known| known.at.address() == address);
            if !known && !self.expanded.contains(&address) {
                self.unions.push(union);
            }
        }
        self.heirs = self.heirs.or(other.heirs);
        self.read_only |= other.read_only;
        self.write_only |= other.write_only;
    }

    pub(super) fn meet_types(&mut self, types: Types, at: Option<At<'a>>) {
        // The narrower of the two is the one to edit.
        if !self.types.is_within(types) || self.types_at.is_none() {
            self.types_at = at.or(self.types_at);
        }
        self.types = self.types & types;
    }

    pub(super) fn meet_values(&mut self, values: Values<'a>) {
        match &mut self.values {
            None => self.values = Some(values),
            Some(known) => {
                if values.list.len() < known.list.len() {
                    known.at = values.at;
                }
                known.list.retain(|text, _| values.list.contains_key(text));
            }
        }
    }

    pub(super) fn meet_bound(&mut self, bound: Bound, limit: Limit<'a>) {
        match self.bounds.get(&bound) {
            Some(known) if !limit.is_tighter(known, bound) => {}
            _ => drop(self.bounds.insert(bound, limit)),
        }
    }

    /// The types that a value may have. Where `type` is not given, the other keywords tell what the author meant.
    pub(in crate::diff) fn effective_types(&self) -> Types {
        let mut types = self.types;
        if types == Types::ALL {
            if self.is_about_members() {
                types = Types::OBJECT;
            } else if !self.items.is_empty() {
                types = Types::ARRAY;
            } else if !self.patterns.is_empty() {
                types = Types::STRING;
            }
        }
        if let Some(values) = &self.values {
            let of_values = values.list.values().map(|node| Types::of(node)).fold(Types::NONE, |all, one| all | one);
            let null = types & Types::NULL;
            types = (types & of_values) | if self.types == Types::ALL { Types::NONE } else { null };
        }
        if self.nullable.is_some() { types | Types::NULL } else { types }
    }

    fn is_about_members(&self) -> bool {
        !self.properties.is_empty() || !self.required.is_empty() || !self.additional.is_empty() || self.closed.is_some()
    }

    /// The limit of a bound. For whole numbers it is the first that is allowed.
    pub(in crate::diff) fn limit(&self, bound: Bound) -> Option<Limit<'a>> {
        let limit = self.bounds.get(&bound).copied()?;
        let is_count = !matches!(bound, Bound::Minimum | Bound::Maximum);
        let whole = is_count || !self.effective_types().has(Types::NUMBER);
        if whole && limit.value.is_finite() {
            let value = match (bound.is_lower(), limit.exclusive) {
                (true, true) => limit.value.floor() + 1.0,
                (true, false) => limit.value.ceil(),
                (false, true) => limit.value.ceil() - 1.0,
                (false, false) => limit.value.floor(),
            };
            // At least nothing of something is no demand.
            return (!(is_count && bound.is_lower() && value <= 0.0)).then_some(Limit {
                value,
                exclusive: false,
                ..limit
            });
        }
        Some(limit)
    }

    /// The same without its unions, which are listed as taken apart.
    pub(in crate::diff) fn without_unions(&self) -> Self {
        let mut own = self.clone();
        own.expanded.extend(own.unions.drain(..).map(|union| union.at.address()));
        own
    }
}

fn keep_first<K: Hash + Eq, V>(all: &mut IndexMap<K, V>, more: IndexMap<K, V>) {
    for (key, value) in more {
        all.entry(key).or_insert(value);
    }
}

fn join<'a, K: Hash + Eq>(all: &mut IndexMap<K, Vec<At<'a>>>, more: IndexMap<K, Vec<At<'a>>>) {
    for (key, schemas) in more {
        let known = all.entry(key).or_default();
        schemas.into_iter().for_each(|schema| add_once(known, schema));
    }
}

fn add_once<'a>(all: &mut Vec<At<'a>>, one: At<'a>) {
    if all.iter().all(|known| known.address() != one.address()) {
        all.push(one);
    }
}

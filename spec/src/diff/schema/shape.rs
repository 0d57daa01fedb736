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

    /// The types that it is about.
    pub(in crate::diff) fn types(self) -> Types {
        match self {
            Self::Minimum | Self::Maximum => Types::NUMBER,
            Self::MinLength | Self::MaxLength => Types::STRING,
            Self::MinItems | Self::MaxItems => Types::ARRAY,
            Self::MinProperties | Self::MaxProperties => Types::OBJECT,
        }
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
    /// Whether a value of two members is refused.
    pub(in crate::diff) is_exclusive: bool,
    /// Where null is a member.
    pub(in crate::diff) null: Option<At<'a>>,
    /// The types of the members, if they say nothing else.
    pub(in crate::diff) types: Option<Types>,
}

/// A discriminator on a schema that is not a union: members are told apart by what builds on it.
#[derive(Debug, Clone, Copy)]
pub(in crate::diff) struct Heirs<'a> {
    pub(in crate::diff) discriminator: At<'a>,
    /// The schema that they build on.
    pub(in crate::diff) base: At<'a>,
}

/// `items`, which holds for all items after those that `prefixItems` beside it names.
#[derive(Debug, Clone, Copy)]
pub(in crate::diff) struct Items<'a> {
    pub(in crate::diff) at: At<'a>,
    pub(in crate::diff) after: usize,
}

/// `contains`, with how many items must and may be of its schema.
#[derive(Debug, Clone, Copy)]
pub(in crate::diff) struct Contains<'a> {
    pub(in crate::diff) at: At<'a>,
    pub(in crate::diff) least: f64,
    pub(in crate::diff) most: Option<f64>,
}

/// `if` with `then`, `else` or both.
#[derive(Debug, Clone, Copy)]
pub(in crate::diff) struct Condition<'a> {
    pub(in crate::diff) condition: At<'a>,
    pub(in crate::diff) then: Option<At<'a>>,
    pub(in crate::diff) otherwise: Option<At<'a>>,
}

/// The value that stands for one that is left out.
#[derive(Debug, Clone, Copy)]
pub(in crate::diff) struct Default<'a> {
    pub(in crate::diff) at: At<'a>,
    /// Whether the schema says so itself, not one that it builds on.
    pub(in crate::diff) is_own: bool,
}

/// Everything that a schema says of a value.
#[derive(Debug, Clone)]
pub(in crate::diff) struct Shape<'a> {
    /// The outermost place, before any reference.
    pub(in crate::diff) at: At<'a>,
    pub(in crate::diff) types: Types,
    pub(in crate::diff) types_at: Option<At<'a>>,
    /// Where it says, other than by a type, that null is let in.
    pub(in crate::diff) nullable: Option<At<'a>>,
    /// Whether null is let in whatever the types say: the common reading of `nullable` in 3.0.
    pub(in crate::diff) is_null_forced: bool,
    /// A list of values without null.
    pub(in crate::diff) null_unlisted: Option<At<'a>>,
    pub(in crate::diff) values: Option<Values<'a>>,
    /// The union that the list is written as, if it is.
    pub(in crate::diff) listed: Option<Union<'a>>,
    /// `x-enum-varnames`: how generated code names the values.
    pub(in crate::diff) value_names: Option<At<'a>>,
    /// `x-extensible-enum`: values that are known, of which there may be more.
    pub(in crate::diff) known_values: Option<At<'a>>,
    /// `xml`, by its text.
    pub(in crate::diff) xml: IndexMap<String, At<'a>>,
    pub(in crate::diff) bounds: BTreeMap<Bound, Limit<'a>>,
    pub(in crate::diff) patterns: IndexMap<&'a str, At<'a>>,
    pub(in crate::diff) formats: IndexMap<&'a str, At<'a>>,
    pub(in crate::diff) default: Option<Default<'a>>,
    /// All schemas that a member must meet, by its name.
    pub(in crate::diff) properties: IndexMap<&'a str, Vec<At<'a>>>,
    pub(in crate::diff) required: IndexMap<&'a str, At<'a>>,
    /// Schemas of members that are not declared.
    pub(in crate::diff) additional: Vec<At<'a>>,
    /// Where members that are not declared are ruled out.
    pub(in crate::diff) closed: Option<At<'a>>,
    /// `prefixItems`.
    pub(in crate::diff) prefix: Vec<Vec<At<'a>>>,
    pub(in crate::diff) items: Vec<Items<'a>>,
    pub(in crate::diff) unique_items: Option<At<'a>>,
    pub(in crate::diff) contains: Vec<Contains<'a>>,
    /// Schemas of parts of the value, or of the value in some case, by keyword and key.
    pub(in crate::diff) nested: IndexMap<(&'static str, &'a str), Vec<At<'a>>>,
    /// A member that, where it is there, demands another.
    pub(in crate::diff) dependent_required: IndexMap<(&'a str, &'a str), At<'a>>,
    pub(in crate::diff) nots: Vec<At<'a>>,
    pub(in crate::diff) conditions: Vec<Condition<'a>>,
    /// `multipleOf` and whatever else is compared as a whole, by keyword and JSON text.
    pub(in crate::diff) others: IndexMap<(&'static str, String), At<'a>>,
    pub(in crate::diff) unions: Vec<Union<'a>>,
    pub(in crate::diff) heirs: Option<Heirs<'a>>,
    /// Unions that were already taken apart on the way here.
    pub(in crate::diff) expanded: Vec<usize>,
    pub(in crate::diff) deprecated: Option<At<'a>>,
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
            is_null_forced: false,
            null_unlisted: None,
            values: None,
            listed: None,
            value_names: None,
            known_values: None,
            xml: IndexMap::new(),
            bounds: BTreeMap::new(),
            patterns: IndexMap::new(),
            formats: IndexMap::new(),
            default: None,
            properties: IndexMap::new(),
            required: IndexMap::new(),
            additional: Vec::new(),
            closed: None,
            prefix: Vec::new(),
            items: Vec::new(),
            unique_items: None,
            contains: Vec::new(),
            nested: IndexMap::new(),
            dependent_required: IndexMap::new(),
            nots: Vec::new(),
            conditions: Vec::new(),
            others: IndexMap::new(),
            unions: Vec::new(),
            heirs: None,
            expanded: Vec::new(),
            deprecated: None,
            read_only: false,
            write_only: false,
        }
    }

    /// Adds what another schema demands of the same value.
    pub(in crate::diff) fn meet(&mut self, other: Self) {
        self.meet_types(other.types, other.types_at);
        self.nullable = self.nullable.or(other.nullable);
        self.is_null_forced |= other.is_null_forced;
        self.null_unlisted = self.null_unlisted.or(other.null_unlisted);
        if let Some(values) = other.values {
            self.meet_values(values);
        }
        self.listed = self.listed.take().or(other.listed);
        self.value_names = self.value_names.or(other.value_names);
        self.known_values = self.known_values.or(other.known_values);
        keep_first(&mut self.xml, other.xml);
        for (bound, limit) in other.bounds {
            self.meet_bound(bound, limit);
        }
        keep_first(&mut self.patterns, other.patterns);
        keep_first(&mut self.formats, other.formats);
        keep_first(&mut self.required, other.required);
        keep_first(&mut self.others, other.others);
        if let Some(default) = other.default {
            self.meet_default(default);
        }
        join(&mut self.properties, other.properties);
        join(&mut self.nested, other.nested);
        other.additional.into_iter().for_each(|schema| add_once(&mut self.additional, schema));
        self.closed = self.closed.or(other.closed);
        for (index, schemas) in other.prefix.into_iter().enumerate() {
            if self.prefix.len() == index {
                self.prefix.push(Vec::new());
            }
            schemas.into_iter().for_each(|schema| add_once(&mut self.prefix[index], schema));
        }
        add_new(&mut self.items, other.items, |items| items.at);
        self.unique_items = self.unique_items.or(other.unique_items);
        add_new(&mut self.contains, other.contains, |contains| contains.at);
        keep_first(&mut self.dependent_required, other.dependent_required);
        add_new(&mut self.nots, other.nots, |at| *at);
        add_new(&mut self.conditions, other.conditions, |condition| condition.condition);
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

    /// Adds a list of values. Null in it is a matter of types.
    pub(super) fn meet_list(&mut self, nodes: &[&'a Node], at: At<'a>, admits_null: bool) {
        let list =
            nodes.iter().filter(|node| !node.is_null()).map(|node| (node.to_json().to_string(), *node)).collect();
        if nodes.iter().any(|node| node.is_null()) {
            self.nullable = self.nullable.or(Some(at));
        } else if !admits_null {
            self.types = self.types.without_null();
            self.null_unlisted = self.null_unlisted.or(Some(at));
        }
        self.meet_values(Values { list, at });
    }

    /// Of two, that of the schema itself counts; of others, none is better than the other.
    pub(super) fn meet_default(&mut self, default: Default<'a>) {
        let text = |default: &Default<'a>| default.at.node.to_json().to_string();
        match &self.default {
            Some(known) if known.is_own => {}
            Some(known) if !default.is_own && text(known) <= text(&default) => {}
            _ => self.default = Some(default),
        }
    }

    /// Puts what can be said in several ways in one, once all is read.
    pub(super) fn settle(&mut self) {
        let Some(values) = &self.values else { return };
        let of_values = self.types_of_values();
        if of_values == Types::BOOLEAN && values.list.len() == 2 {
            self.values = None;
            self.meet_types(Types::BOOLEAN | Types::NULL, None);
        }
    }

    fn types_of_values(&self) -> Types {
        let values = self.values.iter().flat_map(|values| values.list.values());
        values.map(|node| Types::of(node)).fold(Types::NONE, |all, one| all | one)
    }

    pub(super) fn meet_bound(&mut self, bound: Bound, limit: Limit<'a>) {
        match self.bounds.get(&bound) {
            Some(known) if !limit.is_tighter(known, bound) => {}
            _ => drop(self.bounds.insert(bound, limit)),
        }
    }

    /// The types that a value may have. Where `type` is not given, the other keywords tell what the author meant.
    pub(in crate::diff) fn effective_types(&self) -> Types {
        let declared = self.types.without_null();
        let is_open = declared == Types::ALL.without_null();
        let mut types = match () {
            () if is_open && self.is_about_members() => Types::OBJECT,
            () if is_open && !(self.items.is_empty() && self.prefix.is_empty()) => Types::ARRAY,
            () if is_open && (!self.patterns.is_empty() || self.formats.contains_key("binary")) => Types::STRING,
            () => declared,
        };
        // Whoever names no type says so when null is meant.
        let mut admits_null = self.types.has(Types::NULL) && (types == Types::ALL.without_null() || !is_open);
        if self.values.is_some() {
            types = types & self.types_of_values();
            admits_null &= !is_open;
        }
        admits_null |= self.types.has(Types::NULL) && self.nullable.is_some();
        if admits_null || self.is_null_forced { types | Types::NULL } else { types }
    }

    /// The types that a value may have, strictly.
    pub(in crate::diff) fn strict_types(&self) -> Types {
        let values = if self.values.is_some() { self.types_of_values() | Types::NULL } else { Types::ALL };
        (self.types & values) | if self.is_null_forced { Types::NULL } else { Types::NONE }
    }

    /// The schemas of the item at an index.
    pub(in crate::diff) fn item(&self, index: usize) -> Vec<At<'a>> {
        let named = self.prefix.get(index).into_iter().flatten().copied();
        named.chain(self.items.iter().filter(|items| items.after <= index).map(|items| items.at)).collect()
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

    /// How much memory it takes, in members.
    pub(in crate::diff) fn weight(&self) -> usize {
        let lists = self.values.as_ref().map_or(0, |values| values.list.len()) + self.required.len();
        self.properties.len() + self.nested.len() + self.dependent_required.len() + lists
    }

    /// Takes null away.
    pub(super) fn rule_null_out(&mut self) {
        self.types = self.types.without_null();
        self.is_null_forced = false;
        self.nullable = None;
        self.null_unlisted = None;
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

fn add_new<'a, T>(all: &mut Vec<T>, more: Vec<T>, at: impl Fn(&T) -> At<'a>) {
    for one in more {
        if all.iter().all(|known| at(known).address() != at(&one).address()) {
            all.push(one);
        }
    }
}

fn add_once<'a>(all: &mut Vec<At<'a>>, one: At<'a>) {
    if all.iter().all(|known| known.address() != one.address()) {
        all.push(one);
    }
}

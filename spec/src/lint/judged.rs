//! What the assertions of configurable rules are asked about, and where they put what they find.

use super::site::Site;
use super::subject::Met;
use crate::bundle::arena::Content;
use serde_json::Value as Json;
use std::cmp::Ordering;

/// What an assertion is asked about.
pub(super) enum Judged<'a> {
    /// The keys of the subject.
    Keys(Vec<(&'a str, Site<'a>)>),
    /// A property of the subject, references followed, and as written.
    Property { end: Option<Site<'a>>, written: Option<Site<'a>> },
    /// The subject itself, which is a list.
    List(Site<'a>),
}

pub(super) struct Problem<'a> {
    pub(super) at: Place<'a>,
    pub(super) text: String,
}

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Place<'a> {
    Key(Site<'a>),
    Value(Site<'a>),
}

/// Text as it is, anything else as JSON.
pub(super) fn plain(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn json(site: Site<'_>) -> Option<Json> {
    Some(match site.content() {
        Content::Null => Json::Null,
        Content::Bool(truth) => (*truth).into(),
        Content::Number(number) => number.as_i64().map_or_else(|| number.as_f64().into(), Into::into),
        Content::String(text) => (**text).into(),
        Content::Sequence(_) | Content::Mapping(_) => return None,
    })
}

impl<'a> Judged<'a> {
    /// Where what concerns the whole value is told.
    pub(super) fn place(&self, met: Met<'a>) -> Place<'a> {
        match self {
            Self::Property { end: Some(_), written: Some(written), .. } => Place::Value(*written),
            _ => Place::Key(met.node),
        }
    }

    /// The values that are judged one by one, with their places: keys, items, or the value itself. None of an object.
    pub(super) fn each(&self) -> Vec<(Json, Place<'a>)> {
        let items = |list: Site<'a>| -> Vec<(Json, Place<'a>)> {
            list.items().filter_map(|item| Some((json(item.end())?, Place::Value(item)))).collect()
        };
        match self {
            Self::Keys(keys) => keys.iter().map(|(key, value)| ((*key).into(), Place::Key(*value))).collect(),
            Self::List(list) => items(*list),
            Self::Property { end: Some(end), written: Some(written), .. } => {
                json(*end).map_or_else(|| items(*end), |value| vec![(value, Place::Value(*written))])
            }
            Self::Property { .. } => Vec::new(),
        }
    }

    pub(super) fn each_wrong(&self, found: &mut Vec<Problem<'a>>, fault: impl Fn(&Json) -> Option<String>) {
        found.extend(self.each().into_iter().filter_map(|(value, at)| Some(Problem { at, text: fault(&value)? })));
    }

    pub(super) fn has_key(&self, name: &str) -> bool {
        match self {
            Self::Keys(keys) => keys.iter().any(|(key, _)| *key == name),
            _ => self.each().iter().any(|(one, _)| one.as_str() == Some(name)),
        }
    }

    pub(super) fn count(&self, names: &[String]) -> usize {
        names.iter().filter(|name| self.has_key(name)).count()
    }

    pub(super) fn is_empty(&self) -> bool {
        match self {
            Self::Keys(keys) => keys.is_empty(),
            Self::List(list) => list.len() == 0,
            Self::Property { end, .. } => {
                end.is_none_or(|end| end.is_null() || end.str() == Some("") || (end.is_sequence() && end.len() == 0))
            }
        }
    }

    pub(super) fn length(&self) -> Option<f64> {
        let length = match self {
            Self::Keys(keys) => keys.len(),
            Self::List(list) => list.len(),
            Self::Property { end, .. } => match end.as_ref()?.content() {
                Content::String(text) => text.encode_utf16().count(),
                Content::Sequence(items) => items.len(),
                _ => return None,
            },
        };
        Some(f64::from(u32::try_from(length).unwrap_or(u32::MAX)))
    }

    pub(super) fn is_sorted(&self, descending: bool, property: Option<&str>) -> bool {
        let list = match self {
            Self::List(list) => Some(*list),
            Self::Property { end, .. } => *end,
            Self::Keys(_) => None,
        };
        let values: Vec<Option<Json>> = match (list, property) {
            (Some(list), Some(name)) => list.items().map(|item| json(item.end().follow(name)?)).collect(),
            _ => self.each().into_iter().map(|(value, _)| Some(value)).collect(),
        };
        values.windows(2).all(|pair| match pair {
            [Some(a), Some(b)] => {
                let order = match (a.as_f64(), b.as_f64()) {
                    (Some(a), Some(b)) => a.total_cmp(&b),
                    _ => plain(a).to_lowercase().cmp(&plain(b).to_lowercase()),
                };
                order == Ordering::Equal || (order == Ordering::Greater) == descending
            }
            _ => false,
        })
    }

    /// The value as written: a reference is not followed.
    pub(super) fn written(&self, met: Met<'a>) -> Option<Site<'a>> {
        match self {
            Self::Property { written, .. } => *written,
            Self::Keys(_) | Self::List(_) => Some(met.raw),
        }
    }
}

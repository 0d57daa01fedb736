//! A map that keeps its order, made for what documents hold: a few members, looked up by short names.
//!
//! Nine of ten mappings of an OpenAPI document have fewer than ten members. Comparing a handful of names is cheaper
//! than hashing one, and turning such a map into another of the same names costs no more than moving a list. Only
//! large maps get an index.

use foldhash::HashMap;
use std::sync::Arc;

/// Text that several places share.
pub(crate) type Text = Arc<str>;

/// Up to this many members are searched one by one.
const FEW: usize = 12;

/// Names with values, in order; no name twice.
#[derive(Debug, Clone)]
pub(crate) struct Ordered<V> {
    entries: Vec<(Text, V)>,
    /// The place of each name; only where there are more than [`FEW`]. Boxed, because most maps have none and every
    /// node has room for one.
    index: Option<Box<HashMap<Text, usize>>>,
}

impl<V> Default for Ordered<V> {
    fn default() -> Self {
        Self { entries: Vec::new(), index: None }
    }
}

impl<V> Ordered<V> {
    pub(crate) fn with_capacity(capacity: usize) -> Self {
        Self { entries: Vec::with_capacity(capacity), index: None }
    }

    /// Takes entries of which no two have one name.
    pub(crate) fn of_distinct(entries: Vec<(Text, V)>) -> Self {
        let mut map = Self { entries, index: None };
        map.build_index();
        map
    }

    /// As [`Self::of_distinct`], but `None` if a name is there twice.
    pub(crate) fn if_distinct(entries: Vec<(Text, V)>) -> Option<Self> {
        let map = Self::of_distinct(entries);
        let is_distinct = match &map.index {
            Some(index) => index.len() == map.entries.len(),
            None => map.entries.iter().enumerate().all(|(place, (name, _))| map.position(name) == Some(place)),
        };
        is_distinct.then_some(map)
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The place of `key` in the order.
    pub(crate) fn position(&self, key: &str) -> Option<usize> {
        match &self.index {
            Some(index) => index.get(key).copied(),
            None => self.entries.iter().position(|(name, _)| **name == *key),
        }
    }

    pub(crate) fn get(&self, key: &str) -> Option<&V> {
        self.position(key).map(|place| &self.entries[place].1)
    }

    pub(crate) fn get_mut(&mut self, key: &str) -> Option<&mut V> {
        self.position(key).map(|place| &mut self.entries[place].1)
    }

    pub(crate) fn values_mut(&mut self) -> impl Iterator<Item = &mut V> {
        self.entries.iter_mut().map(|(_, value)| value)
    }

    pub(crate) fn get_index(&self, place: usize) -> Option<(&Text, &V)> {
        self.entries.get(place).map(|(key, value)| (key, value))
    }

    pub(crate) fn contains_key(&self, key: &str) -> bool {
        self.position(key).is_some()
    }

    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = (&Text, &V)> + ExactSizeIterator {
        self.entries.iter().map(|(key, value)| (key, value))
    }

    pub(crate) fn keys(&self) -> impl DoubleEndedIterator<Item = &Text> + ExactSizeIterator + Clone {
        self.entries.iter().map(|(key, _)| key)
    }

    pub(crate) fn values(&self) -> impl DoubleEndedIterator<Item = &V> + ExactSizeIterator {
        self.entries.iter().map(|(_, value)| value)
    }

    /// Names and values as a list.
    pub(crate) fn as_slice(&self) -> &[(Text, V)] {
        &self.entries
    }

    /// Puts a new name last. One that is there keeps its place and gets the new value; the old one is returned.
    pub(crate) fn insert(&mut self, key: Text, value: V) -> Option<V> {
        if let Some(old) = self.get_mut(&key) {
            return Some(std::mem::replace(old, value));
        }
        if let Some(index) = &mut self.index {
            index.insert(Text::clone(&key), self.entries.len());
        }
        self.entries.push((key, value));
        if self.index.is_none() && self.entries.len() > FEW {
            self.build_index();
        }
        None
    }

    /// Puts a name that is not there yet at a place, and moves those behind it.
    pub(crate) fn insert_at(&mut self, place: usize, key: Text, value: V) {
        self.entries.insert(place, (key, value));
        self.build_index();
    }

    /// Removes a name, and moves those behind it.
    pub(crate) fn remove(&mut self, key: &str) -> Option<V> {
        let (_, value) = self.entries.remove(self.position(key)?);
        self.build_index();
        Some(value)
    }

    /// Sorts by a number that each name has. Equal ones keep their order.
    pub(crate) fn sort_by_key<K: Ord>(&mut self, key: impl Fn(&str) -> K) {
        self.entries.sort_by_cached_key(|(name, _)| key(name));
        self.build_index();
    }

    /// The same names with other values.
    pub(crate) fn map<W>(self, mut value: impl FnMut(V) -> W) -> Ordered<W> {
        let entries = self.entries.into_iter().map(|(key, old)| (key, value(old))).collect();
        Ordered { entries, index: self.index }
    }

    fn build_index(&mut self) {
        self.index = (self.entries.len() > FEW).then(|| {
            let places = self.entries.iter().enumerate().map(|(place, (key, _))| (Text::clone(key), place));
            Box::new(places.collect())
        });
    }
}

impl<V> IntoIterator for Ordered<V> {
    type Item = (Text, V);
    type IntoIter = std::vec::IntoIter<(Text, V)>;

    fn into_iter(self) -> Self::IntoIter {
        self.entries.into_iter()
    }
}

impl<'a, V> IntoIterator for &'a Ordered<V> {
    type Item = &'a (Text, V);
    type IntoIter = std::slice::Iter<'a, (Text, V)>;

    fn into_iter(self) -> Self::IntoIter {
        self.entries.iter()
    }
}

impl<V> FromIterator<(Text, V)> for Ordered<V> {
    fn from_iter<I: IntoIterator<Item = (Text, V)>>(entries: I) -> Self {
        let entries = entries.into_iter();
        let mut map = Self::with_capacity(entries.size_hint().0);
        for (key, value) in entries {
            map.insert(key, value);
        }
        map
    }
}

#[cfg(test)]
mod tests {
    use super::{FEW, Ordered, Text};

    fn numbered(count: usize) -> Ordered<usize> {
        (0..count).map(|number| (Text::from(number.to_string()), number)).collect()
    }

    #[test]
    fn a_name_is_found_however_many_there_are() {
        for count in [0, 1, FEW, FEW + 1, 100] {
            let map = numbered(count);
            assert!((0..count).all(|number| map.get(&number.to_string()) == Some(&number)), "{count}");
            assert_eq!(map.get("absent"), None, "{count}");
        }
    }

    #[test]
    fn a_name_that_is_there_keeps_its_place() {
        for count in [2, 100] {
            let mut map = numbered(count);
            assert_eq!(map.insert(Text::from("0"), 7), Some(0));
            assert_eq!((map.get_index(0), map.len()), (Some((&Text::from("0"), &7)), count));
        }
    }

    #[test]
    fn places_are_right_after_inserting_removing_and_sorting() {
        for count in [FEW - 1, FEW, FEW + 1, 100] {
            let mut map = numbered(count);
            map.insert_at(1, Text::from("new"), 1000);
            assert_eq!(map.remove("0"), Some(0));
            map.sort_by_key(|key| key.parse::<usize>().map_or(0, |number| count - number));
            let names: Vec<_> = map.keys().map(ToString::to_string).collect();
            assert_eq!(names[0], "new");
            assert!(names.iter().enumerate().all(|(place, name)| map.position(name) == Some(place)), "{count}");
        }
    }
}

//! CBOR from authenticators, read within bounds and in one meaning only.

use std::collections::BTreeSet;

pub(super) use coset::cbor::value::Value;

/// How many arrays, maps and tags may enclose each other.
const DEPTH: usize = 8;

/// Takes one item from the front of `bytes`. `None` if there is none, or if it is nested deeply, has a tag, or has a map
/// with a key that is repeated or is neither a number nor a text.
///
/// What is not there yet is not allocated: an item's length is believed once its bytes are read.
pub(super) fn take(bytes: &mut &[u8]) -> Option<Value> {
    let value = coset::cbor::de::from_reader_with_recursion_limit(&mut *bytes, DEPTH).ok()?;
    is_plain(&value).then_some(value)
}

/// Reads one item and nothing after it.
pub(super) fn read(mut bytes: &[u8]) -> Option<Value> {
    take(&mut bytes).filter(|_| bytes.is_empty())
}

/// The members of a map, which is what everything here begins with.
pub(super) struct Members(Vec<(Value, Value)>);

impl Members {
    pub(super) fn of(value: Value) -> Option<Self> {
        value.into_map().ok().map(Self)
    }

    /// Takes the member of this name out.
    pub(super) fn take(&mut self, name: &str) -> Option<Value> {
        let at = self.0.iter().position(|(key, _)| key.as_text() == Some(name))?;
        Some(self.0.swap_remove(at).1)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn is_plain(value: &Value) -> bool {
    match value {
        Value::Array(elements) => elements.iter().all(is_plain),
        Value::Map(members) => {
            let (mut numbers, mut texts) = (BTreeSet::new(), BTreeSet::new());
            members.iter().all(|(key, member)| {
                let first = match key {
                    Value::Integer(number) => numbers.insert(i128::from(*number)),
                    Value::Text(text) => texts.insert(text.as_str()),
                    _ => false,
                };
                first && is_plain(member)
            })
        }
        Value::Tag(..) => false,
        _ => true,
    }
}

//! The names of members, each held once as long as it comes again soon.

use crate::ordered::Text;

/// How many names are remembered.
const REMEMBERED: usize = 256;

/// Documents use the same few names over and over: `type`, `description`, `properties`.
pub(super) struct Keys(Vec<Option<Text>>);

impl Default for Keys {
    fn default() -> Self {
        Self(vec![None; REMEMBERED])
    }
}

impl Keys {
    pub(super) fn get(&mut self, name: &str) -> Text {
        let slot = &mut self.0[slot(name.as_bytes())];
        match slot {
            Some(known) if **known == *name => Text::clone(known),
            _ => Text::clone(slot.insert(Text::from(name))),
        }
    }
}

/// A number below [`REMEMBERED`] that tells common names apart. Names that share one only take turns.
fn slot(name: &[u8]) -> usize {
    let (Some(first), Some(last)) = (name.first(), name.last()) else { return 0 };
    let middle = name[name.len() / 2];
    let mixed = usize::from(*first) * 31 + usize::from(*last) * 7 + usize::from(middle) * 3 + name.len() * 17;
    mixed % REMEMBERED
}

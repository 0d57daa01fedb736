//! Numbers that look random and are the same in every run.

/// A small generator (SplitMix64): the tree must be equal everywhere, so it takes nothing from outside.
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`, which is not 0.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound.max(1) as u64).unwrap_or_default()
    }

    /// True once in `times`.
    pub(crate) fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    /// So many different items, in the order in which they stand.
    pub(crate) fn some<T: Clone>(&mut self, items: &[T], wanted: usize) -> Vec<T> {
        let mut chosen = Vec::new();
        let (mut left, mut missing) = (items.len(), wanted.min(items.len()));
        for item in items {
            if self.below(left) < missing {
                chosen.push(item.clone());
                missing -= 1;
            }
            left -= 1;
        }
        chosen
    }

    /// A UUID of version 7 out of the year 2026.
    pub(crate) fn uuid(&mut self) -> String {
        let (time, tail) = (self.next() & 0xffff, self.next());
        format!(
            "019c{time:04x}-{:04x}-7{:03x}-8{:03x}-{:012x}",
            tail & 0xffff,
            (tail >> 16) & 0xfff,
            (tail >> 28) & 0xfff,
            self.next() & 0xffff_ffff_ffff
        )
    }
}

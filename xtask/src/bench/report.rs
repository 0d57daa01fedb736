//! Figures as a table, and the goals beside them.

use super::measure::Cost;

/// All runs of one thing.
#[derive(Default)]
pub(crate) struct Series(Vec<Cost>);

impl Series {
    pub(crate) fn add(&mut self, cost: Cost) {
        self.0.push(cost);
    }

    /// Seconds: least, median, most.
    fn walls(&self) -> [f64; 3] {
        let mut walls: Vec<f64> = self.0.iter().map(|cost| cost.wall.as_secs_f64()).collect();
        walls.sort_by(f64::total_cmp);
        let middle = (walls.len().saturating_sub(1)) / 2;
        // Of an even number of runs, what lies between the two in the middle.
        let other = walls.len() / 2;
        let at = |index: usize| walls.get(index).copied().unwrap_or(f64::NAN);
        [at(0), f64::midpoint(at(middle), at(other)), at(walls.len().saturating_sub(1))]
    }

    pub(crate) fn median(&self) -> f64 {
        self.walls()[1]
    }

    /// The largest of all runs, in bytes.
    #[expect(clippy::cast_precision_loss, reason = "to be shown, and compared with a round number")]
    pub(crate) fn peak(&self) -> f64 {
        self.0.iter().map(|cost| cost.peak as f64).fold(0.0, f64::max)
    }

    /// A row of the table of figures.
    pub(crate) fn row(&self, label: &str) -> String {
        let [least, median, most] = self.walls().map(show);
        format!("| {label} | {median} | {least} – {most} | {} |", megabytes(self.peak()))
    }
}

/// Seconds with three digits that matter.
pub(crate) fn show(seconds: f64) -> String {
    match seconds {
        _ if seconds < 1.0 => format!("{:.1} ms", seconds * 1000.0),
        _ => format!("{seconds:.2} s"),
    }
}

/// A number of bytes in millions.
pub(crate) fn megabytes(bytes: f64) -> String {
    format!("{:.1} MB", bytes / 1e6)
}

/// Something that was promised.
pub(crate) struct Goal {
    what: &'static str,
    wanted: String,
    seen: String,
    met: bool,
}

impl Goal {
    /// `slow` takes at least so many times as long as `fast`; more is hoped for.
    pub(crate) fn faster(what: &'static str, slow: f64, fast: f64, times: f64, hoped: Option<f64>) -> Self {
        let seen = slow / fast;
        let hope = hoped.map(|hoped| format!(" (aim {hoped} ×)")).unwrap_or_default();
        Self { what, wanted: format!("at least {times} ×{hope}"), seen: format!("{seen:.1} ×"), met: seen >= times }
    }

    /// A figure stays below a bound.
    pub(crate) fn below(what: &'static str, seen: f64, most: f64, unit: fn(f64) -> String) -> Self {
        Self { what, wanted: format!("at most {}", unit(most)), seen: unit(seen), met: seen <= most }
    }

    /// Something is so.
    pub(crate) fn holds(what: &'static str, met: bool) -> Self {
        Self { what, wanted: "yes".to_owned(), seen: if met { "yes" } else { "no" }.to_owned(), met }
    }

    pub(crate) fn is_met(&self) -> bool {
        self.met
    }

    pub(crate) fn row(&self) -> String {
        let verdict = if self.met { "ok" } else { "MISSED" };
        format!("| {} | {} | {} | {verdict} |", self.what, self.wanted, self.seen)
    }
}

#[cfg(test)]
mod tests {
    use super::{Cost, Goal, Series, show};
    use std::time::Duration;

    fn series(millis: &[u64]) -> Series {
        let cost = |millis: &u64| Cost { wall: Duration::from_millis(*millis), peak: millis * 1_000_000 };
        Series(millis.iter().map(cost).collect())
    }

    #[test]
    fn a_row_has_the_median_the_range_and_the_largest_memory() {
        assert_eq!(series(&[30, 10, 20, 1500, 40]).row("x"), "| x | 30.0 ms | 10.0 ms – 1.50 s | 1500.0 MB |");
        assert_eq!(show(series(&[10, 20]).median()), "15.0 ms");
    }

    #[test]
    fn a_goal_is_met_at_its_bound_and_missed_behind_it() {
        assert!(Goal::faster("x", 2.5, 0.1, 25.0, None).is_met());
        assert!(!Goal::faster("x", 2.4, 0.1, 25.0, None).is_met());
        assert!(Goal::below("x", 0.1, 0.1, show).is_met());
        assert!(Goal::below("x", 0.101, 0.1, show).row().ends_with("| 101.0 ms | MISSED |"));
        assert!(!Goal::below("x", f64::NAN, 0.1, show).is_met());
    }
}

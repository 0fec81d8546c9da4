//! The order of rows: by a column, or most suspicious first.

use std::cmp::{Ordering, Reverse};

use serde::{Deserialize, Serialize};

use super::Row;

/// What rows can be sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Column {
    /// The worst verdict first, then its points, see [`Finding`](super::Finding); then the most
    /// tasks, then the most bytes.
    #[default]
    Suspicion,
    /// The values of the key columns, from this one on.
    Key(usize),
    /// Living tasks.
    Count,
    /// More than a minute ago.
    Growth,
    /// More than at the moment that this one is compared with.
    Change,
    /// Stuck tasks.
    Stuck,
    /// Time of the longest in its state.
    Oldest,
    /// Time of the median task in its state.
    Median,
    /// Spawned in the last minute.
    Spawned,
    /// Ended in the last minute.
    Finished,
    /// Bytes of the heap that are held.
    Bytes,
    /// Bytes more than a minute ago.
    BytesGrowth,
    /// Bytes allocated in the last minute.
    Allocated,
}

impl Column {
    /// Whether it tells of bytes, not of tasks.
    pub fn is_of_bytes(self) -> bool {
        matches!(self, Self::Bytes | Self::BytesGrowth | Self::Allocated)
    }
}

/// A column and a direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Sort {
    /// By what.
    pub column: Column,
    /// Largest (or latest in the alphabet) first.
    pub descending: bool,
}

impl Default for Sort {
    fn default() -> Self {
        Self { column: Column::Suspicion, descending: true }
    }
}

impl Sort {
    /// What a click on a column's title asks for: that column, or its other direction. Numbers
    /// start with the largest, names with the first.
    #[must_use]
    pub fn clicked(self, column: Column) -> Self {
        if self.column == column {
            return Self { column, descending: !self.descending };
        }
        Self { column, descending: !matches!(column, Column::Key(_)) }
    }
}

/// Sorts rows in place. The order is total: equal rows are told apart by their values, so that
/// nothing jumps from one update to the next.
pub fn sort(rows: &mut [Row], sort: Sort) {
    let compare = |a: &Row, b: &Row| {
        let ascending = match sort.column {
            Column::Key(at) => a.values.get(at..).cmp(&b.values.get(at..)),
            column => by_number(a, b, column),
        };
        let ordered = if sort.descending { ascending.reverse() } else { ascending };
        ordered.then_with(|| a.values.cmp(&b.values))
    };
    // Rows are large: their places are sorted, and then each row is moved once.
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.sort_unstable_by(|a, b| match (rows.get(*a), rows.get(*b)) {
        (Some(a), Some(b)) => compare(a, b),
        _ => Ordering::Equal,
    });
    permute(rows, order);
}

/// Puts at each place the row that is at `order` of it: along the circles in which rows follow each
/// other, without a second piece of memory for them.
fn permute(rows: &mut [Row], mut order: Vec<usize>) {
    for start in 0..rows.len() {
        let mut at = start;
        // A place that has its row says so by naming itself.
        while let Some(from) = order.get_mut(at).map(|from| std::mem::replace(from, at)) {
            if from == start {
                break;
            }
            rows.swap(at, from);
            at = from;
        }
    }
}

/// The order by a column of numbers; keys tell nothing.
pub(super) fn by_number(a: &Row, b: &Row, column: Column) -> Ordering {
    // The earlier it began, the older: `None` is youngest of all.
    let age = |since: Option<u64>| since.map(Reverse);
    match column {
        Column::Suspicion => suspicion(a).cmp(&suspicion(b)),
        Column::Key(_) => Ordering::Equal,
        Column::Count => a.sum.count.cmp(&b.sum.count),
        Column::Growth => a.sum.growth.cmp(&b.sum.growth),
        Column::Change => a.change().cmp(&b.change()),
        Column::Stuck => a.sum.stuck.cmp(&b.sum.stuck),
        Column::Oldest => age(a.sum.oldest_since_ms).cmp(&age(b.sum.oldest_since_ms)),
        Column::Median => age(a.median_since_ms).cmp(&age(b.median_since_ms)),
        Column::Spawned => a.sum.spawned_per_min.cmp(&b.sum.spawned_per_min),
        Column::Finished => a.sum.finished_per_min.cmp(&b.sum.finished_per_min),
        Column::Bytes => a.sum.held.live_bytes.cmp(&b.sum.held.live_bytes),
        Column::BytesGrowth => a.sum.bytes_growth.cmp(&b.sum.bytes_growth),
        Column::Allocated => a.sum.allocated_per_min.cmp(&b.sum.allocated_per_min),
    }
}

fn suspicion(row: &Row) -> impl Ord {
    let finding = &row.sum.finding;
    (finding.class, finding.points, row.sum.count, row.sum.held.live_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyse::{Key, pivot};
    use crate::fixture;

    fn check(column: Column, descending: bool, expected: &str) {
        let profile = fixture::profile(&[
            "100 parked points=3 was=100 age=1 task=calm @ src/a.rs:1 io_read < src/main.rs:1",
            "50 parked points=40 was=10 age=1 task=grows @ src/a.rs:2 io_read < src/main.rs:2",
            "5 parked points=50 stuck=5 was=5 age=90 task=stuck @ src/a.rs:3 mutex < src/main.rs:3",
            "8 parked class=suspect points=14 stuck=8 was=2 age=60 task=piles @ src/a.rs:4 mpsc_send < src/main.rs:4",
            "9 parked stuck=9 was=9 age=99 task=listens @ src/a.rs:5 accept < src/main.rs:5",
        ]);
        let mut rows = pivot(&profile, &[Key::Label("task".into())], &[0, 1, 2, 3, 4]).rows;
        sort(&mut rows, Sort { column, descending });
        let names: Vec<String> = rows.iter().map(|row| row.values[0].to_string()).collect();
        assert_eq!(names.join(" "), expected, "{column:?}");
    }

    #[test]
    fn rows_come_in_the_order_asked_for() {
        check(Column::Suspicion, true, "piles stuck grows calm listens");
        check(Column::Count, true, "calm grows listens piles stuck");
        check(Column::Growth, false, "calm listens stuck piles grows");
        check(Column::Oldest, true, "listens stuck piles calm grows");
        check(Column::Key(0), false, "calm grows listens piles stuck");
        check(Column::Stuck, true, "listens piles stuck calm grows");
    }

    #[test]
    fn a_leak_of_bytes_comes_before_what_idles_even_if_its_tasks_have_ended() {
        let profile = fixture::profile(&[
            "200 parked points=200 stuck=200 was=200 live=1000 livewas=1000 task=idle @ src/a.rs:1 io_read < src/m.rs:1",
            "3 parked points=120 was=3 live=3000 livewas=2990 error=20 task=big @ src/a.rs:2 mutex < src/m.rs:2",
            "0 finished points=600 live=900 livewas=600 error=100 task=leak < src/m.rs:3",
            "1 parked was=1 live=100 livewas=700 task=shrinks @ src/a.rs:4 mutex < src/m.rs:4",
        ]);
        let mut rows = pivot(&profile, &[Key::Label("task".into())], &[0, 1, 2, 3]).rows;
        let mut check = |column, expected: &str| {
            sort(&mut rows, Sort { column, descending: true });
            let names: Vec<String> = rows.iter().map(|row| row.values[0].to_string()).collect();
            assert_eq!(names.join(" "), expected, "{column:?}");
        };
        check(Column::Suspicion, "leak idle big shrinks");
        check(Column::Bytes, "big idle leak shrinks");
        check(Column::BytesGrowth, "leak big idle shrinks");
        let heat = |name: &str| {
            rows.iter().find(|row| row.values[0].to_string() == name).map(|row| row.heat)
        };
        assert_eq!(heat("leak"), Some(crate::analyse::Heat::Growing));
        assert_eq!(heat("big"), Some(crate::analyse::Heat::Calm), "within its error");
    }

    #[test]
    fn a_second_click_turns_the_order_round() {
        let sort = Sort::default().clicked(Column::Count);
        assert_eq!(sort, Sort { column: Column::Count, descending: true });
        assert_eq!(sort.clicked(Column::Count), Sort { column: Column::Count, descending: false });
        assert!(!sort.clicked(Column::Key(0)).descending);
    }
}

//! Tables sorted by id: what changed between two, and a table with changes applied.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::sync::Arc;

use crate::model::{Group, HeapSite, Origin};

/// A row of a table.
pub(super) trait Row: Eq {
    fn id(&self) -> u64;
}

impl Row for Group {
    fn id(&self) -> u64 {
        self.id.0
    }
}

impl Row for Origin {
    fn id(&self) -> u64 {
        self.id.0
    }
}

impl Row for HeapSite {
    fn id(&self) -> u64 {
        self.id.0
    }
}

/// What leads from one table to the next.
pub(super) struct Diff<'a, T> {
    /// New and changed rows.
    pub(super) changed: Vec<&'a Arc<T>>,
    pub(super) removed: Vec<u64>,
}

/// The rows in the order of their ids, each id once: the last one counts.
pub(super) fn sorted<T: Row>(rows: &[Arc<T>]) -> Cow<'_, [Arc<T>]> {
    if rows.is_sorted_by(|a, b| a.id() < b.id()) {
        return Cow::Borrowed(rows);
    }
    let mut rows = rows.to_vec();
    sort(&mut rows);
    Cow::Owned(rows)
}

fn sort<T: Row>(rows: &mut Vec<Arc<T>>) {
    rows.reverse();
    rows.sort_by_key(|row| row.id());
    rows.dedup_by_key(|row| row.id());
}

/// Compares two sorted tables; the same `Arc` is unchanged without a look inside.
pub(super) fn diff<'a, T: Row>(old: &[Arc<T>], new: &'a [Arc<T>]) -> Diff<'a, T> {
    let mut diff = Diff { changed: Vec::new(), removed: Vec::new() };
    let mut old = old.iter().peekable();
    for row in new {
        while let Some(gone) = old.next_if(|old| old.id() < row.id()) {
            diff.removed.push(gone.id());
        }
        let before = old.next_if(|old| old.id() == row.id());
        if !before.is_some_and(|before| Arc::ptr_eq(before, row) || before == row) {
            diff.changed.push(row);
        }
    }
    diff.removed.extend(old.map(|gone| gone.id()));
    diff
}

/// What the messages of one state bring for a table.
#[derive(Debug)]
pub(super) struct Changes<T> {
    /// In the order of their arrival; of one id the last one counts.
    pub(super) rows: Vec<Arc<T>>,
    pub(super) removed: Vec<u64>,
}

impl<T> Default for Changes<T> {
    fn default() -> Self {
        Self { rows: Vec::new(), removed: Vec::new() }
    }
}

impl<T: Row> Changes<T> {
    /// The table after the changes. Rows that are as they were keep their `Arc`. `full`: rows of
    /// the old table that did not come again are gone.
    pub(super) fn apply(mut self, old: &[Arc<T>], full: bool) -> Vec<Arc<T>> {
        sort(&mut self.rows);
        self.removed.sort_unstable();
        let kept = |row: &&Arc<T>| !full && self.removed.binary_search(&row.id()).is_err();
        let mut table = Vec::with_capacity(old.len().max(self.rows.len()));
        let mut old = old.iter().peekable();
        for row in self.rows {
            let row_id = row.id();
            while let Some(before) = old.next_if(|old| old.id().cmp(&row_id) == Ordering::Less) {
                table.extend(Some(before).filter(kept).cloned());
            }
            let before = old.next_if(|old| old.id() == row_id).filter(|before| **before == row);
            table.push(before.map_or(row, Arc::clone));
        }
        table.extend(old.filter(kept).cloned());
        table
    }
}

//! The table of the heap: sites with something in common become one row.

use std::cmp::{Ordering, Reverse};
use std::fmt;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use taskscope_proto::model::{HeapOwner, HeapSite, Held, Labels, Location, Profile, Tree};

use super::{Counted, HeapBy, HeapColumn, HeapSort};

/// What the sites of a row have in common.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum HeapKey {
    /// Labels.
    Labels(Labels),
    /// A source line.
    Place(Location),
    /// A function whose source line is not known.
    Function(Arc<str>),
    /// A whole stack.
    Stack(Arc<Tree>),
    /// Nothing to show, and why.
    Blank(&'static str),
}

impl HeapKey {
    /// What divides this site from others.
    pub fn of(by: HeapBy, site: &HeapSite, profile: &Profile) -> Self {
        let nobody = match site.owner {
            HeapOwner::Task => None,
            HeapOwner::Nobody => Some("no tracked task"),
            HeapOwner::Agent => Some("the agent itself"),
            HeapOwner::Unknown => Some("unknown"),
        };
        match (by, nobody) {
            (HeapBy::Labels | HeapBy::SpawnedAt, Some(nobody)) => Self::Blank(nobody),
            (HeapBy::Labels, None) if site.labels.is_empty() => Self::Blank("no labels"),
            (HeapBy::Labels, None) => Self::Labels(site.labels.clone()),
            (HeapBy::SpawnedAt, None) => match site.origin.and_then(|id| profile.origin(id)) {
                Some(origin) => Self::Place(origin.spawned_at.clone()),
                None => Self::Blank("unknown"),
            },
            (HeapBy::Line, Some(agent)) if site.owner == HeapOwner::Agent => Self::Blank(agent),
            (HeapBy::Line, _) => line(site.stack.as_deref()),
            (HeapBy::Stack, _) => match &site.stack {
                Some(stack) => Self::Stack(stack.clone()),
                None => Self::Blank("no stack"),
            },
        }
    }
}

fn line(stack: Option<&Tree>) -> HeapKey {
    let Some(stack) = stack else {
        return HeapKey::Blank("no stack");
    };
    match stack.await_point.as_deref() {
        Some(frame) => match &frame.location {
            Some(location) => HeapKey::Place(location.clone()),
            None => HeapKey::Function(frame.function.clone()),
        },
        None => HeapKey::Blank("no user code on the stack"),
    }
}

impl fmt::Display for HeapKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Labels(labels) => labels.fmt(f),
            Self::Place(location) => location.fmt(f),
            Self::Function(function) => f.write_str(function),
            Self::Stack(stack) => {
                // The innermost lines of the service's own tell stacks apart best.
                let user = stack.nodes.iter().rev().filter(|node| node.frame.user);
                let places = user.filter_map(|node| node.frame.location.as_ref());
                let mut any = false;
                for place in places {
                    let arrow = if any { " ← " } else { "" };
                    write!(f, "{arrow}{}:{}", place.file, place.line)?;
                    any = true;
                }
                let leaf = stack.nodes.last().filter(|_| !any);
                leaf.map_or(Ok(()), |node| f.write_str(&node.frame.function))
            }
            Self::Blank(why) => write!(f, "({why})"),
        }
    }
}

/// Sites with something in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeapRow {
    /// What that is.
    pub key: HeapKey,
    /// What lives of them.
    pub held: Held,
    /// Live bytes more than at the marked moment.
    pub grown: i64,
    /// Ever allocated.
    pub allocated_bytes: u64,
    /// Blocks ever allocated.
    pub allocated_blocks: u64,
    /// When the oldest living block was allocated, agent's clock.
    pub oldest_since_ms: Option<u64>,
}

impl HeapRow {
    fn new(key: HeapKey) -> Self {
        Self {
            key,
            held: Held::default(),
            grown: 0,
            allocated_bytes: 0,
            allocated_blocks: 0,
            oldest_since_ms: None,
        }
    }

    fn add(&mut self, counted: &Counted<'_>) {
        self.held = self.held.and(counted.held);
        self.grown = self.grown.saturating_add(counted.grown);
        self.allocated_bytes = self.allocated_bytes.saturating_add(counted.allocated_bytes);
        self.allocated_blocks = self.allocated_blocks.saturating_add(counted.allocated_blocks);
        if counted.held.live_bytes > 0 {
            // 0 is the start of the agent's clock: what is older is at least as old as that.
            let oldest = self.oldest_since_ms.unwrap_or(u64::MAX);
            self.oldest_since_ms = Some(oldest.min(counted.site.oldest_since_ms));
        }
    }
}

/// The sites divided; not sorted yet.
pub fn heap_rows(profile: &Profile, sites: &[Counted<'_>], by: HeapBy) -> Vec<HeapRow> {
    let mut rows: Vec<HeapRow> = Vec::new();
    let mut known: FxHashMap<HeapKey, usize> = FxHashMap::default();
    for counted in sites {
        let key = HeapKey::of(by, counted.site, profile);
        let at = *known.entry(key).or_insert_with_key(|key| {
            rows.push(HeapRow::new(key.clone()));
            rows.len() - 1
        });
        if let Some(row) = rows.get_mut(at) {
            row.add(counted);
        }
    }
    rows
}

/// Sorts rows in place; equal ones are told apart by what they are about, so that none jumps.
pub fn sort_heap(rows: &mut [HeapRow], sort: HeapSort) {
    rows.sort_by(|a, b| {
        let ascending = compare(a, b, sort.column);
        let ordered = if sort.descending { ascending.reverse() } else { ascending };
        ordered.then_with(|| a.key.cmp(&b.key))
    });
}

fn compare(a: &HeapRow, b: &HeapRow, column: HeapColumn) -> Ordering {
    // The earlier it began, the older: `None` is youngest of all.
    let age = |row: &HeapRow| row.oldest_since_ms.map(Reverse);
    match column {
        HeapColumn::Name => a.key.cmp(&b.key),
        HeapColumn::Live => a.held.live_bytes.cmp(&b.held.live_bytes),
        HeapColumn::Grown => a.grown.cmp(&b.grown),
        HeapColumn::Blocks => a.held.blocks.cmp(&b.held.blocks),
        HeapColumn::Outlived => a.held.outlived_bytes.cmp(&b.held.outlived_bytes),
        HeapColumn::Allocated => a.allocated_bytes.cmp(&b.allocated_bytes),
        HeapColumn::Oldest => age(a).cmp(&age(b)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyse::heap::counted;
    use crate::fixture;

    fn profile() -> Profile {
        let mut profile =
            fixture::profile(&["1 parked task=a < src/m.rs:1", "1 parked task=b < src/m.rs:2"]);
        profile.heap_sites = fixture::sites(&[
            "1 live=100 error=3 blocks=2 allocated=900 age=60 task=a of=1 @ src/m.rs:9 src/cache.rs:4 ~vec:7",
            "2 live=50 error=4 blocks=9 left=50 allocated=60 age=90 task=b of=2 @ src/m.rs:8 src/cache.rs:4 ~map:7",
            "3 live=30 allocated=5000 age=5 @ src/main.rs:1",
            "4 live=8 age=3 agent @ ~agent:1",
            "5 live=6 age=1 task=a of=1 @ ~lib:1",
        ]);
        profile
    }

    fn check(by: HeapBy, column: HeapColumn, expected: &[&str]) {
        let profile = profile();
        let mut rows = heap_rows(&profile, &counted(&profile.heap_sites, None), by);
        sort_heap(&mut rows, HeapSort { column, descending: column != HeapColumn::Name });
        let age = |row: &HeapRow| {
            row.oldest_since_ms
                .map_or("-".into(), |ms| ((fixture::NOW_MS - ms) / 1_000).to_string())
        };
        let lines: Vec<String> = rows
            .iter()
            .map(|row| {
                let Held { live_bytes, error_bytes, blocks, outlived_bytes, .. } = row.held;
                let allocated = row.allocated_bytes;
                format!(
                    "{} {live_bytes}±{error_bytes} {blocks} {outlived_bytes} {allocated} {}",
                    row.key,
                    age(row)
                )
            })
            .collect();
        assert_eq!(lines, expected, "{by:?} {column:?}");
    }

    #[test]
    fn sites_with_the_same_labels_place_or_stack_are_one_row() {
        check(
            HeapBy::Labels,
            HeapColumn::Live,
            &[
                "task=a 106±3 2 0 900 60",
                "task=b 50±4 9 50 60 90",
                "(no tracked task) 30±0 0 0 5000 5",
                "(the agent itself) 8±0 0 0 0 3",
            ],
        );
        check(
            HeapBy::Line,
            HeapColumn::Live,
            &[
                "src/cache.rs:4:1 150±5 11 50 960 90",
                "src/main.rs:1:1 30±0 0 0 5000 5",
                "(the agent itself) 8±0 0 0 0 3",
                "(no user code on the stack) 6±0 0 0 0 1",
            ],
        );
        check(
            HeapBy::SpawnedAt,
            HeapColumn::Allocated,
            &[
                "(no tracked task) 30±0 0 0 5000 5",
                "src/m.rs:1:1 106±3 2 0 900 60",
                "src/m.rs:2:1 50±4 9 50 60 90",
                "(the agent itself) 8±0 0 0 0 3",
            ],
        );
        check(
            HeapBy::Stack,
            HeapColumn::Oldest,
            &[
                "src/cache.rs:4 ← src/m.rs:8 50±4 9 50 60 90",
                "src/cache.rs:4 ← src/m.rs:9 100±3 2 0 900 60",
                "src/main.rs:1 30±0 0 0 5000 5",
                "fn at agent:1 8±0 0 0 0 3",
                "fn at lib:1 6±0 0 0 0 1",
            ],
        );
    }

    #[test]
    fn rows_come_in_the_order_asked_for() {
        let order = |column, expected: &str| {
            let profile = profile();
            let then = fixture::sites(&["1 live=190 @ a:1", "2 live=10 @ a:1"]);
            let sites = counted(&profile.heap_sites, Some(&then));
            let mut rows = heap_rows(&profile, &sites, HeapBy::Labels);
            sort_heap(&mut rows, HeapSort { column, descending: true });
            let names: Vec<String> =
                rows.iter().map(|row| format!("{} {}", row.key, row.grown)).collect();
            assert_eq!(names.join(", "), expected, "{column:?}");
        };
        order(
            HeapColumn::Grown,
            "task=b 40, (no tracked task) 30, (the agent itself) 8, task=a -84",
        );
        order(
            HeapColumn::Blocks,
            "task=b 40, task=a -84, (no tracked task) 30, (the agent itself) 8",
        );
        order(
            HeapColumn::Outlived,
            "task=b 40, task=a -84, (no tracked task) 30, (the agent itself) 8",
        );
    }
}

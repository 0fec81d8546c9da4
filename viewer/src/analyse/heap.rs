//! The heap: where its blocks were allocated, counted at one moment or since another.

mod facts;
mod names;
mod of_row;
mod rows;
mod tree;

use std::cmp::Ordering;
use std::sync::Arc;

use taskscope_proto::model::{Frame, HeapSite, Held};

use super::holding::difference;

pub use facts::{Fact, Part, heap_facts, heap_parts};
pub use names::frame_label;
pub use of_row::{Mostly, OfRow, of_row};
pub use rows::{HeapKey, HeapRow, heap_rows, sort_heap};
pub use tree::{HeapNode, HeapTree, heap_lines, heap_tree};

/// By what the heap is divided.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum HeapBy {
    /// The labels in effect where blocks were allocated.
    #[default]
    Labels,
    /// Where the tasks that allocated them were spawned.
    SpawnedAt,
    /// The service's own line that allocated them.
    Line,
    /// The whole stack.
    Stack,
}

impl HeapBy {
    /// All of them, from coarse to fine.
    pub const ALL: [Self; 4] = [Self::Labels, Self::SpawnedAt, Self::Line, Self::Stack];

    /// Its name.
    pub fn title(self) -> &'static str {
        match self {
            Self::Labels => "labels",
            Self::SpawnedAt => "spawned at",
            Self::Line => "allocated at",
            Self::Stack => "stack",
        }
    }

    /// The one after it, round and round.
    #[must_use]
    pub fn next(self) -> Self {
        let at = Self::ALL.iter().position(|by| *by == self).map_or(0, |at| at + 1);
        Self::ALL.get(at).copied().unwrap_or_default()
    }
}

/// By what the flame graph is weighted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Measure {
    /// Bytes that live.
    #[default]
    Live,
    /// Of those, what outlived its task.
    Outlived,
    /// Bytes ever allocated, freed or not.
    Allocated,
    /// Live bytes more than at the moment that was marked.
    Grown,
}

impl Measure {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Live, Self::Outlived, Self::Allocated, Self::Grown];

    /// Its name.
    pub fn title(self) -> &'static str {
        match self {
            Self::Live => "Live",
            Self::Outlived => "Outlived",
            Self::Allocated => "Allocated",
            Self::Grown => "Since the mark",
        }
    }

    /// What it means.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Live => "Bytes that live now",
            Self::Outlived => "Bytes that live although the tasks that allocated them have ended",
            Self::Allocated => "Bytes ever allocated, freed or not: what keeps the allocator busy",
            Self::Grown => "Live bytes more than at the marked moment; what shrank is left out",
        }
    }

    /// The one after it, round and round; growth only if there is a mark to grow from.
    #[must_use]
    pub fn next(self, marked: bool) -> Self {
        match self {
            Self::Live => Self::Outlived,
            Self::Outlived => Self::Allocated,
            Self::Allocated if marked => Self::Grown,
            Self::Allocated | Self::Grown => Self::Live,
        }
    }
}

/// What rows of the heap can be sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum HeapColumn {
    /// What the row is about.
    Name,
    /// Live bytes.
    #[default]
    Live,
    /// Live bytes more than at the marked moment.
    Grown,
    /// Blocks that live.
    Blocks,
    /// Live bytes of tasks that have ended.
    Outlived,
    /// Bytes ever allocated.
    Allocated,
    /// Age of the oldest living block.
    Oldest,
}

/// A column and a direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct HeapSort {
    /// By what.
    pub column: HeapColumn,
    /// Largest (or oldest, or latest in the alphabet) first.
    pub descending: bool,
}

impl Default for HeapSort {
    fn default() -> Self {
        Self { column: HeapColumn::Live, descending: true }
    }
}

impl HeapSort {
    /// What a click on a column's title asks for.
    #[must_use]
    pub fn clicked(self, column: HeapColumn) -> Self {
        if self.column == column {
            return Self { column, descending: !self.descending };
        }
        Self { column, descending: column != HeapColumn::Name }
    }
}

/// Everything that decides what the page of the heap shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeapQuery {
    /// By what it is divided.
    pub by: HeapBy,
    /// By what the flame graph is weighted.
    pub measure: Measure,
    /// Order of the rows.
    pub sort: HeapSort,
    /// The row that the flame graph shows alone.
    pub chosen: Option<HeapKey>,
    /// The frames that lead to the one that fills the flame graph.
    pub focus: Arc<[Arc<Frame>]>,
}

/// A site with what it counts.
#[derive(Clone, Copy, Debug)]
pub struct Counted<'a> {
    /// Who allocates there, and how.
    pub site: &'a HeapSite,
    /// What lives of it; nothing if the agent knows of it no more.
    pub held: Held,
    /// Live bytes more than at the marked moment.
    pub grown: i64,
    /// Ever allocated.
    pub allocated_bytes: u64,
    /// Blocks ever allocated.
    pub allocated_blocks: u64,
}

impl Counted<'_> {
    /// What it weighs.
    pub fn weight(&self, measure: Measure) -> u64 {
        match measure {
            Measure::Live => self.held.live_bytes,
            Measure::Outlived => self.held.outlived_bytes,
            Measure::Allocated => self.allocated_bytes,
            Measure::Grown => u64::try_from(self.grown).unwrap_or(0),
        }
    }
}

/// The sites as they are `now`, with their growth since `then`. Both are sorted by id. Those that
/// were there `then` and are forgotten by now come too: they have shrunk to nothing.
pub fn counted<'a>(
    now: &'a [Arc<HeapSite>],
    then: Option<&'a [Arc<HeapSite>]>,
) -> Vec<Counted<'a>> {
    let of = |site: &'a HeapSite, grown| Counted {
        site,
        held: site.held,
        grown,
        allocated_bytes: site.allocated_bytes,
        allocated_blocks: site.allocated_blocks,
    };
    let gone = |site: &'a HeapSite| Counted {
        site,
        held: Held::default(),
        grown: difference(0, site.held.live_bytes),
        allocated_bytes: 0,
        allocated_blocks: 0,
    };
    let Some(then) = then else {
        return now.iter().map(|site| of(site, 0)).collect();
    };
    let mut all = Vec::with_capacity(now.len());
    let (mut now, mut then) = (now.iter().peekable(), then.iter().peekable());
    loop {
        let order = match (now.peek(), then.peek()) {
            (Some(new), Some(old)) => new.id.cmp(&old.id),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => return all,
        };
        let new = if order == Ordering::Greater { None } else { now.next() };
        let old = if order == Ordering::Less { None } else { then.next() };
        let before = old.map_or(0, |old| old.held.live_bytes);
        match (new, old) {
            (Some(new), _) => all.push(of(new, difference(new.held.live_bytes, before))),
            (None, Some(old)) if before > 0 => all.push(gone(old)),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn growth_is_counted_from_the_mark_site_by_site() {
        let then = fixture::sites(&["1 live=100 @ a:1", "2 live=50 @ a:2", "4 live=7 @ a:4"]);
        let now = fixture::sites(&["1 live=160 @ a:1", "3 live=30 @ a:3", "4 live=3 @ a:4"]);
        let facts = |then| -> Vec<(u64, u64, i64, u64)> {
            let all = counted(&now, then);
            let weigh = |c: &Counted<'_>| (c.held.live_bytes, c.grown, c.weight(Measure::Grown));
            all.iter()
                .map(|c| (c.site.id.0, weigh(c)))
                .map(|(id, (l, g, w))| (id, l, g, w))
                .collect()
        };
        let expected = [(1, 160, 60, 60), (2, 0, -50, 0), (3, 30, 30, 30), (4, 3, -4, 0)];
        assert_eq!(facts(Some(&then[..])), expected);
        assert_eq!(facts(None), [(1, 160, 0, 0), (3, 30, 0, 0), (4, 3, 0, 0)]);
    }

    #[test]
    fn measures_and_divisions_go_round() {
        let walk = |marked| {
            let all = std::iter::successors(Some(Measure::Live), |m| Some(m.next(marked)));
            all.take(5).map(Measure::title).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(walk(false), "Live Outlived Allocated Live Outlived");
        assert_eq!(walk(true), "Live Outlived Allocated Since the mark Live");
        assert_eq!(HeapBy::Stack.next(), HeapBy::Labels);
        assert_eq!(HeapBy::Labels.next(), HeapBy::SpawnedAt);
    }
}

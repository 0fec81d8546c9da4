//! Questions put to a profile, answered by pure functions.
//!
//! A [`Query`] says by which [`Key`]s to group, what to keep and how to sort; [`pivot`] answers it
//! with [`Row`]s; [`merge`] puts the await trees of a row together. Nothing here knows a clock, a
//! thread, a file or a pixel, and nothing here can fail: odd input gives an odd but honest answer.

mod alike;
mod allocations;
mod awaits;
mod blame;
mod combinations;
mod console;
mod difference;
mod filter;
mod flame;
mod growth;
mod heap;
mod holding;
mod key;
mod lines;
mod losses;
mod memory;
mod nest;
pub mod numbers;
mod order;
mod pivot;
mod place;
mod process;
mod query;
pub mod runtimes;
mod stays;
mod sum;
mod suspicion;
mod task;
mod then;
mod tree;
mod troubles;
mod waits;
mod wakers;
mod whole;

pub use alike::{Alike, alike};
pub use allocations::{
    Allocation, allocations, allocations_of, heap_line, held_line, left_line, of_nobody, with_error,
};
pub use awaits::{
    AwaitMoment, AwaitNode, AwaitQuery, AwaitTree, AwaitWeight, Point, Shape, Transform,
    await_lines, await_tree,
};
pub use blame::{Link, blockers, chain};
pub use console::{known, stand_in};
pub use difference::{Change, Difference, Kind, Move, Pair, Side, difference};
pub use filter::Filter;
pub(crate) use filter::{read_size, read_time};
pub use flame::{Cell, Flame, Weighted, layout};
pub use growth::{Growth, growth};
pub use heap::{
    Counted, Fact, HeapBy, HeapColumn, HeapKey, HeapNode, HeapQuery, HeapRow, HeapSort, HeapTree,
    Measure, Mostly, OfRow, Part, counted, frame_label, heap_facts, heap_lines, heap_parts,
    heap_rows, heap_tree, of_row, sort_heap,
};
pub use holding::{has_grown, is_there};
pub use key::{Key, Value, keys_of};
pub use lines::{Visible, VisibleRow};
pub use losses::{Note, losses};
pub use memory::{memory_line, nearly_full};
pub use nest::{Nest, Nested, nested};
pub use order::{Column, Sort, sort};
pub use pivot::{Pivot, Row, pivot};
pub use process::{NUMBER_BITS, OWN_PROCESS, PROCESS, task_number};
pub use query::{Lens, Query, Range, Scope, Selection, TaskAsk};
pub use stays::{Stay, Stays};
pub use sum::Sum;
pub use suspicion::{Finding, Heat, most_suspicious_first, waits_outside};
pub use task::{TaskBlocker, TaskLine, first_line, task_blockers, task_lines, task_waker};
pub use then::Then;
pub use tree::{Merged, MergedNode, merge, visible_rows};
pub use troubles::{Trouble, onsets, troubles};
pub use waits::{Crowds, MOST_NODES, WaitEdge, WaitGraph, WaitNode, wait_graph};
pub(crate) use wakers::together;
pub use wakers::{Waking, wakings, woken_by};
pub use whole::Whole;

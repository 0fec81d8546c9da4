//! The plain model: what agent and viewer talk about, free of wire types.
//!
//! Everything is an immutable value; what repeats (labels, frames, trees) is shared by [`Arc`].
//! The words are those of the README's glossary.
//!
//! [`Arc`]: std::sync::Arc

mod condition;
mod heap;
mod history;
mod label;
mod profile;
mod runtime;
mod task;
mod tree;
mod verdict;
mod wait_kind;

pub use condition::{TaskCheck, TaskCondition, TaskFacts, TextTest, TimeTest};
pub use heap::{Heap, HeapOwner, HeapSite, HeapSiteId, Held};
pub use history::{HistoryPage, HistoryQuery, Point, Resolution, Run, Series, Subject};
pub use label::{Label, Labels};
pub use profile::{
    Coverage, DebugInfo, Group, GroupId, Header, Lost, Origin, OriginId, Process, Profile, Source,
    StackWalk, Totals, Waker,
};
pub use runtime::{Runtime, RuntimeFlavor, Stall, Worker};
pub use task::{Activity, Capture, State, Task, TaskKind, TaskOrder, TaskPage, TaskQuery};
pub use tree::{Combine, Frame, Location, Module, Node, Tree};
pub use verdict::{Blocker, Class, Holder, Relation, Verdict};
pub use wait_kind::WaitKind;

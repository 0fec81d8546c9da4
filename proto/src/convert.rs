//! Model values as single messages, and back: hello, queries, pages of tasks, headers.
//!
//! `From<&Model> for wire::Message` cannot fail: what is beyond a limit is cut to it.
//! `TryFrom<wire::Message> for Model` trusts nothing and names what it refuses.
//!
//! # Words of a newer agent
//!
//! A viewer meets enum values that it does not know when the agent is newer but still speaks the
//! viewer's protocol. Where passing over them is harmless they become the honest "unknown" of
//! their type: debug information, stack walk, a runtime's flavor, wait kinds, who owns a block,
//! what a holder has to do with what it holds. A combination of waits becomes
//! [`AnyOf`](crate::model::Combine::AnyOf), which proves the least about the task, a class of verdict
//! [`Suspect`](crate::model::Class::Suspect): its reason says more. A state, a
//! kind of task, an order, a condition, a resolution or a kind of capture has no such stand-in: taking a state for another
//! would make every count on the screen wrong. A new one of those is a new protocol
//! ([`version`](crate::version)), so here it is an error.

mod activity;
mod check;
mod condition;
mod enums;
mod error;
mod group;
mod header;
mod heap;
mod history;
mod origin;
mod page;
mod process;
mod query;
mod runtime;
mod task;
mod verdict;
mod wait_kind;

pub(crate) use check::{at_most, cut, optional, text};
pub(crate) use enums::combine_from_wire;
pub use error::ConvertError;
pub(crate) use group::{group_from_wire, group_to_wire};
pub(crate) use heap::{heap_site_from_wire, heap_site_to_wire};
pub(crate) use origin::{origin_from_wire, origin_to_wire};
pub(crate) use wait_kind::{wait_kind_from_wire, wait_kind_name};

//! The connection to an agent, or to a `console-subscriber`: everything that can fail, turned into
//! [`Event`]s.
//!
//! The *net* thread follows one target on each of its lines. It connects, watches, answers requests
//! for pages of tasks, and comes back by itself, with growing pauses, when the agent goes away.

mod backoff;
mod client;
mod console;
mod error;
mod event;
mod failure;
mod file;
mod net;
mod orders;
mod place;
mod recording;
pub mod span;
mod target;
mod when;

pub use backoff::Backoff;
pub use client::{Client, Updates};
pub use error::ConnectError;
pub use event::{Event, Happening};
pub use failure::Failure;
pub use file::{LastState, OpenError, last_state, read_file, state_at};
pub use net::{Net, start};
pub use orders::{HistoryRequest, Orders, PageRequest};
pub use place::{Place, PlaceError};
pub use recording::{RecordError, Recorder, RecorderState, Recording, Taken, Told, file_name};
pub use target::{Target, TargetError};
pub use when::When;

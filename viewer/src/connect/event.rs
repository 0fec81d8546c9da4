//! What the net thread tells the analyst.

use std::sync::Arc;
use std::time::Duration;

use taskscope_proto::model::{HistoryPage, Process, Profile, Resolution, TaskPage};

use super::Failure;

/// Something that happened while following a target.
#[derive(Clone, Debug)]
pub struct Event {
    /// Which order to follow a target this belongs to; what belongs to an earlier one is void.
    pub session: u64,
    /// What happened.
    pub happening: Happening,
}

/// The closed set of things that can happen.
#[derive(Clone, Debug)]
pub enum Happening {
    /// An attempt to connect began.
    Connecting,
    /// The agent answered.
    Connected(Arc<Process>),
    /// The whole state, once more.
    Profile(Arc<Profile>),
    /// A page of tasks, or why there is none.
    Tasks {
        /// The number of the request.
        ticket: u64,
        /// The answer.
        page: Result<Arc<TaskPage>, Failure>,
    },
    /// What groups looked like before, or why that is not to be had.
    History {
        /// By what steps it was asked for.
        resolution: Resolution,
        /// The number of the request.
        ticket: u64,
        /// The answer.
        page: Result<Arc<HistoryPage>, Failure>,
    },
    /// All that a file has was told.
    Recorded {
        /// How many states that were.
        states: u64,
        /// It has later ones, which were not asked for.
        goes_on: bool,
        /// What is to be said of the file, in sentences.
        remarks: Arc<[String]>,
    },
    /// The connection is down.
    Down {
        /// Why.
        failure: Failure,
        /// Until the next attempt; `None` when trying again cannot help.
        retry_in: Option<Duration>,
    },
}

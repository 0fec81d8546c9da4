//! The incident report: one page to attach to a ticket, as HTML or as Markdown.
//!
//! [`Incident`] is what is known; `compose` makes a [`Page`](page::Page) of it, in words and numbers
//! but in no format, and `html` and `markdown` write that page down. Both say the same.
//!
//! Text of the service is somebody else's: whatever is written goes through one door for each format,
//! which escapes it and cuts what is too long.

mod chart;
mod compose;
mod html;
mod markdown;
mod markup;
mod measured;
mod page;
mod past;
mod shown;
mod singles;
mod suspects;

use rustc_hash::FxHashMap;
use taskscope_proto::model::{Capture, GroupId, Process, Profile, Task};

pub use past::PastPoint;
pub use suspects::suspected;

/// What is known of an incident.
#[derive(Clone, Copy, Debug)]
pub struct Incident<'a> {
    /// Whose it is.
    pub process: &'a Process,
    /// The state at its end.
    pub profile: &'a Profile,
    /// What there was before, in order; the last one is of the profile.
    pub past: &'a [PastPoint],
    /// How many tasks the suspected groups had.
    pub trends: &'a Trends,
    /// Some of their tasks, each by itself.
    pub singles: &'a Singles,
    /// Where all this is from.
    pub source: &'a IncidentSource,
    /// What else is to be said of the source, in sentences.
    pub remarks: &'a [String],
    /// How much is told.
    pub extent: Extent,
}

/// Where a report's numbers are from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IncidentSource {
    /// A service that runs.
    Live {
        /// Where it listens.
        target: String,
        /// Which await trees were captured.
        capture: Capture,
        /// How long the answer took, milliseconds.
        took_ms: u64,
    },
    /// A file that a recorder wrote, or an agent.
    File {
        /// Its name, as it was given.
        target: String,
        /// How many states it has.
        states: u64,
        /// How many runs of the service they are of.
        runs: u64,
        /// What an agent wrote it for, if it is evidence.
        written_for: Option<String>,
    },
}

impl IncidentSource {
    fn target(&self) -> &str {
        match self {
            Self::Live { target, .. } | Self::File { target, .. } => target,
        }
    }
}

/// How many tasks some groups had, at the same moments.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trends {
    /// How long a stretch that is.
    pub span_secs: u64,
    /// The counts, the oldest first.
    pub of: FxHashMap<GroupId, Vec<u64>>,
}

/// Some single tasks: only a service that runs tells of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Singles {
    /// By the first group of a suspect: those that have been in their state for longest.
    pub longest: FxHashMap<GroupId, Vec<Task>>,
    /// Those that spawned them and live, by their ids.
    pub parents: FxHashMap<u64, Task>,
}

/// How much a report tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// How many suspects it describes.
    pub suspects: usize,
    /// All frames of await trees, instead of folding those of libraries.
    pub all_frames: bool,
}

impl Incident<'_> {
    /// One page of HTML that needs nothing else: no script, no file, no network.
    pub fn html(&self) -> String {
        html::write(&compose::page(self))
    }

    /// The same as Markdown, as trackers of issues read it.
    pub fn markdown(&self) -> String {
        markdown::write(&compose::page(self))
    }
}

#[cfg(test)]
mod tests;

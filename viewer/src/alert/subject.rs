//! What an alert is about, in words that outlive a run of the service.

use std::fmt;

use taskscope_proto::model::{Group, Labels, Location, Profile};

/// What an alert is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Subject {
    /// The whole service.
    Service,
    /// One of its runtimes, by tokio's number.
    Runtime(u32),
    /// The tasks with these labels that were spawned there.
    Tasks {
        /// The labels.
        labels: Labels,
        /// The spawn location, where it is known.
        spawned_at: Option<Location>,
    },
}

impl Subject {
    /// The tasks of a group, and of those that differ in state and await tree only.
    pub(super) fn of(group: &Group, profile: &Profile) -> Self {
        let spawned_at = profile.origin(group.origin).map(|origin| origin.spawned_at.clone());
        Self::Tasks { labels: group.labels.clone(), spawned_at }
    }

    /// All that tells it from others, in words.
    pub fn in_full(&self) -> String {
        match self {
            Self::Tasks { labels, spawned_at: Some(place) } if !labels.is_empty() => {
                format!("{labels} @ {place}")
            }
            Self::Tasks { spawned_at: Some(place), .. } => {
                format!("@ {place}")
            }
            other => other.to_string(),
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Service => f.write_str("all tasks"),
            Self::Runtime(id) => write!(f, "runtime {id}"),
            Self::Tasks { labels, .. } if !labels.is_empty() => write!(f, "{labels}"),
            Self::Tasks { spawned_at: Some(place), .. } => {
                write!(f, "tasks of {}:{}", place.file, place.line)
            }
            Self::Tasks { .. } => f.write_str("tasks without labels"),
        }
    }
}

//! What a group of tasks weighs.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use taskscope_proto::model::Group;

use crate::analyse::numbers::{age, bytes, count, counted, signed, signed_bytes};

/// By what await trees are weighted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AwaitWeight {
    /// How many tasks there are.
    #[default]
    Tasks,
    /// How long they have been in their present state, added up. The agent tells the median of a
    /// group, so this is an estimate: exact for one task, close for many alike.
    Time,
    /// The size of their futures.
    Futures,
}

impl AwaitWeight {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Tasks, Self::Time, Self::Futures];

    /// Its name.
    pub fn title(self) -> &'static str {
        match self {
            Self::Tasks => "Tasks",
            Self::Time => "About time",
            Self::Futures => "Future bytes",
        }
    }

    /// What it means.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Tasks => "Weigh frames by how many tasks pass through them",
            Self::Time => {
                "Weigh frames by how long the tasks there have been in their present state, added \
                 up: about, since it is each group's median times its tasks"
            }
            Self::Futures => {
                "Weigh frames by the size of the futures of the tasks there, without what these \
                 hold of the heap"
            }
        }
    }

    /// The one after it, round and round.
    #[must_use]
    pub fn next(self) -> Self {
        match self {
            Self::Tasks => Self::Time,
            Self::Time => Self::Futures,
            Self::Futures => Self::Tasks,
        }
    }

    /// What a group weighs when the agent's clock says `now_ms`.
    pub(super) fn of(self, group: &Group, now_ms: u64) -> u64 {
        match self {
            Self::Tasks => group.count,
            Self::Time => group.count.saturating_mul(now_ms.saturating_sub(group.median_since_ms)),
            Self::Futures => group.future_bytes,
        }
    }

    /// A weight as short as a column: `12`, `~3 m 20 s`, `1.5 KiB`.
    pub fn short(self, weight: u64) -> String {
        match self {
            Self::Tasks => count(weight),
            Self::Time if weight == 0 => "0".into(),
            Self::Time if weight < 1_000 => "< 1 s".into(),
            Self::Time => format!("~{}", age(Duration::from_millis(weight))),
            Self::Futures => bytes(weight),
        }
    }

    /// A weight in words: `12 tasks`, `about 3 m 20 s`, `1.5 KiB of futures`.
    pub fn words(self, weight: u64) -> String {
        match self {
            Self::Tasks => counted(weight, "task"),
            Self::Time if weight == 0 => "no time".into(),
            Self::Time if weight < 1_000 => "less than a second".into(),
            Self::Time => format!("about {}", age(Duration::from_millis(weight))),
            Self::Futures => format!("{} of futures", bytes(weight)),
        }
    }

    /// How a weight changed, with its sign: `+12`, `~-3 m 20 s`, `0`.
    pub fn change(self, before: u64, now: u64) -> String {
        let change = crate::analyse::holding::difference(now, before);
        match self {
            Self::Tasks => signed(change),
            Self::Futures => signed_bytes(change),
            Self::Time => {
                let sign = match change {
                    0 => return "0".into(),
                    1.. => "+",
                    _ => "-",
                };
                format!("~{sign}{}", age(Duration::from_millis(change.unsigned_abs())))
            }
        }
    }
}

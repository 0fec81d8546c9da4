//! Verdicts: what is the matter with the tasks of a group, and who could let them go on.

use std::sync::Arc;

use super::{GroupId, Location, WaitKind};

/// How bad it is. Later means worse.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Class {
    /// Nothing is the matter, as far as can be told.
    #[default]
    Normal,
    /// Late, but such tasks do finish.
    Slow,
    /// Spawned tasks that never finish, piling up.
    Suspect,
    /// They can never run again by themselves: nothing is left that could wake them, or they wait
    /// in a cycle, or for tasks of which that is proven. Only an abort from outside ends them.
    Proven,
}

impl Class {
    /// All classes, the best first.
    pub const ALL: [Self; 4] = [Self::Normal, Self::Slow, Self::Suspect, Self::Proven];

    /// The name that dumps and screens use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Slow => "slow",
            Self::Suspect => "suspect",
            Self::Proven => "proven",
        }
    }
}

/// What is the matter with the tasks of a group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// How bad it is.
    pub class: Class,
    /// Why, in one sentence with numbers; empty for [`Class::Normal`].
    pub reason: Arc<str>,
    /// Since when it is so, on the agent's clock, milliseconds.
    pub since_ms: u64,
    /// How many tasks of the group it is about.
    pub tasks: u64,
    /// How suspicious the group is beside others of its class. Groups are ordered by class, then
    /// by this. The points of several groups may be added up.
    pub points: u64,
}

/// What a task has to do with something that others wait for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Relation {
    /// Not known.
    #[default]
    Unknown,
    /// It holds the lock or the permit.
    Holds,
    /// It is the task that is waited for.
    Joined,
    /// It was the last to receive from the channel.
    Received,
    /// It was the last to send into the channel, or to notify.
    Sent,
    /// It made the channel, and no use of its end was seen since.
    Made,
}

/// A task that could let others go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Holder {
    /// Its id.
    pub task: u64,
    /// The group that it is in now; `None` if it has ended.
    pub group: Option<GroupId>,
    /// It has ended.
    pub ended: bool,
}

/// What some tasks wait for, and who could let them go on.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Blocker {
    /// What they wait for; never [`WaitKind::Other`].
    pub kind: WaitKind,
    /// Where the lock or channel was made.
    pub made_at: Option<Location>,
    /// How many tasks wait for it.
    pub tasks: u64,
    /// What the holder has to do with it.
    pub relation: Relation,
    /// Since when the holder holds it, or when it was seen to use it last; 0 if not known.
    pub since_ms: u64,
    /// One of those who could let them go on, if any is known: the one that has held longest.
    pub holder: Option<Holder>,
    /// How many there are.
    pub holders: u64,
}

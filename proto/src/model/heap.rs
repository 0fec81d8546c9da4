//! The heap: which tasks hold the memory, estimated from a sample of its blocks.

use std::sync::Arc;

use super::{Labels, OriginId, Tree};

/// Living blocks of the heap: estimates without a bias.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// Their bytes.
    pub live_bytes: u64,
    /// With a chance of 95 % the truth is no further than this from `live_bytes`.
    pub error_bytes: u64,
    /// How many they are.
    pub blocks: u64,
    /// Of `live_bytes`, what tasks hold that have ended.
    pub outlived_bytes: u64,
    /// Of `blocks`, those of tasks that have ended.
    pub outlived_blocks: u64,
}

impl Held {
    /// Both together. Errors of different blocks are independent, so their squares add up.
    ///
    /// ```
    /// use taskscope_proto::model::Held;
    ///
    /// let held = |live_bytes, error_bytes| Held { live_bytes, error_bytes, ..Held::default() };
    /// assert_eq!(held(100, 30).and(held(50, 40)), held(150, 50));
    /// ```
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "float to int saturates, and a root is positive"
    )]
    pub fn and(self, other: Self) -> Self {
        let squared = |bytes: u64| (bytes as f64) * (bytes as f64);
        let error = (squared(self.error_bytes) + squared(other.error_bytes)).sqrt();
        Self {
            live_bytes: self.live_bytes.saturating_add(other.live_bytes),
            error_bytes: error.round() as u64,
            blocks: self.blocks.saturating_add(other.blocks),
            outlived_bytes: self.outlived_bytes.saturating_add(other.outlived_bytes),
            outlived_blocks: self.outlived_blocks.saturating_add(other.outlived_blocks),
        }
    }
}

/// The heap as a whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Heap {
    /// All of it: what tasks hold, living or ended, and what follows.
    pub held: Held,
    /// What `held.live_bytes` was a minute ago.
    pub live_bytes_minute_ago: u64,
    /// Of blocks that no tracked task allocated.
    pub unattributed_bytes: u64,
    /// Of blocks that the agent allocated for itself.
    pub agent_bytes: u64,
    /// Ever allocated.
    pub allocated_bytes: u64,
    /// Allocated in the last minute.
    pub allocated_bytes_last_minute: u64,
    /// One block in so many bytes is sampled; 0: none, at present.
    pub mean_sample_bytes: u32,
}

/// Identity of a [`HeapSite`]; stable for the life of the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HeapSiteId(pub u64);

/// Who allocated blocks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum HeapOwner {
    /// A word of a newer agent.
    #[default]
    Unknown,
    /// Tracked tasks.
    Task,
    /// No tracked task.
    Nobody,
    /// The agent, for itself.
    Agent,
}

impl HeapOwner {
    /// The name that dumps and screens use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Task => "task",
            Self::Nobody => "nobody",
            Self::Agent => "agent",
        }
    }
}

/// Where blocks were allocated: one call stack, by tasks of one origin, under one label set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeapSite {
    /// Stable for the life of the process.
    pub id: HeapSiteId,
    /// Who allocated them.
    pub owner: HeapOwner,
    /// In effect where they were allocated.
    pub labels: Labels,
    /// Of the tasks, if tasks own them.
    pub origin: Option<OriginId>,
    /// One chain, from the task's root future (or the thread's first function) to the call of the
    /// allocator. Its await point is the innermost user code on it.
    pub stack: Option<Arc<Tree>>,
    /// The stack was too deep: its outer end is missing.
    pub cut: bool,
    /// What lives of it.
    pub held: Held,
    /// Ever allocated here.
    pub allocated_bytes: u64,
    /// Blocks ever allocated here.
    pub allocated_blocks: u64,
    /// When the oldest living block was allocated, agent's clock, milliseconds; 0 if none lives.
    pub oldest_since_ms: u64,
}

//! The profile: all living tasks of a process, folded into groups.

use std::sync::Arc;

use super::{
    Activity, Blocker, Heap, HeapSite, Held, Labels, Location, Runtime, State, TaskKind, Tree,
    Verdict,
};

/// Identity of a [`Group`]; stable for the life of the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GroupId(pub u64);

/// Identity of an [`Origin`]; stable for the life of the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OriginId(pub u64);

/// What the binary's debug information allows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum DebugInfo {
    /// Not looked at yet, or not readable.
    #[default]
    Unknown,
    /// No line of the service's own code can be shown.
    None,
    /// File, line and column are exact; names of inlined functions are short.
    LineTables,
    /// Everything.
    Full,
}

/// How stacks are walked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum StackWalk {
    /// Not decided yet.
    #[default]
    Unknown,
    /// Along frame pointers: a nanosecond a frame.
    FramePointers,
    /// With unwinding tables: about a hundred nanoseconds a frame.
    UnwindTables,
}

/// Who tells of a process, and so what can be known of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Source {
    /// A Taskscope agent.
    #[default]
    Agent,
    /// A `console-subscriber`. It knows spawns, polls, wakes and some of tokio's locks and timers;
    /// of the process itself, of await points, verdicts, handles, parents and memory it says
    /// nothing. Process ids are 0.
    Console,
}

/// What does not change while the process lives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Process {
    /// The service's name.
    pub name: Arc<str>,
    /// Process id.
    pub pid: u32,
    /// Unix time at which the agent started, milliseconds.
    pub started_at_unix_ms: u64,
    /// Drawn at random at start: tells a restart from a reconnect.
    pub run_id: u64,
    /// What the binary's debug information allows.
    pub debug_info: DebugInfo,
    /// How stacks are walked.
    pub stack_walk: StackWalk,
    /// A task in one state for longer than this counts as stuck.
    pub stuck_after_ms: u64,
    /// Path of the executable.
    pub executable: Arc<str>,
    /// For people: `taskscope 0.1.0`.
    pub agent: Arc<str>,
    /// Who tells all this. Never on the wire: who speaks this protocol is an agent.
    pub source: Source,
}

/// Tracked tasks of all tasks alive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Living tasks that the agent tracks.
    pub tracked: u64,
    /// All living tasks of the runtimes that the agent knows, where they say.
    pub alive: Option<u64>,
}

/// Counts over all tracked tasks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Inside `poll`.
    pub running: u64,
    /// Woken, waiting for a worker.
    pub ready: u64,
    /// Pending.
    pub parked: u64,
    /// Never polled.
    pub new: u64,
    /// Spawned since start.
    pub spawned: u64,
    /// Ended since start, in whichever way.
    pub finished: u64,
    /// Of those, dropped before they were done.
    pub aborted: u64,
    /// Of those, ended by a panic.
    pub panicked: u64,
}

impl Totals {
    /// All living tasks.
    pub fn alive(&self) -> u64 {
        self.running.saturating_add(self.ready).saturating_add(self.parked).saturating_add(self.new)
    }

    /// Living tasks in this state.
    pub fn of(&self, state: State) -> u64 {
        match state {
            State::Running => self.running,
            State::Ready => self.ready,
            State::Parked => self.parked,
            State::New => self.new,
            State::Finished => 0,
        }
    }
}

/// Everything the agent had to leave out, since start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lost {
    /// Label sets folded into a visible `…`.
    pub label_sets: u64,
    /// The label key that had the most values then.
    pub label_key: Option<Arc<str>>,
    /// Captures that came to nothing.
    pub captures: u64,
    /// Await chains cut short or dropped.
    pub chains: u64,
    /// Groups beyond the limit, folded into one.
    pub groups: u64,
    /// Stacks of threads blocked in a poll that could not be taken.
    pub stacks: u64,
    /// Kinds of tasks whose past was forgotten, or never kept, for want of room.
    pub history: u64,
    /// Runtimes beyond the limit, and workers of a runtime beyond theirs.
    pub runtimes: u64,
    /// Untracked tasks beyond the limit, which are not counted.
    pub untracked: u64,
    /// Spawns whose origin found no room: counted without labels, or not at all.
    pub origins: u64,
    /// Sampled blocks of the heap that found no room: they are missing from all sums.
    pub heap_blocks: u64,
    /// Waits, and locks and channels, that found no room: nothing is said of who holds them.
    pub waits: u64,
    /// Proofs that were taken back because a task of theirs ran after all.
    pub proofs: u64,
    /// Times that evidence was to be written, and was not.
    pub evidence: u64,
}

/// What changes from moment to moment for the process as a whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Header {
    /// The agent's clock, milliseconds since it started.
    pub now_ms: u64,
    /// The same moment in Unix time, milliseconds.
    pub now_unix_ms: u64,
    /// Resident memory of the process.
    pub rss_bytes: Option<u64>,
    /// What the control group that limits the process most may use; `None` without a limit.
    pub memory_limit_bytes: Option<u64>,
    /// What that control group uses, the files that it has cached included.
    pub memory_current_bytes: Option<u64>,
    /// What the agent itself takes up, roughly: records, label sets, trees, symbols, groups,
    /// history. Not in it: debug information, connections, and what the allocator adds.
    pub agent_bytes: Option<u64>,
    /// How much of the process the agent sees.
    pub coverage: Coverage,
    /// Counts over all tracked tasks.
    pub totals: Totals,
    /// What had to be left out.
    pub lost: Lost,
    /// Parked tasks whose await tree is still to be captured.
    pub captures_pending: u64,
    /// The runtimes that tracked tasks were seen on, at most
    /// [`MAX_RUNTIMES`](crate::limits::MAX_RUNTIMES). One without tasks that has not stirred for a
    /// minute is left out.
    pub runtimes: Vec<Runtime>,
    /// `None` where the process does not allocate through the agent's allocator.
    pub heap: Option<Heap>,
}

/// Living tasks that are equal in labels, spawn location, kind, state, await tree, and in whether
/// they are detached and orphans.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Stable for the life of the process.
    pub id: GroupId,
    /// Labels in effect where the tasks wait.
    pub labels: Labels,
    /// Where and with which labels they were spawned.
    pub origin: OriginId,
    /// What they do.
    pub state: State,
    /// Where they wait; `None` until captured.
    pub tree: Option<Arc<Tree>>,
    /// How many there are. May be 0 for a group that had tasks a minute ago.
    pub count: u64,
    /// How many of them are in this state for longer than the threshold.
    pub stuck: u64,
    /// Since when the longest of them is in this state, agent's clock, milliseconds.
    pub oldest_since_ms: u64,
    /// Since when the median of them is in this state.
    pub median_since_ms: u64,
    /// Size of their futures, summed.
    pub future_bytes: u64,
    /// What `count` was a minute ago.
    pub count_minute_ago: u64,
    /// How the living tasks have spent their time: sums, and the longest of all.
    pub activity: Activity,
    /// Who woke them last, most tasks first; at most [`MAX_WAKERS`](crate::limits::MAX_WAKERS).
    pub wakers: Vec<Waker>,
    /// Their handles were dropped before they ended: nobody waits for them.
    pub detached: bool,
    /// The tasks that spawned them have ended.
    pub orphan: bool,
    /// Whether the agent tracks them. Of those that it does not, tokio's hooks told: known are the
    /// place that spawned them, ages and polls. They have no labels, no await tree, no single
    /// tasks, are not among the [`Totals`], and [`State::Parked`] means between two polls.
    pub tracked: bool,
    /// What the living tasks hold of the heap; of [`State::Finished`], what those that ended left.
    pub held: Held,
    /// What `held.live_bytes` was a minute ago.
    pub live_bytes_minute_ago: u64,
    /// What is the matter with them.
    pub verdict: Verdict,
    /// What the tasks wait for and who could let them go on, most tasks first; at most
    /// [`MAX_BLOCKERS`](crate::limits::MAX_BLOCKERS). Known of what is waited for through the
    /// agent's own types: its `sync`, its handles.
    pub blockers: Vec<Blocker>,
    /// From this group (left out) to the group at the root, each waiting for the next; at most
    /// [`MAX_CHAIN`](crate::limits::MAX_CHAIN). Where the last one stands in it before, or is this
    /// group, it is a cycle.
    pub chain: Vec<GroupId>,
    /// How many tasks of other groups wait for those of this one, directly or through others.
    pub waiting_for_it: u64,
}

impl Group {
    /// A group of which no more is known than what it is: nothing in it, and nothing to say of it.
    pub fn new(id: GroupId, labels: Labels, origin: OriginId, state: State) -> Self {
        Self {
            id,
            labels,
            origin,
            state,
            tree: None,
            count: 0,
            stuck: 0,
            oldest_since_ms: 0,
            median_since_ms: 0,
            future_bytes: 0,
            count_minute_ago: 0,
            activity: Activity::default(),
            wakers: Vec::new(),
            detached: false,
            orphan: false,
            tracked: true,
            held: Held::default(),
            live_bytes_minute_ago: 0,
            verdict: Verdict::default(),
            blockers: Vec::new(),
            chain: Vec::new(),
            waiting_for_it: 0,
        }
    }
}

/// An origin whose tasks woke others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waker {
    /// `None`: no tracked task (a timer, the I/O driver, another thread), or never.
    pub origin: Option<OriginId>,
    /// How many tasks were woken by it last.
    pub tasks: u64,
}

/// One spawn location with one label set, with what went through it since start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Stable for the life of the process.
    pub id: OriginId,
    /// Labels at spawn.
    pub labels: Labels,
    /// Where `spawn` was called.
    pub spawned_at: Location,
    /// Future or blocking closure.
    pub kind: TaskKind,
    /// Spawned since start.
    pub spawned: u64,
    /// Ended since start, in whichever way.
    pub finished: u64,
    /// Of those, dropped before they were done.
    pub aborted: u64,
    /// Of those, ended by a panic.
    pub panicked: u64,
    /// Message of the latest panic.
    pub last_panic: Option<Arc<str>>,
    /// Spawned in the last minute.
    pub spawned_last_minute: u64,
    /// Ended in the last minute.
    pub finished_last_minute: u64,
    /// Ever allocated by its tasks: an estimate, 0 without the agent's allocator.
    pub allocated_bytes: u64,
    /// Of that, in the last minute.
    pub allocated_bytes_last_minute: u64,
}

/// All living tasks of a process at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    /// The process as a whole.
    pub header: Header,
    /// Groups, sorted by id.
    pub groups: Vec<Arc<Group>>,
    /// Origins, sorted by id.
    pub origins: Vec<Arc<Origin>>,
    /// Where the heap's blocks were allocated, sorted by id.
    pub heap_sites: Vec<Arc<HeapSite>>,
}

impl Profile {
    /// The origin with this id.
    pub fn origin(&self, id: OriginId) -> Option<&Arc<Origin>> {
        let at = self.origins.binary_search_by_key(&id, |origin| origin.id).ok()?;
        self.origins.get(at)
    }
}

//! The executors that the tasks run on, as far as they tell.

/// How a runtime runs its tasks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum RuntimeFlavor {
    /// Another one than those below.
    #[default]
    Unknown,
    /// On the thread that is in `block_on`.
    CurrentThread,
    /// On threads of its own.
    MultiThread,
}

impl RuntimeFlavor {
    /// The name that dumps and screens use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::CurrentThread => "current_thread",
            Self::MultiThread => "multi_thread",
        }
    }
}

/// A tokio runtime that tracked tasks were seen on.
///
/// What is `None` is not known: tokio says most of it only when it is built with
/// `--cfg tokio_unstable`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Runtime {
    /// Counts from 1 in the order in which runtimes were seen.
    pub id: u32,
    /// How it runs its tasks.
    pub flavor: RuntimeFlavor,
    /// How many workers it has.
    pub worker_count: u32,
    /// The workers, at most [`MAX_WORKERS`](crate::limits::MAX_WORKERS) of them.
    pub workers: Vec<Worker>,
    /// Tasks alive, tracked or not.
    pub alive_tasks: u64,
    /// Tasks that wait in the queue that all workers share.
    pub global_queue_depth: u64,
    /// Threads for blocking closures.
    pub blocking_threads: Option<u64>,
    /// Those of them that have nothing to do.
    pub idle_blocking_threads: Option<u64>,
    /// Closures that wait for one.
    pub blocking_queue_depth: Option<u64>,
    /// Tasks are ready, and no worker polls anything.
    pub stall: Option<Stall>,
}

impl Runtime {
    /// How busy its workers were over the last seconds, of 1,000; `None` if it is known of none.
    pub fn busy_permille(&self) -> Option<u32> {
        let known = self.workers.iter().filter_map(|worker| worker.busy_permille);
        let (sum, count) =
            known.fold((0_u64, 0_u64), |(sum, n), busy| (sum + u64::from(busy), n + 1));
        sum.checked_div(count).and_then(|mean| u32::try_from(mean).ok())
    }

    /// How often its workers went to sleep; `None` if it is known of none.
    pub fn parks(&self) -> Option<u64> {
        let mut known = self.workers.iter().filter_map(|worker| worker.parks).peekable();
        known.peek()?;
        Some(known.fold(0, u64::saturating_add))
    }
}

/// One worker of a runtime.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Worker {
    /// How busy it was over the last seconds, of 1,000. A poll under way counts.
    pub busy_permille: Option<u32>,
    /// How often it went to sleep for want of work.
    pub parks: Option<u64>,
    /// It sleeps.
    pub parked: Option<bool>,
    /// Tasks in its own queue.
    pub local_queue_depth: Option<u64>,
    /// Tasks that it took from other workers.
    pub steals: Option<u64>,
}

/// Tasks are ready, and no worker polls anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stall {
    /// Since when nothing has been polled, agent's clock, milliseconds.
    pub since_ms: u64,
    /// Tracked tasks that have been waiting for a worker for a second or more.
    pub ready_tasks: u64,
}

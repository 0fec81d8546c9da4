//! Profiles in process, without a server.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use taskscope_proto::model::{Capture, Process, Profile, TaskPage, TaskQuery};

use crate::profile::Folder;
use crate::settings::{Settings, Told};
use crate::task::behalf::Behalf;
use crate::{process, profiler};

/// What a [`snapshot`] shall contain.
#[derive(Clone, Copy, Debug)]
pub struct SnapshotOptions {
    /// Which await trees to capture first; `None` takes what is known.
    pub capture: Option<Capture>,
    /// How long to wait for tasks to be captured. Tasks that cannot be polled in that time, because
    /// their workers are blocked, appear without a tree.
    pub patience: Duration,
}

impl Default for SnapshotOptions {
    fn default() -> Self {
        Self { capture: Some(Capture::Cached), patience: Duration::from_secs(1) }
    }
}

/// All living tasks of this process at one moment.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// What does not change while the process lives.
    pub process: Process,
    /// The tasks, in groups.
    pub profile: Profile,
}

struct State {
    folder: Folder,
    process: Process,
}

static STATE: Mutex<Option<State>> = Mutex::new(None);

/// A profile of this process, now.
///
/// Waits while tasks are captured, so call it from a thread of its own: from async code inside
/// of `tokio::task::spawn_blocking`. On a worker of a `current_thread` runtime the tasks could
/// not run, and would appear without trees.
///
/// # Cost
/// The first call reads the executable's debug information (tens of milliseconds); each call
/// costs about 80 ns a task, a capture about 2 µs on the task's own runtime.
///
/// ```
/// use taskscope::SnapshotOptions;
///
/// # tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap().block_on(async {
/// let task = taskscope::spawn(std::future::pending::<()>());
/// let snapshot = tokio::task::spawn_blocking(|| taskscope::snapshot(SnapshotOptions::default()));
/// let profile = snapshot.await.unwrap().profile;
/// assert_eq!(profile.header.totals.alive(), 1);
/// # task.abort();
/// # });
/// ```
pub fn snapshot(options: SnapshotOptions) -> Snapshot {
    with_state(|State { folder, process }| {
        let profile = profiler::snapshot(folder, options.capture, options.patience);
        Snapshot { process: process.clone(), profile }
    })
}

/// Single tasks of the groups of the last [`snapshot`].
pub fn tasks(query: &TaskQuery) -> TaskPage {
    with_state(|state| state.folder.tasks(query))
}

fn with_state<T>(work: impl FnOnce(&mut State) -> T) -> T {
    let _own = Behalf::agent();
    let mut state = STATE.lock().unwrap_or_else(PoisonError::into_inner);
    work(state.get_or_insert_with(|| {
        let variables = |name: &str| std::env::var(name).ok();
        let settings = Told::default().resolve(variables).unwrap_or_else(|error| {
            // There is nobody to hand the error to, and none of it matters without a server.
            tracing::warn!(%error, "taskscope: variables are left aside");
            Settings::default()
        });
        let folder = Folder::new(settings.stuck_after, settings.user_code.clone());
        let process = process::described(&process::of(&settings));
        State { folder, process }
    }))
}

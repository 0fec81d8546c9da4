//! Looking at tasks that block their thread, from a thread that does not.

use std::sync::Arc;
use std::thread::sleep;
use std::time::{Duration, Instant};

use taskscope::labels::Labels;
use taskscope::model::{Group, Profile, State};
use taskscope::task::JoinHandle;
use taskscope::{Agent, FutureExt as _, SnapshotOptions, labels};
use tokio::runtime::{Builder, Runtime};

use super::with;

/// A threshold that tests need not wait for.
pub(crate) const SOON: Duration = Duration::from_millis(50);

/// An agent that looks at every thread that is in one poll for longer than this.
pub(crate) fn agent(blocked_after: Duration) -> Agent {
    let agent = Agent::builder().bind("127.0.0.1:0".parse().unwrap());
    agent.blocked_after(blocked_after).start().unwrap()
}

pub(crate) fn workers(count: usize) -> Runtime {
    Builder::new_multi_thread().worker_threads(count).enable_all().build().unwrap()
}

pub(crate) fn labeled(label: &'static str) -> Labels {
    labels! { "task" => label }
}

/// Spawns a task with a label on the runtime.
pub(crate) fn spawn<F>(runtime: &Runtime, label: &'static str, future: F) -> JoinHandle<F::Output>
where
    F: Future<Output: Send> + Send + 'static,
{
    taskscope::spawn_on(future.labeled(labeled(label)), runtime.handle())
}

pub(crate) fn thread<R: Send + 'static>(
    name: &str,
    work: impl FnOnce() -> R + Send + 'static,
) -> std::thread::JoinHandle<R> {
    std::thread::Builder::new().name(name.into()).spawn(work).unwrap()
}

pub(crate) fn profile() -> Profile {
    taskscope::snapshot(SnapshotOptions::default()).profile
}

/// Looks until it is as it should be.
#[track_caller]
pub(crate) fn wait_for<T>(mut look: impl FnMut() -> Result<T, String>) -> T {
    let deadline = Instant::now() + Duration::from_secs(15);
    loop {
        match look() {
            Ok(found) => return found,
            Err(seen) if Instant::now() > deadline => panic!("{seen}"),
            Err(_) => sleep(Duration::from_millis(20)),
        }
    }
}

/// Looks until the only group of a label is one running task at a line of the file.
#[track_caller]
pub(crate) fn runs_at(label: &str, file: &str, line: u32) -> Arc<Group> {
    wait_for(|| {
        let profile = profile();
        let groups = with(&profile, "task", label);
        let [group] = groups[..] else { return Err(format!("not one group: {groups:#?}")) };
        let seen = (group.state, group.count, line_of(group, file));
        let expected = (State::Running, 1, Some(line));
        if seen == expected { Ok(Arc::clone(group)) } else { Err(format!("{seen:?}: {group:#?}")) }
    })
}

/// The line of the file that a group's tasks are at.
pub(crate) fn line_of(group: &Group, file: &str) -> Option<u32> {
    let point = group.tree.as_ref()?.await_point.as_ref()?;
    let location = point.location.as_ref()?;
    (&*location.file == file).then_some(location.line)
}

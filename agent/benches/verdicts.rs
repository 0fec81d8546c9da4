//! What the verdicts cost: a pass over a million tasks in ten thousand groups.
//!
//! `cargo bench -p taskscope --bench verdicts -- [TASKS] [GROUPS]`
//!
//! The service has as many label sets as there shall be groups. It is looked at once with tasks that
//! wait for tokio's own channels, of which nobody knows who holds what, and once with tasks that
//! wait for `taskscope::sync` locks, one lock a group, of which each is held by a task that never
//! lets go: all of them hang on a proof. A pass reads every record, learns, judges, and describes
//! all groups; what does not change is not described again. The agent makes one a second, or
//! fewer where that would take more than 2 % of a core.

#![expect(clippy::unwrap_used, reason = "a bench that cannot go on stops")]
#![expect(clippy::print_stdout, reason = "the figures are the output")]

use std::future::{Future, pending};
use std::sync::Arc;
use std::time::{Duration, Instant};

use taskscope::model::{Capture, Class, Profile};
use taskscope::sync::Mutex;
use taskscope::task::Builder;
use taskscope::{SnapshotOptions, labels};
use tokio::sync::Notify;

/// Values of each of two labels: their pairs make the groups.
const VALUES: usize = 100;
const PASSES: u32 = 10;

fn spawn(group: usize, future: impl Future<Output = ()> + Send + 'static) {
    let (shard, tenant) = ((group / VALUES).to_string(), (group % VALUES).to_string());
    Builder::new().labels(labels! { "shard" => shard, "tenant" => tenant }).spawn(future);
}

fn plain(tasks: usize, groups: usize) {
    let gate = Arc::new(Notify::new());
    for at in 0..tasks {
        let gate = Arc::clone(&gate);
        spawn(at % groups, async move { gate.notified().await });
    }
}

fn held(tasks: usize, groups: usize) {
    let locks: Vec<Arc<Mutex<()>>> = (0..groups).map(|_| Arc::new(Mutex::new(()))).collect();
    for (group, lock) in locks.iter().enumerate() {
        let lock = Arc::clone(lock);
        spawn(group, async move {
            let _held = lock.lock().await;
            pending::<()>().await;
        });
    }
    for at in groups..tasks {
        let lock = Arc::clone(&locks[at % groups]);
        spawn(at % groups, async move { drop(lock.lock().await) });
    }
}

fn snapshot(capture: Option<Capture>) -> Profile {
    let patience = Duration::from_mins(1);
    taskscope::snapshot(SnapshotOptions { capture, patience }).profile
}

fn measure(what: &str, tasks: usize, groups: usize, start: fn(usize, usize)) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
    runtime.block_on(async { start(tasks, groups) });
    std::thread::sleep(Duration::from_secs(2));
    let first = snapshot(Some(Capture::Cached));
    let begun = Instant::now();
    for _ in 0..PASSES {
        snapshot(None);
    }
    let pass = begun.elapsed() / PASSES;
    let profile = snapshot(None);
    let proven = profile.groups.iter().filter(|group| group.verdict.class == Class::Proven);
    let proven: u64 = proven.map(|group| group.verdict.tasks).sum();
    println!(
        "{what}: {} tasks in {} groups, {proven} of them proven, {} waits left out: {:.1} ms a pass",
        first.header.totals.alive(),
        profile.groups.iter().filter(|group| group.count > 0).count(),
        profile.header.lost.waits,
        pass.as_secs_f64() * 1e3,
    );
    runtime.shutdown_background();
}

fn main() {
    let mut numbers = std::env::args().skip(1).filter_map(|argument| argument.parse().ok());
    let tasks = numbers.next().unwrap_or(1_000_000);
    let groups = numbers.next().unwrap_or(10_000);
    measure("waits of tokio", tasks, groups, plain);
    measure("waits of taskscope::sync", tasks, groups, held);
}

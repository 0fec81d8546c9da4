//! Tasks that nobody tracks, told by tokio's own hooks.
//!
//! tokio calls hooks for every task of a runtime only when it is built with
//! `--cfg tokio_unstable`, which a service sets for its whole build in `RUSTFLAGS`. With it,
//! [`install_hooks`] makes all tasks of a runtime show: those that nobody tracks as groups by the
//! place where they were spawned, with counts, ages and polls, and without an await point. Without
//! it, `install_hooks` does nothing. (It does not keep the build from going through: cargo turns a
//! feature on for a whole build when one crate of many asks for it, and a service must not break
//! because a library of its did.)

use tokio::runtime::Builder;

/// Makes the tasks of this runtime show that nobody tracks. Does nothing unless tokio is built with
/// `--cfg tokio_unstable`; [`HOOKS_WORK`] says whether it is.
///
/// tokio has room for one hook of each kind: those for the spawn, the end and the polls of tasks
/// that were set before are replaced, and those set later replace these. Tasks of a `LocalSet` are
/// not told.
///
/// # Cost
/// Two looks into a table for each poll of any task of the runtime, about 50 ns each.
///
/// ```
/// let mut builder = tokio::runtime::Builder::new_multi_thread();
/// taskscope::runtime::install_hooks(builder.worker_threads(1));
/// let runtime = builder.build().unwrap();
/// runtime.block_on(async { tokio::spawn(async {}).await.unwrap() });
/// ```
pub fn install_hooks(builder: &mut Builder) -> &mut Builder {
    install(builder)
}

/// Whether [`install_hooks`] does anything in this build.
pub const HOOKS_WORK: bool = cfg!(tokio_unstable);

#[cfg(not(tokio_unstable))]
fn install(builder: &mut Builder) -> &mut Builder {
    tracing::warn!("taskscope: without --cfg tokio_unstable untracked tasks do not show");
    builder
}

#[cfg(tokio_unstable)]
fn install(builder: &mut Builder) -> &mut Builder {
    use crate::task::origin::{self, End, Key};
    use crate::{clock, runtimes, untracked};

    clock::start();
    untracked::begin();
    let now = || clock::coarse().unwrap_or_else(clock::now);
    builder
        .on_task_spawn(move |task| {
            let spawned_at = task.spawned_at();
            if !untracked::was_announced(spawned_at) {
                let key = Key { spawned_at, labels: 0, blocking: false, untracked: true };
                untracked::add(runtimes::hash_of(task.id()), origin::intern(key), now());
            }
        })
        .on_before_task_poll(move |task| {
            let at = now();
            untracked::change(runtimes::hash_of(task.id()), |task| {
                task.polls += 1;
                task.polled_since = at;
            });
        })
        .on_after_task_poll(move |task| {
            let at = now();
            untracked::change(runtimes::hash_of(task.id()), |task| {
                task.polled_since = 0;
                task.poll_ended = at;
            });
        })
        .on_task_terminate(|task| {
            let id = runtimes::hash_of(task.id());
            let ended = untracked::remove(id).and_then(|task| origin::get(task.origin));
            if let Some(origin) = ended {
                // How it ended tokio does not tell.
                // How long it lived nobody asks of tasks that nobody tracks.
                origin.count_end(End::Completed, 0, usize::try_from(id >> 32).unwrap_or(0));
            }
        })
}

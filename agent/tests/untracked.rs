//! Tasks that nobody tracks. What there is to see needs `--cfg tokio_unstable`, so `tests/run`
//! builds this test once more with it; without it, that nothing happens is checked.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

mod support;

use std::future::pending;
use std::sync::Arc;

use taskscope::model::{Group, Profile, State};
use taskscope::prelude::*;
use taskscope::runtime::{HOOKS_WORK, install_hooks};

fn untracked(profile: &Profile) -> Vec<Arc<Group>> {
    let living = profile.groups.iter().filter(|group| !group.tracked && group.count > 0);
    living.cloned().collect()
}

fn runtime() -> tokio::runtime::Runtime {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    install_hooks(builder.worker_threads(2).enable_all()).build().unwrap()
}

#[test]
fn untracked_tasks_show_by_the_place_that_spawned_them_and_tracked_ones_once() {
    runtime().block_on(async {
        let line = line!() + 1;
        let foreign: Vec<_> = (0..5).map(|_| tokio::spawn(pending::<()>())).collect();
        // Tracked in every way: none of them may show twice.
        taskscope::spawn(pending::<()>());
        tokio::spawn(pending::<()>().tracked());
        taskscope::task::Builder::new().name("built").spawn(pending::<()>());
        let mut set = taskscope::task::JoinSet::new();
        set.spawn(pending::<()>());
        // One that ends.
        tokio::spawn(async {}).await.unwrap();

        let seen = support::until(move |profile| {
            let tracked = profile.header.totals.parked == 4;
            let groups = untracked(profile);
            let told = !HOOKS_WORK || groups.iter().any(|g| g.count == 5);
            (tracked && told).then(|| (profile.clone(), groups))
        });
        let (profile, groups) = seen.await;
        assert_eq!((profile.header.coverage.tracked, profile.header.totals.alive()), (4, 4));
        if !HOOKS_WORK {
            assert_eq!(groups, []);
            return;
        }
        let [group] = &*groups else { panic!("{groups:#?}") };
        assert_eq!((group.count, group.state, group.activity.polls), (5, State::Parked, 5));
        assert_eq!((group.stuck, &group.tree), (0, &None));
        let origin = profile.origin(group.origin).unwrap();
        assert_eq!((&*origin.spawned_at.file, origin.spawned_at.line), (file!(), line));
        assert_eq!((origin.spawned, origin.finished), (5, 0));
        // What ended is counted where it was spawned, and not among the tracked ones.
        assert_eq!(profile.header.totals.finished, 0);
        let ended = |origin: &&Arc<taskscope::model::Origin>| origin.finished == 1;
        assert_eq!(profile.origins.iter().filter(ended).count(), 1);

        foreign.iter().for_each(tokio::task::JoinHandle::abort);
        support::until(|profile| untracked(profile).is_empty().then_some(())).await;
    });
}

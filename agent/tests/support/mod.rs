//! Looking at snapshots, for the tests that check what is shown.

#![allow(
    dead_code,
    clippy::allow_attributes,
    reason = "helpers of tests, of which each uses a part"
)]

pub(crate) mod blocked;

use std::sync::Arc;
use std::time::{Duration, Instant};

use taskscope::model::{Group, Profile};
use taskscope::prelude::*;
use taskscope::{SnapshotOptions, labels};
use tokio::sync::oneshot;

/// Takes snapshots until one satisfies `check`, and returns what it found.
pub(crate) async fn until<T: Send + 'static>(
    mut check: impl FnMut(&Profile) -> Option<T> + Send + 'static,
) -> T {
    let look = move || {
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            let profile = taskscope::snapshot(SnapshotOptions::default()).profile;
            if let Some(found) = check(&profile) {
                return found;
            }
            assert!(Instant::now() < deadline, "not seen in time; the last profile: {profile:#?}");
        }
    };
    let handle = std::thread::Builder::new().name("look".into()).spawn(look).unwrap();
    while !handle.is_finished() {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    handle.join().unwrap()
}

/// The living groups that carry a label.
pub(crate) fn with<'a>(profile: &'a Profile, key: &'a str, value: &'a str) -> Vec<&'a Arc<Group>> {
    let groups = profile.groups.iter();
    groups
        .filter(|group| group.count > 0 && group.labels.get(key).is_some_and(|v| **v == *value))
        .collect()
}

/// How many living tasks carry a label.
pub(crate) fn count(profile: &Profile, key: &str, value: &str) -> u64 {
    with(profile, key, value).iter().map(|group| group.count).sum()
}

/// Waits for ever, in the way that a task in a service does.
pub(crate) async fn pending_with_waker() {
    let (_tx, rx) = oneshot::channel::<()>();
    rx.await.unwrap();
}

/// A future with a record, for inside of a task.
pub(crate) fn part<F: Future>(future: F) -> impl Future<Output = F::Output> {
    future.labeled(labels! { "part" => "yes" })
}

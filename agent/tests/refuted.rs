//! What becomes of a proof that was wrong.
//!
//! The one way in which a proof can be: a guard of a lock that is never dropped was moved to another
//! task and left its bytes where it was, although the task has an `Arc` of the lock, too.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]
#![expect(unsafe_code, reason = "leaves the bytes of a guard behind, as a move may")]

mod support;

use std::mem::ManuallyDrop;
use std::sync::Arc;
use std::time::Duration;

use taskscope::model::{Class, Profile};
use taskscope::sync::{Mutex, MutexGuard, mpsc};
use taskscope::{labels, task::Builder};
use tokio::sync::oneshot;

type Guard = MutexGuard<'static, ()>;

/// Takes the lock, sends the guard off and wants the lock again; twice.
async fn send_and_want_again(
    (lock, kept): (&'static Mutex<()>, Arc<Mutex<()>>),
    guards: mpsc::Sender<Guard>,
    go_on: oneshot::Receiver<()>,
) {
    // Kept across every `.await`, so that it stays where it is.
    let guard = ManuallyDrop::new(lock.lock().await);
    // SAFETY: the guard is used and dropped as this copy only.
    guards.send(unsafe { std::ptr::read(&raw const *guard) }).await.unwrap();
    let next = ManuallyDrop::new(lock.lock().await);
    go_on.await.unwrap();
    // SAFETY: as above.
    guards.send(unsafe { std::ptr::read(&raw const *next) }).await.unwrap();
    drop(lock.lock().await);
    std::hint::black_box((&guard, &next, &kept));
}

fn class_of(profile: &Profile, name: &str) -> Option<Class> {
    support::with(profile, "name", name).first().map(|group| group.verdict.class)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_proof_that_was_wrong_is_counted_and_its_lock_not_trusted_again() {
    let kept = Arc::new(Mutex::new(()));
    let lock: &'static Mutex<()> = Box::leak(Box::new(Arc::clone(&kept)));
    let (guards, mut sent) = mpsc::channel::<Guard>(1);
    let (go_on, may_go_on) = oneshot::channel();
    let spawn = |future| Builder::new().labels(labels! { "name" => "sender" }).spawn(future);
    let sender = spawn(send_and_want_again((lock, kept), guards, may_go_on));
    let first = sent.recv().await.unwrap();
    support::until(|profile| (class_of(profile, "sender") == Some(Class::Proven)).then_some(()))
        .await;
    drop(first);
    support::until(|profile| (profile.header.lost.proofs == 1).then_some(())).await;
    go_on.send(()).unwrap();
    let second = sent.recv().await.unwrap();
    let looks = || {
        for _ in 0..20 {
            let profile = taskscope::snapshot(taskscope::SnapshotOptions::default()).profile;
            assert!(class_of(&profile, "sender") < Some(Class::Proven), "{profile:#?}");
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    tokio::task::spawn_blocking(looks).await.unwrap();
    drop(second);
    sender.await.unwrap();
}

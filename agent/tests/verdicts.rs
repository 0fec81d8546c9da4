//! What is proven of real tasks, and who is said to hold what.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

mod support;

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use taskscope::model::{Class, Group, Profile, Relation, WaitKind};
use taskscope::sync::{Barrier, Mutex, OwnedMutexGuard, RwLock, mpsc};
use taskscope::task::{Builder, JoinHandle};
use taskscope::{SnapshotOptions, labels};
use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};

/// Spawns a task with a name.
fn named(name: &str, future: impl Future<Output = ()> + Send + 'static) -> JoinHandle<()> {
    Builder::new().labels(labels! { "name" => name }).spawn(future)
}

fn group(profile: &Profile, name: &str) -> Option<Arc<Group>> {
    support::with(profile, "name", name).first().map(|group| Arc::clone(group))
}

/// Waits until these are proven to be stuck; returns that profile.
async fn until_proven(names: &'static [&'static str]) -> Profile {
    support::until(move |profile| {
        let is = |name: &&str| {
            group(profile, name).is_some_and(|group| group.verdict.class == Class::Proven)
        };
        names.iter().all(is).then(|| profile.clone())
    })
    .await
}

/// Looks for a while: nothing must ever be proven of these, nor suspected.
async fn never_proven(names: &'static [&'static str], during: Duration) {
    let look = move || {
        let end = std::time::Instant::now() + during;
        while std::time::Instant::now() < end {
            let profile = taskscope::snapshot(SnapshotOptions::default()).profile;
            for name in names {
                let class = group(&profile, name).map(|group| group.verdict.class);
                assert!(class.is_none_or(|class| class <= Class::Slow), "{name}: {profile:#?}");
            }
            std::thread::sleep(Duration::from_millis(30));
        }
    };
    tokio::task::spawn_blocking(look).await.unwrap();
}

static STATIC: Mutex<()> = Mutex::const_new(());

/// Two tasks that meet at `barrier` once each holds its first lock.
async fn both(first: Arc<Mutex<u32>>, second: Arc<Mutex<u32>>, barrier: Arc<Barrier>) {
    let mut held = first.lock().await;
    barrier.wait().await;
    *held += *second.lock().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn locks_taken_in_opposite_order_are_proven_with_holders_and_a_chain() {
    let (a, b) = (Arc::new(Mutex::new(1)), Arc::new(Mutex::new(2)));
    let barrier = Arc::new(Barrier::new(2));
    named("left", both(Arc::clone(&a), Arc::clone(&b), Arc::clone(&barrier)));
    named("right", both(Arc::clone(&b), Arc::clone(&a), barrier));
    let queued = Arc::clone(&a);
    // Before one of them has it, it would be had at once.
    while a.try_lock().is_ok() {
        tokio::task::yield_now().await;
    }
    named("queued", async move { *queued.lock().await += 1 });
    let profile = until_proven(&["left", "right", "queued"]).await;
    let [left, right, queued] =
        ["left", "right", "queued"].map(|name| group(&profile, name).unwrap());
    let [blocker] = &left.blockers[..] else { panic!("{left:#?}") };
    assert_eq!((&blocker.kind, blocker.relation), (&WaitKind::Mutex, Relation::Holds));
    assert!(blocker.made_at.as_ref().unwrap().file.ends_with("tests/verdicts.rs"), "{blocker:?}");
    let holder = blocker.holder.unwrap();
    assert_eq!((holder.group, holder.ended, blocker.holders), (Some(right.id), false, 1));
    assert!(blocker.since_ms > 0);
    assert_eq!(left.chain, [right.id, left.id]);
    assert_eq!(queued.chain, [left.id, right.id, left.id]);
    assert_eq!((left.waiting_for_it, queued.waiting_for_it), (2, 0));
    let reason = &left.verdict.reason;
    assert!(
        reason.starts_with("1 task can never run again by themselves: they wait at"),
        "{reason}"
    );
    let query = taskscope::model::TaskQuery { limit: 10, ..Default::default() };
    let page = tokio::task::spawn_blocking(move || taskscope::tasks(&query)).await.unwrap();
    let task =
        page.tasks.iter().find(|task| task.labels.get("name").is_some_and(|n| &**n == "left"));
    let task = task.unwrap();
    assert_eq!((task.proven, task.blockers.len(), task.waiting_for_it), (true, 1, 2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lock_taken_twice_and_a_read_behind_a_writer_are_proven() {
    let twice = Arc::new(Mutex::new(()));
    named("twice", async move {
        let _held = twice.lock().await;
        let _again = twice.lock().await;
    });
    let lock = Arc::new(RwLock::new(0));
    let (reading, read) = oneshot::channel();
    let (written, go_on) = oneshot::channel::<()>();
    let reader = Arc::clone(&lock);
    named("reader", async move {
        let _first = reader.read().await;
        reading.send(()).unwrap();
        go_on.await.unwrap();
        let _second = reader.read().await;
    });
    read.await.unwrap();
    named("writer", async move { *lock.write().await += 1 });
    // The writer has to stand in the queue before the second read.
    sleep(Duration::from_millis(100)).await;
    written.send(()).unwrap();
    until_proven(&["twice", "reader", "writer"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tasks_that_join_each_other_and_who_joins_them_are_proven() {
    let (to_left, left_gets) = oneshot::channel::<JoinHandle<()>>();
    let (to_right, right_gets) = oneshot::channel::<JoinHandle<()>>();
    let left = named("left", async move { left_gets.await.unwrap().await.unwrap() });
    let right = named("right", async move { right_gets.await.unwrap().await.unwrap() });
    to_left.send(right).unwrap();
    to_right.send(left).unwrap();
    let dead = named("dead", std::future::pending());
    named("waits", async move { dead.await.unwrap() });
    until_proven(&["left", "right", "dead", "waits"]).await;
}

/// Oxide's RFD 609: a lock is granted to a future that its own task polls no more.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lock_granted_to_a_dormant_future_is_proven() {
    let lock = Arc::new(Mutex::new(()));
    let other = Arc::clone(&lock);
    let holder = named("holder", async move {
        let _held = other.lock().await;
        sleep(Duration::from_millis(300)).await;
    });
    sleep(Duration::from_millis(100)).await;
    let queued = Arc::clone(&lock);
    named("futurelock", async move {
        let mut first = pin!(lock.lock());
        tokio::select! {
            _ = &mut first => {}
            () = sleep(Duration::from_millis(50)) => {
                let _second = lock.lock().await;
            }
        }
    });
    holder.await.unwrap();
    named("queued", async move { drop(queued.lock().await) });
    until_proven(&["futurelock", "queued"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_goes_on_after_a_while_is_never_proven() {
    let (a, b) = (Arc::new(Mutex::new(())), Arc::new(Mutex::new(())));
    // Opposite order, but one of them gives up.
    let (first, second) = (Arc::clone(&a), Arc::clone(&b));
    named("gives up", async move {
        loop {
            let _held = first.lock().await;
            sleep(Duration::from_millis(5)).await;
            timeout(Duration::from_millis(200), second.lock()).await.ok();
            sleep(Duration::from_millis(20)).await;
        }
    });
    named("patient", async move {
        loop {
            let held = b.lock().await;
            sleep(Duration::from_millis(5)).await;
            drop(a.lock().await);
            drop(held);
            sleep(Duration::from_millis(20)).await;
        }
    });
    // The guard is with another task, which lets go of it later.
    let lock = Arc::new(Mutex::new(()));
    named("handed on", async move {
        loop {
            let guard: OwnedMutexGuard<()> = Arc::clone(&lock).lock_owned().await;
            named("has it", async move {
                sleep(Duration::from_millis(300)).await;
                drop(guard);
            });
            drop(lock.lock().await);
        }
    });
    // A guard of a static lock, too.
    named("static", async move {
        loop {
            let guard = STATIC.lock().await;
            named("has it", async move {
                sleep(Duration::from_millis(300)).await;
                drop(guard);
            });
            drop(STATIC.lock().await);
        }
    });
    // A guard of a lock that lives for ever, which nobody can tell from others.
    let leaked: &'static Mutex<()> = Box::leak(Box::new(Mutex::new(())));
    named("leaked", async move {
        loop {
            let guard = leaked.lock().await;
            named("has it", async move {
                sleep(Duration::from_millis(300)).await;
                drop(guard);
            });
            drop(leaked.lock().await);
        }
    });
    // Such a guard goes to a task that was there before, and the sender wants the lock again.
    let sent: &'static Mutex<()> = Box::leak(Box::new(Mutex::new(())));
    let (guards, mut taken) = mpsc::channel::<taskscope::sync::MutexGuard<'static, ()>>(1);
    named("receives", async move {
        while let Some(guard) = taken.recv().await {
            sleep(Duration::from_millis(700)).await;
            drop(guard);
        }
    });
    named("sends", async move {
        loop {
            let guard = sent.lock().await;
            guards.send(guard).await.unwrap();
        }
    });
    // A long queue that moves.
    let turn = Arc::new(Mutex::new(()));
    for _ in 0..20 {
        let turn = Arc::clone(&turn);
        named("queue", async move {
            loop {
                let _held = turn.lock().await;
                sleep(Duration::from_millis(2)).await;
            }
        });
    }
    let all = ["gives up", "patient", "handed on", "static", "leaked", "has it", "queue", "sends"];
    let all: &'static [&'static str] = Box::leak(Box::new(all));
    never_proven(all, Duration::from_secs(4)).await;
    let proofs = tokio::task::spawn_blocking(|| taskscope::snapshot(SnapshotOptions::default()));
    assert_eq!(proofs.await.unwrap().profile.header.lost.proofs, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_channel_says_who_received_last_and_the_chain_leads_there() {
    let (sender, mut receiver) = mpsc::channel::<u32>(1);
    let (_never, word) = oneshot::channel::<()>();
    named("receiver", async move {
        receiver.recv().await.unwrap();
        word.await.unwrap();
    });
    for number in 0..5 {
        let sender = sender.clone();
        named("sender", async move { sender.send(number).await.unwrap() });
    }
    let profile = support::until(|profile| {
        let senders = group(profile, "sender")?;
        (senders.count == 3 && !senders.blockers.is_empty()).then(|| profile.clone())
    })
    .await;
    let senders = group(&profile, "sender").unwrap();
    let receiver = group(&profile, "receiver").unwrap();
    let [blocker] = &senders.blockers[..] else { panic!("{senders:#?}") };
    assert_eq!((&blocker.kind, blocker.relation), (&WaitKind::MpscSend, Relation::Received));
    assert_eq!((blocker.tasks, blocker.holders), (3, 1));
    assert_eq!(blocker.holder.unwrap().group, Some(receiver.id));
    assert_eq!(senders.chain, [receiver.id]);
    assert_eq!(receiver.waiting_for_it, 3);
    assert_eq!(senders.verdict.class, Class::Normal, "nothing is proven, and nothing old");
}

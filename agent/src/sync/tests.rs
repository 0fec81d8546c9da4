//! What is known of every lock and channel, as the agent reads it.

mod behaviour;
mod storm;

use std::future::{Future, pending};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::yield_now;

use super::*;
use crate::registry::Place;
use crate::task::record::Record;
use crate::task::tracker;
use crate::task::waits::{
    self, Holder, Kind, Polls, ResourceId, Seat, Seen, State, Targets, WRITER, Wait,
};

/// Runs `check` on a thread of its own, with looks at all parked tasks in between, until it finds
/// something.
async fn until<T: Send + 'static>(check: impl Fn() -> Option<T> + Send + 'static) -> T {
    let look = move || {
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            if let Some(found) = check() {
                return found;
            }
            assert!(Instant::now() < deadline, "not seen in time");
            let _profile = crate::snapshot(crate::SnapshotOptions::default());
        }
    };
    let looking = std::thread::Builder::new().name("look".into()).spawn(look).unwrap();
    while !looking.is_finished() {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    looking.join().unwrap()
}

/// A task that says its id and then does something.
fn start<F>(work: F) -> (u64, crate::task::JoinHandle<F::Output>)
where
    F: Future<Output: Send> + Send + 'static,
{
    let (tell, told) = std::sync::mpsc::sync_channel(1);
    let task = async move {
        tell.send(Seat::task()).unwrap();
        work.await
    };
    let handle = crate::spawn(task);
    // The runtimes of these tests have one thread: the task runs in the next yield.
    let deadline = Instant::now() + Duration::from_secs(20);
    let id = tokio::task::block_in_place(|| told.recv_timeout(deadline - Instant::now()).unwrap());
    (id, handle)
}

/// The only wait of a task, once it has one.
async fn wait_of(id: u64) -> Wait {
    until(move || match &waits::of_task(id)[..] {
        [] => None,
        [wait] => Some(wait.clone()),
        more => panic!("{more:?}"),
    })
    .await
}

fn state(resource: Option<ResourceId>) -> State {
    waits::state(resource.unwrap()).unwrap()
}

fn ids(holders: &[Holder]) -> Vec<u64> {
    let mut ids: Vec<u64> = holders.iter().map(|holder| holder.id).collect();
    ids.sort_unstable();
    ids
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_waits_at_a_mutex_waits_for_its_holder() {
    let mutex = Arc::new(Mutex::new(1));
    let line = line!() - 1;
    let (holds, waits) = (mutex.clone(), mutex.clone());
    let (holder, first) = start(async move {
        let guard = holds.lock().await;
        pending::<()>().await;
        drop(guard);
    });
    until({
        let mutex = mutex.clone();
        move || mutex.try_lock().is_err().then_some(())
    })
    .await;
    let (waiter, second) = start(async move { *waits.lock().await });
    let wait = wait_of(waiter).await;
    assert_eq!(wait.about.kind, Kind::Mutex);
    let made_at = wait.about.made_at.unwrap();
    assert_eq!((made_at.file(), made_at.line()), (file!(), line));
    assert!(wait.direct && wait.inline && wait.began < wait.registered);
    let seen = state(wait.about.resource);
    assert_eq!(ids(&seen.holders), [holder]);
    assert!(seen.holders[0].borrowed && seen.holders[0].since > 0);
    assert!(seen.holders[0].ticket().is_alive());
    first.abort();
    assert_eq!(second.await.unwrap(), 1);
    assert!(waits::of_task(waiter).is_empty());
    assert_eq!(state(wait.about.resource).holders, []);
    drop(mutex);
    assert_eq!(waits::state(wait.about.resource.unwrap()), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_what_is_awaited_where_it_lies_is_borrowed() {
    static STATIC: Mutex<u8> = Mutex::const_new(0);
    let mutex = Arc::new(Mutex::new(0));
    let is_borrowed = |mutex: &Mutex<u8>| {
        let seen = mutex.facts();
        assert_eq!(seen.holders.len(), 1);
        assert!(seen.holders[0].id != 0);
        seen.holders[0].borrowed
    };
    crate::spawn(async move {
        let guard = mutex.lock().await;
        assert!(is_borrowed(&mutex));
        let guard = MutexGuard::map(guard, |value| value);
        assert!(is_borrowed(&mutex));
        drop(guard);
        let boxed = Box::pin(mutex.lock()).await;
        assert!(!is_borrowed(&mutex), "a box may be sent to another task");
        drop(boxed);
        let owned = mutex.clone().lock_owned().await;
        assert!(!is_borrowed(&mutex));
        drop(OwnedMutexGuard::map(owned, |value| value));
        let tried = mutex.try_lock().unwrap();
        assert!(!is_borrowed(&mutex));
        drop(tried);
    })
    .await
    .unwrap();
    // The root of the test is no task of ours.
    let guard = STATIC.lock().await;
    let seen = STATIC.facts();
    assert_eq!((seen.holders[0].id, seen.holders[0].borrowed), (0, false));
    drop(guard);
    assert_eq!(STATIC.facts().holders, []);
}

const NOTHING: Option<bool> = None;
const GUARD: Option<bool> = Some(false);
const GUARD_AND_OWNER: Option<bool> = Some(true);

/// What is seen of the only holder of the mutex in the rest that its task is in. Tasks that show this
/// have a word to give before they rest.
async fn seen<F>(
    mutex: &'static Mutex<u8>,
    work: impl FnOnce(oneshot::Sender<()>) -> F,
) -> Option<bool>
where
    F: Future<Output = ()> + Send + 'static,
{
    let (rests, rested) = oneshot::channel();
    let (id, task) = start(work(rests));
    rested.await.unwrap();
    // Once its tree is known, everything else is.
    let look = move || {
        let place = Place::from_bits(mutex.facts().holders.first()?.place);
        let seen = |record: &Record| waits::was_looked_through(record).then(|| record.polls());
        tracker::find(place, id, seen).flatten()
    };
    let polls = until(look).await;
    let seen = mutex.facts().holders[0].seen;
    task.abort();
    assert!(task.await.is_err());
    seen.map(|Seen { polls: at, with_owner }| {
        assert_eq!(at, Polls::of(polls));
        with_owner
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guard_is_seen_beside_what_it_borrows_from() {
    static STATIC: Mutex<u8> = Mutex::const_new(0);
    let own = Arc::new(Mutex::new(0));
    let mutex: &'static Mutex<u8> = Box::leak(Box::new(Arc::clone(&own)));
    let with_its_arc = seen(mutex, |rests| async move {
        let guard = own.lock().await;
        rests.send(()).unwrap();
        pending::<()>().await;
        drop(guard);
    });
    assert_eq!(with_its_arc.await, GUARD_AND_OWNER);
    let borrowed_for_ever = |mutex: &'static Mutex<u8>| {
        seen(mutex, move |rests| async move {
            let guard = mutex.lock().await;
            rests.send(()).unwrap();
            pending::<()>().await;
            drop(guard);
        })
    };
    assert_eq!(borrowed_for_ever(mutex).await, GUARD);
    assert_eq!(borrowed_for_ever(&STATIC).await, GUARD);
    assert_eq!(borrowed_for_ever(Box::leak(Box::new(Mutex::new(0)))).await, GUARD);
    let own: Arc<Mutex<u8>> = Arc::default();
    let mutex: &'static Mutex<u8> = Box::leak(Box::new(Arc::clone(&own)));
    let elsewhere = seen(mutex, |rests| async move {
        let own = own;
        let guard = Box::new(own.lock().await);
        rests.send(()).unwrap();
        pending::<()>().await;
        drop(guard);
    });
    assert_eq!(elsewhere.await, NOTHING, "the guard is in a box, and might be anywhere");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readers_and_writers_of_a_lock_are_told_apart() {
    let lock = Arc::new(RwLock::new(1));
    let own = lock.clone();
    let (reader, first) = start(async move {
        let guard = own.read().await;
        pending::<()>().await;
        drop(guard);
    });
    until({
        let lock = lock.clone();
        move || lock.try_write().is_err().then_some(())
    })
    .await;
    let owned = lock.clone();
    let (writer, second) = start(async move { *owned.write().await += 1 });
    let wait = wait_of(writer).await;
    let resource = wait.about.resource;
    assert_eq!(wait.about.kind, Kind::RwLockWrite);
    let [holder] = state(resource).holders[..] else { panic!("one reader") };
    assert_eq!((holder.id, holder.permits, holder.borrowed), (reader, 1, true));
    // Behind the writer.
    let owned = lock.clone();
    let (behind, third) = start(async move { *owned.read().await });
    let next = wait_of(behind).await;
    assert_eq!(next.about.kind, Kind::RwLockRead);
    assert!(wait.registered <= next.began, "{wait:?} {next:?}");
    first.abort();
    second.await.unwrap();
    assert_eq!(third.await.unwrap(), 2);
    let guard = lock.write().await;
    assert_eq!(state(resource).holders[0].permits, WRITER);
    let guard = guard.downgrade();
    let other = lock.clone().read_owned().await;
    assert_eq!(state(resource).holders.iter().map(|h| h.permits).collect::<Vec<_>>(), [1, 1]);
    drop((guard, other));
    assert_eq!(state(resource).holders, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn permits_are_known_until_they_are_back() {
    let semaphore = Arc::new(Semaphore::new(6));
    let own = semaphore.clone();
    let (holder, first) = start(async move {
        let mut permits = own.acquire_many(3).await.unwrap();
        let split = permits.split(1).unwrap();
        let owned = own.clone().acquire_many_owned(2).await.unwrap();
        pending::<()>().await;
        drop((permits, split, owned));
    });
    until({
        let semaphore = semaphore.clone();
        move || (semaphore.available_permits() == 1).then_some(())
    })
    .await;
    let waiting = semaphore.clone();
    let (waiter, second) = start(async move { waiting.acquire_many(2).await.unwrap().forget() });
    let wait = wait_of(waiter).await;
    assert_eq!(wait.about.kind, Kind::Semaphore);
    let seen = state(wait.about.resource);
    assert_eq!(ids(&seen.holders), [holder; 3]);
    let mut permits: Vec<u32> = seen.holders.iter().map(|holder| holder.permits).collect();
    permits.sort_unstable();
    assert_eq!(permits, [1, 2, 2]);
    first.abort();
    second.await.unwrap();
    let seen = state(wait.about.resource);
    assert_eq!((seen.holders.len(), seen.forgotten), (0, 2));
    assert_eq!(semaphore.available_permits(), 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_makes_a_value_holds_its_cell() {
    static CELL: OnceCell<u8> = OnceCell::const_new();
    let (maker, first) = start(async { *CELL.get_or_init(pending).await });
    until(|| CELL.set(1).is_err().then_some(())).await;
    let (waiter, second) = start(async { *CELL.get_or_init(|| async { 7 }).await });
    let wait = wait_of(waiter).await;
    assert_eq!(wait.about.kind, Kind::OnceCell);
    let seen = state(wait.about.resource);
    assert_eq!(ids(&seen.holders), [maker]);
    assert!(seen.holders[0].borrowed, "nothing leaves the call, although the cell is a static");
    assert!(waits::of_task(maker).is_empty());
    first.abort();
    assert_eq!(second.await.unwrap(), 7);
    assert_eq!(state(wait.about.resource).holders, []);
    assert_eq!(CELL.get(), Some(&7));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn at_a_channel_the_other_end_is_known() {
    let (sender, mut receiver) = mpsc::channel::<u8>(1);
    let (give, taken) = std::sync::mpsc::sync_channel(1);
    let (source, _first) = start(async move {
        let _second = sender.clone();
        sender.send(1).await.unwrap();
        give.send(()).unwrap();
        pending::<()>().await;
    });
    tokio::task::block_in_place(|| taken.recv().unwrap());
    let (sink, _second) = start(async move {
        assert_eq!(receiver.recv().await, Some(1));
        receiver.recv().await
    });
    let wait = wait_of(sink).await;
    assert_eq!(wait.about.kind, Kind::MpscRecv);
    assert_eq!(wait.about.made_at.unwrap().file(), file!());
    let seen = state(wait.about.resource);
    assert_eq!((seen.ends, seen.senders), ([source, sink], 2));
    assert_eq!(seen.holders, []);

    let (sender, mut receiver) = mpsc::channel::<u8>(1);
    let (sink, _third) = start(async move {
        receiver.recv().await;
        pending::<()>().await;
        drop(receiver);
    });
    let (source, _fourth) = start(async move {
        for number in 0..3 {
            sender.send(number).await.unwrap();
        }
    });
    let wait = wait_of(source).await;
    assert_eq!(wait.about.kind, Kind::MpscSend);
    assert_eq!(state(wait.about.resource).ends, [source, sink]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_sent_or_notified_last_is_known() {
    let (level, mut seen) = watch::channel(0);
    let (news, mut reader) = broadcast::channel::<u8>(4);
    let notify = Arc::new(Notify::new());
    let own = notify.clone();
    let (source, _first) = start(async move {
        level.send(1).unwrap();
        news.send(1).unwrap();
        own.notify_one();
        pending::<()>().await;
        drop((level, news));
    });
    let (watcher, _second) = start(async move {
        seen.changed().await.unwrap();
        seen.changed().await
    });
    let (listener, _third) = start(async move {
        reader.recv().await.unwrap();
        reader.recv().await
    });
    let (notified, _fourth) = start(async move {
        notify.notified().await;
        notify.notified_owned().await;
    });
    for (id, kind) in
        [(watcher, Kind::Watch), (listener, Kind::Broadcast), (notified, Kind::Notify)]
    {
        let wait = wait_of(id).await;
        assert_eq!(wait.about.kind, kind);
        assert_eq!(state(wait.about.resource).ends[0], source, "{kind:?}");
        assert!(wait.direct);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_oneshot_knows_who_made_it_and_a_barrier_where() {
    let (give, taken) = std::sync::mpsc::sync_channel(1);
    let (maker, _first) = start(async move {
        give.send(oneshot::channel::<u8>()).unwrap();
        pending::<()>().await;
    });
    let (_sender, receiver) = tokio::task::block_in_place(|| taken.recv().unwrap());
    let (asks, _second) = start(receiver);
    let wait = wait_of(asks).await;
    assert_eq!((wait.about.kind, wait.about.made_by), (Kind::Oneshot, maker));
    assert_eq!((wait.about.resource, wait.about.targets), (None, Targets::None));
    let (waits, third) = start(async {
        let barrier = Barrier::new(2);
        barrier.wait().await;
    });
    let wait = wait_of(waits).await;
    assert_eq!(wait.about.kind, Kind::Barrier);
    assert_eq!(wait.about.made_at.unwrap().file(), file!());
    third.abort();
    assert!(third.await.is_err());
    assert!(waits::of_task(waits).is_empty());
}

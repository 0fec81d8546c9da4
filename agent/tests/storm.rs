//! A storm of tasks that are spawned, finish, are aborted, panic and are left alone, while await
//! trees are captured all the time: nothing leaks, no wake is lost, no count is wrong.
//!
//! Ordinarily 200,000 operations, in seconds. `TASKSCOPE_STORM` asks for another number:
//!
//! ```text
//! TASKSCOPE_STORM=10000000 cargo test --release -p taskscope --test storm -- --nocapture
//! ```
//!
//! A capture polls its task, which would hide a lost wake. So the storm comes in waves: at the end
//! of each wave captures pause while tasks are still parked, and those have to be woken by the
//! wakers that captures left behind. Half of them are woken while the last capture is at work.

#![expect(clippy::disallowed_methods, reason = "threads of a test need no names")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::future::{pending, poll_fn};
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64};
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use futures_util::future::join_all;
use futures_util::stream::FuturesUnordered;
use taskscope::model::{Capture, Profile};
use taskscope::task::{JoinHandle, JoinSet};
use taskscope::{SnapshotOptions, labels};
use tokio::runtime::Runtime;
use tokio::sync::{Semaphore, oneshot};
use tokio::task::yield_now;
use tokio::time::timeout;

#[path = "support/blocks.rs"]
mod blocks;
mod support;

use blocks::{BLOCKS, resident_kib};
use support::part;

/// Operations of a wave, shared by its drivers.
const WAVE: u64 = 8_192;
const DRIVERS: u64 = 4;
/// Operations that a driver has under way together.
const BATCH: u64 = 256;
/// Whoever has been woken ends in this time, on the slowest machine.
const DEADLINE: Duration = Duration::from_secs(100);

/// What a thread that is no executor's is asked to do.
enum Outside {
    Send(oneshot::Sender<()>),
    Wake(Waker),
}

/// What has to come out.
#[derive(Default)]
struct Tally {
    spawned: AtomicU64,
    aborted: AtomicU64,
    panicked: AtomicU64,
    /// Futures and wakers that live.
    alive: AtomicI64,
}

#[derive(Clone)]
struct Storm {
    tally: Arc<Tally>,
    semaphore: Arc<Semaphore>,
    outside: SyncSender<Outside>,
}

/// Something that is counted while it lives.
struct Counted(Arc<Tally>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.alive.fetch_sub(1, AcqRel);
    }
}

/// A waker as a combinator has it: counted, and another one at every poll.
struct Forward {
    to: Waker,
    _counted: Counted,
}

impl Wake for Forward {
    fn wake(self: Arc<Self>) {
        self.to.wake_by_ref();
    }
}

/// A task that still waits for its wake at the end of a batch.
type Parked = (oneshot::Sender<()>, JoinHandle<()>);

impl Storm {
    fn counted(&self) -> Counted {
        self.tally.alive.fetch_add(1, AcqRel);
        Counted(self.tally.clone())
    }

    fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) -> JoinHandle<()> {
        self.tally.spawned.fetch_add(1, AcqRel);
        let counted = self.counted();
        taskscope::spawn(async move {
            let _counted = counted;
            work.await;
        })
    }

    fn note(&self, result: Result<(), tokio::task::JoinError>) {
        match result {
            Ok(()) => {}
            Err(error) if error.is_cancelled() => drop(self.tally.aborted.fetch_add(1, AcqRel)),
            Err(_) => drop(self.tally.panicked.fetch_add(1, AcqRel)),
        }
    }

    /// Ready when the other thread says so.
    async fn answer(self) {
        let (send, answer) = oneshot::channel();
        self.outside.send(Outside::Send(send)).unwrap();
        answer.await.unwrap();
    }

    async fn permit(self) {
        let _permit = self.semaphore.acquire().await.unwrap();
        yield_now().await;
    }

    /// Pending until another thread wakes it, and woken by it once more when it has ended.
    async fn stale(self) {
        let mut first = true;
        poll_fn(|cx| {
            self.outside.send(Outside::Wake(cx.waker().clone())).unwrap();
            if std::mem::take(&mut first) { Poll::Pending } else { Poll::Ready(()) }
        })
        .await;
    }

    async fn forwarded(self) {
        let mut part = std::pin::pin!(part(self.clone().answer()));
        poll_fn(|cx| {
            let forward = Forward { to: cx.waker().clone(), _counted: self.counted() };
            part.as_mut().poll(&mut Context::from_waker(&Waker::from(Arc::new(forward))))
        })
        .await;
    }

    async fn children(self) {
        let mut children = FuturesUnordered::new();
        for _ in 0..3 {
            children.push(part(self.clone().answer()));
        }
        while children.next().await.is_some() {}
    }

    /// Its results are noted here; some of the tasks are aborted.
    async fn set(self, i: u64) {
        let mut set = JoinSet::new();
        for _ in 0..4 {
            self.tally.spawned.fetch_add(1, AcqRel);
            let (counted, own) = (self.counted(), self.clone());
            set.spawn(async move {
                let _counted = counted;
                own.permit().await;
            });
        }
        if i.is_multiple_of(3) {
            set.abort_all();
        }
        while let Some(result) = set.join_next().await {
            self.note(result);
        }
    }

    /// One operation; what it leaves behind has to be awaited.
    fn start(&self, i: u64) -> Option<JoinHandle<()>> {
        let own = self.clone();
        let handle = match i % 16 {
            0 => self.spawn(async {}),
            1 => self.spawn(async move {
                for _ in 0..i % 7 {
                    yield_now().await;
                }
            }),
            2 => self.spawn(own.answer()),
            3 => self.spawn(part(own.permit())),
            4 => {
                // Done or aborted: the handle knows.
                let handle = self.spawn(own.permit());
                handle.abort();
                handle
            }
            5 => {
                let handle = self.spawn(async move {
                    own.clone().answer().await;
                    pending::<()>().await;
                });
                handle.abort();
                handle
            }
            6 => self.spawn(async {
                yield_now().await;
                panic!("of the storm");
            }),
            7 => {
                drop(self.spawn(own.answer()));
                return None;
            }
            8 => self.spawn(async move {
                tokio::select! {
                    () = part(own.clone().permit()) => {}
                    () = own.answer() => {}
                }
            }),
            9 => self.spawn(async move {
                drop(timeout(Duration::from_micros(300), part(own.permit())).await);
            }),
            10 => self.spawn(own.stale()),
            11 => self.spawn(own.children()),
            12 => self.spawn(async move {
                taskscope::set_labels(labels! { "storm" => "changed" });
                drop(own.spawn(own.clone().answer()));
                yield_now().await;
            }),
            13 => self.spawn(own.set(i)),
            14 => {
                // Never polled: no task, and none that counts.
                drop(part(own.answer()));
                return None;
            }
            _ => self.spawn(own.forwarded()),
        };
        Some(handle)
    }

    /// Operations, one batch after the other. Returns tasks that nobody has woken yet.
    async fn drive(self, from: u64, to: u64) -> Vec<Parked> {
        let mut parked = Vec::new();
        for batch in from / BATCH..to / BATCH {
            let range = batch * BATCH..(batch + 1) * BATCH;
            let handles: Vec<_> = range.filter_map(|i| self.start(i)).collect();
            let (send, receive) = oneshot::channel();
            parked.push((send, self.spawn(async move { receive.await.unwrap() })));
            for handle in handles {
                self.note(handle.await);
            }
        }
        parked
    }

    /// One wave, to its end. `pause` keeps captures from beginning. A task that was woken and does
    /// not end in time is a lost wake.
    fn wave(&self, runtime: &Runtime, from: u64, pause: &Mutex<()>) {
        let share = WAVE / DRIVERS;
        let drive = |n| self.clone().drive(from + n * share, from + (n + 1) * share);
        let drivers: Vec<_> = (0..DRIVERS).map(|n| runtime.spawn(drive(n))).collect();
        let drivers = async { timeout(DEADLINE, join_all(drivers)).await };
        let drivers = runtime.block_on(drivers).unwrap();
        let mut parked: Vec<Parked> = drivers.into_iter().flat_map(Result::unwrap).collect();
        let mut handles = Vec::new();
        let mut wake = |(send, handle): Parked| {
            send.send(()).unwrap();
            handles.push(handle);
        };
        parked.drain(..parked.len() / 2).for_each(&mut wake);
        let paused = pause.lock().unwrap();
        parked.drain(..).for_each(&mut wake);
        let results = runtime.block_on(async { timeout(DEADLINE, join_all(handles)).await });
        results.unwrap().into_iter().for_each(|r| self.note(r));
        drop(paused);
    }
}

/// Spawned, finished, aborted, panicked: of all that this file has spawned.
fn counts(profile: &Profile) -> [u64; 4] {
    let mut sums = [0; 4];
    for origin in &profile.origins {
        if origin.spawned_at.file.ends_with("storm.rs") {
            let own = [origin.spawned, origin.finished, origin.aborted, origin.panicked];
            sums.iter_mut().zip(own).for_each(|(sum, own)| *sum += own);
        }
    }
    sums
}

/// Captures until it is told to stop; returns how often, and how many trees it saw.
fn capture_all_the_time(tally: &Tally, pause: &Mutex<()>, stop: &AtomicBool) -> (u64, u64) {
    let (mut rounds, mut trees, mut ended) = (0, 0, 0);
    let patience = Duration::from_millis(20);
    while !stop.load(Acquire) {
        let paused = pause.lock().unwrap();
        let options = SnapshotOptions { capture: Some(Capture::Fresh), patience };
        let profile = taskscope::snapshot(options).profile;
        drop(paused);
        let [spawned, finished, aborted, panicked] = counts(&profile);
        let most = tally.spawned.load(Acquire);
        assert!(spawned <= most, "{spawned} seen, {most} spawned");
        assert!(finished <= spawned && aborted + panicked <= finished, "{profile:#?}");
        assert!(finished >= ended, "ends went from {ended} to {finished}");
        ended = finished;
        rounds += 1;
        trees += profile.groups.iter().filter(|g| g.tree.is_some()).map(|g| g.count).sum::<u64>();
        std::thread::yield_now();
    }
    (rounds, trees)
}

/// Waits until what ends by itself has ended.
fn until(what: &str, is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + DEADLINE;
    while !is_so() {
        assert!(Instant::now() < deadline, "not in time: {what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn after_a_storm_nothing_is_left_no_wake_is_lost_and_the_counts_are_exact() {
    let asked = std::env::var("TASKSCOPE_STORM").map_or(Ok(200_000), |number| number.parse());
    let waves = u64::div_ceil(asked.expect("TASKSCOPE_STORM is a number"), WAVE);
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if info.payload().downcast_ref() != Some(&"of the storm") {
            usual(info);
        }
    }));
    let agent = taskscope::Agent::builder().bind("127.0.0.1:0".parse().unwrap());
    // It keeps the coarse time. By itself it must not capture, which could hide a lost wake.
    let agent = agent.capture_budget(0.0).start().unwrap();
    let workers =
        tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build();
    let runtime: Runtime = workers.unwrap();
    let (outside, asked_of_it) = std::sync::mpsc::sync_channel(1_024);
    let other_thread = std::thread::spawn(move || {
        for request in asked_of_it {
            match request {
                // Nobody may be there any more.
                Outside::Send(send) => drop(send.send(())),
                Outside::Wake(waker) => waker.wake(),
            }
        }
    });
    let tally = Arc::new(Tally::default());
    let storm = Storm { tally: tally.clone(), semaphore: Arc::new(Semaphore::new(8)), outside };
    let (pause, stop) = (Arc::new(Mutex::new(())), Arc::new(AtomicBool::new(false)));
    let captures = std::thread::spawn({
        let (tally, pause, stop) = (tally.clone(), pause.clone(), stop.clone());
        move || capture_all_the_time(&tally, &pause, &stop)
    });
    let ended = || {
        until("every future and waker dropped", || tally.alive.load(Acquire) == 0);
        until("no task in the runtime", || runtime.metrics().num_alive_tasks() == 0);
    };

    let start = Instant::now();
    let mut before = None;
    for wave in 0..waves {
        storm.wave(&runtime, wave * WAVE, &pause);
        if before.is_none() {
            ended();
            before = Some((BLOCKS.load(Relaxed), resident_kib()));
        }
    }
    let took = start.elapsed();
    ended();
    stop.store(true, Release);
    let (rounds, trees) = captures.join().unwrap();
    let (blocks, resident) = before.unwrap();
    let more = BLOCKS.load(Relaxed) - blocks;
    println!(
        "{} operations, {} tasks in {:.1} s; {rounds} captures saw {trees} trees; blocks {blocks} \
         and {more} more, resident {resident:?} then {:?} KiB",
        waves * WAVE,
        tally.spawned.load(Acquire),
        took.as_secs_f64(),
        resident_kib(),
    );
    assert!(rounds > waves / 2 && trees > 0, "the storm was not captured");
    // Trees that are new, tables that have grown: some two thousand. Not one for each task, nor for
    // each of any one kind.
    assert!(more < i64::try_from(waves * WAVE / 100).unwrap().max(10_000), "{more} blocks more");

    let nothing = SnapshotOptions { capture: None, ..SnapshotOptions::default() };
    let profile = taskscope::snapshot(nothing).profile;
    assert_eq!(profile.header.totals.alive(), 0, "records are left: {:#?}", profile.groups);
    let [spawned, aborted, panicked] =
        [&tally.spawned, &tally.aborted, &tally.panicked].map(|count| count.load(Acquire));
    let parts = profile.origins.iter().filter(|o| o.spawned_at.file.ends_with("support/mod.rs"));
    assert_eq!(parts.map(|origin| origin.spawned).sum::<u64>(), 0, "parts count as tasks");
    assert_eq!(counts(&profile), [spawned, spawned, aborted, panicked]);
    assert!(aborted > 0 && panicked > 0 && storm.semaphore.available_permits() == 8);
    drop(storm);
    other_thread.join().unwrap();
    drop((runtime, agent));
}

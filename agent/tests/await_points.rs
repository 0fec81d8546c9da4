//! Every wait kind, with the file, line and column of its await point, on every runtime.
//!
//! Each case notes `line!()` on the very line of its `await`; the column is where the keyword
//! `await` (or the macro) stands on that line of this file.

#![expect(clippy::disallowed_methods, reason = "threads of a test need no names")]
#![expect(clippy::too_many_lines, reason = "a table of cases")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, LazyLock, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use taskscope::model::{Combine, Group, WaitKind};
use taskscope::prelude::*;
use taskscope::{Snapshot, SnapshotOptions};

type Case = Pin<Box<dyn Future<Output = ()> + Send>>;
/// Where each case says it waits.
type Lines = Arc<Mutex<BTreeMap<&'static str, u32>>>;

const SOURCE: &str = include_str!("await_points.rs");

#[derive(Clone)]
struct Here(&'static str, Lines);

impl Here {
    fn at(&self, line: u32) {
        self.1.lock().unwrap().insert(self.0, line);
    }
}

/// A future written by hand that keeps the last waker it was polled with.
#[derive(Default)]
struct ByHand(Option<Waker>);

impl Future for ByHand {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.0 = Some(cx.waker().clone());
        Poll::Pending
    }
}

struct Expected {
    name: &'static str,
    kinds: Vec<WaitKind>,
    combine: Combine,
    /// What stands at the await point's column.
    word: &'static str,
    start: fn(Here) -> Case,
}

fn one(name: &'static str, kind: WaitKind, start: fn(Here) -> Case) -> Expected {
    Expected { name, kinds: vec![kind], combine: Combine::One, word: "await", start }
}

fn several(
    name: &'static str,
    mut kinds: Vec<WaitKind>,
    combine: Combine,
    word: &'static str,
    start: fn(Here) -> Case,
) -> Expected {
    kinds.sort();
    Expected { name, kinds, combine, word, start }
}

/// The kind of a leaf that has no word of its own: only its path is looked at.
fn other(path: &'static str) -> WaitKind {
    WaitKind::Other(path.into())
}

#[rustfmt::skip]
mod cases {
    use super::*;
    use futures_util::stream::{FuturesUnordered, StreamExt};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream, UnixStream};
    use tokio::sync::{mpsc, oneshot, watch, Notify, Semaphore};
    use tokio::task::JoinSet;
    use tokio::time::{interval, sleep, timeout};
    use tokio_util::sync::CancellationToken;

    const LONG: Duration = Duration::from_secs(1_000);

    /// Every case, once.
    pub(super) static ALL: LazyLock<Vec<Expected>> = LazyLock::new(all);

    fn all() -> Vec<Expected> {
        let mut all = of_tokio::sync();
        all.extend(of_taskscope::sync().into_iter().map(|case| {
            Expected { name: format!("taskscope_{}", case.name).leak(), ..case }
        }));
        all.extend(tokio_rest());
        all.extend(combined());
        all.extend(elsewhere());
        all
    }

    /// The same cases, for tokio's locks and channels and for ours.
    macro_rules! for_both {
        ($($cases:tt)*) => {
            mod of_tokio {
                use super::*;
                use tokio::sync::{broadcast, mpsc, oneshot, watch, Barrier, Mutex, Notify, OnceCell, RwLock, Semaphore};

                $($cases)*
            }

            mod of_taskscope {
                use super::*;
                use taskscope::sync::{broadcast, mpsc, oneshot, watch, Barrier, Mutex, Notify, OnceCell, RwLock, Semaphore};

                $($cases)*
            }
        };
    }

    for_both! {
    pub(super) fn sync() -> Vec<Expected> {
        vec![
            one("mpsc_recv", WaitKind::MpscRecv, |here| Box::pin(async move {
                let (_tx, mut rx) = mpsc::channel::<()>(1);
                here.at(line!()); rx.recv().await;
            })),
            one("mpsc_unbounded_recv", WaitKind::MpscRecv, |here| Box::pin(async move {
                let (_tx, mut rx) = mpsc::unbounded_channel::<()>();
                here.at(line!()); rx.recv().await;
            })),
            one("mpsc_send", WaitKind::MpscSend, |here| Box::pin(async move {
                let (tx, _rx) = mpsc::channel::<()>(1);
                tx.send(()).await.unwrap();
                here.at(line!()); tx.send(()).await.unwrap();
            })),
            one("mpsc_reserve", WaitKind::MpscSend, |here| Box::pin(async move {
                let (tx, _rx) = mpsc::channel::<()>(1);
                tx.send(()).await.unwrap();
                here.at(line!()); drop(tx.reserve().await);
            })),
            one("oneshot", WaitKind::Oneshot, |here| Box::pin(async move {
                let (_tx, rx) = oneshot::channel::<()>();
                here.at(line!()); rx.await.unwrap();
            })),
            one("mutex", WaitKind::Mutex, |here| Box::pin(async move {
                let lock = Mutex::new(());
                let _held = lock.lock().await;
                here.at(line!()); drop(lock.lock().await);
            })),
            one("mutex_owned", WaitKind::Mutex, |here| Box::pin(async move {
                let lock = Arc::new(Mutex::new(()));
                let _held = lock.lock().await;
                here.at(line!()); drop(lock.clone().lock_owned().await);
            })),
            one("rwlock_read", WaitKind::RwlockRead, |here| Box::pin(async move {
                let lock = RwLock::new(());
                let _held = lock.write().await;
                here.at(line!()); drop(lock.read().await);
            })),
            one("rwlock_write", WaitKind::RwlockWrite, |here| Box::pin(async move {
                let lock = RwLock::new(String::new());
                let _held = lock.read().await;
                here.at(line!()); drop(lock.write().await);
            })),
            one("rwlock_read_owned", WaitKind::RwlockRead, |here| Box::pin(async move {
                let lock = Arc::new(RwLock::new(()));
                let _held = lock.write().await;
                here.at(line!()); drop(lock.clone().read_owned().await);
            })),
            one("rwlock_write_owned", WaitKind::RwlockWrite, |here| Box::pin(async move {
                let lock = Arc::new(RwLock::new([0_u8; 9]));
                let _held = lock.read().await;
                here.at(line!()); drop(lock.clone().write_owned().await);
            })),
            one("semaphore", WaitKind::Semaphore, |here| Box::pin(async move {
                let semaphore = Semaphore::new(0);
                here.at(line!()); drop(semaphore.acquire().await);
            })),
            one("semaphore_owned", WaitKind::Semaphore, |here| Box::pin(async move {
                let semaphore = Arc::new(Semaphore::new(1));
                here.at(line!()); drop(semaphore.acquire_many_owned(2).await);
            })),
            one("notify", WaitKind::Notify, |here| Box::pin(async move {
                let notify = Notify::new();
                here.at(line!()); notify.notified().await;
            })),
            one("watch", WaitKind::Watch, |here| Box::pin(async move {
                let (_tx, mut rx) = watch::channel(0);
                here.at(line!()); rx.changed().await.unwrap();
            })),
            one("broadcast", WaitKind::Broadcast, |here| Box::pin(async move {
                let (_tx, mut rx) = broadcast::channel::<u8>(1);
                here.at(line!()); rx.recv().await.unwrap();
            })),
            one("barrier", WaitKind::Barrier, |here| Box::pin(async move {
                let barrier = Barrier::new(2);
                here.at(line!()); barrier.wait().await;
            })),
            one("once_cell", WaitKind::OnceCell, |here| Box::pin(async move {
                let cell = Arc::new(OnceCell::<u8>::new());
                let other = cell.clone();
                tokio::spawn(async move { other.get_or_init(std::future::pending).await; });
                sleep(Duration::from_millis(30)).await;
                here.at(line!()); cell.get_or_init(|| async { 1 }).await;
            })),
        ]
    }
    }

    fn tokio_rest() -> Vec<Expected> {
        vec![
            one("sleep", WaitKind::Sleep, |here| Box::pin(async move {
                here.at(line!()); sleep(LONG).await;
            })),
            one("interval", WaitKind::Interval, |here| Box::pin(async move {
                let mut ticks = interval(LONG);
                ticks.tick().await;
                here.at(line!()); ticks.tick().await;
            })),
            one("accept", WaitKind::Accept, |here| Box::pin(async move {
                let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                here.at(line!()); drop(listener.accept().await);
            })),
            one("io_read", WaitKind::IoRead, |here| Box::pin(async move {
                let (mut stream, _other) = tcp_pair().await;
                let mut buffer = [0; 16];
                here.at(line!()); drop(stream.read(&mut buffer).await);
            })),
            one("io_read_exact_unix", WaitKind::IoRead, |here| Box::pin(async move {
                let (mut stream, _other) = UnixStream::pair().unwrap();
                let mut buffer = [0; 16];
                here.at(line!()); drop(stream.read_exact(&mut buffer).await);
            })),
            one("io_write", WaitKind::IoWrite, |here| Box::pin(async move {
                let (mut stream, _other) = tcp_pair().await;
                let much = vec![0; 64 << 20];
                here.at(line!()); drop(stream.write_all(&much).await);
            })),
            one("io_split_read_half", WaitKind::IoRead, |here| Box::pin(async move {
                let (stream, _other) = tcp_pair().await;
                let (mut read, _write) = stream.into_split();
                let mut buffer = [0; 16];
                here.at(line!()); drop(read.read(&mut buffer).await);
            })),
            one("connect", WaitKind::Connect, |here| Box::pin(async move {
                // A listener whose queue is full does not answer further connections.
                let socket = tokio::net::TcpSocket::new_v4().unwrap();
                socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
                let listener = socket.listen(1).unwrap();
                let address = listener.local_addr().unwrap();
                let mut open = Vec::new();
                while let Ok(Ok(stream)) = timeout(Duration::from_millis(50), TcpStream::connect(address)).await { open.push(stream); }
                here.at(line!()); drop(TcpStream::connect(address).await);
            })),
            one("join_handle", WaitKind::JoinHandle, |here| Box::pin(async move {
                let handle = taskscope::spawn(sleep(LONG));
                here.at(line!()); handle.await.unwrap();
            })),
            one("tokio_join_handle", WaitKind::JoinHandle, |here| Box::pin(async move {
                let handle = tokio::spawn(sleep(LONG));
                here.at(line!()); handle.await.unwrap();
            })),
            one("join_set", WaitKind::JoinSet, |here| Box::pin(async move {
                let mut set = JoinSet::new();
                set.spawn(sleep(LONG));
                here.at(line!()); drop(set.join_next().await);
            })),
            one("cancelled", WaitKind::Cancelled, |here| Box::pin(async move {
                let token = CancellationToken::new();
                here.at(line!()); token.cancelled().await;
            })),
            one("cancelled_owned", WaitKind::Cancelled, |here| Box::pin(async move {
                let token = CancellationToken::new();
                here.at(line!()); token.clone().cancelled_owned().await;
            })),
            one("spawn_blocking", WaitKind::SpawnBlocking, |here| Box::pin(async move {
                let (tx, rx) = std::sync::mpsc::sync_channel::<()>(0);
                let handle = taskscope::spawn_blocking(move || rx.recv().is_ok());
                here.at(line!()); handle.await.unwrap();
                drop(tx);
            })),
        ]
    }

    fn combined() -> Vec<Expected> {
        vec![
            several("join", vec![WaitKind::MpscRecv, WaitKind::Notify], Combine::AllOf, "tokio::join", |here| Box::pin(async move {
                let (_tx, mut rx) = mpsc::channel::<()>(1);
                let notify = Notify::new();
                here.at(line!()); tokio::join!(rx.recv(), notify.notified());
            })),
            several("select", vec![WaitKind::MpscRecv, WaitKind::Oneshot], Combine::AnyOf, "tokio::select", |here| Box::pin(async move {
                let (_tx, mut rx) = mpsc::channel::<()>(1);
                let (_answer, asked) = oneshot::channel::<()>();
                here.at(line!()); tokio::select! { _ = rx.recv() => {}, _ = asked => {} }
            })),
            one_at("select_with_a_timer", WaitKind::MpscRecv, "tokio::select", |here| Box::pin(async move {
                let (_tx, mut rx) = mpsc::channel::<()>(1);
                here.at(line!()); tokio::select! { _ = rx.recv() => {}, () = sleep(LONG) => {} }
            })),
            one("select_with_a_timer_inside", WaitKind::MpscRecv, |here| Box::pin(async move {
                let (_tx, mut rx) = mpsc::channel::<()>(1);
                let receive = async {
                    here.at(line!()); rx.recv().await
                };
                tokio::select! { _ = receive => {}, () = sleep(LONG) => {} }
            })),
            one_at("io_or_shutdown", WaitKind::IoRead, "tokio::select", |here| Box::pin(async move {
                let (mut stream, _other) = tcp_pair().await;
                let stop = Notify::new();
                let mut buffer = [0; 16];
                here.at(line!()); tokio::select! { _ = stream.read(&mut buffer) => {}, () = stop.notified() => {} }
            })),
            one_at("recv_or_cancelled", WaitKind::MpscRecv, "tokio::select", |here| Box::pin(async move {
                let (_tx, mut rx) = mpsc::channel::<()>(1);
                let token = CancellationToken::new();
                here.at(line!()); tokio::select! { _ = rx.recv() => {}, () = token.cancelled() => {} }
            })),
            several("timeout_around_a_select", vec![WaitKind::MpscRecv, WaitKind::Watch], Combine::AnyOf, "tokio::select", |here| Box::pin(async move {
                let (_tx, mut rx) = mpsc::channel::<()>(1);
                let (_w, mut watched) = watch::channel(0);
                drop(timeout(LONG, async {
                    here.at(line!()); tokio::select! { _ = rx.recv() => {}, _ = watched.changed() => {} }
                }).await);
            })),
            one("timeout", WaitKind::Notify, |here| Box::pin(async move {
                let notify = Notify::new();
                here.at(line!()); drop(timeout(LONG, notify.notified()).await);
            })),
            one("timeout_around_a_sleep", WaitKind::Sleep, |here| Box::pin(async move {
                drop(timeout(LONG, async {
                    here.at(line!()); sleep(LONG).await;
                }).await);
            })),
            one("tracked_child_of_futures_unordered", WaitKind::Semaphore, |here| Box::pin(async move {
                let semaphore = Semaphore::new(0);
                let mut children = FuturesUnordered::new();
                children.push(async {
                    here.at(line!()); drop(semaphore.acquire().await);
                }.tracked());
                // Two looks at the set: from the second on only woken children are polled.
                drop(timeout(Duration::from_millis(20), children.next()).await);
                children.next().await;
            })),
            one("child_of_futures_unordered", WaitKind::FuturesUnordered, |here| Box::pin(async move {
                let mut children = FuturesUnordered::new();
                children.push(std::future::pending::<()>());
                drop(timeout(Duration::from_millis(20), children.next()).await);
                here.at(line!()); children.next().await;
            })),
            one("labeled", WaitKind::Notify, |here| Box::pin(async move {
                let notify = Notify::new();
                async {
                    here.at(line!()); notify.notified().await;
                }.labeled(taskscope::labels! { "step" => "inner" }).await;
            })),
        ]
    }

    fn one_at(name: &'static str, kind: WaitKind, word: &'static str, start: fn(Here) -> Case) -> Expected {
        Expected { word, ..one(name, kind, start) }
    }

    fn elsewhere() -> Vec<Expected> {
        vec![
            one("async_channel_recv", other("async_channel"), |here| Box::pin(async move {
                let (_tx, rx) = async_channel::bounded::<()>(1);
                here.at(line!()); rx.recv().await.unwrap();
            })),
            one("flume_recv", other("flume"), |here| Box::pin(async move {
                let (_tx, rx) = flume::bounded::<()>(1);
                here.at(line!()); rx.recv_async().await.unwrap();
            })),
            one("futures_mpsc", other("futures"), |here| Box::pin(async move {
                let (_tx, mut rx) = futures_channel::mpsc::channel::<()>(1);
                here.at(line!()); rx.next().await;
            })),
            one("futures_oneshot", other("futures_channel"), |here| Box::pin(async move {
                let (_tx, rx) = futures_channel::oneshot::channel::<()>();
                here.at(line!()); rx.await.unwrap();
            })),
            Expected { word: "clone", ..one("by_hand", other("poll"), |here| Box::pin(async move {
                here.at(hand_line()); ByHand::default().await;
            })) },
        ]
    }

    /// A hand-written future is user code itself: the await point is its own `clone` call.
    fn hand_line() -> u32 {
        let at = SOURCE.lines().position(|line| line.contains("= Some(cx.waker().clone())")).unwrap();
        u32::try_from(at + 1).unwrap()
    }

    async fn tcp_pair() -> (TcpStream, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (connected, accepted) = tokio::join!(TcpStream::connect(address), listener.accept());
        (connected.unwrap(), accepted.unwrap().0)
    }
}

/// The group of a case, once all of it is known; panics with what was seen if that takes too long.
fn group_of(snapshot: &Snapshot, name: &str) -> Option<Group> {
    let groups = snapshot.profile.groups.iter();
    let mut own = groups.filter(|group| {
        group.count > 0 && group.labels.get("case").is_some_and(|case| **case == *name)
    });
    let group = own.find(|group| {
        let origin = snapshot.profile.origin(group.origin).unwrap();
        // Not what the case itself spawned.
        let line = SOURCE.lines().nth(origin.spawned_at.line as usize - 1).unwrap();
        line.contains("(case)")
    })?;
    Some((**group).clone())
}

fn problem(expected: &Expected, line: Option<&u32>, group: Option<Group>) -> Option<String> {
    let name = expected.name;
    let Some(group) = group else { return Some(format!("{name}: no group")) };
    let Some(tree) = &group.tree else { return Some(format!("{name}: no tree, {group:?}")) };
    let shape: Vec<String> = tree
        .nodes
        .iter()
        .map(|node| {
            let place = node.frame.location.as_ref().map(ToString::to_string);
            let kind = node.wait_kind.as_ref().map(ToString::to_string).unwrap_or_default();
            let (parent, secondary) = (node.parent, node.secondary);
            format!("{parent:?} {} {place:?} {kind} {secondary}", node.frame.function)
        })
        .collect();
    let bad = |what: String| Some(format!("{name}: {what}\n  {}", shape.join("\n  ")));
    let same_kind = |(seen, wanted): (&WaitKind, &WaitKind)| match (seen, wanted) {
        (WaitKind::Other(seen), WaitKind::Other(part)) => seen.contains(&**part),
        _ => seen == wanted,
    };
    let kinds = &tree.wait_kinds;
    if kinds.len() != expected.kinds.len() || !kinds.iter().zip(&expected.kinds).all(same_kind) {
        return bad(format!("kinds {kinds:?} instead of {:?}", expected.kinds));
    }
    if tree.combine != expected.combine {
        return bad(format!("{:?} instead of {:?}", tree.combine, expected.combine));
    }
    let Some(line) = line else { return bad("it has not come to its await".into()) };
    let text = SOURCE.lines().nth(*line as usize - 1).unwrap();
    let column = text.find(expected.word).unwrap() + 1;
    let wanted = format!("{}:{line}:{column}", file!());
    let point = tree.await_point.as_ref().and_then(|frame| frame.location.as_ref());
    let seen = point.map(ToString::to_string).unwrap_or_default();
    if seen != wanted {
        return bad(format!("await point {seen} instead of {wanted}"));
    }
    None
}

/// Starts all cases with `spawn` and checks them from another thread.
fn start(run: &'static str, spawn: impl Fn(Case)) -> std::thread::JoinHandle<Vec<String>> {
    let lines = Lines::default();
    for expected in cases::ALL.iter() {
        let labels = taskscope::labels! { "case" => expected.name, "root" => run };
        let case = (expected.start)(Here(expected.name, lines.clone()));
        // The labels are the task's own: a part of the task would carry them too late.
        spawn(Box::pin(async move {
            taskscope::set_labels(labels);
            case.await;
        }));
    }
    std::thread::spawn(move || {
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            let snapshot = taskscope::snapshot(SnapshotOptions::default());
            let own = Snapshot { profile: only(run, &snapshot), process: snapshot.process.clone() };
            let lines = lines.lock().unwrap().clone();
            let problems: Vec<String> = cases::ALL
                .iter()
                .filter_map(|case| problem(case, lines.get(case.name), group_of(&own, case.name)))
                .collect();
            if problems.is_empty() || Instant::now() > deadline {
                return problems;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    })
}

/// The groups of one of the runs that share this process.
fn only(run: &str, snapshot: &Snapshot) -> taskscope::model::Profile {
    let mut profile = snapshot.profile.clone();
    profile.groups.retain(|group| group.labels.get("root").is_some_and(|root| **root == *run));
    profile
}

fn report(problems: &[String]) {
    assert!(problems.is_empty(), "{} problems:\n{}", problems.len(), problems.join("\n"));
}

async fn until_done<T>(handle: std::thread::JoinHandle<T>) -> T {
    while !handle.is_finished() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    handle.join().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_multi_thread_runtime() {
    let problems = start("multi_thread", |case| drop(taskscope::spawn(case)));
    report(&until_done(problems).await);
    let process = taskscope::snapshot(SnapshotOptions { capture: None, ..Default::default() });
    println!("walked with {:?}", process.process.stack_walk);
}

#[tokio::test(flavor = "current_thread")]
async fn on_a_current_thread_runtime() {
    let problems = start("current_thread", |case| drop(taskscope::spawn(case)));
    report(&until_done(problems).await);
}

#[tokio::test(flavor = "current_thread")]
async fn on_a_local_set() {
    let local = tokio::task::LocalSet::new();
    let problems = local
        .run_until(async {
            let problems = start("local_set", |case| drop(taskscope::spawn_local(case)));
            until_done(problems).await
        })
        .await;
    report(&problems);
}

/// A build without frame pointers: the same cases in a process that does not use them.
#[test]
fn with_unwinding_tables() {
    let this = std::env::current_exe().unwrap();
    let run = std::process::Command::new(this)
        .args(["--exact", "on_a_multi_thread_runtime", "--nocapture"])
        .env("TASKSCOPE_STACK_WALK", "unwind-tables")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&run.stdout) + String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{text}");
    assert!(text.contains("walked with UnwindTables"), "{text}");
}

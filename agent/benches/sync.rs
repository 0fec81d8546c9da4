//! What `taskscope::sync` costs over `tokio::sync`: one uncontended operation, inside of a tracked
//! task, under an agent, beside tokio's in the same run.
//!
//! `cargo bench -p taskscope --bench sync`; an argument picks operations by a part of their names.
//!
//! Noise only adds time, so the quickest of many rounds is shown for each; the rounds of the two
//! take turns. The program fails if an operation costs more than [`MOST`] over tokio's.

#![expect(clippy::unwrap_used, reason = "a bench that cannot go on stops")]
#![expect(clippy::print_stdout, reason = "prints a table")]
#![expect(clippy::disallowed_methods, reason = "unbounded channels are measured, too")]

use std::future::Future;
use std::hint::black_box;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Runtime};

/// Operations of a round.
const OPERATIONS: u32 = 2_000;
const ROUNDS: u32 = 2_000;
/// Nanoseconds an operation that ours may cost over tokio's.
const MOST: f64 = 10.0;

/// An operation, with how long it takes by tokio's means and by ours.
type Row = (&'static str, fn(&Runtime) -> Duration, fn(&Runtime) -> Duration);

/// The time of a round in a tracked task.
fn time(runtime: &Runtime, round: impl Future<Output = Duration> + Send + 'static) -> Duration {
    runtime.block_on(taskscope::spawn_on(round, runtime.handle())).unwrap()
}

/// Rounds of `OPERATIONS` each: `name(what comes before) { the operation }`.
macro_rules! operations {
    ($($name:ident($($before:stmt;)*) $operation:block)*) => {
        operations! { @module of_tokio tokio $($name($($before;)*) $operation)* }
        operations! { @module of_taskscope taskscope $($name($($before;)*) $operation)* }

        const ALL: &[Row] = &[$((stringify!($name), of_tokio::$name, of_taskscope::$name)),*];
    };
    (@module $module:ident $krate:ident $($name:ident($($before:stmt;)*) $operation:block)*) => {
        mod $module {
            use super::*;
            use $krate::sync::{
                Mutex, Notify, OnceCell, RwLock, Semaphore, broadcast, mpsc, oneshot, watch,
            };

            $(pub(super) fn $name(runtime: &Runtime) -> Duration {
                time(runtime, async {
                    $($before)*
                    let start = Instant::now();
                    for _ in 0..OPERATIONS $operation
                    start.elapsed()
                })
            })*
        }
    };
}

operations! {
    lock(let mutex = Mutex::new(0_u64);) { *mutex.lock().await += 1; }
    try_lock(let mutex = Mutex::new(0_u64);) { *mutex.try_lock().unwrap() += 1; }
    read(let lock = RwLock::new(1_u64);) { black_box(*lock.read().await); }
    write(let lock = RwLock::new(1_u64);) { *lock.write().await += 1; }
    acquire(let semaphore = Semaphore::new(4);) { drop(semaphore.acquire().await.unwrap()); }
    mpsc_send_and_recv(let (sender, mut receiver) = mpsc::channel(8);) {
        sender.send(1_u64).await.unwrap();
        black_box(receiver.recv().await);
    }
    unbounded_send_and_recv(let (sender, mut receiver) = mpsc::unbounded_channel();) {
        sender.send(1_u64).unwrap();
        black_box(receiver.recv().await);
    }
    oneshot_from_first_to_last() {
        let (sender, receiver) = oneshot::channel();
        sender.send(1_u64).unwrap();
        black_box(receiver.await.unwrap());
    }
    notify_and_notified(let notify = Notify::new();) {
        notify.notify_one();
        notify.notified().await;
    }
    watch_send(let (sender, _receiver) = watch::channel(0_u64);) { sender.send(1).unwrap(); }
    watch_borrow(let (_sender, receiver) = watch::channel(0_u64);) {
        black_box(*receiver.borrow());
    }
    broadcast_send_and_recv(let (sender, mut receiver) = broadcast::channel(8);) {
        sender.send(1_u64).unwrap();
        black_box(receiver.recv().await.unwrap());
    }
    once_cell_get(let cell = OnceCell::new_with(Some(1_u64));) { black_box(cell.get()); }
    once_cell_get_or_init(let cell = OnceCell::new_with(Some(1_u64));) {
        black_box(cell.get_or_init(|| async { 2 }).await);
    }
}

fn main() -> ExitCode {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with('-')).collect();
    let agent = taskscope::Agent::builder().bind("127.0.0.1:0".parse().unwrap()).start().unwrap();
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    std::thread::sleep(Duration::from_millis(50));
    println!("{:<28}{:>10}{:>10}{:>10}   ns an operation", "", "tokio", "taskscope", "more");
    let mut fits = true;
    for (name, tokios, ours) in ALL {
        if !wanted.is_empty() && !wanted.iter().any(|part| name.contains(part.as_str())) {
            continue;
        }
        let (mut best_of_tokio, mut best_of_ours) = (Duration::MAX, Duration::MAX);
        for _ in 0..ROUNDS {
            best_of_tokio = best_of_tokio.min(tokios(&runtime));
            best_of_ours = best_of_ours.min(ours(&runtime));
        }
        let nanos = |time: Duration| time.as_secs_f64() * 1e9 / f64::from(OPERATIONS);
        let (tokio, ours) = (nanos(best_of_tokio), nanos(best_of_ours));
        println!("{name:<28}{tokio:>10.1}{ours:>10.1}{:>10.1}", ours - tokio);
        fits &= ours - tokio <= MOST;
    }
    drop(agent);
    if fits { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

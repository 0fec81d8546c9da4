//! What a spawn with its end costs on 1 to 16 threads, tracked beside bare: where threads meet at
//! a lock or a counter, the processor time of one grows with the threads.
//!
//! `scaling [bare|tracked THREADS]`: all of them, or one of them for a profiler.

use std::hint::black_box;
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Runtime};

/// Tasks of one measurement, all threads together.
const TASKS: u64 = 800_000;
/// Measurements of each, in turn; the smallest counts.
const ROUNDS: usize = 5;

/// Time of the processors that this process has had, threads that ended included.
fn processor_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit_once(") ").map_or("", |(_, fields)| fields);
    let mut fields = fields.split(' ').skip(11).map(|field| field.parse::<u64>().unwrap_or(0));
    let ticks = fields.next().unwrap_or(0) + fields.next().unwrap_or(0);
    // A hundred a second on every Linux there is.
    Duration::from_millis(ticks * 10)
}

async fn drive(tracked: bool, tasks: u64) {
    for i in 0..tasks {
        let work = async move {
            black_box(i);
        };
        if tracked {
            taskscope::spawn(work).await.expect("it ends");
        } else {
            tokio::spawn(work).await.expect("it ends");
        }
    }
}

/// Nanoseconds of wall time and of the processors, for each task.
fn measure(runtime: &Runtime, tracked: bool, threads: u64) -> (f64, f64) {
    let (start, before) = (Instant::now(), processor_time());
    runtime.block_on(async {
        let drivers: Vec<_> =
            (0..threads).map(|_| tokio::spawn(drive(tracked, TASKS / threads))).collect();
        for driver in drivers {
            driver.await.expect("it ends");
        }
    });
    let each = |time: Duration| time.as_nanos() as f64 / TASKS as f64;
    (each(start.elapsed()), each(processor_time() - before))
}

fn main() {
    let port = "127.0.0.1:0".parse().expect("an address");
    let _agent = taskscope::Agent::builder().bind(port).start().expect("an agent");
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (only, wanted) = match &arguments[..] {
        [] => (None, vec![1, 2, 4, 8, 16]),
        [which, threads] => (Some(which == "tracked"), vec![threads.parse().expect("a number")]),
        _ => panic!("scaling [bare|tracked THREADS]"),
    };
    println!(
        "| threads | bare: wall, CPU ns | tracked: wall, CPU ns | more CPU |\n|---|---|---|---|"
    );
    for threads in wanted {
        let workers = usize::try_from(threads).expect("few");
        let runtime = Builder::new_multi_thread().worker_threads(workers).build().expect("one");
        let mut best = [(f64::MAX, f64::MAX); 2];
        for round in 0..ROUNDS * 2 {
            let tracked = round % 2 == 1;
            if only.is_some_and(|only| only != tracked) {
                continue;
            }
            let (wall, processor) = measure(&runtime, tracked, threads);
            let best = &mut best[usize::from(tracked)];
            *best = (best.0.min(wall), best.1.min(processor));
        }
        let [bare, tracked] = best;
        if only.is_some() {
            println!("| {threads} | {:.0}, {:.0} |", bare.0.min(tracked.0), bare.1.min(tracked.1));
            continue;
        }
        println!(
            "| {threads} | {:.0}, {:.0} | {:.0}, {:.0} | {:+.0} ns |",
            bare.0,
            bare.1,
            tracked.0,
            tracked.1,
            tracked.1 - bare.1
        );
    }
}

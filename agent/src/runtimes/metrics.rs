//! What one runtime says of itself at one moment.
//!
//! Stable tokio tells little, and the busy time and the parks of workers only where there are
//! atomics of 64 bits; `--cfg tokio_unstable` tells the rest. What is not told is `None`.

use taskscope_proto::limits::MAX_WORKERS;
use taskscope_proto::model::RuntimeFlavor;
use tokio::runtime::{self, Handle, RuntimeMetrics};

/// See the [module](self).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reading {
    /// The number of the runtime.
    pub(crate) number: u16,
    pub(crate) flavor: RuntimeFlavor,
    pub(crate) worker_count: usize,
    /// The first [`MAX_WORKERS`] of them.
    pub(crate) workers: Vec<WorkerReading>,
    pub(crate) alive_tasks: u64,
    pub(crate) global_queue_depth: u64,
    pub(crate) blocking_threads: Option<u64>,
    pub(crate) idle_blocking_threads: Option<u64>,
    pub(crate) blocking_queue_depth: Option<u64>,
}

/// One worker.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct WorkerReading {
    /// How long it has been busy since it started, nanoseconds. A stretch of work counts when it
    /// is over: when the worker parks, and now and then before.
    pub(crate) busy_ns: Option<u64>,
    pub(crate) parks: Option<u64>,
    /// Parks and unparks: it is odd while the worker sleeps.
    pub(crate) parks_and_unparks: Option<u64>,
    pub(crate) local_queue_depth: Option<u64>,
    pub(crate) steals: Option<u64>,
}

impl WorkerReading {
    /// Whether it sleeps.
    pub(crate) fn parked(&self) -> Option<bool> {
        self.parks_and_unparks.map(|count| count % 2 == 1)
    }
}

impl Reading {
    pub(super) fn of(number: u16, handle: &Handle) -> Self {
        let metrics = handle.metrics();
        let worker_count = metrics.num_workers();
        let workers = (0..worker_count.min(MAX_WORKERS)).map(|at| worker(&metrics, at));
        let reading = Self {
            number,
            flavor: match handle.runtime_flavor() {
                runtime::RuntimeFlavor::CurrentThread => RuntimeFlavor::CurrentThread,
                runtime::RuntimeFlavor::MultiThread => RuntimeFlavor::MultiThread,
                _ => RuntimeFlavor::Unknown,
            },
            worker_count,
            workers: workers.collect(),
            alive_tasks: metrics.num_alive_tasks() as u64,
            global_queue_depth: metrics.global_queue_depth() as u64,
            blocking_threads: None,
            idle_blocking_threads: None,
            blocking_queue_depth: None,
        };
        unstable(reading, &metrics)
    }
}

fn worker(metrics: &RuntimeMetrics, at: usize) -> WorkerReading {
    queue(work(WorkerReading::default(), metrics, at), metrics, at)
}

#[cfg(target_has_atomic = "64")]
fn work(worker: WorkerReading, metrics: &RuntimeMetrics, at: usize) -> WorkerReading {
    WorkerReading {
        busy_ns: u64::try_from(metrics.worker_total_busy_duration(at).as_nanos()).ok(),
        parks: Some(metrics.worker_park_count(at)),
        parks_and_unparks: Some(metrics.worker_park_unpark_count(at)),
        ..worker
    }
}

#[cfg(not(target_has_atomic = "64"))]
fn work(worker: WorkerReading, _metrics: &RuntimeMetrics, _at: usize) -> WorkerReading {
    worker
}

#[cfg(tokio_unstable)]
fn queue(worker: WorkerReading, metrics: &RuntimeMetrics, at: usize) -> WorkerReading {
    WorkerReading {
        local_queue_depth: Some(metrics.worker_local_queue_depth(at) as u64),
        steals: Some(metrics.worker_steal_count(at)),
        ..worker
    }
}

#[cfg(not(tokio_unstable))]
fn queue(worker: WorkerReading, _metrics: &RuntimeMetrics, _at: usize) -> WorkerReading {
    worker
}

#[cfg(tokio_unstable)]
fn unstable(reading: Reading, metrics: &RuntimeMetrics) -> Reading {
    Reading {
        blocking_threads: Some(metrics.num_blocking_threads() as u64),
        idle_blocking_threads: Some(metrics.num_idle_blocking_threads() as u64),
        blocking_queue_depth: Some(metrics.blocking_queue_depth() as u64),
        ..reading
    }
}

#[cfg(not(tokio_unstable))]
fn unstable(reading: Reading, _metrics: &RuntimeMetrics) -> Reading {
    reading
}

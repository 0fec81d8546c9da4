//! The runtimes in `taskscope.dump/1`.

use serde::Serialize;
use taskscope_proto::model::{Header, Runtime, Worker};

use super::ages;

/// An entry of `runtimes`.
#[derive(Serialize)]
pub(super) struct RuntimeDump {
    id: u32,
    flavor: &'static str,
    worker_threads: u32,
    busy_ratio: Option<f64>,
    parks: Option<u64>,
    alive_tasks: u64,
    global_queue_depth: u64,
    workers: Vec<WorkerDump>,
    blocking: Option<BlockingDump>,
    stall: Option<StallDump>,
}

#[derive(Serialize)]
struct WorkerDump {
    busy_ratio: Option<f64>,
    parks: Option<u64>,
    parked: Option<bool>,
    local_queue_depth: Option<u64>,
    steals: Option<u64>,
}

#[derive(Serialize)]
struct BlockingDump {
    threads: u64,
    idle_threads: Option<u64>,
    queue_depth: Option<u64>,
}

#[derive(Serialize)]
struct StallDump {
    secs: f64,
    ready_tasks: u64,
}

pub(super) fn runtimes(header: &Header) -> Vec<RuntimeDump> {
    header.runtimes.iter().map(|runtime| dump(header, runtime)).collect()
}

fn dump(header: &Header, from: &Runtime) -> RuntimeDump {
    RuntimeDump {
        id: from.id,
        flavor: from.flavor.name(),
        worker_threads: from.worker_count,
        busy_ratio: from.busy_permille().map(ratio),
        parks: from.parks(),
        alive_tasks: from.alive_tasks,
        global_queue_depth: from.global_queue_depth,
        workers: from.workers.iter().map(worker).collect(),
        blocking: from.blocking_threads.map(|threads| BlockingDump {
            threads,
            idle_threads: from.idle_blocking_threads,
            queue_depth: from.blocking_queue_depth,
        }),
        stall: from.stall.map(|stall| StallDump {
            secs: ages::secs(ages::since(header, stall.since_ms)),
            ready_tasks: stall.ready_tasks,
        }),
    }
}

fn worker(from: &Worker) -> WorkerDump {
    WorkerDump {
        busy_ratio: from.busy_permille.map(ratio),
        parks: from.parks,
        parked: from.parked,
        local_queue_depth: from.local_queue_depth,
        steals: from.steals,
    }
}

fn ratio(permille: u32) -> f64 {
    f64::from(permille) / 1_000.0
}

//! Runtimes and their workers.

use super::enums::flavor_from_wire;
use super::{ConvertError, at_most};
use crate::limits::MAX_WORKERS;
use crate::model::{Runtime, Stall, Worker};
use crate::wire;

impl From<&Runtime> for wire::Runtime {
    fn from(from: &Runtime) -> Self {
        Self {
            id: from.id,
            flavor: wire::RuntimeFlavor::from(from.flavor).into(),
            worker_count: from.worker_count,
            workers: from.workers.iter().take(MAX_WORKERS).map(|worker| (*worker).into()).collect(),
            alive_tasks: from.alive_tasks,
            global_queue_depth: from.global_queue_depth,
            blocking_threads: from.blocking_threads,
            idle_blocking_threads: from.idle_blocking_threads,
            blocking_queue_depth: from.blocking_queue_depth,
            stall: from.stall.map(Into::into),
        }
    }
}

impl TryFrom<wire::Runtime> for Runtime {
    type Error = ConvertError;

    fn try_from(from: wire::Runtime) -> Result<Self, ConvertError> {
        at_most("workers of a runtime", from.workers.len(), "MAX_WORKERS", MAX_WORKERS)?;
        Ok(Self {
            id: from.id,
            flavor: flavor_from_wire(from.flavor),
            worker_count: from.worker_count,
            workers: from.workers.into_iter().map(Into::into).collect(),
            alive_tasks: from.alive_tasks,
            global_queue_depth: from.global_queue_depth,
            blocking_threads: from.blocking_threads,
            idle_blocking_threads: from.idle_blocking_threads,
            blocking_queue_depth: from.blocking_queue_depth,
            stall: from.stall.map(Into::into),
        })
    }
}

impl From<Worker> for wire::Worker {
    fn from(from: Worker) -> Self {
        let Worker { busy_permille, parks, parked, local_queue_depth, steals } = from;
        Self { busy_permille, parks, parked, local_queue_depth, steals }
    }
}

impl From<wire::Worker> for Worker {
    fn from(from: wire::Worker) -> Self {
        let wire::Worker { busy_permille, parks, parked, local_queue_depth, steals } = from;
        Self { busy_permille, parks, parked, local_queue_depth, steals }
    }
}

impl From<Stall> for wire::Stall {
    fn from(from: Stall) -> Self {
        Self { since_ms: from.since_ms, ready_tasks: from.ready_tasks }
    }
}

impl From<wire::Stall> for Stall {
    fn from(from: wire::Stall) -> Self {
        Self { since_ms: from.since_ms, ready_tasks: from.ready_tasks }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::MAX_RUNTIMES;
    use crate::model::{Header, RuntimeFlavor};

    fn runtime() -> Runtime {
        let worker = Worker {
            busy_permille: Some(1_000),
            parks: Some(7),
            parked: Some(false),
            local_queue_depth: None,
            steals: Some(0),
        };
        Runtime {
            id: 1,
            flavor: RuntimeFlavor::MultiThread,
            worker_count: 2,
            workers: vec![worker, Worker::default()],
            alive_tasks: 9,
            global_queue_depth: 3,
            blocking_threads: Some(4),
            idle_blocking_threads: Some(0),
            blocking_queue_depth: None,
            stall: Some(Stall { since_ms: 5, ready_tasks: 6 }),
        }
    }

    #[test]
    fn a_runtime_survives_the_way_there_and_back() {
        for runtime in [runtime(), Runtime::default()] {
            assert_eq!(Runtime::try_from(wire::Runtime::from(&runtime)), Ok(runtime));
        }
    }

    #[test]
    fn more_workers_and_runtimes_than_allowed_are_cut_on_the_way_out_and_refused_on_the_way_in() {
        let many = Runtime { workers: vec![Worker::default(); MAX_WORKERS + 1], ..runtime() };
        let mut wire = wire::Runtime::from(&many);
        assert_eq!(wire.workers.len(), MAX_WORKERS);
        wire.workers.push(wire::Worker::default());
        let error = Runtime::try_from(wire).unwrap_err().to_string();
        assert!(error.contains("limits::MAX_WORKERS"), "{error}");

        let many = Header { runtimes: vec![runtime(); MAX_RUNTIMES + 1], ..Header::default() };
        let mut wire = wire::Header::from(&many);
        assert_eq!(wire.runtimes.len(), MAX_RUNTIMES);
        wire.runtimes.push(wire::Runtime::default());
        let error = Header::try_from(wire).unwrap_err().to_string();
        assert!(error.contains("limits::MAX_RUNTIMES"), "{error}");
    }

    #[test]
    fn the_mean_is_of_the_workers_that_are_known() {
        let mut runtime = runtime();
        assert_eq!((runtime.busy_permille(), runtime.parks()), (Some(1_000), Some(7)));
        runtime.workers.remove(0);
        assert_eq!((runtime.busy_permille(), runtime.parks()), (None, None));
    }
}

//! What runtimes do, in words.

use taskscope_proto::model::{Header, Runtime};

use super::numbers::{age, bytes, count, counted};

/// What is known of a runtime besides its workers' business: `12 tasks, 3 queued`.
pub fn load(runtime: &Runtime) -> String {
    let mut words = vec![counted(runtime.alive_tasks, "task")];
    let local = runtime.workers.iter().filter_map(|worker| worker.local_queue_depth);
    let queued = local.fold(runtime.global_queue_depth, u64::saturating_add);
    words.push(format!("{} queued", count(queued)));
    if let Some(threads) = runtime.blocking_threads {
        let busy = threads.saturating_sub(runtime.idle_blocking_threads.unwrap_or(0));
        words.push(format!("{} of {} busy", count(busy), counted(threads, "blocking thread")));
    }
    if let Some(waiting) = runtime.blocking_queue_depth.filter(|waiting| *waiting > 0) {
        words.push(format!("{} waiting for a blocking thread", counted(waiting, "closure")));
    }
    words.join(", ")
}

/// How busy the workers are: `2 workers 43 % busy`; without a number where it is not known.
pub fn business(runtime: &Runtime) -> String {
    let workers = counted(u64::from(runtime.worker_count), "worker");
    match runtime.busy_permille() {
        Some(busy) => format!("{workers} {} % busy", (busy + 5) / 10),
        None => format!("{workers}, how busy is not known"),
    }
}

/// Something about a runtime or the whole process: what it is, how much, and what it means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuntimeFact {
    /// Its name.
    pub name: &'static str,
    /// How much; `None` where it is not known.
    pub value: Option<String>,
    /// What it means, or how to get to know it.
    pub meaning: &'static str,
}

impl RuntimeFact {
    fn new(name: &'static str, value: Option<String>, meaning: &'static str) -> Self {
        Self { name, value, meaning }
    }
}

/// Everything that is known of a runtime besides its single workers, and what is not.
pub fn facts(runtime: &Runtime) -> Vec<RuntimeFact> {
    let local = runtime.workers.iter().map(|worker| worker.local_queue_depth);
    let local: Option<u64> = local.sum::<Option<u64>>().filter(|_| !runtime.workers.is_empty());
    let threads = runtime.blocking_threads.map(|threads| {
        let busy = threads.saturating_sub(runtime.idle_blocking_threads.unwrap_or(0));
        format!("{} of {} busy", count(busy), count(threads))
    });
    vec![
        RuntimeFact::new(
            "workers",
            Some(business(runtime)),
            "How much of the last seconds they spent in polls. Near 100 % tasks wait for a worker.",
        ),
        RuntimeFact::new(
            "tasks alive",
            Some(count(runtime.alive_tasks)),
            "Of all tasks of the runtime, tracked or not.",
        ),
        RuntimeFact::new(
            "shared queue",
            Some(count(runtime.global_queue_depth)),
            "Tasks that are ready and wait in the queue that all workers share.",
        ),
        RuntimeFact::new(
            "workers' queues",
            local.map(count),
            "Tasks that are ready and wait in a worker's own queue. Only a service built with \
             --cfg tokio_unstable tells.",
        ),
        RuntimeFact::new(
            "went to sleep",
            runtime.parks().map(|parks| format!("{} times", count(parks))),
            "How often workers found nothing to do.",
        ),
        RuntimeFact::new(
            "threads for blocking",
            threads,
            "Those that run spawn_blocking and file operations. Only a service built with \
             --cfg tokio_unstable tells.",
        ),
        RuntimeFact::new(
            "closures that wait",
            runtime.blocking_queue_depth.map(count),
            "For a thread for blocking. Only a service built with --cfg tokio_unstable tells.",
        ),
    ]
}

/// How much of the process is seen, and what that costs it.
pub fn process_facts(header: &Header) -> Vec<RuntimeFact> {
    let coverage = header.coverage;
    let tracked = count(coverage.tracked);
    let seen = match coverage.alive {
        None => format!("{tracked} tracked, of all: not known"),
        Some(alive) => {
            let percent = coverage.tracked.saturating_mul(100) / alive.max(1);
            format!("{tracked} of {} ({} %)", count(alive), percent.min(100))
        }
    };
    let limit = header.memory_limit_bytes.map(|limit| match header.memory_current_bytes {
        Some(current) => format!("{} of {}", bytes(current), bytes(limit)),
        None => bytes(limit),
    });
    vec![
        RuntimeFact::new(
            "tasks tracked",
            Some(seen),
            "Tasks spawned past the agent are not seen: taskscope-tokio in tokio's place tracks all \
             that the service itself spawns, .tracked() any other.",
        ),
        RuntimeFact::new("resident memory", header.rss_bytes.map(bytes), "Of the whole process."),
        RuntimeFact::new(
            "control group",
            limit,
            "What it uses, cached files included, of what it may. Nothing where it has no limit.",
        ),
        RuntimeFact::new(
            "the agent itself",
            header.agent_bytes.map(bytes),
            "Its memory, roughly. Unless set otherwise its threads take a hundredth of a core for \
             captures and two for profiles.",
        ),
        RuntimeFact::new(
            "captures to come",
            Some(count(header.captures_pending)),
            "Parked tasks whose await tree is still to be captured, within the budget.",
        ),
    ]
}

/// That a runtime stands still, if it does.
pub fn stall(runtime: &Runtime, header: &Header) -> Option<String> {
    let stall = runtime.stall?;
    let for_ms = header.now_ms.saturating_sub(stall.since_ms);
    let (verb, ready) = match stall.ready_tasks {
        1 => ("is", counted(1, "task")),
        several => ("are", counted(several, "task")),
    };
    Some(format!(
        "no worker of runtime {} has polled anything for {} while {ready} {verb} ready",
        runtime.id,
        age(std::time::Duration::from_millis(for_ms)),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use taskscope_proto::model::{Stall, Worker};

    #[test]
    fn what_is_not_known_is_not_in_the_words() {
        let worker = Worker { busy_permille: Some(426), ..Worker::default() };
        let stable = Runtime {
            id: 1,
            worker_count: 2,
            workers: vec![worker; 2],
            alive_tasks: 12,
            global_queue_depth: 3,
            ..Runtime::default()
        };
        assert_eq!(business(&stable), "2 workers 43 % busy");
        assert_eq!(load(&stable), "12 tasks, 3 queued");
        let worker = Worker { local_queue_depth: Some(4), ..Worker::default() };
        let unstable = Runtime {
            worker_count: 1,
            workers: vec![worker],
            blocking_threads: Some(5),
            idle_blocking_threads: Some(1),
            blocking_queue_depth: Some(2),
            ..stable
        };
        assert_eq!(business(&unstable), "1 worker, how busy is not known");
        let expected = "12 tasks, 7 queued, 4 of 5 blocking threads busy, 2 closures waiting for \
                        a blocking thread";
        assert_eq!(load(&unstable), expected);
    }

    #[test]
    fn what_is_not_known_is_a_fact_without_a_value() {
        let worker = Worker { parks: Some(3), ..Worker::default() };
        let stable = Runtime { workers: vec![worker; 2], ..Runtime::default() };
        let value = |runtime: &Runtime, name| {
            facts(runtime).into_iter().find(|fact| fact.name == name).and_then(|fact| fact.value)
        };
        assert_eq!(value(&stable, "workers' queues"), None);
        assert_eq!(value(&stable, "threads for blocking"), None);
        assert_eq!(value(&stable, "went to sleep").as_deref(), Some("6 times"));
        let worker = Worker { local_queue_depth: Some(4), ..Worker::default() };
        let unstable = Runtime { workers: vec![worker; 2], ..stable };
        assert_eq!(value(&unstable, "workers' queues").as_deref(), Some("8"));
    }

    #[test]
    fn a_stall_says_for_how_long_and_who_waits() {
        let header = Header { now_ms: 95_000, ..Header::default() };
        let mut runtime = Runtime { id: 2, ..Runtime::default() };
        assert_eq!(stall(&runtime, &header), None);
        for (ready_tasks, end) in [(1, "1 task is ready"), (12, "12 tasks are ready")] {
            runtime.stall = Some(Stall { since_ms: 3_000, ready_tasks });
            let words = stall(&runtime, &header).expect("a stall");
            let start = "no worker of runtime 2 has polled anything for 1 m 32 s while";
            assert_eq!(words, format!("{start} {end}"));
        }
    }
}

//! What runtimes do, in words.

use taskscope_proto::model::{Header, Runtime};

use super::numbers::{age, count, counted};

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

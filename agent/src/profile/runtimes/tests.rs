use super::*;

fn worker(busy_ms: u64, parks_and_unparks: u64) -> WorkerReading {
    WorkerReading {
        busy_ns: Some(busy_ms * 1_000_000),
        parks: Some(parks_and_unparks.div_ceil(2)),
        parks_and_unparks: Some(parks_and_unparks),
        ..WorkerReading::default()
    }
}

fn reading(flavor: RuntimeFlavor, workers: &[WorkerReading]) -> Reading {
    Reading {
        number: 1,
        flavor,
        worker_count: workers.len(),
        workers: workers.to_vec(),
        alive_tasks: 1,
        global_queue_depth: 0,
        blocking_threads: None,
        idle_blocking_threads: None,
        blocking_queue_depth: None,
    }
}

/// What is seen of workers over some seconds, one look a second.
fn watch(flavor: RuntimeFlavor, a_task_runs: bool, seconds: &[&[WorkerReading]]) -> Watched {
    let mut looks = (0..).zip(seconds).map(|(second, now)| (second * 1_000, reading(flavor, now)));
    let (start, first) = looks.next().unwrap();
    let mut watched = Watched::new(start, first);
    looks.for_each(|(now_ms, reading)| watched.look(now_ms, reading, a_task_runs));
    watched
}

const MULTI: RuntimeFlavor = RuntimeFlavor::MultiThread;

fn busy(watched: &Watched) -> Vec<Option<u32>> {
    watched.describe(None).workers.iter().map(|worker| worker.busy_permille).collect()
}

#[test]
fn a_worker_is_as_busy_as_it_says_and_one_that_is_stuck_in_a_poll_wholly() {
    let watched = watch(
        MULTI,
        true,
        &[
            &[worker(0, 1), worker(0, 2), worker(0, 1)],
            &[worker(250, 3), worker(0, 2), worker(0, 1)],
            &[worker(500, 5), worker(0, 2), worker(0, 1)],
        ],
    );
    assert_eq!(busy(&watched), [Some(250), Some(1_000), Some(0)]);
}

#[test]
fn the_end_of_a_long_poll_does_not_count_twice() {
    let stuck = worker(0, 2);
    let after = worker(3_000, 3);
    let watched = watch(MULTI, true, &[&[stuck], &[stuck], &[stuck], &[after], &[after], &[after]]);
    assert_eq!(busy(&watched), [Some(600)]);
}

#[test]
fn of_a_thread_that_may_not_be_in_block_on_nothing_is_guessed() {
    let awake: &[WorkerReading] = &[worker(0, 2)];
    let seconds = [awake, awake, awake];
    assert_eq!(busy(&watch(RuntimeFlavor::CurrentThread, false, &seconds)), [None]);
    assert_eq!(busy(&watch(RuntimeFlavor::CurrentThread, true, &seconds)), [Some(1_000)]);
}

#[test]
fn a_runtime_stands_still_only_with_ready_tasks_and_a_worker_that_is_awake() {
    let awake = worker(0, 2);
    let asleep = worker(0, 1);
    let unmoved = |workers: &[WorkerReading]| watch(MULTI, true, &[workers, workers, workers]);
    let stall = |watched: &Watched, ready, never_polled, polled| {
        watched.stall(2_000, ready, never_polled, polled)
    };
    let all = |ready_tasks| Some(Stall { since_ms: 0, ready_tasks });
    // Every worker is in a poll that does not end.
    assert_eq!(stall(&unmoved(&[awake, awake]), 3, 4, 0), all(7));
    // Nobody waits.
    assert_eq!(stall(&unmoved(&[awake, awake]), 0, 0, 0), None);
    // One sleeps: what waits is in the other's own queue, but not what was never polled.
    assert_eq!(stall(&unmoved(&[awake, asleep]), 3, 4, 0), all(3));
    assert_eq!(stall(&unmoved(&[awake, asleep]), 0, 4, 0), None);
    // Idle.
    assert_eq!(stall(&unmoved(&[asleep, asleep]), 3, 4, 0), None);
    // A task was polled meanwhile, though no worker has told of it yet.
    assert_eq!(stall(&unmoved(&[awake, awake]), 3, 0, 1_500), None);
    assert_eq!(
        stall(&unmoved(&[awake, awake]), 3, 0, 900),
        Some(Stall { since_ms: 900, ready_tasks: 3 })
    );
    // A worker told of work a moment ago.
    let moved = watch(MULTI, true, &[&[awake], &[awake], &[worker(500, 4)]]);
    assert_eq!(stall(&moved, 3, 0, 0), None);
}

#[test]
fn a_runtime_without_tasks_is_left_out_when_nothing_stirs() {
    let watched = watch(MULTI, false, &[&[worker(0, 1)]]);
    assert!(!watched.is_gone(GONE_AFTER_MS * 2), "it has a task");
    let mut empty = watched;
    empty.reading.alive_tasks = 0;
    assert!(!empty.is_gone(GONE_AFTER_MS) && empty.is_gone(GONE_AFTER_MS + 1));
}

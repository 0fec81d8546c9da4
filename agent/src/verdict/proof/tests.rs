use super::*;

/// Evidence in a few words, one a piece:
///
/// - `1:2` task 1 is parked, with two living wakers.
/// - `1>a` task 1 waits for the lock `a`; `1>a?` likewise, in a boxed future; `1>r:a` to read,
///   `1>w:a` to write; `1>=2,3` for the end of task 2 or 3; `1>=*` for those of unknown tasks;
///   `1>?` for anything; `1>>a` with a waker of another's.
/// - `a=1` task 1 holds `a` alone; `r:a=1` it reads; `a=1?` its guard may be elsewhere; `a=*`
///   there are other holders, too.
///
/// Waits are numbered in the order in which they are listed.
fn evidence(words: &str) -> Evidence {
    let mut evidence = Evidence::default();
    let lock = |name: &str| u64::from(name.bytes().next().unwrap());
    for (at, word) in (0..).zip(words.split_whitespace()) {
        if let Some((task, rest)) = word.split_once('>') {
            let (direct, rest) = rest.strip_prefix('>').map_or((true, rest), |rest| (false, rest));
            let (inline, name) = rest.strip_suffix('?').map_or((true, rest), |name| (false, name));
            let what = match name.split_once([':', '=']) {
                Some(("r", name)) => For::Read(lock(name)),
                Some(("w", name)) => For::Write(lock(name)),
                Some((_, "*")) => For::Tasks(None),
                Some((_, tasks)) => {
                    For::Tasks(Some(tasks.split(',').map(|task| task.parse().unwrap()).collect()))
                }
                None if name.is_empty() => For::Anything,
                None => For::Lock(lock(name)),
            };
            // Each begins when the one before stands in its queue.
            let (began, queued) = (at, at + 1);
            let task = task.parse().unwrap();
            evidence.waits.push(Wait { task, what, direct, inline, began, queued });
        } else if let Some((name, holder)) = word.split_once('=') {
            let (exclusive, name) = name.strip_prefix("r:").map_or((true, name), |n| (false, n));
            let holds = evidence.holds.entry(lock(name)).or_default();
            let (sure, task) = holder.strip_suffix('?').map_or((true, holder), |t| (false, t));
            match task.parse() {
                Ok(task) => holds.known.push(Hold { task, exclusive, sure }),
                Err(_) => holds.and_others = true,
            }
        } else if let Some((id, wakers)) = word.split_once(':') {
            let (id, wakers) = (id.parse().unwrap(), wakers.parse().unwrap());
            evidence.parked.push(Parked { id, wakers });
        }
    }
    evidence
}

fn check(words: &str, expected: &[u64]) {
    assert_eq!(proven(&evidence(words)), expected, "{words}");
}

#[test]
fn a_task_without_a_waker_never_runs_again_and_nobody_else_is_proven_of_nothing() {
    check("1:0 2:1", &[1]);
    check("1:1 1>?", &[]);
    check("", &[]);
}

#[test]
fn locks_taken_in_opposite_order_are_a_cycle() {
    check("1:1 2:1 a=1 b=2 1>b 2>a", &[1, 2]);
    // A third one waits for the cycle, a fourth for the third.
    check("1:1 2:1 3:1 4:1 a=1 b=2 c=3 1>b 2>a 3>a 4>c", &[1, 2, 3, 4]);
    // The second has a deadline.
    check("1:1 2:2 a=1 b=2 1>b 2>a", &[]);
    // The second waits for something else, too.
    check("1:1 2:2 a=1 b=2 1>b 2>a 2>?", &[]);
    // The holder is not parked.
    check("1:1 a=1 b=2 1>b 2>a", &[]);
}

#[test]
fn a_guard_that_may_be_elsewhere_proves_nothing() {
    check("1:1 2:1 a=1? b=2 1>b 2>a", &[]);
    check("1:1 2:1 a=1 b=2? 1>b 2>a", &[]);
    check("1:1 a=1 1>a", &[1]);
    check("1:1 a=1? 1>a", &[]);
}

#[test]
fn a_lock_held_by_a_task_that_can_never_run_again_is_never_free() {
    check("1:0 2:1 3:1 a=1 b=2 2>a 3>b", &[1, 2, 3]);
    check("1:0 2:1 a=1? 2>a", &[1]);
}

#[test]
fn a_wait_with_the_waker_of_a_combinator_accounts_for_no_waker() {
    check("1:1 a=1 1>>a", &[]);
}

#[test]
fn readers_hold_a_writer_up_and_a_queued_writer_readers() {
    // Reads, and wants to write.
    check("1:1 r:a=1 1>w:a", &[1]);
    // Reads, a writer queues, reads again.
    check("1:1 2:1 r:a=1 2>w:a 1>r:a", &[1, 2]);
    // The other way round the second read was there first, and is served.
    check("1:1 2:1 r:a=1 1>r:a 2>w:a", &[]);
    // A reader does not hold up a reader.
    check("1:1 r:a=1 1>r:a", &[]);
    // A writer does.
    check("1:1 2:1 a=1 b=2 1>b 2>r:a", &[1, 2]);
    // The queued writer gives up after a while.
    check("1:1 2:2 r:a=1 2>w:a 1>r:a", &[]);
    // One of many readers is stuck: that is enough for a writer.
    check("1:0 2:1 r:a=3 r:a=1 a=* 2>w:a", &[1, 2]);
    check("1:0 2:1 r:a=3 a=* 2>w:a", &[1]);
}

#[test]
fn tasks_that_wait_for_each_others_ends_are_a_cycle() {
    check("1:1 2:1 1>=2 2>=1", &[1, 2]);
    check("1:1 1>=1", &[1]);
    check("1:1 2:0 3:0 1>=2,3", &[1, 2, 3]);
    // Any of them would do, and one may end.
    check("1:1 2:0 3:1 1>=2,3 3>?", &[2]);
    check("1:1 2:0 1>=*", &[2]);
    // What it waits for has ended: it is about to be woken.
    check("1:1 1>=9", &[]);
}

#[test]
fn a_wait_for_none_of_any_tasks_lasts_for_nobody() {
    let mut nobody = evidence("1:1 1>=2");
    nobody.waits[0].what = For::Tasks(Some(Vec::new()));
    assert_eq!(proven(&nobody), []);
}

#[test]
fn a_lock_granted_to_a_future_that_is_not_polled_is_never_free() {
    // Two waits for one lock, one waker: the other was used up when the lock was granted.
    check("1:1 1>a 1>a", &[1]);
    check("1:1 2:1 1>a 1>a 2>a", &[1, 2]);
    // Or it waits for nothing any more.
    check("1:0 2:1 1>a 2>a", &[1, 2]);
    // Nothing was granted yet: somebody holds it.
    check("1:2 a=9 1>a 1>a", &[]);
    // The dormant future lies in a box: another task may have it by now.
    check("1:1 1>a? 1>a", &[]);
    // The wakers of waits for several things: which was granted is not known.
    check("1:1 1>a 1>b", &[]);
    // Somebody holds it by now.
    check("1:1 1>a 1>a a=9", &[]);
}

#[test]
fn long_queues_and_long_chains_take_no_time_to_speak_of() {
    use std::fmt::Write;
    let mut words = String::from("1:0");
    for task in 2..20_000_u64 {
        write!(words, " {task}:1 {task}>={}", task - 1).unwrap();
    }
    let all = evidence(&words);
    assert_eq!(proven(&all).len(), 19_999);
    let alive = evidence(&words.replacen("1:0", "1:1", 1));
    assert_eq!(proven(&alive), []);
}

//! What happened, and what the store makes of it.

use std::time::Duration;

use super::*;
use taskscope_proto::model::Header;

fn at(secs: u64) -> Moment {
    Duration::from_secs(secs)
}

fn failure() -> Failure {
    Failure {
        tried: "connect to x".into(),
        cause: "refused".into(),
        advice: "start it".into(),
        hopeless: false,
    }
}

fn connected(run_id: u64, pid: u32) -> Happening {
    Happening::Connected(Arc::new(Process { run_id, pid, ..Process::default() }))
}

fn profile(now_ms: u64) -> Happening {
    let header = Header { now_ms, ..Header::default() };
    Happening::Profile(Arc::new(Profile { header, ..Profile::default() }))
}

fn down() -> Happening {
    Happening::Down { failure: failure(), retry_in: Some(at(3)) }
}

fn store(happenings: impl IntoIterator<Item = Happening>) -> Store {
    let mut store = Store::default();
    store.follow(1, Some("x".into()), at(0));
    for (second, happening) in (1..).zip(happenings) {
        store.apply(Event { session: 1, happening }, at(second));
    }
    store
}

#[test]
fn a_reconnect_to_the_same_run_keeps_what_was_known() {
    let store = store([connected(7, 1), profile(500), down(), connected(7, 1)]);
    assert!(store.profile().is_some());
    assert_eq!(store.restart(), None);
    assert_eq!(store.connection(), &Connection::Live { since: at(4) });
}

#[test]
fn a_restart_puts_the_old_run_aside_and_says_so() {
    let store = store([connected(7, 41), profile(500), down(), connected(8, 42)]);
    assert!(store.profile().is_none());
    assert!(store.history().is_empty());
    assert_eq!(store.restart(), Some(&Restart { at: at(4), old_pid: 41 }));
    let before = store.before().expect("the run before");
    assert_eq!((before.run(), store.run()), (1, 2));
    assert_eq!(before.profile().map(|profile| profile.header.now_ms), Some(500));
    assert_eq!(before.process().map(|process| process.pid), Some(41));
    assert_eq!(before.connection(), &Connection::Idle);
}

#[test]
fn one_run_before_is_kept_and_one_that_told_nothing_is_none() {
    let ends = |happenings: Vec<Happening>| {
        let store = store(happenings);
        let of = |store: &Store| store.profile().map(|profile| profile.header.now_ms);
        let before = store.before();
        assert!(before.is_none_or(|before| before.before().is_none()));
        (store.run(), before.and_then(of), store.marked().map(|then| then.header.now_ms))
    };
    let (one, two, three) = (connected(1, 1), connected(2, 2), connected(3, 3));
    assert_eq!(ends(vec![one.clone(), profile(500)]), (1, None, None));
    let silent = vec![one.clone(), profile(500), two.clone(), three.clone()];
    assert_eq!(ends(silent), (3, Some(500), Some(500)));
    let told = vec![one, profile(500), two, profile(90), three];
    assert_eq!(ends(told), (3, Some(90), Some(90)));
}

#[test]
fn a_mark_needs_a_state_and_a_new_run_is_compared_with_the_end_of_the_one_before() {
    let mut without = store([connected(7, 1)]);
    without.mark(None);
    assert!(without.marked().is_none());
    let mut store = store([connected(7, 1), profile(500)]);
    store.mark(None);
    assert!(store.marked().is_some());
    store.apply(Event { session: 1, happening: connected(7, 1) }, at(9));
    assert!(store.marked().is_some(), "the same run");
    store.apply(Event { session: 1, happening: profile(800) }, at(9));
    assert!(!store.is_marked_before());
    store.apply(Event { session: 1, happening: connected(8, 2) }, at(9));
    assert_eq!(store.marked().map(|then| then.header.now_ms), Some(800));
    assert!(store.is_marked_before());
    store.forget_mark();
    assert!(store.marked().is_none() && !store.is_marked_before());
}

#[test]
fn while_down_the_last_state_stays_and_the_first_moment_counts() {
    let again = Happening::Connecting;
    let store = store([connected(7, 1), profile(500), down(), again, down()]);
    assert!(store.profile().is_some());
    let Connection::Down { since, retry_at, attempts, .. } = store.connection() else {
        panic!("{:?}", store.connection());
    };
    assert_eq!((*since, *retry_at, *attempts), (at(3), Some(at(8)), 2));
}

#[test]
fn events_of_an_earlier_target_change_nothing() {
    let mut store = store([connected(7, 1)]);
    store.follow(2, Some("y".into()), at(5));
    store.apply(Event { session: 1, happening: profile(500) }, at(6));
    assert!(store.profile().is_none() && store.process().is_none());
}

#[test]
fn a_moment_that_is_looked_at_is_put_together_once() {
    let mut store = store([connected(7, 1), profile(5_000), profile(9_000)]);
    let at = |store: &Store| store.moment(6_000).expect("a moment");
    assert!(!Arc::ptr_eq(&at(&store), &at(&store)), "nobody looks");
    store.stop_at(Some(6_000));
    let kept = at(&store);
    store.apply(Event { session: 1, happening: profile(20_000) }, Duration::from_secs(9));
    store.stop_at(Some(6_000));
    assert!(Arc::ptr_eq(&kept, &at(&store)));
    let page = Ok(Arc::default());
    let resolution = Resolution::Second;
    let learned = Happening::History { ticket: 1, resolution, page };
    store.apply(Event { session: 1, happening: learned }, Duration::from_secs(9));
    assert!(!Arc::ptr_eq(&kept, &at(&store)), "the agent has said more of the past");
    store.stop_at(None);
    assert!(!Arc::ptr_eq(&at(&store), &at(&store)));
}

use std::future::pending;
use std::panic::Location;

use super::*;
use crate::registry::Counted;
use crate::task::record::Kind;
use crate::{labels, task};

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// Of the living tasks with this label, how many are detached, and how many are not.
fn detached(case: &str) -> (usize, usize) {
    let mut count = (0, 0);
    tracker::for_each(|record| {
        let labels = labels::table::get(record.labels.load(Relaxed));
        if labels.get("case").is_some_and(|value| &**value == case) {
            *(if record.detached.load(Relaxed) { &mut count.0 } else { &mut count.1 }) += 1;
        }
    });
    count
}

fn builder(case: &'static str) -> task::Builder<'static> {
    task::Builder::new().labels(crate::labels! { "case" => case })
}

#[test]
fn a_handle_dropped_before_the_end_detaches_its_task() {
    runtime().block_on(async {
        let handles =
            (builder("dropped").spawn(pending::<()>()), builder("dropped").spawn(pending::<()>()));
        assert_eq!(detached("dropped"), (0, 2));
        drop(handles.0);
        assert_eq!(detached("dropped"), (1, 1));
        // One that is given up is nobody's business any more.
        drop(tokio::task::JoinHandle::from(handles.1));
        assert_eq!(detached("dropped"), (1, 1));
    });
}

#[test]
fn a_closure_and_a_local_task_are_detached_too() {
    let runtime = runtime();
    let local = task::LocalSet::new();
    let (release, held) = std::sync::mpsc::sync_channel::<()>(0);
    local.block_on(&runtime, async {
        drop(builder("others").spawn_blocking(move || held.recv()));
        drop(builder("others").spawn_local(pending::<()>()));
        assert_eq!(detached("others"), (2, 0));
    });
    release.send(()).unwrap();
}

#[test]
fn a_task_that_is_awaited_to_its_end_is_never_detached() {
    runtime().block_on(async {
        let handle = builder("awaited").spawn(async {
            tokio::task::yield_now().await;
            detached("awaited")
        });
        assert_eq!(handle.await.unwrap(), (0, 1));
        assert_eq!(detached("awaited"), (0, 0));
    });
}

#[test]
fn a_set_detaches_what_it_lets_go_of_and_nothing_else() {
    runtime().block_on(async {
        let spawner = async {
            let mut set = task::JoinSet::new();
            set.spawn(async {});
            set.join_next().await.unwrap().unwrap();
            set.extend([pending(), pending()]);
            set.spawn_blocking(|| ());
            set.join_next().await.unwrap().unwrap();
            set
        };
        let mut set = builder("set").spawn(spawner).await.unwrap();
        assert_eq!(detached("set"), (0, 2));
        set.detach_all();
        assert_eq!((set.len(), detached("set")), (0, (2, 0)));
        drop(set);
        assert_eq!(detached("set"), (2, 0));
    });
}

#[test]
fn tickets_of_ended_tasks_do_not_pile_up() {
    runtime().block_on(async {
        let mut tickets = Tickets::new();
        let begin = || tracker::begin(Location::caller(), Kind::Task, 0, 0);
        let living: Vec<_> = std::iter::repeat_with(begin).take(100).collect();
        for record in &living {
            tickets.push(Ticket::of(record));
        }
        for _ in 0..10_000 {
            let record = begin();
            tickets.push(Ticket::of(&record));
            end(record);
        }
        assert!(tickets.tickets.len() <= 2 * living.len() + Tickets::FEW, "{tickets:?}");
        tickets.detach();
        assert!(living.iter().all(|record| record.detached.load(Relaxed)));
        for record in living {
            end(record);
        }
    });
}

fn end(record: Counted<Record>) {
    tracker::end(record, crate::task::origin::End::Completed);
}

#[test]
fn a_handle_is_small_and_one_without_a_ticket_finds_nothing() {
    let grown = size_of::<task::JoinHandle<()>>() - size_of::<tokio::task::JoinHandle<()>>();
    assert_eq!(grown, 32);
    assert!(!Ticket::NONE.is_alive());
    drop(DetachOnDrop::disarmed());
}

#[test]
fn an_old_ticket_does_not_reach_the_next_task_in_its_place() {
    let begin = || tracker::begin(Location::caller(), Kind::Task, 0, 0);
    let first = begin();
    let ticket = Ticket::of(&first);
    assert!(ticket.is_alive());
    let place = first.birth.place;
    end(first);
    assert!(!ticket.is_alive());
    let second = begin();
    assert_eq!(second.birth.place, place, "the place is used again");
    ticket.detach();
    assert!(!second.detached.load(Relaxed));
    end(second);
}

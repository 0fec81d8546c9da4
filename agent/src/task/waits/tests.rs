//! Slots and waits by themselves.

use std::future::poll_fn;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use super::*;
use crate::FutureExt as _;

#[track_caller]
fn holders(resource: &Resource) -> Vec<Holder> {
    state(resource.id().unwrap()).unwrap().holders
}

#[test]
fn holders_come_and_go_and_what_is_gone_is_not_read() {
    let resource = Resource::new();
    assert_eq!(holders(&resource), []);
    let seat = Seat::loose();
    let holds: Vec<Hold> = (1..=6).map(|permits| resource.hold(&seat, permits)).collect();
    let seen = state(resource.id().unwrap()).unwrap();
    assert_eq!(seen.holders.iter().map(|h| h.permits).collect::<Vec<_>>(), [1, 2, 3, 4]);
    assert_eq!(seen.more, 2);
    assert!(seen.holders.iter().all(|h| h.ticket() == Ticket::NONE && !h.borrowed));
    holds[1].change(|holder| holder.permits = 70);
    assert_eq!(holders(&resource)[1].permits, 70);
    holds[2].forget(3);
    drop(holds);
    let seen = state(resource.id().unwrap()).unwrap();
    assert_eq!((seen.holders.len(), seen.more, seen.forgotten), (0, 0, 3));
    let id = resource.id().unwrap();
    std::mem::forget(resource.hold_alone(&seat));
    drop(resource);
    assert_eq!(state(id), None);
    // The slot is used again, and knows nothing of before.
    let next = Resource::new();
    assert_eq!(next.id().unwrap().index, id.index);
    assert_eq!(state(id), None);
    assert_eq!(state(next.id().unwrap()), Some(State::default()));
}

#[test]
fn strangers_are_those_polled_since_who_hold_nothing_and_wait_for_nothing() {
    let slot = slot::Slot::new(7);
    slot.lend();
    let holder = Holder { id: 1, place: 1, since: 800, permits: 1, borrowed: true, seen: None };
    let strangers = || {
        let mut ids = slot.read(slot.generation()).unwrap().strangers.to_vec();
        ids.retain(|id| *id != 0);
        ids
    };
    slot.hold_alone(16, &holder);
    slot.note_stranger(2, 792);
    slot.note_stranger(1, 808);
    assert_eq!(strangers(), []);
    slot.note_stranger(2, 800);
    slot.note_stranger((5 << 32) + 3, 808);
    assert_eq!(strangers(), [2, 3]);
    let mut state = slot.read(slot.generation()).unwrap();
    state.has_nothing(2);
    assert_eq!(state.strangers.iter().sum::<u32>(), 3);
    slot.let_go_alone();
    assert_eq!(strangers(), []);
    slot.hold_alone(16, &holder);
    assert_eq!(strangers(), [], "another guard");
}

#[test]
fn the_last_handle_of_a_channel_gives_its_slot_back() {
    let (sender, receiver) = End::pair();
    let id = sender.id().unwrap();
    let further = sender.clone();
    assert_eq!(state(id).unwrap().senders, 2);
    drop((sender, further));
    assert_eq!(state(id).unwrap().senders, 0);
    drop(receiver);
    assert_eq!(state(id), None);
}

#[tokio::test]
async fn a_wait_for_what_is_held_is_known_from_its_first_poll_to_its_end() {
    static RESOURCE: Resource = Resource::new();
    async fn wait() {
        let mut polls = 0;
        let inner = poll_fn(move |cx| {
            polls += 1;
            cx.waker().wake_by_ref();
            if polls < 3 { Poll::Pending } else { Poll::Ready(()) }
        });
        let id = Seat::task();
        let mut watched = pin!(Watched::new(Held(Kind::Mutex, &RESOURCE), inner));
        poll_fn(|cx| {
            assert!(watched.as_mut().poll(cx).is_pending());
            let waits = of_task(id);
            let [wait] = &waits[..] else { panic!("{waits:?}") };
            assert_eq!(wait.about.kind, Kind::Mutex);
            assert_eq!(wait.about.resource, RESOURCE.id());
            assert_eq!(wait.about.made_at.unwrap().file(), file!());
            assert!(wait.direct && wait.inline && wait.registered > wait.began);
            // By another waker, and the wait is not the task's own any more.
            let mut other = Context::from_waker(Waker::noop());
            assert!(watched.as_mut().poll(&mut other).is_pending());
            assert!(!of_task(id)[0].direct);
            Poll::Ready(())
        })
        .await;
        let ((), at) = watched.await;
        assert_eq!(of_task(id).len(), 0);
        let hold = RESOURCE.hold_alone(&Seat::borrowed(at, 0));
        let [holder] = holders(&RESOURCE)[..] else { panic!("one holder") };
        assert!(holder.borrowed && holder.ticket().is_alive());
        assert_eq!(holder.seen, None);
        drop(hold);
    }
    crate::spawn(wait()).await.unwrap();
}

#[tokio::test]
async fn a_part_waits_for_its_task_and_a_box_is_not_inline() {
    let resource = Box::leak(Box::new(Resource::new()));
    let resource = &*resource;
    let wait = async {
        let id = Seat::task();
        let mut watched =
            Box::pin(Watched::new(Held(Kind::Semaphore, resource), std::future::pending::<()>()));
        poll_fn(|cx| {
            assert!(watched.as_mut().poll(cx).is_pending());
            Poll::Ready(())
        })
        .await;
        let waits = of_task(id);
        assert!(waits.len() == 1 && waits[0].direct && !waits[0].inline);
        drop(watched);
        assert!(of_task(id).is_empty());
    };
    crate::spawn(wait.labeled(crate::labels! { "part" => "yes" })).await.unwrap();
}

#[tokio::test]
async fn a_wait_of_nobody_is_not_known() {
    let resource = Resource::new();
    let mut watched =
        pin!(Watched::new(Held(Kind::Mutex, &resource), std::future::pending::<()>()));
    let mut cx = Context::from_waker(Waker::noop());
    assert!(watched.as_mut().poll(&mut cx).is_pending());
    let mut of_it = 0;
    for_each(|wait| of_it += usize::from(wait.about.resource == resource.id()));
    assert_eq!(of_it, 0);
}

/// Looks at every parked task until `check` says that all is seen.
async fn until_seen(check: impl Fn() -> bool + Send + 'static) {
    let look = move || {
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
        while !check() {
            assert!(std::time::Instant::now() < deadline, "not seen in time");
            let _profile = crate::snapshot(crate::SnapshotOptions::default());
        }
    };
    let looking = std::thread::Builder::new().name("look".into()).spawn(look).unwrap();
    while !looking.is_finished() {
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    }
    looking.join().unwrap();
}

fn ids_of(targets: &Targets) -> Vec<u64> {
    match targets {
        Targets::One(ticket) => vec![ticket.to_bits().1],
        Targets::Any(tickets) => tickets.iter().map(|ticket| ticket.to_bits().1).collect(),
        _ => Vec::new(),
    }
}

#[tokio::test]
async fn who_joins_tasks_is_known_with_the_tasks_once_it_was_looked_at() {
    let (ids, told) = std::sync::mpsc::sync_channel(8);
    let announce = move || {
        let ids = ids.clone();
        async move {
            ids.send(Seat::task()).unwrap();
            std::future::pending::<()>().await;
        }
    };
    let target = crate::spawn(announce());
    let abort = target.abort_handle();
    let joining = crate::spawn(async move { target.await.unwrap_err().is_cancelled() });
    let set = crate::spawn(async move {
        let mut set = crate::task::JoinSet::new();
        set.spawn(announce());
        set.spawn(announce());
        set.join_next().await
    });
    tokio::task::yield_now().await;
    until_seen(move || {
        let mut seen = Vec::new();
        for_each(|wait| match wait.about.kind {
            Kind::JoinHandle | Kind::JoinSet => {
                assert!(wait.direct && wait.about.resource.is_none());
                seen.push(ids_of(&wait.about.targets));
            }
            _ => {}
        });
        seen.sort_by_key(Vec::len);
        let found = seen.len() == 2 && seen[0].len() == 1 && seen[1].len() == 2;
        if found {
            let mut ids: Vec<u64> = told.try_iter().collect();
            let mut targets = seen.concat();
            ids.sort_unstable();
            targets.sort_unstable();
            assert_eq!(ids, targets);
        }
        found
    })
    .await;
    abort.abort();
    assert!(joining.await.unwrap());
    set.abort();
    assert!(set.await.is_err());
    let mut left = 0;
    for_each(|wait| {
        left += usize::from(matches!(wait.about.kind, Kind::JoinHandle | Kind::JoinSet));
    });
    assert_eq!(left, 0);
}

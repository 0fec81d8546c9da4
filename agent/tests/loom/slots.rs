//! Slots of resources that come and go, with holders that do, while somebody looks.

use loom::thread;

use super::model;
use super::primitives::Arc;
use super::task::waits::entry::{Holder, Polls, Seen};
use super::task::waits::slot::Slot;

/// A holder of which every field says the same.
fn holder(number: u32) -> Holder {
    let large = u64::from(number);
    let borrowed = number % 2 == 1;
    Holder { id: large, place: large, since: large << 3, permits: number, borrowed, seen: None }
}

/// Something that was seen after so many polls.
fn seen(polls: u64) -> Seen {
    Seen { polls: Polls::of(polls), with_owner: polls % 2 == 1 }
}

/// Panics unless the holder is one that somebody wrote.
fn check(seen: &Holder, known: &[u32]) {
    assert!(known.iter().any(|number| *seen == holder(*number)), "{seen:?}");
}

#[test]
fn a_reader_sees_whole_holders_of_the_resource_that_it_asks_for() {
    model(|| {
        let slot = Arc::new(Slot::new(7));
        slot.lend();
        let first = slot.generation();
        let owner = {
            let slot = slot.clone();
            thread::spawn(move || {
                slot.hold_alone(16, &holder(1));
                slot.let_go_alone();
                slot.take_back();
                // Another resource, with two holders at most.
                slot.lend();
                let entry = slot.hold(1, 32, &holder(2));
                slot.let_go(entry);
                slot.generation()
            })
        };
        if let Some(seen) = slot.read(first) {
            assert!(seen.holders.len() <= 1, "{seen:?}");
            seen.holders.iter().for_each(|seen| check(seen, &[1]));
        }
        let second = owner.join().unwrap();
        assert_eq!(slot.read(first), None);
        assert_eq!(slot.read(second).unwrap().holders, []);
    });
}

#[test]
fn holders_beside_each_other_have_an_entry_each() {
    model(|| {
        let slot = Arc::new(Slot::new(7));
        slot.lend();
        let other = {
            let slot = slot.clone();
            thread::spawn(move || {
                let entry = slot.hold(2, 16, &holder(1));
                slot.let_go(entry);
            })
        };
        let own = slot.hold(1, 16, &holder(2));
        if let Some(seen) = slot.read(slot.generation()) {
            assert!(seen.holders.contains(&holder(2)) && seen.holders.len() <= 2, "{seen:?}");
            seen.holders.iter().for_each(|seen| check(seen, &[1, 2]));
        }
        other.join().unwrap();
        slot.let_go(own);
        assert_eq!(slot.read(slot.generation()).unwrap().holders, []);
    });
}

#[test]
fn the_first_thread_takes_its_entry_again_wherever_it_was_let_go() {
    model(|| {
        let slot = Arc::new(Slot::new(7));
        slot.lend();
        let entry = slot.hold(1, 16, &holder(1));
        let other = {
            let slot = slot.clone();
            thread::spawn(move || {
                slot.let_go(entry);
                let entry = slot.hold(2, 16, &holder(2));
                slot.let_go(entry);
            })
        };
        let own = slot.hold(1, 16, &holder(3));
        other.join().unwrap();
        assert_eq!(slot.read(slot.generation()).unwrap().holders, [holder(3)]);
        slot.let_go(own);
    });
}

#[test]
fn a_holder_that_changes_is_seen_before_or_after() {
    model(|| {
        let slot = Arc::new(Slot::new(7));
        slot.lend();
        let entry = slot.hold(1, 16, &holder(1));
        let owner = {
            let slot = slot.clone();
            thread::spawn(move || slot.change(entry, |known| *known = holder(3)))
        };
        if let Some(seen) = slot.read(slot.generation()) {
            assert_eq!(seen.holders.len(), 1);
            check(&seen.holders[0], &[1, 3]);
        }
        owner.join().unwrap();
        assert_eq!(slot.read(slot.generation()).unwrap().holders, [holder(3)]);
    });
}

#[test]
fn what_was_seen_of_a_holder_counts_for_no_other_round() {
    model(|| {
        let slot = Arc::new(Slot::new(7));
        slot.lend();
        let entry = slot.hold(1, 16, &holder(1));
        let other = {
            let slot = slot.clone();
            // The guard is elsewhere by now, and goes; the task may get another one later.
            thread::spawn(move || {
                slot.let_go(entry);
                slot.hold(1, 16, &holder(1));
            })
        };
        slot.note_seen(1, 1, seen(3));
        let before = slot.read(slot.generation());
        other.join().unwrap();
        let after = slot.read(slot.generation()).unwrap();
        let first = before.filter(|before| before.holders.iter().any(|h| h.seen.is_some()));
        // Of the two rounds it was noted in one at most.
        assert!(first.is_none() || after.holders[0].seen.is_none());
        slot.note_seen(1, 0, seen(4));
        assert_ne!(slot.read(slot.generation()).unwrap().holders[0].seen, Some(seen(4)));
        slot.note_seen(2, 1, seen(5));
        assert_ne!(slot.read(slot.generation()).unwrap().holders[0].seen, Some(seen(5)));
        slot.note_seen(1, 1, seen(6));
        assert_eq!(slot.read(slot.generation()).unwrap().holders[0].seen, Some(seen(6)));
    });
}

#[test]
fn of_the_handles_of_a_channel_one_is_the_last() {
    model(|| {
        let slot = Arc::new(Slot::new(7));
        slot.lend();
        slot.add_handle(true);
        slot.add_handle(false);
        let other = {
            let slot = slot.clone();
            thread::spawn(move || {
                slot.note_use(0, 5);
                slot.drop_handle(true)
            })
        };
        slot.note_use(1, 6);
        let last = slot.drop_handle(false);
        let others_was_last = other.join().unwrap();
        assert!(last != others_was_last);
        slot.take_back();
    });
}

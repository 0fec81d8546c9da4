//! Entries of the registry that begin and end in a room while others look into it.

use loom::thread;

use super::model;
use super::primitives::Arc;
use super::registry::{Counted, Place, Sharded, Vacant};

/// As `task/tracker.rs` ends what it has unlisted: room for the next, or it is forgotten.
pub(crate) fn vacate<T>(set: &Sharded<T, 1>, entry: Counted<T>, place: Place) -> Option<Vacant<T>> {
    entry.vacate(place).map_err(|_shared| set.remove(place)).ok()
}

/// Ends an entry and begins the next in its place, if nobody else holds it; ends that one, too.
fn end_and_begin(set: &Sharded<Arc<usize>, 1>, first: Counted<Arc<usize>>, place: Place) {
    first.unlist();
    let Some(vacant) = vacate(set, first, place) else { return };
    let second = vacant.fill(Arc::new(3));
    second.unlist();
    if let Some(vacant) = vacate(set, second, place) {
        set.discard(vacant);
    }
}

#[test]
fn a_reader_of_the_registry_sees_what_stays_and_only_what_was_there() {
    model(|| {
        let set = Arc::new(Sharded::<Arc<usize>, 1>::new());
        let (stays, goes) = (set.vacant(0), set.vacant(0));
        let (stays_at, goes_at) = (stays.place(), goes.place());
        let (stays, goes) = (stays.fill(Arc::new(1)), goes.fill(Arc::new(2)));
        let writer = {
            let set = set.clone();
            thread::spawn(move || end_and_begin(&set, goes, goes_at))
        };
        let mut seen = Vec::new();
        set.for_each(|item| seen.push(***item));
        writer.join().unwrap();
        assert!(seen.iter().filter(|item| **item == 1).count() == 1, "{seen:?}");
        assert!(seen.len() <= 2, "{seen:?}");
        assert_eq!(set.rooms(), 1);
        // Once more does nothing; and the free place is used again.
        set.remove(goes_at);
        let next = set.vacant(0);
        assert_eq!(next.place(), goes_at);
        set.discard(next);
        end_and_begin(&set, stays, stays_at);
        assert_eq!(set.rooms(), 0);
    });
}

#[test]
fn who_looks_at_a_place_holds_what_he_found_whatever_comes_after_it() {
    model(|| {
        let set = Arc::new(Sharded::<Arc<usize>, 1>::new());
        let room = set.vacant(0);
        let place = room.place();
        let first = room.fill(Arc::new(2));
        let readers = [0; 2].map(|_| {
            let set = set.clone();
            thread::spawn(move || {
                let found = set.get(place);
                found.is_none_or(|found| [2, 3].contains(&**found))
            })
        });
        end_and_begin(&set, first, place);
        assert!(readers.into_iter().all(|reader| reader.join().unwrap()));
        assert_eq!(set.rooms(), 0);
        assert!(set.get(place).is_none());
    });
}

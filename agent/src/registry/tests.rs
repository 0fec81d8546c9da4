//! Room in the registry, and what becomes of it. The races are in `tests/loom.rs`.

use super::{Sharded, Spares};

#[test]
fn room_is_used_again_and_what_a_thread_does_not_keep_is_given_back() {
    let (set, spares) = (Sharded::<String, 2>::new(), Spares::new());
    let begin = |n: usize| {
        let vacant = set.vacant(n);
        (vacant.place(), vacant.fill(n.to_string()))
    };
    let entries: Vec<_> = (0..100).map(begin).collect();
    assert_eq!(set.rooms(), 100);
    for (place, entry) in entries {
        entry.unlist();
        let vacant = entry.vacate(place).unwrap();
        if let Err(too_many) = spares.push(vacant) {
            set.discard(too_many);
        }
    }
    assert_eq!(set.rooms(), Spares::<String>::MOST);
    let vacant = spares.pop().unwrap();
    let place = vacant.place();
    assert!(set.get(place).is_none(), "room only");
    let entry = vacant.fill("again".to_owned());
    assert_eq!(*set.get(place).unwrap(), "again");
    let held = set.get(place).unwrap();
    entry.unlist();
    assert!(set.get(place).is_none());
    let Err(entry) = entry.vacate(place) else { panic!("somebody else holds it") };
    set.remove(place);
    drop(entry);
    assert_eq!(*held, "again", "and goes on to");
    drop(held);
    while let Some(vacant) = spares.pop() {
        set.discard(vacant);
    }
    assert_eq!(set.rooms(), 0);
}

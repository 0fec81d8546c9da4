//! Sites are found again, kept while something lives, and make room.

use crate::alloc::sites::*;

fn key(frames: &[usize]) -> Key<'_> {
    Key { labels: 1, origin: 2, cut: false, frames }
}

#[test]
fn a_site_is_found_again_by_all_of_its_key() {
    let sites = Box::new(Sites::<16, 32>::new());
    let frames = [10, 20, 30];
    let first = sites.pin(&key(&frames), 3, 100, 5).unwrap();
    assert_eq!(sites.pin(&key(&frames), 4, 200, 6), Some(first));
    let others = [
        key(&frames[..2]),
        key(&[10, 20, 31]),
        Key { labels: 2, ..key(&frames) },
        Key { origin: 3, ..key(&frames) },
        Key { cut: true, ..key(&frames) },
    ];
    for other in others {
        assert_ne!(sites.pin(&other, 1, 1, 7), Some(first), "{other:?}");
    }
    let read: Vec<Read> = sites.all().collect();
    assert_eq!(read.len(), 6);
    assert_eq!((read[0].blocks, read[0].bytes), (7, 300));
    assert_eq!(sites.frames(first), frames);
}

#[test]
fn room_is_made_where_nothing_lives_and_nothing_was_allocated_lately() {
    let sites = Box::new(Sites::<16, 32>::new());
    let pinned: Vec<u32> =
        (0..16).map(|n| sites.pin(&key(&[n]), 1, 10, n as u64).unwrap()).collect();
    assert_eq!(sites.pin(&key(&[99]), 1, 1, 99), None, "there is no room");
    // Of 0 to 7 nothing lives, and of those only 0 to 3 are idle for long enough.
    pinned[..8].iter().for_each(|number| sites.unpin(*number));
    sites.make_room(4);
    assert_eq!(sites.retired_bytes(), 40);
    assert_eq!(sites.all().count(), 12);
    for n in 100..104 {
        let number = sites.pin(&key(&[n]), 1, 1, 99).unwrap();
        assert_eq!(sites.frames(number), [n]);
    }
    assert_eq!(sites.pin(&key(&[200]), 1, 1, 99), None);
    // Those that were kept are still found, and count on.
    assert_eq!(sites.pin(&key(&[5]), 1, 10, 100), Some(pinned[5]));
    let kept = sites.all().find(|site| site.number == pinned[5]).unwrap();
    assert_eq!((kept.blocks, kept.bytes), (2, 20));
}

#[test]
fn with_few_sites_none_is_retired() {
    let sites = Box::new(Sites::<16, 32>::new());
    let number = sites.pin(&key(&[1]), 1, 10, 0).unwrap();
    sites.unpin(number);
    sites.make_room(u64::MAX);
    assert_eq!((sites.all().count(), sites.retired_bytes()), (1, 0));
}

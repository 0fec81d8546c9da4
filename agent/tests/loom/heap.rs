//! Blocks of the heap that come and go while somebody reads them, and sites that make room while
//! somebody allocates there.

use loom::thread;

use super::alloc::live::{Block, Live};
use super::alloc::sites::{Key, Sites};
use super::model;
use super::primitives::Arc;

/// A block of which every field says the same.
fn block(number: usize) -> Block {
    let (small, large) = (u32::try_from(number).unwrap(), number as u64);
    Block { size: number, mean: small, site: small, since: large, task: (large, large) }
}

#[test]
fn a_reader_sees_whole_blocks_and_who_frees_finds_its_own() {
    model(|| {
        let live = Arc::new(Live::<1, 1>::new());
        assert!(live.add(16, &block(1)));
        let freeing = {
            let live = live.clone();
            // Handed over by the spawn. The next block takes the place of the first.
            thread::spawn(move || {
                assert_eq!(live.remove(16), Some(block(1)));
                assert!(live.add(32, &block(2)));
            })
        };
        let mut seen = Vec::new();
        live.for_each(|address, block| seen.push((address, block)));
        for (address, seen) in seen {
            assert_eq!(seen, block(address / 16));
        }
        freeing.join().unwrap();
        assert_eq!(live.remove(32), Some(block(2)));
        assert!(!live.may_hold(16) && !live.may_hold(32));
    });
}

#[test]
fn two_that_share_a_bucket_do_not_disturb_each_other() {
    model(|| {
        let live = Arc::new(Live::<1, 1>::new());
        let come_and_go = |live: &Live<1, 1>, address, number| {
            assert!(live.add(address, &block(number)));
            assert!(live.may_hold(address));
            assert_eq!(live.remove(address), Some(block(number)));
        };
        let other = {
            let live = live.clone();
            thread::spawn(move || come_and_go(&live, 48, 3))
        };
        come_and_go(&live, 64, 4);
        other.join().unwrap();
        live.for_each(|address, _| panic!("{address} is left"));
        assert!(!live.may_hold(48) && !live.may_hold(64));
    });
}

fn key(frames: &[usize]) -> Key<'_> {
    Key { labels: 1, origin: 2, cut: false, frames }
}

/// Allocates once at a site, which has to be that site for as long as it is pinned.
fn allocate(sites: &Sites<1, 2>, frames: &[usize]) {
    if let Some(number) = sites.pin(&key(frames), 1, 10, 5) {
        assert_eq!(sites.frames(number), frames);
        sites.unpin(number);
    }
}

#[test]
fn a_pinned_site_stays_what_it_is_while_room_is_made() {
    model(|| {
        let sites = Arc::new(Sites::<1, 2>::new());
        allocate(&sites, &[1]);
        let known = {
            let sites = sites.clone();
            thread::spawn(move || allocate(&sites, &[1]))
        };
        let making_room = {
            let sites = sites.clone();
            thread::spawn(move || sites.make_room(u64::MAX))
        };
        allocate(&sites, &[2]);
        known.join().unwrap();
        making_room.join().unwrap();
        // What is there now can be forgotten, and the room used.
        sites.make_room(u64::MAX);
        let number = sites.pin(&key(&[3]), 1, 10, 5).unwrap();
        assert_eq!(sites.frames(number), [3]);
    });
}

#[test]
fn a_site_that_is_made_while_room_is_made_is_not_lost() {
    model(|| {
        let sites = Arc::new(Sites::<1, 2>::new());
        let making_room = {
            let sites = sites.clone();
            thread::spawn(move || sites.make_room(u64::MAX))
        };
        let pinned = sites.pin(&key(&[1]), 1, 10, 5);
        making_room.join().unwrap();
        if let Some(number) = pinned {
            assert_eq!(sites.frames(number), [1]);
            assert_eq!(sites.all().count(), 1, "it is not listed");
            sites.unpin(number);
        }
        sites.make_room(u64::MAX);
        assert!(sites.pin(&key(&[3]), 1, 10, 5).is_some());
    });
}

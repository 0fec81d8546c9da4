//! The set against a map, with so few buckets that they spill and fill up.

use std::collections::HashMap;

use proptest::prelude::*;

use crate::alloc::live::*;

fn block(size: usize) -> Block {
    Block { size, mean: 7, site: 9, since: 11, task: (size as u64, 13) }
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Add(usize, usize),
    Remove(usize),
}

fn step() -> impl Strategy<Value = Step> {
    // Few addresses, so that they come and go; none of them is one of the two that mean something.
    let address = (1..60_usize).prop_map(|n| n * 16);
    prop_oneof![
        3 => (address.clone(), 1..1_000_usize).prop_map(|(at, size)| Step::Add(at, size)),
        2 => address.prop_map(Step::Remove),
    ]
}

proptest! {
    #[test]
    fn it_holds_what_a_map_holds(steps in proptest::collection::vec(step(), 0..400)) {
        let live = Live::<2, 2>::new();
        let mut map = HashMap::new();
        for step in steps {
            match step {
                Step::Add(address, _) if map.contains_key(&address) => {}
                Step::Add(address, size) => {
                    let fits = live.add(address, &block(size));
                    prop_assert!(fits || map.len() >= 7, "no room with {} blocks", map.len());
                    if fits {
                        map.insert(address, block(size));
                    }
                }
                Step::Remove(address) => {
                    prop_assert!(live.may_hold(address) || !map.contains_key(&address));
                    prop_assert_eq!(live.remove(address), map.remove(&address));
                }
            }
            let mut seen = HashMap::new();
            live.for_each(|address, block| {
                seen.insert(address, block);
            });
            prop_assert_eq!(&seen, &map);
        }
        for address in map.keys() {
            prop_assert!(live.may_hold(*address));
            live.remove(*address);
        }
        for address in 1..60 {
            prop_assert!(!live.may_hold(address * 16), "{address} is still looked for");
        }
    }
}

#[test]
fn a_count_of_spilled_blocks_that_reached_its_top_stays_there() {
    let live = Live::<1, 64>::new();
    let addresses: Vec<usize> = (1..=300).map(|n| n * 32).collect();
    for address in &addresses {
        assert!(live.add(*address, &block(1)), "{address}");
    }
    for address in &addresses {
        assert_eq!(live.remove(*address), Some(block(1)));
    }
    live.for_each(|address, _| panic!("{address} is left"));
    assert!(live.may_hold(32), "the bucket does not know any more what is not in it");
    assert_eq!(live.remove(32), None);
}

#[test]
fn few_blocks_that_are_not_in_it_are_looked_for() {
    let live = Box::new(Live::<256, 2>::new());
    // As many blocks a bucket as 4 GB have at the usual mean.
    for n in 1..=256_usize {
        assert!(live.add(n * 4_096, &block(1)));
    }
    let others = (1..=100_000_usize).map(|n| n * 64 + 16);
    let in_vain = others.filter(|address| live.may_hold(*address)).count();
    assert!(in_vain < 2_000, "{in_vain} of 100,000");
}

use super::super::finding::Class::{Normal, Slow, Suspect};
use super::super::fixture::{NEVER, World};
use super::super::lifetimes::Lifetimes;
use super::*;

/// Ten healthy tasks a second for so long.
fn healthy(seconds: u64) -> World {
    let mut world = World::new();
    world.run(seconds, ten);
    assert_eq!(world.classes(), []);
    world
}

/// Ten a second, and every tenth second one that never ends.
fn one_in_a_hundred(world: &mut World) {
    ten(world);
    if (world.now_ms / 1_000).is_multiple_of(10) {
        world.spawn(NEVER);
    }
}

fn ten(world: &mut World) {
    for _ in 0..10 {
        let lives = world.about(100.0);
        world.spawn(lives);
    }
}

#[test]
fn small_numbers_are_enough() {
    let mut world = World::new();
    for _ in 0..200 {
        let lives = world.about(5.0);
        world.spawn(lives);
    }
    world.run(3, |_| ());
    let from = world.now_ms;
    (0..24).for_each(|_| world.spawn(NEVER));
    let finding = world.run(40, |_| ());
    assert_eq!(world.classes(), [Suspect]);
    assert!(world.changes[0].0 - from <= 40_000, "{:?}", world.changes);
    assert_eq!((finding.survived, finding.overdue), (24, 24));
    assert_eq!(finding.kind, Evidence::Survivors);
    assert!(finding.within_ms <= 100, "{finding:?}");
}

#[test]
fn small_numbers_are_enough_for_a_threshold_of_milliseconds() {
    let mut world = World::new();
    world.parameters = Parameters::new(100);
    (0..50).for_each(|_| world.spawn(2));
    (0..24).for_each(|_| world.spawn(NEVER));
    for _ in 0..200 {
        world.wait(50);
        world.look();
    }
    assert_eq!(world.classes(), [Suspect]);
    assert!(world.changes[0].0 < 5_000 + 5_000, "{:?}", world.changes);
}

#[test]
fn a_pool_beside_a_handful_of_ended_tasks_is_normal() {
    let mut world = World::new();
    (0..8).for_each(|_| world.spawn(20));
    (0..12).for_each(|_| world.spawn(NEVER));
    world.run(3_600, |_| ());
    assert_eq!(world.classes(), []);
}

#[test]
fn one_in_a_hundred_is_found_within_twenty() {
    let mut world = healthy(1_000);
    let from = world.spawned;
    let finding = world.run(300, one_in_a_hundred);
    assert_eq!(world.classes(), [Suspect]);
    let leaked = (world.changes[0].0 - 1_005_000) / 10_000;
    assert!(leaked <= 20, "{leaked}");
    assert!(finding.survived >= 20 && finding.spawned < world.spawned - from, "{finding:?}");
    assert!(finding.since_ms.abs_diff(1_005_000) < 60_000, "{finding:?}");
}

#[test]
fn a_leak_from_the_first_task_on_does_not_teach_itself() {
    let mut world = World::new();
    world.run(300, |world| {
        ten(world);
        world.spawn(NEVER);
    });
    assert_eq!(world.classes(), [Suspect]);
    assert!(world.changes[0].0 < 100_000, "{:?}", world.changes);
}

#[test]
fn one_task_in_ten_minutes_is_found_in_the_end() {
    let mut world = healthy(600);
    let mut second = 0_u64;
    world.run(2 * 3_600 + 600, |world| {
        world.spawn(100);
        second += 1;
        if second.is_multiple_of(600) {
            world.spawn(NEVER);
        }
    });
    assert_eq!(world.classes(), [Suspect]);
}

#[test]
fn a_suspicion_is_not_diluted() {
    let mut world = healthy(600);
    (0..20).for_each(|_| world.spawn(NEVER));
    let finding = world.run(4_000, ten);
    assert_eq!(world.classes(), [Suspect]);
    assert_eq!(finding.overdue, 20);
}

#[test]
fn a_stalled_backend_is_withdrawn_as_soon_as_it_recovers() {
    let mut world = healthy(900);
    world.run(600, |world| (0..10).for_each(|_| world.spawn(NEVER)));
    world.release();
    let recovered = world.now_ms;
    world.run(600, ten);
    assert_eq!(world.classes(), [Suspect, Slow, Normal]);
    assert!(world.changes[1].0 - recovered <= 5_000, "{:?}", world.changes);
    assert!(world.changes[2].0 - recovered <= 60_000, "{:?}", world.changes);
}

#[test]
fn a_stall_is_over_though_the_suspected_have_work_left() {
    let mut world = World::new();
    // One in twenty takes minutes.
    let some = |world: &mut World| {
        for at in 0..10 {
            let slow = at == 0 && (world.now_ms / 1_000).is_multiple_of(2);
            let lives = world.about(if slow { 40_000.0 } else { 1_000.0 });
            world.spawn(lives);
        }
    };
    world.run(1_800, some);
    let stalled = world.now_ms;
    world.living.iter_mut().for_each(|task| task.1 += 600_000);
    world.run(600, |world| {
        let left = stalled + 600_000 - world.now_ms;
        some(world);
        let now = world.now_ms;
        world.living.iter_mut().filter(|task| task.0 == now).for_each(|task| task.1 += left);
    });
    let recovered = world.now_ms;
    world.run(600, some);
    assert_eq!(world.classes(), [Suspect, Slow, Normal]);
    assert!(world.changes[1].0 - recovered <= 60_000, "{recovered}: {:?}", world.changes);
}

#[test]
fn as_many_late_ends_as_suspects_within_minutes_withdraw_a_suspicion() {
    let parameters = Parameters::default();
    let ages = Lifetimes::default();
    let mut state = State::new(0);
    (state.from, state.accused) = (bucket_from(40_000), 20);
    let mut finished = Lifetimes::default();
    let mut many_end = |now_ms, ended| {
        finished.add_many(bucket(25_000), ended);
        let finished = &finished;
        let look = Look { now_ms, spawned: 100, finished, ages: &ages, stuck_own: 0 };
        state.many_end(&look, ticks(now_ms), &parameters)
    };
    assert!(!many_end(60_000, 19));
    // Too long ago to count.
    assert!(!many_end(130_000, 0));
    assert!(!many_end(140_000, 19));
    assert!(many_end(150_000, 1));
}

#[test]
fn a_second_stall_of_the_same_length_is_not_suspected() {
    let mut world = healthy(900);
    for _ in 0..2 {
        world.run(600, |world| (0..10).for_each(|_| world.spawn(NEVER)));
        world.release();
        world.run(300, ten);
    }
    assert_eq!(world.classes(), [Suspect, Slow, Normal]);
    assert!(world.survivors.limit_ms().unwrap() > 600_000);
}

#[test]
fn a_backend_outside_that_stalls_is_slow() {
    let mut world = healthy(900);
    world.own = false;
    world.run(600, |world| (0..10).for_each(|_| world.spawn(NEVER)));
    assert_eq!(world.classes(), [Slow]);
    world.release();
    world.run(300, ten);
    assert_eq!(world.classes(), [Slow, Normal]);
}

#[test]
fn what_waits_for_the_outside_is_suspected_if_it_goes_on() {
    let mut world = healthy(900);
    world.own = false;
    let begun = world.now_ms;
    world.run(2_400, one_in_a_hundred);
    assert_eq!(world.classes(), [Slow, Suspect]);
    assert!(world.changes[1].0 - begun > 720_000, "{:?}", world.changes);
}

#[test]
fn connections_that_all_reconnect_at_once_are_no_leak() {
    let mut world = healthy(900);
    world.own = false;
    world.run(60, |world| (0..3).for_each(|_| world.spawn(NEVER)));
    world.run(3_600, |world| world.spawn(100));
    assert!(!world.classes().contains(&Suspect), "{:?}", world.changes);
}

#[test]
fn connections_beside_older_ones_are_no_leak() {
    let mut world = healthy(900);
    world.own = false;
    (0..60).for_each(|_| world.spawn(NEVER));
    world.run(3_600, |world| world.spawn(100));
    (0..60).for_each(|_| world.spawn(NEVER));
    world.run(3_600, |world| world.spawn(100));
    assert!(!world.classes().contains(&Suspect), "{:?}", world.changes);
}

#[test]
fn five_times_the_latency_is_slow_at_most() {
    let mut world = World::new();
    let at = |mean: f64| {
        move |world: &mut World| {
            for _ in 0..10 {
                let lives = world.about(mean);
                world.spawn(lives);
            }
        }
    };
    world.run(1_800, at(5_000.0));
    world.run(600, at(25_000.0));
    world.run(600, at(5_000.0));
    assert!(!world.classes().contains(&Suspect), "{:?}", world.changes);
}

#[test]
fn heavy_tails_are_normal() {
    let mut world = World::new();
    world.run(6_000, |world| {
        for _ in 0..5 {
            let lives = 500.0 * (1.0 - world.random()).powf(-1.0 / 1.5);
            world.spawn(whole(lives));
        }
    });
    assert!(!world.classes().contains(&Suspect), "{:?}", world.changes);
}

#[test]
fn a_batch_that_lives_for_a_minute_is_normal() {
    let mut world = World::new();
    for _ in 0..10 {
        for _ in 0..1_000 {
            let lives = 45_000.0 * world.random();
            world.spawn(whole(lives));
        }
        world.run(60, |_| ());
    }
    assert_eq!(world.classes(), []);
}

#[test]
fn looks_may_be_rare_and_irregular() {
    let mut world = healthy(600);
    let mut second = 0_u64;
    for _ in 0..60 {
        let pause = 1 + whole(world.random() * 10.0);
        for _ in 0..pause {
            ten(&mut world);
            second += 1;
            if second.is_multiple_of(5) {
                world.spawn(NEVER);
            }
            world.wait(1_000);
        }
        world.look();
    }
    assert_eq!(world.classes(), [Suspect]);
    assert!(world.changes[0].0 < 605_000 + 110_000, "{:?}", world.changes);
}

#[test]
fn counts_may_go_back_by_one() {
    let mut world = healthy(100);
    world.run(200, |world| {
        ten(world);
        world.spawn(if world.now_ms.is_multiple_of(2_000) { NEVER } else { 10 });
        let before = (world.spawned, world.finished.clone(), world.living.len());
        world.spawned -= 1;
        let mut fewer = *world.finished.counts();
        fewer[5] = fewer[5].saturating_sub(1);
        world.finished = Lifetimes::from(fewer);
        world.look();
        (world.spawned, world.finished) = (before.0, before.1);
        world.look();
    });
    assert!(world.changes.iter().all(|change| change.1 != Slow), "{:?}", world.changes);
}

#[test]
fn no_count_makes_it_panic() {
    let parameters = Parameters::default();
    let full = Lifetimes::from([u32::MAX; BUCKETS]);
    let none = Lifetimes::default();
    let mut survivors = Survivors::new();
    let mut random = World::new();
    for _ in 0..2_000 {
        let mut pick = || if random.random() < 0.5 { &full } else { &none };
        let (finished, ages) = (pick(), pick());
        let mut number = || whole(random.random() * 1e13);
        let (now_ms, spawned, stuck_own) = (number(), number(), number());
        let look = Look { now_ms, spawned, finished, ages, stuck_own };
        let finding = survivors.note(&look, &parameters);
        assert!(finding.expected.is_finite() && finding.score.is_finite(), "{finding:?}");
    }
}

#[test]
fn an_origin_takes_a_few_hundred_bytes() {
    let small = size_of::<Survivors>();
    let deep = size_of::<Deep>();
    assert!(small <= 136, "{small}");
    assert!(deep <= 640, "{deep}");
}

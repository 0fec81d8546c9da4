use proptest::prelude::*;

use super::*;

/// Every note, and nothing clever.
#[derive(Default)]
struct Model(Vec<(u32, Level)>);

impl Model {
    fn at_second(&self, second: u32) -> Level {
        let before = self.0.iter().rev().find(|(at, _)| *at <= second);
        before.map(|(_, level)| *level).unwrap_or_default()
    }

    fn in_minute(&self, minute: u32) -> Level {
        self.at_second(minute * MINUTE + MINUTE - 1)
    }
}

fn level() -> impl Strategy<Value = Level> {
    prop_oneof![
        Just(Level::default()),
        (0..4_u32, 0..2_u32).prop_map(|(count, stuck)| Level { count, stuck, kib: count / 2 }),
        (any::<u32>(), any::<u32>()).prop_map(|(count, stuck)| Level { count, stuck, kib: stuck }),
    ]
}

/// Seconds between two notes: mostly the next, sometimes the same, sometimes a long pause.
fn pause() -> impl Strategy<Value = u32> {
    prop_oneof![6 => Just(1_u32), 1 => Just(0_u32), 2 => 2..130_u32, 1 => 500..100_000_u32]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn seconds_and_minutes_are_those_of_the_naive_model(
        start in 0..200_u32,
        notes in proptest::collection::vec((pause(), level()), 1..400),
    ) {
        let (mut track, mut model) = (Track::new(start), Model::default());
        let mut second = start;
        for (pause, level) in notes {
            second += pause;
            track.note(second, level);
            model.0.push((second, level));
        }
        prop_assert_eq!(track.latest(), model.at_second(second));
        for back in 0..=KEEP_SECONDS.min(second) {
            prop_assert_eq!(track.at_second(second - back), model.at_second(second - back));
        }
        let minute = second / MINUTE;
        for back in 0..=KEEP_MINUTES.min(minute) {
            prop_assert_eq!(track.in_minute(minute - back), model.in_minute(minute - back), "{}", back);
        }
        for back in [0, 1, MINUTE, KEEP_SECONDS].map(|back| second.saturating_sub(back)) {
            let zeros = (back..=second).all(|at| model.at_second(at) == Level::default());
            prop_assert_eq!(track.is_zero_since(back), zeros);
        }
    }

    #[test]
    fn memory_is_bounded_however_often_it_changes(levels in proptest::collection::vec(level(), 64)) {
        let mut track = Track::new(0);
        for (second, level) in (0..200_000).zip(levels.iter().cycle()) {
            track.note(second, *level);
        }
        // Twice, since a list that is full doubles.
        let runs = 2 * (KEEP_SECONDS + KEEP_MINUTES + 4) as usize;
        prop_assert!(track.bytes() <= size_of::<Track>() + runs * size_of::<(u32, Level)>());
    }
}

#[test]
fn what_stands_still_for_a_day_costs_a_word_or_two() {
    let mut track = Track::new(0);
    (0..90_000).for_each(|second| track.note(second, Level { count: 7, stuck: 7, kib: 7 }));
    assert!(track.bytes() <= size_of::<Track>() + 8 * size_of::<(u32, Level)>());
    assert_eq!(track.in_minute(90_000 / MINUTE - KEEP_MINUTES).count, 7);
}

#[test]
fn after_a_day_of_nothing_nothing_is_left() {
    let mut track = Track::new(0);
    track.note(0, Level { count: 7, stuck: 1, kib: 0 });
    track.note(61, Level::default());
    assert!(!track.is_empty());
    track.note(86_000, Level::default());
    assert!(!track.is_empty(), "{track:?}");
    track.note(86_520, Level::default());
    assert!(track.is_empty(), "{track:?}");
}

#[test]
fn a_track_that_has_to_shrink_keeps_the_last_minute() {
    let mut track = Track::new(0);
    (0..1_000)
        .for_each(|second| track.note(second, Level { count: second, stuck: 0, kib: second / 3 }));
    track.forget_before(940);
    assert_eq!((track.at_second(940).count, track.at_second(999).count), (940, 999));
    assert_eq!(track.known_since(), Some(940));
    assert!(track.bytes() < size_of::<Track>() + 64 * size_of::<(u32, Level)>());
}

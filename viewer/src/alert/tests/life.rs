//! Nothing flaps, whatever comes in.

use proptest::prelude::*;

use super::*;

/// What a service tells in a second: so many tasks, or nothing.
fn seconds() -> impl Strategy<Value = Vec<Option<u64>>> {
    let level = prop_oneof![Just(5), Just(9), Just(10), Just(11), 0..20_u64];
    let stretch = (prop::option::weighted(0.9, level), 1..9_usize);
    prop::collection::vec(stretch, 1..60).prop_map(|stretches| {
        stretches.into_iter().flat_map(|(level, times)| vec![level; times]).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn an_alert_fires_rests_and_ends_by_its_rule(
        levels in seconds(),
        hold in 0..6_u64,
        clear in 0..6_u64,
        cool_down in 0..30_u64,
    ) {
        let rule = Rule {
            hold: secs(hold),
            clear: secs(clear),
            cool_down: secs(cool_down),
            ..more_than_ten()
        };
        let mut engine = Engine::new("a:1", vec![rule]);
        let (mut firing, mut fired, mut ended) = (false, None::<u64>, None::<u64>);
        for (second, level) in (0_u64..).zip(&levels) {
            let changes = match level {
                None => engine.gone("gone", at(second)),
                Some(count) => {
                    let line = format!("{count} parked task=a < src/m.rs:1");
                    engine.profile(&process(1), &fixture::profile(&[&line]), at(second))
                }
            };
            prop_assert!(changes.len() <= 1);
            let Some(change) = changes.first() else { continue };
            // What was seen over the time that the rule asks for, this second included.
            let last = |time: u64| {
                let index = |second: u64| usize::try_from(second).expect("few seconds");
                let from = second.checked_sub(time).expect("there was that much time");
                levels[index(from)..=index(second)].to_vec()
            };
            match change.turn {
                Turn::Fired => {
                    prop_assert!(!firing);
                    prop_assert!(last(hold).iter().all(|level| level.is_some_and(|n| n > 10)));
                    let rested = |then: u64| second - then >= cool_down;
                    prop_assert!(fired.is_none_or(rested) && ended.is_none_or(rested));
                    fired = Some(second);
                }
                Turn::Resolved => {
                    prop_assert!(firing);
                    prop_assert!(last(clear).iter().all(|level| level.is_some_and(|n| n <= 9)));
                    prop_assert!(change.alert.fired == fired.map(at));
                    ended = Some(second);
                }
            }
            firing = change.turn == Turn::Fired;
        }
        prop_assert_eq!(firing, engine.alerts().iter().any(|alert| alert.fired.is_some()));
    }
}

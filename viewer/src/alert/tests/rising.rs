//! What rises, and what only looks like it.

use std::f64::consts::TAU;

use taskscope_proto::model::{
    HistoryPage, Point, Resolution, Series, State, Subject as HistorySubject,
};

use super::*;
use crate::connect::Happening;

/// Seconds from one look to the next.
const STEP: u64 = 5;
const HOUR: u64 = 3_600;

/// The seconds of so many hours.
fn looks(hours: u64) -> impl Iterator<Item = u64> {
    (0..hours * HOUR / STEP).map(|look| look * STEP)
}

/// Noise between -1 and 1, the same in every run.
fn noise(second: f64) -> f64 {
    let mut x = (second + 1.0).to_bits().wrapping_mul(0x9e37_79b9_7f4a_7c15);
    x ^= x >> 32;
    x = x.wrapping_mul(0xd6e8_feb8_6659_fd93);
    x ^= x >> 32;
    (x >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
}

/// As many whole tasks.
fn whole(count: f64) -> u64 {
    Duration::from_secs_f64(count.max(0.0)).as_secs()
}

/// What the rule `rising` says of a count over time: when it fired and when it was over, in minutes.
fn said(hours: u64, count: impl Fn(f64) -> f64) -> String {
    let mut engine = Engine::new("a:1", vec![rule("rising")]);
    let mut said = Vec::new();
    let mut profile = fixture::profile(&["1 parked task=a < src/m.rs:1"]);
    for second in looks(hours) {
        Arc::make_mut(&mut profile.groups[0]).count = whole(count(second as f64));
        for change in engine.profile(&process(1), &profile, at(second)) {
            let turn = if change.turn == Turn::Fired { "fired" } else { "over" };
            said.push(format!("{turn} {}", second / 60));
        }
    }
    said.join(", ")
}

#[test]
fn a_leak_is_found_within_half_an_hour_and_is_over_when_it_ends() {
    let minute = |second: f64| second / 60.0;
    let noisy = |second: f64, part: f64| 1.0 + part * noise(second);
    assert_eq!(said(2, |s| 3.0 * minute(s)), "fired 18");
    assert_eq!(said(2, |s| 3.0 * minute(s) * noisy(s, 0.1)), "fired 18");
    assert_eq!(said(2, |s| 400.0 + 20.0 * minute(s)), "fired 18");
    assert_eq!(said(2, |s| 20.0 * minute(s).min(45.0) + 3.0 * noise(s)), "fired 18, over 58");
    // It begins late.
    assert_eq!(said(2, |s| 50.0 * noisy(s, 0.1) + 9.0 * (minute(s) - 60.0).max(0.0)), "fired 74");
}

#[test]
fn what_comes_and_goes_does_not_rise() {
    let wave = |part: f64, phase: f64| {
        move |s: f64| {
            let day = TAU * (s / (24.0 * HOUR as f64) + phase);
            1_000.0 * (1.0 + part * day.sin()) + 5.0 * noise(s)
        }
    };
    for part in [0.4, 0.9] {
        for phase in [0.0, 0.3, 0.6, 0.75, 0.85] {
            assert_eq!(said(26, wave(part, phase)), "", "a day that swings by {part} from {phase}");
        }
    }
    let saw = |minutes: f64, high: f64| move |s: f64| high * (s / (60.0 * minutes)).fract();
    for minutes in [0.3, 1.0, 4.0, 7.0, 11.0, 15.0, 18.0] {
        assert_eq!(said(6, saw(minutes, 500.0)), "", "a saw of {minutes} minutes");
    }
    // A longer tooth cannot be told from a leak; the second one can.
    assert_eq!(said(9, saw(120.0, 500.0)), "fired 18, over 123");
    assert_eq!(said(2, |s| 500.0 * (s / 120.0).min(1.0) + 9.0 * noise(s)), "", "it started");
    assert_eq!(said(6, |s| 40.0 + 20.0 * noise(s)), "", "noise");
    assert_eq!(said(6, |s| if s < 3_000.0 { 10.0 } else { 900.0 }), "", "one step");
    assert_eq!(said(6, |s| 1_000.0 - s / 60.0), "", "it falls");
}

#[test]
fn a_new_run_has_to_rise_by_itself() {
    let mut engine = Engine::new("a:1", vec![rule("rising")]);
    for second in looks(2) {
        let line = format!("{} parked task=a < src/m.rs:1", second / 20);
        let profile = fixture::profile(&[&line]);
        let changes = engine.profile(&process(second / 600), &profile, at(second));
        assert_eq!(changes, [], "at {second}");
    }
}

/// What an agent tells of so many minutes before now, by the second or by the minute.
fn page(resolution: Resolution, minutes: u64, count: impl Fn(f64) -> f64) -> HistoryPage {
    let (step_ms, now_ms) = (resolution.step_ms(), 90_000_000);
    let steps = minutes * 60_000 / step_ms;
    let series = |state, part: u64| {
        let point = |step: u64| {
            let ago = (steps - step) as f64 * step_ms as f64 / 60_000.0;
            Point { count: whole(count(ago)) / part, ..Point::default() }
        };
        let points: Vec<Point> = (0..steps).map(point).collect();
        Series::new(HistorySubject::State(state), now_ms - steps * step_ms, &points)
    };
    HistoryPage { now_ms, step_ms, series: vec![series(State::Parked, 1), series(State::New, 10)] }
}

/// When the rule for all tasks fires after somebody begins to watch, in seconds, if the agent tells what
/// was in so many minutes before; in either order of its answers.
fn fires_after(minutes: u64, count: impl Fn(f64) -> f64 + Copy) -> Option<u64> {
    let asked = [(Resolution::Second, minutes.min(10)), (Resolution::Minute, minutes)];
    let of = |order: [usize; 2]| {
        let mut service = Service::new("a:1", vec![rule("rising-in-all")]);
        service.take_in(&Happening::Connected(Arc::new(process(1))), at(5));
        (5..3_000).find(|second| {
            let now = count(-((second - 5) as f64) / 60.0);
            let line = format!("{} parked task=a < src/m.rs:1", whole(now * 1.1));
            let profile = Happening::Profile(Arc::new(fixture::profile(&[&line])));
            let changes = service.take_in(&profile, at(*second));
            if let Some(which) = order.get(usize::try_from(second - 5).unwrap()) {
                let (resolution, minutes) = asked[*which];
                let page = Ok(Arc::new(page(resolution, minutes, count)));
                let told = Happening::History { ticket: 1, resolution, page };
                assert_eq!(service.take_in(&told, at(*second)), []);
            }
            !changes.is_empty()
        })
    };
    let [one, other] = [of([0, 1]), of([1, 0])];
    assert_eq!(one.is_some(), other.is_some(), "{one:?} {other:?}");
    assert!(one.zip(other).is_none_or(|(a, b)| a.abs_diff(b) <= 60), "{one:?} {other:?}");
    one
}

#[test]
fn what_rose_before_anybody_watched_is_told_sooner() {
    let leak = |ago: f64| 40.0 + 60.0 * (30.0 - ago).max(0.0);
    // Held for five minutes it has to be, and no quarter of an hour longer.
    assert_eq!(fires_after(60, leak), Some(307));
    let later = fires_after(2, leak).unwrap();
    assert!(later > 900, "{later}");
    // What is not new was there yesterday.
    let daily = |ago: f64| 1_000.0 * (1.0 + 0.9 * (TAU * (0.3 - ago / 1_440.0)).sin());
    assert_eq!(fires_after(1_440, daily), None);
    assert_eq!(fires_after(60, |_| 500.0), None);
}

#[test]
fn what_was_seen_is_not_forgotten_by_what_is_told_of_something_else() {
    // So many as an hour ago there have been before: nothing new.
    let tasks =
        |minute: f64| if minute < 30.0 { 900.0 } else { 90.0 + 5.0 * (minute - 90.0).max(0.0) };
    let check = |tell: &dyn Fn(&mut Service, u64)| {
        let mut service = Service::new("a:1", vec![rule("rising-in-all")]);
        service.take_in(&Happening::Connected(Arc::new(process(1))), at(0));
        for second in looks(3) {
            let line = format!("{} parked task=a < src/m.rs:1", whole(tasks(second as f64 / 60.0)));
            let profile = Happening::Profile(Arc::new(fixture::profile(&[&line])));
            assert_eq!(service.take_in(&profile, at(second)), [], "at {second}");
            if second % 600 == 0 {
                tell(&mut service, second);
            }
        }
    };
    let told = |page: HistoryPage| {
        let page = Ok(Arc::new(page));
        Happening::History { ticket: 1, resolution: Resolution::Second, page }
    };
    check(&|_, _| {});
    check(&|service, second| drop(service.take_in(&told(HistoryPage::default()), at(second))));
    // Ten minutes by the second say nothing of the hour before.
    check(&|service, second| {
        if second == 6_000 {
            let page = page(Resolution::Second, 10, |ago| 90.0 + 5.0 * (10.0 - ago));
            drop(service.take_in(&told(page), at(second)));
        }
    });
}

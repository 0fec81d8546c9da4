//! What rises, and what only looks like it.

use std::f64::consts::TAU;

use super::*;

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

/// What the rule `rising` says of a count over time: when it fired and when it was over, in minutes.
fn said(hours: u64, count: impl Fn(f64) -> f64) -> String {
    let mut engine = Engine::new("a:1", vec![rule("rising")]);
    let mut said = Vec::new();
    let mut profile = fixture::profile(&["1 parked task=a < src/m.rs:1"]);
    for second in looks(hours) {
        let count = Duration::from_secs_f64(count(second as f64).max(0.0)).as_secs();
        Arc::make_mut(&mut profile.groups[0]).count = count;
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

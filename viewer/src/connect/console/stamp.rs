//! Moments and durations as console-api sends them, made safe: nothing a service sends overflows.

use prost_types::{Duration, Timestamp};

/// Nanoseconds since 1970, by the clock of the service's machine.
pub(super) type Stamp = u64;

const NANOS_PER_SEC: u64 = 1_000_000_000;
const NANOS_PER_MS: u64 = 1_000_000;
const NANOS_PER_MICRO: u64 = 1_000;

/// The moment; before 1970 is 1970.
pub(super) fn stamp(from: Timestamp) -> Stamp {
    nanos(from.seconds, from.nanos)
}

/// The duration in microseconds; less than nothing is nothing.
pub(super) fn micros(from: Duration) -> u64 {
    nanos(from.seconds, from.nanos) / NANOS_PER_MICRO
}

/// Milliseconds from one moment to a later one, 0 if it is not later.
pub(super) fn ms_between(from: Stamp, to: Stamp) -> u64 {
    to.saturating_sub(from) / NANOS_PER_MS
}

/// A moment in milliseconds since 1970.
pub(super) fn unix_ms(at: Stamp) -> u64 {
    at / NANOS_PER_MS
}

fn nanos(seconds: i64, nanos: i32) -> u64 {
    let whole = u64::try_from(seconds).unwrap_or(0).saturating_mul(NANOS_PER_SEC);
    let rest = u64::try_from(nanos).unwrap_or(0).min(NANOS_PER_SEC - 1);
    whole.saturating_add(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_moment_and_no_duration_overflows() {
        for (seconds, nanos, expected) in [
            (1, 5_000_000, 1_005_000_000),
            (-7, -5, 0),
            (0, i32::MAX, 999_999_999),
            (i64::MAX, i32::MAX, u64::MAX),
            (i64::MIN, i32::MIN, 0),
        ] {
            assert_eq!(stamp(Timestamp { seconds, nanos }), expected);
            assert_eq!(micros(Duration { seconds, nanos }), expected / 1_000);
        }
        assert_eq!((ms_between(5, 3), ms_between(0, 7_999_999), unix_ms(2_000_000)), (0, 7, 2));
    }
}

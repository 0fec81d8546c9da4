//! Numbers for people.

use std::time::Duration;

/// Two units at most: `850 ms`, `12 s`, `1 m 32 s`, `2 h 05 m`, `3 d 4 h`.
pub(super) fn age(age: Duration) -> String {
    let secs = age.as_secs();
    match secs {
        0 => format!("{} ms", age.as_millis()),
        1..60 => format!("{secs} s"),
        60..3_600 => format!("{} m {:02} s", secs / 60, secs % 60),
        3_600..86_400 => format!("{} h {:02} m", secs / 3_600, secs / 60 % 60),
        _ => format!("{} d {} h", secs / 86_400, secs / 3_600 % 24),
    }
}

/// Three figures: `512 B`, `1.5 KiB`, `27 MiB`.
pub(super) fn bytes(bytes: u64) -> String {
    let mut value = bytes as f64;
    let mut unit = "B";
    for next in ["KiB", "MiB", "GiB", "TiB"] {
        if value < 1_024.0 {
            break;
        }
        value /= 1_024.0;
        unit = next;
    }
    if unit != "B" && value < 10.0 {
        format!("{value:.1} {unit}")
    } else {
        format!("{value:.0} {unit}")
    }
}

/// `1 task`, `2 tasks`.
pub(super) fn counted(count: u64, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_have_their_unit() {
        for (ms, expected) in [
            (0, "0 ms"),
            (999, "999 ms"),
            (12_300, "12 s"),
            (92_000, "1 m 32 s"),
            (7_500_000, "2 h 05 m"),
            (273_600_000, "3 d 4 h"),
        ] {
            assert_eq!(age(Duration::from_millis(ms)), expected);
        }
        for (size, expected) in [
            (0, "0 B"),
            (1_023, "1023 B"),
            (1_536, "1.5 KiB"),
            (27 << 20, "27 MiB"),
            (u64::MAX, "16777216 TiB"),
        ] {
            assert_eq!(bytes(size), expected);
        }
        assert_eq!((counted(1, "task"), counted(2, "task")), ("1 task".into(), "2 tasks".into()));
    }
}

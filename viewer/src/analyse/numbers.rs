//! Numbers for people: ages, counts, sizes.

use std::time::Duration;

/// Two units at most: `< 1 s`, `12 s`, `1 m 32 s`, `2 h 05 m`, `3 d 4 h`.
pub fn age(age: Duration) -> String {
    let secs = age.as_secs();
    match secs {
        0 => "< 1 s".to_owned(),
        1..60 => format!("{secs} s"),
        60..3_600 => format!("{} m {:02} s", secs / 60, secs % 60),
        3_600..86_400 => format!("{} h {:02} m", secs / 3_600, secs / 60 % 60),
        _ => format!("{} d {} h", secs / 86_400, secs / 3_600 % 24),
    }
}

/// A short time: `15 µs`, `3.1 ms`, `1.2 s`, and from a minute on as an [`age`].
pub fn span(micros: u64) -> String {
    let value = micros as f64;
    match micros {
        0..1_000 => format!("{micros} µs"),
        1_000..1_000_000 => figures(value / 1e3, "ms"),
        1_000_000..60_000_000 => figures(value / 1e6, "s"),
        _ => age(Duration::from_micros(micros)),
    }
}

/// Two figures at least.
fn figures(value: f64, unit: &str) -> String {
    if value < 10.0 { format!("{value:.1} {unit}") } else { format!("{value:.0} {unit}") }
}

/// Grouped by thousands: `12 345`.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            // No line break in a number.
            grouped.push('\u{a0}');
        }
        grouped.push(digit);
    }
    grouped
}

/// A count with its noun: `1 task`, `12 tasks`.
pub fn counted(number: u64, noun: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{} {noun}{ending}", count(number))
}

/// With its sign, `0` as `0`.
pub fn signed(number: i64) -> String {
    let sign = match number {
        0 => "",
        1.. => "+",
        _ => "-",
    };
    format!("{sign}{}", count(number.unsigned_abs()))
}

/// Three figures: `512 B`, `1.5 KiB`, `27 MiB`.
pub fn bytes(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    if bytes < 1_024 {
        return format!("{bytes} B");
    }
    let mut value = bytes as f64 / 1_024.0;
    let mut units = UNITS.iter();
    let mut unit = units.next();
    while value >= 1_024.0 && units.len() > 0 {
        value /= 1_024.0;
        unit = units.next();
    }
    let unit = unit.unwrap_or(&"");
    if value < 10.0 { format!("{value:.1} {unit}") } else { format!("{value:.0} {unit}") }
}

/// A difference of bytes with its sign, `0 B` as `0`.
pub fn signed_bytes(difference: i64) -> String {
    let sign = match difference {
        0 => return "0".to_owned(),
        1.. => "+",
        _ => "-",
    };
    format!("{sign}{}", bytes(difference.unsigned_abs()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_have_two_units_at_most() {
        for (ms, expected) in [
            (0, "< 1 s"),
            (999, "< 1 s"),
            (1_000, "1 s"),
            (59_999, "59 s"),
            (92_000, "1 m 32 s"),
            (3_600_000, "1 h 00 m"),
            (7_500_000, "2 h 05 m"),
            (273_600_000, "3 d 4 h"),
        ] {
            assert_eq!(age(Duration::from_millis(ms)), expected);
        }
    }

    #[test]
    fn counts_are_grouped_and_carry_their_sign() {
        for (number, expected) in
            [(0, "0"), (7, "+7"), (-12, "-12"), (999, "+999"), (-1_000, "-1\u{a0}000")]
        {
            assert_eq!(signed(number), expected);
        }
        assert_eq!(counted(1, "task"), "1 task");
        assert_eq!(counted(0, "task"), "0 tasks");
        assert_eq!(count(1_234_567), "1\u{a0}234\u{a0}567");
    }

    #[test]
    fn sizes_have_about_three_figures() {
        for (size, expected) in [
            (0, "0 B"),
            (1_023, "1023 B"),
            (1_536, "1.5 KiB"),
            (28_311_552, "27 MiB"),
            (u64::MAX, "16777216 TiB"),
        ] {
            assert_eq!(bytes(size), expected);
        }
        for (size, expected) in [(0, "0"), (1_536, "+1.5 KiB"), (-7, "-7 B")] {
            assert_eq!(signed_bytes(size), expected);
        }
    }
}

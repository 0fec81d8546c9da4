//! Spans of time as people type them.

use std::time::Duration;

/// `30s`, `2m`, `1h`, `500ms`, or seconds without a unit.
///
/// # Errors
///
/// It is something else: what to write instead.
pub fn parse(text: &str) -> Result<Duration, String> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let unit_ms: u64 = match unit {
        "ms" => 1,
        "" | "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return Err("write a number and a unit: 500ms, 30s, 2m, 1h".to_owned()),
    };
    let number: u64 =
        number.parse().map_err(|_| "write a number and a unit, as in 30s".to_owned())?;
    let ms = number.checked_mul(unit_ms).ok_or_else(|| "that is too long".to_owned())?;
    Ok(Duration::from_millis(ms))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_have_a_number_and_a_unit() {
        for (text, expected) in
            [("30s", 30_000), ("7", 7_000), ("2m", 120_000), ("1h", 3_600_000), ("5ms", 5)]
        {
            assert_eq!(parse(text), Ok(Duration::from_millis(expected)), "{text}");
        }
        for text in ["", "s", "-1s", "1.5s", "3d", "99999999999999999999s", "18446744073709551615h"]
        {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}

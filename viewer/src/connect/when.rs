//! Moments of a recording, as people write them.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use jiff::civil::{DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::span;

/// What to write instead of something that is no moment.
const EXAMPLES: &str = "write 2026-11-22T03:04:05Z, 03:04:05 (UTC), +90s, -2m, start or end";

/// A moment of a recording.
///
/// `2026-11-22T03:04:05Z` is RFC 3339; without an offset it is UTC. `03:04:05` is a time of day in
/// UTC, `+90s` is from the first state, `-2m` before the last. What is written to the second means
/// all of that second, so the time that a report shows finds the state that it is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// The first state.
    Start,
    /// The last state.
    End,
    /// So long after the first state.
    AfterStart(Duration),
    /// So long before the last state.
    BeforeEnd(Duration),
    /// At this time of the day on which the recording begins, or of the next one if it goes on
    /// until then.
    TimeOfDay(Time),
    /// At this moment.
    At(Timestamp),
}

impl When {
    /// Whether it is not known before the end of the recording is.
    pub(super) fn needs_the_end(self) -> bool {
        matches!(self, Self::BeforeEnd(_) | Self::TimeOfDay(_))
    }

    /// This moment in a recording whose first and last state are of these, milliseconds of Unix time.
    pub(super) fn in_ms(self, first: u64, last: u64) -> i64 {
        let (first, last) = (first.cast_signed(), last.cast_signed());
        let ms = |span: Duration| i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
        match self {
            Self::Start => first,
            Self::End => i64::MAX,
            Self::AfterStart(span) => first.saturating_add(ms(span)),
            Self::BeforeEnd(span) => last.saturating_sub(ms(span)),
            Self::At(at) => to_its_end(at),
            Self::TimeOfDay(time) => time_of_day(time, first, last).unwrap_or(i64::MAX),
        }
    }
}

/// What is written to the second means all of it.
fn to_its_end(at: Timestamp) -> i64 {
    let rest = if at.subsec_nanosecond() == 0 { 999 } else { 0 };
    at.as_millisecond().saturating_add(rest)
}

/// `None` beyond any calendar.
fn time_of_day(time: Time, first: i64, last: i64) -> Option<i64> {
    let begins = Timestamp::from_millisecond(first).ok()?.to_zoned(TimeZone::UTC);
    let on = begins.date().to_datetime(time).to_zoned(TimeZone::UTC).ok()?.timestamp();
    let next = on.checked_add(SignedDuration::from_hours(24)).ok()?;
    let goes_on = to_its_end(on) < first && next.as_millisecond() <= last;
    Some(to_its_end(if goes_on { next } else { on }))
}

impl FromStr for When {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let span = |text: &str| span::parse(text).map_err(|_| no_moment(text));
        match text {
            "start" => return Ok(Self::Start),
            "end" => return Ok(Self::End),
            _ => {}
        }
        if let Some(rest) = text.strip_prefix('+') {
            return Ok(Self::AfterStart(span(rest)?));
        }
        if let Some(rest) = text.strip_prefix('-') {
            return Ok(Self::BeforeEnd(span(rest)?));
        }
        if let Ok(at) = text.parse::<Timestamp>() {
            return Ok(Self::At(at));
        }
        let has_date = text.get(..10).is_some_and(|date| date.matches('-').count() == 2);
        if has_date && let Ok(at) = text.parse::<DateTime>() {
            let at = at.to_zoned(TimeZone::UTC).map_err(|_| no_moment(text))?;
            return Ok(Self::At(at.timestamp()));
        }
        match text.parse::<Time>() {
            Ok(time) if text.contains(':') && !has_date => Ok(Self::TimeOfDay(time)),
            _ => Err(no_moment(text)),
        }
    }
}

fn no_moment(text: &str) -> String {
    format!("`{text}` is not a moment: {EXAMPLES}")
}

/// As it would be written.
impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let span = |f: &mut fmt::Formatter<'_>, sign: char, span: &Duration| match span.as_millis()
        {
            ms if ms % 1_000 == 0 => write!(f, "{sign}{}s", ms / 1_000),
            ms => write!(f, "{sign}{ms}ms"),
        };
        match self {
            Self::Start => f.write_str("start"),
            Self::End => f.write_str("end"),
            Self::AfterStart(after) => span(f, '+', after),
            Self::BeforeEnd(before) => span(f, '-', before),
            Self::TimeOfDay(time) => time.fmt(f),
            Self::At(at) => at.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-21T23:50:00Z.
    const FIRST: &str = "2026-11-21T23:50:00Z";

    fn ms(text: &str) -> u64 {
        text.parse::<Timestamp>().expect("a timestamp").as_millisecond().cast_unsigned()
    }

    fn check(text: &str, last: &str, expected: &str) {
        let when: When = text.parse().expect(text);
        let found = when.in_ms(ms(FIRST), ms(last));
        let found = Timestamp::from_millisecond(found).expect("in the calendar").to_string();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn moments_are_read_as_people_write_them() {
        let last = "2026-11-22T00:20:00Z";
        check("start", last, "2026-11-21T23:50:00Z");
        check("+90s", last, "2026-11-21T23:51:30Z");
        check("-2m", last, "2026-11-22T00:18:00Z");
        check("2026-11-22T00:04:05Z", last, "2026-11-22T00:04:05.999Z");
        check("2026-11-22T01:04:05+01:00", last, "2026-11-22T00:04:05.999Z");
        check("2026-11-22T00:04:05", last, "2026-11-22T00:04:05.999Z");
        check("2026-11-22 00:04:05.5", last, "2026-11-22T00:04:05.5Z");
        check("23:51", last, "2026-11-21T23:51:00.999Z");
        check("23:50:00", last, "2026-11-21T23:50:00.999Z");
    }

    #[test]
    fn a_time_of_day_is_of_the_next_day_only_if_the_recording_goes_on_until_then() {
        check("00:04:05", "2026-11-22T00:20:00Z", "2026-11-22T00:04:05.999Z");
        check("00:04:05", "2026-11-21T23:59:00Z", "2026-11-21T00:04:05.999Z");
        check("23:59:30", "2026-11-21T23:55:00Z", "2026-11-21T23:59:30.999Z");
    }

    #[test]
    fn the_end_is_whatever_is_last() {
        assert_eq!("end".parse::<When>().map(|end| end.in_ms(3, 5)), Ok(i64::MAX));
    }

    #[test]
    fn what_is_no_moment_is_refused_with_what_to_write_instead() {
        for text in ["", "soon", "+", "-x", "25:00:00", "2026-13-01T00:00:00Z", "12", "+1.5s"] {
            let error = text.parse::<When>().expect_err(text);
            assert!(error.contains("is not a moment: write 2026-11-22T03:04:05Z"), "{error}");
        }
    }

    #[test]
    fn a_moment_reads_what_it_writes() {
        for text in ["start", "end", "+90s", "-120s", "+5ms", "03:04:05", "2026-11-22T03:04:05Z"] {
            assert_eq!(text.parse::<When>().map(|when| when.to_string()), Ok(text.to_owned()));
        }
    }
}

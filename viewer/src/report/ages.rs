//! How long ago something was, on the agent's clock.

use std::time::Duration;

use taskscope_proto::model::Header;

/// The time since `since_ms`. A group may be newer than the header by a moment: that is zero.
pub(super) fn since(header: &Header, since_ms: u64) -> Duration {
    Duration::from_millis(header.now_ms.saturating_sub(since_ms))
}

/// Seconds, to the millisecond.
pub(super) fn secs(duration: Duration) -> f64 {
    duration.as_millis() as f64 / 1_000.0
}

/// A moment of the agent's clock in Unix time, milliseconds.
pub(super) fn unix_ms(header: &Header, at_ms: u64) -> u64 {
    header.now_unix_ms.saturating_sub(header.now_ms.saturating_sub(at_ms))
}

/// A moment in Unix time, `2026-01-02T03:04:05Z`; none when it is beyond any calendar.
pub(crate) fn moment(unix_ms: u64) -> Option<jiff::Timestamp> {
    let secs = i64::try_from(unix_ms / 1_000).ok()?;
    jiff::Timestamp::from_second(secs).ok()
}

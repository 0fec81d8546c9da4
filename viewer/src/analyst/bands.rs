//! Alerts on the time line of what is looked at.

use crate::alert::At;
use crate::screen::{Band, Screen, ShownAlert};

/// Bands that are drawn; the oldest of more give way.
const MOST: usize = 60;

/// Those that have fired, from the moment at which their condition began to hold.
pub(super) fn bands<'a>(
    screen: &Screen,
    alerts: impl Iterator<Item = &'a ShownAlert>,
) -> Vec<Band> {
    let Some(header) = &screen.header else { return Vec::new() };
    // Alerts are of the present run; the time line of another is on another clock.
    if screen.run.is_before {
        return Vec::new();
    }
    // Of the past the header is older than the end of the time line.
    let last_ms = screen.timeline.seconds.last().map_or(0, |last| last * 1_000);
    let now_ms = header.now_ms.max(last_ms);
    let band = |shown: &ShownAlert| {
        let alert = &shown.alert;
        let is_looked_at = match (&screen.target, screen.is_of_all) {
            // The clock of all as one says nothing of a file's.
            (_, true) => shown.file_end.is_none(),
            (target, false) => target.as_ref() == Some(&alert.target),
        };
        let fired = alert.fired.filter(|_| is_looked_at)?;
        let begun = shown.file_end.map_or(screen.received_at, |end| end.moment);
        // On the agent's clock, by how long before its latest state it was.
        let ms = |at: At| {
            let before = begun.saturating_sub(at.moment).as_millis();
            now_ms.saturating_sub(u64::try_from(before).unwrap_or(u64::MAX))
        };
        Some(Band {
            alert: alert.id(),
            severity: alert.severity,
            words: format!("{}: {}", alert.rule, alert.text),
            since_ms: ms(alert.since),
            fired_ms: ms(fired),
            until_ms: alert.resolved.map(ms),
        })
    };
    let mut bands: Vec<Band> = alerts.filter_map(band).collect();
    bands.sort_by_key(|band| std::cmp::Reverse(band.fired_ms));
    bands.truncate(MOST);
    bands
}

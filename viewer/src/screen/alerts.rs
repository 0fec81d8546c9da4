//! What the window shows of alerts.

use std::sync::Arc;

use crate::alert::{Alert, AlertId, At, Hush, Severity};
use crate::analyse::Value;
use crate::clock::Moment;
use crate::desktop::Standing;

/// An alert, and where to look at what it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownAlert {
    /// The alert.
    pub alert: Alert,
    /// The values of its row; `None` if the table has none.
    pub row: Option<Arc<[Value]>>,
    /// Why nothing is to be heard of it.
    pub hush: Option<Hush>,
    /// Where the file ends that it is of; `None`: it is of a service that is followed.
    pub file_end: Option<At>,
}

impl ShownAlert {
    /// Whether it fires and somebody has to hear of it.
    pub fn calls(&self) -> bool {
        self.alert.fired.is_some()
            && self.alert.resolved.is_none()
            && self.hush.is_none()
            && self.file_end.is_none()
    }

    /// How long ago something of it was.
    pub fn age(&self, at: At, now: Moment) -> Moment {
        self.file_end.map_or(now, |end| end.moment).saturating_sub(at.moment)
    }
}

/// What there is to say of all alerts together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Alarm {
    /// Those that are over, the latest first.
    pub over: Vec<ShownAlert>,
    /// How many found no room.
    pub left_out: u64,
    /// How it stands with notifications on the desktop.
    pub desktop: Standing,
    /// When the screen was made.
    pub made: At,
}

impl Alarm {
    /// Unix time at a moment of the viewer's clock, in milliseconds.
    pub fn unix_ms(&self, now: Moment) -> u64 {
        let since = now.saturating_sub(self.made.moment).as_millis();
        self.made.unix_ms.saturating_add(u64::try_from(since).unwrap_or(u64::MAX))
    }
}

/// An alert on the time line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Band {
    /// Which alert.
    pub alert: AlertId,
    /// How bad it is.
    pub severity: Severity,
    /// Its rule and its sentence.
    pub words: String,
    /// Since when its condition held, agent's clock.
    pub since_ms: u64,
    /// When it fired.
    pub fired_ms: u64,
    /// When it was resolved; `None`: it still fires.
    pub until_ms: Option<u64>,
}

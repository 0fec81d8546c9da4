//! The viewer's clock: time since it started. Passed in, never read inside a calculation.

use std::time::{Duration, Instant};

/// A moment, as time since the viewer started.
pub type Moment = Duration;

/// Reads the time. Tests use fixed moments instead.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    started: Instant,
}

impl Clock {
    /// A clock that shows zero now.
    pub fn start() -> Self {
        Self { started: Instant::now() }
    }

    /// Now.
    pub fn now(&self) -> Moment {
        self.started.elapsed()
    }
}

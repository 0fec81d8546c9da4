//! The life of one alert: pending, firing, resolved, and then a rest.

use std::time::Duration;

use super::Rule;

/// When something came in: by a clock that only goes forward, and for people.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct At {
    /// Time since any fixed moment.
    pub moment: Duration,
    /// Milliseconds since 1970.
    pub unix_ms: u64,
}

impl At {
    fn since(self, earlier: Self) -> Duration {
        self.moment.saturating_sub(earlier.moment)
    }
}

/// How it stands with a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Held {
    /// It holds.
    Over,
    /// It does not hold, and it is not over either.
    Near,
    /// It is over.
    Off,
}

/// What an alert has just begun to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// It fires.
    Fired,
    /// It is over.
    Resolved,
}

/// See the [module](self).
#[derive(Clone, Debug, Default)]
pub(super) struct Life {
    over_since: Option<At>,
    fired: Option<At>,
    off_since: Option<At>,
    resolved: Option<At>,
}

impl Life {
    /// Takes one more look at the condition in.
    pub(super) fn step(&mut self, held: Held, now: At, rule: &Rule) -> Option<Turn> {
        if self.fired.is_some() {
            return self.burn(held, now, rule);
        }
        if held != Held::Over {
            self.over_since = None;
            return None;
        }
        let since = *self.over_since.get_or_insert(now);
        let rested = self.resolved.is_none_or(|end| now.since(end) >= rule.cool_down);
        if now.since(since) < rule.hold || !rested {
            return None;
        }
        *self = Self { over_since: Some(since), fired: Some(now), ..Self::default() };
        Some(Turn::Fired)
    }

    fn burn(&mut self, held: Held, now: At, rule: &Rule) -> Option<Turn> {
        if held != Held::Off {
            self.off_since = None;
            return None;
        }
        let since = *self.off_since.get_or_insert(now);
        if now.since(since) < rule.clear {
            return None;
        }
        *self = Self { resolved: Some(now), ..Self::default() };
        Some(Turn::Resolved)
    }

    /// Nobody could look: what is pending begins anew, and so does being over.
    pub(super) fn unseen(&mut self) {
        self.off_since = None;
        if self.fired.is_none() {
            self.over_since = None;
        }
    }

    /// Since when the condition holds.
    pub(super) fn since(&self) -> Option<At> {
        self.over_since
    }

    pub(super) fn fired(&self) -> Option<At> {
        self.fired
    }

    /// Nothing has to be remembered of it.
    pub(super) fn is_spent(&self, now: At, rule: &Rule) -> bool {
        let rests = self.resolved.is_some_and(|end| now.since(end) < rule.cool_down);
        self.fired.is_none() && self.over_since.is_none() && !rests
    }
}

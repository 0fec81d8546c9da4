//! What is shown of many alerts, and when.
//!
//! A few a minute get a notification each. The rest is counted, and told as one number once a minute
//! at most. The end of an alert takes the place of its beginning; an alert that was not shown has no
//! end to show. A desktop that does not answer is left alone for a while, longer each time.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use super::{Board, Words};
use crate::alert::{AlertKey, Change, Severity, Turn};
use crate::clock::Moment;

/// Alerts that get a notification of their own within a minute.
pub const MOST_A_MINUTE: usize = 5;
/// That minute.
const MINUTE: Duration = Duration::from_mins(1);
/// How long more of them are waited for, so that one number tells of all.
const GATHER: Duration = Duration::from_secs(2);
/// Notifications whose number is known.
const MOST_KNOWN: usize = 500;
/// How long a desktop that failed is left alone, at first and at most.
const PAUSES: (Duration, Duration) = (MINUTE, Duration::from_mins(16));

/// Decides what is shown of many alerts, and when.
#[derive(Debug, Default)]
pub struct Crier {
    /// What stands on the desktop.
    shown: BTreeMap<AlertKey, u32>,
    /// When the latest were shown.
    latest: VecDeque<Moment>,
    /// Those that were not, since when, and the worst of them.
    held: BTreeMap<AlertKey, Severity>,
    held_since: Option<Moment>,
    more_at: Option<Moment>,
    /// Not before this moment, and how long after the next failure.
    resting: Option<(Moment, Duration)>,
    failure: Option<String>,
    missed: u64,
}

impl Crier {
    /// An alert fires, or is over.
    pub fn take_in(&mut self, change: &Change, now: Moment, board: &mut impl Board) {
        let key = change.alert.key();
        let words = Words::of(change.turn, &change.alert);
        match change.turn {
            Turn::Fired => {
                while self.latest.pop_front_if(|at| now.saturating_sub(*at) >= MINUTE).is_some() {}
                if self.latest.len() >= MOST_A_MINUTE {
                    self.hold(key, change.alert.severity, now);
                    return;
                }
                self.latest.push_back(now);
                let replaces = self.shown.get(&key).copied();
                if let Some(id) = self.show(&words, replaces, now, board) {
                    if self.shown.len() >= MOST_KNOWN {
                        self.shown.pop_first();
                    }
                    self.shown.insert(key, id);
                }
            }
            Turn::Resolved => {
                self.held.remove(&key);
                if let Some(id) = self.shown.remove(&key) {
                    self.show(&words, Some(id), now, board);
                }
            }
        }
    }

    fn hold(&mut self, key: AlertKey, severity: Severity, now: Moment) {
        if self.held.len() >= MOST_KNOWN && !self.held.contains_key(&key) {
            self.missed += 1;
            return;
        }
        self.held.insert(key, severity);
        self.held_since.get_or_insert(now);
    }

    /// When [`Crier::look`] has something to do.
    pub fn due(&self) -> Option<Moment> {
        let gathered = self.held_since? + GATHER;
        Some(self.more_at.map_or(gathered, |at| gathered.max(at + MINUTE)))
    }

    /// Tells of those that got no notification of their own, when it is time.
    pub fn look(&mut self, now: Moment, board: &mut impl Board) {
        if self.due().is_none_or(|due| now < due) {
            return;
        }
        self.held_since = None;
        let held = std::mem::take(&mut self.held);
        let Some(worst) = held.values().max().copied() else { return };
        self.more_at = Some(now);
        self.show(&Words::of_more(held.len() as u64, worst), None, now, board);
    }

    fn show(
        &mut self,
        words: &Words,
        replaces: Option<u32>,
        now: Moment,
        board: &mut impl Board,
    ) -> Option<u32> {
        if self.resting.is_some_and(|(until, _)| now < until) {
            self.missed += 1;
            return None;
        }
        match board.show(words, replaces) {
            Ok(id) => {
                self.resting = None;
                self.failure = None;
                Some(id)
            }
            Err(why) => {
                let pause = self.resting.map_or(PAUSES.0, |(_, pause)| pause);
                self.resting = Some((now + pause, (pause * 2).min(PAUSES.1)));
                if self.failure.is_none() {
                    let tried = board.name();
                    tracing::warn!("no desktop notifications: tried {tried}: {why}");
                }
                self.failure = Some(format!("tried {}: {why}", board.name()));
                self.missed += 1;
                None
            }
        }
    }

    /// Why the latest was not shown.
    pub fn failure(&self) -> Option<&str> {
        self.failure.as_deref()
    }

    /// How many were not shown and not counted in another one.
    pub fn missed(&self) -> u64 {
        self.missed
    }
}

//! Alerts that somebody knows of: acknowledged for as long as they fire, or silenced for a while.

use serde::{Deserialize, Serialize};

use super::{Alert, At};

/// Silences that are kept; the one that ends first gives way.
const MOST_SILENCES: usize = 200;
/// Acknowledged alerts that are kept; the oldest gives way.
const MOST_ACKNOWLEDGED: usize = 1_000;
/// How long a silence lasts.
const LASTS_MS: u64 = 60 * 60 * 1_000;

/// A rule and what it is about: the same from one firing to the next, and from one start of the
/// viewer to the next.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct AlertKey {
    /// The rule's name.
    pub rule: String,
    /// The address of the agent.
    pub target: String,
    /// What it is about, in words.
    pub subject: String,
}

/// One firing of it, from since when its condition held.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct AlertId {
    /// Which alert.
    pub key: AlertKey,
    /// Since when its condition holds.
    pub since: At,
}

impl Alert {
    /// What it has in common with its other firings.
    pub fn key(&self) -> AlertKey {
        AlertKey {
            rule: self.rule.to_string(),
            target: self.target.to_string(),
            subject: self.subject.in_full(),
        }
    }

    /// What it shares with no other firing.
    pub fn id(&self) -> AlertId {
        AlertId { key: self.key(), since: self.since }
    }
}

/// An alert of which nothing is to be heard for a while.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Silence {
    /// Which.
    pub alert: AlertKey,
    /// Until when, in milliseconds of Unix time.
    pub until_unix_ms: u64,
}

/// Why nothing is to be heard of an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hush {
    /// Somebody knows of it.
    Acknowledged,
    /// Until this time, in milliseconds of Unix time.
    Silenced(u64),
}

/// What is not to be heard.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hushed {
    /// Until their time is over.
    pub silences: Vec<Silence>,
    /// For as long as they fire.
    pub acknowledged: Vec<AlertId>,
}

impl Hushed {
    /// Whether something is to be heard of this alert, and if not, why.
    pub fn of(&self, alert: &Alert, now_unix_ms: u64) -> Option<Hush> {
        if self.silences.is_empty() && self.acknowledged.is_empty() {
            return None;
        }
        let id = alert.id();
        let silences = self.silences.iter().filter(|silence| silence.alert == id.key);
        let until = silences.map(|silence| silence.until_unix_ms).max();
        if let Some(until) = until.filter(|until| *until > now_unix_ms) {
            return Some(Hush::Silenced(until));
        }
        self.acknowledged.contains(&id).then_some(Hush::Acknowledged)
    }

    /// Somebody knows of it, or does not any more.
    pub fn acknowledge(&mut self, id: AlertId) {
        if let Some(at) = self.acknowledged.iter().position(|known| *known == id) {
            self.acknowledged.remove(at);
            return;
        }
        if self.acknowledged.len() >= MOST_ACKNOWLEDGED {
            self.acknowledged.remove(0);
        }
        self.acknowledged.push(id);
    }

    /// Silences it for an hour, or lifts its silence.
    pub fn silence(&mut self, alert: AlertKey, now_unix_ms: u64) {
        self.silences.retain(|silence| silence.until_unix_ms > now_unix_ms);
        let before = self.silences.len();
        self.silences.retain(|silence| silence.alert != alert);
        if self.silences.len() < before {
            return;
        }
        let until_unix_ms = now_unix_ms.saturating_add(LASTS_MS);
        self.silences.push(Silence { alert, until_unix_ms });
        self.silences.sort_by_key(|silence| silence.until_unix_ms);
        let spare = self.silences.len().saturating_sub(MOST_SILENCES);
        self.silences.drain(..spare);
    }
}

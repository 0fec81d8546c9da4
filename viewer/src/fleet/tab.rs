//! What the strip of tabs says of a service.

use std::sync::Arc;

use taskscope_proto::model::Class;

use crate::clock::Moment;
use crate::store::{Connection, Restart, Store};

/// A service that is open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tab {
    /// Its address, by which tabs are told apart.
    pub address: Arc<str>,
    /// What it is called among those that are open; the address until it has said its name.
    pub name: Arc<str>,
    /// How it stands with the connection.
    pub connection: Connection,
    /// When its latest state came in; `None` until one did.
    pub received_at: Option<Moment>,
    /// How many living tasks it has.
    pub tasks: u64,
    /// How many of them are stuck.
    pub stuck: u64,
    /// The worst verdict on a group of its tasks.
    pub worst: Class,
    /// Counts the runs that were seen: one, and one more for each restart.
    pub run: u32,
    /// The latest of those restarts.
    pub restart: Option<Restart>,
    /// Runtimes that it tells of, where all are looked at as one.
    pub runtimes: usize,
    /// It is the process of an earlier tab at another address: among all it counts once.
    pub is_twin: bool,
}

impl Tab {
    pub(super) fn of(address: Arc<str>, name: Arc<str>, store: &Store) -> Self {
        let profile = store.profile();
        let groups = || profile.iter().flat_map(|profile| &profile.groups);
        let living = groups().filter(|group| group.count > 0);
        Self {
            address,
            name,
            connection: store.connection().clone(),
            received_at: profile.map(|_| store.received_at()),
            tasks: profile.map_or(0, |profile| profile.header.totals.alive()),
            stuck: groups().fold(0, |sum, group| sum.saturating_add(group.stuck)),
            worst: living.map(|group| group.verdict.class).max().unwrap_or_default(),
            run: store.run(),
            restart: store.restart().cloned(),
            runtimes: profile.map_or(0, |profile| profile.header.runtimes.len()),
            is_twin: false,
        }
    }

    /// Whether the numbers are those of right now.
    pub fn is_live(&self) -> bool {
        matches!(self.connection, Connection::Live { .. })
    }

    /// Whether it should answer and does not.
    pub fn is_away(&self) -> bool {
        !self.is_live() && !matches!(self.connection, Connection::Recorded { .. })
    }

    /// How it stands with it, in a word.
    pub fn state(&self) -> &'static str {
        match self.connection {
            Connection::Idle => "not followed",
            Connection::Connecting { .. } => "connecting",
            Connection::Live { .. } => "live",
            Connection::Recorded { .. } => "recorded",
            Connection::Down { .. } => "down",
        }
    }
}

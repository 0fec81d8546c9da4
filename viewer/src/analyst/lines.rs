//! The lines to the services that are open, one each.

use std::sync::Arc;

use super::past::Past;
use crate::analyse::{Range, Scope};
use crate::clock::Moment;
use crate::connect::{Net, Orders, PageRequest};
use crate::fleet::Fleet;
use crate::screen::Asking;
use crate::store::{Connection, Store};

/// A line, and what was asked on it.
#[derive(Debug)]
struct Line {
    session: u64,
    orders: Orders,
    past: Past,
}

/// All lines.
#[derive(Debug)]
pub(super) struct Lines {
    net: Net,
    lines: Vec<Line>,
}

impl Lines {
    pub(super) fn new(net: Net) -> Self {
        Self { net, lines: Vec::new() }
    }

    pub(super) fn open(&mut self, session: u64, address: Arc<str>) {
        let orders = self.net.line();
        orders.follow(session, Some(address));
        self.lines.push(Line { session, orders, past: Past::default() });
    }

    pub(super) fn close(&mut self, session: u64) {
        self.lines.retain(|line| line.session != session);
    }

    fn of(&self, session: u64) -> Option<&Line> {
        self.lines.iter().find(|line| line.session == session)
    }

    /// Tries to connect without waiting.
    pub(super) fn hurry(&self, session: u64) {
        if let Some(line) = self.of(session) {
            line.orders.hurry();
        }
    }

    pub(super) fn tasks(&self, session: u64, request: PageRequest) {
        if let Some(line) = self.of(session) {
            line.orders.tasks(request);
        }
    }

    pub(super) fn no_tasks(&self, session: u64) {
        if let Some(line) = self.of(session) {
            line.orders.no_tasks();
        }
    }

    /// Which of these agents has been asked about the past for the longest, and has not answered.
    pub(super) fn asking(&self, sessions: impl Iterator<Item = u64>) -> Option<Asking> {
        let lines = sessions.filter_map(|session| self.of(session));
        lines.filter_map(|line| line.past.asking()).min_by_key(|asking| asking.since)
    }

    /// Waits no longer for what was before.
    pub(super) fn no_past(&mut self, session: u64) {
        if let Some(line) = self.lines.iter_mut().find(|line| line.session == session) {
            line.past.cancel();
        }
    }

    /// Asks again for what was before, if that was cancelled.
    pub(super) fn resume(&mut self, session: u64) {
        if let Some(line) = self.lines.iter_mut().find(|line| line.session == session) {
            line.past.resume();
        }
    }

    /// Asks every agent what groups were before, as far as that is due.
    pub(super) fn ask_for_the_past(
        &mut self,
        fleet: &Fleet,
        scope: &Scope,
        range: Range,
        now: Moment,
    ) {
        let is_looked_at =
            |session: u64| fleet.sessions(scope).any(|(looked_at, _)| looked_at == session);
        for (session, store) in fleet.sessions(&Scope::All) {
            let line = self.lines.iter_mut().find(|line| line.session == session);
            let Some(line) = line.filter(|_| is_live(store)) else { continue };
            // The day is asked about only once somebody looks at it.
            let day = (range == Range::Day && is_looked_at(session)).then(|| store.day());
            let histories = [Some(store.history()), day];
            if let Some(request) = line.past.due(histories.into_iter().flatten(), now) {
                line.orders.history(request);
            }
        }
    }
}

fn is_live(store: &Store) -> bool {
    matches!(store.connection(), Connection::Live { .. })
}

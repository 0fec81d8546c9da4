//! When to look for source files, and what was found.

use std::time::Duration;

use crate::clock::Moment;
use crate::source::{Found, Reader, Search};

/// How long to believe that a file is as it was.
const FRESH: Duration = Duration::from_secs(2);
/// How long to wait for a disk before asking again.
const PATIENCE: Duration = Duration::from_secs(10);

/// The sources of what is looked at.
#[derive(Debug)]
pub(super) struct Sources {
    reader: Reader,
    asked: Option<(Search, Moment)>,
    found: Found,
}

impl Sources {
    pub(super) fn new(reader: Reader) -> Self {
        Self { reader, asked: None, found: Found::default() }
    }

    /// What was found last.
    pub(super) fn found(&self) -> &Found {
        &self.found
    }

    pub(super) fn take_in(&mut self, found: Found) {
        self.found = found;
    }

    /// Looks for these, unless that was done just now.
    pub(super) fn look_for(&mut self, search: Search, now: Moment) {
        if search.places.is_empty() {
            return;
        }
        if let Some((asked, at)) = self.asked.as_ref().filter(|(asked, _)| *asked == search) {
            let wait = if self.found.search == *asked { FRESH } else { PATIENCE };
            if now.saturating_sub(*at) < wait {
                return;
            }
        }
        if self.reader.ask(search.clone()) {
            self.asked = Some((search, now));
        }
    }
}

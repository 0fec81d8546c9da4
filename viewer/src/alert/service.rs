//! A service that is followed and judged: from what happens on its line to changes of its alerts.

use std::sync::Arc;

use taskscope_proto::model::Process;

use super::past::Past;
use super::{Alert, At, Change, Engine, Rule};
use crate::connect::{Failure, Happening};

/// What is known of it, and its alerts.
#[derive(Debug)]
pub struct Service {
    engine: Engine,
    process: Option<Arc<Process>>,
    gone: Option<Failure>,
    past: Past,
}

impl Service {
    /// Judges the service behind an address by these rules.
    pub fn new(target: &str, rules: Vec<Rule>) -> Self {
        Self {
            engine: Engine::new(target, rules),
            process: None,
            gone: None,
            past: Past::default(),
        }
    }

    /// Takes in what happened.
    pub fn take_in(&mut self, happening: &Happening, at: At) -> Vec<Change> {
        match happening {
            Happening::Connected(process) => {
                if self.process.as_ref().is_none_or(|known| known.run_id != process.run_id) {
                    self.past = Past::default();
                }
                self.process = Some(Arc::clone(process));
            }
            Happening::Profile(profile) => {
                self.gone = None;
                if let Some(process) = &self.process {
                    return self.engine.profile(process, profile, at);
                }
            }
            Happening::Down { failure, .. } => {
                let changes = self.engine.gone(&failure.cause, at);
                self.gone = Some(failure.clone());
                return changes;
            }
            Happening::Connecting => return self.look(at),
            // A file is over: nothing in it begins or ends any more.
            Happening::Recorded { .. } | Happening::Tasks { .. } => {}
            Happening::History { resolution, page, .. } => {
                let page = page.as_ref().ok();
                let before = page.and_then(|page| self.past.take_in(*resolution, page, at));
                // An answer about some groups, or none, says nothing of all tasks.
                if let Some(before) = before {
                    self.engine.begin_with(&before);
                }
            }
        }
        Vec::new()
    }

    /// Time went by: what is gone is gone for longer.
    pub fn look(&mut self, at: At) -> Vec<Change> {
        let Some(failure) = &self.gone else { return Vec::new() };
        self.engine.gone(&failure.cause, at)
    }

    /// Whether it has ever answered.
    pub fn has_answered(&self) -> bool {
        self.process.is_some()
    }

    /// Why it does not answer, if it does not.
    pub fn gone(&self) -> Option<&Failure> {
        self.gone.as_ref()
    }

    /// How many alerts found no room.
    pub fn left_out(&self) -> u64 {
        self.engine.left_out()
    }

    /// What is pending and what fires.
    pub fn alerts(&self) -> Vec<Alert> {
        self.engine.alerts()
    }
}

//! A little service on a clock of its own, for the unit tests of the rules.

use super::finding::{Class, Finding, Look};
use super::lifetimes::{Lifetimes, whole};
use super::parameters::Parameters;
use super::survivors::Survivors;

/// Tasks of one origin, and what is thought of it.
pub(crate) struct World {
    pub(crate) now_ms: u64,
    pub(crate) parameters: Parameters,
    pub(crate) survivors: Survivors,
    pub(crate) finished: Lifetimes,
    pub(crate) spawned: u64,
    /// When each living task was spawned, and when it will end.
    pub(crate) living: Vec<(u64, u64)>,
    /// Whether tasks wait for something of the service's own.
    pub(crate) own: bool,
    /// Every change of class: when, and to what.
    pub(crate) changes: Vec<(u64, Class)>,
    random: u64,
}

pub(crate) const NEVER: u64 = u64::MAX;

impl World {
    pub(crate) fn new() -> Self {
        Self {
            now_ms: 5_000,
            parameters: Parameters::default(),
            survivors: Survivors::new(),
            finished: Lifetimes::default(),
            spawned: 0,
            living: Vec::new(),
            own: true,
            changes: Vec::new(),
            random: 0x9E37_79B9_7F4A_7C15,
        }
    }

    /// Evenly between 0 and 1 (xorshift64, Marsaglia 2003).
    pub(crate) fn random(&mut self) -> f64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        (self.random >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A lifetime from an exponential distribution, in milliseconds.
    pub(crate) fn about(&mut self, mean_ms: f64) -> u64 {
        whole(-mean_ms * (1.0 - self.random()).ln())
    }

    /// Spawns a task now that lives so long.
    pub(crate) fn spawn(&mut self, lives_ms: u64) {
        self.spawned += 1;
        self.living.push((self.now_ms, self.now_ms.saturating_add(lives_ms)));
    }

    /// Lets time go by without a look.
    pub(crate) fn wait(&mut self, ms: u64) {
        self.now_ms += ms;
        let (now, finished) = (self.now_ms, &mut self.finished);
        self.living.retain(|(spawned, ends)| {
            let lives = *ends > now;
            if !lives {
                finished.add(ends - spawned);
            }
            lives
        });
    }

    /// Looks, and notes a change of class.
    pub(crate) fn look(&mut self) -> Finding {
        let mut ages = Lifetimes::default();
        self.living.iter().for_each(|(spawned, _)| ages.add(self.now_ms - spawned));
        let stuck_ms = self.parameters.least_limit_ms / 3;
        let old = self.living.iter().filter(|task| self.now_ms - task.0 > stuck_ms).count();
        let look = Look {
            now_ms: self.now_ms,
            spawned: self.spawned,
            finished: &self.finished,
            ages: &ages,
            stuck_own: if self.own { old as u64 } else { 0 },
        };
        let finding = self.survivors.note(&look, &self.parameters);
        let before = self.changes.last().map_or(Class::Normal, |change| change.1);
        if finding.class != before {
            self.changes.push((self.now_ms, finding.class));
        }
        finding
    }

    /// Runs for so many seconds, a look a second; `each` spawns what belongs to a second.
    pub(crate) fn run(&mut self, seconds: u64, mut each: impl FnMut(&mut Self)) -> Finding {
        let mut last = None;
        for _ in 0..seconds {
            each(self);
            self.wait(1_000);
            last = Some(self.look());
        }
        last.expect("at least a second")
    }

    /// Ends all tasks that should have lived longer.
    pub(crate) fn release(&mut self) {
        let now = self.now_ms;
        self.living.iter_mut().for_each(|task| task.1 = task.1.min(now + 1));
    }

    /// The classes it had, one after the other.
    pub(crate) fn classes(&self) -> Vec<Class> {
        self.changes.iter().map(|change| change.1).collect()
    }
}

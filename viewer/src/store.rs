//! What the viewer knows. [`Store::apply`] is the only thing that changes it.
//!
//! The store never mixes two runs of a service: when a process with another `run_id` answers, all
//! that was known of the old run is put aside ([`Store::before`]), its last state is the mark that the
//! new run is compared with, and the screen says that it restarted. Of the runs before that one
//! nothing is kept.

mod before;
mod history;
mod moment;
mod reference;
mod totals;
mod track;
mod trend;

use std::sync::Arc;

use taskscope_proto::model::{Process, Profile, Resolution, TaskPage};

use crate::clock::Moment;
use crate::connect::{Event, Failure, Happening};

pub use history::{History, Window};
pub use reference::Reference;
pub use totals::LIVING;
pub use track::Level;
pub use trend::{SAMPLES, Trend};

/// How it stands with the connection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Connection {
    /// No target.
    #[default]
    Idle,
    /// Trying, and never got through yet.
    Connecting {
        /// Since when.
        since: Moment,
    },
    /// The agent answers.
    Live {
        /// Since when.
        since: Moment,
    },
    /// It is no service but a file, and all of it was read.
    Recorded {
        /// How many states it has.
        states: u64,
        /// It has later ones, which were not asked for.
        goes_on: bool,
        /// What is to be said of it, in sentences.
        remarks: Arc<[String]>,
    },
    /// It does not answer (any more).
    Down {
        /// Since when.
        since: Moment,
        /// Why.
        failure: Failure,
        /// When it will be tried again; `None`: never by itself.
        retry_at: Option<Moment>,
        /// Attempts that failed since.
        attempts: u32,
    },
}

/// The service was seen to restart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restart {
    /// When the new run answered first.
    pub at: Moment,
    /// Process id of the run before.
    pub old_pid: u32,
}

/// The latest answer to a request for tasks.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The number of the request.
    pub ticket: u64,
    /// The page, or why there is none.
    pub page: Result<Arc<TaskPage>, Failure>,
}

/// The history by the minute.
#[derive(Debug)]
struct Day(History);

impl Default for Day {
    fn default() -> Self {
        Self(History::of_a_day())
    }
}

/// Everything known about the target.
#[derive(Debug, Default)]
pub struct Store {
    session: u64,
    target: Option<Arc<str>>,
    connection: Connection,
    process: Option<Arc<Process>>,
    profile: Option<Arc<Profile>>,
    received_at: Moment,
    history: History,
    day: Day,
    restart: Option<Restart>,
    answer: Option<Answer>,
    marked: Option<Arc<Profile>>,
    /// The mark is the end of the run before, as that run told of it.
    end_of_before: Option<Arc<Profile>>,
    /// It is a state of elsewhere instead.
    reference: Option<Reference>,
    /// How many restarts were seen.
    restarts: u32,
    /// The run before, with what it was before left out.
    before: Option<Box<Self>>,
    /// The state that somebody stopped at, as it came in.
    pinned: Option<Arc<Profile>>,
    /// The moment that is looked at, as far as it is remembered: it is put together once.
    looked_at: Option<(u64, Arc<Profile>)>,
}

impl Store {
    /// Follows another target from here on (or none): everything known is forgotten.
    pub fn follow(&mut self, session: u64, target: Option<Arc<str>>, now: Moment) {
        let connection = match target {
            Some(_) => Connection::Connecting { since: now },
            None => Connection::Idle,
        };
        *self = Self { session, target, connection, ..Self::default() };
    }

    /// Takes in what happened. Events of an earlier session change nothing.
    pub fn apply(&mut self, event: Event, now: Moment) {
        if event.session != self.session {
            return;
        }
        match event.happening {
            Happening::Connecting => self.connecting(now),
            Happening::Connected(process) => self.connected(process, now),
            Happening::Profile(profile) => {
                self.history.record(&profile);
                self.day.0.record(&profile);
                if let Some(end) = &self.end_of_before
                    && before::has_others(self.profile.as_deref(), &profile)
                {
                    self.marked = Some(before::to_compare(end, &profile));
                }
                self.profile = Some(profile);
                self.received_at = now;
            }
            Happening::Tasks { ticket, page } => self.answer = Some(Answer { ticket, page }),
            Happening::History { ticket, resolution, page } => {
                let history = match resolution {
                    Resolution::Second => &mut self.history,
                    Resolution::Minute => &mut self.day.0,
                };
                history.take_in(ticket, page.ok().as_deref());
                // The past is another than before.
                let at_ms = self.looked_at.take().map(|(at_ms, _)| at_ms);
                self.look_at(at_ms);
            }
            Happening::Recorded { states, goes_on, remarks } => {
                self.connection = Connection::Recorded { states, goes_on, remarks };
            }
            Happening::Down { failure, retry_in } => {
                let (since, attempts) = match &self.connection {
                    Connection::Down { since, attempts, .. } => (*since, *attempts),
                    Connection::Connecting { since, .. } => (*since, 0),
                    Connection::Idle | Connection::Live { .. } | Connection::Recorded { .. } => {
                        (now, 0)
                    }
                };
                self.connection = Connection::Down {
                    since,
                    failure,
                    retry_at: retry_in.map(|pause| now + pause),
                    attempts: attempts + 1,
                };
            }
        }
    }

    /// While it is down it stays down until the agent answers: the reason stays on the screen.
    fn connecting(&mut self, now: Moment) {
        match &mut self.connection {
            Connection::Down { retry_at, .. } => *retry_at = Some(now),
            Connection::Connecting { .. } => {}
            Connection::Idle | Connection::Live { .. } | Connection::Recorded { .. } => {
                self.connection = Connection::Connecting { since: now };
            }
        }
    }

    fn connected(&mut self, process: Arc<Process>, now: Moment) {
        let old = self.process.as_ref();
        if let Some(old_pid) = old.filter(|old| old.run_id != process.run_id).map(|old| old.pid) {
            self.begin_anew(Restart { at: now, old_pid });
        }
        self.history.reconnected();
        self.day.0.reconnected();
        self.process = Some(process);
        self.connection = Connection::Live { since: now };
    }

    /// What is known of the present run is put aside.
    fn put_aside(&mut self, restart: Restart) {
        let mut old = std::mem::take(self);
        *self = Self {
            session: old.session,
            target: old.target.clone(),
            restart: Some(restart),
            restarts: old.restarts.saturating_add(1),
            ..Self::default()
        };
        // A run that told nothing is none to compare with.
        if old.profile.is_none() {
            self.before = old.before.take();
            self.end_of_before = old.end_of_before.take();
            self.marked = old.marked.take().filter(|_| self.end_of_before.is_some());
            return;
        }
        self.end_of_before.clone_from(&old.profile);
        self.marked.clone_from(&old.profile);
        (old.before, old.answer, old.restart) = (None, None, None);
        (old.marked, old.end_of_before) = (None, None);
        old.connection = Connection::Idle;
        self.before = Some(Box::new(old));
    }

    /// The run before this one, as it was at its end; nothing of it changes any more.
    pub fn before(&self) -> Option<&Self> {
        self.before.as_deref()
    }

    /// The same, to stop at a moment of it.
    pub fn before_mut(&mut self) -> Option<&mut Self> {
        self.before.as_deref_mut()
    }

    /// Which run this is: the first that was seen, or a later one.
    pub fn run(&self) -> u32 {
        self.restarts.saturating_add(1)
    }

    /// The target is to be called otherwise.
    pub fn rename(&mut self, target: Arc<str>) {
        self.target = Some(target);
    }

    /// Asks the agent once more what was before.
    pub fn ask_again(&mut self) {
        self.history.reconnected();
        self.day.0.reconnected();
    }

    /// Keeps the latest state if somebody stops at it, and lets go of one that nobody looks at.
    pub fn stop_at(&mut self, at_ms: Option<u64>) {
        let is_at = |profile: &Arc<Profile>| Some(profile.header.now_ms) == at_ms;
        if !self.pinned.as_ref().is_some_and(is_at) {
            self.pinned = self.profile.clone().filter(is_at);
        }
        if self.looked_at.as_ref().map(|(known, _)| *known) != at_ms {
            self.look_at(at_ms);
        }
    }

    /// Puts a moment of the past together, and keeps it. What is yet to come is not of the past.
    fn look_at(&mut self, at_ms: Option<u64>) {
        self.looked_at = None;
        let now_ms = self.profile.as_ref().map(|profile| profile.header.now_ms);
        let past = at_ms.filter(|at_ms| Some(*at_ms) < now_ms);
        self.looked_at = past.and_then(|at_ms| Some((at_ms, self.moment(at_ms)?)));
    }

    /// The state at a moment of this run, agent's clock: all of it where somebody stopped, counts
    /// at other moments of the last ten minutes, and at the ends of minutes before. The latest for
    /// one that is yet to come.
    pub fn moment(&self, at_ms: u64) -> Option<Arc<Profile>> {
        let latest = self.profile.as_ref()?;
        let mut whole = [self.pinned.as_ref(), Some(latest)].into_iter().flatten();
        let exact = whole.find(|profile| profile.header.now_ms == at_ms);
        Some(match exact {
            Some(profile) => Arc::clone(profile),
            None if let Some((_, kept)) =
                self.looked_at.as_ref().filter(|(at, _)| *at == at_ms) =>
            {
                Arc::clone(kept)
            }
            None if at_ms >= latest.header.now_ms => Arc::clone(latest),
            None if self.history.first_ms() <= Some(at_ms) => {
                Arc::new(moment::profile_at(latest, &self.history, at_ms))
            }
            None => Arc::new(moment::profile_at(latest, &self.day.0, at_ms)),
        })
    }

    /// Remembers the moment that is looked at, to compare with; `None` for now.
    pub fn mark(&mut self, at_ms: Option<u64>) {
        (self.end_of_before, self.reference) = (None, None);
        self.marked = at_ms.and_then(|at_ms| self.moment(at_ms)).or_else(|| self.profile.clone());
    }

    /// Forgets that moment.
    pub fn forget_mark(&mut self) {
        (self.marked, self.end_of_before, self.reference) = (None, None, None);
    }

    /// Whether that moment is the end of the run before, or of elsewhere: its clock was another.
    pub fn is_marked_before(&self) -> bool {
        self.end_of_before.is_some()
    }

    /// The state at the moment that later ones are compared with.
    pub fn marked(&self) -> Option<&Arc<Profile>> {
        self.marked.as_ref()
    }

    /// The address being followed.
    pub fn target(&self) -> Option<&Arc<str>> {
        self.target.as_ref()
    }

    /// How it stands with the connection.
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Who answered last.
    pub fn process(&self) -> Option<&Arc<Process>> {
        self.process.as_ref()
    }

    /// The latest state of this run.
    pub fn profile(&self) -> Option<&Arc<Profile>> {
        self.profile.as_ref()
    }

    /// When that state came in.
    pub fn received_at(&self) -> Moment {
        self.received_at
    }

    /// Counts of the last ten minutes of this run.
    pub fn history(&self) -> &History {
        &self.history
    }

    /// Counts of the last day of this run, by the minute.
    pub fn day(&self) -> &History {
        &self.day.0
    }

    /// The last restart that was seen.
    pub fn restart(&self) -> Option<&Restart> {
        self.restart.as_ref()
    }

    /// The latest answer to a request for tasks.
    pub fn answer(&self) -> Option<&Answer> {
        self.answer.as_ref()
    }
}

#[cfg(test)]
mod tests;

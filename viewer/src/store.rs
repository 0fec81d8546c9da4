//! What the viewer knows. [`Store::apply`] is the only thing that changes it.
//!
//! The store never mixes two runs of a service: when a process with another `run_id` answers, all
//! that was known of the old run is dropped, and the screen says that it restarted.

mod history;
mod moment;
mod totals;
mod track;
mod trend;

use std::sync::Arc;

use taskscope_proto::model::{Process, Profile, Resolution, TaskPage};

use crate::clock::Moment;
use crate::connect::{Event, Failure, Happening};

pub use history::{History, Window};
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
            Happening::Down { failure, retry_in } => {
                let (since, attempts) = match &self.connection {
                    Connection::Down { since, attempts, .. } => (*since, *attempts),
                    Connection::Connecting { since, .. } => (*since, 0),
                    Connection::Idle | Connection::Live { .. } => (now, 0),
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
            Connection::Idle | Connection::Live { .. } => {
                self.connection = Connection::Connecting { since: now };
            }
        }
    }

    fn connected(&mut self, process: Arc<Process>, now: Moment) {
        let restarted = self.process.as_ref().filter(|old| old.run_id != process.run_id);
        if let Some(old) = restarted {
            self.restart = Some(Restart { at: now, old_pid: old.pid });
            self.profile = None;
            self.history = History::default();
            self.day = Day::default();
            self.answer = None;
            self.marked = None;
            self.pinned = None;
            self.looked_at = None;
        }
        self.history.reconnected();
        self.day.0.reconnected();
        self.process = Some(process);
        self.connection = Connection::Live { since: now };
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
        self.marked = at_ms.and_then(|at_ms| self.moment(at_ms)).or_else(|| self.profile.clone());
    }

    /// Forgets that moment.
    pub fn forget_mark(&mut self) {
        self.marked = None;
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
mod tests {
    use std::time::Duration;

    use super::*;
    use taskscope_proto::model::Header;

    fn at(secs: u64) -> Moment {
        Duration::from_secs(secs)
    }

    fn failure() -> Failure {
        Failure {
            tried: "connect to x".into(),
            cause: "refused".into(),
            advice: "start it".into(),
            hopeless: false,
        }
    }

    fn connected(run_id: u64, pid: u32) -> Happening {
        Happening::Connected(Arc::new(Process { run_id, pid, ..Process::default() }))
    }

    fn profile(now_ms: u64) -> Happening {
        let header = Header { now_ms, ..Header::default() };
        Happening::Profile(Arc::new(Profile { header, ..Profile::default() }))
    }

    fn down() -> Happening {
        Happening::Down { failure: failure(), retry_in: Some(at(3)) }
    }

    fn store(happenings: impl IntoIterator<Item = Happening>) -> Store {
        let mut store = Store::default();
        store.follow(1, Some("x".into()), at(0));
        for (second, happening) in (1..).zip(happenings) {
            store.apply(Event { session: 1, happening }, at(second));
        }
        store
    }

    #[test]
    fn a_reconnect_to_the_same_run_keeps_what_was_known() {
        let store = store([connected(7, 1), profile(500), down(), connected(7, 1)]);
        assert!(store.profile().is_some());
        assert_eq!(store.restart(), None);
        assert_eq!(store.connection(), &Connection::Live { since: at(4) });
    }

    #[test]
    fn a_restart_drops_the_old_run_and_says_so() {
        let store = store([connected(7, 41), profile(500), down(), connected(8, 42)]);
        assert!(store.profile().is_none());
        assert!(store.history().is_empty());
        assert_eq!(store.restart(), Some(&Restart { at: at(4), old_pid: 41 }));
    }

    #[test]
    fn a_mark_needs_a_state_and_does_not_outlive_the_run() {
        let mut without = store([connected(7, 1)]);
        without.mark(None);
        assert!(without.marked().is_none());
        let mut store = store([connected(7, 1), profile(500)]);
        store.mark(None);
        assert!(store.marked().is_some());
        store.apply(Event { session: 1, happening: connected(7, 1) }, at(9));
        assert!(store.marked().is_some(), "the same run");
        store.apply(Event { session: 1, happening: connected(8, 2) }, at(9));
        assert!(store.marked().is_none());
    }

    #[test]
    fn a_moment_that_is_looked_at_is_put_together_once() {
        let mut store = store([connected(7, 1), profile(5_000), profile(9_000)]);
        let at = |store: &Store| store.moment(6_000).expect("a moment");
        assert!(!Arc::ptr_eq(&at(&store), &at(&store)), "nobody looks");
        store.stop_at(Some(6_000));
        let kept = at(&store);
        store.apply(Event { session: 1, happening: profile(20_000) }, Duration::from_secs(9));
        store.stop_at(Some(6_000));
        assert!(Arc::ptr_eq(&kept, &at(&store)));
        let page = Ok(Arc::default());
        let resolution = Resolution::Second;
        let learned = Happening::History { ticket: 1, resolution, page };
        store.apply(Event { session: 1, happening: learned }, Duration::from_secs(9));
        assert!(!Arc::ptr_eq(&kept, &at(&store)), "the agent has said more of the past");
        store.stop_at(None);
        assert!(!Arc::ptr_eq(&at(&store), &at(&store)));
    }

    #[test]
    fn while_down_the_last_state_stays_and_the_first_moment_counts() {
        let again = Happening::Connecting;
        let store = store([connected(7, 1), profile(500), down(), again, down()]);
        assert!(store.profile().is_some());
        let Connection::Down { since, retry_at, attempts, .. } = store.connection() else {
            panic!("{:?}", store.connection());
        };
        assert_eq!((*since, *retry_at, *attempts), (at(3), Some(at(8)), 2));
    }

    #[test]
    fn events_of_an_earlier_target_change_nothing() {
        let mut store = store([connected(7, 1)]);
        store.follow(2, Some("y".into()), at(5));
        store.apply(Event { session: 1, happening: profile(500) }, at(6));
        assert!(store.profile().is_none() && store.process().is_none());
    }
}

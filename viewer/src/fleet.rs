//! The services that are open: each with a store of its own, and all of them as one.
//!
//! What all of them tell together is told by an agent that does not exist: about once a second it
//! makes one profile of all processes (`merged`), and whoever asks it for tasks gets the answers of
//! the real agents as one page. So a [`Store`] follows it like any other, and nothing above this
//! room has to know that it is many. Its clock is the wall clock of the first agent that told, in
//! milliseconds of Unix time; what a process told is moved to it by when it came in.
//!
//! Numbers of groups, origins, sites and tasks begin with a number of the run of the process, and
//! everything has the label [`PROCESS`](crate::analyse::PROCESS): nothing of two processes, or of two
//! runs of one, is ever taken for the same.

mod all;
mod merged;
mod notes;
mod numbers;
mod part;
mod past;
mod question;
mod tab;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use taskscope_proto::model::{Process, Resolution};

use crate::analyse::Scope;
use crate::clock::Moment;
use crate::connect::{Event, Happening};
use crate::store::{Connection, Store};

use all::All;
use part::Part;
use past::{TotalsPast, is_of_totals};
pub use tab::Tab;

/// Services that may be open at once.
pub const MAX_SERVICES: usize = 16;

/// A service that is open.
#[derive(Debug)]
struct Service {
    session: u64,
    address: Arc<str>,
    store: Store,
    /// Its run, as a part of all; `None` until its agent has answered.
    part: Option<Part>,
    /// What has to be added to its instants to have them on the common clock.
    shift_ms: Option<i64>,
    /// The tasks by state that were before, by the second and by the minute.
    totals: [Option<TotalsPast>; 2],
}

/// All services that are open.
#[derive(Debug, Default)]
pub struct Fleet {
    services: Vec<Service>,
    /// All of them as one, while there is more than one.
    all: Option<All>,
    nobody: Store,
    sessions: u64,
    runs: u64,
    /// A moment, and what the common clock said then.
    clock: Option<(Moment, u64)>,
}

impl Fleet {
    /// Opens one more and gives it a session; `None` if it is open, or if there is no room.
    pub fn open(&mut self, address: &Arc<str>, now: Moment) -> Option<u64> {
        let is_open = self.services.iter().any(|service| service.address == *address);
        if is_open || self.services.len() >= MAX_SERVICES {
            return None;
        }
        self.sessions += 1;
        let mut store = Store::default();
        store.follow(self.sessions, Some(address.clone()), now);
        self.services.push(Service {
            session: self.sessions,
            address: address.clone(),
            store,
            part: None,
            shift_ms: None,
            totals: [None, None],
        });
        self.recount(now);
        Some(self.sessions)
    }

    /// Closes it and says which session that was.
    pub fn close(&mut self, address: &str, now: Moment) -> Option<u64> {
        let at = self.services.iter().position(|service| *service.address == *address)?;
        let closed = self.services.remove(at).session;
        // All begin anew: what is closed shall not seem to have ended.
        self.all = None;
        self.recount(now);
        Some(closed)
    }

    /// There are others than before.
    fn recount(&mut self, now: Moment) {
        if self.services.len() < 2 {
            self.all = None;
            return;
        }
        let addresses: Vec<&str> = self.services.iter().map(|service| &*service.address).collect();
        let addresses = addresses.join(" ");
        if let Some(all) = &mut self.all {
            all.rename(addresses);
        } else {
            self.all = Some(All::new(addresses, now));
            self.ask_again();
        }
        self.merge(now, true);
    }

    /// What agents remember is to be heard once more, and by all as one, too.
    fn ask_again(&mut self) {
        self.services.iter_mut().for_each(|service| service.store.ask_again());
    }

    /// Takes in what happened. Events of sessions that are closed change nothing.
    pub fn apply(&mut self, event: Event, now: Moment) {
        let at = self.services.iter().position(|service| service.session == event.session);
        let Some(service) = at.and_then(|at| self.services.get_mut(at)) else { return };
        match &event.happening {
            Happening::Tasks { ticket, page } => {
                if let (Some(all), Some(part)) = (&mut self.all, &mut service.part)
                    && all.take_answer(event.session, *ticket, page, part, now)
                {
                    return;
                }
                service.store.apply(event, now);
            }
            Happening::Connected(process) => {
                let old = service.store.process().map(|process| process.run_id);
                if old != Some(process.run_id) || service.part.is_none() {
                    self.runs += 1;
                    service.part = Some(Part::new(self.runs, process.name.clone()));
                    service.shift_ms = None;
                    service.totals = [None, None];
                }
                service.store.apply(event, now);
                self.merge(now, true);
            }
            Happening::Profile(profile) => {
                let header = (profile.header.now_ms, profile.header.now_unix_ms);
                let is_first = service.shift_ms.is_none();
                service.store.apply(event, now);
                self.set_clock(at, header, now);
                self.merge(now, is_first);
                // Sums reach to the moment at which they were told: all have to tell anew.
                if is_first && self.all.is_some() {
                    self.ask_again();
                }
            }
            Happening::History { resolution, page, .. } => {
                let told = page.as_ref().ok().map(|page| (*resolution, page.clone()));
                service.store.apply(event, now);
                if let (Some((resolution, page)), Some(at)) = (told, at) {
                    self.remember(at, resolution, &page, now);
                }
            }
            Happening::Connecting => service.store.apply(event, now),
            Happening::Down { .. } | Happening::Recorded { .. } => {
                let session = event.session;
                service.store.apply(event, now);
                if let Some(all) = &mut self.all {
                    all.forget(session, now);
                }
                self.merge(now, true);
            }
        }
    }

    /// What the common clock says.
    fn clock_ms(&self, now: Moment) -> u64 {
        let (at, then_ms) = self.clock.unwrap_or_default();
        let since = now.saturating_sub(at).as_millis();
        then_ms.saturating_add(u64::try_from(since).unwrap_or(u64::MAX))
    }

    /// Moves a service's instants to the common clock, by a state that came in now.
    fn set_clock(&mut self, at: Option<usize>, (now_ms, unix_ms): (u64, u64), now: Moment) {
        // An agent that does not know the time is as good: it has to be late enough, no more.
        self.clock.get_or_insert((now, unix_ms.max(EARLIEST_MS)));
        let clock_ms = self.clock_ms(now);
        let shift = clock_ms.cast_signed().saturating_sub(now_ms.cast_signed());
        let Some(service) = at.and_then(|at| self.services.get_mut(at)) else { return };
        // What came in the fastest says it best. A clock that stood still says another time.
        let known = service.shift_ms.filter(|known| shift < known.saturating_add(MOST_LATE_MS));
        service.shift_ms = Some(known.map_or(shift, |known| known.min(shift)));
    }

    /// Hands what an agent remembers to all as one.
    fn remember(
        &mut self,
        at: usize,
        resolution: Resolution,
        page: &taskscope_proto::model::HistoryPage,
        now: Moment,
    ) {
        self.merge(now, true);
        let twins: Vec<bool> = (0..self.services.len()).map(|at| self.is_twin(at)).collect();
        let Some(all) = &mut self.all else { return };
        let Some(service) = self.services.get_mut(at) else { return };
        let (Some(part), Some(shift_ms)) = (&mut service.part, service.shift_ms) else { return };
        part.shift_ms = shift_ms;
        let page = part.history(page);
        if !is_of_totals(&page) {
            all.take_history(resolution, page);
            return;
        }
        let began_ms = 0_u64.saturating_add_signed(shift_ms);
        let [seconds, minutes] = &mut service.totals;
        let totals = match resolution {
            Resolution::Second => seconds,
            Resolution::Minute => minutes,
        };
        *totals = Some(TotalsPast { page, began_ms });
        let of = |service: &Service| {
            let [seconds, minutes] = &service.totals;
            match resolution {
                Resolution::Second => seconds.clone(),
                Resolution::Minute => minutes.clone(),
            }
        };
        // Only where all that are there tell: anything else would show tasks that came with a tab.
        let there = self.services.iter().zip(twins);
        let there = there.filter(|(known, is_twin)| !is_twin && known.store.profile().is_some());
        let told: Option<Vec<TotalsPast>> = there.map(|(service, _)| of(service)).collect();
        let told = told.as_deref().unwrap_or_default();
        if let Some(page) = past::summed(&told.iter().collect::<Vec<_>>()) {
            all.take_history(resolution, page);
        }
    }

    /// The store that answers for this scope.
    pub fn store(&self, scope: &Scope) -> &Store {
        match (scope, &self.all, self.services.first()) {
            (Scope::One(address), _, _) => self.one(address).unwrap_or(&self.nobody),
            (Scope::All, Some(all), _) => all.store(),
            (Scope::All, None, Some(only)) => &only.store,
            (Scope::All, None, None) => &self.nobody,
        }
    }

    /// The same, to change it.
    pub fn store_mut(&mut self, scope: &Scope) -> &mut Store {
        let all = self.all.as_mut();
        let mut services = self.services.iter_mut();
        let found = match scope {
            Scope::One(address) => services.find(|service| service.address == *address),
            Scope::All if all.is_some() => None,
            Scope::All => services.next(),
        };
        match (found, all, scope) {
            (Some(service), _, _) => &mut service.store,
            (None, Some(all), Scope::All) => all.store_mut(),
            _ => &mut self.nobody,
        }
    }

    fn one(&self, address: &str) -> Option<&Store> {
        let service = self.services.iter().find(|service| *service.address == *address)?;
        Some(&service.store)
    }

    /// Whether this scope is several services.
    pub fn is_many(&self, scope: &Scope) -> bool {
        *scope == Scope::All && self.all.is_some()
    }

    /// The sessions in this scope, with the store of each.
    pub fn sessions(&self, scope: &Scope) -> impl Iterator<Item = (u64, &Store)> {
        let fits = move |service: &&Service| match scope {
            Scope::All => true,
            Scope::One(address) => service.address == *address,
        };
        self.services.iter().filter(fits).map(|service| (service.session, &service.store))
    }

    /// What there is to say of each of them, in the order in which they were opened.
    pub fn tabs(&self) -> Vec<Tab> {
        let names = self.names();
        let tab = |(at, (service, name)): (usize, (&Service, Arc<str>))| {
            let tab = Tab::of(service.address.clone(), name, &service.store);
            if self.is_twin(at) { Tab { runtimes: 0, is_twin: true, ..tab } } else { tab }
        };
        self.services.iter().zip(names).enumerate().map(tab).collect()
    }

    /// Whether this is the process of an earlier one at another address.
    fn is_twin(&self, at: usize) -> bool {
        let mut identities = self.services.iter().map(Service::identity).take(at + 1);
        let own = identities.by_ref().next_back().flatten();
        own.is_some() && identities.any(|other| other == own)
    }

    /// The services that have living tasks among these groups of all and cannot be asked for them.
    pub fn silent_among(&self, members: &[u32]) -> Vec<Arc<str>> {
        let Some(profile) = self.all.as_ref().and_then(|all| all.store().profile()) else {
            return Vec::new();
        };
        let groups = || members.iter().filter_map(|at| profile.groups.get(*at as usize));
        let has = |part: &Part| groups().any(|group| group.count > 0 && part.has_group(group.id));
        let silent =
            self.services.iter().zip(self.names()).filter(|(service, _)| {
                !service.is_live() && service.part.as_ref().is_some_and(has)
            });
        silent.map(|(_, name)| name).collect()
    }

    /// What they are called: by the name of the process, and by the address where that is not
    /// enough.
    fn names(&self) -> Vec<Arc<str>> {
        let process = |service: &Service| service.store.process().map(|it| it.name.clone());
        let plain: Vec<Option<Arc<str>>> = self
            .services
            .iter()
            .map(|service| process(service).filter(|n| !n.is_empty()))
            .collect();
        let name = |(service, name): (&Service, &Option<Arc<str>>)| match name {
            None => service.address.clone(),
            Some(name) if plain.iter().flatten().filter(|other| *other == name).count() == 1 => {
                name.clone()
            }
            Some(name) => format!("{name} {}", service.address).into(),
        };
        self.services.iter().zip(&plain).map(name).collect()
    }

    /// The process that this task of all is of.
    pub fn process_of(&self, task: u64) -> Option<&Arc<Process>> {
        let has = |part: &Part| part.own_task(task).is_some();
        let service =
            self.services.iter().find(|service| service.part.as_ref().is_some_and(has))?;
        service.store.process()
    }
}

impl Service {
    /// What no other process has; not known without its id, as a console-subscriber tells of it.
    fn identity(&self) -> Option<(u64, u32)> {
        let process = self.store.process().filter(|process| process.pid != 0)?;
        Some((process.run_id, process.pid))
    }

    fn is_live(&self) -> bool {
        matches!(self.store.connection(), Connection::Live { .. })
    }
}

/// The common clock begins at this moment or later, so that whatever is remembered has room before.
const EARLIEST_MS: u64 = 1 << 40;
/// A state that comes in later than this is of a clock that stood still.
const MOST_LATE_MS: i64 = 5_000;

//! All services as one: an agent that does not exist, and the store that follows it.

use std::sync::Arc;
use std::time::Duration;

use taskscope_proto::limits::MAX_TASKS_PER_PAGE;
use taskscope_proto::model::{HistoryPage, Process, Resolution, Source, TaskPage, TaskQuery};

use super::merged::merged;
use super::part::Part;
use super::question::{Question, failed, too_deep};
use super::{Fleet, Service};
use crate::analyse::Scope;
use crate::clock::Moment;
use crate::connect::{Event, Failure, Happening, PageRequest};
use crate::store::{Connection, Store};

/// The session of the agent that does not exist.
const SESSION: u64 = u64::MAX;
/// Time between two states of all, unless something happened to one of them.
const PAUSE: Duration = Duration::from_millis(900);

/// See the [module](self).
#[derive(Debug)]
pub(super) struct All {
    store: Store,
    merged_at: Option<Moment>,
    question: Option<Question>,
}

impl All {
    pub(super) fn new(addresses: String, now: Moment) -> Self {
        let mut store = Store::default();
        store.follow(SESSION, Some(addresses.into()), now);
        Self { store, merged_at: None, question: None }
    }

    /// The addresses are others.
    pub(super) fn rename(&mut self, addresses: String) {
        self.store.rename(addresses.into());
    }

    pub(super) fn store(&self) -> &Store {
        &self.store
    }

    pub(super) fn store_mut(&mut self) -> &mut Store {
        &mut self.store
    }

    fn tell(&mut self, happening: Happening, now: Moment) {
        self.store.apply(Event { session: SESSION, happening }, now);
    }

    /// A session ended: it answers nothing any more.
    pub(super) fn forget(&mut self, session: u64, now: Moment) {
        let Some(question) = &mut self.question else { return };
        let asked = question.waiting.len();
        question.waiting.retain(|waiting| *waiting != session);
        if question.waiting.len() < asked {
            self.answer(now);
        }
    }

    /// Tells the answer to the question, once all have answered.
    fn answer(&mut self, now: Moment) {
        let Some(question) = &mut self.question else { return };
        let ticket = question.ticket;
        if let Some(page) = question.answer() {
            self.question = None;
            self.tell(Happening::Tasks { ticket, page: Ok(Arc::new(page)) }, now);
        }
    }

    /// Takes in an answer if it is to a question of ours.
    pub(super) fn take_answer(
        &mut self,
        session: u64,
        ticket: u64,
        page: &Result<Arc<TaskPage>, Failure>,
        part: &mut Part,
        now: Moment,
    ) -> bool {
        let Some(question) = self.question.as_mut().filter(|known| known.ticket == ticket) else {
            return false;
        };
        question.waiting.retain(|waiting| *waiting != session);
        match page {
            Ok(page) => question.pages.push(part.page(page)),
            Err(failure) => {
                let page = Err(failed(&part.name, failure));
                self.question = None;
                self.tell(Happening::Tasks { ticket, page }, now);
                return true;
            }
        }
        self.answer(now);
        true
    }

    pub(super) fn take_history(&mut self, resolution: Resolution, page: HistoryPage) {
        let happening = Happening::History { ticket: 0, resolution, page: Ok(Arc::new(page)) };
        // When it came in says nothing here.
        self.tell(happening, Moment::ZERO);
    }
}

impl Fleet {
    /// Makes one profile of all, if that is due or something `happened` to one of them.
    pub(super) fn merge(&mut self, now: Moment, happened: bool) {
        let is_due =
            |all: &All| happened || all.merged_at.is_none_or(|at| now.saturating_sub(at) >= PAUSE);
        if !self.all.as_ref().is_some_and(is_due) {
            return;
        }
        let (names, now_ms) = (self.names(), self.clock_ms(now));
        let mut told = Vec::new();
        let twins: Vec<bool> = (0..names.len()).map(|at| self.is_twin(at)).collect();
        let services = self.services.iter_mut().zip(names).zip(twins);
        for ((service, name), _) in services.filter(|(_, is_twin)| !is_twin) {
            let Some(profile) = service.store.profile() else { continue };
            // Of one that is gone the ages stand still: its last moment is now.
            let last = now_ms.cast_signed().saturating_sub(profile.header.now_ms.cast_signed());
            let shift_ms = service.shift_ms.filter(|_| service.is_live()).unwrap_or(last);
            let profile = Arc::clone(profile);
            let Some(part) = &mut service.part else { continue };
            part.rename(&name);
            part.shift_ms = shift_ms;
            told.push(part.profile(&profile));
        }
        let down = self.connection();
        let process = self.process_of_all();
        let Some(all) = &mut self.all else { return };
        all.merged_at = Some(now);
        let is_live = matches!(all.store.connection(), Connection::Live { .. });
        match down {
            None if !is_live || all.store.process() != Some(&process) => {
                all.tell(Happening::Connected(process), now);
            }
            Some(failure) if is_live => {
                all.tell(Happening::Down { failure, retry_in: None }, now);
            }
            _ => {}
        }
        // Where nothing is known any more, nothing is shown.
        if !told.is_empty() || all.store.profile().is_some() {
            let profile = merged(told, now_ms);
            all.tell(Happening::Profile(Arc::new(profile)), now);
        }
    }

    /// Why none of them is there, if that is so.
    fn connection(&self) -> Option<Failure> {
        if self.services.iter().any(Service::is_live) {
            return None;
        }
        Some(Failure {
            tried: format!("reach any of {} services", self.services.len()),
            cause: "None of the services answers.".into(),
            advice: "The tab of each says why.".into(),
            hopeless: false,
        })
    }

    /// What all of them are as one process.
    fn process_of_all(&self) -> Arc<Process> {
        let known = || self.services.iter().filter_map(|service| service.store.process());
        let by_consoles = known().all(|process| process.source == Source::Console);
        let source =
            if by_consoles && known().next().is_some() { Source::Console } else { Source::Agent };
        Arc::new(Process { name: "All services".into(), source, ..Process::default() })
    }

    /// Whom to ask so that this request is answered, and what.
    pub fn ask(
        &mut self,
        scope: &Scope,
        request: PageRequest,
        now: Moment,
    ) -> Vec<(u64, PageRequest)> {
        let PageRequest { ticket, query } = request;
        if !self.is_many(scope) {
            let one = self.sessions(scope).next().map(|(session, _)| session);
            return one
                .map(|session| (session, PageRequest { ticket, query }))
                .into_iter()
                .collect();
        }
        let live = self.services.iter().filter(|service| service.is_live());
        let own =
            |service: &Service| Some((service.session, own_query(service.part.as_ref()?, &query)?));
        let mut asked: Vec<(u64, TaskQuery)> = live.filter_map(own).collect();
        let mut question = Question {
            ticket,
            order: query.order,
            skip: 0,
            limit: query.limit,
            waiting: asked.iter().map(|(session, _)| *session).collect(),
            pages: Vec::new(),
        };
        if asked.len() > 1 {
            let reach = query.offset.saturating_add(query.limit.into());
            let Some(limit) = u32::try_from(reach).ok().filter(|it| *it <= MAX_TASKS_PER_PAGE)
            else {
                let page = Err(too_deep());
                self.answer_all(Happening::Tasks { ticket, page }, now);
                return Vec::new();
            };
            question.skip = query.offset;
            for (_, query) in &mut asked {
                (query.offset, query.limit) = (0, limit);
            }
        }
        if let Some(page) = question.answer() {
            self.answer_all(Happening::Tasks { ticket, page: Ok(Arc::new(page)) }, now);
            return Vec::new();
        }
        if let Some(all) = &mut self.all {
            all.question = Some(question);
        }
        asked.into_iter().map(|(to, query)| (to, PageRequest { ticket, query })).collect()
    }

    fn answer_all(&mut self, happening: Happening, now: Moment) {
        if let Some(all) = &mut self.all {
            all.tell(happening, now);
        }
    }
}

/// What to ask this process; `None` if nothing that was asked for is its own.
fn own_query(part: &Part, query: &TaskQuery) -> Option<TaskQuery> {
    let groups = part.own_groups(&query.groups);
    let tasks: Vec<u64> = query.tasks.iter().filter_map(|task| part.own_task(*task)).collect();
    let children_of = query.children_of.and_then(|task| part.own_task(task));
    let is_own = !groups.is_empty() || !tasks.is_empty() || children_of.is_some();
    is_own.then(|| TaskQuery { groups, tasks, children_of, ..query.clone() })
}

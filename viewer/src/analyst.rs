//! The analyst: the thread that owns the stores and the query, and publishes screens.
//!
//! It takes in events of the net thread and asks of the window, both through bounded channels.
//! Whatever waits is taken in at once, then one screen is made of it: a slow window or a fast
//! agent never makes a queue. The newest screen wins.

mod alerts;
mod awaits;
mod bands;
mod compared;
mod compose;
mod findings;
mod heap;
mod lines;
mod pages;
mod past;
mod sources;
mod table;
mod task;
mod timeline;

use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use tokio::sync::mpsc;

use crate::alert::{Hushed, Rule, built_in};
use crate::analyse::{Query, Scope, TaskAsk};
use crate::clock::Clock;
use crate::connect::{Event, Net, PageRequest};
use crate::desktop::Notifier;
use crate::fleet::Fleet;
use crate::screen::Screen;
use crate::source::{self, Found};
use crate::store::{Connection, Reference};

use alerts::Alerts;
pub use alerts::{AlertBook, show_alerts};
pub use compose::compose;
use lines::Lines;
use pages::Pages;
pub use pages::task_query;
use sources::Sources;
pub use task::{Answers, search_for, task_detail};

/// Asks that wait to be taken in.
const MAX_ASKS: usize = 64;
/// How often the alerts of services that are gone are looked at: these say nothing by themselves.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// What the window wants.
#[derive(Clone, Debug, PartialEq)]
pub enum Ask {
    /// Follow the service at this address, beside those that are followed.
    Open(Arc<str>),
    /// Follow it no longer, and forget what is known of it.
    Close(Arc<str>),
    /// Try to connect to the services that are looked at now.
    Retry,
    /// Wait no longer for what an agent was asked.
    Cancel,
    /// Compare with this moment from now on, or with none any more.
    Mark(bool),
    /// Of these alerts nothing is to be heard from now on.
    Hush(Arc<Hushed>),
    /// Tell the desktop of alerts, or do not.
    Notify(bool),
    /// Compare the service at this address with a state of elsewhere from now on.
    Compare(Arc<str>, Reference),
    /// Show this.
    Query(Arc<Query>),
}

/// By which rules the analyst judges, and whom it tells.
#[derive(Debug)]
pub struct Judging {
    /// The rules.
    pub rules: Vec<Rule>,
    /// The desktop; none: nobody is told.
    pub notifier: Option<Notifier>,
}

impl Default for Judging {
    /// The built-in rules, and nobody is told.
    fn default() -> Self {
        Self { rules: built_in(), notifier: None }
    }
}

/// The window's end: the newest screen, and a way to ask for another.
#[derive(Debug)]
pub struct Analyst {
    asks: mpsc::Sender<Ask>,
    newest: Arc<Mutex<Arc<Screen>>>,
}

impl Analyst {
    /// Starts the thread. `wake` is called after each new screen.
    ///
    /// # Errors
    ///
    /// The system has no room for a thread.
    pub fn start(
        net: Net,
        events: mpsc::Receiver<Event>,
        clock: Clock,
        judging: Judging,
        wake: impl Fn() + Send + 'static,
    ) -> std::io::Result<Self> {
        let (asks, inbox) = mpsc::channel(MAX_ASKS);
        let newest = Arc::new(Mutex::new(Arc::new(Screen::default())));
        let (reader, found) = source::start()?;
        let desk = Desk {
            fleet: Fleet::default(),
            query: Arc::default(),
            pages: Pages::default(),
            sources: Sources::new(reader),
            lines: Lines::new(net),
            alerts: Alerts::new(judging.rules, judging.notifier),
            newest: newest.clone(),
            retired: Vec::new(),
            clock,
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
        thread::Builder::new()
            .name("taskscope-analyst".into())
            .spawn(move || runtime.block_on(desk.work(inbox, events, found, wake)))?;
        Ok(Self { asks, newest })
    }

    /// Asks without waiting.
    ///
    /// # Errors
    ///
    /// Too many asks wait already: this one is given back.
    pub fn ask(&self, ask: Ask) -> Result<(), Ask> {
        self.asks.try_send(ask).map_err(mpsc::error::TrySendError::into_inner)
    }

    /// The newest screen.
    pub fn screen(&self) -> Arc<Screen> {
        self.newest.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// What the thread owns.
struct Desk {
    fleet: Fleet,
    query: Arc<Query>,
    /// The questions about single tasks in the scope of the query.
    pages: Pages,
    sources: Sources,
    lines: Lines,
    alerts: Alerts,
    newest: Arc<Mutex<Arc<Screen>>>,
    /// Screens that the window may still hold. Dropping a large one takes a while: done here.
    retired: Vec<Arc<Screen>>,
    clock: Clock,
}

/// The screen that answers the query with what the services have told.
pub fn look_at(fleet: &Fleet, query: &Query) -> Screen {
    let store = fleet.store(&query.scope);
    let before = store.before().filter(|_| query.run_before);
    let mut screen = compose(before.unwrap_or(store), query);
    screen.run.is_before = before.is_some();
    screen.run.number = before.unwrap_or(store).run();
    screen.run.has_before = store.before().is_some();
    screen.is_of_all = fleet.is_many(&query.scope);
    if screen.is_of_all {
        screen.notes = fleet.notes();
        let members = screen.detail.as_ref().and_then(|detail| screen.table.rows.get(detail.row?));
        let members = members.map_or(&[][..], |row| &*row.members);
        let silent = fleet.silent_among(members);
        if let Some(detail) = &mut screen.detail {
            detail.silent = silent;
        }
    }
    screen.tabs = fleet.tabs();
    screen
}

/// What can wake the analyst.
enum Input {
    Ask(Ask),
    Event(Event),
    Found(Found),
    /// Time went by.
    Look,
}

impl Desk {
    async fn work(
        mut self,
        mut asks: mpsc::Receiver<Ask>,
        mut events: mpsc::Receiver<Event>,
        mut found: mpsc::Receiver<Found>,
        wake: impl Fn(),
    ) {
        loop {
            let input = tokio::select! {
                ask = asks.recv() => ask.map(Input::Ask),
                event = events.recv() => event.map(Input::Event),
                found = found.recv() => found.map(Input::Found),
                () = tokio::time::sleep(LOOK_EVERY), if self.alerts.waits_for_time() => {
                    Some(Input::Look)
                }
            };
            // Either end is gone: the viewer is closing.
            let Some(input) = input else { return };
            self.take_in(input);
            while let Ok(ask) = asks.try_recv() {
                self.take_in(Input::Ask(ask));
            }
            while let Ok(event) = events.try_recv() {
                self.take_in(Input::Event(event));
            }
            self.alerts.look(self.clock.now());
            self.publish();
            wake();
        }
    }

    fn take_in(&mut self, input: Input) {
        let now = self.clock.now();
        match input {
            Input::Ask(Ask::Open(address)) => {
                if let Some(session) = self.fleet.open(&address, now) {
                    self.alerts.open(session, &address);
                    self.lines.open(session, address);
                }
            }
            Input::Ask(Ask::Close(address)) => {
                if let Some(session) = self.fleet.close(&address, now) {
                    self.alerts.close(session);
                    self.lines.close(session);
                }
            }
            Input::Ask(Ask::Mark(true)) => {
                let (scope, at_ms) = (&self.query.scope, self.query.at_ms);
                self.fleet.store_mut(scope).mark(at_ms);
            }
            Input::Ask(Ask::Mark(false)) => self.fleet.store_mut(&self.query.scope).forget_mark(),
            Input::Ask(Ask::Compare(address, reference)) => {
                self.fleet.store_mut(&Scope::One(address)).compare_with(reference);
            }
            Input::Ask(Ask::Cancel) => {
                let sessions = self.fleet.sessions(&self.query.scope);
                if self.pages.cancel() {
                    sessions.for_each(|(session, _)| self.lines.no_tasks(session));
                } else {
                    sessions.for_each(|(session, _)| self.lines.no_past(session));
                }
            }
            Input::Ask(Ask::Retry) => {
                self.pages.resume();
                let sessions = self.fleet.sessions(&self.query.scope);
                for (session, _) in sessions {
                    self.lines.resume(session);
                    self.lines.hurry(session);
                }
            }
            Input::Ask(Ask::Hush(hushed)) => self.alerts.hush(hushed),
            Input::Ask(Ask::Notify(notifies)) => self.alerts.notify(notifies),
            Input::Ask(Ask::Query(query)) => self.look(query),
            Input::Event(event) => {
                self.alerts.take_in(&event, now);
                self.fleet.apply(event, now);
            }
            Input::Found(found) => self.sources.take_in(found),
            Input::Look => {}
        }
    }

    /// Looks at something else.
    fn look(&mut self, query: Arc<Query>) {
        if (query.run_before, &query.scope) != (self.query.run_before, &self.query.scope) {
            self.pages.forget();
        }
        let store = self.fleet.store_mut(&query.scope);
        match store.before_mut() {
            Some(before) if query.run_before => before.stop_at(query.at_ms),
            _ => store.stop_at(query.at_ms),
        }
        self.query = query;
    }

    fn publish(&mut self) {
        let query = Arc::clone(&self.query);
        let scope = &query.scope;
        let now = self.clock.now();
        let mut screen = look_at(&self.fleet, &query);
        let profile = self.fleet.store(scope).profile().filter(|_| screen.shows_the_latest());
        show_alerts(&mut screen, self.alerts.book(now), profile.map(|p| &**p));
        self.lines.ask_for_the_past(&self.fleet, scope, query.range, now);
        if let Some(ask) = &query.task {
            self.look_at_task(ask, &mut screen);
        } else if let Some(detail) = &mut screen.detail {
            let members = detail.row.and_then(|at| screen.table.rows.get(at));
            let members = members.map_or(&[][..], |row| &*row.members);
            let is_now = screen.moment_ms.is_none() && !screen.run.is_before;
            let live = matches!(screen.connection, Connection::Live { .. });
            let store = self.fleet.store(scope);
            if is_now {
                self.pages.answer(store.answer(), &query.filter, detail);
            }
            if live
                && is_now
                && let Some(profile) = store.profile()
                && let Some(request) =
                    self.pages.due(&detail.selection, &query.filter, members, profile, now)
            {
                self.ask(request);
            }
        }
        let sessions = self.fleet.sessions(scope).map(|(session, _)| session);
        screen.asking = self.pages.asking().or_else(|| self.lines.asking(sessions));
        self.put_out(screen);
    }

    /// Asks whoever can answer.
    fn ask(&mut self, request: PageRequest) {
        let now = self.clock.now();
        for (session, request) in self.fleet.ask(&self.query.scope, request, now) {
            self.lines.tasks(session, request);
        }
    }

    fn look_at_task(&mut self, ask: &TaskAsk, screen: &mut Screen) {
        let now = self.clock.now();
        let scope = &self.query.scope;
        let store = self.fleet.store(scope);
        let answers = self.pages.of_task(store.answer(), ask.id);
        let mut detail = task_detail(store, ask, answers, self.sources.found());
        if let Some(process) = self.fleet.process_of(ask.id).filter(|_| self.fleet.is_many(scope)) {
            detail.started_unix_ms = process.started_at_unix_ms;
        }
        if screen.is_live()
            && !task::is_over(store, ask)
            && let Some(request) = self.pages.due_for_task(&detail, now)
        {
            self.ask(request);
        }
        self.sources.look_for(search_for(&detail, ask), now);
        screen.task = Some(detail);
    }

    fn put_out(&mut self, screen: Screen) {
        let screen = Arc::new(screen);
        let mut newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        let old = std::mem::replace(&mut *newest, screen);
        drop(newest);
        self.retired.push(old);
        self.retired.retain(|screen| Arc::strong_count(screen) > 1);
    }
}

//! The analyst: the thread that owns the store and the query, and publishes screens.
//!
//! It takes in events of the net thread and asks of the window, both through bounded channels.
//! Whatever waits is taken in at once, then one screen is made of it: a slow window or a fast
//! agent never makes a queue. The newest screen wins.

mod awaits;
mod compose;
mod heap;
mod pages;
mod past;
mod sources;
mod table;
mod task;
mod timeline;
mod troubles;

use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use tokio::sync::mpsc;

use crate::analyse::{Query, Range, TaskAsk};
use crate::clock::Clock;
use crate::connect::{Event, Orders};
use crate::screen::Screen;
use crate::source::{self, Found};
use crate::store::Store;

pub use compose::compose;
use pages::Pages;
pub use pages::task_query;
use past::Past;
use sources::Sources;
pub use task::{Answers, search_for, task_detail};

/// Asks that wait to be taken in.
const MAX_ASKS: usize = 64;

/// What the window wants.
#[derive(Clone, Debug, PartialEq)]
pub enum Ask {
    /// Follow this target, or none.
    Follow(Option<Arc<str>>),
    /// Try to connect now.
    Retry,
    /// Compare with this moment from now on, or with none any more.
    Mark(bool),
    /// Show this.
    Query(Arc<Query>),
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
        orders: Orders,
        events: mpsc::Receiver<Event>,
        clock: Clock,
        wake: impl Fn() + Send + 'static,
    ) -> std::io::Result<Self> {
        let (asks, inbox) = mpsc::channel(MAX_ASKS);
        let newest = Arc::new(Mutex::new(Arc::new(Screen::default())));
        let (reader, found) = source::start()?;
        let desk = Desk {
            store: Store::default(),
            query: Arc::default(),
            session: 0,
            pages: Pages::default(),
            past: Past::default(),
            sources: Sources::new(reader),
            orders,
            newest: newest.clone(),
            retired: Vec::new(),
            clock,
        };
        let runtime = tokio::runtime::Builder::new_current_thread().build()?;
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
    store: Store,
    query: Arc<Query>,
    session: u64,
    pages: Pages,
    past: Past,
    sources: Sources,
    orders: Orders,
    newest: Arc<Mutex<Arc<Screen>>>,
    /// Screens that the window may still hold. Dropping a large one takes a while: done here.
    retired: Vec<Arc<Screen>>,
    clock: Clock,
}

/// What can wake the analyst.
enum Input {
    Ask(Ask),
    Event(Event),
    Found(Found),
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
            self.publish();
            wake();
        }
    }

    fn take_in(&mut self, input: Input) {
        let now = self.clock.now();
        match input {
            Input::Ask(Ask::Follow(target)) => {
                self.session += 1;
                self.store.follow(self.session, target.clone(), now);
                self.pages.forget();
                self.past.forget();
                self.orders.follow(self.session, target);
            }
            Input::Ask(Ask::Mark(true)) => self.store.mark(self.query.at_ms),
            Input::Ask(Ask::Mark(false)) => self.store.forget_mark(),
            Input::Ask(Ask::Retry) => self.orders.hurry(),
            Input::Ask(Ask::Query(query)) => {
                self.store.stop_at(query.at_ms);
                self.query = query;
            }
            Input::Event(event) => self.store.apply(event, now),
            Input::Found(found) => self.sources.take_in(found),
        }
    }

    fn publish(&mut self) {
        let mut screen = compose(&self.store, &self.query);
        let live = screen.is_live();
        let now = self.clock.now();
        // The day is asked about only once somebody looks at it.
        let day = (self.query.range == Range::Day).then(|| self.store.day());
        let histories = [Some(self.store.history()), day];
        if live && let Some(request) = self.past.due(histories.into_iter().flatten(), now) {
            self.orders.history(request);
        }
        if let Some(ask) = self.query.task.clone() {
            self.look_at_task(&ask, &mut screen);
        } else if let Some(detail) = &mut screen.detail {
            let members = detail.row.and_then(|at| screen.table.rows.get(at));
            let members = members.map_or(&[][..], |row| row.row.members.as_slice());
            let now = self.clock.now();
            let is_now = screen.moment_ms.is_none();
            if is_now {
                self.pages.answer(self.store.answer(), &self.query.filter, detail);
            }
            if live
                && is_now
                && let Some(profile) = self.store.profile()
                && let Some(request) =
                    self.pages.due(&detail.selection, &self.query.filter, members, profile, now)
            {
                self.orders.tasks(request);
            }
        }
        self.put_out(screen);
    }

    fn look_at_task(&mut self, ask: &TaskAsk, screen: &mut Screen) {
        let now = self.clock.now();
        let answers = self.pages.of_task(self.store.answer(), ask.id);
        let detail = task_detail(&self.store, ask, answers, self.sources.found());
        if screen.is_live()
            && !task::is_over(&self.store, ask)
            && let Some(request) = self.pages.due_for_task(&detail, now)
        {
            self.orders.tasks(request);
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

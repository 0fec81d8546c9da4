//! The net thread: follows a target on each of its lines, until that is told to follow another.
//!
//! One thread has all lines, a task each: what one of them waits for holds none of the others up.
//! It never keeps anything: what comes in goes to the analyst, through a channel that holds a few
//! events. A slow analyst slows the stream down, and the agent sends less.

use std::hash::{BuildHasher, RandomState};
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use taskscope_proto::model::Process;
use taskscope_proto::stream::Decoder;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, watch};
use tokio_stream::StreamExt;

use super::orders::{Follow, HistoryRequest, Inbox, Requests, orders};
use super::{
    Backoff, Client, ConnectError, Event, Failure, Happening, Orders, PageRequest, Place,
    PlaceError, When, read_file,
};

/// Events that wait to be taken in.
const MAX_EVENTS: usize = 16;
/// How long connecting and greeting may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a page of tasks may take.
const PAGE_TIMEOUT: Duration = Duration::from_secs(10);
/// An agent speaks every second. One that is silent for this long is as good as gone.
const SILENCE: Duration = Duration::from_secs(15);

/// The net thread, where lines are taken. Dropping it ends the thread, with all of its lines.
#[derive(Debug)]
pub struct Net {
    runtime: Handle,
    events: mpsc::Sender<Event>,
    _alive: watch::Sender<()>,
}

/// Starts the thread. It ends when either end is dropped.
///
/// # Errors
///
/// The system has no room for a thread.
pub fn start() -> io::Result<(Net, mpsc::Receiver<Event>)> {
    let (events, receiver) = mpsc::channel(MAX_EVENTS);
    let (alive, mut end) = watch::channel(());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let net = Net { runtime: runtime.handle().clone(), events, _alive: alive };
    thread::Builder::new().name("taskscope-net".into()).spawn(move || {
        // Nothing is ever sent: it ends when nobody can.
        runtime.block_on(async { while end.changed().await.is_ok() {} });
    })?;
    Ok((net, receiver))
}

impl Net {
    /// One more line, which follows nothing yet. It ends with its orders.
    pub fn line(&self) -> Orders {
        let (orders, inbox) = orders();
        self.runtime.spawn(work(inbox, self.events.clone()));
        orders
    }
}

async fn work(mut inbox: Inbox, events: mpsc::Sender<Event>) {
    loop {
        let follow = inbox.follow.borrow_and_update().clone();
        let mut hurry = inbox.follow.clone();
        let line = Line { session: follow.session, events: events.clone() };
        let following = async {
            if let Some(target) = &follow.target {
                match target.parse::<Place>().map(|place| place.file().map(owned)) {
                    Ok(Some((path, when))) => line.play(path, when).await,
                    Ok(None) => line.follow(target, &mut hurry, &mut inbox.requests).await,
                    Err(error) => line.refuse(&error).await,
                }
            }
            // Nothing more to do for this target: wait for another.
            std::future::pending::<()>().await;
        };
        let session = follow.session;
        tokio::select! {
            next = another(&mut inbox.follow, session) => if next.is_none() { return },
            () = events.closed() => return,
            () = following => {}
        }
    }
}

fn owned((path, when): (&Path, When)) -> (PathBuf, When) {
    (path.to_owned(), when)
}

/// Waits for the order to follow another target; `None` when no order can come any more.
async fn another(follow: &mut watch::Receiver<Follow>, session: u64) -> Option<()> {
    follow.wait_for(|follow| follow.session != session).await.ok().map(drop)
}

/// The analyst is gone: the viewer is closing, nothing is left to say.
struct Closed;

/// One target, and where to tell what happens to it.
struct Line {
    session: u64,
    events: mpsc::Sender<Event>,
}

impl Line {
    async fn tell(&self, happening: Happening) -> Result<(), Closed> {
        let event = Event { session: self.session, happening };
        self.events.send(event).await.map_err(|_| Closed)
    }

    /// What is to be followed makes no sense.
    async fn refuse(&self, error: &PlaceError) {
        let down = Happening::Down { failure: error.failure(), retry_in: None };
        // Who is gone does not hear of it.
        drop(self.tell(down).await);
    }

    /// Tells what a file says, from its beginning to this moment. Reading ends with this future.
    async fn play(&self, path: PathBuf, when: When) {
        let Self { session, events } = self;
        let (session, events) = (*session, events.clone());
        let wanted = Arc::new(());
        let is_wanted = Arc::downgrade(&wanted);
        let reading = tokio::task::spawn_blocking(move || {
            let tell = |happening| {
                let told = events.blocking_send(Event { session, happening });
                if told.is_ok() && is_wanted.strong_count() > 0 {
                    ControlFlow::Continue(())
                } else {
                    ControlFlow::Break(())
                }
            };
            let mut known: Option<Arc<Process>> = None;
            let last = read_file(&path, when, |process, profile| {
                if !known.as_ref().is_some_and(|known| Arc::ptr_eq(known, process)) {
                    known = Some(Arc::clone(process));
                    if let gone @ ControlFlow::Break(()) =
                        tell(Happening::Connected(Arc::clone(process)))
                    {
                        return gone;
                    }
                }
                tell(Happening::Profile(Arc::clone(profile)))
            });
            // Who is gone does not hear of it.
            let _gone = tell(match last {
                Ok(last) => {
                    let remarks = last.remarks().into();
                    Happening::Recorded { states: last.states, goes_on: last.goes_on, remarks }
                }
                Err(error) => Happening::Down { failure: error.failure(), retry_in: None },
            });
        });
        // A panic in it was logged; there is nothing to tell then.
        drop(reading.await);
        drop(wanted);
    }

    /// Comes back to the target for as long as that can help.
    async fn follow(
        &self,
        target: &str,
        hurry: &mut watch::Receiver<Follow>,
        requests: &mut Requests,
    ) {
        let seed = RandomState::new().hash_one(self.session);
        let mut backoff = Backoff::new(seed);
        loop {
            if self.tell(Happening::Connecting).await.is_err() {
                return;
            }
            let error = match self.once(target, &mut backoff, requests).await {
                Ok(error) => error,
                Err(Closed) => return,
            };
            let failure = Failure::new(format!("connect to {target}"), &error);
            let retry_in = (!failure.hopeless).then(|| backoff.pause());
            let down = Happening::Down { failure, retry_in };
            if self.tell(down).await.is_err() {
                return;
            }
            hurry.mark_unchanged();
            tokio::select! {
                () = tokio::time::sleep(retry_in.unwrap_or(Duration::MAX)) => {}
                changed = hurry.changed() => if changed.is_err() { return },
            }
        }
    }

    /// Connects once and watches until that ends; says why.
    async fn once(
        &self,
        target: &str,
        backoff: &mut Backoff,
        requests: &mut Requests,
    ) -> Result<ConnectError, Closed> {
        let (client, process) = match Client::connect(target, CONNECT_TIMEOUT).await {
            Ok(connected) => connected,
            Err(error) => return Ok(error),
        };
        self.tell(Happening::Connected(Arc::new(process))).await?;
        let Requests { page, history } = requests;
        let mut answering = pin!(self.answer(&client, page));
        let mut remembering = pin!(self.remember(&client, history));
        loop {
            let watching = self.watch(&client, backoff);
            let end = tokio::select! {
                end = watching => end?,
                closed = &mut answering => return Err(closed),
                closed = &mut remembering => return Err(closed),
            };
            match end {
                // Something is missing or makes no sense: the whole state, once more.
                End::Resync => {}
                End::Error(error) => return Ok(error),
            }
        }
    }

    async fn watch(&self, client: &Client, backoff: &mut Backoff) -> Result<End, Closed> {
        let mut updates = match client.watch(Duration::ZERO).await {
            Ok(updates) => updates,
            Err(error) => return Ok(End::Error(error)),
        };
        let mut decoder = Decoder::new();
        let mut states = 0_u64;
        loop {
            let Ok(next) = tokio::time::timeout(SILENCE, updates.next()).await else {
                return Ok(End::Error(client.went_silent(SILENCE)));
            };
            let update = match next {
                Some(Ok(update)) => update,
                Some(Err(error)) => return Ok(End::Error(error)),
                None => return Ok(End::Error(client.ended())),
            };
            match decoder.apply(update) {
                Ok(None) => {}
                Ok(Some(profile)) => {
                    states += 1;
                    // Only a connection that brings states is a good one.
                    backoff.reset();
                    self.tell(Happening::Profile(profile)).await?;
                }
                Err(error) if states > 0 => {
                    tracing::warn!(%error, "asking for the full state again");
                    return Ok(End::Resync);
                }
                // A stream that makes no sense from its start will not do so the next time.
                Err(error) => return Ok(End::Error(client.broken(&error))),
            }
        }
    }

    /// Answers requests for pages: the newest one, whatever was asked before it.
    async fn answer(
        &self,
        client: &Client,
        pages: &mut watch::Receiver<Option<PageRequest>>,
    ) -> Closed {
        // A request from before this connection was lost with it.
        pages.mark_unchanged();
        loop {
            if pages.changed().await.is_err() {
                return Closed;
            }
            let Some(PageRequest { ticket, query }) = pages.borrow_and_update().clone() else {
                continue;
            };
            let answer = tokio::time::timeout(PAGE_TIMEOUT, client.tasks(&query));
            let answer = tokio::select! {
                answer = answer => answer,
                // Somebody looks at something else, or does not want to wait.
                other = is_other(pages, ticket) => match other {
                    Ok(()) => continue,
                    Err(closed) => return closed,
                },
            };
            let answer = answer.unwrap_or_else(|_| Err(client.went_silent(PAGE_TIMEOUT)));
            let page = answer
                .map(Arc::new)
                .map_err(|error| Failure::new("list the tasks".to_owned(), &error));
            if self.tell(Happening::Tasks { ticket, page }).await.is_err() {
                return Closed;
            }
        }
    }

    /// Answers requests for the past, one at a time, the newest first.
    async fn remember(
        &self,
        client: &Client,
        histories: &mut watch::Receiver<Option<HistoryRequest>>,
    ) -> Closed {
        histories.mark_unchanged();
        loop {
            if histories.changed().await.is_err() {
                return Closed;
            }
            let Some(HistoryRequest { ticket, query }) = histories.borrow_and_update().clone()
            else {
                continue;
            };
            let answer = tokio::time::timeout(PAGE_TIMEOUT, client.history(&query)).await;
            let answer = answer.unwrap_or_else(|_| Err(client.went_silent(PAGE_TIMEOUT)));
            let page = answer
                .map(Arc::new)
                .map_err(|error| Failure::new("ask for the past".to_owned(), &error));
            if self
                .tell(Happening::History { ticket, resolution: query.resolution, page })
                .await
                .is_err()
            {
                return Closed;
            }
        }
    }
}

/// Waits until another page is asked for than the one with this ticket, or none.
async fn is_other(
    pages: &mut watch::Receiver<Option<PageRequest>>,
    ticket: u64,
) -> Result<(), Closed> {
    let other = |page: &Option<PageRequest>| page.as_ref().is_none_or(|page| page.ticket != ticket);
    pages.wait_for(other).await.map_err(|_| Closed)?;
    pages.mark_changed();
    Ok(())
}

/// Why watching ended.
enum End {
    Resync,
    Error(ConnectError),
}

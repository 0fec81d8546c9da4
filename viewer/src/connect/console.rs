//! A service with a `console-subscriber` in it, followed as if it were an agent.
//!
//! Nobody has to say which of the two listens: where nobody knows `taskscope.v1`, the service that
//! tokio-console asks is tried on the same connection. What it tells is kept in a [`Model`] and
//! folded into profiles here, so that from here on up everything is as with an agent. Its groups have no await
//! trees, no verdicts, no memory: a console-subscriber does not know of them.
//!
//! | part | is |
//! |---|---|
//! | `model`, `entry`, `labels`, `origins`, `words` | what is known; `apply` is the only change; all of it bounded |
//! | `waits` | what a task waits for, by the locks and timers that it polled |
//! | `fold`, `past`, `page` | profiles, what was a minute ago, pages of tasks |
//! | `follower` | the stream of profiles |

mod entry;
#[cfg(test)]
mod fixture;
mod fold;
mod follower;
mod labels;
mod model;
mod origins;
mod page;
mod past;
mod stamp;
mod waits;
mod words;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use console_api::instrument::instrument_client::InstrumentClient;
use console_api::instrument::{InstrumentRequest, Update};
use taskscope_proto::model::{Process, Profile, Source, TaskPage, TaskQuery};
use tokio::time::{Instant, timeout};
use tonic::transport::Channel;
use tonic::{Status, Streaming};

use super::error::{ConnectError, while_greeting_console, while_talking};
use super::target::Target;
use fold::{Moment, STUCK_AFTER_MS};
pub(super) use follower::Follower;
use model::Model;
use past::Past;

/// The biggest message that is taken. A console-subscriber cuts its first one at 4 MiB and the
/// others at no size.
const MAX_MESSAGE_BYTES: usize = 64 << 20;
/// How long a greeting waits for the first state. It comes at once, unless it is too big to come.
const FIRST_WORD: Duration = Duration::from_secs(2);
/// What a service without a name is called: console-api knows none.
const NAME: &str = "console-subscriber service";

/// A connection to a service with a console-subscriber. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Console {
    service: InstrumentClient<Channel>,
    target: Target,
    shared: Arc<Mutex<State>>,
    /// The stream that the greeting opened, until somebody watches it.
    greeted: Arc<Mutex<Option<Streaming<Update>>>>,
}

/// What is known, and when it was told.
#[derive(Debug, Default)]
struct State {
    model: Model,
    past: Past,
    /// When the latest of it came in.
    told_at: Option<Instant>,
    /// The latest moment that a profile or a page was of.
    latest: stamp::Stamp,
}

impl State {
    fn apply(&mut self, update: Update) {
        self.model.apply(update);
        self.told_at = Some(Instant::now());
    }

    /// This moment, on the service's clock: it goes on while nothing comes in, and never back.
    fn moment(&mut self) -> Moment {
        let passed = self.told_at.map_or(Duration::ZERO, |at| at.elapsed());
        let passed = u64::try_from(passed.as_nanos()).unwrap_or(u64::MAX);
        self.latest = self.latest.max(self.model.now.saturating_add(passed));
        Moment { at: self.latest, start: self.model.start.unwrap_or(self.latest) }
    }

    fn profile(&mut self) -> Profile {
        let moment = self.moment();
        fold::fold(&self.model, &mut self.past, moment)
    }

    fn process(&self) -> Process {
        Process {
            name: NAME.into(),
            started_at_unix_ms: stamp::unix_ms(self.model.start.unwrap_or(0)),
            run_id: self.model.run_id(),
            stuck_after_ms: STUCK_AFTER_MS,
            agent: "console-subscriber".into(),
            source: Source::Console,
            ..Process::default()
        }
    }
}

impl Console {
    /// Asks as tokio-console does, on a connection to something that is no agent.
    pub(super) async fn greet(
        channel: Channel,
        target: Target,
    ) -> Result<(Self, Process), ConnectError> {
        let service = InstrumentClient::new(channel).max_decoding_message_size(MAX_MESSAGE_BYTES);
        let stream = open(&service).await;
        let mut stream = stream.map_err(|status| while_greeting_console(&target, &status))?;
        let mut state = State::default();
        // Without a first word it is one all the same.
        if let Ok(first) = timeout(FIRST_WORD, stream.message()).await {
            let first = first.map_err(|status| while_talking(&target, &status))?;
            state.apply(first.ok_or_else(|| super::client::ended(&target))?);
        }
        let process = state.process();
        let (shared, greeted) = (Arc::new(Mutex::new(state)), Arc::new(Mutex::new(Some(stream))));
        Ok((Self { service, target, shared, greeted }, process))
    }

    /// The states of the service, from now on.
    pub(super) async fn watch(&self) -> Result<Follower, ConnectError> {
        let greeted = lock(&self.greeted).take();
        let stream = if let Some(stream) = greeted {
            stream
        } else {
            let stream = open(&self.service).await;
            let stream = stream.map_err(|status| while_talking(&self.target, &status))?;
            // It begins with all that there is.
            *lock(&self.shared) = State::default();
            stream
        };
        Ok(Follower::new(stream, Arc::clone(&self.shared)))
    }

    /// A page of tasks, of those known.
    pub(super) fn tasks(&self, query: &TaskQuery) -> TaskPage {
        let mut state = lock(&self.shared);
        let moment = state.moment();
        page::page(&state.model, query, moment)
    }
}

async fn open(service: &InstrumentClient<Channel>) -> Result<Streaming<Update>, Status> {
    let reply = service.clone().watch_updates(InstrumentRequest {}).await?;
    Ok(reply.into_inner())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

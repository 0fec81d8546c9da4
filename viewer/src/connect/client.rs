//! One connection to one agent, or to what stands for one: greet it, watch it, ask it.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use taskscope_proto::limits::MAX_MESSAGE_BYTES;
use taskscope_proto::model::{
    Capture, HistoryPage, HistoryQuery, Process, Profile, TaskPage, TaskQuery,
};
use taskscope_proto::stream::{DecodeError, Decoder};
use taskscope_proto::version;
use taskscope_proto::wire::{self, taskscope_client::TaskscopeClient};
use tokio::time::timeout_at;
use tokio_stream::{Stream, StreamExt};
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Streaming};

use super::console::{Console, Follower};
use super::error::{ConnectError, while_connecting, while_greeting, while_talking};
use super::target::Target;

/// How we introduce ourselves to the agent.
const NAME: &str = concat!("taskscope-viewer ", env!("CARGO_PKG_VERSION"));
/// How often an idle connection is tried, and how long an answer may take: a machine that
/// vanished without a word is noticed after the sum.
const KEEP_ALIVE: Duration = Duration::from_secs(5);
/// What may be on the way unread. A bigger window only means staler updates.
const WINDOW_BYTES: u32 = 4 << 20;

/// A connection to an agent that understands us. Cheap to clone; calls may run side by side.
///
/// Where a `console-subscriber` listens instead it is followed as if it were one; its
/// [`Process::source`] says so.
///
/// ```no_run
/// # async fn example() -> Result<(), taskscope_viewer::connect::ConnectError> {
/// use std::time::Duration;
/// use taskscope_viewer::connect::Client;
///
/// let (client, process) = Client::connect("127.0.0.1:6670", Duration::from_secs(5)).await?;
/// let profile = client.snapshot(Default::default()).await?;
/// println!("{}: {} groups", process.name, profile.groups.len());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Client {
    service: Service,
    target: Target,
}

/// Who answers.
#[derive(Clone, Debug)]
enum Service {
    Agent(TaskscopeClient<Channel>),
    Console(Console),
}

impl Client {
    /// Connects and greets; both together may take `timeout`. `target` is `host:port`,
    /// `http://host:port` or a port of this machine.
    ///
    /// # Errors
    ///
    /// The address is none, nothing or something else listens there, nobody answers in time, or
    /// agent and viewer have no protocol in common.
    pub async fn connect(target: &str, timeout: Duration) -> Result<(Self, Process), ConnectError> {
        let target: Target = target.parse()?;
        let deadline = tokio::time::Instant::now() + timeout;
        let endpoint = Endpoint::from_shared(target.uri())
            .map_err(|error| while_connecting(&target, &error))?
            .tcp_nodelay(true)
            .http2_keep_alive_interval(KEEP_ALIVE)
            .keep_alive_timeout(KEEP_ALIVE)
            .keep_alive_while_idle(true)
            .initial_connection_window_size(WINDOW_BYTES)
            .initial_stream_window_size(WINDOW_BYTES);
        let channel = match timeout_at(deadline, endpoint.connect()).await {
            Ok(connected) => connected.map_err(|error| while_connecting(&target, &error))?,
            Err(_) => return Err(ConnectError::ConnectTimeout { target, after: timeout }),
        };
        let Ok(greeted) = timeout_at(deadline, greet(channel, &target)).await else {
            return Err(ConnectError::Silent { target, after: timeout });
        };
        let (service, process) = greeted?;
        Ok((Self { service, target }, process))
    }

    /// The address, as `host:port`.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// The whole state, then changes at most once per `interval` (zero: the agent chooses, about
    /// once a second), for a [`Decoder`]. It ends only with an error.
    ///
    /// # Errors
    ///
    /// The agent is gone or refuses.
    pub async fn watch(&self, interval: Duration) -> Result<Updates, ConnectError> {
        let agent = match &self.service {
            Service::Agent(agent) => agent,
            Service::Console(console) => {
                return Ok(self.updates(Words::Console(Box::new(console.watch().await?))));
            }
        };
        let interval_ms = u32::try_from(interval.as_millis()).unwrap_or(u32::MAX);
        let stream = agent.clone().watch(wire::WatchRequest { interval_ms }).await;
        let stream = stream.map_err(|status| while_talking(&self.target, &status))?.into_inner();
        Ok(self.updates(Words::Agent(Box::new(stream))))
    }

    /// The whole state once, after the captures that were asked for.
    ///
    /// # Errors
    ///
    /// The agent is gone, refuses, or sends nonsense.
    pub async fn snapshot(&self, capture: Capture) -> Result<Arc<Profile>, ConnectError> {
        let mut updates = match &self.service {
            Service::Agent(agent) => {
                let stream = agent.clone().snapshot(wire::SnapshotRequest::from(capture)).await;
                let stream = stream.map_err(|status| while_talking(&self.target, &status))?;
                self.updates(Words::Agent(Box::new(stream.into_inner())))
            }
            Service::Console(_) => self.watch(Duration::ZERO).await?,
        };
        // What a console-subscriber tells first leaves out what has just begun.
        let mut before = u32::from(matches!(self.service, Service::Console(_)));
        let mut decoder = Decoder::new();
        while let Some(update) = updates.next().await {
            let state = decoder.apply(update?);
            let state = state.map_err(|error| ConnectError::broken_state(&self.target, &error))?;
            match state {
                Some(profile) if before == 0 => return Ok(profile),
                Some(_) => before -= 1,
                None => {}
            }
        }
        Err(self.ended())
    }

    /// One page of single tasks.
    ///
    /// # Errors
    ///
    /// The agent is gone, refuses, or sends nonsense.
    pub async fn tasks(&self, query: &TaskQuery) -> Result<TaskPage, ConnectError> {
        let agent = match &self.service {
            Service::Agent(agent) => agent,
            Service::Console(console) => return Ok(console.tasks(query)),
        };
        let reply = agent.clone().tasks(wire::TasksRequest::from(query)).await;
        let reply = reply.map_err(|status| while_talking(&self.target, &status))?.into_inner();
        TaskPage::try_from(reply)
            .map_err(|error| ConnectError::broken_message(&self.target, &error))
    }

    /// What groups looked like before.
    ///
    /// # Errors
    ///
    /// The agent is gone, refuses, is too old to remember, or sends nonsense.
    pub async fn history(&self, query: &HistoryQuery) -> Result<HistoryPage, ConnectError> {
        let agent = match &self.service {
            Service::Agent(agent) => agent,
            Service::Console(_) => {
                let message = "a console-subscriber remembers nothing".to_owned();
                return Err(ConnectError::Refused { target: self.target.clone(), message });
            }
        };
        let reply = agent.clone().history(wire::HistoryRequest::from(query)).await;
        let reply = reply.map_err(|status| while_talking(&self.target, &status))?.into_inner();
        HistoryPage::try_from(reply)
            .map_err(|error| ConnectError::broken_message(&self.target, &error))
    }

    fn updates(&self, words: Words) -> Updates {
        Updates { words, target: self.target.clone(), ended: false }
    }

    /// The error for a stream that ended.
    pub(super) fn ended(&self) -> ConnectError {
        ended(&self.target)
    }

    /// The error for an agent that has said nothing for too long.
    pub(super) fn went_silent(&self, after: Duration) -> ConnectError {
        let cause = format!("no word from it for {} s", after.as_secs());
        ConnectError::Lost { target: self.target.clone(), cause }
    }

    /// The error for a stream that makes no sense.
    pub(super) fn broken(&self, error: &DecodeError) -> ConnectError {
        ConnectError::broken_state(&self.target, error)
    }
}

/// Finds out who answers there: an agent, or else a console-subscriber.
async fn greet(channel: Channel, target: &Target) -> Result<(Service, Process), ConnectError> {
    let agent = TaskscopeClient::new(channel.clone())
        .max_decoding_message_size(MAX_MESSAGE_BYTES)
        .max_encoding_message_size(MAX_MESSAGE_BYTES);
    let reply = match agent.clone().hello(version::hello(NAME)).await {
        Ok(reply) => reply.into_inner(),
        Err(status) if status.code() == Code::Unimplemented => {
            let (console, process) = Console::greet(channel, target.clone()).await?;
            return Ok((Service::Console(console), process));
        }
        Err(status) => return Err(while_greeting(target, &status)),
    };
    version::check(&reply)
        .map_err(|source| ConnectError::Version { target: target.clone(), source })?;
    let process =
        Process::try_from(reply).map_err(|error| ConnectError::broken_message(target, &error))?;
    Ok((Service::Agent(agent), process))
}

/// The messages of one stream. When the agent ends it, the last item is an error that says so.
#[derive(Debug)]
pub struct Updates {
    words: Words,
    target: Target,
    ended: bool,
}

/// Where the messages come from.
#[derive(Debug)]
enum Words {
    Agent(Box<Streaming<wire::Update>>),
    Console(Box<Follower>),
}

impl Stream for Updates {
    type Item = Result<wire::Update, ConnectError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.ended {
            return Poll::Ready(None);
        }
        let next = std::task::ready!(match &mut self.words {
            Words::Agent(stream) => Pin::new(stream).poll_next(cx),
            Words::Console(follower) => Pin::new(follower).poll_next(cx),
        });
        let item = match next {
            Some(Ok(update)) => Ok(update),
            Some(Err(status)) => Err(while_talking(&self.target, &status)),
            None => Err(ended(&self.target)),
        };
        self.ended = item.is_err();
        Poll::Ready(Some(item))
    }
}

pub(super) fn ended(target: &Target) -> ConnectError {
    ConnectError::Lost { target: target.clone(), cause: "the agent ended the stream".to_owned() }
}

#[cfg(test)]
mod tests;

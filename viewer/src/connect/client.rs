//! One connection to one agent: greet it, watch it, ask it.

use std::pin::{Pin, pin};
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
use tonic::Streaming;
use tonic::transport::{Channel, Endpoint};

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
    agent: TaskscopeClient<Channel>,
    target: Target,
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
        let agent = TaskscopeClient::new(channel)
            .max_decoding_message_size(MAX_MESSAGE_BYTES)
            .max_encoding_message_size(MAX_MESSAGE_BYTES);
        let client = Self { agent, target };
        let Ok(process) = timeout_at(deadline, client.greet()).await else {
            return Err(ConnectError::Silent { target: client.target, after: timeout });
        };
        Ok((client, process?))
    }

    /// The address, as `host:port`.
    pub fn target(&self) -> &Target {
        &self.target
    }

    async fn greet(&self) -> Result<Process, ConnectError> {
        let reply = self.agent.clone().hello(version::hello(NAME)).await;
        let reply = reply.map_err(|status| while_greeting(&self.target, &status))?.into_inner();
        version::check(&reply)
            .map_err(|source| ConnectError::Version { target: self.target.clone(), source })?;
        Process::try_from(reply).map_err(|error| ConnectError::broken_message(&self.target, &error))
    }

    /// The whole state, then changes at most once per `interval` (zero: the agent chooses, about
    /// once a second), for a [`Decoder`]. It ends only with an error.
    ///
    /// # Errors
    ///
    /// The agent is gone or refuses.
    pub async fn watch(&self, interval: Duration) -> Result<Updates, ConnectError> {
        let interval_ms = u32::try_from(interval.as_millis()).unwrap_or(u32::MAX);
        let stream = self.agent.clone().watch(wire::WatchRequest { interval_ms }).await;
        self.updates(stream)
    }

    /// The whole state once, after the captures that were asked for.
    ///
    /// # Errors
    ///
    /// The agent is gone, refuses, or sends nonsense.
    pub async fn snapshot(&self, capture: Capture) -> Result<Arc<Profile>, ConnectError> {
        let request = wire::SnapshotRequest::from(capture);
        let mut updates = self.updates(self.agent.clone().snapshot(request).await)?;
        let mut decoder = Decoder::new();
        while let Some(update) = updates.next().await {
            let state = decoder.apply(update?);
            let state = state.map_err(|error| ConnectError::broken_state(&self.target, &error))?;
            if let Some(profile) = state {
                return Ok(profile);
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
        let reply = self.agent.clone().tasks(wire::TasksRequest::from(query)).await;
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
        let reply = self.agent.clone().history(wire::HistoryRequest::from(query)).await;
        let reply = reply.map_err(|status| while_talking(&self.target, &status))?.into_inner();
        HistoryPage::try_from(reply)
            .map_err(|error| ConnectError::broken_message(&self.target, &error))
    }

    fn updates(
        &self,
        stream: Result<tonic::Response<Streaming<wire::Update>>, tonic::Status>,
    ) -> Result<Updates, ConnectError> {
        let stream = stream.map_err(|status| while_talking(&self.target, &status))?.into_inner();
        Ok(Updates { stream, target: self.target.clone(), ended: false })
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

/// The messages of one stream. When the agent ends it, the last item is an error that says so.
#[derive(Debug)]
pub struct Updates {
    stream: Streaming<wire::Update>,
    target: Target,
    ended: bool,
}

impl Stream for Updates {
    type Item = Result<wire::Update, ConnectError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.ended {
            return Poll::Ready(None);
        }
        let next = std::task::ready!(pin!(&mut self.stream).poll_next(cx));
        let item = match next {
            Some(Ok(update)) => Ok(update),
            Some(Err(status)) => Err(while_talking(&self.target, &status)),
            None => Err(ended(&self.target)),
        };
        self.ended = item.is_err();
        Poll::Ready(Some(item))
    }
}

fn ended(target: &Target) -> ConnectError {
    ConnectError::Lost { target: target.clone(), cause: "the agent ended the stream".to_owned() }
}

#[cfg(test)]
mod tests;

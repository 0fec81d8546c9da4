//! An agent without a service: it tells what it is told to.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use taskscope_proto::model::{
    HistoryPage, HistoryQuery, Point, Process, Profile, Series, Subject, TaskOrder, TaskQuery,
};
use taskscope_proto::stream::Encoder;
use taskscope_proto::version::PROTOCOL;
use taskscope_proto::wire;
use taskscope_proto::wire::taskscope_server::{Taskscope, TaskscopeServer};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_stream::Stream;
use tokio_stream::wrappers::{ReceiverStream, TcpListenerStream};
use tonic::{Request, Response, Status};

use super::sample;

/// Makes the profile of a given second.
pub(crate) type Make = Arc<dyn Fn(u64) -> Profile + Send + Sync>;

/// What it tells.
#[derive(Clone)]
pub(crate) struct FakeAgent {
    /// Who it says it is.
    pub(crate) process: Process,
    /// What it says of each second.
    pub(crate) make: Make,
    /// Time between two updates.
    pub(crate) every: Duration,
    /// Leaves a message out now and then, as a broken network would.
    pub(crate) loses_messages: bool,
    /// For how many seconds it remembers; `None`: it does not know the question.
    pub(crate) remembers: Option<u64>,
    /// The newest protocol that it says it speaks.
    pub(crate) protocol: u32,
    /// Who asks for tasks in this order gets no answer.
    pub(crate) never_lists: Option<TaskOrder>,
}

impl FakeAgent {
    /// Tells of the sample service.
    pub(crate) fn sample(run_id: u64, pid: u32) -> Self {
        Self {
            process: sample::process(run_id, pid),
            make: Arc::new(sample::profile),
            every: Duration::from_secs(1),
            loses_messages: false,
            remembers: None,
            protocol: PROTOCOL,
            never_lists: None,
        }
    }

    /// Serves on this listener until dropped.
    pub(crate) async fn serve_on(self, listener: TcpListener) -> io::Result<()> {
        let talking = Talking { agent: self, started: Instant::now() };
        tonic::transport::Server::builder()
            .add_service(TaskscopeServer::new(talking))
            .serve_with_incoming(TcpListenerStream::new(listener))
            .await
            .map_err(io::Error::other)
    }
}

#[derive(Clone)]
struct Talking {
    agent: FakeAgent,
    started: Instant,
}

impl Talking {
    fn profile(&self) -> Profile {
        (self.agent.make)(self.started.elapsed().as_secs())
    }

    async fn tell(self, sender: mpsc::Sender<Result<wire::Update, Status>>) {
        let mut encoder = Encoder::new();
        let mut ticks = tokio::time::interval(self.agent.every);
        for number in 1_u64.. {
            ticks.tick().await;
            let mut updates = encoder.delta(&self.profile());
            if self.agent.loses_messages && number.is_multiple_of(3) {
                updates.pop();
            }
            for update in updates {
                if sender.send(Ok(update)).await.is_err() {
                    return;
                }
            }
        }
    }
}

type Items = Pin<Box<dyn Stream<Item = Result<wire::Update, Status>> + Send>>;

#[tonic::async_trait]
impl Taskscope for Talking {
    async fn hello(
        &self,
        _request: Request<wire::HelloRequest>,
    ) -> Result<Response<wire::HelloReply>, Status> {
        let protocol = self.agent.protocol;
        Ok(Response::new(wire::HelloReply { protocol, ..(&self.agent.process).into() }))
    }

    type WatchStream = Items;

    async fn watch(
        &self,
        _request: Request<wire::WatchRequest>,
    ) -> Result<Response<Items>, Status> {
        let (sender, receiver) = mpsc::channel(64);
        tokio::spawn(self.clone().tell(sender));
        Ok(Response::new(Box::pin(ReceiverStream::new(receiver))))
    }

    type SnapshotStream = Items;

    async fn snapshot(
        &self,
        _request: Request<wire::SnapshotRequest>,
    ) -> Result<Response<Items>, Status> {
        let updates = Encoder::new().full(&self.profile());
        Ok(Response::new(Box::pin(tokio_stream::iter(updates.into_iter().map(Ok)))))
    }

    async fn tasks(
        &self,
        request: Request<wire::TasksRequest>,
    ) -> Result<Response<wire::TasksReply>, Status> {
        let query = TaskQuery::try_from(request.into_inner())
            .map_err(|error| Status::invalid_argument(error.to_string()))?;
        if self.agent.never_lists == Some(query.order) {
            std::future::pending::<()>().await;
        }
        let page = sample::tasks(&self.profile(), &query);
        Ok(Response::new(wire::TasksReply::from(&page)))
    }

    /// It remembers, of every group, ten minutes in which the count rose by one every ten seconds.
    async fn history(
        &self,
        request: Request<wire::HistoryRequest>,
    ) -> Result<Response<wire::HistoryReply>, Status> {
        let Some(remembers) = self.agent.remembers else {
            return Err(Status::unimplemented("an agent of long ago"));
        };
        let query = HistoryQuery::try_from(request.into_inner())
            .map_err(|error| Status::invalid_argument(error.to_string()))?;
        let now_ms = self.profile().header.now_ms;
        let from_ms = (now_ms / 1_000 - remembers) * 1_000;
        let points: Vec<Point> = (0..remembers)
            .map(|second| Point { count: second / 10, stuck: 0, live_bytes: 0 })
            .collect();
        let series =
            query.groups.iter().map(|group| Series::new(Subject::Group(*group), from_ms, &points));
        let page = HistoryPage { now_ms, step_ms: 1_000, series: series.collect() };
        Ok(Response::new(wire::HistoryReply::from(&page)))
    }
}

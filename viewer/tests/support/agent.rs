//! An agent without a service: it tells what it is told to.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use taskscope_proto::model::{Process, Profile, TaskQuery};
use taskscope_proto::stream::Encoder;
use taskscope_proto::wire;
use taskscope_proto::wire::taskscope_server::{Taskscope, TaskscopeServer};
use tokio::net::TcpListener;
use tokio_stream::wrappers::{IntervalStream, TcpListenerStream};
use tokio_stream::{Stream, StreamExt};
use tonic::{Request, Response, Status};

use super::sample;

/// Makes the profile of a given second.
pub type Make = Arc<dyn Fn(u64) -> Profile + Send + Sync>;

/// What it tells.
#[derive(Clone)]
pub struct FakeAgent {
    /// Who it says it is.
    pub process: Process,
    /// What it says of each second.
    pub make: Make,
    /// Time between two updates.
    pub every: Duration,
    /// Leaves a message out now and then, as a broken network would.
    pub loses_messages: bool,
}

impl FakeAgent {
    /// Tells of the sample service.
    pub fn sample(run_id: u64, pid: u32) -> Self {
        Self {
            process: sample::process(run_id, pid),
            make: Arc::new(sample::profile),
            every: Duration::from_secs(1),
            loses_messages: false,
        }
    }

    /// Serves on this address until dropped.
    pub async fn serve(self, address: SocketAddr) -> io::Result<()> {
        let listener = TcpListener::bind(address).await?;
        self.serve_on(listener).await
    }

    /// Serves on this listener until dropped.
    pub async fn serve_on(self, listener: TcpListener) -> io::Result<()> {
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
}

type Items = Pin<Box<dyn Stream<Item = Result<wire::Update, Status>> + Send>>;

#[tonic::async_trait]
impl Taskscope for Talking {
    async fn hello(
        &self,
        _request: Request<wire::HelloRequest>,
    ) -> Result<Response<wire::HelloReply>, Status> {
        Ok(Response::new(wire::HelloReply::from(&self.agent.process)))
    }

    type WatchStream = Items;

    async fn watch(
        &self,
        _request: Request<wire::WatchRequest>,
    ) -> Result<Response<Items>, Status> {
        let mut encoder = Encoder::new();
        let talking = self.clone();
        let ticks = IntervalStream::new(tokio::time::interval(self.agent.every));
        let mut number = 0;
        let states = ticks.map(move |_| {
            number += 1;
            let mut updates = encoder.delta(&talking.profile());
            if talking.agent.loses_messages && number % 3 == 0 {
                updates.pop();
            }
            tokio_stream::iter(updates.into_iter().map(Ok))
        });
        // The standard adapter for streams of streams lives in another crate.
        let (sender, receiver) = tokio::sync::mpsc::channel(64);
        tokio::spawn(async move {
            let mut states = std::pin::pin!(states);
            while let Some(mut updates) = states.next().await {
                while let Some(update) = updates.next().await {
                    if sender.send(update).await.is_err() {
                        return;
                    }
                }
            }
        });
        let items = tokio_stream::wrappers::ReceiverStream::new(receiver);
        Ok(Response::new(Box::pin(items)))
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
        let page = sample::tasks(&self.profile(), &query);
        Ok(Response::new(wire::TasksReply::from(&page)))
    }
}

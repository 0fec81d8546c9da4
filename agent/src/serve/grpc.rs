//! `taskscope.v1.Taskscope`.

use std::sync::Arc;
use std::time::Duration;

use taskscope_proto::model::{Capture, HistoryQuery, Process, Profile, TaskQuery};
use taskscope_proto::stream::Encoder;
use taskscope_proto::wire::{self, taskscope_server::Taskscope};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};

use crate::process;
use crate::profiler::{Asker, Unanswered};

/// Messages under way to one viewer. One that is slower gets later states, not more of them.
const QUEUE: usize = 4;

type Updates = ReceiverStream<Result<wire::Update, Status>>;

/// See the [module](self).
#[derive(Debug)]
pub(super) struct Service {
    process: Arc<Process>,
    asker: Asker,
}

impl Service {
    pub(super) fn new(process: Arc<Process>, asker: Asker) -> Self {
        Self { process, asker }
    }
}

#[tonic::async_trait]
impl Taskscope for Service {
    type WatchStream = Updates;
    type SnapshotStream = Updates;

    async fn hello(
        &self,
        request: Request<wire::HelloRequest>,
    ) -> Result<Response<wire::HelloReply>, Status> {
        let viewer = request.into_inner();
        tracing::debug!(client = %viewer.client.escape_debug(), "a viewer says hello");
        let process = Arc::clone(&self.process);
        // Reads the executable, once: not on the thread that serves.
        let described = tokio::task::spawn_blocking(move || process::described(&process)).await;
        let described = described.map_err(|error| Status::internal(error.to_string()))?;
        Ok(Response::new(wire::HelloReply::from(&described)))
    }

    async fn watch(
        &self,
        request: Request<wire::WatchRequest>,
    ) -> Result<Response<Updates>, Status> {
        let pause = Duration::from_millis(request.into_inner().interval_ms.into());
        let (send, receive) = mpsc::channel(QUEUE);
        let mut latest = self.asker.latest();
        // While nobody watches, profiles are not made in full: this one is.
        self.asker.refresh().await.map_err(unanswered)?;
        tokio::spawn(async move {
            let mut encoder = Encoder::new();
            loop {
                let profile = Arc::clone(&latest.borrow_and_update());
                if send_all(&send, encoder.delta(&profile)).await.is_err() {
                    return;
                }
                drop(profile);
                tokio::time::sleep(pause).await;
                tokio::select! {
                    changed = latest.changed() => if changed.is_err() { return },
                    () = send.closed() => return,
                }
            }
        });
        Ok(Response::new(ReceiverStream::new(receive)))
    }

    async fn snapshot(
        &self,
        request: Request<wire::SnapshotRequest>,
    ) -> Result<Response<Updates>, Status> {
        let capture = Capture::try_from(request.into_inner()).map_err(invalid)?;
        let profile: Arc<Profile> = self.asker.snapshot(capture).await.map_err(unanswered)?;
        let (send, receive) = mpsc::channel(QUEUE);
        tokio::spawn(async move {
            // A viewer that goes away needs no more of it.
            drop(send_all(&send, Encoder::new().full(&profile)).await);
        });
        Ok(Response::new(ReceiverStream::new(receive)))
    }

    async fn tasks(
        &self,
        request: Request<wire::TasksRequest>,
    ) -> Result<Response<wire::TasksReply>, Status> {
        let query = TaskQuery::try_from(request.into_inner()).map_err(invalid)?;
        let page = self.asker.tasks(query).await.map_err(unanswered)?;
        Ok(Response::new(wire::TasksReply::from(&page)))
    }

    async fn history(
        &self,
        request: Request<wire::HistoryRequest>,
    ) -> Result<Response<wire::HistoryReply>, Status> {
        let query = HistoryQuery::try_from(request.into_inner()).map_err(invalid)?;
        let page = self.asker.history(query).await.map_err(unanswered)?;
        Ok(Response::new(wire::HistoryReply::from(&page)))
    }
}

struct Gone;

async fn send_all(
    send: &mpsc::Sender<Result<wire::Update, Status>>,
    updates: Vec<wire::Update>,
) -> Result<(), Gone> {
    for update in updates {
        send.send(Ok(update)).await.map_err(|_| Gone)?;
    }
    Ok(())
}

fn invalid(error: impl std::error::Error) -> Status {
    Status::invalid_argument(error.to_string())
}

fn unanswered(reason: Unanswered) -> Status {
    match reason {
        Unanswered::Busy => Status::resource_exhausted(
            "the agent still answers earlier requests: try again in a few seconds",
        ),
        Unanswered::Gone => Status::unavailable("the agent is stopping"),
    }
}

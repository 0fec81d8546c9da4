//! A service with a console-subscriber, without the service: it sends what it is told to.

use std::net::SocketAddr;
use std::pin::Pin;
use std::time::Duration;

use console_api::async_ops::{self, AsyncOp, AsyncOpUpdate};
use console_api::field::{Name, Value};
use console_api::instrument::instrument_server::{Instrument, InstrumentServer};
use console_api::instrument::{
    InstrumentRequest, PauseRequest, PauseResponse, ResumeRequest, ResumeResponse, State,
    StateRequest, TaskDetailsRequest, Update,
};
use console_api::resources::{Resource, ResourceUpdate};
use console_api::tasks::{self, Stats, Task, TaskDetails, TaskUpdate};
use console_api::{Field, Id, Location, PollStats};
use prost_types::Timestamp;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio_stream::wrappers::TcpListenerStream;
use tokio_stream::{Stream, StreamExt as _};
use tonic::{Request, Response, Status};

/// When it started, seconds since 1970.
const START: i64 = 1_767_323_045;
/// Seconds that it is up when a test begins.
pub(crate) const UP_SECS: i64 = 300;

/// It runs as long as this lives.
pub(crate) struct ConsoleService {
    pub(crate) address: SocketAddr,
    _runtime: Runtime,
}

impl ConsoleService {
    /// Sends the first of these at once and another one each `every`, then nothing.
    pub(crate) fn start(updates: Vec<Update>, every: Duration) -> Self {
        let runtime = Runtime::new().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let server = tonic::transport::Server::builder()
            .add_service(InstrumentServer::new(Script { updates, every }))
            .serve_with_incoming(TcpListenerStream::new(listener));
        runtime.spawn(server);
        Self { address, _runtime: runtime }
    }

    /// The sample, then a state that says that nothing has changed.
    pub(crate) fn sample() -> Self {
        Self::start(vec![sample(), empty(UP_SECS + 1)], Duration::from_secs(1))
    }
}

struct Script {
    updates: Vec<Update>,
    every: Duration,
}

type Items<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

fn not_here<T>() -> Result<Response<T>, Status> {
    Err(Status::unimplemented("only what the viewer asks for"))
}

#[tonic::async_trait]
impl Instrument for Script {
    type WatchUpdatesStream = Items<Update>;
    type WatchTaskDetailsStream = Items<TaskDetails>;
    type WatchStateStream = Items<State>;

    async fn watch_updates(
        &self,
        _request: Request<InstrumentRequest>,
    ) -> Result<Response<Items<Update>>, Status> {
        let every = self.every;
        let mut updates = self.updates.clone().into_iter();
        let first = tokio_stream::iter(updates.next());
        let others = tokio_stream::iter(updates).then(move |update| async move {
            tokio::time::sleep(every).await;
            update
        });
        let items = first.chain(others).map(Ok).chain(tokio_stream::pending());
        Ok(Response::new(Box::pin(items)))
    }

    async fn watch_task_details(
        &self,
        _request: Request<TaskDetailsRequest>,
    ) -> Result<Response<Items<TaskDetails>>, Status> {
        not_here()
    }

    async fn watch_state(
        &self,
        _request: Request<StateRequest>,
    ) -> Result<Response<Items<State>>, Status> {
        not_here()
    }

    async fn pause(&self, _: Request<PauseRequest>) -> Result<Response<PauseResponse>, Status> {
        not_here()
    }

    async fn resume(&self, _: Request<ResumeRequest>) -> Result<Response<ResumeResponse>, Status> {
        not_here()
    }
}

fn at(secs: i64) -> Timestamp {
    Timestamp { seconds: START + secs, nanos: 0 }
}

fn polled(secs: i64, polls: u64) -> PollStats {
    PollStats {
        polls,
        first_poll: Some(at(1)),
        last_poll_started: Some(at(secs)),
        last_poll_ended: Some(at(secs)),
        busy_time: Some(prost_types::Duration { seconds: 0, nanos: 1_500_000 }),
    }
}

/// A state in which nothing has changed.
pub(crate) fn empty(secs: i64) -> Update {
    Update { now: Some(at(secs)), ..Update::default() }
}

/// `count` tasks of this name, spawned at this line, last polled at that second.
pub(crate) fn add_tasks(
    update: &mut Update,
    first: u64,
    count: u64,
    (name, line): (&str, u32),
    secs: i64,
) {
    let tasks = update.task_update.get_or_insert_default();
    for number in first..first + count {
        let field = |name: &str, value: Value| Field {
            metadata_id: None,
            name: Some(Name::StrName(name.into())),
            value: Some(value),
        };
        let fields = vec![
            field("kind", Value::DebugVal("task".into())),
            field("task.name", Value::DebugVal(name.into())),
            field("task.id", Value::U64Val(number)),
            field("size.bytes", Value::U64Val(512)),
        ];
        let location = Location {
            file: Some("src/main.rs".into()),
            module_path: None,
            line: Some(line),
            column: Some(9),
        };
        let id = Some(Id { id: number + 1_000 });
        let kind = tasks::task::Kind::Spawn.into();
        let task = Task {
            id,
            metadata: None,
            kind,
            fields,
            parents: Vec::new(),
            location: Some(location),
        };
        tasks.new_tasks.push(task);
        let stats = Stats {
            created_at: Some(at(0)),
            wakes: 3,
            self_wakes: 1,
            waker_clones: 5,
            waker_drops: 4,
            last_wake: Some(at(1)),
            poll_stats: Some(polled(secs, 4)),
            scheduled_time: Some(prost_types::Duration { seconds: 0, nanos: 40_000 }),
            ..Stats::default()
        };
        tasks.stats_update.insert(number + 1_000, stats);
    }
}

/// Lets tasks wait for a resource of this type since their last poll.
fn add_wait(
    update: &mut Update,
    resource: u64,
    kind: &str,
    source: &str,
    tasks: (u64, u64),
    secs: i64,
) {
    let resources: &mut ResourceUpdate = update.resource_update.get_or_insert_default();
    let (id, concrete_type) = (Some(Id { id: resource }), kind.to_owned());
    resources.new_resources.push(Resource { id, concrete_type, ..Resource::default() });
    let ops: &mut AsyncOpUpdate = update.async_op_update.get_or_insert_default();
    for task in tasks.0..tasks.0 + tasks.1 {
        let number = task + 2_000;
        ops.new_async_ops.push(AsyncOp {
            id: Some(Id { id: number }),
            source: source.into(),
            resource_id: id,
            ..AsyncOp::default()
        });
        let task_id = Some(Id { id: task + 1_000 });
        let stats = async_ops::Stats {
            task_id,
            poll_stats: Some(polled(secs, 2)),
            ..async_ops::Stats::default()
        };
        ops.stats_update.insert(number, stats);
    }
}

/// Twelve tasks behind a mutex, three in a tick, and forty that wait for nobody knows what.
pub(crate) fn sample() -> Update {
    let mut update = empty(UP_SECS);
    add_tasks(&mut update, 1, 12, ("ledger", 40), 100);
    add_wait(&mut update, 501, "Mutex", "Mutex::lock", (1, 12), 100);
    add_tasks(&mut update, 21, 3, ("ticker", 52), 290);
    add_wait(&mut update, 502, "Interval", "Interval::tick", (21, 3), 290);
    add_tasks(&mut update, 31, 40, ("connection", 77), 200);
    let tasks: &mut TaskUpdate = update.task_update.get_or_insert_default();
    tasks.dropped_events = 5;
    update
}

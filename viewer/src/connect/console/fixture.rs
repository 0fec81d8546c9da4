//! What a console-subscriber would send, in few words, for tests. Its clock says 100 s.

use console_api::async_ops::{self, AsyncOp, AsyncOpUpdate};
use console_api::field::{Name, Value};
use console_api::instrument::Update;
use console_api::register_metadata::NewMetadata;
use console_api::resources::{self, PollOp, Resource, ResourceUpdate};
use console_api::tasks::{self, TaskUpdate};
use console_api::{Field, Id, Location, MetaId, Metadata, PollStats, RegisterMetadata};
use prost_types::{Duration, Timestamp};

use super::fold::Moment;
use super::model::Model;
use super::stamp::Stamp;

const NANOS: u64 = 1_000_000_000;
/// When the service started, seconds since 1970.
const START: u64 = 1_700_000_000;

/// A moment, in seconds since the service started.
pub(super) fn at(secs: u64) -> Stamp {
    (START + secs) * NANOS
}

/// Seconds in milliseconds.
pub(super) fn seconds(secs: u64) -> u64 {
    secs * 1_000
}

pub(super) fn moment(at_stamp: Stamp) -> Moment {
    Moment { at: at_stamp, start: at(0) }
}

fn stamp(secs: u64) -> Timestamp {
    Timestamp { seconds: i64::try_from(START + secs).unwrap(), nanos: 0 }
}

fn id(id: u64) -> Id {
    Id { id }
}

/// A task and its statistics.
#[derive(Clone, Debug)]
pub(super) struct Spec {
    pub(super) task: tasks::Task,
    pub(super) stats: tasks::Stats,
}

/// A task with this number and name, spawned at the start, polled once in the first second.
pub(super) fn parked(number: u64, name: &str) -> Spec {
    let place = |line| Location {
        file: Some("src/main.rs".into()),
        module_path: None,
        line: Some(line),
        column: Some(5),
    };
    let task = tasks::Task {
        id: Some(id(number)),
        metadata: Some(MetaId { id: 77 }),
        kind: 0,
        fields: Vec::new(),
        parents: Vec::new(),
        location: Some(place(3)),
    };
    let stats = tasks::Stats { created_at: Some(stamp(0)), ..tasks::Stats::default() };
    let spec = Spec { task, stats };
    spec.field("task.name", name).field("kind", "task").polled(1, 1)
}

impl Spec {
    /// With one more field.
    pub(super) fn field(mut self, name: &str, value: &str) -> Self {
        self.task.fields.push(Field {
            metadata_id: Some(MetaId { id: 77 }),
            name: Some(Name::StrName(name.into())),
            value: Some(Value::DebugVal(value.into())),
        });
        self
    }

    /// Polled so often, the last time at that second.
    pub(super) fn polled(mut self, polls: u64, secs: u64) -> Self {
        self.stats.poll_stats = Some(PollStats {
            polls,
            first_poll: Some(stamp(0)),
            last_poll_started: Some(stamp(secs)),
            last_poll_ended: Some(stamp(secs)),
            busy_time: Some(Duration { seconds: 0, nanos: 2_000_000 }),
        });
        self
    }

    /// In a poll since that second.
    pub(super) fn running(mut self, secs: u64) -> Self {
        if let Some(polls) = &mut self.stats.poll_stats {
            polls.last_poll_started = Some(stamp(secs));
        }
        self
    }

    pub(super) fn created(mut self, secs: u64) -> Self {
        self.stats.created_at = Some(stamp(secs));
        self
    }

    pub(super) fn ended(mut self, secs: u64) -> Self {
        self.stats.dropped_at = Some(stamp(secs));
        self
    }

    pub(super) fn woken(mut self, secs: u64) -> Self {
        self.stats.last_wake = Some(stamp(secs));
        self.stats.wakes += 1;
        self
    }

    /// With so many living wakers.
    pub(super) fn wakers(mut self, living: u64) -> Self {
        (self.stats.waker_clones, self.stats.waker_drops) = (living + 4, 4);
        self
    }
}

/// Tasks, all new, and what describes their spans.
pub(super) fn update(now: u64, specs: &[Spec]) -> Update {
    let stats = specs.iter().map(|spec| (spec.task.id.unwrap().id, spec.stats));
    let metadata = Metadata {
        name: "runtime.spawn".into(),
        target: "tokio::task".into(),
        field_names: vec!["kind".into(), "task.name".into()],
        ..Metadata::default()
    };
    let new = NewMetadata { id: Some(MetaId { id: 77 }), metadata: Some(metadata) };
    Update {
        now: Some(stamp(now)),
        task_update: Some(TaskUpdate {
            new_tasks: specs.iter().map(|spec| spec.task.clone()).collect(),
            stats_update: stats.collect(),
            dropped_events: 0,
        }),
        resource_update: None,
        async_op_update: None,
        new_metadata: Some(RegisterMetadata { metadata: vec![new] }),
    }
}

/// Only new statistics of tasks.
pub(super) fn changes(now: u64, specs: &[Spec]) -> Update {
    let mut update = update(now, specs);
    update.task_update.as_mut().unwrap().new_tasks.clear();
    update
}

/// Adds a resource: `(number, type, its parent or 0, internal)`.
pub(super) fn with_resource(
    mut update: Update,
    (number, kind, parent, is_internal): (u64, &str, u64, bool),
) -> Update {
    let resources = update.resource_update.get_or_insert_default();
    resources.new_resources.push(Resource {
        id: Some(id(number)),
        concrete_type: kind.into(),
        parent_resource_id: Some(id(parent)).filter(|id| id.id != 0),
        is_internal,
        ..Resource::default()
    });
    resources.stats_update.insert(number, resources::Stats::default());
    update
}

/// Adds an operation: `(number, source, resource, task, polled last at)`.
pub(super) fn with_op(
    mut update: Update,
    (number, source, resource, task, secs): (u64, &str, u64, u64, u64),
) -> Update {
    let ops = update.async_op_update.get_or_insert_default();
    ops.new_async_ops.push(AsyncOp {
        id: Some(id(number)),
        metadata: None,
        source: source.into(),
        parent_async_op_id: None,
        resource_id: Some(id(resource)),
    });
    let poll_stats = PollStats {
        polls: 1,
        last_poll_started: Some(stamp(secs)),
        last_poll_ended: Some(stamp(secs)),
        ..PollStats::default()
    };
    let stats = async_ops::Stats {
        task_id: Some(id(task)),
        poll_stats: Some(poll_stats),
        ..async_ops::Stats::default()
    };
    ops.stats_update.insert(number, stats);
    update
}

/// Resources, operations or tasks are gone.
pub(super) fn dropped(now: u64, resource: u64, op: u64) -> Update {
    let gone = resources::Stats { dropped_at: Some(stamp(now)), ..resources::Stats::default() };
    let resources =
        ResourceUpdate { stats_update: [(resource, gone)].into(), ..ResourceUpdate::default() };
    let gone = async_ops::Stats { dropped_at: Some(stamp(now)), ..async_ops::Stats::default() };
    let ops = AsyncOpUpdate { stats_update: [(op, gone)].into(), ..AsyncOpUpdate::default() };
    Update {
        now: Some(stamp(now)),
        resource_update: Some(resources),
        async_op_update: Some(ops),
        ..Update::default()
    }
}

/// A poll of an operation.
pub(super) fn poll_op(op: u64, is_ready: bool) -> Update {
    let poll = PollOp { async_op_id: Some(id(op)), is_ready, ..PollOp::default() };
    let resources = ResourceUpdate { new_poll_ops: vec![poll], ..ResourceUpdate::default() };
    Update { resource_update: Some(resources), ..Update::default() }
}

/// What is known after one message.
pub(super) fn model(specs: &[Spec]) -> Model {
    told(update(100, specs))
}

pub(super) fn told(update: Update) -> Model {
    let mut model = Model::default();
    model.apply(update);
    model
}

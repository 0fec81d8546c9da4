//! What is known of the service: [`Model::apply`] is the only thing that changes it.
//!
//! console-api sends each task, resource and operation once, and its statistics whenever they have
//! changed. There is no word for "gone": what has a `dropped_at` is forgotten here at once, and
//! counted. Nothing a service sends can make this panic or grow without bound; what has no room
//! is counted.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use console_api::async_ops::AsyncOpUpdate;
use console_api::field::Name;
use console_api::instrument::Update;
use console_api::resources::{PollOp, ResourceUpdate};
use console_api::tasks::TaskUpdate;
use console_api::{Field, Id, RegisterMetadata, tasks};
use taskscope_proto::model::{Location, TaskKind};

use super::entry::{Doings, Op, Polls, Resource, Task};
use super::labels::{Book, own_name};
use super::origins::{Origins, Spawn};
use super::stamp::{Stamp, stamp};
use super::words::Words;

/// Living tasks, resources and operations that are kept, of each.
pub(super) const MAX_ENTRIES: usize = 200_000;
/// Descriptions of spans that are kept.
const MAX_METADATA: usize = 20_000;
/// Names of fields that are kept of one.
const MAX_FIELDS: usize = 64;

/// Everything known of a service, by one stream.
#[derive(Debug, Default)]
pub(super) struct Model {
    /// By span.
    pub(super) tasks: HashMap<u64, Task>,
    /// By span.
    pub(super) resources: HashMap<u64, Resource>,
    /// By span.
    pub(super) ops: HashMap<u64, Op>,
    pub(super) origins: Origins,
    pub(super) labels: Book,
    pub(super) counts: Counts,
    /// The latest moment that the service told.
    pub(super) now: Stamp,
    /// The earliest moment known of it: about when it started.
    pub(super) start: Option<Stamp>,
    /// Tasks that had ended before the first message. The message after it tells of them once more.
    early: HashSet<u64>,
    metadata: HashMap<u64, Metadata>,
    words: Words,
    /// Tells one run of a service from another.
    run: Option<u64>,
}

/// What went through, and what was left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    /// Tasks that were spawned, as far as told.
    pub(super) spawned: u64,
    /// Of those, that have ended.
    pub(super) finished: u64,
    /// Tasks that the service dropped from its queue, or that have no room here.
    pub(super) tasks_lost: u64,
    /// Resources and operations likewise.
    pub(super) waits_lost: u64,
}

#[derive(Debug)]
struct Metadata {
    blocking: bool,
    location: Option<Location>,
    fields: Box<[Arc<str>]>,
}

impl Model {
    /// Takes in what a service tells.
    pub(super) fn apply(&mut self, update: Update) {
        self.now = self.now.max(update.now.map_or(0, stamp));
        // What the first message tells began before; later ones must not move the clock's zero.
        let first = self.start.is_none();
        let mut start = *self.start.get_or_insert(self.now);
        if first && let Some(tasks) = &update.task_update {
            let created = tasks.stats_update.values().filter_map(|stats| stats.created_at);
            start = created.map(stamp).fold(start, Stamp::min);
            self.start = Some(start);
        }
        if let Some(metadata) = update.new_metadata {
            self.add_metadata(metadata);
        }
        if let Some(tasks) = update.task_update {
            self.update_tasks(tasks, first);
        }
        if let Some(resources) = &update.resource_update {
            self.update_resources(resources);
        }
        if let Some(ops) = &update.async_op_update {
            self.update_ops(ops);
        }
        // Operations are there by now.
        let resources = update.resource_update.unwrap_or_default();
        resources.new_poll_ops.iter().for_each(|op| self.polled(op));
    }

    /// Stays as it is while the service runs: the address of a static in it, of which each run has
    /// another. 1 as long as none is known.
    pub(super) fn run_id(&self) -> u64 {
        self.run.unwrap_or(0).max(1)
    }

    fn add_metadata(&mut self, new: RegisterMetadata) {
        for new in new.metadata {
            let (Some(id), Some(from)) = (new.id, new.metadata) else { continue };
            if self.metadata.len() >= MAX_METADATA && !self.metadata.contains_key(&id.id) {
                continue;
            }
            if from.target == "tokio::task" && from.name == "runtime.spawn" {
                self.run.get_or_insert(id.id);
            }
            let fields = from.field_names.iter().take(MAX_FIELDS);
            let metadata = Metadata {
                blocking: from.target == "tokio::task::blocking",
                fields: fields.map(|name| self.words.keep(name)).collect(),
                location: from.location.as_ref().and_then(|at| place(at, &mut self.words)),
            };
            self.metadata.insert(id.id, metadata);
        }
    }

    fn update_tasks(&mut self, mut update: TaskUpdate, first: bool) {
        self.counts.tasks_lost = self.counts.tasks_lost.saturating_add(update.dropped_events);
        for new in &update.new_tasks {
            let Some(Id { id }) = new.id else { continue };
            let stats = update.stats_update.remove(&id);
            let ended = stats.is_some_and(|stats| stats.dropped_at.is_some());
            if first && ended && self.early.len() < MAX_ENTRIES {
                self.early.insert(id);
            } else if self.early.remove(&id) && ended {
                continue;
            }
            self.add_task(id, new, stats);
        }
        for (id, stats) in update.stats_update {
            let now = self.now;
            let Some(task) = self.tasks.get_mut(&id) else { continue };
            task.doings = Doings::read(&stats, now);
            if let Some(ended) = stats.dropped_at {
                self.counts.finished += 1;
                self.origins.finished(task.origin, stamp(ended));
                self.tasks.remove(&id);
            }
        }
    }

    fn add_task(&mut self, id: u64, new: &tasks::Task, stats: Option<tasks::Stats>) {
        let stats = stats.unwrap_or_default();
        let doings = Doings::read(&stats, self.now);
        let metadata = new.metadata.as_ref().and_then(|id| self.metadata.get(&id.id));
        let known = &self.metadata;
        let told = self.labels.read(&new.fields, |field| name_of(field, known));
        let own = new.location.as_ref().and_then(|at| place(at, &mut self.words));
        let described = || metadata.and_then(|metadata| metadata.location.clone());
        let unknown = || Location { file: Arc::default(), line: 0, column: 0 };
        let spawned_at = own.or_else(described).unwrap_or_else(unknown);
        let blocking = told.blocking || metadata.is_some_and(|metadata| metadata.blocking);
        let kind = if blocking { TaskKind::Blocking } else { TaskKind::Async };
        let spawn = Spawn { labels: told.labels, at: spawned_at, kind };
        let ended = stats.dropped_at.map(stamp);
        let full = self.tasks.len() >= MAX_ENTRIES;
        // Told of twice: it was counted.
        let again = self.tasks.get(&id).map(|task| task.origin);
        let origin = again.unwrap_or_else(|| {
            self.counts.spawned += 1;
            self.origins.spawned(&spawn, doings.created)
        });
        if let Some(ended) = ended {
            self.counts.finished += 1;
            self.origins.finished(origin, ended);
            self.tasks.remove(&id);
        } else if full && again.is_none() {
            self.counts.tasks_lost += 1;
        } else {
            let Spawn { labels, at: spawned_at, kind } = spawn;
            let number = told.number.unwrap_or(id);
            let bytes = told.bytes;
            let task = Task { number, labels, spawned_at, origin, kind, bytes, doings };
            self.tasks.insert(id, task);
        }
    }

    fn update_resources(&mut self, update: &ResourceUpdate) {
        self.counts.waits_lost = self.counts.waits_lost.saturating_add(update.dropped_events);
        for new in &update.new_resources {
            let Some(Id { id }) = new.id else { continue };
            let gone = update.stats_update.get(&id).is_some_and(|stats| stats.dropped_at.is_some());
            if gone || !self.has_room(self.resources.len(), self.resources.contains_key(&id)) {
                continue;
            }
            let kind = new.concrete_type.rsplit("::").next().unwrap_or_default();
            let resource = Resource {
                kind: self.words.keep(kind),
                parent: new.parent_resource_id.map(|id| id.id),
                internal: new.is_internal,
            };
            self.resources.insert(id, resource);
        }
        for (id, stats) in &update.stats_update {
            if stats.dropped_at.is_some() {
                self.resources.remove(id);
            }
        }
    }

    fn update_ops(&mut self, update: &AsyncOpUpdate) {
        self.counts.waits_lost = self.counts.waits_lost.saturating_add(update.dropped_events);
        for new in &update.new_async_ops {
            let Some(Id { id }) = new.id else { continue };
            let gone = update.stats_update.get(&id).is_some_and(|stats| stats.dropped_at.is_some());
            if gone || !self.has_room(self.ops.len(), self.ops.contains_key(&id)) {
                continue;
            }
            let op = Op {
                source: self.words.keep(&new.source),
                resource: new.resource_id.map(|id| id.id),
                parent: new.parent_async_op_id.map(|id| id.id),
                task: None,
                polls: Polls::default(),
                ready: false,
            };
            self.ops.insert(id, op);
        }
        for (id, stats) in &update.stats_update {
            if stats.dropped_at.is_some() {
                self.ops.remove(id);
            } else if let Some(op) = self.ops.get_mut(id) {
                op.update(stats);
            }
        }
    }

    /// Whether one more may come; counts it if not.
    fn has_room(&mut self, used: usize, known: bool) -> bool {
        let fits = known || used < MAX_ENTRIES;
        self.counts.waits_lost += u64::from(!fits);
        fits
    }

    fn polled(&mut self, poll: &PollOp) {
        let op = poll.async_op_id.and_then(|id| self.ops.get_mut(&id.id));
        if let Some(op) = op {
            op.ready = poll.is_ready;
        }
    }
}

/// The name of a field, sent as such or as a place in the list of names of its span.
fn name_of<'a>(field: &'a Field, known: &'a HashMap<u64, Metadata>) -> Option<&'a str> {
    let Some(Name::NameIdx(at)) = field.name else { return own_name(field) };
    let metadata = known.get(&field.metadata_id.as_ref()?.id)?;
    metadata.fields.get(usize::try_from(at).ok()?).map(|name| &**name)
}

/// A place in the source, if it says a file.
fn place(from: &console_api::Location, words: &mut Words) -> Option<Location> {
    let file = from.file.as_deref().filter(|file| !file.is_empty())?;
    let (line, column) = (from.line.unwrap_or(0), from.column.unwrap_or(0));
    Some(Location { file: words.keep(file), line, column })
}

#[cfg(test)]
mod tests;

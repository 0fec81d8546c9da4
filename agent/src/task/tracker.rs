//! All records of the process: they begin and end here.

use std::cell::Cell;
use std::panic::Location;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, AtomicUsize};

use super::current;
use super::origin::{self, End};
use super::record::{Birth, Kind, Record};
use crate::clock;
use crate::registry::{Place, Sharded};
use crate::sync::Arc;
use crate::sync::atomic::Ordering::Relaxed;

/// Ids that a thread takes at a time.
const ID_BLOCK: u64 = 256;

static RECORDS: LazyLock<Sharded<Record>> = LazyLock::new(|| {
    clock::start();
    Sharded::new()
});
static NEXT_ID_BLOCK: AtomicU64 = AtomicU64::new(0);
static NEXT_SHARD: AtomicUsize = AtomicUsize::new(0);

#[derive(Clone, Copy)]
struct Local {
    next_id: u64,
    ids_end: u64,
    shard: usize,
    /// The origin of the last spawn: the next one is often the same.
    last_origin: Option<(origin::Key, u32)>,
}

thread_local! {
    static LOCAL: Cell<Local> = const {
        Cell::new(Local { next_id: 0, ids_end: 0, shard: usize::MAX, last_origin: None })
    };
}

fn local<R>(change: impl FnOnce(&mut Local) -> R) -> R {
    let mut local = LOCAL.get();
    if local.next_id == local.ids_end {
        let block = NEXT_ID_BLOCK.fetch_add(1, Relaxed);
        local.next_id = block * ID_BLOCK + 1;
        local.ids_end = local.next_id + ID_BLOCK;
    }
    if local.shard == usize::MAX {
        local.shard = NEXT_SHARD.fetch_add(1, Relaxed);
    }
    let result = change(&mut local);
    LOCAL.set(local);
    result
}

fn origin_of(local: &mut Local, key: origin::Key) -> u32 {
    match local.last_origin {
        Some((last, number)) if last == key => number,
        _ => {
            let number = origin::intern(key);
            local.last_origin = Some((key, number));
            number
        }
    }
}

/// Begins a record that inherits the labels of the current task.
pub(crate) fn begin(
    spawned_at: &'static Location<'static>,
    kind: Kind,
    future_bytes: usize,
    scope: u32,
) -> Arc<Record> {
    let inherited = current::labels();
    let labels =
        if scope == 0 { inherited } else { crate::labels::table::overlay(inherited, scope) };
    let parent = current::task_id();
    local(|local| {
        let id = local.next_id;
        local.next_id += 1;
        let counted = matches!(kind, Kind::Task | Kind::Blocking);
        let blocking = kind == Kind::Blocking;
        let origin = if counted {
            origin_of(local, origin::Key { spawned_at, labels, blocking })
        } else {
            0
        };
        if counted {
            origin::count_spawn(origin);
        }
        let record = Arc::new(Record::new(Birth {
            id,
            parent,
            spawned_at,
            now: clock::now(),
            kind,
            future_bytes: u32::try_from(future_bytes).unwrap_or(u32::MAX),
            labels,
            scope,
            origin,
        }));
        if let Some(place) = RECORDS.insert(local.shard, Arc::clone(&record)) {
            record.place.store(place.to_bits(), Relaxed);
        }
        record
    })
}

/// An undecided record turns out to be a task.
#[cold]
pub(crate) fn becomes_task(record: &Record) {
    record.set_kind(Kind::Task);
    record.root.store(0, Relaxed);
    if record.origin.load(Relaxed) == 0 {
        let labels = record.labels.load(Relaxed);
        let spawned_at = record.birth.spawned_at;
        let key = origin::Key { spawned_at, labels, blocking: false };
        let origin = local(|local| origin_of(local, key));
        record.origin.store(origin, Relaxed);
        origin::count_spawn(origin);
    }
}

/// Changes the labels of a record, and what it counts for.
pub(crate) fn relabel(record: &Record, labels: u32) {
    record.labels.store(labels, Relaxed);
    let from = record.origin.load(Relaxed);
    if from != 0 && record.kind() != Kind::Part {
        let spawned_at = record.birth.spawned_at;
        let blocking = record.kind() == Kind::Blocking;
        let to = origin::intern(origin::Key { spawned_at, labels, blocking });
        record.origin.store(to, Relaxed);
        origin::count_move(from, to);
    }
}

/// Ends a record. Called once.
pub(crate) fn end(record: &Record, end: End) {
    let origin = record.origin.load(Relaxed);
    if origin != 0 {
        origin::count_end(origin, end);
    }
    record.finish();
    let place = Place::from_bits(record.place.load(Relaxed));
    drop(RECORDS.remove(place));
}

/// Shows every living record.
pub(crate) fn for_each(visit: impl FnMut(&Arc<Record>)) {
    RECORDS.for_each(visit);
}

/// References to a living record that are not wakers, as seen from inside [`for_each`]: the
/// registry's, the future's, and the visitor's own.
pub(crate) const OWNERS_WHEN_VISITED: usize = 3;

//! All records of the process: they begin and end here.

use std::cell::Cell;
use std::panic::Location;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, AtomicUsize};

use super::behalf::Behalf;
use super::current;
use super::origin::{self, End};
use super::record::{Birth, Kind, Record};
use crate::clock;
use crate::primitives::atomic::Ordering::Relaxed;
use crate::registry::{Counted, Place, Sharded, Spares, Vacant};
use crate::verdict::lifetimes;

/// [`clock::TICK`] in milliseconds.
#[expect(clippy::cast_possible_truncation, reason = "a few milliseconds")]
const TICK_MS: u64 = clock::TICK.as_millis() as u64;

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

/// Room for records, given back when the thread ends.
struct OwnSpares(Spares<Record>);

impl Drop for OwnSpares {
    fn drop(&mut self) {
        while let Some(vacant) = self.0.pop() {
            RECORDS.discard(vacant);
        }
    }
}

thread_local! {
    static SPARES: OwnSpares = const { OwnSpares(Spares::new()) };
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

/// Begins a record that inherits the labels of the current task. Who gets it has to [`end`] it.
pub(crate) fn begin(
    spawned_at: &'static Location<'static>,
    kind: Kind,
    future_bytes: usize,
    scope: u32,
) -> Counted<Record> {
    let inherited = current::labels();
    let labels =
        if scope == 0 { inherited } else { crate::labels::table::overlay(inherited, scope) };
    begin_with(spawned_at, kind, future_bytes, scope, labels)
}

/// Begins a record with these labels, whatever those of the current task are.
pub(crate) fn begin_with(
    spawned_at: &'static Location<'static>,
    kind: Kind,
    future_bytes: usize,
    scope: u32,
    labels: u32,
) -> Counted<Record> {
    let (parent, parent_place) = current::task();
    local(|local| {
        let id = local.next_id;
        local.next_id += 1;
        let blocking = kind == Kind::Blocking;
        let origin =
            origin_of(local, origin::Key { spawned_at, labels, blocking, untracked: false });
        let vacant = SPARES.try_with(|OwnSpares(spares)| spares.pop()).ok().flatten();
        let vacant = vacant.unwrap_or_else(|| {
            let _own = Behalf::agent();
            RECORDS.vacant(local.shard)
        });
        let birth = Birth {
            id,
            place: vacant.place().to_bits(),
            parent,
            parent_place,
            spawned_at,
            now: clock::coarse().unwrap_or_else(clock::now),
            future_bytes: u32::try_from(future_bytes).unwrap_or(u32::MAX),
            scope,
        };
        vacant.fill(Record::new(birth, kind, labels, origin))
    })
}

/// Whether records of this kind count as spawned: an undecided one may become a part.
fn is_counted(kind: Kind) -> bool {
    matches!(kind, Kind::Task | Kind::Blocking)
}

/// An undecided record turns out to be a task.
#[cold]
pub(crate) fn becomes_task(record: &Record) {
    record.set_kind(Kind::Task);
}

/// Changes the labels of a record, and with them the origin that counts it.
pub(crate) fn relabel(record: &Record, labels: u32) {
    record.labels.store(labels, Relaxed);
    if record.kind() == Kind::Part {
        return;
    }
    let spawned_at = record.birth.spawned_at;
    let blocking = record.kind() == Kind::Blocking;
    let to = origin::intern(origin::Key { spawned_at, labels, blocking, untracked: false });
    record.origin.store(to, Relaxed);
}

/// Ends a record. For who began it.
pub(crate) fn end(record: Counted<Record>, end: End) {
    // In this order: who reads the ends and then the living must not find it among both.
    record.unlist();
    if is_counted(record.kind())
        && let Some(origin) = origin::get(record.origin.load(Relaxed))
    {
        origin.count_end(end, lived(&record), LOCAL.get().shard);
    }
    Record::finish(&record);
    let place = Place::from_bits(record.birth.place);
    // Blocking threads are many, and do not spawn what they end.
    let is_spare = record.kind() != Kind::Blocking && place != Place::NONE;
    match record.vacate(place) {
        Ok(vacant) if is_spare => keep(vacant),
        Ok(vacant) => RECORDS.discard(vacant),
        Err(shared) => {
            // Wakers, parts or the agent still hold it. The memory goes with the last of them.
            RECORDS.remove(place);
            drop(shared);
        }
    }
}

/// The bucket of how long the task has lived, by ticks of the clock: 0 where nobody keeps the time.
#[inline]
fn lived(record: &Record) -> usize {
    let ticks = clock::coarse().map_or(0, |now| now.saturating_sub(record.birth.now));
    let tick = clock::tick_length();
    if ticks < tick || tick == 0 { 0 } else { bucket_of(ticks / tick) }
}

#[cold]
fn bucket_of(ticks: u64) -> usize {
    lifetimes::bucket(ticks.saturating_mul(TICK_MS))
}

fn keep(vacant: Vacant<Record>) {
    let mut vacant = Some(vacant);
    // Once the thread's own are gone it keeps no more.
    let _at_end = SPARES.try_with(|OwnSpares(spares)| {
        vacant = vacant.take().and_then(|vacant| spares.push(vacant).err());
    });
    if let Some(vacant) = vacant {
        RECORDS.discard(vacant);
    }
}

/// Reads the record with this id, if it has not ended.
pub(crate) fn find<R>(place: Place, id: u64, read: impl FnOnce(&Record) -> R) -> Option<R> {
    let record = RECORDS.get(place).filter(|record| record.birth.id == id)?;
    Some(read(&record))
}

/// What records take up, with the room for those to come: each with its count, the allocator's
/// word, and its place in the registry.
pub(crate) fn bytes() -> usize {
    RECORDS.rooms() * (size_of::<Record>() + 3 * size_of::<usize>())
}

/// Shows every living record.
pub(crate) fn for_each(visit: impl FnMut(&Counted<Record>)) {
    RECORDS.for_each(visit);
}

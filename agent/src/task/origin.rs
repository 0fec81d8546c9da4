//! Origins: a spawn location with a label set, and what went through it.

use std::panic::Location;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::registry::Interner;
use crate::sync::Mutex;

/// Different origins that are told apart.
const MAX_ORIGINS: u32 = 100_000;

static ORIGINS: Interner<Origin> = Interner::new(MAX_ORIGINS);

/// What tells origins apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub(crate) spawned_at: &'static Location<'static>,
    pub(crate) labels: u32,
    pub(crate) blocking: bool,
}

/// How a task ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Completed,
    /// Dropped before it was done: aborted, or its runtime was shut down.
    Aborted,
    Panicked,
}

/// See the [module](self). Equality and hash are the key's.
#[derive(Debug)]
pub(crate) struct Origin {
    pub(crate) key: Key,
    counts: Counts,
    last_panic: Mutex<Option<Arc<str>>>,
}

#[derive(Debug, Default)]
struct Counts {
    spawned: AtomicU64,
    finished: AtomicU64,
    aborted: AtomicU64,
    panicked: AtomicU64,
}

/// [`Origin`]'s counts at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Flow {
    pub(crate) spawned: u64,
    pub(crate) finished: u64,
    pub(crate) aborted: u64,
    pub(crate) panicked: u64,
}

impl PartialEq for Origin {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for Origin {}

impl std::hash::Hash for Origin {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.key.hash(state);
    }
}

impl Origin {
    pub(crate) fn flow(&self) -> Flow {
        let Counts { spawned, finished, aborted, panicked } = &self.counts;
        // `finished` first: it must not overtake `spawned`.
        let finished = finished.load(Ordering::Acquire);
        Flow {
            spawned: spawned.load(Ordering::Relaxed),
            finished,
            aborted: aborted.load(Ordering::Relaxed),
            panicked: panicked.load(Ordering::Relaxed),
        }
    }

    pub(crate) fn last_panic(&self) -> Option<Arc<str>> {
        self.last_panic.lock().clone()
    }
}

/// The number of an origin. When there are too many, the same place without labels stands in;
/// 0 when even that finds no room.
pub(crate) fn intern(key: Key) -> u32 {
    let origin = |key| Origin { key, counts: Counts::default(), last_panic: Mutex::new(None) };
    ORIGINS
        .intern(origin(key))
        .or_else(|_| ORIGINS.intern(origin(Key { labels: 0, ..key })))
        .unwrap_or(0)
}

/// The origin with this number.
pub(crate) fn get(number: u32) -> Option<&'static Origin> {
    ORIGINS.get(number)
}

/// All origins, with their numbers.
pub(crate) fn all() -> impl Iterator<Item = (u32, &'static Origin)> {
    (1..=ORIGINS.len()).filter_map(|number| Some((number, ORIGINS.get(number)?)))
}

/// Counts a task that begins.
#[inline]
pub(crate) fn count_spawn(number: u32) {
    if let Some(origin) = get(number) {
        origin.counts.spawned.fetch_add(1, Ordering::Relaxed);
    }
}

/// Counts a task that moves from one origin to another because its labels changed.
pub(crate) fn count_move(from: u32, to: u32) {
    count_spawn(to);
    if let Some(origin) = get(from) {
        origin.counts.spawned.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Counts a task that ends.
#[inline]
pub(crate) fn count_end(number: u32, end: End) {
    if let Some(Origin { counts, .. }) = get(number) {
        match end {
            End::Completed => {}
            End::Aborted => drop(counts.aborted.fetch_add(1, Ordering::Relaxed)),
            End::Panicked => drop(counts.panicked.fetch_add(1, Ordering::Relaxed)),
        }
        counts.finished.fetch_add(1, Ordering::Release);
    }
}

/// Keeps the message of a panic.
#[cold]
pub(crate) fn note_panic(number: u32, payload: &(dyn std::any::Any + Send)) {
    const MAX_MESSAGE_BYTES: usize = 1_024;
    let text = payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("(a panic without a text)");
    let text = text.get(..text.floor_char_boundary(MAX_MESSAGE_BYTES)).unwrap_or_default();
    if let Some(origin) = get(number) {
        *origin.last_panic.lock() = Some(text.into());
    }
}

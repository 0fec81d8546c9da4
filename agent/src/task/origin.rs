//! Origins: a spawn location with a label set, and what came to an end there.
//!
//! Only ends are counted: what was spawned is what has ended and what is alive. An origin that
//! many tasks go through counts in stripes, so that threads do not meet. An end is counted by how
//! long the task lived, so that it costs no more than to count it at all.

use std::panic::Location;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicU64, AtomicUsize};
use std::sync::{Arc, OnceLock};

use super::behalf::Behalf;
use crate::primitives::Mutex;
use crate::registry::Interner;
use crate::verdict::lifetimes::{BUCKETS, Lifetimes};

/// Different origins that are told apart.
const MAX_ORIGINS: u32 = 100_000;

static ORIGINS: Interner<Origin> = Interner::new(MAX_ORIGINS, |_| 0);
/// How often an origin found no room.
static LOST: AtomicU64 = AtomicU64::new(0);
/// Origins of which the longer lifetimes are counted.
static WITH_LIFETIMES: AtomicUsize = AtomicUsize::new(0);

/// What tells origins apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub(crate) spawned_at: &'static Location<'static>,
    pub(crate) labels: u32,
    pub(crate) blocking: bool,
    /// Its tasks are those that nobody tracks.
    pub(crate) untracked: bool,
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
    /// Those that lived for less than a tick of the clock, and many more do not in most origins.
    brief: AtomicU64,
    /// The others, by how long they lived. Made when the first of them ends.
    longer: OnceLock<Box<[AtomicU64; BUCKETS]>>,
    aborted: AtomicU64,
    panicked: AtomicU64,
    stripes: OnceLock<Box<[Stripe; STRIPES]>>,
}

/// A part of `brief` that few threads count in: a cache line of its own, and its neighbour,
/// which processors fetch along.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Stripe(AtomicU64);

const STRIPES: usize = 16;
/// An origin that has seen so many ends gets stripes.
const BUSY: u64 = 4_096;

/// [`Origin`]'s counts at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ends {
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
    pub(crate) fn ends(&self) -> Ends {
        let Counts { longer, aborted, panicked, .. } = &self.counts;
        // These first: they must not overtake `finished`.
        let (aborted, panicked) = (aborted.load(Acquire), panicked.load(Acquire));
        let longer = longer.get().into_iter().flat_map(|longer| longer.iter());
        let longer: u64 = longer.map(|count| count.load(Acquire)).sum();
        Ends { finished: self.brief() + longer, aborted, panicked }
    }

    /// How many have ended that lived for less than a tick.
    fn brief(&self) -> u64 {
        let Counts { brief, stripes, .. } = &self.counts;
        let stripes = stripes.get().into_iter().flat_map(|stripes| stripes.iter());
        let in_stripes: u64 = stripes.map(|Stripe(count)| count.load(Acquire)).sum();
        brief.load(Acquire) + in_stripes
    }

    /// How long those lived that have ended.
    pub(crate) fn lifetimes(&self) -> Lifetimes {
        let mut lifetimes = Lifetimes::default();
        // Of counts that have grown for days it matters by how much they grow.
        #[expect(clippy::cast_possible_truncation, reason = "what is cut off is meant to be")]
        let wrapped = |count: u64| count as u32;
        lifetimes.add_many(0, wrapped(self.brief()));
        for (bucket, count) in
            self.counts.longer.get().into_iter().flat_map(|l| l.iter().enumerate())
        {
            lifetimes.add_many(bucket, wrapped(count.load(Acquire)));
        }
        lifetimes
    }

    /// Counts a task that ends and has left the registry: who sees the count finds it there no
    /// more. `lived` is the bucket of its lifetime. Threads should each use their own `stripe`;
    /// any number will do.
    #[inline]
    pub(crate) fn count_end(&self, end: End, lived: usize, stripe: usize) {
        if lived == 0 {
            self.count_brief(stripe);
        } else {
            self.count_longer(lived);
        }
        match end {
            End::Completed => {}
            End::Aborted => drop(self.counts.aborted.fetch_add(1, Release)),
            End::Panicked => drop(self.counts.panicked.fetch_add(1, Release)),
        }
    }

    #[inline]
    fn count_brief(&self, stripe: usize) {
        let Counts { brief, stripes, .. } = &self.counts;
        match stripes.get().and_then(|stripes| stripes.get(stripe % STRIPES)) {
            Some(Stripe(brief)) => drop(brief.fetch_add(1, Release)),
            None if brief.fetch_add(1, Release) >= BUSY => {
                stripes.get_or_init(Box::default);
            }
            None => {}
        }
    }

    fn count_longer(&self, lived: usize) {
        let longer = self.counts.longer.get_or_init(|| {
            let _own = Behalf::agent();
            WITH_LIFETIMES.fetch_add(1, Relaxed);
            Box::new([const { AtomicU64::new(0) }; BUCKETS])
        });
        if let Some(count) = longer.get(lived.min(BUCKETS - 1)) {
            count.fetch_add(1, Release);
        }
    }

    pub(crate) fn last_panic(&self) -> Option<Arc<str>> {
        self.last_panic.lock().clone()
    }
}

/// The number of an origin. When there are too many, the same place without labels stands in;
/// 0 when even that finds no room.
pub(crate) fn intern(key: Key) -> u32 {
    intern_in(&ORIGINS, &LOST, key)
}

fn intern_in(origins: &Interner<Origin>, lost: &AtomicU64, key: Key) -> u32 {
    let origin = |key| Origin { key, counts: Counts::default(), last_panic: Mutex::new(None) };
    origins.intern(origin(key)).unwrap_or_else(|_| {
        lost.fetch_add(1, Relaxed);
        origins.intern(origin(Key { labels: 0, ..key })).unwrap_or(0)
    })
}

/// How often an origin found no room.
pub(crate) fn lost() -> u64 {
    LOST.load(Relaxed)
}

/// The origin with this number.
pub(crate) fn get(number: u32) -> Option<&'static Origin> {
    ORIGINS.get(number)
}

/// What all origins take up, roughly: without the stripes of the busiest.
pub(crate) fn bytes() -> usize {
    ORIGINS.bytes() + WITH_LIFETIMES.load(Relaxed) * size_of::<[AtomicU64; BUCKETS]>()
}

/// All origins, with their numbers.
pub(crate) fn all() -> impl Iterator<Item = (u32, &'static Origin)> {
    (1..=ORIGINS.len()).filter_map(|number| Some((number, ORIGINS.get(number)?)))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_without_room_is_counted_without_labels_or_not_at_all_and_said() {
        let (origins, lost) = (Interner::new(2, |_: &Origin| 0), AtomicU64::new(0));
        let here = Location::caller();
        let key = |labels| Key { spawned_at: here, labels, blocking: false, untracked: false };
        let intern = |labels| intern_in(&origins, &lost, key(labels));
        assert_eq!([intern(0), intern(1), intern(1)], [1, 2, 2]);
        assert_eq!(intern(2), 1, "the same place without labels");
        let other = Key { blocking: true, ..key(2) };
        assert_eq!(intern_in(&origins, &lost, other), 0);
        assert_eq!(lost.load(Relaxed), 2);
    }
}

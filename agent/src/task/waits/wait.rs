//! The waits that are known: who waits, and for what.
//!
//! A wait holds no pointer to its future. The future holds the wait's place, and takes it away
//! when it ends or is dropped; one that is leaked leaves the wait behind, as it leaves its place
//! in the queue of what it waits for.

use std::num::NonZeroU64;
use std::panic::Location;
use std::sync::Arc;

use super::resource::ResourceId;
use super::seat::{Waiter, order};
use crate::primitives::Mutex;
use crate::primitives::atomic::AtomicU64;
use crate::primitives::atomic::Ordering::Relaxed;
use crate::task::behalf::Behalf;
use crate::task::ticket::Ticket;

/// What is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Kind {
    Mutex,
    RwLockRead,
    RwLockWrite,
    Semaphore,
    MpscSend,
    MpscRecv,
    Oneshot,
    Notify,
    Watch,
    Broadcast,
    Barrier,
    OnceCell,
    JoinHandle,
    JoinSet,
}

/// The tasks that are waited for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Targets {
    /// It is not tasks that are waited for.
    None,
    One(Ticket),
    /// One of them is enough.
    Any(Arc<[Ticket]>),
    /// Too many, or tasks that nobody tracks.
    Unknown,
}

/// What a wait says of what it waits for.
#[derive(Clone, Debug)]
pub(crate) struct About {
    pub(crate) kind: Kind,
    pub(crate) resource: Option<ResourceId>,
    /// Where that was made.
    pub(crate) made_at: Option<&'static Location<'static>>,
    /// For a oneshot: the id of the task that made it; 0 for none.
    pub(crate) made_by: u64,
    pub(crate) targets: Targets,
}

impl About {
    /// What is known where there is nothing but the kind.
    pub(crate) const fn of(kind: Kind) -> Self {
        Self { kind, resource: None, made_at: None, made_by: 0, targets: Targets::None }
    }
}

/// A pending future of a task.
#[derive(Clone, Debug)]
pub(crate) struct Wait {
    /// The task that polled it last.
    pub(crate) task: Ticket,
    pub(crate) about: About,
    /// Ticks of the clock: it has been pending since then at least.
    pub(crate) since: u64,
    /// It was polled with the task's own waker.
    pub(crate) direct: bool,
    /// It lies in the memory of the task's root future.
    pub(crate) inline: bool,
    /// Waits `registered` up to this number stood in their queues before this one's first poll.
    pub(crate) began: u64,
    /// It stood in its queue before this number was given out.
    pub(crate) registered: u64,
}

const SHARDS: usize = 64;
/// Waits of a shard: further ones are not known.
const MAX_OF_SHARD: usize = 1 << 15;
/// Waits that are copied under one lock.
const PIECE: usize = 64;

#[derive(Debug)]
struct Shard {
    waits: Vec<Option<Wait>>,
    free: Vec<u32>,
}

static ALL: [Mutex<Shard>; SHARDS] =
    [const { Mutex::new(Shard { waits: Vec::new(), free: Vec::new() }) }; SHARDS];
static LOST: AtomicU64 = AtomicU64::new(0);

/// The place of a wait, which is taken away with it.
#[derive(Debug)]
pub(crate) struct Registered(NonZeroU64);

impl Registered {
    /// Adds a wait of `waiter`, whose future lies at `address`; `None`, and counted, if there is no
    /// room.
    #[cold]
    pub(super) fn new(waiter: Waiter, address: usize, began: u64, about: About) -> Option<Self> {
        let Waiter { task, since, direct, inline } = waiter;
        let registered = order::registered();
        let wait = Wait { task, about, since, direct, inline, began, registered };
        // Futures of one kind lie apart by a multiple of some power of two.
        let hash = (address as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
        let number = hash as usize % SHARDS;
        let _own = Behalf::agent();
        let mut shard = ALL.get(number)?.lock();
        let index = match shard.free.pop() {
            Some(index) => index,
            None if shard.waits.len() < MAX_OF_SHARD => {
                shard.waits.push(None);
                u32::try_from(shard.waits.len() - 1).ok()?
            }
            None => {
                LOST.fetch_add(1, Relaxed);
                return None;
            }
        };
        *shard.waits.get_mut(index as usize)? = Some(wait);
        NonZeroU64::new(((number as u64) << 32) | (u64::from(index) + 1)).map(Self)
    }

    fn place(&self) -> Option<(&'static Mutex<Shard>, u32)> {
        let bits = self.0.get();
        let index = u32::try_from(bits & u64::from(u32::MAX)).ok()?.checked_sub(1)?;
        Some((ALL.get(usize::try_from(bits >> 32).ok()?)?, index))
    }

    /// Notes who has polled it now.
    #[cold]
    pub(super) fn polled_by(&self, waiter: Waiter) {
        let Some((shard, index)) = self.place() else { return };
        if let Some(Some(wait)) = shard.lock().waits.get_mut(index as usize) {
            let Waiter { task, since, direct, inline } = waiter;
            if wait.task != task {
                (wait.task, wait.since) = (task, since);
            }
            (wait.direct, wait.inline) = (direct, inline);
        }
    }
}

impl Drop for Registered {
    fn drop(&mut self) {
        let Some((shard, index)) = self.place() else { return };
        let _own = Behalf::agent();
        let gone = {
            let mut shard = shard.lock();
            shard.free.push(index);
            shard.waits.get_mut(index as usize).and_then(Option::take)
        };
        drop(gone);
    }
}

/// Shows every wait that is there during the whole call, and some of those that come or go.
pub(super) fn for_each(mut visit: impl FnMut(&Wait)) {
    let mut piece = Vec::with_capacity(PIECE);
    for shard in &ALL {
        let mut from = 0;
        loop {
            let end = {
                let shard = shard.lock();
                let end = shard.waits.len().min(from + PIECE);
                piece.extend(
                    shard.waits.get(from..end).unwrap_or_default().iter().flatten().cloned(),
                );
                end
            };
            piece.drain(..).for_each(|wait| visit(&wait));
            if end < from + PIECE {
                break;
            }
            from = end;
        }
    }
}

/// Waits that found no room.
pub(super) fn lost() -> u64 {
    LOST.load(Relaxed)
}

/// What the waits take up.
pub(super) fn bytes() -> usize {
    let entry = size_of::<Option<Wait>>() + size_of::<u32>();
    ALL.iter().map(|shard| shard.lock().waits.capacity() * entry).sum()
}

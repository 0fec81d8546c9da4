//! The agent's end of a stream.

use std::sync::Arc;

use super::chunks::Chunks;
use super::table::{diff, sorted};
use crate::convert::{group_to_wire, heap_site_to_wire, origin_to_wire};
use crate::dictionary::Writer;
use crate::limits::{MAX_GROUPS, MAX_HEAP_SITES, MAX_ORIGINS, MIN_DICTIONARY_RESTART_BYTES};
use crate::model::{Group, Header, HeapSite, Origin, Profile};
use crate::wire;

/// How many times bigger than after the last full state a dictionary may grow before it is
/// thrown away: then at most a fourth of it is known to be in use.
const RESTART_GROWTH: usize = 4;

/// Turns profiles into the messages of one stream, and remembers what its viewer knows.
///
/// # Memory
///
/// It keeps the groups and origins that were sent last, shared with the profile, and the ids of
/// everything in the dictionary. A dictionary only grows, so [`delta`](Self::delta) sends a full
/// state with a fresh dictionary instead of a change when the old one has become four times what
/// the last full state needed (and takes more than [`MIN_DICTIONARY_RESTART_BYTES`]), or when the
/// change has no room in it. A single state that does not fit into
/// [`MAX_DICTIONARY_BYTES`](crate::limits::MAX_DICTIONARY_BYTES) is sent without the await trees
/// that have no room; they are counted as lost chains in the header.
///
/// ```
/// use taskscope_proto::{model::Profile, stream::Encoder};
///
/// let mut encoder = Encoder::new();
/// let first = encoder.delta(&Profile::default()); // the whole state: nothing was sent before
/// let second = encoder.delta(&Profile::default()); // only the header
/// assert!(first[0].full && !second[0].full);
/// assert_eq!(second[0].seq, 2);
/// ```
#[derive(Debug, Default)]
pub struct Encoder {
    sent: u64,
    ids: Writer,
    after_full: AfterFull,
    last: Option<Tables>,
}

/// The dictionary after the last full state.
#[derive(Clone, Copy, Debug, Default)]
struct AfterFull {
    bytes: usize,
    /// Something had no room though the dictionary was fresh: starting afresh again does not help.
    overfull: bool,
}

/// What the viewer knows.
#[derive(Debug, Default)]
struct Tables {
    groups: Vec<Arc<Group>>,
    origins: Vec<Arc<Origin>>,
    heap_sites: Vec<Arc<HeapSite>>,
}

impl Encoder {
    /// An encoder for a new stream.
    pub fn new() -> Self {
        Self::default()
    }

    /// With another capacity of the dictionary, for tests.
    #[cfg(test)]
    fn with_capacity(capacity: crate::dictionary::Capacity) -> Self {
        Self { ids: Writer::new(capacity), ..Self::default() }
    }

    /// The whole state, with a fresh dictionary. Always at least one message.
    pub fn full(&mut self, profile: &Profile) -> Vec<wire::Update> {
        self.ids = Writer::new(self.ids.capacity());
        self.last = None;
        let updates = self.encode(profile);
        let overfull = self.ids.left_out() > 0;
        self.after_full = AfterFull { bytes: self.ids.bytes(), overfull };
        self.sent += updates.len() as u64;
        updates
    }

    /// What changed since the last call; the whole state if there was none, or if the dictionary
    /// has grown too big. Always at least one message: the clock goes on.
    pub fn delta(&mut self, profile: &Profile) -> Vec<wire::Update> {
        if self.last.is_none() || self.dictionary_is_stale() {
            return self.full(profile);
        }
        let updates = self.encode(profile);
        if self.ids.left_out() > 0 && !self.after_full.overfull {
            // Nothing of it was sent yet, so the full state takes its place and its numbers.
            return self.full(profile);
        }
        self.sent += updates.len() as u64;
        updates
    }

    fn dictionary_is_stale(&self) -> bool {
        let bytes = self.ids.bytes();
        bytes > MIN_DICTIONARY_RESTART_BYTES && bytes / RESTART_GROWTH > self.after_full.bytes
    }

    /// The messages that lead from what was sent last to `profile`.
    fn encode(&mut self, profile: &Profile) -> Vec<wire::Update> {
        let last = self.last.take();
        let mut out = Chunks::new(self.sent + 1, last.is_none());
        let last = last.unwrap_or_default();
        let origins = sorted(&profile.origins);
        let origins = origins.get(..MAX_ORIGINS).unwrap_or(&origins);
        let groups = sorted(&profile.groups);
        let groups_lost = groups.len().saturating_sub(MAX_GROUPS);
        let groups = groups.get(..MAX_GROUPS).unwrap_or(&groups);

        let changes = diff(&last.origins, origins);
        for origin in changes.changed {
            let origin = origin_to_wire(origin, &mut self.ids, &mut out);
            out.origin(origin);
        }
        for id in changes.removed {
            out.removed_origin(id);
        }
        let changes = diff(&last.groups, groups);
        for group in changes.changed {
            let group = group_to_wire(group, &mut self.ids, &mut out);
            out.group(group);
        }
        for id in changes.removed {
            out.removed_group(id);
        }
        // Last: where room is scarce, await trees come before the stacks of the heap.
        let sites = sorted(&profile.heap_sites);
        let sites = sites.get(..MAX_HEAP_SITES).unwrap_or(&sites);
        let changes = diff(&last.heap_sites, sites);
        for site in changes.changed {
            let site = heap_site_to_wire(site, &mut self.ids, &mut out);
            out.heap_site(site);
        }
        for id in changes.removed {
            out.removed_heap_site(id);
        }
        let left_out = self.ids.left_out();
        let updates = out.finish(header(&profile.header, left_out, groups_lost as u64));
        self.last = Some(Tables {
            groups: groups.to_vec(),
            origins: origins.to_vec(),
            heap_sites: sites.to_vec(),
        });
        updates
    }
}

/// The header, with what this stream had to leave out.
fn header(from: &Header, left_out: u64, groups_lost: u64) -> wire::Header {
    let mut header = wire::Header::from(from);
    let lost = header.lost.get_or_insert_default();
    lost.chains = lost.chains.saturating_add(left_out);
    lost.groups = lost.groups.saturating_add(groups_lost);
    header
}

#[cfg(test)]
mod tests;

//! Cuts one state into messages that are small enough.

use prost::Message;

use crate::dictionary::{Entry, Sink};
use crate::limits::CHUNK_BYTES;
use crate::wire;

/// Tags and lengths around an item, and around the lists that it lies in.
const FIELD_BYTES: usize = 6;
/// Room for a message's own fields: number, marks, the dictionary's first ids.
const EMPTY_BYTES: usize = 96;
/// A packed id, at most.
const ID_BYTES: usize = 10;

/// The messages of one state. What is put in first is sent first, so a dictionary entry that is
/// put in before its first use never comes after it.
#[derive(Debug)]
pub(super) struct Chunks {
    done: Vec<wire::Update>,
    current: wire::Update,
    bytes: usize,
}

impl Chunks {
    /// A state whose first message has the number `seq`.
    pub(super) fn new(seq: u64, full: bool) -> Self {
        let current = wire::Update { seq, begin: true, full, ..wire::Update::default() };
        Self { done: Vec::new(), current, bytes: EMPTY_BYTES }
    }

    pub(super) fn group(&mut self, group: wire::Group) {
        self.make_room(group.encoded_len() + FIELD_BYTES);
        self.current.groups.push(group);
    }

    pub(super) fn origin(&mut self, origin: wire::Origin) {
        self.make_room(origin.encoded_len() + FIELD_BYTES);
        self.current.origins.push(origin);
    }

    pub(super) fn removed_group(&mut self, id: u64) {
        self.make_room(ID_BYTES);
        self.current.removed_groups.push(id);
    }

    pub(super) fn removed_origin(&mut self, id: u64) {
        self.make_room(ID_BYTES);
        self.current.removed_origins.push(id);
    }

    pub(super) fn heap_site(&mut self, site: wire::HeapSite) {
        self.make_room(site.encoded_len() + FIELD_BYTES);
        self.current.heap_sites.push(site);
    }

    pub(super) fn removed_heap_site(&mut self, id: u64) {
        self.make_room(ID_BYTES);
        self.current.removed_heap_sites.push(id);
    }

    /// All messages; the header goes with the last one.
    pub(super) fn finish(mut self, header: wire::Header) -> Vec<wire::Update> {
        self.make_room(header.encoded_len() + FIELD_BYTES);
        self.current.header = Some(header);
        self.current.end = true;
        self.done.push(self.current);
        self.done
    }

    fn make_room(&mut self, bytes: usize) {
        if self.bytes + bytes > CHUNK_BYTES {
            let next = wire::Update { seq: self.current.seq + 1, ..wire::Update::default() };
            self.done.push(std::mem::replace(&mut self.current, next));
            self.bytes = EMPTY_BYTES;
        }
        self.bytes += bytes;
    }
}

impl Sink for Chunks {
    fn put(&mut self, id: u32, entry: Entry) {
        self.make_room(entry.encoded_len());
        entry.add_to(id, self.current.dictionary.get_or_insert_default());
    }
}

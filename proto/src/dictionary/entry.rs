//! One new entry on its way out.

use prost::Message;

use crate::wire;

/// The most that a field's tag and length take in front of the entry itself.
const FIELD_BYTES: usize = 6;

/// Something that is sent once.
#[derive(Debug)]
pub(crate) enum Entry {
    String(String),
    LabelSet(wire::LabelSet),
    Location(wire::Location),
    Frame(wire::Frame),
    Tree(wire::Tree),
}

/// Where a [`Writer`](super::Writer) puts what is new.
pub(crate) trait Sink {
    /// Takes an entry. It must reach the reader at or before the first use of its id.
    fn put(&mut self, id: u32, entry: Entry);
}

impl Entry {
    /// Bytes it adds to a message, at most.
    pub(crate) fn encoded_len(&self) -> usize {
        FIELD_BYTES
            + match self {
                Self::String(text) => text.len(),
                Self::LabelSet(set) => set.encoded_len(),
                Self::Location(location) => location.encoded_len(),
                Self::Frame(frame) => frame.encoded_len(),
                Self::Tree(tree) => tree.encoded_len(),
            }
    }

    /// Appends it; the first one of its kind says at which id the list starts.
    pub(crate) fn add_to(self, id: u32, dictionary: &mut wire::Dictionary) {
        match self {
            Self::String(it) => {
                append(id, it, &mut dictionary.first_string, &mut dictionary.strings);
            }
            Self::LabelSet(it) => {
                append(id, it, &mut dictionary.first_label_set, &mut dictionary.label_sets);
            }
            Self::Location(it) => {
                append(id, it, &mut dictionary.first_location, &mut dictionary.locations);
            }
            Self::Frame(it) => append(id, it, &mut dictionary.first_frame, &mut dictionary.frames),
            Self::Tree(it) => append(id, it, &mut dictionary.first_tree, &mut dictionary.trees),
        }
    }
}

fn append<T>(id: u32, item: T, first: &mut u32, list: &mut Vec<T>) {
    if list.is_empty() {
        *first = id;
    }
    list.push(item);
}

/// For a message that is sent whole.
impl Sink for wire::Dictionary {
    fn put(&mut self, id: u32, entry: Entry) {
        entry.add_to(id, self);
    }
}

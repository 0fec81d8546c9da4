//! Every limit of the wire, in one place.
//!
//! Encoders stay below them, decoders refuse what is beyond them, with an error that names the
//! limit. None of them can be reached by an honest agent.

/// Encoded size that no message of a stream exceeds.
pub const MAX_MESSAGE_BYTES: usize = 1 << 20;
/// Where an encoder starts the next chunk, to stay well below [`MAX_MESSAGE_BYTES`].
pub const CHUNK_BYTES: usize = 512 << 10;
/// Bytes of one string (a path, a function's name, a panic's message). Longer ones are cut.
pub const MAX_STRING_BYTES: usize = 8 << 10;
/// Labels of one task.
pub const MAX_LABELS: usize = 32;
/// Nodes of one await tree.
pub const MAX_TREE_NODES: usize = 4_096;
/// Entries of each kind in the dictionary of one stream.
pub const MAX_DICTIONARY_ENTRIES: usize = 4_000_000;
/// What the dictionary of one stream may take in memory, roughly: strings and nodes counted.
pub const MAX_DICTIONARY_BYTES: usize = 512 << 20;
/// Below this, an encoder never throws its dictionary away to start a fresh one.
pub const MIN_DICTIONARY_RESTART_BYTES: usize = 16 << 20;
/// Groups of one profile.
pub const MAX_GROUPS: usize = 1_000_000;
/// Origins of one profile.
pub const MAX_ORIGINS: usize = 1_000_000;
/// Places at which blocks of the heap were allocated, of one profile.
pub const MAX_HEAP_SITES: usize = 100_000;
/// Tasks of one page.
pub const MAX_TASKS_PER_PAGE: u32 = 1_000;
/// Groups that one request for tasks may name.
pub const MAX_GROUPS_PER_QUERY: usize = 100_000;
/// Tasks that one request for tasks may name.
pub const MAX_TASKS_PER_QUERY: usize = 1_000;
/// Conditions that one request for tasks may make.
pub const MAX_CONDITIONS: usize = 32;
/// Groups that one request for history may name.
pub const MAX_GROUPS_PER_HISTORY: usize = 10_000;
/// Steps of one series: a day of minutes.
pub const MAX_HISTORY_STEPS: usize = 1_440;
/// Origins that a group says it is woken by.
pub const MAX_WAKERS: usize = 3;
/// Things that a group, or a task, is said to wait for.
pub const MAX_BLOCKERS: usize = 8;
/// Groups on the way from one that waits to the one at the root.
pub const MAX_CHAIN: usize = 16;
/// Runtimes of one profile.
pub const MAX_RUNTIMES: usize = 32;
/// Workers that are listed of one runtime.
pub const MAX_WORKERS: usize = 1_024;

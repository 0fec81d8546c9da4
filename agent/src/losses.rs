//! Losses that rooms above the profile count, and the profile tells of.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

static EVIDENCE: AtomicU64 = AtomicU64::new(0);

/// Evidence was to be written, and was not.
pub(crate) fn note_evidence() {
    EVIDENCE.fetch_add(1, Relaxed);
}

/// How often evidence was to be written and was not.
pub(crate) fn evidence() -> u64 {
    EVIDENCE.load(Relaxed)
}

//! Ids of shared values: by address where the very same value was seen before, else by content.

use std::hash::Hash;
use std::sync::Arc;

use rustc_hash::FxHashMap;

/// Ids of frames or of trees.
#[derive(Debug)]
pub(super) struct Shared<T> {
    /// Only addresses of values that `by_value` keeps alive: they cannot be used again.
    by_address: FxHashMap<usize, u32>,
    by_value: FxHashMap<Arc<T>, u32>,
}

impl<T> Default for Shared<T> {
    fn default() -> Self {
        Self { by_address: FxHashMap::default(), by_value: FxHashMap::default() }
    }
}

impl<T: Hash + Eq> Shared<T> {
    pub(super) fn len(&self) -> usize {
        self.by_value.len()
    }

    pub(super) fn id(&self, value: &Arc<T>) -> Option<u32> {
        let by_address = self.by_address.get(&address(value));
        by_address.or_else(|| self.by_value.get(value)).copied()
    }

    pub(super) fn insert(&mut self, value: &Arc<T>, id: u32) {
        self.by_address.insert(address(value), id);
        self.by_value.insert(Arc::clone(value), id);
    }
}

fn address<T>(value: &Arc<T>) -> usize {
    Arc::as_ptr(value).addr()
}

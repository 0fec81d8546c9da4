//! The end of the run before, as something to compare the present run with.
//!
//! Two runs have nothing but words in common: labels, places, functions. Numbers of one mean
//! something else in the other, so none of them may be equal by chance. Rows are compared by their
//! values anyway; sites of the heap are compared by their numbers and name their origins by number.

use std::sync::Arc;

use rustc_hash::FxHashMap;
use taskscope_proto::model::{HeapSite, HeapSiteId, Labels, Location, OriginId, Profile};

/// Whether `new` may have origins or sites that `old` does not have.
pub(super) fn has_others(old: Option<&Profile>, new: &Profile) -> bool {
    let sizes = |profile: &Profile| (profile.origins.len(), profile.heap_sites.len());
    old.is_none_or(|old| sizes(old) != sizes(new))
}

/// The end of the run before, with the origins of its heap named as the present run names them, and
/// with sites that are none of the present ones.
pub(super) fn to_compare(end: &Arc<Profile>, now: &Profile) -> Arc<Profile> {
    if end.heap_sites.is_empty() {
        return Arc::clone(end);
    }
    let mut known: FxHashMap<(&Location, &Labels), OriginId> = FxHashMap::default();
    for origin in &now.origins {
        known.insert((&origin.spawned_at, &origin.labels), origin.id);
    }
    let last = now.heap_sites.iter().map(|site| site.id.0).max().unwrap_or(0);
    let room = u64::MAX - last;
    let next = |at: usize| u64::try_from(at).ok().filter(|at| *at < room).map(|at| last + 1 + at);
    let site = |(at, site): (usize, &Arc<HeapSite>)| {
        let origin = site.origin.and_then(|id| end.origin(id));
        let origin = origin.and_then(|o| known.get(&(&o.spawned_at, &o.labels)).copied());
        Some(Arc::new(HeapSite { id: HeapSiteId(next(at)?), origin, ..(**site).clone() }))
    };
    let heap_sites = end.heap_sites.iter().enumerate().filter_map(site).collect();
    Arc::new(Profile { heap_sites, ..(**end).clone() })
}

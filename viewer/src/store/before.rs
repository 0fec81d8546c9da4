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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    /// `place of the origin, live bytes` of each site, as the profile names origins.
    fn sites(profile: &Profile, named_by: &Profile) -> Vec<(Option<u32>, u64)> {
        let place = |site: &Arc<HeapSite>| {
            let origin = site.origin.and_then(|id| named_by.origin(id));
            (origin.map(|origin| origin.spawned_at.line), site.held.live_bytes)
        };
        profile.heap_sites.iter().map(place).collect()
    }

    #[test]
    fn sites_of_the_run_before_name_places_of_this_one_and_are_none_of_its_sites() {
        let mut old = fixture::profile(&["1 parked < src/m.rs:7", "1 parked < src/m.rs:9"]);
        old.heap_sites =
            fixture::sites(&["1 live=70 of=1 @ src/a.rs:1", "2 live=90 of=2 @ src/a.rs:1"]);
        // The same numbers are other places now, and one place is gone.
        let mut new = fixture::profile(&["1 parked < src/m.rs:9", "1 parked < src/m.rs:11"]);
        new.heap_sites = fixture::sites(&["1 live=5 of=1 @ src/a.rs:1"]);
        let seen = to_compare(&Arc::new(old), &new);
        assert_eq!(sites(&seen, &new), [(None, 70), (Some(9), 90)]);
        let ids = |profile: &Profile| profile.heap_sites.iter().map(|s| s.id).collect::<Vec<_>>();
        assert!(ids(&seen).iter().all(|id| !ids(&new).contains(id)));
        assert!(ids(&seen).is_sorted());
    }
}

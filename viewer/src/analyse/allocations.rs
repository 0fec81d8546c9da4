//! What tasks hold of the heap, and where they allocated it.

use std::cmp::Reverse;
use std::collections::HashSet;
use std::sync::Arc;

use taskscope_proto::model::{Group, Header, HeapOwner, HeapSite, Held, OriginId, Profile, State};

use super::numbers::{bytes, count, counted};

/// What of a site belongs to one group, or to nobody.
#[derive(Clone, Debug)]
pub struct Allocation<'a> {
    /// Where it was allocated.
    pub site: &'a HeapSite,
    /// What lives of it: of ended tasks for their groups, of living ones for theirs.
    pub bytes: u64,
}

/// Where what the tasks of a group hold was allocated, most bytes first.
///
/// A site knows who allocated and under which labels, not where the task waits since. So groups of
/// one origin and label set share their sites; one with labels that none of its origin's sites has
/// shows all of them.
pub fn allocations<'a>(profile: &'a Profile, group: &Group) -> Vec<Allocation<'a>> {
    let of_origin = || {
        profile
            .heap_sites
            .iter()
            .map(|site| &**site)
            .filter(|site| site.owner == HeapOwner::Task && site.origin == Some(group.origin))
    };
    let labeled: HashSet<_> = of_origin().map(|site| &site.labels).collect();
    let known = labeled.contains(&group.labels);
    let ended = group.state == State::Finished;
    let own = of_origin().filter(|site| !known || site.labels == group.labels);
    largest(own.map(|site| allocation(site, ended)))
}

/// Where what the tasks of these origins hold was allocated, most bytes first: what living ones hold,
/// or what those that have ended left.
pub fn allocations_of<'a>(
    profile: &'a Profile,
    origins: &[OriginId],
    ended: bool,
) -> Vec<Allocation<'a>> {
    let origins: HashSet<&OriginId> = origins.iter().collect();
    let is_of = |site: &&Arc<HeapSite>| {
        let origin = site.origin.as_ref();
        site.owner == HeapOwner::Task && origin.is_some_and(|origin| origins.contains(origin))
    };
    largest(profile.heap_sites.iter().filter(is_of).map(|site| allocation(site, ended)))
}

fn allocation(site: &HeapSite, ended: bool) -> Allocation<'_> {
    let Held { live_bytes, outlived_bytes, .. } = site.held;
    let bytes = if ended { outlived_bytes } else { live_bytes.saturating_sub(outlived_bytes) };
    Allocation { site, bytes }
}

/// Where what no tracked task allocated was, most bytes first.
pub fn of_nobody(profile: &Profile) -> Vec<Allocation<'_>> {
    let sites = profile.heap_sites.iter().filter(|site| site.owner == HeapOwner::Nobody);
    largest(sites.map(|site: &Arc<HeapSite>| Allocation { site, bytes: site.held.live_bytes }))
}

fn largest<'a>(all: impl Iterator<Item = Allocation<'a>>) -> Vec<Allocation<'a>> {
    let mut found: Vec<_> = all.filter(|allocation| allocation.bytes > 0).collect();
    found.sort_by_key(|allocation| (Reverse(allocation.bytes), allocation.site.id));
    found
}

/// Bytes with their error: `200 MiB ± 9.0 MiB`.
pub fn with_error(held: Held) -> String {
    format!("{} ± {}", bytes(held.live_bytes), bytes(held.error_bytes))
}

/// The heap in one line; `None` where nothing samples it.
pub fn heap_line(header: &Header) -> Option<String> {
    let heap = header.heap?;
    let blocks = counted(heap.held.blocks, "block");
    let mut words = vec![format!("{} in {blocks}", with_error(heap.held))];
    for (of, name) in [
        (heap.held.outlived_bytes, "have outlived their tasks"),
        (heap.unattributed_bytes, "no tracked task allocated"),
        (heap.agent_bytes, "are the agent's"),
    ] {
        if of > 0 {
            words.push(format!("{} {name}", bytes(of)));
        }
    }
    if let Some(rss) = header.rss_bytes {
        words.push(format!("{} resident besides", bytes(rss.saturating_sub(heap.held.live_bytes))));
    }
    words.push(format!("{} allocated in the last minute", bytes(heap.allocated_bytes_last_minute)));
    words.push(match heap.mean_sample_bytes {
        0 => "no more samples are taken".to_owned(),
        mean => format!("a sample every {}", bytes(u64::from(mean))),
    });
    Some(words.join("; "))
}

/// What a group holds, in one line; `None` if that is nothing.
pub fn held_line(group: &Group) -> Option<String> {
    let held = group.held;
    if held.live_bytes == 0 {
        return None;
    }
    let blocks = counted(held.blocks, "block");
    let mut words = vec![format!("{} in {blocks}", with_error(held))];
    if let Some(each) = held.live_bytes.checked_div(group.count) {
        words.push(format!("{} a task", bytes(each)));
    }
    let growth = i128::from(held.live_bytes) - i128::from(group.live_bytes_minute_ago);
    if growth.unsigned_abs() > u128::from(held.error_bytes) {
        let sign = if growth < 0 { "-" } else { "+" };
        let grown = u64::try_from(growth.unsigned_abs()).unwrap_or(u64::MAX);
        words.push(format!("{sign}{} in a minute", bytes(grown)));
    }
    Some(words.join("; "))
}

/// The title of what ended tasks have left.
pub fn left_line(group: &Group) -> String {
    let blocks = count(group.held.blocks);
    format!("{} left by tasks that have ended, in {blocks} blocks", bytes(group.held.live_bytes))
}

#[cfg(test)]
mod tests {
    use taskscope_proto::model::{Heap, HeapSiteId, Labels};

    use super::*;
    use crate::fixture;

    fn site(id: u64, labels: &Labels, origin: OriginId, live: u64, outlived: u64) -> Arc<HeapSite> {
        let held = Held { live_bytes: live, outlived_bytes: outlived, ..Held::default() };
        Arc::new(HeapSite {
            id: HeapSiteId(id),
            owner: HeapOwner::Task,
            labels: labels.clone(),
            origin: Some(origin),
            stack: None,
            cut: false,
            held,
            allocated_bytes: live,
            allocated_blocks: 1,
            oldest_since_ms: 0,
        })
    }

    fn check(profile: &Profile, group: &Group, expected: &[(u64, u64)]) {
        let found = allocations(profile, group);
        let found: Vec<_> = found.iter().map(|found| (found.site.id.0, found.bytes)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_group_has_the_sites_of_its_origin_and_labels_living_apart_from_ended() {
        let mut profile = fixture::profile(&[
            "3 parked task=a < src/m.rs:1",
            "3 parked task=b < src/m.rs:1",
            "3 parked task=a < src/m.rs:2",
        ]);
        let groups = profile.groups.clone();
        let [a, b, other] = &groups[..] else { panic!("{groups:?}") };
        let nobody = Arc::new(HeapSite {
            owner: HeapOwner::Nobody,
            origin: None,
            ..HeapSite::clone(&site(5, &Labels::default(), a.origin, 77, 0))
        });
        profile.heap_sites = vec![
            site(1, &a.labels, a.origin, 10, 0),
            site(2, &a.labels, a.origin, 50, 30),
            site(3, &Labels::default(), b.origin, 7, 7),
            nobody,
        ];
        check(&profile, a, &[(2, 20), (1, 10)]);
        let ended = Group { state: State::Finished, ..Group::clone(a) };
        check(&profile, &ended, &[(2, 30)]);
        // Its labels are those of no site: it took them on later.
        check(&profile, b, if a.origin == b.origin { &[(2, 20), (1, 10)] } else { &[] });
        check(&profile, other, &[]);
        let of = |ended| {
            let found = allocations_of(&profile, &[a.origin, b.origin], ended);
            found.iter().map(|found| (found.site.id.0, found.bytes)).collect::<Vec<_>>()
        };
        assert_eq!((of(false), of(true)), (vec![(2, 20), (1, 10)], vec![(2, 30), (3, 7)]));
        assert_eq!(of_nobody(&profile).iter().map(|found| found.bytes).sum::<u64>(), 77);
    }

    #[test]
    fn the_heap_in_words() {
        assert_eq!(heap_line(&Header::default()), None);
        let held = Held {
            live_bytes: 200 << 20,
            error_bytes: 9 << 20,
            blocks: 1_234,
            outlived_bytes: 150 << 20,
            outlived_blocks: 4,
        };
        let heap = Heap {
            held,
            unattributed_bytes: 3 << 20,
            allocated_bytes_last_minute: 12 << 20,
            mean_sample_bytes: 512 << 10,
            ..Heap::default()
        };
        let header = Header { heap: Some(heap), rss_bytes: Some(230 << 20), ..Header::default() };
        assert_eq!(
            heap_line(&header).unwrap(),
            "200 MiB ± 9.0 MiB in 1\u{a0}234 blocks; 150 MiB have outlived their tasks; 3.0 MiB no \
             tracked task allocated; 30 MiB resident besides; 12 MiB allocated in the last minute; \
             a sample every 512 KiB"
        );
    }

    #[test]
    fn what_a_group_holds_in_words() {
        let profile = fixture::profile(&["4 parked task=a < src/m.rs:1"]);
        let mut group = Group::clone(&profile.groups[0]);
        assert_eq!(held_line(&group), None);
        group.held = Held { live_bytes: 8 << 20, error_bytes: 1 << 20, blocks: 9, ..group.held };
        group.live_bytes_minute_ago = 2 << 20;
        let words = "8.0 MiB ± 1.0 MiB in 9 blocks; 2.0 MiB a task; +6.0 MiB in a minute";
        assert_eq!(held_line(&group).as_deref(), Some(words));
        // Within the error nothing has changed.
        group.live_bytes_minute_ago = (8 << 20) + 9;
        group.count = 0;
        assert_eq!(held_line(&group).as_deref(), Some("8.0 MiB ± 1.0 MiB in 9 blocks"));
    }
}

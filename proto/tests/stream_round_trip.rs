//! Whatever an encoder sends, a decoder sees the same profile.

mod common;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use common::{chain, label, parked, transmit};
use proptest::collection::vec;
use proptest::prelude::*;
use prost::Message;
use taskscope_proto::limits::{CHUNK_BYTES, MAX_TREE_NODES};
use taskscope_proto::model::*;
use taskscope_proto::stream::{DecodeError, Decoder, Encoder};
use taskscope_proto::wire;

#[derive(Clone, Debug)]
enum Edit {
    Group(Arc<Group>),
    NoGroup(u64),
    Origin(Arc<Origin>),
    NoOrigin(u64),
    Site(Arc<HeapSite>),
    NoSite(u64),
}

fn edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        4 => common::group().prop_map(Edit::Group),
        1 => (0..20u64).prop_map(Edit::NoGroup),
        2 => common::origin().prop_map(Edit::Origin),
        1 => (0..10u64).prop_map(Edit::NoOrigin),
        2 => common::heap_site().prop_map(Edit::Site),
        1 => (0..20u64).prop_map(Edit::NoSite),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_sequence_of_edits_arrives(
        steps in vec((vec(edit(), 0..12), common::header(), 0..6u8), 1..8)
    ) {
        let (mut encoder, mut decoder) = (Encoder::new(), Decoder::new());
        let (mut groups, mut origins) = (BTreeMap::new(), BTreeMap::new());
        let mut sites = BTreeMap::new();
        for (edits, header, full) in steps {
            for edit in edits {
                match edit {
                    Edit::Group(group) => drop(groups.insert(group.id, group)),
                    Edit::NoGroup(id) => drop(groups.remove(&GroupId(id))),
                    Edit::Origin(origin) => drop(origins.insert(origin.id, origin)),
                    Edit::NoOrigin(id) => drop(origins.remove(&OriginId(id))),
                    Edit::Site(site) => drop(sites.insert(site.id, site)),
                    Edit::NoSite(id) => drop(sites.remove(&HeapSiteId(id))),
                }
            }
            let profile = Profile {
                header,
                groups: groups.values().cloned().collect(),
                origins: origins.values().cloned().collect(),
                heap_sites: sites.values().cloned().collect(),
            };
            let updates =
                if full == 0 { encoder.full(&profile) } else { encoder.delta(&profile) };
            let seen = transmit(updates, &mut decoder).unwrap();
            prop_assert_eq!(seen.as_deref(), Some(&profile));
        }
    }

    #[test]
    fn any_page_of_tasks_arrives(tasks in vec(common::task(), 0..20), total: u64, now_ms: u64) {
        let page = TaskPage { tasks, total, now_ms, heeded: true };
        let bytes = wire::TasksReply::from(&page).encode_to_vec();
        let reply = wire::TasksReply::decode(&*bytes).unwrap();
        prop_assert_eq!(TaskPage::try_from(reply), Ok(page));
    }
}

fn profile(groups: impl IntoIterator<Item = Arc<Group>>) -> Profile {
    Profile { groups: groups.into_iter().collect(), ..Profile::default() }
}

#[test]
fn a_delta_carries_only_what_changed_and_the_rest_keeps_its_arc() {
    let tree = chain(20, 1, "same");
    let mut groups: Vec<_> =
        (0..100).map(|id| parked(id, Labels::default(), Some(Arc::clone(&tree)))).collect();
    let (mut encoder, mut decoder) = (Encoder::new(), Decoder::new());
    let updates = encoder.full(&profile(groups.clone()));
    let before = transmit(updates, &mut decoder).unwrap().unwrap();

    groups[7] = Arc::new(Group { count: 9, ..(*groups[7]).clone() });
    groups.remove(50);
    // Another Arc, the same value: not worth a byte.
    groups[20] = Arc::new((*groups[20]).clone());
    let updates = encoder.delta(&profile(groups.clone()));
    let [update] = &*updates else { panic!("{} messages", updates.len()) };
    assert_eq!((update.groups.len(), &*update.removed_groups), (1, &[50][..]));
    assert_eq!(update.dictionary, None);

    let after = transmit(updates, &mut decoder).unwrap().unwrap();
    assert_eq!(after.groups, groups);
    let moved = after.groups.iter().filter(|g| !before.groups.iter().any(|b| Arc::ptr_eq(b, g)));
    assert_eq!(moved.map(|g| g.id).collect::<Vec<_>>(), [GroupId(7)]);

    let again = transmit(encoder.full(&profile(groups)), &mut decoder).unwrap().unwrap();
    assert!(after.groups.iter().zip(&again.groups).all(|(a, b)| Arc::ptr_eq(a, b)));
}

#[test]
fn a_lost_or_repeated_message_is_a_gap_and_ends_the_stream() {
    let (mut encoder, mut decoder) = (Encoder::new(), Decoder::new());
    let first = encoder.delta(&Profile::default());
    let _lost = encoder.delta(&Profile::default());
    let third = encoder.delta(&Profile::default());
    let repeated = first.clone();
    transmit(first, &mut decoder).unwrap();
    let error = transmit(third.clone(), &mut decoder).unwrap_err();
    assert_eq!(error, DecodeError::Gap { expected: 2, got: 3 });
    assert_eq!(error.to_string(), "message 3 came where 2 was due: ask for the full state again");
    assert_eq!(transmit(third, &mut decoder), Err(DecodeError::Failed));

    let mut decoder = Decoder::new();
    transmit(repeated.clone(), &mut decoder).unwrap();
    let error = transmit(repeated, &mut decoder).unwrap_err();
    assert_eq!(error, DecodeError::Gap { expected: 2, got: 1 });
}

#[test]
fn a_state_shows_only_when_it_is_whole() {
    let groups = (0..3_000).map(|id| parked(id, label("user", &id.to_string()), None));
    let wide = profile(groups.map(|g| {
        let tree = chain(10, u32::try_from(g.id.0).unwrap(), "distinct");
        Arc::new(Group { tree: Some(tree), ..(*g).clone() })
    }));
    let mut decoder = Decoder::new();
    let updates = Encoder::new().full(&wide);
    let last = updates.len() - 1;
    assert!(last > 0, "one message only");
    for (at, update) in updates.into_iter().enumerate() {
        assert!(update.encoded_len() <= CHUNK_BYTES);
        assert_eq!((update.begin, update.end), (at == 0, at == last));
        assert_eq!(decoder.apply(update).unwrap().is_some(), at == last);
    }
}

#[test]
fn the_biggest_trees_and_longest_strings_stay_within_a_chunk() {
    let nodes = u32::try_from(MAX_TREE_NODES).unwrap() + 10;
    let huge = chain(nodes, 1, &"x".repeat(9_000));
    let labels = (0..40u8)
        .map(|k| Label { key: format!("{k:02}").into(), value: "v".repeat(20_000).into() });
    let profile = profile([parked(1, Labels::new(labels), Some(huge))]);
    let mut decoder = Decoder::new();
    let seen = transmit(Encoder::new().full(&profile), &mut decoder).unwrap().unwrap();
    let group = &seen.groups[0];
    assert_eq!(group.labels.len(), 32);
    assert!(group.labels.get("00").unwrap().ends_with("vv…"));
    assert_eq!(group.tree.as_ref().unwrap().nodes.len(), MAX_TREE_NODES);
}

#[test]
fn a_page_of_big_tasks_ends_early_and_drops_a_tree_that_fits_nowhere() {
    let task = |id: u64, tree| Task {
        id,
        labels: label("id", &id.to_string()),
        spawned_at: Location { file: "src/main.rs".into(), line: 1, column: 1 },
        kind: TaskKind::Async,
        state: State::Parked,
        since_ms: 0,
        spawned_ms: 0,
        polls: 1,
        tree: Some(tree),
        parent: None,
        future_bytes: 1,
        activity: Activity::default(),
        living_wakers: None,
        woken_by: None,
        detached: false,
        orphan: false,
        proven: false,
        blockers: Vec::new(),
        waiting_for_it: 0,
    };
    let huge = chain(4_000, 1, &"x".repeat(500));
    let mut tasks = vec![task(1, huge)];
    tasks.extend((2..500).map(|id| task(id, chain(10, 1, &format!("{id}{}", "y".repeat(500))))));
    let page = TaskPage { tasks, total: 499, now_ms: 1, heeded: false };
    let reply = wire::TasksReply::from(&page);
    assert!(reply.encoded_len() <= CHUNK_BYTES, "{}", reply.encoded_len());
    let seen = TaskPage::try_from(reply).unwrap();
    assert_eq!(seen.tasks[0].tree, None);
    assert!(seen.tasks.len() > 10 && seen.tasks.len() < 499, "{}", seen.tasks.len());
    assert_eq!(seen.tasks[1..], page.tasks[1..seen.tasks.len()]);
}

#[test]
fn a_hundred_thousand_groups_pass_within_a_second_or_two() {
    let trees: Vec<_> = (0..200).map(|line| chain(15, line * 100, "t")).collect();
    let group = |id: u64| {
        let tree = Arc::clone(&trees[usize::try_from(id).unwrap() % 200]);
        parked(id, label("tenant", &(id % 5_000).to_string()), Some(tree))
    };
    let profile = profile((0..100_000).map(group));
    let started = Instant::now();
    let (mut encoder, mut decoder) = (Encoder::new(), Decoder::new());
    let seen = transmit(encoder.full(&profile), &mut decoder).unwrap();
    assert_eq!(seen.as_deref(), Some(&profile));
    let mut next = profile.clone();
    next.groups[500] = parked(500, Labels::default(), None);
    assert_eq!(transmit(encoder.delta(&next), &mut decoder).unwrap().as_deref(), Some(&next));
    // Unoptimised and on a busy machine; a quadratic step would take minutes.
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
}

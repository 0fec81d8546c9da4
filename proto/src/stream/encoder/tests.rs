use std::sync::Arc;

use super::*;
use crate::dictionary::Capacity;
use crate::model::{
    Combine, Frame, GroupId, Label, Labels, Location, Node, OriginId, State, Tree, WaitKind,
};
use crate::stream::Decoder;

fn tree(line: u32) -> Arc<Tree> {
    let location = Some(Location { file: "src/main.rs".into(), line, column: 1 });
    let function = format!("demo::on_line_{line}").into();
    let frame = Arc::new(Frame { function, location, user: true, module: None, offset: 0 });
    let wait_kind = Some(WaitKind::Notify);
    let node =
        Node { frame: Arc::clone(&frame), parent: None, leaves: 1, wait_kind, secondary: false };
    let wait_kinds = vec![WaitKind::Notify];
    let await_point = Some(frame);
    Arc::new(Tree { nodes: vec![node], await_point, wait_kinds, combine: Combine::One })
}

/// `count` groups, each with a tree and a label of its own, numbered from `first`.
fn profile(first: u32, count: u32) -> Profile {
    let group = |n: u32| {
        let labels = Labels::new([Label { key: "n".into(), value: n.to_string().into() }]);
        let empty = Group::new(GroupId(n.into()), labels, OriginId(1), State::Parked);
        Group { tree: Some(tree(n)), count: 1, ..empty }
    };
    let groups = (first..first + count).map(|n| Arc::new(group(n))).collect();
    Profile { groups, ..Profile::default() }
}

fn transmit(updates: Vec<wire::Update>, decoder: &mut Decoder) -> Arc<Profile> {
    let mut seen = None;
    for update in updates {
        seen = decoder.apply(update).unwrap();
    }
    seen.unwrap()
}

#[test]
fn a_dictionary_without_room_starts_afresh() {
    let mut encoder = Encoder::with_capacity(Capacity { entries: 1_000, bytes: usize::MAX });
    let mut decoder = Decoder::new();
    let (mut restarts, mut most) = (0, 0);
    for step in 0..100 {
        // Every state is new from the first group to the last: the worst case.
        let profile = profile(step * 50, 50);
        let updates = encoder.delta(&profile);
        restarts += u32::from(updates[0].full);
        most = most.max(encoder.ids.entries());
        assert!(*transmit(updates, &mut decoder) == profile, "step {step}");
    }
    assert!((5..30).contains(&restarts), "{restarts} full states");
    assert!(most <= 1_000, "{most} entries");
}

#[test]
fn what_fits_into_no_dictionary_is_sent_without_trees_and_counted() {
    let mut encoder = Encoder::with_capacity(Capacity { entries: 300, bytes: usize::MAX });
    let seen = transmit(encoder.delta(&profile(0, 200)), &mut Decoder::new());
    let with_tree = seen.groups.iter().filter(|group| group.tree.is_some()).count();
    assert_eq!(seen.groups.len(), 200);
    assert!(with_tree > 20 && with_tree < 150, "{with_tree}");
    assert_eq!(seen.header.lost.chains, 200 - with_tree as u64);
    // It does not help to send everything again, so that is not done every second.
    assert!(!encoder.delta(&profile(0, 200))[0].full);
}

#[test]
fn the_same_tree_in_other_arcs_is_one_entry() {
    let mut encoder = Encoder::new();
    encoder.delta(&profile(0, 10));
    let entries = encoder.ids.entries();
    for _ in 0..10 {
        encoder.delta(&profile(0, 10));
    }
    assert_eq!(encoder.ids.entries(), entries);
}

#[test]
fn unsorted_groups_are_sent_sorted_and_of_two_with_one_id_the_last() {
    let mut sent = profile(1, 3);
    sent.groups.reverse();
    sent.groups.push(Arc::new(Group { count: 77, ..(*sent.groups[0]).clone() }));
    let seen = transmit(Encoder::new().full(&sent), &mut Decoder::new());
    let ids: Vec<_> = seen.groups.iter().map(|group| (group.id.0, group.count)).collect();
    assert_eq!(ids, [(1, 1), (2, 1), (3, 77)]);
}

//! Nothing that comes over the wire panics or allocates beyond the limits.
#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

mod common;

use proptest::collection::vec;
use proptest::prelude::*;
use prost::Message;
use taskscope_proto::limits::{MAX_LABELS, MAX_STRING_BYTES, MAX_TREE_NODES};
use taskscope_proto::model::*;
use taskscope_proto::stream::{Decoder, Encoder};
use taskscope_proto::wire;

fn everything(bytes: &[u8]) {
    if let Ok(update) = wire::Update::decode(bytes) {
        drop(Decoder::new().apply(update.clone()));
        // Reach behind the checks of numbers and marks.
        let reachable = wire::Update { seq: 1, begin: true, end: true, full: true, ..update };
        drop(Decoder::new().apply(reachable));
    }
    if let Ok(reply) = wire::TasksReply::decode(bytes) {
        drop(TaskPage::try_from(reply));
    }
    if let Ok(reply) = wire::HelloReply::decode(bytes) {
        drop(taskscope_proto::version::check(&reply));
        drop(Process::try_from(reply));
    }
    if let Ok(request) = wire::TasksRequest::decode(bytes) {
        drop(TaskQuery::try_from(request));
    }
}

proptest! {
    #[test]
    fn random_bytes_never_panic(bytes in vec(any::<u8>(), 0..2_000)) {
        everything(&bytes);
    }

    #[test]
    fn mutated_messages_never_panic(
        groups in vec(common::group(), 0..5),
        origins in vec(common::origin(), 0..5),
        heap_sites in vec(common::heap_site(), 0..5),
        header in common::header(),
        changes in vec((any::<prop::sample::Index>(), any::<u8>()), 1..20),
        cut in any::<prop::sample::Index>(),
    ) {
        let profile = Profile { header, groups, origins, heap_sites };
        for update in Encoder::new().full(&profile) {
            let mut bytes = update.encode_to_vec();
            for (at, value) in &changes {
                let at = at.index(bytes.len());
                bytes[at] = *value;
            }
            everything(&bytes);
            everything(&bytes[..cut.index(bytes.len())]);
        }
    }

    #[test]
    fn shuffled_numbers_never_panic(
        ids in vec(0..6u32, 12),
        firsts in vec(0..3u32, 5),
    ) {
        let dictionary = wire::Dictionary {
            first_string: firsts[0],
            strings: vec!["a".into(), "b".into()],
            first_label_set: firsts[1],
            label_sets: vec![wire::LabelSet { keys_and_values: ids[..4].to_vec() }],
            first_location: firsts[2],
            locations: vec![wire::Location { file: ids[4], line: 1, column: 1 }],
            first_frame: firsts[3],
            frames: vec![wire::Frame { function: ids[5], location: ids[6], ..Default::default() }],
            first_tree: firsts[4],
            trees: vec![tree(&[ids[7], ids[8]])],
        };
        let group = wire::Group { label_set: ids[9], tree: ids[10], ..Default::default() };
        let update = wire::Update { dictionary: Some(dictionary), groups: vec![group], ..whole() };
        everything(&update.encode_to_vec());
    }
}

fn whole() -> wire::Update {
    let header = Some(wire::Header::default());
    wire::Update { seq: 1, begin: true, end: true, full: true, header, ..Default::default() }
}

/// Nodes with these parents, all of frame 1.
fn tree(parents: &[u32]) -> wire::Tree {
    let node = |parent: &u32| wire::Node { frame: 1, parent: *parent, ..Default::default() };
    wire::Tree { nodes: parents.iter().map(node).collect(), ..Default::default() }
}

fn dictionary(change: impl FnOnce(&mut wire::Dictionary)) -> wire::Update {
    let mut dictionary = wire::Dictionary {
        first_frame: 1,
        frames: vec![wire::Frame::default()],
        first_string: 1,
        first_label_set: 1,
        first_location: 1,
        first_tree: 1,
        ..Default::default()
    };
    change(&mut dictionary);
    wire::Update { dictionary: Some(dictionary), ..whole() }
}

fn refused(update: wire::Update) -> String {
    Decoder::new().apply(update).unwrap_err().to_string()
}

#[test]
fn what_breaks_a_rule_is_refused_by_name() {
    let long = "x".repeat(MAX_STRING_BYTES + 1);
    let cases: Vec<(wire::Update, &str)> = vec![
        (wire::Update { seq: 2, ..whole() }, "message 2 came where 1 was due"),
        (wire::Update { seq: 0, ..whole() }, "message 0 came where 1 was due"),
        (wire::Update { begin: false, ..whole() }, "message 1 does not begin a state"),
        (wire::Update { full: false, ..whole() }, "message 1 is a change, and no full state came"),
        (wire::Update { header: None, ..whole() }, "Update.header is missing"),
        (dictionary(|d| d.trees = vec![tree(&[1])]), "node 0 of an await tree has parent 0"),
        (dictionary(|d| d.trees = vec![tree(&[0, 3, 2])]), "node 1 of an await tree has parent 2"),
        (dictionary(|d| d.trees = vec![tree(&[0; MAX_TREE_NODES + 1])]), "limits::MAX_TREE_NODES"),
        (dictionary(|d| d.frames[0].function = 9), "string 9 is not in the dictionary"),
        (dictionary(|d| d.strings = vec![long]), "limits::MAX_STRING_BYTES (8192)"),
        (dictionary(|d| d.first_frame = 0), "frames of the dictionary go on at 0 instead of 1"),
        (
            dictionary(|d| {
                d.label_sets =
                    vec![wire::LabelSet { keys_and_values: vec![0; 2 * MAX_LABELS + 1] }];
            }),
            "labels of a task: 33 is more than limits::MAX_LABELS (32)",
        ),
        (
            dictionary(|d| d.label_sets = vec![wire::LabelSet { keys_and_values: vec![0] }]),
            "a label set has 1 keys and values, an odd number",
        ),
        (
            wire::Update {
                groups: vec![wire::Group { tree: 1, state: 4, ..Default::default() }],
                ..whole()
            },
            "tree 1 is not in the dictionary",
        ),
        (
            wire::Update {
                groups: vec![wire::Group { state: 9, ..Default::default() }],
                ..whole()
            },
            "unknown state 9: is the other side newer",
        ),
    ];
    for (update, expected) in cases {
        let message = refused(update);
        assert!(message.contains(expected), "{message:?} instead of {expected:?}");
    }
}

#[test]
fn a_state_within_a_state_is_refused() {
    let mut decoder = Decoder::new();
    decoder.apply(wire::Update { end: false, ..whole() }).unwrap();
    let error = decoder.apply(wire::Update { seq: 2, ..whole() }).unwrap_err().to_string();
    assert_eq!(error, "message 2 begins a state while another is open");
}

#[test]
fn an_endless_state_ends_at_the_limit() {
    let mut decoder = Decoder::new();
    let group = wire::Group { state: 4, ..Default::default() };
    let groups = vec![group; 100_000];
    let first = wire::Update { end: false, groups: groups.clone(), ..whole() };
    decoder.apply(first).unwrap();
    let error = (2..20).find_map(|seq| {
        decoder.apply(wire::Update { seq, groups: groups.clone(), ..Default::default() }).err()
    });
    let message = error.unwrap().to_string();
    assert!(
        message.contains("groups of a state: 1100000 is more than limits::MAX_GROUPS"),
        "{message}"
    );
}

#[test]
fn an_endless_dictionary_ends_at_the_limit() {
    let mut decoder = Decoder::new();
    let trees = vec![tree(&[0; 1_000]); 100];
    let error = (1..1_000u32).find_map(|n| {
        let mut update = dictionary(|d| {
            d.trees = trees.clone();
            d.first_tree = (n - 1) * 100 + 1;
            d.first_frame = n;
        });
        update.seq = n.into();
        update.begin = n == 1;
        update.end = false;
        decoder.apply(update).err()
    });
    let message = error.unwrap().to_string();
    assert!(message.contains("limits::MAX_DICTIONARY_BYTES"), "{message}");
}

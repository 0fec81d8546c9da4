//! What is written can be read, and says what the profile says.

use std::io::Read as _;

use flate2::read::GzDecoder;
use taskscope_proto::model::{Heap, HeapOwner, HeapSiteId, Held, Labels};

use super::*;
use crate::fixture;

fn read(bytes: &[u8]) -> pprof::Profile {
    let mut plain = Vec::new();
    GzDecoder::new(bytes).read_to_end(&mut plain).unwrap();
    pprof::Profile::decode(&*plain).unwrap()
}

fn with_heap() -> Profile {
    let mut profile =
        fixture::profile(&["8 parked task=audit @ src/audit.rs:41 mutex < src/m.rs:3"]);
    profile.header.heap = Some(Heap { mean_sample_bytes: 512, ..Heap::default() });
    let group = profile.groups[0].clone();
    let held = Held {
        live_bytes: 1_000,
        error_bytes: 10,
        blocks: 10,
        outlived_bytes: 300,
        outlived_blocks: 3,
    };
    let site = HeapSite {
        id: HeapSiteId(1),
        owner: HeapOwner::Task,
        labels: group.labels.clone(),
        origin: Some(group.origin),
        stack: group.tree.clone(),
        cut: false,
        held,
        allocated_bytes: 9_000,
        allocated_blocks: 90,
        oldest_since_ms: 0,
    };
    let agent = HeapSite {
        id: HeapSiteId(2),
        owner: HeapOwner::Agent,
        labels: Labels::default(),
        origin: None,
        stack: None,
        held: Held { live_bytes: 5, blocks: 1, ..Held::default() },
        ..site.clone()
    };
    profile.heap_sites = vec![Arc::new(site), Arc::new(agent)];
    profile
}

#[test]
fn without_a_heap_there_is_nothing_to_write() {
    let profile = fixture::profile(&[]);
    assert_eq!(heap(&Process::default(), &profile).unwrap(), None);
}

#[test]
fn samples_carry_stacks_values_and_tags() {
    let profile = with_heap();
    let written = heap(&Process::default(), &profile).unwrap().unwrap();
    let read = read(&written);
    let text = |at: i64| read.string_table[usize::try_from(at).unwrap()].as_str();
    assert_eq!(text(0), "");
    let types: Vec<&str> = read.sample_type.iter().map(|kind| text(kind.r#type)).collect();
    assert_eq!(types, ["alloc_objects", "alloc_space", "inuse_objects", "inuse_space"]);
    assert_eq!((text(read.default_sample_type), read.period), ("inuse_space", 512));
    let values: Vec<&[i64]> = read.sample.iter().map(|sample| &*sample.value).collect();
    assert_eq!(values, [&[90, 9_000, 7, 700][..], &[0, 0, 3, 300], &[90, 9_000, 1, 5]]);
    let tags = |at: usize| -> Vec<String> {
        let labels = read.sample[at].label.iter();
        labels.map(|label| format!("{}={}", text(label.key), text(label.str))).collect()
    };
    assert_eq!(tags(0), ["task=audit", "spawned_at=src/m.rs:3:1", "owner=task"]);
    assert_eq!(tags(1)[3], "outlived=true");
    let place = |sample: usize, depth: usize| {
        let id = read.sample[sample].location_id[depth];
        let location = read.location.iter().find(|location| location.id == id).unwrap();
        let line = location.line[0];
        let function = read.function.iter().find(|f| f.id == line.function_id).unwrap();
        format!("{} {}:{}", text(function.name), text(function.filename), line.line)
    };
    let stack = profile.heap_sites[0].stack.as_ref().unwrap();
    let innermost = &stack.nodes.last().unwrap().frame;
    assert!(place(0, 0).starts_with(&*innermost.function), "{}", place(0, 0));
    assert_eq!(read.sample[0].location_id.len(), stack.nodes.len());
    assert_eq!(place(2, 0), "(taskscope's agent) :0");
}

#[test]
fn every_id_that_is_used_is_there() {
    let read = read(&heap(&Process::default(), &with_heap()).unwrap().unwrap());
    let ids: Vec<u64> = read.location.iter().map(|location| location.id).collect();
    assert!(read.sample.iter().flat_map(|s| &s.location_id).all(|id| ids.contains(id)));
    assert!(read.location.iter().all(|location| {
        let mapped = location.mapping_id == 0
            || read.mapping.iter().any(|mapping| mapping.id == location.mapping_id);
        let known = |line: &pprof::Line| read.function.iter().any(|f| f.id == line.function_id);
        mapped && location.line.iter().all(known)
    }));
}

//! The bytes on the wire, fixed: an agent of today must be understood by a viewer of tomorrow.
//!
//! A failure here means that the schema has changed under agents that run in production. If that
//! is meant and compatible, take over the new bytes; if it is not compatible, raise
//! `version::PROTOCOL` too.
#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

mod common;

use std::fmt::Write as _;
use std::sync::Arc;

use common::{chain, held, label, parked};
use prost::Message;
use taskscope_proto::model::*;
use taskscope_proto::stream::{Decoder, Encoder};
use taskscope_proto::wire;

fn profile() -> Profile {
    Profile {
        header: Header {
            now_ms: 60_000,
            now_unix_ms: 1_700_000_000_000,
            rss_bytes: Some(1 << 20),
            coverage: Coverage { tracked: 8, alive: Some(9) },
            totals: Totals { parked: 8, spawned: 20, finished: 12, ..Totals::default() },
            heap: Some(Heap { held: held(3 << 20), agent_bytes: 9, ..Heap::default() }),
            ..Header::default()
        },
        groups: vec![parked(1, label("task", "audit"), Some(chain(2, 40, "audit")))],
        origins: vec![Arc::new(Origin {
            id: OriginId(1),
            labels: label("task", "audit"),
            spawned_at: Location { file: "src/main.rs".into(), line: 3, column: 5 },
            kind: TaskKind::Async,
            spawned: 20,
            finished: 12,
            aborted: 0,
            panicked: 1,
            last_panic: Some("boom".into()),
            spawned_last_minute: 2,
            finished_last_minute: 1,
            allocated_bytes: 3 << 20,
            allocated_bytes_last_minute: 1 << 20,
        })],
        heap_sites: vec![Arc::new(HeapSite {
            id: HeapSiteId(77),
            owner: HeapOwner::Task,
            labels: label("task", "audit"),
            origin: Some(OriginId(1)),
            stack: Some(chain(1, 7, "grow")),
            cut: true,
            held: held(1 << 20),
            allocated_bytes: 2 << 20,
            allocated_blocks: 30,
            oldest_since_ms: 59_000,
        })],
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.chunks(32).fold(String::new(), |mut text, line| {
        for byte in line {
            write!(text, "{byte:02x}").unwrap();
        }
        text + "\n"
    })
}

fn check(message: &impl Message, golden: &str) {
    let got = hex(&message.encode_to_vec());
    assert!(got == golden, "the wire has changed; it is now:\n{got}");
}

#[test]
fn a_stream_has_the_bytes_it_always_had() {
    let updates = Encoder::new().full(&profile());
    let [update] = &*updates else { panic!("{} messages", updates.len()) };
    check(update, include_str!("golden/update.hex"));
    let seen = Decoder::new().apply(update.clone()).unwrap();
    assert_eq!(seen.as_deref(), Some(&profile()));
}

#[test]
fn a_hello_has_the_bytes_it_always_had() {
    let process = Process {
        name: "checkout".into(),
        pid: 7,
        started_at_unix_ms: 1_700_000_000_000,
        run_id: 42,
        debug_info: DebugInfo::LineTables,
        stack_walk: StackWalk::FramePointers,
        stuck_after_ms: 10_000,
        executable: "/srv/checkout".into(),
        agent: "taskscope 0.1.0".into(),
        ..Process::default()
    };
    check(&wire::HelloReply::from(&process), include_str!("golden/hello_reply.hex"));
}

#[test]
fn a_query_has_the_bytes_it_always_had() {
    let query = TaskQuery {
        groups: vec![GroupId(1), GroupId(300)],
        order: TaskOrder::MostPolls,
        offset: 50,
        limit: 100,
        ..TaskQuery::default()
    };
    check(&wire::TasksRequest::from(&query), include_str!("golden/tasks_request.hex"));
}

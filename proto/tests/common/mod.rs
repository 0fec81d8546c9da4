//! Random and hand-made profiles.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::allow_attributes,
    clippy::unwrap_used,
    reason = "helpers of tests, of which each uses a part"
)]

use std::sync::Arc;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use prost::Message;
use taskscope_proto::model::*;
use taskscope_proto::stream::{DecodeError, Decoder};
use taskscope_proto::wire;

/// Sends the messages through bytes into a decoder; what the last one completes.
pub fn transmit(
    updates: Vec<wire::Update>,
    decoder: &mut Decoder,
) -> Result<Option<Arc<Profile>>, DecodeError> {
    let mut last = None;
    for update in updates {
        let bytes = update.encode_to_vec();
        assert!(bytes.len() <= taskscope_proto::limits::CHUNK_BYTES, "{} bytes", bytes.len());
        last = decoder.apply(wire::Update::decode(&*bytes).unwrap())?;
    }
    Ok(last)
}

pub fn text() -> impl Strategy<Value = Arc<str>> {
    "[a-c]{1,2}|[a-zß😀]{1,12}".prop_map(Into::into)
}

pub fn labels() -> impl Strategy<Value = Labels> {
    vec((text(), text()), 0..4)
        .prop_map(|pairs| Labels::new(pairs.into_iter().map(|(key, value)| Label { key, value })))
}

pub fn location() -> impl Strategy<Value = Location> {
    (text(), any::<u32>(), 0..9u32).prop_map(|(file, line, column)| Location { file, line, column })
}

pub fn frame() -> impl Strategy<Value = Arc<Frame>> {
    let module = (text(), text()).prop_map(|(path, id)| Arc::new(Module { path, build_id: id }));
    let parts = (text(), option::of(location()), any::<bool>(), option::of(module), 0..5u64);
    parts.prop_map(|(function, location, user, module, offset)| {
        Arc::new(Frame { function, location, user, module, offset })
    })
}

pub fn wait_kind() -> impl Strategy<Value = WaitKind> {
    let named = (0..WaitKind::NAMED.len()).prop_map(|at| WaitKind::NAMED[at].0.clone());
    prop_oneof![named, text().prop_map(WaitKind::Other)]
}

pub fn tree() -> impl Strategy<Value = Arc<Tree>> {
    let node =
        (frame(), any::<prop::sample::Index>(), 0..3u32, option::of(wait_kind()), any::<bool>());
    let combine = prop_oneof![Just(Combine::One), Just(Combine::AnyOf), Just(Combine::AllOf)];
    let parts = (vec(node, 0..8), option::of(frame()), vec(wait_kind(), 0..3), combine);
    parts.prop_map(|(nodes, await_point, mut wait_kinds, combine)| {
        let nodes = (0..).zip(nodes).map(|(at, (frame, parent, leaves, wait_kind, secondary))| {
            let parent = u32::try_from(parent.index(at + 1)).unwrap().checked_sub(1);
            Node { frame, parent, leaves, wait_kind, secondary }
        });
        wait_kinds.sort();
        wait_kinds.dedup();
        Arc::new(Tree { nodes: nodes.collect(), await_point, wait_kinds, combine })
    })
}

pub fn group() -> impl Strategy<Value = Arc<Group>> {
    let numbers = (0..20u64, any::<u64>(), any::<u64>(), any::<u64>());
    let parts = (labels(), 0..10u64, 0..4usize, option::of(tree()), numbers);
    parts.prop_map(|(labels, origin, state, tree, (id, count, oldest_since_ms, future_bytes))| {
        Arc::new(Group {
            id: GroupId(id),
            labels,
            origin: OriginId(origin),
            state: State::ALL[state],
            tree,
            count,
            stuck: count / 2,
            oldest_since_ms,
            median_since_ms: oldest_since_ms.saturating_add(3),
            future_bytes,
            count_minute_ago: count / 3,
            activity: activity(count, future_bytes),
            wakers: (0..count % 4).map(|n| waker(n, count)).collect(),
            detached: id > 9,
            orphan: count > 9,
            tracked: count % 2 == 0,
            held: held(count),
            live_bytes_minute_ago: count,
            verdict: verdict(count),
            blockers: (0..count % 3).map(blocker).collect(),
            chain: (0..count % 5).map(GroupId).collect(),
            waiting_for_it: count / 5,
        })
    })
}

fn verdict(number: u64) -> Verdict {
    let class = Class::ALL[usize::try_from(number % 4).unwrap()];
    let reason = if class == Class::Normal { "".into() } else { "for a reason".into() };
    Verdict { class, reason, since_ms: number / 2, tasks: number / 3, points: number }
}

fn blocker(number: u64) -> Blocker {
    let holder = Holder { task: 7, group: Some(GroupId(8)), ended: false };
    let at = Location { file: "src/lock.rs".into(), line: 3, column: 4 };
    Blocker {
        kind: WaitKind::Mutex,
        made_at: (number > 0).then_some(at),
        tasks: number + 1,
        relation: Relation::Holds,
        since_ms: 9,
        holder: (number > 0).then_some(holder),
        holders: number,
    }
}

pub fn origin() -> impl Strategy<Value = Arc<Origin>> {
    let parts = (0..10u64, labels(), location(), any::<bool>(), option::of(text()), any::<u64>());
    parts.prop_map(|(id, labels, spawned_at, blocking, last_panic, spawned)| {
        Arc::new(Origin {
            id: OriginId(id),
            labels,
            spawned_at,
            kind: if blocking { TaskKind::Blocking } else { TaskKind::Async },
            spawned,
            finished: spawned / 2,
            aborted: 1,
            panicked: 2,
            last_panic,
            spawned_last_minute: 3,
            finished_last_minute: 4,
            allocated_bytes: spawned,
            allocated_bytes_last_minute: 5,
        })
    })
}

pub fn header() -> impl Strategy<Value = Header> {
    let parts = (any::<u64>(), option::of(any::<u64>()), option::of(text()), any::<u64>());
    parts.prop_map(|(now_ms, rss_bytes, label_key, parked)| Header {
        now_ms,
        now_unix_ms: now_ms / 2,
        rss_bytes,
        memory_limit_bytes: rss_bytes,
        memory_current_bytes: None,
        agent_bytes: Some(7),
        coverage: Coverage { tracked: parked, alive: rss_bytes },
        totals: Totals { parked, ..Totals::default() },
        lost: Lost { label_key, chains: 1, ..Lost::default() },
        captures_pending: 5,
        runtimes: (0..parked % 3).map(runtime).collect(),
        heap: (parked % 2 == 0).then(|| Heap { held: held(parked), ..Heap::default() }),
    })
}

fn runtime(id: u64) -> Runtime {
    let busy_permille = (id == 1).then_some(500);
    let worker = Worker { busy_permille, parks: Some(id), ..Worker::default() };
    Runtime {
        id: u32::try_from(id).unwrap(),
        flavor: RuntimeFlavor::MultiThread,
        worker_count: 2,
        workers: vec![worker; 2],
        stall: busy_permille.map(|_| Stall { since_ms: id, ready_tasks: 3 }),
        ..Runtime::default()
    }
}

pub fn task() -> impl Strategy<Value = Task> {
    let numbers = (any::<u64>(), any::<u64>(), any::<u64>(), option::of(1..9u64));
    let parts = (labels(), location(), any::<bool>(), 0..4usize, option::of(tree()), numbers);
    parts.prop_map(|(labels, spawned_at, blocking, state, tree, (id, since_ms, polls, parent))| {
        Task {
            id,
            labels,
            spawned_at,
            kind: if blocking { TaskKind::Blocking } else { TaskKind::Async },
            state: State::ALL[state],
            since_ms,
            spawned_ms: since_ms / 2,
            polls,
            tree,
            parent,
            future_bytes: 64,
            activity: activity(polls, since_ms),
            living_wakers: None,
            woken_by: parent.map(OriginId),
            detached: blocking,
            orphan: parent.is_some(),
            proven: blocking,
            blockers: (0..polls % 3).map(blocker).collect(),
            waiting_for_it: polls / 2,
        }
    })
}

/// A chain of `depth` frames, the innermost one on its own line.
pub fn chain(depth: u32, line: u32, long_name: &str) -> Arc<Tree> {
    let frame = |at: u32| {
        Arc::new(Frame {
            function: format!("demo::{long_name}::{at}").into(),
            location: Some(Location { file: "src/demo.rs".into(), line: line + at, column: 5 }),
            user: true,
            module: None,
            offset: u64::from(at),
        })
    };
    let nodes = (0..depth).map(|at| Node {
        frame: frame(at),
        parent: at.checked_sub(1),
        leaves: u32::from(at + 1 == depth),
        wait_kind: (at + 1 == depth).then_some(WaitKind::MpscSend),
        secondary: false,
    });
    let await_point = depth.checked_sub(1).map(frame);
    let wait_kinds = vec![WaitKind::MpscSend];
    Arc::new(Tree { nodes: nodes.collect(), await_point, wait_kinds, combine: Combine::One })
}

/// A group of parked tasks with this id.
pub fn parked(id: u64, labels: Labels, tree: Option<Arc<Tree>>) -> Arc<Group> {
    Arc::new(Group {
        id: GroupId(id),
        labels,
        origin: OriginId(1),
        state: State::Parked,
        tree,
        count: 8,
        stuck: 7,
        oldest_since_ms: 1_000,
        median_since_ms: 2_000,
        future_bytes: 4_096,
        count_minute_ago: 1,
        activity: activity(id, id),
        wakers: vec![waker(1, 5), waker(0, 3)],
        detached: true,
        orphan: true,
        tracked: true,
        held: held(9),
        live_bytes_minute_ago: 4,
        verdict: verdict(6),
        blockers: vec![blocker(1)],
        chain: vec![GroupId(8)],
        waiting_for_it: 5,
    })
}

/// What tasks hold of the heap.
pub fn held(bytes: u64) -> Held {
    Held {
        live_bytes: bytes,
        error_bytes: bytes / 2,
        blocks: bytes / 3,
        outlived_bytes: bytes / 4,
        outlived_blocks: bytes / 5,
    }
}

pub fn heap_site() -> impl Strategy<Value = Arc<HeapSite>> {
    let owner = prop_oneof![
        Just(HeapOwner::Task),
        Just(HeapOwner::Nobody),
        Just(HeapOwner::Agent),
        Just(HeapOwner::Unknown)
    ];
    let numbers = (0..20u64, any::<u64>(), option::of(1..9u64));
    let parts = (owner, labels(), option::of(tree()), any::<bool>(), numbers);
    parts.prop_map(|(owner, labels, stack, cut, (id, bytes, origin))| {
        Arc::new(HeapSite {
            id: HeapSiteId(id),
            owner,
            labels,
            origin: origin.map(OriginId),
            stack,
            cut,
            held: held(bytes),
            allocated_bytes: bytes,
            allocated_blocks: bytes / 7,
            oldest_since_ms: bytes / 9,
        })
    })
}

/// Number 0 is nobody.
fn waker(origin: u64, tasks: u64) -> Waker {
    Waker { origin: (origin != 0).then_some(OriginId(origin)), tasks }
}

fn activity(polls: u64, us: u64) -> Activity {
    Activity {
        polls,
        wakes: polls / 2,
        self_wakes: polls / 4,
        running_us: us,
        ready_us: us / 2,
        longest_poll_us: us / 3,
        longest_ready_us: us / 4,
    }
}

pub fn label(key: &str, value: &str) -> Labels {
    Labels::new([Label { key: key.into(), value: value.into() }])
}

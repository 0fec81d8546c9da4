//! Hand-made profiles.

use std::sync::Arc;

use taskscope_proto::model::{
    Activity, Blocker, Class, Combine, Coverage, DebugInfo, Frame, Group, GroupId, Header, Held,
    Holder, Label, Labels, Location, Lost, Node, Origin, OriginId, Process, Profile, Relation,
    Runtime, RuntimeFlavor, StackWalk, Stall, State, TaskKind, Totals, Tree, Verdict, WaitKind,
    Worker,
};

fn location(file: &str, line: u32, column: u32) -> Location {
    Location { file: file.into(), line, column }
}

fn frame(function: &str, file: &str, line: u32, column: u32) -> Arc<Frame> {
    Arc::new(Frame {
        function: function.into(),
        location: Some(location(file, line, column)),
        user: file.starts_with("src/"),
        module: None,
        offset: 0,
    })
}

fn node(frame: Arc<Frame>, parent: Option<u32>, wait_kind: Option<WaitKind>) -> Node {
    Node { frame, parent, leaves: wait_kind.is_some().into(), wait_kind, secondary: false }
}

/// Three user frames, two of a library.
pub(super) fn chain(kind: WaitKind) -> Arc<Tree> {
    let log = frame("demo::audit::log", "src/audit.rs", 41, 37);
    let acquire = frame("tokio::sync::Semaphore::acquire", "/lib/sem.rs", 60, 1);
    let nodes = vec![
        node(frame("demo::main", "src/main.rs", 3, 5), None, None),
        node(frame("demo::handle", "src/main.rs", 20, 9), Some(0), None),
        node(Arc::clone(&log), Some(1), None),
        node(frame("tokio::sync::mpsc::Sender::send", "/lib/mpsc.rs", 820, 1), Some(2), None),
        node(acquire, Some(3), Some(kind.clone())),
    ];
    let wait_kinds = vec![kind];
    Arc::new(Tree { nodes, await_point: Some(log), wait_kinds, combine: Combine::One })
}

/// A `timeout` around a `join!` of two waits.
pub(super) fn fork() -> Arc<Tree> {
    let call = frame("demo::call", "src/call.rs", 7, 5);
    let lock = frame("tokio::sync::Mutex::lock", "/lib/mutex.rs", 1, 1);
    let sleep = frame("tokio::time::Sleep", "/lib/sleep.rs", 1, 1);
    let mut nodes = vec![
        node(frame("demo::main", "src/main.rs", 3, 5), None, None),
        node(Arc::clone(&call), Some(0), None),
        node(frame("demo::left", "src/call.rs", 12, 9), Some(1), None),
        node(lock, Some(2), Some(WaitKind::Mutex)),
        node(frame("demo::right", "src/call.rs", 17, 9), Some(1), Some(WaitKind::Notify)),
        node(sleep, Some(0), Some(WaitKind::Sleep)),
    ];
    nodes[5].secondary = true;
    let wait_kinds = vec![WaitKind::Mutex, WaitKind::Notify];
    Arc::new(Tree { nodes, await_point: Some(call), wait_kinds, combine: Combine::AllOf })
}

pub(super) fn deep(depth: u32) -> Arc<Tree> {
    let nodes = (0..depth)
        .map(|at| node(frame("demo::again", "src/deep.rs", at, 1), at.checked_sub(1), None));
    Arc::new(Tree { nodes: nodes.collect(), ..Tree::default() })
}

pub(super) fn labels(pairs: &[(&str, &str)]) -> Labels {
    Labels::new(pairs.iter().map(|(k, v)| Label { key: (*k).into(), value: (*v).into() }))
}

pub(super) fn group(id: u64, tree: Option<Arc<Tree>>) -> Group {
    Group {
        id: GroupId(id),
        labels: Labels::default(),
        origin: OriginId(1),
        state: State::Parked,
        tree,
        count: 1,
        stuck: 0,
        oldest_since_ms: 60_000,
        median_since_ms: 60_000,
        future_bytes: 256,
        count_minute_ago: 1,
        activity: Activity::default(),
        wakers: Vec::new(),
        detached: false,
        orphan: false,
        tracked: true,
        held: Held::default(),
        live_bytes_minute_ago: 0,
        verdict: Verdict::default(),
        blockers: Vec::new(),
        chain: Vec::new(),
        waiting_for_it: 0,
    }
}

fn origin(id: u64, line: u32) -> Origin {
    Origin {
        id: OriginId(id),
        labels: Labels::default(),
        spawned_at: location("src/main.rs", line, 5),
        kind: TaskKind::Async,
        spawned: 20,
        finished: 11,
        aborted: 0,
        panicked: 0,
        last_panic: None,
        spawned_last_minute: 12,
        finished_last_minute: 0,
        allocated_bytes: 0,
        allocated_bytes_last_minute: 0,
    }
}

pub(super) fn process() -> Process {
    Process {
        name: "checkout".into(),
        pid: 4_711,
        started_at_unix_ms: 1_767_323_045_000,
        run_id: 1,
        debug_info: DebugInfo::LineTables,
        stack_walk: StackWalk::FramePointers,
        stuck_after_ms: 10_000,
        executable: "/srv/checkout".into(),
        agent: "taskscope 0.1.0".into(),
        ..Process::default()
    }
}

/// Two workers, one of them in a poll that does not end.
fn runtime() -> Runtime {
    let worker = |busy_permille, parked| Worker {
        busy_permille: Some(busy_permille),
        parks: Some(70),
        parked: Some(parked),
        ..Worker::default()
    };
    Runtime {
        id: 1,
        flavor: RuntimeFlavor::MultiThread,
        worker_count: 2,
        workers: vec![worker(1_000, false), worker(50, true)],
        alive_tasks: 12,
        global_queue_depth: 1,
        stall: Some(Stall { since_ms: 121_000, ready_tasks: 2 }),
        ..Runtime::default()
    }
}

fn points(points: u64) -> Verdict {
    Verdict { points, ..Verdict::default() }
}

/// A leak, something that is busy, something that waits by intent, and something unknown.
pub(super) fn profile() -> Profile {
    let leak = Group {
        labels: labels(&[("task", "audit"), ("tenant", "acme")]),
        count: 8,
        stuck: 6,
        oldest_since_ms: 62_800,
        median_since_ms: 94_000,
        future_bytes: 4_096,
        count_minute_ago: 2,
        verdict: Verdict {
            class: Class::Suspect,
            reason: "8 of 8 tasks spawned here since 03:04:27 have not finished".into(),
            since_ms: 83_000,
            tasks: 8,
            points: 140,
        },
        blockers: vec![Blocker {
            kind: WaitKind::MpscSend,
            made_at: Some(location("src/audit.rs", 12, 30)),
            tasks: 8,
            relation: Relation::Received,
            since_ms: 60_000,
            holder: Some(Holder { task: 3, group: Some(GroupId(2)), ended: false }),
            holders: 1,
        }],
        chain: vec![GroupId(2)],
        ..group(1, Some(chain(WaitKind::MpscSend)))
    };
    let call = Group {
        labels: labels(&[("task", "call")]),
        waiting_for_it: 8,
        verdict: points(80),
        ..group(2, Some(fork()))
    };
    let busy =
        Group { verdict: points(10), state: State::Running, origin: OriginId(2), ..group(3, None) };
    let unknown = Group { oldest_since_ms: 124_500, origin: OriginId(9), ..group(4, None) };
    let panicked = Origin {
        panicked: 3,
        aborted: 1,
        last_panic: Some("index out of bounds:\n\u{1b}[2J".into()),
        ..origin(2, 9)
    };
    Profile {
        header: Header {
            now_ms: 124_000,
            now_unix_ms: 1_767_323_169_000,
            rss_bytes: Some(45 << 20),
            memory_limit_bytes: Some(512 << 20),
            memory_current_bytes: Some(61 << 20),
            agent_bytes: Some(3 << 20),
            coverage: Coverage { tracked: 11, alive: Some(12) },
            totals: Totals {
                running: 1,
                parked: 10,
                spawned: 40,
                finished: 29,
                aborted: 1,
                panicked: 3,
                ..Totals::default()
            },
            lost: Lost {
                label_sets: 4,
                label_key: Some("request_id".into()),
                chains: 2,
                ..Lost::default()
            },
            captures_pending: 1,
            runtimes: vec![runtime()],
            heap: None,
        },
        heap_sites: Vec::new(),
        groups: [leak, call, busy, unknown].map(Arc::new).into(),
        origins: [origin(1, 3), panicked].map(Arc::new).into(),
    }
}

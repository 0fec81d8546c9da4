//! A made-up service for tests and screenshots: a checkout whose audit log piles up.

use std::sync::Arc;

use taskscope_proto::model::{
    Activity, Combine, Coverage, DebugInfo, Frame, Group, GroupId, Header, Held, Label, Labels,
    Location, Node, Origin, OriginId, Process, Profile, Runtime, RuntimeFlavor, StackWalk, State,
    TaskKind, Totals, Tree, Verdict, WaitKind, Waker, Worker,
};

#[path = "sample_verdicts.rs"]
mod verdicts;

#[path = "sample_tasks.rs"]
mod tasks;

pub(crate) use tasks::tasks;
use verdicts::{change, judge};

/// Seconds that the service is up when a test begins.
pub(crate) const UP_SECS: u64 = 3_725;

/// Who answers.
pub(crate) fn process(run_id: u64, pid: u32) -> Process {
    Process {
        name: "checkout".into(),
        pid,
        started_at_unix_ms: 1_767_323_045_000,
        run_id,
        debug_info: DebugInfo::LineTables,
        stack_walk: StackWalk::FramePointers,
        stuck_after_ms: 10_000,
        executable: "/srv/checkout/bin/checkout".into(),
        agent: "taskscope 0.1.0".into(),
        ..Process::default()
    }
}

fn place(text: &str) -> Location {
    let mut parts = text.rsplitn(3, ':');
    let mut number = || parts.next().and_then(|part| part.parse().ok()).unwrap_or(0);
    let (column, line) = (number(), number());
    Location { file: parts.next().unwrap_or_default().into(), line, column }
}

/// `function @ file:line:column`; what lies in the registry is library code.
pub(crate) fn frame(text: &str) -> Arc<Frame> {
    let (function, at) = text.split_once(" @ ").unwrap_or((text, ""));
    let location = place(at);
    let user = !location.file.contains("/registry/");
    let function = function.into();
    Arc::new(Frame { function, location: Some(location), user, module: None, offset: 0 })
}

const REGISTRY: &str = "/home/ci/.cargo/registry/src/index-1949cf8c6b5b557f";

/// Adds a chain; frames that are there already are shared.
fn add_chain(tree: &mut Tree, frames: &[&str], kind: &WaitKind, secondary: bool) {
    let mut parent = None;
    for (i, text) in frames.iter().enumerate() {
        let frame = frame(&text.replace("REG", REGISTRY));
        let last = i + 1 == frames.len();
        let known = tree.nodes.iter().position(|n| n.parent == parent && *n.frame == *frame);
        let at = known.unwrap_or_else(|| {
            tree.nodes.push(Node {
                frame,
                parent,
                leaves: u32::from(last),
                wait_kind: last.then(|| kind.clone()),
                secondary: last && secondary,
            });
            tree.nodes.len() - 1
        });
        parent = u32::try_from(at).ok();
    }
}

fn tree(point: &str, chains: &[(&[&str], WaitKind, bool)]) -> Arc<Tree> {
    let mut tree = Tree::default();
    for (frames, kind, secondary) in chains {
        add_chain(&mut tree, frames, kind, *secondary);
        if !secondary {
            tree.wait_kinds.push(kind.clone());
        }
    }
    if tree.wait_kinds.len() > 1 {
        tree.combine = Combine::AnyOf;
    }
    tree.await_point = Some(frame(&point.replace("REG", REGISTRY)));
    Arc::new(tree)
}

const SERVE: &str = "checkout::server::serve @ src/server.rs:58:17";
const AUDIT: &str = "checkout::audit::log @ src/audit.rs:41:37";
const FETCH: &str = "checkout::cart::prices @ src/cart.rs:112:26";
const LEDGER: &str = "checkout::ledger::post @ src/ledger.rs:77:44";
const BEAT: &str = "checkout::beat @ src/main.rs:31:22";
const LISTEN: &str = "checkout::server::listen @ src/server.rs:33:41";

fn audit_tree() -> Arc<Tree> {
    let instrumented =
        "<Instrumented as Future>::poll @ REG/tracing-0.1.44/src/instrument.rs:321:15";
    let send = "Sender::send @ REG/tokio-1.54.1/src/sync/mpsc/bounded.rs:836:22";
    let reserve = "Sender::reserve_inner @ REG/tokio-1.54.1/src/sync/mpsc/bounded.rs:1124:58";
    let leaf = "Acquire::poll @ REG/tokio-1.54.1/src/sync/batch_semaphore.rs:643:9";
    let chain: &[&str] = &[SERVE, instrumented, AUDIT, send, reserve, leaf];
    tree(AUDIT, &[(chain, WaitKind::MpscSend, false)])
}

fn fetch_tree() -> Arc<Tree> {
    let timeout = "Timeout::poll @ REG/tokio-1.54.1/src/time/timeout.rs:211:33";
    let sleep = "Sleep::poll_elapsed @ REG/tokio-1.54.1/src/time/sleep.rs:410:24";
    let get = "checkout::http::get @ src/http.rs:19:50";
    let read = "TcpStream::poll_read @ REG/tokio-1.54.1/src/net/tcp/stream.rs:1422:14";
    let request: &[&str] = &[SERVE, FETCH, timeout, get, read];
    let deadline: &[&str] = &[SERVE, FETCH, timeout, sleep];
    tree(
        "checkout::http::get @ src/http.rs:19:50",
        &[(request, WaitKind::IoRead, false), (deadline, WaitKind::Sleep, true)],
    )
}

fn ledger_tree() -> Arc<Tree> {
    let lock = "Mutex::lock @ REG/tokio-1.54.1/src/sync/mutex.rs:446:33";
    let leaf = "Acquire::poll @ REG/tokio-1.54.1/src/sync/batch_semaphore.rs:643:9";
    let chain: &[&str] = &[SERVE, LEDGER, lock, leaf];
    tree(LEDGER, &[(chain, WaitKind::Mutex, false)])
}

fn single(frame: &str, leaf: &str, kind: WaitKind) -> Arc<Tree> {
    let chain: &[&str] = &[frame, leaf];
    tree(frame, &[(chain, kind, false)])
}

pub(crate) fn labels(pairs: &[(&str, &str)]) -> Labels {
    Labels::new(pairs.iter().map(|(k, v)| Label { key: (*k).into(), value: (*v).into() }))
}

struct Making {
    now_ms: u64,
    profile: Profile,
}

impl Making {
    fn origin(&mut self, id: u64, at: &str, pairs: &[(&str, &str)], per_min: (u64, u64)) {
        self.profile.origins.push(Arc::new(Origin {
            id: OriginId(id),
            labels: labels(pairs),
            spawned_at: place(at),
            kind: TaskKind::Async,
            spawned: 10_000,
            finished: 9_000,
            aborted: 3,
            panicked: u64::from(id == 3) * 2,
            last_panic: (id == 3).then(|| "ledger out of balance: 3 != 4".into()),
            spawned_last_minute: per_min.0,
            finished_last_minute: per_min.1,
            allocated_bytes: 0,
            allocated_bytes_last_minute: 0,
        }));
    }

    #[expect(clippy::too_many_arguments, reason = "one line of a table each")]
    fn group(
        &mut self,
        id: u64,
        origin: u64,
        pairs: &[(&str, &str)],
        state: State,
        tree: Option<Arc<Tree>>,
        counts: (u64, u64, u64),
        secs: (u64, u64),
    ) {
        let (count, stuck, count_minute_ago) = counts;
        self.profile.groups.push(Arc::new(Group {
            id: GroupId(id),
            labels: labels(pairs),
            origin: OriginId(origin),
            state,
            tree,
            count,
            stuck,
            oldest_since_ms: self.now_ms.saturating_sub(secs.0 * 1_000),
            median_since_ms: self.now_ms.saturating_sub(secs.1 * 1_000),
            future_bytes: count * 1_312,
            count_minute_ago,
            activity: activity(count),
            wakers: vec![Waker { origin: Some(OriginId(origin)), tasks: count }],
            detached: id.is_multiple_of(2),
            orphan: false,
            tracked: true,
            held: Held::default(),
            live_bytes_minute_ago: 0,
            verdict: Verdict::default(),
            blockers: Vec::new(),
            chain: Vec::new(),
            waiting_for_it: 0,
        }));
    }
}

/// The service `second` seconds after the test began.
pub(crate) fn profile(second: u64) -> Profile {
    let now_ms = (UP_SECS + second) * 1_000;
    let mut making = Making { now_ms, profile: Profile::default() };
    let m = &mut making;
    let accept = "checkout::server::listen @ src/server.rs:36:19";
    let accept = accept.rsplit(" @ ").next().unwrap_or_default();
    m.origin(1, accept, &[("task", "audit")], (96, 14));
    m.origin(2, accept, &[("task", "cart")], (1_840, 1_838));
    m.origin(3, "src/ledger.rs:20:9", &[("task", "ledger")], (60, 60));
    m.origin(4, "src/main.rs:28:5", &[("task", "heartbeat")], (0, 0));
    m.origin(5, "src/main.rs:22:5", &[("task", "listen")], (0, 0));
    let acme = [("task", "audit"), ("tenant", "acme")];
    let globex = [("task", "audit"), ("tenant", "globex")];
    let piled = 640 + second * 2;
    m.group(1, 1, &acme, State::Parked, Some(audit_tree()), (piled, piled - 20, 566), (412, 188));
    m.group(2, 1, &globex, State::Parked, Some(audit_tree()), (172, 172, 164), (401, 240));
    let cart = [("task", "cart"), ("tenant", "acme")];
    m.group(3, 2, &cart, State::Parked, Some(fetch_tree()), (64, 0, 71), (2, 1));
    m.group(4, 2, &cart, State::Running, None, (2, 0, 1), (0, 0));
    m.group(5, 2, &cart, State::Ready, None, (3, 0, 3), (0, 0));
    let ledger = [("task", "ledger")];
    m.group(6, 3, &ledger, State::Parked, Some(ledger_tree()), (12, 12, 12), (95, 61));
    m.group(7, 3, &ledger, State::Parked, None, (4, 0, 4), (1, 1));
    let sleep = "Interval::tick @ REG/tokio-1.54.1/src/time/interval.rs:488:9";
    let beat = single(BEAT, sleep, WaitKind::Interval);
    m.group(8, 4, &[("task", "heartbeat")], State::Parked, Some(beat), (1, 0, 1), (4, 4));
    let listen = "TcpListener::accept @ REG/tokio-1.54.1/src/net/tcp/listener.rs:172:9";
    let listen = single(LISTEN, listen, WaitKind::Accept);
    m.group(9, 5, &[("task", "listen")], State::Parked, Some(listen), (1, 1, 1), (900, 900));
    judge(&mut m.profile, piled);
    finish(making)
}

fn finish(making: Making) -> Profile {
    let mut profile = making.profile;
    let of = |state| profile.groups.iter().filter(|g| g.state == state).map(|g| g.count).sum();
    let totals = Totals {
        running: of(State::Running),
        ready: of(State::Ready),
        parked: of(State::Parked),
        new: of(State::New),
        spawned: 51_204,
        finished: 50_305,
        aborted: 3,
        panicked: 2,
    };
    let tracked = totals.alive();
    profile.header = Header {
        now_ms: making.now_ms,
        now_unix_ms: 1_767_323_045_000 + making.now_ms,
        rss_bytes: Some(148 << 20),
        memory_limit_bytes: Some(512 << 20),
        memory_current_bytes: Some(171 << 20),
        agent_bytes: Some(2_300_000),
        coverage: Coverage { tracked, alive: Some(tracked + 41) },
        totals,
        runtimes: vec![runtime(tracked + 41)],
        ..Header::default()
    };
    profile
}

/// Four workers, more or less busy.
fn runtime(alive_tasks: u64) -> Runtime {
    let worker =
        |busy| Worker { busy_permille: Some(busy), parks: Some(9_000), ..Worker::default() };
    Runtime {
        id: 1,
        flavor: RuntimeFlavor::MultiThread,
        worker_count: 4,
        workers: [310, 950, 120, 80].map(worker).into(),
        alive_tasks,
        global_queue_depth: 2,
        ..Runtime::default()
    }
}

/// A service with `groups` base groups, and ten tasks in each.
pub(crate) fn large(groups: u64, second: u64) -> Profile {
    let now_ms = (UP_SECS + second) * 1_000;
    let mut making = Making { now_ms, profile: Profile::default() };
    for id in 1..=40 {
        making.origin(id, &format!("src/spawn.rs:{id}:5"), &[], (120, 100));
    }
    for id in 1..=groups {
        let task = format!("worker-{}", id % 40);
        let tenant = format!("tenant-{}", id % 500);
        let line = format!("app::step @ src/some/module/worker.rs:{}:17", id % 900);
        let leaf = "Acquire::poll @ REG/tokio-1.54.1/src/sync/batch_semaphore.rs:643:9";
        let tree = single(&line, leaf, WaitKind::Mutex);
        let stuck = if id % 7 == 0 { 10 } else { 0 };
        let counts = (10 + (id + second) % 3, stuck, if id % 11 == 0 { 4 } else { 10 });
        let pairs = [("task", task.as_str()), ("tenant", tenant.as_str())];
        making.group(
            id,
            id % 40 + 1,
            &pairs,
            State::Parked,
            Some(tree),
            counts,
            (id % 600, id % 60),
        );
        change(&mut making.profile, id, |group| {
            group.verdict.points = stuck * 10 + 3 * (id % 11);
        });
    }
    finish(making)
}

/// What so many tasks have done.
fn activity(tasks: u64) -> Activity {
    Activity {
        polls: tasks * 3,
        wakes: tasks * 2,
        running_us: tasks * 40,
        ready_us: tasks * 15,
        longest_poll_us: 900,
        longest_ready_us: 300,
        ..Activity::default()
    }
}

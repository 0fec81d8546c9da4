//! Tiny profiles for tests, one line a group.
//!
//! `8 parked stuck=8 was=2 age=60 median=30 bytes=64 task=audit @ src/a.rs:41 mpsc_send < src/main.rs:3`
//! reads: eight tasks, parked, all stuck, two of them a minute ago, the oldest for 60 s, waiting at
//! `src/a.rs:41`, spawned at `src/main.rs:3`. Without `@` the group has no await tree. `live=`,
//! `error=`, `left=` and `livewas=` say what it holds of the heap; `class=`, `points=` and `about=`
//! what the agent's verdict is. The agent's clock says 1,000 s.

use std::sync::Arc;

use taskscope_proto::model::{
    Class, Frame, Group, GroupId, Header, Heap, HeapOwner, HeapSite, HeapSiteId, Held, Label,
    Labels, Location, Node, Origin, OriginId, Profile, State, TaskKind, Totals, Tree, WaitKind,
};

/// What the agent's clock says in every fixture, milliseconds.
pub(crate) const NOW_MS: u64 = 1_000_000;

pub(crate) fn place(text: &str) -> Location {
    let (file, line) = text.split_once(':').expect("file:line");
    Location { file: file.into(), line: line.parse().expect("line"), column: 1 }
}

pub(crate) fn frame(text: &str, user: bool) -> Arc<Frame> {
    Arc::new(Frame {
        function: format!("fn at {text}").into(),
        location: Some(place(text)),
        user,
        module: None,
        offset: 0,
    })
}

/// A chain from root to leaf; frames that start with `~` are library code.
pub(crate) fn chain(frames: &[&str], kind: &WaitKind) -> Arc<Tree> {
    let mut tree = Tree { wait_kinds: vec![kind.clone()], ..Tree::default() };
    for (i, text) in (0u32..).zip(frames) {
        let user = !text.starts_with('~');
        let last = i as usize + 1 == frames.len();
        let frame = frame(text.trim_start_matches('~'), user);
        if user {
            tree.await_point = Some(frame.clone());
        }
        tree.nodes.push(Node {
            frame,
            parent: i.checked_sub(1),
            leaves: u32::from(last),
            wait_kind: last.then(|| kind.clone()),
            secondary: false,
        });
    }
    Arc::new(tree)
}

pub(crate) fn wait_kind(name: &str) -> WaitKind {
    let named = WaitKind::NAMED.iter().find(|(_, n)| *n == name);
    named.map_or_else(|| WaitKind::Other(name.into()), |(kind, _)| kind.clone())
}

fn class(name: &str) -> Class {
    *Class::ALL.iter().find(|class| class.name() == name).expect("class")
}

fn state(name: &str) -> State {
    let all = State::ALL.iter().chain([&State::Finished]);
    *all.into_iter().find(|s| s.name() == name).expect("state")
}

fn group(id: u64, line: &str) -> (Group, Location) {
    let (line, spawned) = line.split_once(" < ").expect("a spawn location after `<`");
    let (head, wait) = line.split_once(" @ ").map_or((line, None), |(h, w)| (h, Some(w)));
    let mut words = head.split_whitespace();
    let count = words.next().and_then(|w| w.parse().ok()).expect("count");
    let state = state(words.next().expect("state"));
    let mut group = Group {
        tree: wait.map(|wait| {
            let (at, kind) = wait.split_once(' ').expect("place and wait kind");
            chain(&["src/main.rs:1", at], &wait_kind(kind))
        }),
        count,
        oldest_since_ms: NOW_MS,
        median_since_ms: NOW_MS,
        count_minute_ago: count,
        ..Group::new(GroupId(id), Labels::default(), OriginId(0), state)
    };
    let mut labels = Vec::new();
    for (key, value) in words.filter_map(|word| word.split_once('=')) {
        let number = || value.parse::<u64>().expect("a number");
        match key {
            "stuck" => group.stuck = number(),
            "was" => group.count_minute_ago = number(),
            "age" => group.oldest_since_ms = NOW_MS - 1_000 * number(),
            "median" => group.median_since_ms = NOW_MS - 1_000 * number(),
            "bytes" => group.future_bytes = number(),
            "live" => {
                group.held.live_bytes = number();
                group.live_bytes_minute_ago = number();
            }
            "error" => group.held.error_bytes = number(),
            "left" => group.held.outlived_bytes = number(),
            "class" => {
                group.verdict.class = class(value);
                group.verdict.reason = format!("{value} of group {id}").into();
            }
            "points" => group.verdict.points = number(),
            "about" => group.verdict.tasks = number(),
            "livewas" => group.live_bytes_minute_ago = number(),
            _ => labels.push(Label { key: key.into(), value: value.into() }),
        }
    }
    group.labels = Labels::new(labels);
    (group, place(spawned))
}

/// A profile of these groups; groups with equal labels and spawn location share an origin.
pub(crate) fn profile(lines: &[&str]) -> Profile {
    let mut profile = Profile::default();
    let mut origins: Vec<Origin> = Vec::new();
    for (id, line) in (1u64..).zip(lines) {
        let (mut group, spawned_at) = group(id, line);
        let known =
            origins.iter().position(|o| o.spawned_at == spawned_at && o.labels == group.labels);
        let at = known.unwrap_or_else(|| {
            origins.push(Origin {
                id: OriginId(origins.len() as u64 + 1),
                labels: group.labels.clone(),
                spawned_at,
                kind: TaskKind::Async,
                spawned: 0,
                finished: 0,
                aborted: 0,
                panicked: 0,
                last_panic: None,
                spawned_last_minute: 10,
                finished_last_minute: 4,
                allocated_bytes: 0,
                allocated_bytes_last_minute: 0,
            });
            origins.len() - 1
        });
        group.origin = origins[at].id;
        profile.groups.push(Arc::new(group));
    }
    profile.origins = origins.into_iter().map(Arc::new).collect();
    let of = |state| profile.groups.iter().filter(|g| g.state == state).map(|g| g.count).sum();
    let totals = Totals {
        running: of(State::Running),
        ready: of(State::Ready),
        parked: of(State::Parked),
        new: of(State::New),
        ..Totals::default()
    };
    profile.header = Header { now_ms: NOW_MS, totals, ..Header::default() };
    let held = profile.groups.iter().fold(Held::default(), |sum, group| sum.and(group.held));
    if held.live_bytes > 0 {
        profile.header.heap = Some(Heap { held, ..Heap::default() });
    }
    profile
}

/// Sites of the heap, one line each: `7 live=100 error=5 blocks=2 left=40 allocated=900 age=60
/// task=audit of=1 @ src/main.rs:1 src/a.rs:41 ~vec.rs:7` is the site 7, of tasks of origin 1. Without
/// `of=` no task allocated there, and with `agent` the agent did; without `@` there is no stack.
pub(crate) fn sites(lines: &[&str]) -> Vec<Arc<HeapSite>> {
    lines.iter().map(|line| Arc::new(site(line))).collect()
}

fn site(line: &str) -> HeapSite {
    let (head, frames) = line.split_once(" @ ").map_or((line, None), |(h, f)| (h, Some(f)));
    let mut words = head.split_whitespace();
    let mut site = HeapSite {
        id: HeapSiteId(words.next().and_then(|word| word.parse().ok()).expect("an id")),
        owner: HeapOwner::Nobody,
        labels: Labels::default(),
        origin: None,
        stack: frames
            .map(|frames| chain(&frames.split_whitespace().collect::<Vec<_>>(), &WaitKind::Mutex)),
        cut: false,
        held: Held::default(),
        allocated_bytes: 0,
        allocated_blocks: 0,
        oldest_since_ms: 0,
    };
    let mut labels = Vec::new();
    for word in words {
        let (key, value) = word.split_once('=').unwrap_or((word, ""));
        let number = || value.parse::<u64>().expect("a number");
        match key {
            "agent" => site.owner = HeapOwner::Agent,
            "of" => {
                site.owner = HeapOwner::Task;
                site.origin = Some(OriginId(number()));
            }
            "live" => site.held.live_bytes = number(),
            "error" => site.held.error_bytes = number(),
            "blocks" => site.held.blocks = number(),
            "left" => site.held.outlived_bytes = number(),
            "allocated" => site.allocated_bytes = number(),
            "age" => site.oldest_since_ms = NOW_MS - 1_000 * number(),
            _ => labels.push(Label { key: key.into(), value: value.into() }),
        }
    }
    site.labels = Labels::new(labels);
    site
}

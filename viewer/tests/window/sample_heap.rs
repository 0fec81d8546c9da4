//! What the tasks of the made-up service hold: requests fill a cache that nobody empties.

use std::sync::Arc;

use taskscope_proto::model::{
    Group, GroupId, Heap, HeapOwner, HeapSite, HeapSiteId, Held, Node, OriginId, Profile, State,
    Tree, Verdict, WaitKind,
};

use crate::sample::{frame, labels, large, profile};

const MIB: u64 = 1 << 20;
const SERVE: &str = "checkout::server::serve @ src/server.rs:58:17";
const TO_VEC: &str = "<[T]>::to_vec @ REG/std/src/slice.rs:442:9";
const WITH_CAPACITY: &str = "Vec::with_capacity @ REG/std/src/vec.rs:481:20";

fn held(live: u64, blocks: u64, outlived: u64) -> Held {
    Held {
        live_bytes: live,
        error_bytes: MIB + live / 40,
        blocks,
        outlived_bytes: outlived,
        outlived_blocks: if outlived == 0 { 0 } else { blocks },
    }
}

/// One chain; the innermost frame of the service's own is where it allocates.
fn stack(frames: &[&str]) -> Arc<Tree> {
    let mut tree = Tree { wait_kinds: vec![WaitKind::Mutex], ..Tree::default() };
    for (at, text) in (0u32..).zip(frames) {
        let frame = frame(&text.replace("REG", "/h/registry/src/index-1/"));
        if frame.user {
            tree.await_point = Some(frame.clone());
        }
        let leaves = u32::from(at as usize + 1 == frames.len());
        let parent = at.checked_sub(1);
        tree.nodes.push(Node { frame, parent, leaves, wait_kind: None, secondary: false });
    }
    Arc::new(tree)
}

struct Making {
    profile: Profile,
}

impl Making {
    fn site(
        &mut self,
        (id, origin): (u64, u64),
        pairs: &[(&str, &str)],
        frames: &[&str],
        held: Held,
        allocated_bytes: u64,
    ) {
        let owner = if origin == 0 { HeapOwner::Nobody } else { HeapOwner::Task };
        self.profile.heap_sites.push(Arc::new(HeapSite {
            id: HeapSiteId(id),
            owner,
            labels: labels(pairs),
            origin: (origin > 0).then_some(OriginId(origin)),
            stack: Some(stack(frames)),
            cut: false,
            held,
            allocated_bytes,
            allocated_blocks: allocated_bytes / 4_096,
            oldest_since_ms: self.profile.header.now_ms - 1_000 * (60 + id * 7 % 900),
        }));
    }

    fn hold(&mut self, group: usize, held: Held, was: u64) {
        let group = Arc::make_mut(&mut self.profile.groups[group]);
        group.held = held;
        group.live_bytes_minute_ago = was;
    }
}

/// The sample service `second` seconds after the test began, with the agent's allocator.
pub(crate) fn with_heap(second: u64) -> Profile {
    let mut making = Making { profile: profile(second) };
    let cached = (60 + second / 2) * MIB;
    let m = &mut making;
    m.hold(0, held(20 * MIB, 640, 0), 17 * MIB);
    m.hold(1, held(5 * MIB, 172, 0), 5 * MIB);
    m.hold(2, held(8 * MIB, 64, 0), 9 * MIB);
    let acme = [("task", "cart"), ("tenant", "acme")];
    let left: Group = Group {
        id: GroupId(10),
        labels: labels(&acme),
        state: State::Finished,
        tree: None,
        count: 0,
        stuck: 0,
        count_minute_ago: 0,
        held: held(cached, 1_210, cached),
        live_bytes_minute_ago: cached - 28 * MIB,
        verdict: Verdict { points: 9_000, ..Verdict::default() },
        blockers: Vec::new(),
        chain: Vec::new(),
        waiting_for_it: 0,
        ..Group::clone(&m.profile.groups[2])
    };
    m.profile.groups.push(Arc::new(left));
    let audit = [("task", "audit"), ("tenant", "acme")];
    let globex = [("task", "audit"), ("tenant", "globex")];
    let entry: &[&str] = &[SERVE, "checkout::audit::entry @ src/audit.rs:38:21", TO_VEC];
    m.site((1, 1), &audit, entry, held(20 * MIB, 640, 0), 31 * MIB);
    m.site((2, 1), &globex, entry, held(5 * MIB, 172, 0), 9 * MIB);
    let insert: &[&str] = &[
        SERVE,
        "checkout::cart::prices @ src/cart.rs:118:9",
        "checkout::cache::Cache::insert @ src/cache.rs:41:18",
        "HashMap::insert @ REG/hashbrown-0.15.2/src/map.rs:1809:14",
        "RawTable::reserve_rehash @ REG/hashbrown-0.15.2/src/raw.rs:2812:21",
    ];
    m.site((3, 2), &acme, insert, held(cached, 1_210, cached), cached + 12 * MIB);
    let read: &[&str] = &[
        SERVE,
        "checkout::cart::prices @ src/cart.rs:112:26",
        "checkout::http::get @ src/http.rs:17:31",
        WITH_CAPACITY,
    ];
    m.site((4, 2), &acme, read, held(8 * MIB, 64, 0), 4_200 * MIB);
    let start: &[&str] = &["checkout::main @ src/main.rs:12:18", WITH_CAPACITY];
    m.site((5, 0), &[], start, held(11 * MIB, 12, 0), 11 * MIB);
    for (at, rate) in [(0, 9 * MIB), (1, 400 * MIB)] {
        let origin = Arc::make_mut(&mut m.profile.origins[at]);
        origin.allocated_bytes = rate * 60;
        origin.allocated_bytes_last_minute = rate;
    }
    finish(making)
}

fn finish(making: Making) -> Profile {
    let mut profile = making.profile;
    let all = profile.heap_sites.iter().fold(Held::default(), |sum, site| sum.and(site.held));
    profile.header.heap = Some(Heap {
        held: all,
        live_bytes_minute_ago: all.live_bytes.saturating_sub(30 * MIB),
        unattributed_bytes: 11 * MIB,
        agent_bytes: 0,
        allocated_bytes: 4_300 * MIB,
        allocated_bytes_last_minute: 409 * MIB,
        mean_sample_bytes: 512 << 10,
    });
    profile
}

/// A service with `groups` base groups that hold something, and `sites` places to allocate at.
pub(crate) fn large_with_heap(groups: u64, sites: u64) -> Profile {
    let mut making = Making { profile: large(groups, 0) };
    for group in &mut making.profile.groups {
        let group = Arc::make_mut(group);
        group.held = held(group.id.0 * 100, 3, 0);
        group.live_bytes_minute_ago = group.id.0 * 90;
    }
    for id in 1..=sites {
        let frames: Vec<String> = (0..24)
            .map(|depth| {
                let line = id / (depth * depth + 1) % 211;
                let root = if depth % 3 == 0 { "src" } else { "REG" };
                format!("app::level_{depth}::step @ {root}/level_{depth}.rs:{line}:9")
            })
            .collect();
        let frames: Vec<&str> = frames.iter().rev().map(String::as_str).collect();
        let task = format!("worker-{}", id % 40);
        making.site((id, id % 40 + 1), &[("task", &task)], &frames, held(id * 64, 2, 0), id * 999);
    }
    finish(making)
}

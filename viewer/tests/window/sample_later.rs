//! The made-up service a while later.

use std::sync::Arc;

use taskscope_proto::model::{GroupId, Node, Profile, Tree, WaitKind};

use crate::sample;

/// The ledger is through, and what fetched prices waits for a lock instead.
pub(crate) fn moved_on(second: u64) -> Profile {
    let mut profile = sample::profile(second);
    profile.groups.retain(|group| group.id != GroupId(6));
    for group in profile.groups.iter_mut().filter(|group| group.id == GroupId(3)) {
        let group = Arc::make_mut(group);
        group.tree = Some(locked());
        group.count = 31;
    }
    profile
}

fn locked() -> Arc<Tree> {
    let frames = [
        "checkout::server::serve @ src/server.rs:58:17",
        "checkout::cart::prices @ src/cart.rs:112:26",
        "Mutex::lock @ /ci/registry/src/index-1/tokio-1.54.1/src/sync/mutex.rs:446:33",
    ];
    let node = |(at, text): (u32, &&str)| Node {
        frame: sample::frame(text),
        parent: at.checked_sub(1),
        leaves: u32::from(at == 2),
        wait_kind: (at == 2).then_some(WaitKind::Mutex),
        secondary: false,
    };
    Arc::new(Tree {
        nodes: (0u32..).zip(&frames).map(node).collect(),
        await_point: Some(sample::frame(frames[1])),
        wait_kinds: vec![WaitKind::Mutex],
        ..Tree::default()
    })
}

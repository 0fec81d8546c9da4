//! Groups for the unit tests of what is said of them.

use std::sync::Arc;

use taskscope_proto::model::{
    Frame, Group, GroupId, Labels, Location, OriginId, State, Tree, WaitKind,
};

pub(crate) const NOW_MS: u64 = 1_000_000_000;

pub(crate) fn tree(kinds: &[WaitKind]) -> Arc<Tree> {
    let place = Location { file: "src/a.rs".into(), line: 41, column: 9 };
    let point = Frame {
        function: "log".into(),
        location: Some(place),
        user: true,
        module: None,
        offset: 0,
    };
    let await_point = (kinds != [WaitKind::Nothing]).then(|| Arc::new(point));
    Arc::new(Tree { await_point, wait_kinds: kinds.to_vec(), ..Tree::default() })
}

/// So many tasks that are parked, as many as a minute ago, for a second.
pub(crate) fn group(count: u64, kinds: &[WaitKind]) -> Group {
    Group {
        tree: Some(tree(kinds)),
        count,
        oldest_since_ms: NOW_MS - 1_000,
        median_since_ms: NOW_MS - 1_000,
        count_minute_ago: count,
        ..Group::new(GroupId(1), Labels::default(), OriginId(1), State::Parked)
    }
}

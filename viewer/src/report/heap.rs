//! Where a group's memory was allocated, in words.

use taskscope_proto::model::HeapSite;

use crate::analyse::Allocation;
use crate::analyse::numbers::bytes;

/// Sites that are shown of a group.
const SHOWN: usize = 3;

/// Lines of a report: `src/cache.rs:41:9  shop::cache::fill  180 MiB`, most bytes first.
pub(super) fn lines(allocations: &[Allocation<'_>]) -> Vec<String> {
    let shown = allocations.iter().take(SHOWN);
    let mut lines: Vec<String> =
        shown.map(|found| format!("{}  {}", place(found.site), bytes(found.bytes))).collect();
    let rest = allocations.get(SHOWN..).unwrap_or_default();
    if !rest.is_empty() {
        let left: u64 = rest.iter().map(|found| found.bytes).fold(0, u64::saturating_add);
        lines.push(format!("{} at {} more stacks", bytes(left), rest.len()));
    }
    lines
}

/// The innermost line of the service's own code.
fn place(site: &HeapSite) -> String {
    let Some(stack) = &site.stack else { return "stack not known".to_owned() };
    let frame = stack.await_point.as_ref().or_else(|| Some(&stack.nodes.last()?.frame));
    let Some(frame) = frame else { return "stack not known".to_owned() };
    match &frame.location {
        Some(location) => format!("{location}  {}", frame.function),
        None => frame.function.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use taskscope_proto::model::{Heap, HeapOwner, HeapSiteId, Held, Process, Profile, State};

    use super::*;
    use crate::fixture;
    use crate::report::{Style, json, text};

    /// One task, and what others of its kind have left behind, allocated at two places.
    fn profile() -> Profile {
        let mut profile = fixture::profile(&[
            "1 parked was=1 age=5 median=5 task=search @ src/shop.rs:7 mutex < src/main.rs:3",
            "0 parked was=0 task=search < src/main.rs:3",
        ]);
        let held = |live_bytes, outlived_bytes| Held {
            live_bytes,
            error_bytes: live_bytes / 10,
            blocks: live_bytes >> 20,
            outlived_bytes,
            outlived_blocks: outlived_bytes >> 20,
        };
        let (living, ended) = (profile.groups[0].clone(), profile.groups[1].clone());
        let site = |id, owner, bytes| HeapSite {
            id: HeapSiteId(id),
            owner,
            labels: living.labels.clone(),
            origin: (owner == HeapOwner::Task).then_some(living.origin),
            stack: living.tree.clone(),
            cut: false,
            held: held(bytes, bytes),
            allocated_bytes: 2 * bytes,
            allocated_blocks: 9,
            oldest_since_ms: fixture::NOW_MS - 9_000,
        };
        let ended = taskscope_proto::model::Group {
            state: State::Finished,
            origin: living.origin,
            held: held(200 << 20, 200 << 20),
            verdict: taskscope_proto::model::Verdict { points: 900, ..Default::default() },
            ..taskscope_proto::model::Group::clone(&ended)
        };
        profile.groups[1] = Arc::new(ended);
        profile.heap_sites = vec![
            Arc::new(site(1, HeapOwner::Task, 150 << 20)),
            Arc::new(HeapSite { stack: None, ..site(2, HeapOwner::Task, 50 << 20) }),
            Arc::new(site(3, HeapOwner::Nobody, 4 << 20)),
        ];
        let all = Heap { held: held(204 << 20, 200 << 20), ..Heap::default() };
        profile.header.heap = Some(Heap { unattributed_bytes: 4 << 20, ..all });
        profile
    }

    #[test]
    fn the_report_begins_with_what_was_left_and_names_its_lines() {
        let text = text(&Process::default(), &profile(), Style::default());
        let lines: Vec<&str> = text.lines().skip_while(|line| !line.starts_with("1.")).collect();
        assert_eq!(
            lines[..6],
            [
                "1. 200 MiB left by tasks that have ended, in 200 blocks",
                "  labels      task=search",
                "  holds       200 MiB ± 20 MiB in 200 blocks; +200 MiB in a minute",
                "  allocated   src/shop.rs:7:1  fn at src/shop.rs:7  150 MiB",
                "  allocated   stack not known  50 MiB",
                lines[5],
            ]
        );
        assert!(lines[5].starts_with("  spawned at  src/main.rs:3:1 "), "{text}");
        let end =
            ["Allocated by no tracked task", "  src/shop.rs:7:1  fn at src/shop.rs:7  4.0 MiB"];
        assert_eq!(lines[lines.len() - 2..], end, "{text}");
    }

    #[test]
    fn programs_read_the_same() {
        let text = json(&Process::default(), &profile()).unwrap();
        let dump: serde_json::Value = serde_json::from_str(&text).unwrap();
        let top = &dump["groups"][0];
        assert_eq!((&top["state"], &top["count"]), (&"finished".into(), &0.into()));
        let heap = &top["heap"];
        assert_eq!(heap["live_bytes"], 200 << 20);
        assert_eq!(heap["outlived_bytes"], 200 << 20);
        assert_eq!(heap["bytes_per_task"], serde_json::Value::Null);
        assert_eq!(heap["allocated_at"][0]["at"]["line"], 7);
        assert_eq!(heap["allocated_at"][0]["oldest_secs"], 9.0);
        assert_eq!(heap["allocated_at"][1]["at"], serde_json::Value::Null);
        assert_eq!(dump["heap"]["unattributed_bytes"], 4 << 20);
        assert_eq!(dump["heap"]["allocated_at"][0]["live_bytes"], 4 << 20);
        // A living group holds nothing of what its kind has left.
        assert_eq!(dump["groups"][1]["heap"]["live_bytes"], 0);
        assert_eq!(dump["groups"][1]["heap"]["allocated_at"], serde_json::json!([]));
    }
}

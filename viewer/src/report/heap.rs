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
        let left: u64 = rest.iter().map(|found| found.bytes).sum();
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

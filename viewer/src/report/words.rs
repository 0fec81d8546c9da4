//! What several reports say in the same words.

use taskscope_proto::model::{Combine, Header, Totals, Tree, WaitKind};

use crate::analyse::numbers::{count, counted};

/// `11 tasks alive: 10 parked, 1 running, …; 40 spawned, 29 finished (1 aborted)`.
pub(super) fn totals(totals: &Totals) -> String {
    format!(
        "{} alive: {} parked, {} running, {} ready, {} new; {} spawned, {} finished{}",
        counted(totals.alive(), "task"),
        count(totals.parked),
        count(totals.running),
        count(totals.ready),
        count(totals.new),
        count(totals.spawned),
        count(totals.finished),
        ends(totals.aborted, totals.panicked),
    )
}

/// `11 of 12 tasks tracked (92 %)`.
pub(super) fn coverage(header: &Header) -> String {
    let coverage = header.coverage;
    let tracked = count(coverage.tracked);
    let Some(alive) = coverage.alive else {
        return format!("{tracked} tracked, of how many is not known");
    };
    let percent = coverage.tracked as f64 * 100.0 / alive.max(1) as f64;
    format!("{tracked} of {} tasks tracked ({percent:.0} %)", count(alive))
}

/// Where tasks wait: `src/audit.rs:41:37  demo::audit::log`.
pub(super) fn await_point(tree: &Tree) -> String {
    let Some(frame) = &tree.await_point else {
        if tree.nodes.is_empty() && !tree.wait_kinds.contains(&WaitKind::Nothing) {
            return "not known".to_owned();
        }
        return "no line of the service's own code".to_owned();
    };
    match &frame.location {
        Some(location) => format!("{location}  {}", frame.function),
        None => frame.function.to_string(),
    }
}

/// `mpsc_send`, `any of mpsc_recv, notify`.
pub(super) fn wait_kinds(tree: &Tree) -> String {
    let names: Vec<String> = tree.wait_kinds.iter().map(ToString::to_string).collect();
    let combine = match (names.len(), tree.combine) {
        (0, _) => return "not known".to_owned(),
        (2.., Combine::AnyOf) => "any of ",
        (2.., Combine::AllOf) => "all of ",
        _ => "",
    };
    format!("{combine}{}", names.join(", "))
}

/// ` (1 aborted, 3 panicked)`, or nothing.
fn ends(aborted: u64, panicked: u64) -> String {
    match (aborted, panicked) {
        (0, 0) => String::new(),
        (aborted, 0) => format!(" ({aborted} aborted)"),
        (0, panicked) => format!(" ({panicked} panicked)"),
        (aborted, panicked) => format!(" ({aborted} aborted, {panicked} panicked)"),
    }
}

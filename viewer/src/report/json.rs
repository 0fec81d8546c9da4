//! The report for programs: `taskscope.dump/1`.
//!
//! A promised format: fields may be added, never renamed or removed. Times are seconds, sizes are
//! bytes, and what is not known is `null`.
//!
//! `verdict` has `class` (`normal`, `slow`, `suspect`, `proven`), `reason` (one sentence, `null` for
//! `normal`), `tasks` (how many of the group it is about), `since_secs` and `points` (groups come by
//! class, then by these). `held_by` lists what the tasks wait for, as far as it is one of
//! `taskscope::sync` or a handle of the agent's: `kind`, `made_at`, `tasks`, `relation` (`holds`,
//! `joined`, `received`, `sent`, `made`), `since_secs`, `holder` (one task, what it is and does) and
//! `holders` (how many there are). `chain` leads from these tasks to those at the root, a sentence
//! each; `waiting_for_it` counts tasks of other groups that wait for these.
//!
//! Trees deeper than many readers go have frames left out, counted in `omitted_frames`.
//!
//! `heap` is `null` where the service does not allocate through `taskscope::alloc::TaskAlloc`. Else
//! all of it is estimated: with a chance of 95 % the truth is no further from `live_bytes` than
//! `error_bytes`. A group in the state `finished` has no tasks: it is what those that ended have
//! left (`outlived_bytes`). `allocated_at` lists the stacks that most of it was allocated at; the
//! one of the process those of what no tracked task allocated (`unattributed_bytes`).
//!
//! A group with `tracked: false` is one of tasks that nobody tracks, told by tokio's hooks: `parked`
//! means between two polls, and `totals` does not count them.
//!
//! `process` has, besides `rss_bytes`: `memory_limit_bytes` and `memory_current_bytes` of the control
//! group that limits the process most, and `agent_bytes`, what the agent's own tables take up.
//!
//! Of a service that a console-subscriber tells of, `pid`, the verdict's `class`, `longest_poll_secs`,
//! `longest_ready_secs`, `detached` and `orphans` are `null`: it does not know them. `lost.untracked`
//! counts tasks, and `lost.waits` locks, timers and waits, that it or the viewer had no room for.
//!
//! `runtimes` has an object for each tokio runtime that tracked tasks were seen on: `id`, `flavor`
//! (`current_thread`, `multi_thread`), `worker_threads`, `busy_ratio` (mean of the workers over
//! the last seconds, 0 to 1), `parks`, `alive_tasks`, `global_queue_depth`; `workers`, each with
//! `busy_ratio`, `parks`, `parked`, `local_queue_depth`, `steals`; `blocking` with `threads`,
//! `idle_threads`, `queue_depth`; and `stall`, `null` unless no worker polls anything while tasks
//! are ready: `secs` and `ready_tasks`. Queues of workers, steals and `blocking` need a service
//! built with `--cfg tokio_unstable`.

mod difference;
mod heap;
mod places;
mod runtimes;
mod shape;
mod verdict;

use std::collections::BTreeMap;
use taskscope_proto::model::{
    Combine, Frame, Labels, Location, Process, Profile, Source, Tree, Waker,
};

pub use self::difference::difference_json;
use self::places::{Place, places};
use self::runtimes::runtimes;
use self::shape::{
    AwaitPointDump, CoverageDump, Dump, GroupDump, LocationDump, LostDump, NodeDump, ProcessDump,
    TotalsDump, WakerDump,
};
use super::ages;
use crate::analyse::{Whole, chain, most_suspicious_first};

/// The name of the format and its version.
const SCHEMA: &str = "taskscope.dump/1";
/// A whole profile as one JSON object, most suspicious groups first.
///
/// # Errors
///
/// None that the data could cause.
pub fn json(process: &Process, profile: &Profile) -> Result<String, serde_json::Error> {
    let wholes = most_suspicious_first(profile);
    let mut text = serde_json::to_string_pretty(&dump(process, profile, &wholes))?;
    text.push('\n');
    Ok(text)
}

fn dump<'a>(process: &'a Process, profile: &'a Profile, wholes: &'a [Whole]) -> Dump<'a> {
    let header = &profile.header;
    let (totals, lost) = (&header.totals, &header.lost);
    let groups = wholes.iter();
    Dump {
        schema: SCHEMA,
        taken_at: moment(header.now_unix_ms),
        process: ProcessDump {
            name: &process.name,
            pid: Some(process.pid).filter(|pid| *pid != 0),
            started_at: moment(process.started_at_unix_ms),
            rss_bytes: header.rss_bytes,
            memory_limit_bytes: header.memory_limit_bytes,
            memory_current_bytes: header.memory_current_bytes,
            agent_bytes: header.agent_bytes,
        },
        coverage: CoverageDump { tracked: header.coverage.tracked, alive: header.coverage.alive },
        totals: TotalsDump {
            alive: totals.alive(),
            running: totals.running,
            ready: totals.ready,
            parked: totals.parked,
            new: totals.new,
            spawned: totals.spawned,
            finished: totals.finished,
        },
        lost: LostDump {
            label_sets: lost.label_sets,
            captures: lost.captures,
            chains: lost.chains,
            groups: lost.groups,
            stacks: lost.stacks,
            history: lost.history,
            runtimes: lost.runtimes,
            untracked: lost.untracked,
            origins: lost.origins,
            heap_blocks: lost.heap_blocks,
            waits: lost.waits,
            proofs: lost.proofs,
            evidence: lost.evidence,
        },
        runtimes: runtimes(header),
        groups: groups.map(|whole| told(group(profile, whole), process.source)).collect(),
        heap: heap::heap(profile),
    }
}

fn group<'a>(profile: &'a Profile, whole: &'a Whole) -> GroupDump<'a> {
    let (header, from) = (&profile.header, &whole.group);
    let origin = profile.origin(from.origin);
    let activity = &from.activity;
    let tree = from.tree.as_deref();
    let spawned_at = origin.map(|origin| &origin.spawned_at).filter(|at| !at.file.is_empty());
    GroupDump {
        labels: labels(&from.labels),
        spawned_at: spawned_at.map(location),
        tracked: from.tracked,
        state: from.state.name(),
        count: from.count,
        future_bytes: from.future_bytes,
        oldest_secs: ages::secs(ages::since(header, from.oldest_since_ms)),
        median_secs: ages::secs(ages::since(header, from.median_since_ms)),
        await_point: tree.and_then(|tree| tree.await_point.as_deref()).map(await_point),
        wait_kinds: tree.map(wait_kinds).unwrap_or_default(),
        wait: tree.map(|tree| match tree.combine {
            Combine::One => "one",
            Combine::AnyOf => "any_of",
            Combine::AllOf => "all_of",
        }),
        tree: tree.map(|tree| nest(tree, from.count)).unwrap_or_default(),
        verdict: verdict::verdict(profile, from),
        held_by: from.blockers.iter().map(|by| verdict::blocker(profile, by)).collect(),
        chain: chain(profile, from).into_iter().map(|link| link.text).collect(),
        waiting_for_it: from.waiting_for_it,
        polls: activity.polls,
        wakes: activity.wakes,
        self_wakes: activity.self_wakes,
        running_secs: secs(activity.running_us),
        ready_secs: secs(activity.ready_us),
        longest_poll_secs: Some(secs(activity.longest_poll_us)),
        longest_ready_secs: Some(secs(activity.longest_ready_us)),
        woken_by: from.wakers.iter().map(|by| waker(profile, *by)).collect(),
        detached: Some(whole.detached),
        orphans: Some(whole.orphans),
        spawned_per_min: origin.map(|origin| origin.spawned_last_minute as f64),
        finished_per_min: origin.map(|origin| origin.finished_last_minute as f64),
        heap: heap::held(profile, from),
    }
}

/// Without what whoever told of the group cannot know.
fn told(mut group: GroupDump<'_>, source: Source) -> GroupDump<'_> {
    if source == Source::Console {
        group.verdict.class = None;
        (group.longest_poll_secs, group.longest_ready_secs) = (None, None);
        (group.detached, group.orphans) = (None, None);
        group.wait = group.wait.filter(|_| !group.wait_kinds.is_empty());
    }
    group
}

fn labels(labels: &Labels) -> BTreeMap<&str, &str> {
    labels.iter().map(|label| (&*label.key, &*label.value)).collect()
}

fn waker(profile: &Profile, waker: Waker) -> WakerDump<'_> {
    let origin = waker.origin.and_then(|id| profile.origin(id));
    WakerDump {
        labels: origin.map(|origin| labels(&origin.labels)),
        spawned_at: origin.map(|origin| location(&origin.spawned_at)),
        tasks: waker.tasks,
    }
}

fn secs(micros: u64) -> f64 {
    micros as f64 / 1e6
}

fn wait_kinds(tree: &Tree) -> Vec<String> {
    tree.wait_kinds.iter().map(ToString::to_string).collect()
}

fn moment(unix_ms: u64) -> Option<String> {
    ages::moment(unix_ms).map(|moment| moment.to_string())
}

fn location(from: &Location) -> LocationDump<'_> {
    LocationDump { file: &from.file, line: from.line, column: from.column }
}

fn known(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}

fn await_point(frame: &Frame) -> AwaitPointDump<'_> {
    let at = frame.location.as_ref();
    AwaitPointDump {
        file: at.map(|at| &*at.file),
        line: at.map(|at| at.line),
        column: at.map(|at| at.column),
        function: known(&frame.function),
    }
}

/// The flat list as nested nodes. From the back, since parents come before their children: every
/// node finds its own children complete, and nothing recurses.
fn nest(tree: &Tree, count: u64) -> Vec<NodeDump<'_>> {
    let mut children: Vec<Vec<NodeDump<'_>>> = tree.nodes.iter().map(|_| Vec::new()).collect();
    let mut roots = Vec::new();
    for (node, place) in tree.nodes.iter().zip(places(tree)).rev() {
        let mut own = children.pop().unwrap_or_default();
        let Place::Kept { parent, omitted } = place else { continue };
        own.reverse();
        let at = node.frame.location.as_ref();
        let nested = NodeDump {
            function: known(&node.frame.function),
            file: at.map(|at| &*at.file),
            line: at.map(|at| at.line),
            column: at.map(|at| at.column),
            user: node.frame.user,
            count,
            omitted_frames: omitted,
            children: own,
        };
        match parent.and_then(|parent| children.get_mut(parent)) {
            Some(siblings) => siblings.push(nested),
            None => roots.push(nested),
        }
    }
    roots.reverse();
    roots
}

#[cfg(test)]
mod tests;

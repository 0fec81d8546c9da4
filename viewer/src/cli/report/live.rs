//! What a service that runs knows of an incident: its state, what was before, some of its tasks.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use rustc_hash::FxHashSet;
use taskscope_proto::limits::{MAX_GROUPS_PER_HISTORY, MAX_GROUPS_PER_QUERY, MAX_TASKS_PER_QUERY};
use taskscope_proto::model::{
    Capture, GroupId, HistoryPage, HistoryQuery, Profile, Resolution, TaskQuery,
};

use super::{Known, trends};
use crate::connect::Client;
use crate::report::{IncidentSource, PastPoint, Singles, suspected};
use crate::store::{History, LIVING};

/// For the connection and the greeting.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// For the captures and the answer.
const ANSWER_TIMEOUT: Duration = Duration::from_mins(1);
/// For each look into the past.
const PAST_TIMEOUT: Duration = Duration::from_secs(10);
/// Tasks of each suspect that are told one by one.
const SINGLES: u32 = 3;

/// Asks an agent for its state, and for what was before.
pub(super) async fn ask(target: &str, capture: Capture, suspects: usize) -> anyhow::Result<Known> {
    let (client, process) = Client::connect(target, CONNECT_TIMEOUT).await?;
    let asked = Instant::now();
    let profile = tokio::time::timeout(ANSWER_TIMEOUT, client.snapshot(capture)).await;
    let late = || format!("{target} did not answer within {} s", ANSWER_TIMEOUT.as_secs());
    let profile = profile.with_context(late)??;
    let took_ms = u64::try_from(asked.elapsed().as_millis()).unwrap_or(u64::MAX);
    let suspects = suspected(&profile, suspects);
    let singles = singles(&client, &suspects).await;
    let mut groups = suspects.concat();
    groups.truncate(MAX_GROUPS_PER_HISTORY);
    let mut remarks = Vec::new();
    let [minutes, seconds] = [Resolution::Minute, Resolution::Second];
    let minutes = remembered(&client, &profile, minutes, &[], &mut remarks).await;
    let seconds = remembered(&client, &profile, seconds, &groups, &mut remarks).await;
    remarks.dedup();
    let lacking = unknown(&seconds, &groups);
    groups.retain(|group| !lacking.contains(group));
    let source = IncidentSource::Live { target: target.to_owned(), capture, took_ms };
    Ok(Known {
        process: Arc::new(process),
        past: joined(points(&minutes), points(&seconds), PastPoint::of(&profile)),
        trends: trends(&seconds, &groups),
        singles,
        profile,
        source,
        remarks,
    })
}

/// Some tasks of each suspect, and who spawned them. A page that does not come is left out: tasks come
/// and go.
async fn singles(client: &Client, suspects: &[Vec<GroupId>]) -> Singles {
    let page = async |query: TaskQuery| {
        let page = tokio::time::timeout(PAST_TIMEOUT, client.tasks(&query)).await;
        page.ok().and_then(Result::ok).map(|page| page.tasks).unwrap_or_default()
    };
    let mut singles = Singles::default();
    for groups in suspects {
        let Some(worst) = groups.first() else { continue };
        let groups = groups.iter().copied().take(MAX_GROUPS_PER_QUERY).collect();
        let query = TaskQuery { groups, limit: SINGLES, ..TaskQuery::default() };
        singles.longest.insert(*worst, page(query).await);
    }
    let mut tasks: Vec<u64> = singles.longest.values().flatten().filter_map(|t| t.parent).collect();
    tasks.sort_unstable();
    tasks.dedup();
    tasks.truncate(MAX_TASKS_PER_QUERY);
    if let Some(limit) = u32::try_from(tasks.len()).ok().filter(|limit| *limit > 0) {
        let wanted: FxHashSet<u64> = tasks.iter().copied().collect();
        let found = page(TaskQuery { tasks, limit, ..TaskQuery::default() }).await;
        // Those that it names come first; an older agent does not know names, and sends any.
        let found = found.into_iter().filter(|task| wanted.contains(&task.id));
        singles.parents = found.map(|task| (task.id, task)).collect();
    }
    singles
}

/// What the agent remembers of all tasks, and of some groups.
async fn remembered(
    client: &Client,
    profile: &Profile,
    resolution: Resolution,
    groups: &[GroupId],
    remarks: &mut Vec<String>,
) -> History {
    let mut history = match resolution {
        Resolution::Minute => History::of_a_day(),
        Resolution::Second => History::default(),
    };
    history.record(profile);
    match past_of(client, resolution, Vec::new()).await {
        Ok(page) => history.take_in(0, Some(&page)),
        // The present is worth a report without the past.
        Err(failure) => {
            remarks.push(format!("of what was before nothing is known: {failure}"));
            return history;
        }
    }
    // An answer may have no room for all: the others are asked for again.
    let mut missing = groups.to_vec();
    while !missing.is_empty() {
        let Ok(page) = past_of(client, resolution, missing.clone()).await else { break };
        history.take_in(0, Some(&page));
        let before = missing.len();
        missing = unknown(&history, &missing);
        if missing.len() == before {
            break;
        }
    }
    history
}

async fn past_of(
    client: &Client,
    resolution: Resolution,
    groups: Vec<GroupId>,
) -> Result<HistoryPage, String> {
    let query = HistoryQuery { groups, resolution, ..HistoryQuery::default() };
    match tokio::time::timeout(PAST_TIMEOUT, client.history(&query)).await {
        Ok(page) => page.map_err(|error| error.to_string()),
        Err(_) => Err(format!("no answer within {} s", PAST_TIMEOUT.as_secs())),
    }
}

/// Those of the groups of which the agent has not said what was before.
fn unknown(history: &History, groups: &[GroupId]) -> Vec<GroupId> {
    let unfilled: FxHashSet<GroupId> = history.unfilled().collect();
    groups.iter().copied().filter(|group| unfilled.contains(group)).collect()
}

/// All steps of which something is known.
fn points(history: &History) -> Vec<PastPoint> {
    let (steps, step_ms) = match history.resolution() {
        Resolution::Minute => (1_441, 60_000),
        Resolution::Second => (601, 1_000),
    };
    let window = history.window(steps);
    let states = LIVING.map(|state| history.of_state(state, &window));
    let memory = history.memory(&window);
    let mut points: Vec<PastPoint> = Vec::with_capacity(window.seconds.len());
    for (at, second) in window.seconds.iter().enumerate() {
        let levels = states.each_ref().map(|levels| levels.get(at).copied().unwrap_or_default());
        // What is told of a step is how it was at its end.
        let at_ms = second.saturating_mul(1_000).saturating_add(step_ms - 1_000);
        let stuck = levels.iter().fold(0_u64, |sum, level| sum.saturating_add(level.stuck));
        let memory = memory.get(at).copied().flatten();
        let point = PastPoint { at_ms, states: levels.map(|level| level.count), stuck, memory };
        if points.last().is_none_or(|last| last.at_ms < at_ms) {
            points.push(point);
        }
    }
    points
}

/// Minutes up to where seconds begin, these, and now.
fn joined(minutes: Vec<PastPoint>, seconds: Vec<PastPoint>, now: PastPoint) -> Vec<PastPoint> {
    let first_ms = seconds.first().map_or(now.at_ms, |point| point.at_ms);
    let minutes = minutes.into_iter().filter(|point| point.at_ms < first_ms);
    let seconds = seconds.into_iter().filter(|point| point.at_ms / 1_000 < now.at_ms / 1_000);
    minutes.chain(seconds).chain([now]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minutes_end_where_seconds_begin() {
        let point = |at_ms| PastPoint { at_ms, ..PastPoint::default() };
        let minutes = vec![point(60_000), point(120_000), point(180_000)];
        let seconds = vec![point(150_000), point(151_000), point(152_000)];
        let found = joined(minutes, seconds, point(152_000));
        let found: Vec<u64> = found.iter().map(|point| point.at_ms).collect();
        assert_eq!(found, [60_000, 120_000, 150_000, 151_000, 152_000]);
        assert_eq!(joined(vec![], vec![], point(7)), [point(7)]);
    }
}

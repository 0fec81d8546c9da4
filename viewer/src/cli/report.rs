//! `taskscope report`: one page about an incident, to attach to a ticket.

use std::ffi::OsStr;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use rustc_hash::FxHashSet;
use taskscope_proto::file::Entry;
use taskscope_proto::limits::{MAX_GROUPS_PER_HISTORY, MAX_GROUPS_PER_QUERY, MAX_TASKS_PER_QUERY};
use taskscope_proto::model::{
    Capture, GroupId, HistoryPage, HistoryQuery, Process, Profile, Resolution, TaskQuery,
};

use super::{new_file, output};
use crate::connect::{Client, is_file, read_file};
use crate::report::{Extent, Incident, IncidentSource, PastPoint, Singles, Trends, suspected};
use crate::store::{History, LIVING, Trend};

/// For the connection and the greeting.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// For the captures and the answer.
const ANSWER_TIMEOUT: Duration = Duration::from_mins(1);
/// For each look into the past.
const PAST_TIMEOUT: Duration = Duration::from_secs(10);
/// Tasks of each suspect that are told one by one.
const SINGLES: u32 = 3;
/// What the output is called that is no file.
const STANDARD_OUTPUT: &str = "-";

/// A report to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The agent to ask, or the file to read.
    pub target: String,
    /// The file to write; `-` for standard output.
    pub output: PathBuf,
    /// How it is written; none: as the file's ending says.
    pub format: Option<PageFormat>,
    /// What an agent captures first.
    pub capture: Capture,
    /// How much it tells.
    pub extent: Extent,
}

/// How a report is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum PageFormat {
    /// One page that needs nothing else
    Html,
    /// As trackers of issues read it
    Md,
}

pub(super) fn run(report: &Report) -> anyhow::Result<()> {
    let format = format(&report.output, report.format)?;
    let known = read(&report.target, report.capture, report.extent.suspects)?;
    let incident = Incident {
        process: &known.process,
        profile: &known.profile,
        past: &known.past,
        trends: &known.trends,
        singles: &known.singles,
        source: &known.source,
        remarks: &known.remarks,
        extent: report.extent,
    };
    let text = match format {
        PageFormat::Html => incident.html(),
        PageFormat::Md => incident.markdown(),
    };
    if report.output == Path::new(STANDARD_OUTPUT) {
        return output::answer(&text).context("cannot write the report");
    }
    let path = report.output.display();
    new_file::write(&report.output, text.as_bytes())
        .with_context(|| format!("cannot write {path}"))?;
    output::complain(&format_args!("{path}: {} bytes about {}", text.len(), known.process.name));
    Ok(())
}

/// How it is written: as was asked for, or as the file's ending says.
fn format(output: &Path, asked: Option<PageFormat>) -> anyhow::Result<PageFormat> {
    if let Some(asked) = asked {
        return Ok(asked);
    }
    let ending = output.extension().map(OsStr::to_ascii_lowercase);
    match ending.as_deref().and_then(|ending| ending.to_str()) {
        Some("html" | "htm") => Ok(PageFormat::Html),
        Some("md" | "markdown") => Ok(PageFormat::Md),
        _ if output == Path::new(STANDARD_OUTPUT) => {
            bail!("standard output has no ending that says the format: add --format html or md")
        }
        _ => bail!(
            "{} ends neither in .html nor in .md: name it so, or add --format html or md",
            output.display()
        ),
    }
}

/// What is known of a target.
struct Known {
    process: Arc<Process>,
    profile: Arc<Profile>,
    past: Vec<PastPoint>,
    trends: Trends,
    singles: Singles,
    source: IncidentSource,
    remarks: Vec<String>,
}

fn read(target: &str, capture: Capture, suspects: usize) -> anyhow::Result<Known> {
    if is_file(target) {
        return open(target, suspects);
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start a runtime")?;
    runtime.block_on(ask(target, capture, suspects))
}

/// The past of one run, as its states tell of it.
#[derive(Default)]
struct Past {
    points: Vec<PastPoint>,
    seconds: History,
    minutes: Option<History>,
}

impl Past {
    fn record(&mut self, profile: &Profile) {
        let point = PastPoint::of(profile);
        // A state that is told once more, or late, is no other moment.
        if self.points.last().is_none_or(|last| last.at_ms < point.at_ms) {
            self.points.push(point);
        }
        self.seconds.record(profile);
        self.minutes.get_or_insert_with(History::of_a_day).record(profile);
    }

    /// What the groups had, over the stretch that is known.
    fn trends(&self, groups: &[GroupId]) -> Trends {
        let known = match (self.points.first(), self.points.last()) {
            (Some(first), Some(last)) => last.at_ms.saturating_sub(first.at_ms),
            _ => 0,
        };
        let is_long = Duration::from_millis(known) > Duration::from_mins(15);
        let minutes = self.minutes.as_ref().filter(|_| is_long);
        trends(minutes.unwrap_or(&self.seconds), groups)
    }
}

fn trends(history: &History, groups: &[GroupId]) -> Trends {
    let window = history.trend();
    let counts = |group: &GroupId| {
        let mut counts = vec![0; window.seconds.len()];
        history.add_to(*group, Trend::Tasks, &mut counts);
        (*group, counts)
    };
    let span = window.seconds.last().zip(window.seconds.first());
    let span_secs = span.map_or(0, |(last, first)| last.saturating_sub(*first));
    Trends { span_secs, of: groups.iter().map(counts).collect() }
}

/// Reads a file, all of it. The past is that of its last run.
fn open(target: &str, suspects: usize) -> anyhow::Result<Known> {
    let mut past = Past::default();
    let mut run_id = None;
    let mut runs = 0;
    let last = read_file(Path::new(target), |entry| {
        match entry {
            Entry::Process(process) if run_id != Some(process.run_id) => {
                run_id = Some(process.run_id);
                runs += 1;
                past = Past::default();
            }
            Entry::State(profile) => past.record(profile),
            Entry::Process(_) | Entry::Note(_) | Entry::Damage(_) | Entry::End => {}
        }
        ControlFlow::Continue(())
    })?;
    let groups = suspected(&last.profile, suspects).concat();
    let written_for = match &*last.notes {
        [note, ..] if last.states == 1 => Some(note.text.clone()),
        _ => None,
    };
    let target = target.to_owned();
    let remarks = last.remarks();
    Ok(Known {
        trends: past.trends(&groups),
        singles: Singles::default(),
        past: past.points,
        source: IncidentSource::File { target, states: last.states, runs, written_for },
        remarks,
        process: last.process,
        profile: last.profile,
    })
}

/// Asks an agent for its state, and for what was before.
async fn ask(target: &str, capture: Capture, suspects: usize) -> anyhow::Result<Known> {
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
    let mut points: Vec<PastPoint> = Vec::with_capacity(window.seconds.len());
    for (at, second) in window.seconds.iter().enumerate() {
        let levels = states.each_ref().map(|levels| levels.get(at).copied().unwrap_or_default());
        // What is told of a step is how it was at its end.
        let at_ms = second.saturating_mul(1_000).saturating_add(step_ms - 1_000);
        let stuck = levels.iter().fold(0_u64, |sum, level| sum.saturating_add(level.stuck));
        let point =
            PastPoint { at_ms, states: levels.map(|level| level.count), stuck, memory: None };
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
    use crate::theme::{DARK, LIGHT, Palette};

    #[test]
    fn the_format_is_what_was_asked_for_or_what_the_ending_says() {
        let check = |output: &str, asked, expected: Result<PageFormat, &str>| {
            let found = format(Path::new(output), asked).map_err(|error| error.to_string());
            match (found, expected) {
                (Err(error), Err(part)) => assert!(error.contains(part), "{error}"),
                (found, expected) => assert_eq!(found, expected.map_err(str::to_owned), "{output}"),
            }
        };
        check("a.html", None, Ok(PageFormat::Html));
        check("a.b/c.HTM", None, Ok(PageFormat::Html));
        check("a.md", None, Ok(PageFormat::Md));
        check("a.md", Some(PageFormat::Html), Ok(PageFormat::Html));
        check("-", Some(PageFormat::Md), Ok(PageFormat::Md));
        check("-", None, Err("add --format html or md"));
        check("report", None, Err("report ends neither in .html nor in .md"));
        check("report.pdf", None, Err("name it so, or add --format html or md"));
    }

    #[test]
    fn the_page_has_the_colours_of_the_window() {
        let (process, profile) = (Process::default(), Profile::default());
        let incident = Incident {
            process: &process,
            profile: &profile,
            past: &[],
            trends: &Trends::default(),
            singles: &Singles::default(),
            source: &IncidentSource::File {
                target: String::new(),
                states: 1,
                runs: 1,
                written_for: None,
            },
            remarks: &[],
            extent: Extent { suspects: 10, all_frames: false },
        };
        let html = incident.html();
        let check = |style: &str, palette: &Palette| {
            for (name, colour) in [
                ("surface", palette.surface),
                ("sunken", palette.sunken),
                ("line", palette.line),
                ("line-strong", palette.line_strong),
                ("text", palette.text),
                ("text-strong", palette.text_strong),
                ("text-dim", palette.text_dim),
                ("accent", palette.accent),
                ("accent-soft", palette.accent_soft),
                ("good", palette.good),
                ("warm", palette.warm),
                ("warm-soft", palette.warm_soft),
                ("hot", palette.hot),
                ("hot-soft", palette.hot_soft),
                ("share", palette.share),
                ("trend", palette.trend),
            ] {
                let (_, rest) = style.split_once(&format!("--{name}:")).expect(name);
                let [r, g, b, _] = colour.to_array();
                let expected = format!("#{r:02x}{g:02x}{b:02x}");
                assert_eq!(rest.get(..7), Some(&*expected), "{name}");
            }
        };
        let (light, dark) = html.split_once("prefers-color-scheme").expect("two schemes");
        check(light, &LIGHT);
        check(dark, &DARK);
    }

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

//! `taskscope report`: one page about an incident, to attach to a ticket.

mod live;

use std::ffi::OsStr;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use taskscope_proto::model::{Capture, GroupId, Process, Profile};

use super::{new_file, output};
use crate::connect::{Place, When, read_file};
use crate::report::{
    Extent, Incident, IncidentSource, PastPoint, Singles, Trends, harmless, suspected,
};
use crate::store::{History, Trend};

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
    not_over_its_source(&report.target, &report.output)?;
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
    let name = harmless(&known.process.name);
    output::complain(&format_args!("{path}: {} bytes about {name}", text.len()));
    Ok(())
}

/// A page in the place of the recording that it is about would be the end of the recording.
fn not_over_its_source(target: &str, output: &Path) -> anyhow::Result<()> {
    let place: Place = target.parse()?;
    let Some((source, _)) = place.file() else { return Ok(()) };
    let same = match (source.canonicalize(), output.canonicalize()) {
        (Ok(source), Ok(output)) => source == output,
        // What is not there yet is overwritten by nobody.
        _ => false,
    };
    if same {
        bail!("{} is what the report is about: give another file after -o", output.display());
    }
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
    let place: Place = target.parse()?;
    if let Some((path, when)) = place.file() {
        return open(target, path, when, suspects);
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start a runtime")?;
    runtime.block_on(live::ask(target, capture, suspects))
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
    let counts = |group: &GroupId| (*group, history.of_group(*group, Trend::Tasks));
    let span = window.seconds.last().zip(window.seconds.first());
    let span_secs = span.map_or(0, |(last, first)| last.saturating_sub(*first));
    Trends { span_secs, of: groups.iter().map(counts).collect() }
}

/// Reads a file up to a moment. The past is that of its last run until then.
fn open(target: &str, path: &Path, when: When, suspects: usize) -> anyhow::Result<Known> {
    let mut past = Past::default();
    let mut run_id = None;
    let mut runs = 0;
    let last = read_file(path, when, |process, profile| {
        if run_id != Some(process.run_id) {
            run_id = Some(process.run_id);
            runs += 1;
            past = Past::default();
        }
        past.record(profile);
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
}

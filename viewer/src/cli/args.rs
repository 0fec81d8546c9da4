//! What can be typed.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, Subcommand};

use super::action::Format;
use super::{PageFormat, span};
use crate::report::TopSort;

/// Shows which async tasks of a running service are stuck, on which source line, since when.
#[derive(Debug, Parser)]
#[command(name = "taskscope", version, after_help = EXIT_CODES)]
pub(super) struct Args {
    #[command(subcommand)]
    pub(super) command: Option<Command>,
}

const EXIT_CODES: &str = "Without a command the viewer opens.\n\n\
    Exit codes: 0 fine, 1 it ran and the answer is bad, 2 it could not run.";

/// The commands.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Open the viewer on agents, recordings and evidence, one or several
    View {
        /// Where agents or console-subscribers listen: HOST:PORT, or only the port; or files, up to
        /// a moment if they are written FILE@TIME
        #[arg(value_name = "ADDR|FILE[@TIME]", required = true)]
        targets: Vec<String>,
        /// What makes up a row: labels, or process, await, spawn, state, wait, handle, parent, verdict
        #[arg(long, value_name = "KEYS", value_delimiter = ',')]
        by: Vec<String>,
        /// Rows in rows: those of the first key outside, in them those of the next
        #[arg(long)]
        nest: bool,
        /// Only groups that match these words, as in the viewer's filter
        #[arg(long, value_name = "WORDS")]
        filter: Option<String>,
        /// A file with rules of alerts beside the built-in ones
        #[arg(long, value_name = "FILE")]
        rules: Option<PathBuf>,
        /// Compare them with this moment, of another run or of another service too: an address, a
        /// file, or FILE@TIME
        #[arg(long, value_name = "ADDR|FILE[@TIME]")]
        against: Option<String>,
    },
    /// Start a sample service with a real leak in it, and open the viewer on it
    Demo {
        /// Open no window: print the report after a while
        #[arg(long)]
        headless: bool,
        /// How long the service runs before the report: 30s, 2m (without a window only)
        #[arg(long = "for", value_name = "TIME", default_value = "30s", value_parser = span::parse)]
        span: Duration,
        #[command(flatten)]
        print: PrintArgs,
    },
    /// Print every group of tasks, most suspicious first, and end
    Dump {
        /// Where the agent or console-subscriber listens: HOST:PORT, or only the port; or a file
        /// with evidence or a recording, of which the last state is printed, or with FILE@TIME the
        /// last one at that moment or before: 2026-11-22T03:04:05Z, 03:04:05 (UTC), +90s from its
        /// start, -2m from its end, start, end
        #[arg(value_name = "ADDR|FILE[@TIME]")]
        target: String,
        /// Which await trees are captured before the answer
        #[arg(long, value_enum, default_value_t = CaptureArg::Cached)]
        capture: CaptureArg,
        #[command(flatten)]
        print: PrintArgs,
    },
    /// Print what changed between two moments of a service, what is most likely the leak first
    Diff(DiffArgs),
    /// Write which tasks hold the heap as a profile for pprof: `go tool pprof FILE`
    Heap {
        /// Where the agent or console-subscriber listens: HOST:PORT, or only the port
        #[arg(value_name = "ADDR")]
        target: String,
        /// The file to write, as heap.pb.gz
        #[arg(short, long, value_name = "FILE")]
        output: PathBuf,
    },
    /// Write what a service says into a file, until interrupted
    Record {
        /// Where the agent or console-subscriber listens: HOST:PORT, or only the port
        #[arg(value_name = "ADDR")]
        target: String,
        /// The file, as checkout.taskscope; a recording that is there already goes on
        #[arg(short, long, value_name = "FILE")]
        output: PathBuf,
        /// For how long: 30s, 2m
        #[arg(long = "for", value_name = "TIME", value_parser = span::parse)]
        span: Option<Duration>,
    },
    /// Write one page about an incident, to attach to a ticket: what is wrong, the suspects, the past
    Report(ReportArgs),
    /// Show the groups as a table, most suspicious first, and again every second
    Top {
        /// Where the agent or console-subscriber listens: HOST:PORT, or only the port
        #[arg(value_name = "ADDR")]
        target: String,
        /// Which groups come first
        #[arg(long, value_enum, default_value_t = TopSort::Suspicion)]
        sort: TopSort,
        /// How many groups are shown
        #[arg(long, value_name = "N", default_value_t = 20)]
        rows: usize,
        /// End after this time: 30s, 2m; without it, when it is interrupted
        #[arg(long = "for", value_name = "TIME", value_parser = span::parse)]
        span: Option<Duration>,
    },
    /// Say when alerts fire and when they are over, for servers and CI
    Watch(WatchArgs),
    /// The sample service itself; it ends when its standard input does
    #[command(hide = true)]
    DemoService {
        /// Instead of the shop, this many tasks in 50 groups that all wait, to test with
        #[arg(long, value_name = "TASKS")]
        crowd: Option<u32>,
    },
}

/// Of what to make a page, and how.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct ReportArgs {
    /// Where the agent or console-subscriber listens: HOST:PORT, or only the port; or a file with
    /// evidence or a recording, of which all states are read, up to a moment of it with FILE@TIME
    #[arg(value_name = "ADDR|FILE[@TIME]")]
    pub(super) target: String,
    /// The page to write, as report.html or report.md; - for standard output
    #[arg(short, long, value_name = "FILE")]
    pub(super) output: PathBuf,
    /// How it is written; without it, as the ending of the file says
    #[arg(long, value_enum)]
    pub(super) format: Option<PageFormat>,
    /// Which await trees an agent captures before the answer
    #[arg(long, value_enum, default_value_t = CaptureArg::Cached)]
    pub(super) capture: CaptureArg,
    /// How many suspects are described: 1 to 100
    #[arg(long, value_name = "N", default_value_t = 10,
          value_parser = clap::value_parser!(u8).range(1..=100))]
    pub(super) rows: u8,
    /// Show every frame of await trees instead of folding those of libraries
    #[arg(long)]
    pub(super) all_frames: bool,
}

/// What to compare, and how to print it.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct DiffArgs {
    /// The moment before: where an agent listens, a file with evidence or a recording (its last
    /// state), or FILE@TIME: 2026-11-22T03:04:05Z, 03:04:05 (UTC), +90s from its start, -2m from its
    /// end, start, end
    #[arg(value_name = "ADDR|FILE[@TIME]")]
    pub(super) before: String,
    /// The moment after. Without it the same service after a while, or the end of the recording,
    /// compared with its start
    #[arg(value_name = "ADDR|FILE[@TIME]")]
    pub(super) after: Option<String>,
    /// Wait so long before the second moment: 30s, 2m
    #[arg(long = "after", value_name = "TIME", value_parser = span::parse)]
    pub(super) wait: Option<Duration>,
    /// What makes up a row instead of all labels, spawn location, state, await point and wait:
    /// labels, or process, await, spawn, state, wait, handle, parent, verdict
    #[arg(long, value_name = "KEYS", value_delimiter = ',')]
    pub(super) by: Vec<String>,
    /// How many rows are shown
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(super) rows: usize,
    /// For people, or one JSON object (`taskscope.diff/1`)
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(super) format: Format,
}

/// What to watch, by which rules, and who is told.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct WatchArgs {
    /// Where agents or console-subscribers listen: HOST:PORT, or only the port
    #[arg(value_name = "ADDR", required = true)]
    pub(super) targets: Vec<String>,
    /// A file with rules beside the built-in ones
    #[arg(long, value_name = "FILE")]
    pub(super) rules: Option<PathBuf>,
    /// A command of the shell, run for each change: the alert as JSON on its standard input, and in
    /// `ALERT_STATE`, `ALERT_RULE`, `ALERT_SEVERITY`, `ALERT_PROCESS`, `ALERT_TARGET`, `ALERT_TEXT`
    #[arg(long, value_name = "CMD")]
    pub(super) exec: Option<String>,
    /// Where alerts are posted as Alertmanager takes them: <http://HOST:9093/api/v2/alerts>
    #[arg(long, value_name = "URL")]
    pub(super) webhook: Option<String>,
    /// End with 1 if such an alert fires: at once, or after the time of --for. A severity stands for
    /// worse ones too
    #[arg(long, value_name = "SEVERITY|RULE", value_delimiter = ',')]
    pub(super) fail_on: Vec<String>,
    /// End after this time: 30s, 2m; without it, when it is interrupted
    #[arg(long = "for", value_name = "TIME", value_parser = span::parse)]
    pub(super) span: Option<Duration>,
    /// For people, or one JSON object a line (`taskscope.alert/1`)
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(super) format: Format,
}

/// How to print a report.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(super) struct PrintArgs {
    /// For people, or one JSON object (`taskscope.dump/1`)
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(super) format: Format,
    /// Show every frame of await trees instead of folding those of libraries
    #[arg(long)]
    pub(super) all_frames: bool,
}

/// Which await trees are captured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum CaptureArg {
    /// Keep known ones, capture tasks that have none yet
    Cached,
    /// Capture every parked task anew
    Fresh,
}

//! What is to be done: the arguments, resolved once.

use std::path::PathBuf;
use std::time::Duration;

use taskscope_proto::model::Capture;

use super::args::{Args, CaptureArg, Command, PrintArgs};
use super::{Diff, Report, Watch};
use crate::analyse::Key;
use crate::report::{Extent, TopTable};

/// What one run of the program does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Opens the window.
    View {
        /// The agents to follow; none: the window asks.
        targets: Vec<String>,
        /// What makes up a row; empty: as it was last time.
        by: Vec<Key>,
        /// Rows in rows, even if it was otherwise last time.
        nest: bool,
        /// The filter; none: as it was last time.
        filter: Option<String>,
        /// A file of rules of alerts; none: the built-in ones.
        rules: Option<PathBuf>,
        /// What they are compared with; none: nothing, until a moment is marked.
        against: Option<String>,
    },
    /// Prints one report.
    Dump {
        /// The agent to ask.
        target: String,
        /// What it captures first.
        capture: Capture,
        /// How the report is printed.
        print: Print,
    },
    /// Prints what changed between two moments.
    Diff(Diff),
    /// Shows the sample service.
    Demo {
        /// Never opens a window.
        headless: bool,
        /// How long the service runs before the report.
        span: Duration,
        /// How the report is printed.
        print: Print,
    },
    /// Writes the heap for pprof.
    Heap {
        /// The agent to ask.
        target: String,
        /// The file to write.
        output: PathBuf,
    },
    /// Writes what a service says into a file.
    Record {
        /// The agent to follow.
        target: String,
        /// The file, which is added to if it is there.
        output: PathBuf,
        /// For how long; none: until it is interrupted.
        span: Option<Duration>,
    },
    /// Writes a page about an incident.
    Report(Report),
    /// Shows a table again and again.
    Top {
        /// The agent to follow.
        target: String,
        /// How the table is made.
        table: TopTable,
        /// For how long; none: until it is interrupted.
        span: Option<Duration>,
    },
    /// Says when alerts fire and when they are over.
    Watch(Watch),
    /// Is the sample service.
    DemoService {
        /// This many tasks that wait, instead of the shop.
        crowd: Option<u32>,
    },
}

/// How a report is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Print {
    /// For whom.
    pub format: Format,
    /// Without folding the frames of libraries (text only; JSON always has them all).
    pub all_frames: bool,
}

/// For whom a report is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// People, in a terminal
    #[default]
    Text,
    /// Programs
    Json,
}

impl From<Args> for Action {
    fn from(args: Args) -> Self {
        match args.command {
            None => Self::View {
                targets: Vec::new(),
                by: Vec::new(),
                nest: false,
                filter: None,
                rules: None,
                against: None,
            },
            Some(Command::View { targets, by, nest, filter, rules, against }) => {
                let by = by.iter().map(|word| Key::named(word)).collect();
                Self::View { targets, by, nest, filter, rules, against }
            }
            Some(Command::Dump { target, capture, print }) => {
                Self::Dump { target, capture: capture.into(), print: print.into() }
            }
            Some(Command::Diff(args)) => Self::Diff(Diff {
                before: args.before,
                after: args.after,
                wait: args.wait,
                by: args.by.iter().map(|word| Key::named(word)).collect(),
                rows: args.rows,
                format: args.format,
            }),
            Some(Command::Demo { headless, span, print }) => {
                Self::Demo { headless, span, print: print.into() }
            }
            Some(Command::Heap { target, output }) => Self::Heap { target, output },
            Some(Command::Record { target, output, span }) => Self::Record { target, output, span },
            Some(Command::Report(args)) => Self::Report(Report {
                target: args.target,
                output: args.output,
                format: args.format,
                capture: args.capture.into(),
                extent: Extent { suspects: args.rows.into(), all_frames: args.all_frames },
            }),
            Some(Command::Top { target, sort, rows, span }) => {
                Self::Top { target, table: TopTable { sort, rows }, span }
            }
            Some(Command::Watch(args)) => Self::Watch(Watch {
                targets: args.targets,
                rules: args.rules,
                exec: args.exec,
                webhook: args.webhook,
                fail_on: args.fail_on,
                span: args.span,
                format: args.format,
            }),
            Some(Command::DemoService { crowd }) => Self::DemoService { crowd },
        }
    }
}

impl From<CaptureArg> for Capture {
    fn from(capture: CaptureArg) -> Self {
        match capture {
            CaptureArg::Cached => Self::Cached,
            CaptureArg::Fresh => Self::Fresh,
        }
    }
}

impl From<PrintArgs> for Print {
    fn from(args: PrintArgs) -> Self {
        Self { format: args.format, all_frames: args.all_frames }
    }
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};

    use super::*;
    use crate::cli::PageFormat;
    use crate::report::TopSort;

    fn parse(line: &str) -> Result<Action, clap::Error> {
        let words = std::iter::once("taskscope").chain(line.split_whitespace());
        Args::try_parse_from(words).map(Action::from)
    }

    #[test]
    fn the_definition_of_the_arguments_is_sound() {
        Args::command().debug_assert();
    }

    #[test]
    fn every_command_line_means_what_it_says() {
        let plain = Print::default();
        let json = Print { format: Format::Json, all_frames: false };
        let text = |target: &str| target.to_owned();
        let demo = |headless, secs, print| Action::Demo {
            headless,
            span: Duration::from_secs(secs),
            print,
        };
        let view = |targets: &[&str]| Action::View {
            targets: targets.iter().map(|target| text(target)).collect(),
            by: vec![],
            nest: false,
            filter: None,
            rules: None,
            against: None,
        };
        let dump = |capture, print| Action::Dump { target: text("a:1"), capture, print };
        let record =
            |span| Action::Record { target: text("a:1"), output: "x.taskscope".into(), span };
        let top = |sort, rows, secs: Option<u64>| Action::Top {
            target: text("a:1"),
            table: TopTable { sort, rows },
            span: secs.map(Duration::from_secs),
        };
        for (line, expected) in [
            ("", view(&[])),
            ("view a:1", view(&["a:1"])),
            ("view a:1 b:2", view(&["a:1", "b:2"])),
            (
                "view a:1 --by task,await --nest --filter is:stuck --rules r.toml \
                 --against x.taskscope@-2m",
                Action::View {
                    targets: vec![text("a:1")],
                    by: vec![Key::Label("task".into()), Key::AwaitPoint],
                    nest: true,
                    filter: Some(text("is:stuck")),
                    rules: Some("r.toml".into()),
                    against: Some(text("x.taskscope@-2m")),
                },
            ),
            ("dump a:1", dump(Capture::Cached, plain)),
            ("dump a:1 --format text --capture cached", dump(Capture::Cached, plain)),
            ("dump --format json --capture fresh a:1", dump(Capture::Fresh, json)),
            ("dump a:1 --all-frames", dump(Capture::Cached, Print { all_frames: true, ..plain })),
            ("demo", demo(false, 30, plain)),
            ("demo --headless --for 2m --format json", demo(true, 120, json)),
            ("heap a:1 -o x.pb.gz", Action::Heap { target: text("a:1"), output: "x.pb.gz".into() }),
            ("record a:1 -o x.taskscope", record(None)),
            ("record a:1 --output x.taskscope --for 2s", record(Some(Duration::from_secs(2)))),
            ("top a:1", top(TopSort::Suspicion, 20, None)),
            ("top a:1 --sort bytes --rows 5 --for 2s", top(TopSort::Bytes, 5, Some(2))),
            (
                "watch a:1 b:2 --rules r.toml --exec x --webhook http://c:1/d --fail-on info,gone \
                 --for 2s --format json",
                Action::Watch(Watch {
                    targets: vec![text("a:1"), text("b:2")],
                    rules: Some("r.toml".into()),
                    exec: Some(text("x")),
                    webhook: Some(text("http://c:1/d")),
                    fail_on: vec![text("info"), text("gone")],
                    span: Some(Duration::from_secs(2)),
                    format: Format::Json,
                }),
            ),
            ("demo-service", Action::DemoService { crowd: None }),
            ("demo-service --crowd 9", Action::DemoService { crowd: Some(9) }),
        ] {
            assert_eq!(parse(line).unwrap(), expected, "{line}");
        }
    }

    #[test]
    fn two_moments_to_compare_are_kept_as_they_are_written() {
        let text = |target: &str| target.to_owned();
        let diff = |before: &str, after: Option<&str>| Diff {
            before: text(before),
            after: after.map(text),
            wait: None,
            by: vec![],
            rows: 20,
            format: Format::Text,
        };
        for (line, expected) in [
            ("diff x.taskscope a:1", diff("x.taskscope", Some("a:1"))),
            (
                "diff a:1 --after 30s --by task,await --rows 5 --format json",
                Diff {
                    wait: Some(Duration::from_secs(30)),
                    by: vec![Key::Label("task".into()), Key::AwaitPoint],
                    rows: 5,
                    format: Format::Json,
                    ..diff("a:1", None)
                },
            ),
        ] {
            assert_eq!(parse(line).unwrap(), Action::Diff(expected), "{line}");
        }
    }

    #[test]
    fn a_page_is_written_as_its_name_says_and_tells_of_ten_suspects() {
        let report = |output: &str, format, capture, suspects, all_frames| Report {
            target: "a:1".to_owned(),
            output: output.into(),
            format,
            capture,
            extent: Extent { suspects, all_frames },
        };
        for (line, expected) in [
            ("report a:1 -o x.html", report("x.html", None, Capture::Cached, 10, false)),
            (
                "report a:1 --output - --format md --capture fresh --rows 3 --all-frames",
                report("-", Some(PageFormat::Md), Capture::Fresh, 3, true),
            ),
        ] {
            assert_eq!(parse(line).unwrap(), Action::Report(expected), "{line}");
        }
    }

    #[test]
    fn wrong_lines_end_with_the_code_for_it_could_not_run() {
        for line in [
            "view",
            "dump",
            "dump a:1 b:2",
            "dump a:1 --format xml",
            "diff",
            "diff a:1 b:1 c:1",
            "diff a:1 --after soon",
            "demo --for soon",
            "top",
            "top a:1 --sort name",
            "heap a:1",
            "record a:1",
            "report a:1",
            "report a:1 -o x.html --rows 0",
            "report a:1 -o x.html --rows 101",
            "report a:1 -o x.html --format pdf",
            "watch",
            "watch a:1 --for ever",
        ] {
            assert_eq!(parse(line).unwrap_err().exit_code(), 2, "{line}");
        }
        assert_eq!(parse("--help").unwrap_err().exit_code(), 0);
        assert_eq!(parse("--version").unwrap_err().exit_code(), 0);
    }

    #[test]
    fn help_lists_only_what_works() {
        let help = Args::command().render_long_help().to_string();
        let words = ["view", "demo", "diff", "dump", "heap", "record", "report", "top", "watch"];
        for word in words.into_iter().chain(["Exit codes"]) {
            assert!(help.contains(word), "{help}");
        }
        assert!(!help.contains("demo-service"), "{help}");
    }
}

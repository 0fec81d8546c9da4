//! Running a pattern with both clocks, and looking on.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::expected::{Class, Clock, Expectations, Expected, FOLDER, Wrong};
use crate::programs::program;
use crate::report::{Group, Report};
use crate::running::Running;
use crate::sources::{Place, Source, marked, rust_files};

/// Whatever is expected is there by then.
const DEADLINE: Duration = Duration::from_secs(40);
/// Where the agent waits and sees, by then.
const LATE_DEADLINE: Duration = Duration::from_secs(80);
/// How long a control is looked at.
const CONTROL: Duration = Duration::from_secs(15);
/// How long a pattern is looked at once everything has been seen.
const AFTERWARDS: Duration = Duration::from_secs(2);
/// Between two looks.
const PAUSE: Duration = Duration::from_millis(500);

/// The program, with nothing said to it.
///
/// # Panics
/// It is not there, or older than its source.
pub fn command() -> Command {
    let programs: Vec<PathBuf> =
        sources().iter().map(|source| program("leaks", &source.path)).collect();
    let mut command = Command::new(&programs[0]);
    command.env_remove("RUST_BACKTRACE");
    command
}

fn sources() -> Vec<Source> {
    rust_files(&[FOLDER])
}

/// Where the line of the program is that carries this remark.
///
/// # Panics
/// There is not exactly one.
pub fn place(remark: &str) -> Place {
    marked(&sources(), remark)
}

/// Runs a pattern until a report shows everything that is expected, with both clocks.
///
/// # Panics
/// None does in time, or anything else was ever above `slow`.
pub fn shows(pattern: &str, expected: &[Expected]) {
    let expected = Expectations::of(pattern, expected, &sources());
    let stuck_after = expected.stuck_after();
    let deadline = if stuck_after.is_some() { LATE_DEADLINE } else { DEADLINE };
    let programs = Both::start(pattern, stuck_after);
    until(&programs, deadline, |clock, report| expected.check(clock, report));
}

/// Runs a pattern whose tasks all end, until `look` finds a report right, with both clocks.
///
/// # Panics
/// It finds none right in time, or anything was ever above `slow`.
pub fn leaves_no_tasks(pattern: &str, look: impl Fn(&Report) -> Result<(), String>) {
    until(&Both::start(pattern, None), DEADLINE, |clock, report| {
        Expectations::NONE.check(clock, report)?;
        look(report).map_err(Wrong::Missing)
    });
}

/// Runs a control whose tasks of one role may be suspect for a while, with both clocks, until there
/// are tasks of the role `recovered` and nothing is above `slow` any more.
///
/// # Panics
/// That does not come in time, or anything else was ever above `slow`, or anything proven.
pub fn recovers(control: &str, role: &str) {
    until(&Both::start(control, None), DEADLINE, |clock, report| {
        let mut wrong = Expectations::NONE.check(clock, report);
        let is_excused = |group: Group<'_>| {
            Class::of(group) <= Some(Class::Slow)
                || (group.role() == role && Class::of(group) == Some(Class::Suspect))
        };
        if let Err(Wrong::Said(what)) = wrong {
            wrong = Err(if report.groups().all(is_excused) {
                Wrong::Missing(what)
            } else {
                Wrong::Said(what)
            });
        }
        wrong?;
        let is_over = report.groups().any(|group| group.role() == "recovered");
        if is_over { Ok(()) } else { Err(Wrong::Missing("it goes on".into())) }
    });
}

/// Runs a control with both clocks, and looks at it all the time. Tasks of these roles have to be
/// seen, so that it is known to run.
///
/// # Panics
/// Anything was ever above `slow`, or a role was not seen.
pub fn stays_healthy(control: &str, roles: &[&str]) {
    let programs = Both::start(control, None);
    let started = Instant::now();
    let mut seen = BTreeSet::new();
    while started.elapsed() < CONTROL {
        let looked = programs.look(|clock, report| {
            seen.extend(report.groups().filter(|g| g.count() > 0).map(|g| g.role().to_owned()));
            Expectations::NONE.check(clock, report)
        });
        looked.unwrap_or_else(|missing| panic!("{control}: {missing}"));
        sleep(PAUSE);
    }
    for role in roles {
        assert!(seen.contains(*role), "{control} showed {seen:?}, and not {role}");
    }
}

fn until(programs: &Both, deadline: Duration, look: impl Fn(Clock, &Report) -> Result<(), Wrong>) {
    let started = Instant::now();
    while let Err(missing) = programs.look(&look) {
        assert!(started.elapsed() < deadline, "{}: {missing}", programs.pattern);
        sleep(PAUSE);
    }
    let seen = Instant::now();
    while seen.elapsed() < AFTERWARDS {
        sleep(PAUSE);
        // What is missing now is on the move; what must not be said still must not.
        programs.look(&look).ok();
    }
}

/// A pattern that runs with both clocks.
struct Both {
    pattern: String,
    programs: [(Clock, Running); 2],
}

impl Both {
    fn start(pattern: &str, stuck_after: Option<&str>) -> Self {
        let start = |clock, name| {
            let mut command = command();
            command.args([pattern, "--clock", name]);
            command.envs(stuck_after.map(|secs| ("TASKSCOPE_STUCK_AFTER", secs)));
            (clock, Running::start(&mut command))
        };
        let programs = [start(Clock::Real, "real"), start(Clock::Paused, "paused")];
        Self { pattern: pattern.to_owned(), programs }
    }

    /// Hands a report of each to `look`. What is missing comes back.
    fn look(
        &self,
        mut look: impl FnMut(Clock, &Report) -> Result<(), Wrong>,
    ) -> Result<(), String> {
        let mut all_there = Ok(());
        for (clock, program) in &self.programs {
            let pattern = &self.pattern;
            let report = program.dump();
            let report = report.unwrap_or_else(|error| panic!("{pattern}, {clock:?}: {error}"));
            match look(*clock, &report) {
                Ok(()) => {}
                Err(Wrong::Missing(what)) => {
                    all_there = Err(format!("{clock:?}: {what}, in\n{report}"));
                }
                Err(Wrong::Said(what)) => panic!("{pattern}, {clock:?}: {what}, in\n{report}"),
            }
        }
        all_there
    }
}

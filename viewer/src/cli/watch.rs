//! `taskscope watch`: says when alerts fire and when they are over, to people and programs.
//!
//! The net thread follows all services; this one judges them by the rules once a second and prints.
//! Whoever else is told has a thread of their own and a short queue: nobody who is slow
//! holds up the rest, and what finds no room is counted and said.

mod command;
mod options;
mod teller;
mod webhook;

use std::process::ExitCode;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, bail};
use taskscope_proto::model::{HistoryQuery, Resolution};
use tokio::sync::mpsc::Receiver;

use super::action::Format;
use super::{output, rules};
use crate::alert::{Alert, At, Change, Rule, Service, Turn, date};
use crate::analyse::numbers::{age, counted};
use crate::clock::Clock;
use crate::connect::{Event, Happening, HistoryRequest, Net, Orders, start};
use crate::report::harmless;
use options::FailOn;
pub use options::Watch;
use teller::Teller;

/// How often rules look at services that say nothing.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How often Alertmanager hears of what still fires: it takes silence for an end, after five minutes.
const REPEAT_EVERY: Duration = Duration::from_mins(1);
/// An alert fired that was not to.
const BAD: u8 = 1;

pub(super) fn run(watch: &Watch) -> anyhow::Result<ExitCode> {
    let (rules, targets) = (rules::read(watch.rules.as_deref())?, watch.targets()?);
    let fail_on = watch.fail_on(&rules)?;
    let (net, events) = start().context("cannot start the net thread")?;
    let tellers = Tellers::start(watch)?;
    let lines = (1..).zip(&targets);
    let lines = lines.map(|(session, target)| Line::follow(&net, session, target, rules.clone()));
    let mut watching = Watching {
        lines: lines.collect(),
        clock: Clock::start(),
        format: watch.format,
        ends: watch.span.is_some(),
        fail_on,
        tellers,
        failed: false,
        left_out: 0,
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start a runtime")?;
    runtime.block_on(async {
        let follow = watching.follow(events);
        match watch.span {
            Some(span) => tokio::time::timeout(span, follow).await.unwrap_or(Ok(())),
            None => follow.await,
        }
    })?;
    watching.end()
}

/// Who is told besides those who read.
struct Tellers {
    command: Option<Teller>,
    webhook: Option<Teller>,
}

impl Tellers {
    fn start(watch: &Watch) -> anyhow::Result<Self> {
        let cannot = "cannot start a thread";
        let command = watch.exec.clone().map(command::start).transpose().context(cannot)?;
        let webhook = watch.webhook.as_deref().map(webhook::start).transpose()?;
        Ok(Self { command, webhook })
    }

    fn all(&mut self) -> impl Iterator<Item = &mut Teller> {
        self.command.iter_mut().chain(&mut self.webhook)
    }
}

/// A service, and the line on which it is followed.
struct Line {
    session: u64,
    service: Service,
    /// Dropping them ends the line.
    orders: Orders,
    /// What was before is asked for once a connection, this much of it.
    asked: u64,
}

/// What was before, the coarse first: an answer with all of it need not be the last.
const BEFORE: [Resolution; 2] = [Resolution::Minute, Resolution::Second];

impl Line {
    fn follow(net: &Net, session: u64, target: &str, rules: Vec<Rule>) -> Self {
        let orders = net.line();
        orders.follow(session, Some(target.into()));
        Self { session, service: Service::new(target, rules), orders, asked: 0 }
    }

    fn take_in(&mut self, happening: &Happening, at: At) -> anyhow::Result<Vec<Change>> {
        if let Happening::Recorded { .. } = happening {
            bail!("a file says nothing new: watch a service");
        }
        if let Happening::Down { failure, .. } = happening
            && failure.hopeless
            && !self.service.has_answered()
        {
            bail!("{} {}", failure.cause.trim_end_matches('.'), failure.advice);
        }
        let changes = self.service.take_in(happening, at);
        self.ask_what_was_before(happening);
        Ok(changes)
    }

    /// Once the service has told how it is, and then once more when that is answered: what rises is
    /// seen by what it was before anybody watched.
    fn ask_what_was_before(&mut self, happening: &Happening) {
        let is_due = match happening {
            Happening::Connected(_) => {
                self.asked = 0;
                false
            }
            Happening::Profile(_) => self.asked == 0,
            Happening::History { ticket, .. } => *ticket == self.asked,
            _ => false,
        };
        let next = usize::try_from(self.asked).ok().and_then(|asked| BEFORE.get(asked));
        if let Some(&resolution) = next.filter(|_| is_due) {
            self.asked += 1;
            let query = HistoryQuery { resolution, ..HistoryQuery::default() };
            self.orders.history(HistoryRequest { ticket: self.asked, query });
        }
    }
}

struct Watching {
    lines: Vec<Line>,
    clock: Clock,
    format: Format,
    /// It ends by itself, and says then whether it failed.
    ends: bool,
    fail_on: FailOn,
    tellers: Tellers,
    failed: bool,
    /// Alerts that found no room in the last look.
    left_out: u64,
}

impl Watching {
    fn now(&self) -> At {
        let unix = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let unix_ms = u64::try_from(unix.as_millis()).unwrap_or(u64::MAX);
        At { moment: self.clock.now(), unix_ms }
    }

    async fn follow(&mut self, mut events: Receiver<Event>) -> anyhow::Result<()> {
        let mut looks = tokio::time::interval(LOOK_EVERY);
        let mut repeat = tokio::time::interval(REPEAT_EVERY);
        while self.ends || !self.failed {
            tokio::select! {
                event = events.recv() => {
                    let event = event.context("the net thread ended")?;
                    let at = self.now();
                    let mut lines = self.lines.iter_mut();
                    let line = lines.find(|line| line.session == event.session);
                    let changes = line.map(|line| line.take_in(&event.happening, at));
                    self.tell(changes.transpose()?.unwrap_or_default())?;
                    self.tell_left_out();
                }
                _ = looks.tick() => {
                    let at = self.now();
                    let looked = self.lines.iter_mut().flat_map(|line| line.service.look(at));
                    let changes = looked.collect();
                    self.tell(changes)?;
                }
                _ = repeat.tick() => self.repeat(),
            }
        }
        Ok(())
    }

    fn tell(&mut self, changes: Vec<Change>) -> anyhow::Result<()> {
        for change in changes {
            let line = match self.format {
                Format::Text => text(&change),
                Format::Json => change.json().to_string(),
            };
            output::answer(&format!("{line}\n")).context("cannot write the alert")?;
            self.failed |= change.turn == Turn::Fired && self.fail_on.is_met_by(&change.alert);
            self.tellers.all().for_each(|teller| teller.tell(std::slice::from_ref(&change)));
        }
        Ok(())
    }

    /// Says it when more alerts found no room than before.
    fn tell_left_out(&mut self) {
        let left_out = self.lines.iter().map(|line| line.service.left_out());
        let left_out = left_out.fold(0, u64::saturating_add);
        if let Some(words) = left_out_words(self.left_out, left_out) {
            output::complain(&words);
        }
        self.left_out = left_out;
    }

    /// Says once more what still fires.
    fn repeat(&mut self) {
        let Some(webhook) = &mut self.tellers.webhook else { return };
        let alerts = self.lines.iter().flat_map(|line| line.service.alerts());
        let firing = alerts.filter(|alert| alert.fired.is_some());
        let changes: Vec<Change> =
            firing.map(|alert| Change { turn: Turn::Fired, alert }).collect();
        if !changes.is_empty() {
            webhook.tell(&changes);
        }
    }

    fn end(self) -> anyhow::Result<ExitCode> {
        let Tellers { command, webhook } = self.tellers;
        [command, webhook].into_iter().flatten().for_each(Teller::end);
        if self.failed {
            return Ok(ExitCode::from(BAD));
        }
        let never = self.lines.iter().find(|line| !line.service.has_answered());
        match never.and_then(|line| line.service.gone()) {
            Some(failure) => bail!("{} {}", failure.cause.trim_end_matches('.'), failure.advice),
            None => Ok(ExitCode::SUCCESS),
        }
    }
}

/// One line for people: `2026-05-01T12:00:00Z firing critical proven checkout (127.0.0.1:6670) …`.
fn text(Change { turn, alert }: &Change) -> String {
    let Alert { rule, severity, process, target, text, .. } = alert;
    let (state, severity) = (turn.state(), severity.name());
    let when = alert.resolved.or(alert.fired).unwrap_or(alert.since);
    let when = date(when.unix_ms / 1_000 * 1_000);
    let who = if process == target { target.to_string() } else { format!("{process} ({target})") };
    let after = match (alert.fired, alert.resolved) {
        (Some(fired), Some(end)) => {
            format!(" (fired for {})", age(end.moment.saturating_sub(fired.moment)))
        }
        _ => String::new(),
    };
    let line = format!("{when} {state} {severity} {rule} {who} {text}{after}");
    // Labels and names are the service's words: nothing in them that a terminal would obey.
    harmless(&line)
}

/// What is to be said of alerts that found no room, if they are more than before.
fn left_out_words(before: u64, now: u64) -> Option<String> {
    let alerts = counted(now, "more alert");
    let kept = "of one rule a hundred are kept, and a thousand counts watched";
    (now > before).then(|| format!("{alerts} found no room: {kept}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_finds_no_room_is_said_when_it_grows() {
        let check = |before, now, expected: Option<&str>| {
            let words = left_out_words(before, now);
            let begun = words.as_deref().and_then(|words| words.split(':').next());
            assert_eq!(begun, expected, "{before} {now}");
        };
        check(0, 0, None);
        check(0, 1, Some("1 more alert found no room"));
        check(1, 9, Some("9 more alerts found no room"));
        check(9, 9, None);
        check(9, 3, None);
    }
}

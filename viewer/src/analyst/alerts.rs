//! The alerts of all services that are open, whichever of them is looked at.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use taskscope_proto::model::Profile;

use super::bands::bands;
use crate::alert::{Alert, At, Change, Hushed, Rule, Service, Severity, Subject, Turn};
use crate::clock::Moment;
use crate::connect::{Event, Happening, Place};
use crate::desktop::{Notifier, Standing};
use crate::screen::{Screen, ShownAlert};

/// Alerts that are over and still listed.
const MOST_OVER: usize = 100;

/// A service, or a file, and what is wrong with it.
#[derive(Debug)]
struct Judged {
    session: u64,
    target: Arc<str>,
    service: Service,
    /// The time of the latest state, if it is a file: its times count, and nobody is called.
    file: Option<At>,
}

/// All services, what is wrong with them, and who is told.
#[derive(Debug)]
pub(super) struct Alerts {
    rules: Vec<Rule>,
    services: Vec<Judged>,
    /// The latest first.
    over: VecDeque<Alert>,
    hushed: Arc<Hushed>,
    notifier: Option<Notifier>,
    notifies: bool,
}

impl Alerts {
    pub(super) fn new(rules: Vec<Rule>, notifier: Option<Notifier>) -> Self {
        Self {
            rules,
            services: Vec::new(),
            over: VecDeque::new(),
            hushed: Arc::default(),
            notifier,
            notifies: true,
        }
    }

    pub(super) fn open(&mut self, session: u64, address: &Arc<str>) {
        let service = Service::new(address, self.rules.clone());
        // What begins like a moment of a file and is none is no agent either.
        let is_file = address.parse().map_or(true, |place: Place| place.file().is_some());
        let file = is_file.then(At::default);
        self.services.push(Judged { session, target: Arc::clone(address), service, file });
    }

    pub(super) fn close(&mut self, session: u64) {
        let closed = self.services.extract_if(.., |known| known.session == session);
        let closed: Vec<Judged> = closed.collect();
        self.over.retain(|alert| closed.iter().all(|known| known.target != alert.target));
    }

    /// Of these nothing is to be heard from now on.
    pub(super) fn hush(&mut self, hushed: Arc<Hushed>) {
        self.hushed = hushed;
    }

    /// Whether the desktop is told.
    pub(super) fn notify(&mut self, notifies: bool) {
        self.notifies = notifies;
    }

    /// Takes in what happened to a service. `now`: by the clock of the viewer.
    pub(super) fn take_in(&mut self, event: &Event, now: Moment) {
        let mut services = self.services.iter_mut();
        let Some(judged) = services.find(|known| known.session == event.session) else { return };
        let changes = judged.take_in(&event.happening, now);
        let is_heard = judged.file.is_none();
        self.tell(changes, is_heard, now);
    }

    /// Time went by: what is gone is gone for longer, and may never say so again.
    pub(super) fn look(&mut self, now: Moment) {
        let services = self.services.iter_mut().filter(|judged| judged.file.is_none());
        let changes = services.flat_map(|judged| judged.service.look(at(now))).collect();
        self.tell(changes, true, now);
    }

    /// Whether time alone can change something.
    pub(super) fn waits_for_time(&self) -> bool {
        let mut services = self.services.iter().filter(|judged| judged.file.is_none());
        services.any(|judged| judged.service.gone().is_some())
    }

    fn tell(&mut self, changes: Vec<Change>, is_heard: bool, now: Moment) {
        let Self { hushed, notifier, notifies, over, .. } = self;
        for change in changes {
            // Of an end only what was told of hears, and it would stand there for ever else.
            let is_new = change.turn == Turn::Fired;
            let is_heard = is_heard
                && change.alert.severity >= Severity::Warning
                && !(is_new && hushed.of(&change.alert, at(now).unix_ms).is_some());
            if let Some(notifier) = notifier.as_mut().filter(|_| *notifies && is_heard) {
                notifier.tell(&change);
            }
            if change.turn == Turn::Resolved {
                over.push_front(change.alert);
                over.truncate(MOST_OVER);
            }
        }
    }

    /// How they stand.
    pub(super) fn book(&self, now: Moment) -> AlertBook {
        let alerts = self.services.iter().flat_map(|judged| judged.service.alerts());
        let mut alerts: Vec<Alert> = alerts.collect();
        alerts.sort_by_key(Alert::order);
        let files = self.services.iter();
        let files = files.filter_map(|judged| Some((Arc::clone(&judged.target), judged.file?)));
        let left_out = self.services.iter().map(|judged| judged.service.left_out());
        AlertBook {
            alerts,
            over: self.over.iter().cloned().collect(),
            left_out: left_out.fold(0, u64::saturating_add),
            hushed: Arc::clone(&self.hushed),
            files: files.collect(),
            desktop: self.notifier.as_ref().map(Notifier::standing).unwrap_or_default(),
            now: at(now),
        }
    }
}

impl Judged {
    fn take_in(&mut self, happening: &Happening, now: Moment) -> Vec<Change> {
        let Some(file) = &mut self.file else { return self.service.take_in(happening, at(now)) };
        match happening {
            Happening::Connected(_) => {}
            Happening::Profile(profile) => {
                let header = &profile.header;
                // A clock that was set back, or another run without one: time goes on here.
                let ms = if header.now_unix_ms > 0 { header.now_unix_ms } else { header.now_ms };
                let moment = Moment::from_millis(ms).max(file.moment);
                *file = At { moment, unix_ms: header.now_unix_ms };
            }
            // A file that cannot be opened is no agent that is gone.
            _ => return Vec::new(),
        }
        self.service.take_in(happening, *file)
    }
}

/// A moment of the viewer's clock, with the time of day.
fn at(now: Moment) -> At {
    let unix = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    At { moment: now, unix_ms: u64::try_from(unix.as_millis()).unwrap_or(u64::MAX) }
}

/// The alerts of all services, as they stand at a moment.
#[derive(Clone, Debug, Default)]
pub struct AlertBook {
    /// What fires and what is about to, the worst first.
    pub alerts: Vec<Alert>,
    /// What is over, the latest first.
    pub over: Vec<Alert>,
    /// How many found no room.
    pub left_out: u64,
    /// Of what nothing is to be heard.
    pub hushed: Arc<Hushed>,
    /// The files among the targets, and the time at the end of each.
    pub files: Vec<(Arc<str>, At)>,
    /// How it stands with the desktop.
    pub desktop: Standing,
    /// The moment.
    pub now: At,
}

/// Puts alerts on a screen: with the rows that they are about where its table has them, and on the
/// time line those of what is looked at.
pub fn show_alerts(screen: &mut Screen, book: AlertBook, profile: Option<&Profile>) {
    let AlertBook { alerts, over, left_out, hushed, files, desktop, now } = book;
    let shown = |alert: Alert| ShownAlert {
        row: row(screen, profile, &alert),
        hush: hushed.of(&alert, now.unix_ms),
        file_end: files.iter().find(|(target, _)| *target == alert.target).map(|(_, end)| *end),
        alert,
    };
    let alerts: Vec<ShownAlert> = alerts.into_iter().map(shown).collect();
    let over: Vec<ShownAlert> = over.into_iter().map(shown).collect();
    screen.timeline.bands = bands(screen, alerts.iter().chain(&over));
    screen.alerts = alerts;
    screen.alarm.over = over;
    screen.alarm.left_out = left_out;
    screen.alarm.desktop = desktop;
    screen.alarm.made = now;
}

/// The row of the table that an alert is about.
fn row(
    screen: &Screen,
    profile: Option<&Profile>,
    alert: &Alert,
) -> Option<Arc<[crate::analyse::Value]>> {
    let Subject::Tasks { labels, spawned_at } = &alert.subject else { return None };
    let profile = profile.filter(|_| screen.target.as_deref() == Some(&*alert.target))?;
    let is_meant = |at: u32| {
        let group = profile.groups.get(usize::try_from(at).ok()?)?;
        let origin = profile.origin(group.origin).map(|origin| &origin.spawned_at);
        Some(group.labels == *labels && origin == spawned_at.as_ref())
    };
    let mut rows = screen.table.rows.iter();
    let row = rows.find(|row| row.members.iter().any(|at| is_meant(*at) == Some(true)));
    row.map(|row| Arc::clone(&row.values))
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{SyncSender, sync_channel};
    use std::time::Duration;

    use taskscope_proto::model::Process;

    use super::*;
    use crate::alert::read_rules;
    use crate::desktop::{Board, Words};
    use crate::fixture;

    struct Wire(SyncSender<String>);

    impl Board for Wire {
        fn show(&mut self, words: &Words, replaces: Option<u32>) -> Result<u32, String> {
            let told = format!("{} {replaces:?}", words.summary);
            self.0.send(told).map_err(|error| error.to_string())?;
            Ok(7)
        }

        fn name(&self) -> &'static str {
            "a wire"
        }
    }

    #[test]
    fn the_end_takes_the_place_of_what_was_told_also_when_somebody_knows_of_it() {
        let rule =
            "built-in = false\n[[rule]]\nname = \"crowd\"\nwhen = \"tasks > 5\"\nclear = \"1s\"";
        let (told, heard) = sync_channel(4);
        let notifier = Notifier::start(Wire(told)).unwrap();
        let mut alerts = Alerts::new(read_rules(rule).unwrap(), Some(notifier));
        alerts.open(1, &"a:1".into());
        let tell = |alerts: &mut Alerts, secs: u64, happening| {
            alerts.take_in(&Event { session: 1, happening }, Duration::from_secs(secs));
        };
        let tasks = |count: u64| {
            let line = format!("{count} parked t=a < src/m.rs:1");
            Happening::Profile(Arc::new(fixture::profile(&[&line])))
        };
        let next = || heard.recv_timeout(Duration::from_secs(20)).unwrap();
        let process = Process { name: "shop".into(), ..Process::default() };
        tell(&mut alerts, 0, Happening::Connected(Arc::new(process)));
        tell(&mut alerts, 1, tasks(9));
        assert_eq!(next(), "Warning: shop None");
        let mut hushed = Hushed::default();
        hushed.acknowledge(alerts.book(Duration::from_secs(2)).alerts[0].id());
        alerts.hush(Arc::new(hushed));
        tell(&mut alerts, 3, tasks(1));
        tell(&mut alerts, 5, tasks(1));
        assert_eq!(next(), "Resolved: shop Some(7)");
    }
}

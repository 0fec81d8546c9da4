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
        let Self { services, hushed, notifier, notifies, over, .. } = self;
        let Some(judged) = services.iter_mut().find(|known| known.session == event.session) else {
            return;
        };
        let changes = judged.take_in(&event.happening, now);
        for change in changes {
            let is_heard = judged.file.is_none()
                && change.alert.severity >= Severity::Warning
                && hushed.of(&change.alert, at(now).unix_ms).is_none();
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
    let row = rows.find(|row| row.row.members.iter().any(|at| is_meant(*at) == Some(true)));
    row.map(|row| Arc::clone(&row.row.values))
}

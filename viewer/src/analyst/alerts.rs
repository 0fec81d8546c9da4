//! The alerts of all services that are open, whichever of them is looked at.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use taskscope_proto::model::Profile;

use crate::alert::{Alert, At, Service, Subject, built_in};
use crate::clock::Moment;
use crate::connect::Event;
use crate::screen::{ShownAlert, Table};

/// All services, and what is wrong with them by the built-in rules.
#[derive(Debug, Default)]
pub(super) struct Alerts {
    services: Vec<(u64, Service)>,
}

impl Alerts {
    pub(super) fn open(&mut self, session: u64, address: &str) {
        self.services.push((session, Service::new(address, built_in())));
    }

    pub(super) fn close(&mut self, session: u64) {
        self.services.retain(|(known, _)| *known != session);
    }

    /// Takes in what happened to a service. `now`: by the clock of the viewer.
    pub(super) fn take_in(&mut self, event: &Event, now: Moment) {
        let unix = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let unix_ms = u64::try_from(unix.as_millis()).unwrap_or(u64::MAX);
        let at = At { moment: now, unix_ms };
        for (session, service) in &mut self.services {
            if *session == event.session {
                // The screen shows how alerts stand, and not how they came to that.
                drop(service.take_in(&event.happening, at));
            }
        }
    }

    /// All that are pending or fire, the worst first.
    pub(super) fn all(&self) -> Vec<Alert> {
        let alerts = self.services.iter().flat_map(|(_, service)| service.alerts());
        let mut alerts: Vec<Alert> = alerts.collect();
        alerts.sort_by_key(Alert::order);
        alerts
    }
}

/// Alerts with the rows that they are about, where the table of this service has them.
pub fn shown(
    alerts: Vec<Alert>,
    target: Option<&str>,
    profile: Option<&Profile>,
    table: &Table,
) -> Vec<ShownAlert> {
    let row = |alert: &Alert| {
        let Subject::Tasks { labels, spawned_at } = &alert.subject else { return None };
        let profile = profile.filter(|_| target == Some(&*alert.target))?;
        let is_meant = |at: u32| {
            let group = profile.groups.get(usize::try_from(at).ok()?)?;
            let origin = profile.origin(group.origin).map(|origin| &origin.spawned_at);
            Some(group.labels == *labels && origin == spawned_at.as_ref())
        };
        let mut rows = table.rows.iter();
        let row = rows.find(|row| row.row.members.iter().any(|at| is_meant(*at) == Some(true)));
        row.map(|row| Arc::clone(&row.row.values))
    };
    alerts.into_iter().map(|alert| ShownAlert { row: row(&alert), alert }).collect()
}

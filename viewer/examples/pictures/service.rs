//! The services that are drawn: one of five groups, and larger ones.

use std::sync::Arc;
use std::time::Duration;

use taskscope_proto::model::{
    Blocker, Class, GroupId, Holder, Location, Process, Profile, Relation, WaitKind,
};
use taskscope_viewer::alert::{Alert, At, Service, built_in};
use taskscope_viewer::connect::{Failure, Happening};

use crate::stage::{Stage, TARGET};
use crate::{sample, sample_heap};

/// Another service beside the one that is looked at.
pub(crate) const OTHER: &str = "10.0.0.7:6670";
/// One of so many groups is suspect.
const SUSPECT: u64 = 97;

/// Five groups are the checkout of the tests; more are made up.
pub(crate) fn profile(groups: u64, second: u64) -> Profile {
    if groups == 5 {
        return sample_heap::with_heap(second);
    }
    let mut profile = sample_heap::large_with_heap(groups, 2_000);
    profile.header.now_ms += second * 1_000;
    for group in &mut profile.groups {
        let group = Arc::make_mut(group);
        let id = group.id.0;
        group.count += (id + second) % 7 * second / 10;
        if id % SUSPECT == 7 {
            group.verdict.class = Class::Suspect;
            group.verdict.tasks = group.count;
            group.verdict.points += 500;
            group.verdict.since_ms = 512_000;
            group.verdict.reason = format!(
                "{} of {} tasks spawned here since 12:03 have not finished; before that 99.9\u{a0}% \
                 finished within 80\u{a0}ms",
                group.count,
                group.count + 2
            )
            .into();
        }
        // Most wait for the eldest of their family, the eldest for one another.
        let holder = if id % 40 == 0 { id + 40 } else { id + 40 - id % 40 };
        if (id < 600 && id % 40 < 24 || id % SUSPECT == 7) && holder <= groups {
            group.blockers = vec![blocker(group.count, holder)];
        }
    }
    profile
}

fn blocker(tasks: u64, group: u64) -> Blocker {
    Blocker {
        kind: WaitKind::Mutex,
        made_at: Some(Location { file: "src/some/module/store.rs".into(), line: 20, column: 34 }),
        tasks,
        relation: Relation::Holds,
        since_ms: 480_000,
        holder: Some(Holder { task: group * 1_000, group: Some(GroupId(group)), ended: false }),
        holders: 1,
    }
}

pub(crate) fn at(second: u64) -> At {
    At { moment: Duration::from_secs(second), unix_ms: second * 1_000 }
}

/// It answers, and has not been watched yet.
pub(crate) fn live(groups: u64) -> Stage {
    Stage::following().with(sample::process(7, 4_242), profile(groups, 0))
}

/// It was watched for a minute and a half, and marked at the beginning.
pub(crate) fn watched(groups: u64) -> Stage {
    let mut stage = live(groups);
    stage.store_mut().mark(None);
    for second in (15..=90).step_by(15) {
        stage.now += Duration::from_secs(15);
        stage.tell(Happening::Profile(Arc::new(profile(groups, second))));
    }
    stage
}

/// The same, and its alerts: what fires, what is about to, what is over, and one of another service.
pub(crate) fn alarmed(groups: u64) -> Stage {
    let mut stage = watched(groups);
    let mut service = Service::new(TARGET, built_in());
    service.take_in(&Happening::Connected(sample::process(7, 4_242).into()), at(100));
    for second in (0..=90).step_by(15) {
        service.take_in(&Happening::Profile(profile(groups, second).into()), at(100 + second));
    }
    let mut other = Service::new(OTHER, built_in());
    other.take_in(&down(OTHER), at(170));
    other.look(at(190));
    let (mut alerts, mut gone) = (service.alerts(), other.alerts());
    let over = |mut alert: Alert| {
        (alert.since, alert.fired, alert.resolved) = (at(105), Some(at(115)), Some(at(150)));
        alert.target = TARGET.into();
        alert.process = "checkout".into();
        alert
    };
    stage.book.over = gone.iter().cloned().map(over).collect();
    // The next but one is about to fire only.
    for (number, alert) in (0_u64..).zip(&mut alerts) {
        alert.since = at(120 + number * 5 % 60);
        alert.fired = (number % 3 != 2).then_some(at(150 + number * 5 % 35));
    }
    alerts.append(&mut gone);
    alerts.sort_by_key(Alert::order);
    stage.book.alerts = alerts;
    stage.book.left_out = 7;
    stage.refresh();
    stage
}

/// Two services: one with alerts, and one that is down.
pub(crate) fn two(groups: u64) -> Stage {
    let mut stage = alarmed(groups);
    let session = stage.open(OTHER);
    let process = Process { name: "ledger".into(), ..sample::process(9, 4_711) };
    stage.tell_of(session, Happening::Connected(Arc::new(process)));
    stage.tell_of(session, Happening::Profile(Arc::new(sample::profile(0))));
    stage.now += Duration::from_secs(1);
    stage.tell_of(session, down(OTHER));
    stage
}

/// Nothing listens there.
pub(crate) fn down(address: &str) -> Happening {
    let failure = Failure {
        tried: format!("connect to {address}"),
        cause: format!("Nothing listens on {address}."),
        advice: "Start the service, and look for the address that its agent logs at start.".into(),
        hopeless: false,
    };
    Happening::Down { failure, retry_in: Some(Duration::from_secs(3)) }
}

//! Who hears of alerts: through the analyst's thread, of a service and of a file.

use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use taskscope_proto::file::Writer;
use taskscope_proto::model::Profile;
use taskscope_viewer::alert::{Hush, read_rules};
use taskscope_viewer::analyst::{Analyst, Ask, Judging};
use taskscope_viewer::clock::Clock;
use taskscope_viewer::connect;
use taskscope_viewer::desktop::{Board, Notifier, Words};
use taskscope_viewer::screen::Screen;
use taskscope_viewer::store::Connection;

use crate::net::{Service, follow, quick, until};
use crate::sample;

const RULES: &str = "built-in = false
[[rule]]
name = \"crowd\"
when = \"tasks > 5\"
for = \"10s\"
[[rule]]
name = \"at once\"
when = \"tasks > 5\"
severity = \"critical\"
[[rule]]
name = \"info\"
when = \"tasks > 5\"
severity = \"info\"
[[rule]]
name = \"gone\"
when = \"gone\"
";

/// Hands on what would be shown.
struct Wire(SyncSender<Words>);

impl Board for Wire {
    fn show(&mut self, words: &Words, _replaces: Option<u32>) -> Result<u32, String> {
        self.0.send(words.clone()).map_err(|error| error.to_string())?;
        Ok(1)
    }

    fn name(&self) -> &'static str {
        "a wire"
    }
}

/// An analyst with the rules above, and what the desktop hears.
fn desk() -> ((Analyst, Receiver<()>), Receiver<Words>) {
    desk_with(RULES)
}

/// The same with rules of one's own.
fn desk_with(rules: &str) -> ((Analyst, Receiver<()>), Receiver<Words>) {
    let (net, events) = connect::start().unwrap();
    let (wake, woken) = sync_channel(1);
    let wake = move || _ = wake.try_send(());
    let (told, heard) = sync_channel(16);
    let notifier = Some(Notifier::start(Wire(told)).unwrap());
    let judging = Judging { rules: read_rules(rules).unwrap(), notifier };
    let analyst = Analyst::start(net, events, Clock::start(), judging, wake).unwrap();
    ((analyst, woken), heard)
}

/// What is heard next, but for the alert that comes after a while.
fn next(heard: &Receiver<Words>) -> String {
    loop {
        let words = heard.recv_timeout(Duration::from_secs(20)).unwrap();
        let rule = words.body.split(':').next().unwrap();
        if rule != "crowd" {
            return format!("{}: {rule}", words.summary);
        }
    }
}

#[test]
fn the_desktop_hears_of_what_fires_unless_it_is_not_to() {
    let mut service = Service::start(quick(1, 41));
    let address = service.address.to_string();
    let (desk, heard) = desk();
    follow(&desk.0, &address);
    assert_eq!(next(&heard), "Critical: checkout: at once");
    let fires = |screen: &Screen| screen.alerts.iter().any(|it| &*it.alert.rule == "info");
    let screen = until(&desk, "the alerts", |screen| fires(screen));
    assert_eq!(screen.alerts.iter().filter(|shown| shown.calls()).count(), 2);
    // Acknowledged: it fires still, and does not call.
    let mut hushed = taskscope_viewer::alert::Hushed::default();
    hushed.acknowledge(screen.alerts[0].alert.id());
    desk.0.ask(Ask::Hush(hushed.into())).unwrap();
    let known = |screen: &Screen| screen.alerts[0].hush == Some(Hush::Acknowledged);
    let screen = until(&desk, "the hush", known);
    assert!(!screen.alerts[0].calls());

    service.kill();
    assert_eq!(next(&heard), "Warning: checkout: gone");
    // Switched off, nothing is told of the next one.
    desk.0.ask(Ask::Notify(false)).unwrap();
    let mut other = Service::start(quick(2, 42));
    desk.0.ask(Ask::Open(other.address.to_string().into())).unwrap();
    let of_other = |screen: &Screen, rule: &str| {
        let target = other.address.to_string();
        let mut alerts = screen.alerts.iter().map(|shown| &shown.alert);
        alerts.any(|it| *it.target == *target && &*it.rule == rule && it.fired.is_some())
    };
    until(&desk, "an alert of the other", |screen| of_other(screen, "at once"));
    other.kill();
    let of_other = |screen: &Screen| {
        screen.alerts.iter().filter(|shown| &*shown.alert.rule == "gone").count() == 2
    };
    until(&desk, "the end of the other", of_other);
    assert!(heard.try_recv().is_err());
}

fn write(path: &Path, states: impl Iterator<Item = Profile>) {
    let mut writer = Writer::packed(Vec::new());
    writer.process(&sample::process(7, 42)).unwrap();
    states.for_each(|state| writer.state(&state).unwrap());
    std::fs::write(path, writer.end().unwrap()).unwrap();
}

#[test]
fn what_is_over_is_listed_and_stays_on_the_time_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("checkout.taskscope");
    // Twenty seconds of a crowd, then nobody.
    let state = |second| match second {
        0..20 => sample::profile(second),
        _ => Profile { header: sample::profile(second).header, ..Profile::default() },
    };
    write(&path, (0..70).map(state));
    let (desk, _heard) = desk();
    follow(&desk.0, path.to_str().unwrap());
    let played = |screen: &Screen| matches!(screen.connection, Connection::Recorded { .. });
    let screen = until(&desk, "the end of the file", played);
    assert_eq!(screen.alerts, []);
    let over: Vec<_> = screen.alarm.over.iter().map(|shown| &*shown.alert.rule).collect();
    assert_eq!(over.len(), 3, "{over:?}");
    let crowd = screen.alarm.over.iter().find(|shown| &*shown.alert.rule == "crowd").unwrap();
    let first = sample::profile(0).header;
    // Half a minute after its condition was over.
    assert_eq!(crowd.alert.resolved.unwrap().unix_ms, first.now_unix_ms + 50_000);
    let band = screen.timeline.bands.iter().find(|band| band.alert == crowd.alert.id()).unwrap();
    let times = (band.since_ms, band.fired_ms, band.until_ms);
    assert_eq!(times, (first.now_ms, first.now_ms + 10_000, Some(first.now_ms + 50_000)));
    // What is closed is listed no longer.
    desk.0.ask(Ask::Close(path.to_str().unwrap().into())).unwrap();
    until(&desk, "an empty list", |screen| screen.alarm.over.is_empty());
}

#[test]
fn a_file_is_judged_by_its_own_times_and_nobody_is_called() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("checkout.taskscope");
    write(&path, (0..30).map(sample::profile));
    let (desk, heard) = desk();
    let begun = Instant::now();
    follow(&desk.0, path.to_str().unwrap());
    let played = |screen: &Screen| matches!(screen.connection, Connection::Recorded { .. });
    let screen = until(&desk, "the end of the file", played);
    assert!(begun.elapsed() < Duration::from_secs(10), "it took as long as what it tells of");
    let crowd = screen.alerts.iter().find(|shown| &*shown.alert.rule == "crowd").unwrap();
    let first = sample::profile(0).header;
    let fired = crowd.alert.fired.unwrap();
    assert_eq!(crowd.alert.since.unix_ms, first.now_unix_ms);
    assert_eq!(fired.unix_ms, first.now_unix_ms + 10_000);
    assert_eq!(crowd.age(fired, begun.elapsed()), Duration::from_secs(19));
    assert!(!crowd.calls());
    let band = screen.timeline.bands.iter().find(|band| band.alert == crowd.alert.id()).unwrap();
    let times = (band.since_ms, band.fired_ms, band.until_ms);
    assert_eq!(times, (first.now_ms, first.now_ms + 10_000, None));

    // A file that cannot be opened is no agent that is gone.
    desk.0.ask(Ask::Open("no/such.taskscope".into())).unwrap();
    desk.0.ask(Ask::Open("no/such.taskscope@soon".into())).unwrap();
    let down = |screen: &Screen| screen.tabs.iter().filter(|tab| tab.state() == "down").count();
    let both = |screen: &Screen| down(screen) == 2;
    let screen = until(&desk, "two reasons", both);
    assert!(screen.alerts.iter().all(|shown| &*shown.alert.rule != "gone"));
    assert!(heard.try_recv().is_err());
}

#[test]
fn who_is_gone_for_good_and_never_tried_again_is_told_when_it_is_time() {
    let rule = "built-in = false\n[[rule]]\nname = \"gone\"\nwhen = \"gone\"\nfor = \"2s\"\n";
    let (desk, heard) = desk_with(rule);
    let begun = Instant::now();
    // No address at all: nobody tries it twice.
    follow(&desk.0, "nowhere");
    assert_eq!(next(&heard), "Warning: nowhere: gone");
    assert!(begun.elapsed() >= Duration::from_secs(2));
}

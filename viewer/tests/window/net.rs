//! The net thread and the analyst against an agent that comes and goes.
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::agent::FakeAgent;
use taskscope_proto::file::{Note, Writer};
use taskscope_proto::model::TaskOrder;
use taskscope_viewer::analyse::{Query, Selection};
use taskscope_viewer::analyst::{Analyst, Ask, Judging};
use taskscope_viewer::clock::Clock;
use taskscope_viewer::connect;
use taskscope_viewer::screen::Screen;
use taskscope_viewer::store::Connection;
use taskscope_viewer::workspace::Workspace;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

const DEADLINE: Duration = Duration::from_secs(20);

/// An agent that can be killed and started again on the same port.
pub(crate) struct Service {
    runtime: Runtime,
    pub(crate) address: SocketAddr,
    serving: Option<JoinHandle<std::io::Result<()>>>,
}

impl Service {
    pub(crate) fn start(agent: FakeAgent) -> Self {
        let runtime = Runtime::new().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let mut service = Self { runtime, address, serving: None };
        service.serving = Some(service.runtime.spawn(agent.serve_on(listener)));
        service
    }

    pub(crate) fn kill(&mut self) {
        // Dropping the runtime ends the connections too, as the end of a process would.
        drop(self.serving.take());
        std::mem::replace(&mut self.runtime, Runtime::new().unwrap()).shutdown_background();
    }

    pub(crate) fn restart(&mut self, agent: FakeAgent) {
        let started = Instant::now();
        let listener = loop {
            match self.runtime.block_on(TcpListener::bind(self.address)) {
                Ok(listener) => break listener,
                Err(error) => assert!(started.elapsed() < DEADLINE, "{error}"),
            }
            std::thread::yield_now();
        };
        self.serving = Some(self.runtime.spawn(agent.serve_on(listener)));
    }
}

pub(crate) fn quick(run_id: u64, pid: u32) -> FakeAgent {
    FakeAgent { every: Duration::from_millis(30), ..FakeAgent::sample(run_id, pid) }
}

pub(crate) fn analyst() -> (Analyst, std::sync::mpsc::Receiver<()>) {
    let (net, events) = connect::start().unwrap();
    let (wake, woken) = std::sync::mpsc::sync_channel(1);
    let wake = move || _ = wake.try_send(());
    (Analyst::start(net, events, Clock::start(), Judging::default(), wake).unwrap(), woken)
}

/// Waits for a screen that fits.
pub(crate) fn until(
    (analyst, woken): &(Analyst, std::sync::mpsc::Receiver<()>),
    what: &str,
    fits: impl Fn(&Screen) -> bool,
) -> Arc<Screen> {
    let deadline = Instant::now() + DEADLINE;
    loop {
        let screen = analyst.screen();
        if fits(&screen) {
            return screen;
        }
        let left = deadline.saturating_duration_since(Instant::now());
        assert!(!left.is_zero(), "waited for {what}, got {:?}", screen.connection);
        // Woken or not: look again.
        _ = woken.recv_timeout(left);
    }
}

pub(crate) fn query(generation: u64) -> Query {
    Query { generation, keys: Workspace::usual_keys(), ..Query::default() }
}

pub(crate) fn follow(analyst: &Analyst, address: &str) {
    analyst.ask(Ask::Query(Arc::new(query(1)))).unwrap();
    analyst.ask(Ask::Open(address.into())).unwrap();
}

/// The only service is another one from now on.
fn replace(analyst: &Analyst, old: &str, new: &str) {
    analyst.ask(Ask::Close(old.into())).unwrap();
    analyst.ask(Ask::Open(new.into())).unwrap();
}

#[test]
fn a_service_that_dies_and_comes_back_as_another_run_begins_anew() {
    let mut service = Service::start(quick(1, 41));
    let desk = analyst();
    follow(&desk.0, &service.address.to_string());
    let screen = until(&desk, "groups", |screen| !screen.table.rows.is_empty());
    assert!(screen.is_live());
    assert_eq!(screen.process.as_ref().unwrap().pid, 41);

    service.kill();
    let screen = until(&desk, "the end", |screen| !screen.is_live());
    assert!(!screen.table.rows.is_empty(), "the last numbers stay");
    let Connection::Down { retry_at, .. } = &screen.connection else {
        panic!("{:?}", screen.connection);
    };
    assert!(retry_at.is_some(), "it will be tried again");

    service.restart(quick(2, 42));
    let back = |screen: &Screen| screen.is_live() && !screen.table.rows.is_empty();
    let screen = until(&desk, "the new run", back);
    assert_eq!(screen.process.as_ref().unwrap().pid, 42);
    assert_eq!(screen.restart.as_ref().unwrap().old_pid, 41);
}

#[test]
fn a_gap_in_the_stream_is_healed_by_a_new_one() {
    let service = Service::start(FakeAgent { loses_messages: true, ..quick(1, 41) });
    let desk = analyst();
    follow(&desk.0, &service.address.to_string());
    let mut latest = 0;
    for round in 0..12 {
        let newer = |screen: &Screen| {
            assert!(!matches!(screen.connection, Connection::Down { .. }), "round {round}");
            screen.received_at.as_nanos() > latest
        };
        latest = until(&desk, "one more state", newer).received_at.as_nanos();
    }
}

#[test]
fn the_tasks_of_the_chosen_row_come_page_by_page() {
    let service = Service::start(quick(1, 41));
    let desk = analyst();
    follow(&desk.0, &service.address.to_string());
    let screen = until(&desk, "groups", |screen| !screen.table.rows.is_empty());
    let values = screen.table.rows[0].values.clone();
    for (generation, offset) in [(2, 0), (3, 100)] {
        let selection = Selection { values: values.clone(), offset, ..Selection::default() };
        let query = Query { selection: Some(selection), ..query(generation) };
        desk.0.ask(Ask::Query(Arc::new(query))).unwrap();
        let page = |screen: &Screen| {
            screen.generation == generation
                && screen.detail.as_ref().is_some_and(|detail| detail.page.is_some())
        };
        let screen = until(&desk, "a page", page);
        let page = screen.detail.as_ref().unwrap().page.clone().unwrap();
        assert_eq!((page.tasks.len(), page.tasks[0].id), (100, 41_000 + offset));
    }
}

#[test]
fn an_answer_that_does_not_come_is_not_waited_for() {
    let never_lists = Some(TaskOrder::Newest);
    let service = Service::start(FakeAgent { never_lists, ..quick(1, 41) });
    let desk = analyst();
    follow(&desk.0, &service.address.to_string());
    let screen = until(&desk, "groups", |screen| !screen.table.rows.is_empty());
    let values = screen.table.rows[0].values.clone();
    let look = |generation, order| {
        let selection = Selection { values: values.clone(), order, offset: 0 };
        let query = Query { selection: Some(selection), ..query(generation) };
        desk.0.ask(Ask::Query(Arc::new(query))).unwrap();
    };
    look(2, TaskOrder::Newest);
    let asking = |screen: &Screen| screen.generation == 2 && screen.asking.is_some();
    let screen = until(&desk, "a question", asking);
    assert_eq!(screen.asking.unwrap().what, "the tasks of this row");
    desk.0.ask(Ask::Cancel).unwrap();
    let cancelled = |screen: &Screen| screen.asking.is_some_and(|asking| asking.cancelled);
    until(&desk, "an end of it", cancelled);
    desk.0.ask(Ask::Retry).unwrap();
    let again = |screen: &Screen| screen.asking.is_some_and(|asking| !asking.cancelled);
    until(&desk, "the question again", again);
    // Another question does not wait for the end of this one, which would take ten seconds.
    let begun = Instant::now();
    look(3, TaskOrder::Oldest);
    let page = |screen: &Screen| {
        screen.generation == 3 && screen.detail.as_ref().is_some_and(|d| d.page.is_some())
    };
    assert_eq!(until(&desk, "a page", page).asking, None);
    assert!(begun.elapsed() < Duration::from_secs(9), "it waited for the other answer");
}

#[test]
fn a_file_is_played_to_its_end_with_what_is_to_be_said_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("checkout.taskscope");
    let mut writer = Writer::packed(Vec::new());
    writer.process(&crate::sample::process(7, 42)).unwrap();
    for second in 0..30 {
        writer.state(&crate::sample::profile(second)).unwrap();
    }
    writer.note(&Note { at_unix_ms: 0, text: "SIGQUIT".into() }).unwrap();
    let mut bytes = writer.end().unwrap();
    bytes.truncate(bytes.len() - 7);
    std::fs::write(&path, &bytes).unwrap();
    let desk = analyst();
    follow(&desk.0, path.to_str().unwrap());
    let played = |screen: &Screen| matches!(screen.connection, Connection::Recorded { .. });
    let screen = until(&desk, "the end of the file", played);
    let Connection::Recorded { states, goes_on, remarks } = &screen.connection else {
        unreachable!()
    };
    assert_eq!((*states, *goes_on, remarks.len()), (30, false, 2), "{remarks:?}");
    assert_eq!(remarks[0], "1970-01-01T00:00:00Z: SIGQUIT");
    assert!(remarks[1].contains("the file was cut off there"), "{remarks:?}");
    assert!(!screen.is_live() && !screen.table.rows.is_empty());
    assert_eq!(screen.agent_now_ms(Duration::MAX), crate::sample::profile(29).header.now_ms);
    let seconds = &screen.timeline.seconds;
    assert!(seconds.len() >= 29, "what came before the end is there: {seconds:?}");

    // A moment of it, as it was then, and one that makes no sense.
    let moment = format!("{}@+9s", path.display());
    replace(&desk.0, path.to_str().unwrap(), &moment);
    let at_moment = |screen: &Screen| {
        played(screen) && screen.target.as_deref().is_some_and(|target| target.ends_with("@+9s"))
    };
    let screen = until(&desk, "the moment", at_moment);
    assert_eq!(screen.agent_now_ms(Duration::MAX), crate::sample::profile(9).header.now_ms);
    let Connection::Recorded { states, goes_on, .. } = &screen.connection else { unreachable!() };
    assert_eq!((*states, *goes_on), (10, true));
    let soon = format!("{}@soon", path.display());
    replace(&desk.0, &moment, &soon);
    let down = |screen: &Screen| matches!(screen.connection, Connection::Down { .. });
    let screen = until(&desk, "a reason", down);
    let Connection::Down { failure, .. } = &screen.connection else { unreachable!() };
    assert!(failure.cause.contains("`soon` is not a moment"), "{failure:?}");

    replace(&desk.0, &soon, "no/such.taskscope");
    let cannot_open = |screen: &Screen| matches!(&screen.connection, Connection::Down { failure, .. } if failure.cause.contains("no/such"));
    let screen = until(&desk, "a reason", cannot_open);
    let Connection::Down { failure, retry_at, .. } = &screen.connection else { unreachable!() };
    assert!(failure.cause.starts_with("Cannot open no/such.taskscope"), "{failure:?}");
    assert_eq!(*retry_at, None);
}

#[test]
fn who_connects_late_sees_what_was_before() {
    let service = Service::start(FakeAgent { remembers: Some(590), ..quick(1, 41) });
    let desk = analyst();
    follow(&desk.0, &service.address.to_string());
    let filled = |screen: &Screen| screen.table.trends.of(0).len() > 40;
    let screen = until(&desk, "the past", filled);
    assert!(screen.table.trend_span > Duration::from_secs(580), "{:?}", screen.table.trend_span);
    let trend = screen.table.trends.of(0);
    // One row has the tasks of two groups: each rose from nothing by one every ten seconds.
    let before = &trend[..trend.len() - 2];
    assert!(before.is_sorted() && before[0] < 8 && before[before.len() - 1] > 50, "{trend:?}");
}

#[test]
fn an_agent_that_remembers_nothing_is_no_failure() {
    let service = Service::start(quick(1, 41));
    let desk = analyst();
    follow(&desk.0, &service.address.to_string());
    let mut latest = 0;
    for _ in 0..10 {
        let newer = |screen: &Screen| {
            assert!(!matches!(screen.connection, Connection::Down { .. }));
            !screen.table.rows.is_empty() && screen.received_at.as_nanos() > latest
        };
        latest = until(&desk, "one more state", newer).received_at.as_nanos();
    }
}

#[test]
fn a_wrong_address_is_final_and_a_silent_one_is_tried_again() {
    let desk = analyst();
    follow(&desk.0, "no address");
    let down = |screen: &Screen| matches!(screen.connection, Connection::Down { .. });
    let screen = until(&desk, "a failure", down);
    let Connection::Down { failure, retry_at, .. } = &screen.connection else { unreachable!() };
    assert!(failure.hopeless && retry_at.is_none(), "{failure:?}");

    // Taken and given back: nothing listens there.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    replace(&desk.0, "no address", &free.to_string());
    let again = |screen: &Screen| matches!(&screen.connection, Connection::Down { attempts, .. } if *attempts >= 2);
    let screen = until(&desk, "a second attempt", again);
    let Connection::Down { failure, .. } = &screen.connection else { unreachable!() };
    assert!(failure.cause.contains("Nothing listens"), "{failure:?}");
}

#[test]
fn another_target_replaces_the_first_at_once() {
    let first = Service::start(quick(1, 41));
    let second = Service::start(quick(2, 42));
    let desk = analyst();
    follow(&desk.0, &first.address.to_string());
    until(&desk, "the first", |screen| !screen.table.rows.is_empty());
    replace(&desk.0, &first.address.to_string(), &second.address.to_string());
    let other = |screen: &Screen| screen.process.as_ref().is_some_and(|p| p.pid == 42);
    let screen = until(&desk, "the second", other);
    assert_eq!(screen.restart, None, "another service is no restart");
    desk.0.ask(Ask::Close(second.address.to_string().into())).unwrap();
    until(&desk, "nothing", |screen| screen.connection == Connection::Idle);
}

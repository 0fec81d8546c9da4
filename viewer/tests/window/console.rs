//! A console-subscriber service, from its words to the window.

use std::sync::Arc;
use std::time::Duration;

use crate::agent::FakeAgent;
use crate::console_service::{ConsoleService, UP_SECS, add_tasks, empty, sample};
use crate::net::{analyst, follow, query, until};
use crate::printer::print;
use crate::stage::{Stage, harness};
use egui_kittest::kittest::Queryable;
use taskscope_proto::model::{Capture, Process, Profile, Source, TaskPage, TaskQuery};
use taskscope_viewer::analyse::{Query, Selection};
use taskscope_viewer::analyst::Ask;
use taskscope_viewer::connect::{Client, Happening};
use taskscope_viewer::report;
use taskscope_viewer::screen::Screen;
use taskscope_viewer::store::Connection;

const SOON: Duration = Duration::from_secs(20);

/// What a dump asks for, at the moment of its second state, and the tasks that have waited longest.
fn dump(service: &ConsoleService) -> (Process, Profile, TaskPage) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (process, profile, mut page) = runtime.block_on(async {
        let target = service.address.to_string();
        let (client, process) = Client::connect(&target, SOON).await.unwrap();
        let profile = client.snapshot(Capture::Cached).await.unwrap();
        let query = TaskQuery { limit: 2, ..TaskQuery::default() };
        (process, profile, client.tasks(&query).await.unwrap())
    });
    let mut profile = Profile::clone(&profile);
    // However long it took here.
    let moment = u64::try_from(UP_SECS + 1).unwrap() * 1_000;
    assert!(profile.header.now_ms >= moment, "{}", profile.header.now_ms);
    profile.header.now_unix_ms -= profile.header.now_ms - moment;
    profile.header.now_ms = moment;
    page.now_ms = moment;
    (process, profile, page)
}

fn stage() -> Stage {
    let (process, profile, page) = dump(&ConsoleService::sample());
    let stage = Stage { page: Some(Arc::new(page)), ..Stage::following() };
    stage.with(process, profile)
}

fn rows(screen: &Screen) -> Vec<String> {
    let row = |row: &taskscope_viewer::analyse::Row| {
        let values: Vec<String> = row.values.iter().map(ToString::to_string).collect();
        format!("{} {}", row.sum.count, values.join(" "))
    };
    screen.table.rows.iter().map(row).collect()
}

#[test]
fn the_window_shows_what_a_console_subscriber_knows_and_says_what_it_does_not() {
    let harness = harness(stage());
    let text = print(&harness.root());
    assert!(text.contains("pid not known"), "{text}");
    assert!(text.contains("await points, verdicts and memory are not known"), "{text}");
    insta::assert_snapshot!(text);
}

#[test]
fn taking_the_stand_in_away_takes_away_what_it_stands_for() {
    let mut harness = harness(stage());
    harness.get_by_label("Take spawned at out of the grouping").click();
    harness.run();
    let text = print(&harness.root());
    assert!(!text.contains("Take spawned at out of the grouping"), "{text}");
    assert!(text.contains("Take waits for out of the grouping"), "{text}");
}

#[test]
fn a_dump_says_unknown_where_nothing_is_known() {
    let (process, profile, _) = dump(&ConsoleService::sample());
    assert_eq!((process.source, process.pid), (Source::Console, 0));
    let text = report::text(&process, &profile, report::Style::default());
    insta::assert_snapshot!(text);
    let json = report::json(&process, &profile).unwrap();
    for part in [
        "\"pid\": null",
        "\"alive\": null",
        "\"class\": null",
        "\"detached\": null",
        "\"longest_poll_secs\": null",
        "\"await_point\": null",
        "\"heap\": null",
    ] {
        assert!(json.contains(part), "{part} is not in {json}");
    }
}

#[test]
fn the_net_thread_follows_it_and_its_tasks_come_page_by_page() {
    let mut more = empty(UP_SECS + 1);
    add_tasks(&mut more, 101, 150, ("connection", 77), 301);
    let service = ConsoleService::start(vec![sample(), more], Duration::from_secs(1));
    let desk = analyst();
    follow(&desk.0, &service.address.to_string());
    let first = ["12 ledger src/main.rs:40:9 mutex"];
    let screen = until(&desk, "the first state", |screen| !screen.table.rows.is_empty());
    assert_eq!(rows(&screen)[..1], first);
    assert_eq!(screen.process.as_ref().map(|process| process.source), Some(Source::Console));
    let grown = |screen: &Screen| {
        rows(screen).iter().any(|row| row == "190 connection src/main.rs:77:9 (unknown)")
    };
    let screen = until(&desk, "the second state", grown);
    let at = rows(&screen).iter().position(|row| row.contains("connection")).unwrap();
    let values = screen.table.rows[at].values.clone();
    let selection = Selection { values, offset: 100, ..Selection::default() };
    let query = Query { selection: Some(selection), ..query(2) };
    desk.0.ask(Ask::Query(Arc::new(query))).unwrap();
    let page = |screen: &Screen| {
        screen.generation == 2 && screen.detail.as_ref().is_some_and(|it| it.page.is_some())
    };
    let screen = until(&desk, "a page", page);
    let page = screen.detail.as_ref().unwrap().page.clone().unwrap();
    // Forty that were there first, then those that came; none is told twice.
    assert_eq!((page.tasks.len(), page.total, page.tasks[0].id), (90, 190, 161));
}

#[test]
fn where_nothing_changes_the_clock_goes_on_and_the_connection_stays() {
    let service = ConsoleService::start(vec![sample()], Duration::from_secs(1));
    let desk = analyst();
    follow(&desk.0, &service.address.to_string());
    let screen = until(&desk, "the first state", |screen| !screen.table.rows.is_empty());
    let first = screen.header.as_ref().unwrap().now_ms;
    let later = |screen: &Screen| {
        assert!(!matches!(screen.connection, Connection::Down { .. }));
        screen.header.as_ref().is_some_and(|header| header.now_ms > first + 3_000)
    };
    until(&desk, "a state of later", later);
}

#[test]
fn a_console_service_that_ends_is_a_lost_connection() {
    let service = ConsoleService::sample();
    let desk = analyst();
    follow(&desk.0, &service.address.to_string());
    until(&desk, "the first state", |screen| !screen.table.rows.is_empty());
    drop(service);
    let down = |screen: &Screen| matches!(screen.connection, Connection::Down { .. });
    let screen = until(&desk, "the end", down);
    assert!(!screen.table.rows.is_empty(), "the last numbers stay");
}

#[test]
fn an_agent_is_not_taken_for_a_console_service() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let process = runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        tokio::spawn(FakeAgent::sample(1, 41).serve_on(listener));
        Client::connect(&address, SOON).await.unwrap().1
    });
    assert_eq!((process.source, process.pid), (Source::Agent, 41));
}

#[test]
fn a_first_state_of_many_megabytes_is_taken_in() {
    let mut update = empty(UP_SECS);
    for block in 0..4 {
        add_tasks(&mut update, 1 + block * 10_000, 10_000, ("crowd", 7), 100);
    }
    let service = ConsoleService::start(vec![update], Duration::from_secs(1));
    let desk = analyst();
    follow(&desk.0, &service.address.to_string());
    let screen = until(&desk, "the crowd", |screen| !screen.table.rows.is_empty());
    assert_eq!(rows(&screen), ["40000 crowd src/main.rs:7:9 (unknown)"]);
}

#[test]
fn a_restart_is_said_without_process_ids() {
    let mut stage = stage();
    let again = Process { run_id: 8, source: Source::Console, ..Process::default() };
    stage.tell(Happening::Connected(Arc::new(again)));
    let text = print(&harness(stage).root());
    assert!(text.contains("The service restarted < 1 s ago. Counts and trends"), "{text}");
}

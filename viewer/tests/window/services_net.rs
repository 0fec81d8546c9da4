//! The net thread and the analyst against several agents at once.

use std::sync::Arc;

use taskscope_proto::model::Class;
use taskscope_viewer::analyse::{Key, PROCESS, Query, Scope, Selection};
use taskscope_viewer::analyst::{Analyst, Ask};
use taskscope_viewer::screen::Screen;
use taskscope_viewer::workspace::Workspace;

use crate::agent::FakeAgent;
use crate::net::{Service, analyst, quick, until};
use crate::sample;
use crate::services::ledger;

/// A service that nothing is the matter with.
fn calm(run_id: u64) -> FakeAgent {
    let (mut process, profile) = ledger();
    process.run_id = run_id;
    let make = move |seconds: u64| {
        let mut profile = profile.clone();
        profile.header.now_ms += 1_000 * seconds;
        profile
    };
    FakeAgent { process, make: Arc::new(make), ..quick(run_id, 42) }
}

fn look(analyst: &Analyst, generation: u64, keys: Vec<Key>, selection: Option<Selection>) {
    let query = Query { generation, keys, selection, ..Query::default() };
    assert_eq!(query.scope, Scope::All);
    analyst.ask(Ask::Query(Arc::new(query))).unwrap();
}

#[test]
fn the_leak_is_found_among_all_services_and_its_tasks_with_it() {
    let (leaking, calm) = (Service::start(quick(1, 41)), Service::start(calm(2)));
    let desk = analyst();
    let keys: Vec<Key> = [Key::Process].into_iter().chain(Workspace::usual_keys()).collect();
    look(&desk.0, 1, keys.clone(), None);
    for service in [&calm, &leaking] {
        desk.0.ask(Ask::Open(service.address.to_string().into())).unwrap();
    }
    let names = |screen: &Screen| {
        let names = screen.table.rows.iter().map(|row| row.values[0].to_string());
        names.collect::<std::collections::BTreeSet<_>>()
    };
    let screen = until(&desk, "both", |screen| names(screen).len() == 2);
    assert!(screen.is_of_all && screen.is_live());
    let worst = &screen.table.rows[0];
    let words: Vec<String> = worst.values.iter().map(ToString::to_string).collect();
    assert_eq!((&*words[0], &*words[1]), ("checkout", "audit"));
    assert_eq!(
        screen.tabs.iter().map(|tab| tab.worst > Class::Normal).collect::<Vec<_>>(),
        [false, true]
    );

    let selection = Selection { values: worst.values.clone(), ..Selection::default() };
    look(&desk.0, 2, keys, Some(selection));
    let page = |screen: &Screen| screen.detail.as_ref().and_then(|detail| detail.page.clone());
    let screen = until(&desk, "its tasks", |screen| page(screen).is_some());
    let tasks = page(&screen).unwrap();
    let of = |name: &str| {
        let is_of = |task: &&taskscope_proto::model::Task| {
            task.labels.get(PROCESS).is_some_and(|process| **process == *name)
        };
        tasks.tasks.iter().filter(is_of).count()
    };
    assert_eq!((of("checkout"), of("ledger")), (tasks.tasks.len(), 0));

    // One row of everything: both agents are asked, and what they say is one page.
    look(&desk.0, 3, vec![], Some(Selection::default()));
    let all = |screen: &Screen| page(screen).is_some_and(|page| page.total > tasks.total);
    let screen = until(&desk, "the tasks of both", |s| s.generation == 3 && all(s));
    let row = &screen.table.rows[0];
    assert_eq!(screen.table.rows.len(), 1);
    assert!(page(&screen).unwrap().total >= row.sum.count, "tasks of both");
}

#[test]
fn one_that_dies_holds_up_no_other_and_comes_back_as_a_run_of_its_own() {
    let (mut first, second) = (Service::start(quick(1, 41)), Service::start(calm(2)));
    let desk = analyst();
    look(&desk.0, 1, vec![Key::Process], None);
    for service in [&first, &second] {
        desk.0.ask(Ask::Open(service.address.to_string().into())).unwrap();
    }
    let count = |screen: &Screen| screen.table.rows.len();
    until(&desk, "both", |screen| count(screen) == 2);
    first.kill();
    let screen = until(&desk, "the end of one", |screen| !screen.tabs[0].is_live());
    assert!(screen.is_live() && screen.tabs[1].is_live(), "the other goes on");
    let newer = |screen: &Screen| screen.tabs[1].received_at > screen.tabs[0].received_at;
    let screen = until(&desk, "one more state of the other", newer);
    assert_eq!(count(&screen), 2, "the last numbers stay");

    first.restart(quick(3, 43));
    let back = |screen: &Screen| screen.tabs[0].is_live() && screen.tabs[0].run == 2;
    let screen = until(&desk, "the next run", back);
    assert_eq!(screen.tabs[1].run, 1);
    assert_eq!(sample::process(3, 43).name, screen.tabs[0].name);

    desk.0.ask(Ask::Close(first.address.to_string().into())).unwrap();
    let screen = until(&desk, "one alone", |screen| screen.tabs.len() == 1);
    assert!(!screen.is_of_all);
    assert_eq!(screen.process.as_ref().unwrap().name, "ledger".into());
}

#[test]
fn alerts_are_known_of_services_that_nobody_looks_at() {
    let (mut first, second) = (Service::start(quick(1, 41)), Service::start(calm(2)));
    let desk = analyst();
    let scope = Scope::One(second.address.to_string().into());
    let query = Query { generation: 1, scope, keys: vec![Key::Process], ..Query::default() };
    desk.0.ask(Ask::Query(Arc::new(query))).unwrap();
    for service in [&first, &second] {
        desk.0.ask(Ask::Open(service.address.to_string().into())).unwrap();
    }
    let rules = |screen: &Screen| {
        let words = screen.alerts.iter().map(|shown| {
            let state = if shown.alert.fired.is_some() { "firing" } else { "pending" };
            format!("{state} {} of {}", shown.alert.rule, shown.alert.target)
        });
        words.collect::<std::collections::BTreeSet<_>>()
    };
    let address = first.address;
    let suspect = format!("pending suspect of {address}");
    until(&desk, "the leak is about to be told", |screen| rules(screen).contains(&suspect));
    first.kill();
    let gone = format!("pending gone of {address}");
    let screen = until(&desk, "an alert about the end", |screen| rules(screen).contains(&gone));
    // Nobody has seen the leak for as long.
    assert_eq!(rules(&screen).len(), 1, "{:?}", rules(&screen));
    desk.0.ask(Ask::Close(address.to_string().into())).unwrap();
    until(&desk, "nothing of what is closed", |screen| screen.alerts.is_empty());
}

//! What the viewer takes: a made-up service of a million tasks in ten thousand groups, all moving.
//!
//! `cargo bench -p taskscope-viewer --bench frames -- [TASKS] [GROUPS] [--only WORDS]`
//!
//! With `--only` the queries of which the name has these words, and nothing else: for a profiler.
//!
//! A frame is the views and the triangles that they come to, by processor time of the thread: no
//! window, no graphics card. Each scene is drawn three hundred times, with new numbers every
//! sixtieth time, as if a second went by. A query is one screen made of all groups. The first
//! picture is measured on the wall's clock, from the order to connect over loopback to the
//! triangles; the agent there has the whole state ready. Memory is what is resident after ten
//! minutes in which the count of every group changed every second, which no real service does.

#![expect(clippy::unwrap_used, reason = "a bench that cannot go on stops")]
#![expect(clippy::print_stdout, reason = "the figures are the output")]

#[path = "../../tests/window/agent.rs"]
mod agent;
mod first;
mod measure;
#[path = "../../tests/window/sample.rs"]
mod sample;
#[expect(dead_code, reason = "the window's own tests need more of it")]
#[path = "../../tests/window/sample_heap.rs"]
mod sample_heap;
mod scenes;
mod service;
mod window;

use std::sync::Arc;

use measure::{Times, processor_time, resident_mib, taken_since};
use service::Service;
use taskscope_viewer::analyse::{Filter, HeapQuery, Key, Nest, Query, Selection};
use taskscope_viewer::analyst::compose;
use taskscope_viewer::store::Store;
use taskscope_viewer::workspace::Workspace;

/// As in the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const QUERIES: u32 = 40;
/// For a profiler.
const MANY_QUERIES: u32 = 1_000;
/// As long as counts are remembered.
const TEN_MINUTES: u64 = 600;

fn main() {
    // cargo adds words of its own, which are no numbers.
    let mut numbers = std::env::args().skip(1).filter_map(|word| word.parse::<u64>().ok());
    let tasks = numbers.next().unwrap_or(1_000_000);
    let sizes = numbers.next().map_or(vec![5, 500, 10_000], |groups| vec![groups]);
    let only = std::env::args().skip_while(|word| word != "--only").nth(1);
    for groups in sizes {
        println!("\n{tasks} tasks in {groups} groups");
        measure_all(tasks, groups, only.as_deref());
    }
}

fn measure_all(tasks: u64, groups: u64, only: Option<&str>) {
    if only.is_none() {
        println!("first picture: {:.0?}", first::picture(tasks, groups));
    }
    let mut service = Service::new(tasks, groups);
    let before = resident_mib();
    let mut store = Store::default();
    let mut taken_in = Times::default();
    service::begin(&mut store);
    for _ in 0..TEN_MINUTES {
        let profile = service.next_second();
        taken_in.add(|| service::tell(&mut store, profile));
    }
    println!("{:<34}{}", "a second taken in", taken_in.words());
    queries(&mut store, &service, only);
    if only.is_some() {
        return;
    }
    scenes::all(&mut store, &mut service);
    println!("resident: {} MiB, of which the service {before} MiB", resident_mib());
}

fn queries(store: &mut Store, service: &Service, only: Option<&str>) {
    let mut all = Workspace::usual_keys();
    all.push(Key::Label("tenant".into()));
    let usual = || Query { keys: Workspace::usual_keys(), fold: true, ..Query::default() };
    let filtered = Query { filter: Filter::parse("worker.rs tenant:7 is:stuck"), ..usual() };
    let nested = |nest| Query { nest: Some(Arc::new(nest)), ..usual() };
    let cases = [
        ("usual keys", usual()),
        ("usual keys, filtered", filtered),
        ("usual keys and tenant", Query { keys: all.clone(), ..usual() }),
        ("rows in rows, closed", nested(Nest::default())),
        ("rows in rows, all open", nested(Nest::all_open())),
        ("four keys in rows, all open", Query { keys: all, ..nested(Nest::all_open()) }),
        ("a row looked at", Query { selection: service::worst_row(store), ..usual() }),
        (
            "all tasks one row, looked at",
            Query { selection: Some(Selection::default()), ..Query::default() },
        ),
        ("the heap", Query { heap: Some(HeapQuery::default()), ..usual() }),
        ("a minute ago, put together", Query { at_ms: Some(service.now_ms() - 61_000), ..usual() }),
        ("a minute ago", Query { at_ms: Some(service.now_ms() - 60_000), ..usual() }),
    ];
    let repeats = if only.is_some() { MANY_QUERIES } else { QUERIES };
    for (name, query) in cases.into_iter().filter(|(name, _)| name.contains(only.unwrap_or(""))) {
        let mut times = Times::default();
        let mut rows = 0;
        // As the analyst does when it is asked; the first of two queries of the past does without.
        store.stop_at(query.at_ms.filter(|_| name == "a minute ago"));
        for _ in 0..repeats {
            let started = processor_time();
            let screen = compose(store, &query);
            times.push(taken_since(started));
            rows = screen.table.rows.len();
        }
        println!("{:<34}{}, {rows} rows", format!("query: {name}"), times.words());
    }
}

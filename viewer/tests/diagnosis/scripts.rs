//! What somebody does in each case, and what they read then.

use std::process::Command;

use egui::Key;
use taskscope_tests::example::Example;
use taskscope_tests::running::Running;
use taskscope_tests::sources::{Source, marked, read};

use crate::desk::{Desk, short};

/// A task is stuck after two seconds, as in the demo: the agent's judgements do not take half a
/// minute then.
const SOON: [(&str, &str); 1] = [("TASKSCOPE_STUCK_AFTER", "2")];

fn example(name: &str) -> Example {
    Example::start_with(name, &SOON)
}

#[test]
fn stuck_mutex_is_the_refresh_that_holds_the_lock() {
    let service = example("stuck_mutex");
    let (waiting, holding) =
        (service.place("requests wait here"), service.place("the holder waits here"));
    let mut desk = Desk::launch(service.address());
    desk.click_row(&["request, ", &short(&waiting)]);
    desk.sees_row(&["request", &short(&waiting), "mutex", "50 tasks"]);
    desk.sees_line(&["held by task", "task=refresh", &short(&holding), "io_read"]);
}

#[test]
fn among_two_services_the_holder_of_the_lock_is_named_with_its_process() {
    let (locked, full) = (example("stuck_mutex"), example("full_channel"));
    let (waiting, holding) =
        (locked.place("requests wait here"), locked.place("the holder waits here"));
    let indexers = full.place("indexers wait here");
    let mut desk = Desk::launch_on(&[full.address(), locked.address()]);
    desk.sees_line(&["Tab ", "All services, 2 of 2 live"]);
    desk.sees_line(&["Row ", "full_channel, indexer, ", &short(&indexers), "4 tasks"]);
    desk.click_row(&["stuck_mutex, request, ", &short(&waiting)]);
    desk.sees_row(&["stuck_mutex, request", "mutex", "50 tasks"]);
    desk.sees_line(&["held by task", "process=stuck_mutex task=refresh", &short(&holding)]);
    desk.sees_line(&["Row ", "task ", "process=stuck_mutex task=request"]);
}

#[test]
fn full_channel_is_two_groups_that_wait_for_room_and_none_for_a_message() {
    let service = example("full_channel");
    let (indexers, feeder) =
        (service.place("indexers wait here"), service.place("the feeder waits here"));
    let mut desk = Desk::launch(service.address());
    desk.sees_row(&["indexer", &short(&indexers), "mpsc_send", "4 tasks", "4 stuck"]);
    desk.press(Key::ArrowDown);
    desk.sees_row(&["feeder", &short(&feeder), "mpsc_send", "1 task", "1 stuck"]);
}

#[test]
fn leaky_spawn_is_the_watcher_that_never_ends() {
    let service = example("leaky_spawn");
    let place = short(&service.place("watchers wait here"));
    let mut desk = Desk::launch(service.address());
    desk.sees_finding(&["task=watcher", "and 0 finished", &place, "for watch"]);
    desk.sees_row(&["watcher", &place, "watch", "0 ended a minute"]);
}

#[test]
fn lost_wakeup_is_proven_of_those_whose_waker_is_gone() {
    let service = example("lost_wakeup");
    let mut desk = Desk::launch(service.address());
    desk.sees_finding(&["proven", "task=print"]);
    desk.sees_row(&["print", "no live waker", "nothing", "7 tasks", "proven"]);
}

#[test]
fn blocked_worker_is_the_charge_that_blocks_in_its_poll() {
    let service = example("blocked_worker");
    let place = service.place("charges block here");
    let mut desk = Desk::launch(service.address());
    desk.sees_line(&["no worker of runtime", "3 tasks are ready"]);
    desk.click_row(&["charge, ", &short(&place)]);
    desk.sees_row(&["charge", &short(&place), "2 tasks"]);
    desk.sees_line(&[&short(&place), "runs here"]);
}

#[test]
fn http_service_is_the_route_that_waits_for_a_connection() {
    let service = example("http_service");
    let place = service.place("requests wait here");
    let mut desk = Desk::launch(service.address());
    desk.sees_row(&[&short(&place), "semaphore", "24 tasks"]);
}

#[test]
fn growing_cache_is_what_searches_of_one_tenant_left() {
    let service = example("growing_cache");
    let place = service.place("answers are allocated here");
    let mut desk = Desk::launch(service.address());
    desk.press(Key::H);
    desk.click_row(&["tenant=t17: "]);
    desk.sees_row(&["task=search tenant=t17", "outlived"]);
    // Nearly all of it: other blocks are sampled, too.
    desk.sees_share(&["growing_cache::render", &short(&place)], 99.0);
}

#[test]
fn buffered_requests_is_the_wait_that_holds_the_pictures() {
    let service = example("buffered_requests");
    let (waiting, kept) =
        (service.place("uploads wait here"), service.place("pictures are kept here"));
    let mut desk = Desk::launch(service.address());
    desk.sees_row(&["upload", &short(&waiting), "semaphore", "holds "]);
    desk.sees_line(&[&short(&kept)]);
}

#[test]
fn the_demo_is_the_audit_log_whose_writer_waits_for_a_backup() {
    let mut program = Command::new(env!("CARGO_BIN_EXE_taskscope"));
    program.arg("demo-service").env_remove("TASKSCOPE_BIND");
    let service = Running::start(&mut program);
    let path = "viewer/src/demo/service/audit.rs";
    let source = [Source { path: path.into(), text: read(path) }];
    let sending = marked(&source, "records wait here");
    let backup = marked(&source, "the writer waits here");
    let mut desk = Desk::launch(service.address());
    desk.sees_finding(&["suspect", "task=audit", &short(&sending), "At the root", &short(&backup)]);
    desk.sees_row(&["audit", &short(&sending), "mpsc_send"]);
    desk.sees_line(&["received last by task", "task=audit-writer", &short(&backup), "notify"]);
}

//! Every example, looked at with `taskscope dump`, shows what its header promises: the group, the
//! exact place of its await point, the wait kind, the count.

use serde_json::{Value, json};
use taskscope_tests::example::Example;
use taskscope_tests::report::{Group, Report};

/// The only group of a label. It has to be in one state at one place.
fn only<'a>(report: &'a Report, key: &str, value: &str) -> Result<Group<'a>, String> {
    match report.labeled(key, value)[..] {
        [group] => Ok(group),
        ref groups => Err(format!("{} groups of {key}={value}", groups.len())),
    }
}

/// A group that is parked at the line with this remark.
struct Parked<'a> {
    label: (&'a str, &'a str),
    count: u64,
    wait_kind: &'a str,
    remark: &'a str,
}

impl Parked<'_> {
    fn check(&self, example: &Example, report: &Report) -> Result<(), String> {
        let (key, value) = self.label;
        let group = only(report, key, value)?;
        let seen = (group.count(), group.state(), group.wait_kinds(), group.await_point());
        let place = example.place(self.remark);
        let expected = (self.count, "parked", vec![self.wait_kind], Some(place));
        if seen == expected { Ok(()) } else { Err(format!("{seen:?} instead of {expected:?}")) }
    }
}

/// Waits until the example shows all of these groups at once.
fn shows(name: &str, expected: &[Parked<'_>]) -> Report {
    let example = Example::start(name);
    example.report(name, |report| {
        expected.iter().try_for_each(|parked| parked.check(&example, report))
    })
}

#[test]
fn stuck_mutex_shows_the_waiting_requests_and_the_holder() {
    let report = shows(
        "stuck_mutex",
        &[
            Parked {
                label: ("task", "request"),
                count: 50,
                wait_kind: "mutex",
                remark: "requests wait here",
            },
            Parked {
                label: ("task", "refresh"),
                count: 1,
                wait_kind: "io_read",
                remark: "the holder waits here",
            },
        ],
    );
    let request = &only(&report, "task", "request").unwrap().0;
    let held = &request["held_by"][0];
    assert_eq!((&held["kind"], &held["relation"]), (&"mutex".into(), &"holds".into()), "{held:#}");
    assert_eq!(held["holder"]["labels"]["task"], "refresh");
    assert_eq!(held["holder"]["wait_kinds"][0], "io_read");
    let refresh = &only(&report, "task", "refresh").unwrap().0;
    // Soon the listener, too: it waits for a permit that a request has.
    assert!(refresh["waiting_for_it"].as_u64().unwrap() >= 50, "{refresh:#}");
    assert_eq!(report.0["schema"], "taskscope.dump/1");
    assert_eq!(report.0["process"]["name"], "stuck_mutex");
    assert_eq!(report.number("/coverage/tracked"), report.number("/coverage/alive"));
}

#[test]
fn full_channel_shows_both_sides_that_wait_for_room() {
    shows(
        "full_channel",
        &[
            Parked {
                label: ("task", "indexer"),
                count: 4,
                wait_kind: "mpsc_send",
                remark: "indexers wait here",
            },
            Parked {
                label: ("task", "feeder"),
                count: 1,
                wait_kind: "mpsc_send",
                remark: "the feeder waits here",
            },
        ],
    );
}

#[test]
fn leaky_spawn_shows_one_group_that_grows_and_never_ends() {
    let example = Example::start("leaky_spawn");
    let place = example.place("watchers wait here");
    let grown_to = |at_least: u64| {
        let report = example.report("watchers", |report| {
            let group = only(report, "task", "watcher")?;
            if group.count() < at_least || group.await_point().as_ref() != Some(&place) {
                return Err(format!("not {at_least} watchers at {place:?}"));
            }
            Ok(())
        });
        let group = only(&report, "task", "watcher").unwrap();
        assert_eq!((group.state(), group.wait_kinds()), ("parked", vec!["watch"]));
        assert_eq!(group.0["finished_per_min"], 0.0, "none of them ends");
        group.count()
    };
    let first = grown_to(100);
    grown_to(first + 100);
}

#[test]
fn lost_wakeup_shows_tasks_that_nothing_can_wake_beside_healthy_ones() {
    let example = Example::start("lost_wakeup");
    example.report("the lost tasks", |report| {
        let group = only(report, "task", "print")?;
        let seen = (group.count(), group.state(), group.wait_kinds(), group.await_point());
        let expected = (7, "parked", vec!["nothing"], None);
        if seen != expected {
            return Err(format!("{seen:?} instead of {expected:?}"));
        }
        let letters: u64 = report.labeled("task", "letter").iter().map(Group::count).sum();
        let printer = only(report, "task", "printer")?;
        if letters == 3 && printer.wait_kinds() == ["interval"] {
            Ok(())
        } else {
            Err(format!("{letters} healthy writers, the printer on {:?}", printer.wait_kinds()))
        }
    });
}

#[test]
fn blocked_worker_shows_who_blocks_and_who_waits_for_a_worker() {
    let example = Example::start("blocked_worker");
    let place = example.place("charges block here");
    let report = example.report("blocked workers", |report| {
        let (charge, price) = (only(report, "task", "charge")?, only(report, "task", "price")?);
        let at = charge.await_point().map(|point| (point.file, point.line));
        let seen = ((charge.count(), charge.state(), at), (price.count(), price.state()));
        let at = Some((place.file.clone(), place.line));
        let expected = ((2, "running", at), (3, "ready"));
        if seen == expected { Ok(()) } else { Err(format!("{seen:?} instead of {expected:?}")) }
    });
    assert_eq!(report.number("/lost/stacks"), Some(0));
    assert_eq!(report.number("/totals/running"), Some(2));
}

/// The group on top, if it carries the label and was allocated where the remark stands.
fn holds_most(
    example: &Example,
    report: &Report,
    label: (&str, &str),
    remark: &str,
) -> Result<Value, String> {
    let place = example.place(remark);
    let top = report.groups().next().ok_or("no groups")?.0;
    let at = &top["heap"]["allocated_at"][0]["at"];
    let seen = (&top["labels"][label.0], &at["file"], &at["line"]);
    let expected = (&json!(label.1), &json!(place.file), &json!(place.line));
    if seen == expected { Ok(top.clone()) } else { Err(format!("{seen:?}, not {expected:?}")) }
}

#[test]
fn growing_cache_shows_which_label_and_line_left_the_bytes() {
    let example = Example::start("growing_cache");
    let label = ("tenant", "t17");
    example.report("the cache", |report| {
        let top = holds_most(&example, report, label, "answers are allocated here")?;
        let heap = &top["heap"];
        let left = heap["outlived_bytes"].as_u64().unwrap_or(0);
        let whole = report.number("/heap/live_bytes").unwrap_or(0);
        if top["count"] != 0 || top["state"] != "finished" || heap["live_bytes"] != left {
            return Err(format!("{top}"));
        }
        let spawned = top["spawned_at"]["file"].as_str();
        if spawned != Some("examples/src/bin/growing_cache.rs") {
            return Err(format!("spawned at {spawned:?}"));
        }
        // Fifty tenants, and nearly all is one's.
        if left > 30 << 20 && left * 10 > whole * 8 { Ok(()) } else { Err(format!("{heap}")) }
    });
}

#[test]
fn buffered_requests_shows_the_wait_that_holds_the_heap() {
    let example = Example::start("buffered_requests");
    let place = example.place("uploads wait here");
    example.report("the uploads", |report| {
        let label = ("task", "upload");
        let top = holds_most(&example, report, label, "pictures are kept here")?;
        let (heap, point) = (&top["heap"], &top["await_point"]);
        let each = heap["bytes_per_task"].as_u64().unwrap_or(0);
        let waits = point["line"] == place.line && top["wait_kinds"][0] == "semaphore";
        let holds = heap["live_bytes"].as_u64() > Some(40 << 20)
            && heap["outlived_bytes"] == 0
            && (128 << 10..512 << 10).contains(&each);
        if waits && holds { Ok(()) } else { Err(format!("{point} {heap}")) }
    });
}

#[test]
fn http_service_shows_the_route_that_waits_for_a_connection() {
    shows(
        "http_service",
        &[
            Parked {
                label: ("route", "/orders"),
                count: 24,
                wait_kind: "semaphore",
                remark: "requests wait here",
            },
            Parked {
                label: ("task", "client"),
                count: 24,
                wait_kind: "io_read",
                remark: "clients wait here",
            },
        ],
    );
}

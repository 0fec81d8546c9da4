//! Rules over series written as text, and what comes of them.

mod file;
mod json;
mod life;
mod rising;

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use taskscope_proto::model::{Coverage, GroupId, Process, Profile, Runtime, Stall};

use super::*;
use crate::analyse::Filter;
use crate::fixture;

pub(super) const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

pub(super) fn at(second: u64) -> At {
    At { moment: secs(second), unix_ms: 1_000_000 + second * 1_000 }
}

pub(super) fn process(run_id: u64) -> Process {
    Process { name: "shop".into(), run_id, ..Process::default() }
}

/// `fired many at 3: text`, one line a change.
pub(super) fn lines(changes: &[Change], second: u64) -> String {
    let line = |change: &Change| {
        let turn = if change.turn == Turn::Fired { "fired" } else { "resolved" };
        format!("{turn} {} at {second}\n", change.alert.rule)
    };
    changes.iter().map(line).collect()
}

/// The built-in rule of that name.
fn rule(name: &str) -> Rule {
    built_in().into_iter().find(|rule| &*rule.name == name).unwrap()
}

/// More than ten tasks for three seconds; over after four; rests for twenty.
fn more_than_ten() -> Rule {
    let what = What::Amount { of: Amount::Tasks, more: true, than: 10 };
    let (hold, clear, cool_down) = (secs(3), secs(4), secs(20));
    Rule { hold, clear, cool_down, ..Rule::new("ten", what) }
}

/// A series is words: `5*12` is twelve tasks for five seconds, `3*gone` an agent that is gone, `2*-` no group.
fn run(rule: &Rule, series: &str) -> String {
    let mut engine = Engine::new("a:1", vec![rule.clone()]);
    let mut said = String::new();
    let words = series.split_whitespace().flat_map(|word| {
        let (times, what) = word.split_once('*').unwrap_or(("1", word));
        std::iter::repeat_n(what, times.parse().unwrap())
    });
    for (second, what) in (0..).zip(words) {
        let changes = match what {
            "gone" => engine.gone("nothing listens on a:1", at(second)),
            "-" => engine.profile(&process(1), &fixture::profile(&[]), at(second)),
            count => {
                let line = format!("{count} parked task=a < src/m.rs:1");
                engine.profile(&process(1), &fixture::profile(&[&line]), at(second))
            }
        };
        said.push_str(&lines(&changes, second));
    }
    said.trim_end().replace('\n', ", ")
}

#[test]
fn an_alert_fires_after_a_while_and_is_over_after_a_while() {
    for (series, expected) in [
        ("20*10", ""),
        // It has to hold, without a break.
        ("3*11 20*5", ""),
        ("2*11 1*5 2*11 1*5 2*11 9*5", ""),
        ("3*5 9*11", "fired ten at 6"),
        ("4*11 20*5", "fired ten at 3, resolved ten at 8"),
        // Nine tenths of ten is not over yet, and what comes back in time never was.
        ("4*11 20*10", "fired ten at 3"),
        ("4*11 20*9", "fired ten at 3, resolved ten at 8"),
        ("4*11 3*5 1*10 3*5 1*11 3*5", "fired ten at 3"),
        // It rests for twenty seconds.
        ("4*11 5*5 30*11", "fired ten at 3, resolved ten at 8, fired ten at 28"),
        ("4*11 30*5 5*11", "fired ten at 3, resolved ten at 8, fired ten at 37"),
        ("4*11 5*5 10*11 5*5 30*11", "fired ten at 3, resolved ten at 8, fired ten at 28"),
        // A group that goes away is none.
        ("4*11 5*-", "fired ten at 3, resolved ten at 8"),
        // What nobody sees is not judged.
        ("4*11 20*gone 1*11", "fired ten at 3"),
        ("4*11 3*5 20*gone 3*5", "fired ten at 3"),
        ("4*11 3*5 20*gone 5*5", "fired ten at 3, resolved ten at 31"),
        ("2*11 20*gone 3*11", ""),
    ] {
        assert_eq!(run(&more_than_ten(), series), expected, "{series}");
    }
}

#[test]
fn less_than_a_number_and_each_by_itself() {
    let less = What::Amount { of: Amount::Tasks, more: false, than: 4 };
    let less = Rule { clear: secs(2), ..Rule::new("few", less) };
    assert_eq!(run(&less, "3*5 2*3 5*4"), "fired few at 3, resolved few at 7");
    let mut each = more_than_ten();
    (each.each, each.hold) = (true, secs(0));
    let mut engine = Engine::new("a:1", vec![each]);
    let profile = fixture::profile(&[
        "11 parked task=a < src/m.rs:1",
        "6 parked task=b < src/m.rs:2",
        "6 ready task=b < src/m.rs:2",
        "9 parked task=c < src/m.rs:3",
    ]);
    let changes = engine.profile(&process(1), &profile, at(0));
    let texts: Vec<&str> = changes.iter().map(|change| &*change.alert.text).collect();
    assert_eq!(texts, ["task=a: 11 tasks, more than 10", "task=b: 12 tasks, more than 10"]);
}

#[test]
fn the_same_tasks_are_the_same_alert_whatever_their_groups_are_called() {
    let rule = Rule { hold: secs(2), ..rule("proven") };
    let mut engine = Engine::new("a:1", vec![rule]);
    let line = "3 parked class=proven about=3 task=a @ src/a.rs:1 mutex < src/m.rs:1";
    let mut said = String::new();
    for second in 0..9 {
        let mut profile = fixture::profile(&[line]);
        for group in &mut profile.groups {
            Arc::make_mut(group).id = GroupId(100 + second);
        }
        // It restarts, and the same is the matter.
        let changes = engine.profile(&process(second / 5), &profile, at(second));
        said.push_str(&lines(&changes, second));
    }
    assert_eq!(said, "fired proven at 2\n");
    let [alert] = &*engine.alerts() else { panic!("{:?}", engine.alerts()) };
    assert_eq!((&*alert.process, &*alert.text), ("shop", "task=a: proven of group 1"));
    assert_eq!((alert.since, alert.fired), (at(0), Some(at(2))));
}

#[test]
fn words_choose_the_tasks() {
    let mut rule = Rule { hold: secs(0), ..more_than_ten() };
    let profile =
        fixture::profile(&["20 parked task=a < src/m.rs:1", "20 running task=b < src/m.rs:1"]);
    for (words, expected) in
        [("", "40"), ("task:a", "20"), ("-state:parked", "20"), ("task:a -state:parked", "")]
    {
        rule.filter = Filter::parse(words);
        let mut engine = Engine::new("a:1", vec![rule.clone()]);
        let changes = engine.profile(&process(1), &profile, at(0));
        let said = changes.first().map_or(String::new(), |change| change.alert.text.to_string());
        let expected = match expected {
            "" => String::new(),
            count => format!("all tasks: {count} tasks, more than 10"),
        };
        assert_eq!(said, expected, "{words}");
    }
}

/// What the built-in rules say of a state that lasts for twenty minutes.
fn of_state(change: impl Fn(&mut Profile)) -> String {
    let rules = built_in().into_iter().filter(|rule| !rule.name.starts_with("rising"));
    let mut engine = Engine::new("a:1", rules.collect());
    let before = fixture::profile(&["100 parked task=a < src/m.rs:1"]);
    let header = |profile: &mut Profile| {
        profile.header.coverage = Coverage { tracked: 95, alive: Some(100) };
        profile.header.memory_limit_bytes = Some(1 << 30);
    };
    let mut said = String::new();
    for second in 0..1_200 {
        let mut profile = before.clone();
        header(&mut profile);
        if second > 0 {
            change(&mut profile);
        }
        for Change { alert, .. } in engine.profile(&process(1), &profile, at(second)) {
            let severity = alert.severity.name();
            writeln!(said, "{second} {severity} {}: {}", alert.rule, alert.text).unwrap();
        }
    }
    said
}

#[test]
fn the_built_in_rules_say_what_is_the_matter() {
    let group = |line: &'static str| {
        move |profile: &mut Profile| {
            let header = profile.header.clone();
            *profile = Profile { header, ..fixture::profile(&[line]) };
        }
    };
    for (said, expected) in [
        (of_state(|_| ()), ""),
        (
            of_state(group("9 parked class=suspect about=7 task=a < src/m.rs:1")),
            "31 warning suspect: task=a: suspect of group 1\n",
        ),
        (
            of_state(group("9 parked class=proven about=7 < src/m.rs:1")),
            "6 critical proven: tasks of src/m.rs:1: proven of group 1\n",
        ),
        (of_state(group("9 parked class=slow about=7 task=a < src/m.rs:1")), ""),
        (
            of_state(group("2000 parked stuck=1001 task=a < src/m.rs:1")),
            "61 warning many-stuck: all tasks: 1\u{a0}001 tasks stuck, more than 1\u{a0}000\n",
        ),
        (
            of_state(group("250001 parked task=a < src/m.rs:1")),
            "61 info many-tasks: all tasks: 250\u{a0}001 tasks, more than 250\u{a0}000\n",
        ),
        (of_state(|profile| profile.header.rss_bytes = Some(900 << 20)), ""),
        (
            of_state(|profile| profile.header.rss_bytes = Some(950 << 20)),
            "61 critical memory: 950 MiB of 1.0 GiB resident, 93 %\n",
        ),
        (of_state(|profile| profile.header.coverage.tracked = 86), ""),
        (
            of_state(|profile| profile.header.coverage.tracked = 80),
            "61 info coverage: 80 % of the tasks are tracked, after 95 %\n",
        ),
        (
            of_state(|profile| {
                let stall = Some(Stall { since_ms: fixture::NOW_MS - 9_000, ready_tasks: 2 });
                profile.header.runtimes = vec![Runtime { id: 3, stall, ..Runtime::default() }];
            }),
            "6 critical blocked: no worker of runtime 3 has polled anything for 9 s while 2 tasks \
             are ready\n",
        ),
    ] {
        assert_eq!(said, expected);
    }
    assert_eq!(run(&rule("gone"), "3*5 9*gone 5*5"), "");
    assert_eq!(run(&rule("gone"), "3*5 40*gone 60*5"), "fired gone at 13, resolved gone at 73");
}

#[test]
fn names_of_built_in_rules_differ() {
    let mut names: Vec<_> = built_in().into_iter().map(|rule| rule.name).collect();
    let all = names.len();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), all);
}

#[test]
fn what_finds_no_room_is_counted() {
    let lines: Vec<String> =
        (0..130).map(|i| format!("1 parked class=proven task=t{i} < src/m.rs:1")).collect();
    let profile = fixture::profile(&lines.iter().map(String::as_str).collect::<Vec<_>>());
    let mut engine = Engine::new("a:1", vec![Rule { hold: secs(0), ..rule("proven") }]);
    assert_eq!(engine.profile(&process(1), &profile, at(0)).len(), 100);
    assert_eq!((engine.alerts().len(), engine.left_out()), (100, 30));
}

use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;
use crate::fixture::{self, NOW_MS};

fn process(run_id: u64) -> Process {
    Process { name: "shop".into(), run_id, stuck_after_ms: 10_000, ..Process::default() }
}

/// The state a minute before the fixture's clock.
fn earlier(lines: &[&str]) -> Profile {
    let mut profile = fixture::profile(lines);
    profile.header.now_ms = NOW_MS - 60_000;
    profile
}

fn of_runs(before: &[&str], after: &[&str], runs: [u64; 2]) -> Difference {
    let [then, now] = runs.map(process);
    let (before, after) = (earlier(before), fixture::profile(after));
    difference(
        Side { process: &then, profile: &before },
        Side { process: &now, profile: &after },
        None,
    )
}

/// `grown 3>5 stuck 0>2 normal>suspect rested 1 from src/a.rs:1 2 about` of each row, by its label.
fn told(difference: &Difference) -> String {
    let mut text = String::new();
    for change in &difference.changes {
        let Change { kind, tasks, stuck, class, .. } = change;
        write!(text, "{} {} {}>{}", change.values[0], kind.name(), tasks.before, tasks.after)
            .unwrap();
        if *stuck != Pair::default() {
            write!(text, " stuck {}>{}", stuck.before, stuck.after).unwrap();
        }
        if class.0 != class.1 {
            write!(text, " {}>{}", class.0.name(), class.1.name()).unwrap();
        }
        if change.live_bytes.change() != 0 {
            write!(text, " {:+} bytes", change.live_bytes.change()).unwrap();
        }
        if let Some(rested @ 1..) = change.rested {
            write!(text, " rested {rested}").unwrap();
        }
        for (word, steps) in [("from", &change.came_from), ("to", &change.went_to)] {
            for step in steps {
                let about = if step.about { " about" } else { "" };
                write!(text, " {word} {}{about} {}", step.place, step.tasks).unwrap();
            }
        }
        text.push('\n');
    }
    text
}

fn check(before: &[&str], after: &[&str], expected: &str) {
    assert_eq!(told(&of_runs(before, after, [1, 1])), expected, "{before:?} {after:?}");
}

#[test]
fn rows_are_new_gone_grown_shrunk_or_the_same() {
    check(&[], &["3 parked t=a @ src/a.rs:1 mutex < src/m.rs:1"], "a new 0>3\n");
    check(&["3 parked t=a @ src/a.rs:1 mutex < src/m.rs:1"], &[], "a gone 3>0\n");
    check(
        &[
            "3 parked t=a @ src/a.rs:1 mutex < src/m.rs:1",
            "5 parked t=b @ src/a.rs:1 mutex < src/m.rs:1",
            "4 parked t=c @ src/a.rs:1 mutex < src/m.rs:1",
        ],
        &[
            "2 parked t=b @ src/a.rs:1 mutex < src/m.rs:1",
            "4 parked t=c @ src/a.rs:1 mutex < src/m.rs:1",
            "9 parked stuck=2 t=a @ src/a.rs:1 mutex < src/m.rs:1",
        ],
        "a grown 3>9 stuck 0>2\nc same 4>4\nb shrunk 5>2\n",
    );
}

#[test]
fn groups_are_the_same_by_what_they_are_and_not_by_their_numbers() {
    check(
        &[
            "3 parked t=a @ src/a.rs:1 mutex < src/m.rs:1",
            "5 parked t=b @ src/b.rs:1 mutex < src/m.rs:9",
        ],
        &[
            "5 parked t=b @ src/b.rs:1 mutex < src/m.rs:9",
            "3 parked t=a @ src/a.rs:1 mutex < src/m.rs:1",
        ],
        "b same 5>5\na same 3>3\n",
    );
    // Another spawn location is another row.
    let rows = "a new 0>3\na gone 3>0\n";
    check(
        &["3 parked t=a @ src/a.rs:1 mutex < src/m.rs:1"],
        &["3 parked t=a @ src/a.rs:1 mutex < src/m.rs:2"],
        rows,
    );
}

#[test]
fn what_is_suspected_comes_first_then_what_has_grown_most() {
    check(
        &[
            "3 parked t=a @ src/a.rs:1 mutex < src/m.rs:1",
            "1 parked class=slow t=d @ src/a.rs:1 mutex < src/m.rs:1",
        ],
        &[
            "900 parked t=a @ src/a.rs:1 mutex < src/m.rs:1",
            "20 parked class=suspect t=b @ src/a.rs:1 mutex < src/m.rs:1",
            "2 parked class=proven t=c @ src/a.rs:1 mutex < src/m.rs:1",
            "1 parked class=slow t=d @ src/a.rs:1 mutex < src/m.rs:1",
        ],
        "c new 0>2 normal>proven\nb new 0>20 normal>suspect\na grown 3>900\nd same 1>1\n",
    );
}

#[test]
fn what_differs_in_labels_only_is_evident_as_one() {
    let line = |words: &str| format!("{words} @ src/a.rs:1 mutex < src/m.rs:1");
    let evident = |before: &[&str], after: &[&str]| {
        let [before, after] =
            [before, after].map(|rows| rows.iter().map(|row| line(row)).collect::<Vec<_>>());
        let [before, after]: [Vec<&str>; 2] =
            [&before, &after].map(|rows| rows.iter().map(|row| &**row).collect());
        let (whole, sets) = of_runs(&before, &after, [1, 1]).most_evident()?;
        let labels: Vec<String> = whole.values[..2].iter().map(ToString::to_string).collect();
        let Pair { before, after } = whole.tasks;
        Some(format!("{} {before}>{after} {} {sets}", whole.kind.name(), labels.join(" ")))
    };
    let suspects =
        ["8 parked class=suspect t=a u=1", "9 parked class=suspect t=a u=2", "7 parked t=a u=3"];
    assert_eq!(evident(&[], &suspects).as_deref(), Some("new 0>17 a (several) 2"));
    assert_eq!(evident(&suspects, &suspects).as_deref(), Some("same 17>17 a (several) 2"));
    let growing = ["3 parked t=a u=1", "4 parked t=a u=2", "3 parked t=b u=2", "9 parked t=c u=9"];
    let fewer = ["1 parked t=a u=1", "1 parked t=b u=2", "9 parked t=c u=9"];
    let all = Some("grown 2>10 (several) (several) 3");
    assert_eq!(evident(&fewer, &growing).as_deref(), all);
    assert_eq!(evident(&growing, &fewer), None);
}

#[test]
fn bytes_count_as_growth_past_their_error_and_weigh_by_their_part_of_the_heap() {
    check(
        &[
            "0 finished live=1000 error=50 t=a < src/m.rs:1",
            "3 parked t=b < src/m.rs:2",
            "1 parked live=10 t=c < src/m.rs:3",
        ],
        &[
            "0 finished live=3000 error=50 t=a < src/m.rs:1",
            "9 parked t=b < src/m.rs:2",
            "1 parked live=20 error=30 t=c < src/m.rs:3",
        ],
        "a grown 0>0 +2000 bytes\nb grown 3>9\nc same 1>1 +10 bytes\n",
    );
}

#[test]
fn tasks_that_left_one_await_point_came_to_another() {
    // Nobody ended, and one line lost what another gained.
    check(
        &["8 parked t=a @ src/a.rs:1 mutex < src/m.rs:1"],
        &[
            "3 parked t=a @ src/a.rs:1 mutex < src/m.rs:1",
            "5 parked t=a @ src/a.rs:2 io_read < src/m.rs:1",
        ],
        "a moved 0>5 from src/a.rs:1:1 5\na moved 8>3 to src/a.rs:2:1 5\n",
    );
    // More came than left.
    check(
        &["8 parked t=a @ src/a.rs:1 mutex < src/m.rs:1"],
        &["9 parked t=a @ src/a.rs:2 io_read < src/m.rs:1"],
        "a new 0>9 from src/a.rs:1:1 8\na moved 8>0 to src/a.rs:2:1 8\n",
    );
    // Who went where is not known of two that lost and two that gained.
    check(
        &[
            "8 parked t=a @ src/a.rs:1 mutex < src/m.rs:1",
            "4 parked t=a @ src/a.rs:2 mutex < src/m.rs:1",
        ],
        &[
            "9 parked t=a @ src/a.rs:3 mutex < src/m.rs:1",
            "3 parked t=a @ src/a.rs:4 mutex < src/m.rs:1",
        ],
        "a moved 0>9 from src/a.rs:1:1 about 8 from src/a.rs:2:1 about 1\n\
         a moved 0>3 from src/a.rs:2:1 about 3\n\
         a moved 4>0 to src/a.rs:4:1 about 3 to src/a.rs:3:1 about 1\n\
         a moved 8>0 to src/a.rs:3:1 about 8\n",
    );
}

#[test]
fn other_labels_other_states_and_trees_to_come_are_no_moves() {
    check(
        &["8 parked t=a @ src/a.rs:1 mutex < src/m.rs:1"],
        &["8 parked t=b @ src/a.rs:2 mutex < src/m.rs:1"],
        "b new 0>8\na gone 8>0\n",
    );
    check(
        &["8 parked t=a < src/m.rs:1"],
        &["8 running t=a < src/m.rs:1"],
        "a new 0>8\na gone 8>0\n",
    );
    // At the same line by another kind of wait.
    check(
        &["8 parked t=a @ src/a.rs:1 mutex < src/m.rs:1"],
        &["8 parked t=a @ src/a.rs:1 io_read < src/m.rs:1"],
        "a new 0>8\na gone 8>0\n",
    );
}

#[test]
fn a_move_is_about_right_where_tasks_have_ended_meanwhile_or_are_of_another_run() {
    let lines = [
        "8 parked t=a @ src/a.rs:1 mutex < src/m.rs:1",
        "8 parked t=a @ src/a.rs:2 mutex < src/m.rs:1",
    ];
    let moved = |runs: [u64; 2], finished: u64| {
        let [then, now] = runs.map(process);
        let (before, mut after) = (earlier(&lines[..1]), fixture::profile(&lines[1..]));
        Arc::make_mut(&mut after.origins[0]).finished = finished;
        let before = Side { process: &then, profile: &before };
        told(&difference(before, Side { process: &now, profile: &after }, None))
    };
    let expected = |about: &str| {
        format!("a moved 0>8 from src/a.rs:1:1{about} 8\na moved 8>0 to src/a.rs:2:1{about} 8\n")
    };
    assert_eq!(moved([1, 1], 0), expected(""));
    assert_eq!(moved([1, 1], 1), expected(" about"));
    assert_eq!(moved([1, 2], 0), expected(" about"));
}

#[test]
fn what_did_not_move_is_bounded_from_below_by_ages() {
    let before = ["8 parked t=a @ src/a.rs:1 mutex < src/m.rs:1"];
    let after = |words: &str| format!("8 parked {words} t=a @ src/a.rs:1 mutex < src/m.rs:1");
    let rested = |words: &str, runs| of_runs(&before, &[&after(words)], runs).rested;
    for (words, expected) in [
        ("age=59 median=9", 0),
        ("age=60 median=59", 1),
        ("age=61 median=60", 5),
        // They are stuck for ten seconds or more, which says nothing of a minute.
        ("age=61 median=59 stuck=8", 1),
    ] {
        assert_eq!(rested(words, [1, 1]), Some(expected), "{words}");
        assert_eq!(rested(words, [1, 2]), None, "of another run nobody can have stayed");
    }
}

#[test]
fn the_stuck_have_not_moved_in_less_than_the_threshold() {
    let lines = ["8 parked stuck=7 age=20 median=5 t=a @ src/a.rs:1 mutex < src/m.rs:1"];
    let (mut before, after) = (earlier(&lines), fixture::profile(&lines));
    before.header.now_ms = NOW_MS - 10_000;
    let process = process(1);
    let side = |profile| Side { process: &process, profile };
    assert_eq!(difference(side(&before), side(&after), None).rested, Some(7));
}

#[test]
fn other_keys_make_other_rows() {
    let (before, after) = (
        earlier(&["8 parked t=a u=1 @ src/a.rs:1 mutex < src/m.rs:1"]),
        fixture::profile(&[
            "8 parked t=a u=1 @ src/a.rs:2 mutex < src/m.rs:1",
            "3 parked t=a u=2 @ src/a.rs:2 mutex < src/m.rs:1",
        ]),
    );
    let process = process(1);
    let side = |profile| Side { process: &process, profile };
    let by = |keys: &[Key]| told(&difference(side(&before), side(&after), Some(keys)));
    let task = || Key::Label("t".into());
    assert_eq!(by(&[task()]), "a grown 8>11\n");
    assert_eq!(
        by(&[task(), Key::AwaitPoint]),
        "a new 0>11 from src/a.rs:1:1 8\na moved 8>0 to src/a.rs:2:1 8\n"
    );
}

#[test]
fn totals_verdicts_and_rates_are_told() {
    let mut before = earlier(&["3 parked class=slow about=3 t=a @ src/a.rs:1 mutex < src/m.rs:1"]);
    let mut after = fixture::profile(&[
        "9 parked stuck=4 class=suspect about=8 t=a @ src/a.rs:1 mutex < src/m.rs:1",
    ]);
    before.header.rss_bytes = Some(100);
    after.header.rss_bytes = Some(400);
    (before.header.totals.spawned, after.header.totals.spawned) = (10, 20);
    (before.header.totals.finished, after.header.totals.finished) = (7, 11);
    let process = process(1);
    let side = |profile| Side { process: &process, profile };
    let told = difference(side(&before), side(&after), None);
    assert_eq!((told.tasks, told.stuck), (Pair::new(3, 9), Pair::new(0, 4)));
    assert_eq!((told.rss_bytes, told.heap_bytes), (Some(Pair::new(100, 400)), None));
    assert_eq!(told.went_through, Some((10, 4)));
    assert_eq!(told.verdicts, [(Class::Suspect, Pair::new(0, 8)), (Class::Slow, Pair::new(3, 0))]);
    assert_eq!((told.between_ms, told.per_minute(6)), (Some(60_000), Some(6.0)));
    assert_eq!(told.remarks, [""; 0]);
}

#[test]
fn what_is_not_fair_is_remarked() {
    let profile = |unix_s: u64| {
        let mut profile = fixture::profile(&["3 parked t=a < src/m.rs:1"]);
        profile.header.now_unix_ms = unix_s * 1_000;
        profile
    };
    let remarks = |names: [&str; 2], runs: [u64; 2], unix_s: [u64; 2]| {
        let mut processes = runs.map(process);
        for (process, name) in processes.iter_mut().zip(names) {
            process.name = name.into();
        }
        let (before, after) = (profile(unix_s[0]), profile(unix_s[1]));
        let before = Side { process: &processes[0], profile: &before };
        let told = difference(before, Side { process: &processes[1], profile: &after }, None);
        (told.between_ms, told.remarks.join("\n"))
    };
    assert_eq!(remarks(["a", "a"], [1, 1], [5, 9]), (Some(0), String::new()));
    let (ms, words) = remarks(["a", "b"], [1, 2], [5, 9]);
    assert_eq!((ms, &*words), (Some(4_000), "These are two services, a and b."));
    let (ms, words) = remarks(["a", "a"], [1, 2], [9, 5]);
    assert_eq!(ms, Some(-4_000));
    assert!(words.contains("two runs of the service") && words.contains("4 s before the first"));
    assert_eq!(remarks(["a", "a"], [1, 2], [0, 5]).0, None, "a clock that nobody set");
}

#[test]
fn rows_by_labels_alone_are_not_taken_for_one_matter() {
    let process = process(1);
    let before = earlier(&["3 parked t=a < src/m.rs:1", "5 parked t=b < src/m.rs:2"]);
    let after = fixture::profile(&["4 parked t=a < src/m.rs:1", "205 parked t=b < src/m.rs:2"]);
    let evident = |keys: &[Key]| {
        let side = |profile| Side { process: &process, profile };
        let found = difference(side(&before), side(&after), Some(keys)).most_evident();
        found.map(|(whole, sets)| (whole.values[0].to_string(), whole.tasks.after, sets))
    };
    let label = Key::Label("t".into());
    let leak = Some(("b".to_owned(), 205, 1));
    assert_eq!(evident(std::slice::from_ref(&label)), leak);
    assert_eq!(evident(&[label.clone(), Key::State]), leak);
    assert_eq!(evident(&[label, Key::SpawnedAt]), leak);
}

#[test]
fn counts_beyond_any_number_do_not_wrap_round() {
    let most = u64::MAX;
    let [parked, ready] = ["parked", "ready"].map(|state| {
        format!("{most} {state} age=90 median=90 t=a @ src/a.rs:1 mutex < src/m.rs:1")
    });
    let told = of_runs(&[], &[&parked, &ready], [1, 1]);
    assert_eq!(told.rested, Some(most));
    assert_eq!(told.tasks.after, most);
}

/// Any few groups, some of them alike.
fn lines() -> impl Strategy<Value = Vec<String>> {
    let line = (0_u64..9, 0..3, 0..3, 0..2, 0_u64..500).prop_map(|(count, task, at, by, live)| {
        let error = live / 10;
        format!("{count} parked live={live} error={error} t={task} @ src/a.rs:{at} mutex < src/m.rs:{by}")
    });
    proptest::collection::vec(line, 0..12)
}

proptest! {
    #[test]
    fn rows_add_up_to_the_totals_and_moves_to_nothing(before in lines(), after in lines()) {
        let (before, after): (Vec<&str>, Vec<&str>) =
            (before.iter().map(|l| &**l).collect(), after.iter().map(|l| &**l).collect());
        let told = of_runs(&before, &after, [1, 1]);
        let sum = |of: fn(&Change) -> i64| told.changes.iter().map(of).sum::<i64>();
        prop_assert_eq!(sum(|change| change.tasks.change()), told.tasks.change());
        let bytes = |profile: &[&str]| {
            let groups = fixture::profile(profile).groups;
            groups.iter().map(|group| group.held.live_bytes.cast_signed()).sum::<i64>()
        };
        prop_assert_eq!(sum(|change| change.live_bytes.change()), bytes(&after) - bytes(&before));
        let tasks = |moves: &[Move]| moves.iter().map(|step| step.tasks.cast_signed()).sum::<i64>();
        let (mut came, mut went) = (0, 0);
        for change in &told.changes {
            came += tasks(&change.came_from);
            went += tasks(&change.went_to);
            prop_assert!(tasks(&change.came_from) <= change.tasks.change().max(0));
            prop_assert!(tasks(&change.went_to) <= (-change.tasks.change()).max(0));
            prop_assert!(change.rested.unwrap_or(0) <= change.tasks.after);
        }
        prop_assert_eq!(came, went);
    }

    #[test]
    fn a_state_compared_with_itself_has_not_changed(lines in lines()) {
        let lines: Vec<&str> = lines.iter().map(|line| &**line).collect();
        let told = of_runs(&lines, &lines, [1, 1]);
        prop_assert!(told.changes.iter().all(|change| change.kind == Kind::Same));
        prop_assert!(told.most_evident().is_none());
    }
}

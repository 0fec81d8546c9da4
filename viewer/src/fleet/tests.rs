//! Several services, as one and each by itself.

mod tasks;

use std::collections::HashSet;
use std::time::Duration;

use proptest::prelude::*;
use taskscope_proto::model::{GroupId, HistoryPage, Point, Profile, Series, State, Subject};

use super::*;
use crate::analyse::{Key, PROCESS, Row, pivot};
use crate::connect::Failure;
use crate::fixture;
use crate::store::Trend;

fn secs(secs: u64) -> Moment {
    Duration::from_secs(secs)
}

fn failure() -> Failure {
    Failure { tried: "x".into(), cause: "y".into(), advice: "z".into(), hopeless: false }
}

fn connected(name: &str, run_id: u64) -> Happening {
    let pid = u32::try_from(run_id).expect("small");
    Happening::Connected(Arc::new(Process { name: name.into(), run_id, pid, ..Process::default() }))
}

fn state(lines: &[&str]) -> Happening {
    Happening::Profile(Arc::new(fixture::profile(lines)))
}

/// Services called `a`, `b` and so on, that have told these groups.
fn fleet(told: &[&[&str]]) -> Fleet {
    let mut fleet = Fleet::default();
    for (run, lines) in (1..).zip(told) {
        let name = ["", "a", "b", "c"][run];
        let session = fleet.open(&format!("{name}:1").into(), secs(1)).expect("room");
        tell(&mut fleet, session, 1, connected(name, run as u64));
        tell(&mut fleet, session, 1, state(lines));
    }
    fleet.merge(secs(2), true);
    fleet
}

fn tell(fleet: &mut Fleet, session: u64, at: u64, happening: Happening) {
    fleet.apply(Event { session, happening }, secs(at));
}

fn all(fleet: &Fleet) -> &Arc<Profile> {
    assert!(fleet.is_many(&Scope::All));
    fleet.store(&Scope::All).profile().expect("a state")
}

/// What an agent remembers: three tasks for the last hundred seconds.
fn remember(subjects: &[Subject]) -> Happening {
    let points = [Point { count: 3, ..Point::default() }; 100];
    let from_ms = fixture::NOW_MS - 100_000;
    let series = subjects.iter().map(|subject| Series::new(*subject, from_ms, &points));
    let now_ms = fixture::NOW_MS;
    let page = HistoryPage { now_ms, step_ms: 1_000, series: series.collect() };
    Happening::History { ticket: 1, resolution: Resolution::Second, page: Ok(Arc::new(page)) }
}

/// The parked tasks of all services, over time.
fn parked(fleet: &Fleet) -> Vec<u64> {
    let history = fleet.store(&Scope::All).history();
    let window = history.window(20);
    history.of_state(State::Parked, &window).iter().map(|it| it.count).collect()
}

/// `values: tasks` of each row.
fn rows(profile: &Profile, keys: &[Key]) -> Vec<String> {
    let every: Vec<u32> = (0..u32::try_from(profile.groups.len()).expect("few")).collect();
    let words = |row: &Row| {
        let values: Vec<String> = row.values.iter().map(ToString::to_string).collect();
        format!("{}: {}", values.join(" "), row.sum.count)
    };
    pivot(profile, keys, &every).rows.iter().map(words).collect()
}

const TASK: &str = "8 parked stuck=8 age=60 task=audit @ src/a.rs:1 mutex < src/m.rs:1";

fn task_key() -> Key {
    Key::Label("task".into())
}

proptest! {
    #[test]
    fn counts_add_up_and_nothing_of_two_processes_is_the_same(
        groups in prop::collection::vec(prop::collection::vec((0u64..50, 0u8..4), 0..12), 2..4),
    ) {
        let told: Vec<Vec<String>> = groups.iter().map(|groups| groups.iter().map(|(count, task)| {
            format!("{count} parked stuck={count} task=t{task} @ src/a.rs:{task} mutex < src/m.rs:1")
        }).collect()).collect();
        let told: Vec<Vec<&str>> =
            told.iter().map(|lines| lines.iter().map(String::as_str).collect()).collect();
        let told: Vec<&[&str]> = told.iter().map(Vec::as_slice).collect();
        let fleet = fleet(&told);
        let merged = all(&fleet);
        let counts: Vec<u64> = groups.iter().map(|groups| groups.iter().map(|g| g.0).sum()).collect();
        prop_assert_eq!(merged.groups.iter().map(|group| group.count).sum::<u64>(), counts.iter().sum::<u64>());
        prop_assert_eq!(merged.header.totals.alive(), counts.iter().sum::<u64>());
        let ids: HashSet<GroupId> = merged.groups.iter().map(|group| group.id).collect();
        prop_assert_eq!(ids.len(), groups.iter().map(Vec::len).sum::<usize>());
        prop_assert!(merged.groups.is_sorted_by_key(|group| group.id));
        prop_assert!(merged.origins.is_sorted_by_key(|origin| origin.id));
        // Whatever a row by process has is of that process alone.
        for (name, count) in ["a", "b", "c"].iter().zip(&counts).filter(|(_, count)| **count > 0) {
            let row = format!("{name}: {count}");
            prop_assert!(rows(merged, &[Key::Process]).contains(&row));
        }
        for group in &merged.groups {
            let origin = merged.origin(group.origin).expect("its origin");
            prop_assert_eq!(origin.labels.get(PROCESS), group.labels.get(PROCESS));
        }
    }
}

#[test]
fn a_profile_of_one_is_that_one_up_to_numbers_and_the_clock() {
    let lines = [
        TASK,
        "3 parked was=9 age=90 median=40 bytes=64 live=900 livewas=100 task=b @ src/b.rs:2 notify < src/m.rs:2",
        "1 running age=2 task=c < src/m.rs:3",
    ];
    let own = fixture::profile(&lines);
    let mut fleet = fleet(&[&lines]);
    fleet.open(&"nobody:1".into(), secs(1)).expect("room");
    fleet.merge(secs(1), true);
    let merged = all(&fleet);
    let keys =
        [task_key(), Key::AwaitPoint, Key::SpawnedAt, Key::State, Key::WaitKind, Key::Verdict];
    let sums = |profile: &Profile| -> Vec<_> {
        let every: Vec<u32> = (0..3).collect();
        let now = profile.header.now_ms;
        let rows = pivot(profile, &keys, &every).rows.into_iter().map(|row| {
            let mut sum = row.sum;
            sum.oldest_since_ms = sum.oldest_since_ms.map(|since| now - since);
            sum.finding.since_ms = 0;
            (row.values, sum, row.median_since_ms.map(|since| now - since), row.heat)
        });
        rows.collect()
    };
    assert_eq!(sums(merged), sums(&own));
    let header = |profile: &Profile| {
        let mut header = profile.header.clone();
        header.now_ms = 0;
        header
    };
    assert_eq!(header(merged), header(&own));
}

#[test]
fn rows_are_told_apart_or_put_together_by_process() {
    let fleet = fleet(&[&[TASK], &[TASK, "2 parked task=b < src/m.rs:2"]]);
    let merged = all(&fleet);
    let by_both = rows(merged, &[Key::Process, task_key()]);
    assert_eq!(by_both, ["a audit: 8", "b audit: 8", "b b: 2"]);
    assert_eq!(rows(merged, &[task_key()]), ["audit: 16", "b: 2"]);
    let found = |line: &str| crate::analyse::Filter::parse(line).matches(merged).len();
    assert_eq!((found("process:a"), found("process=b"), found("-process:a")), (1, 2, 2));
}

#[test]
fn a_label_called_process_stays_what_it_is_under_another_name() {
    let line = "8 parked process=worker task=audit < src/m.rs:1";
    let fleet = fleet(&[&[line], &[TASK]]);
    let own = Key::Label(crate::analyse::OWN_PROCESS.into());
    let found = rows(all(&fleet), &[Key::Process, own]);
    assert_eq!(found, ["a worker: 8", "b (not set): 8"]);
}

#[test]
fn services_of_one_name_are_told_apart_by_their_addresses() {
    let mut fleet = fleet(&[&[TASK], &[TASK]]);
    tell(&mut fleet, 2, 5, connected("a", 9));
    tell(&mut fleet, 2, 5, state(&[TASK]));
    fleet.merge(secs(6), true);
    assert_eq!(rows(all(&fleet), &[Key::Process]), ["a a:1: 8", "a b:1: 8"]);
    // The same process at two addresses is one.
    tell(&mut fleet, 2, 7, connected("a", 1));
    tell(&mut fleet, 2, 7, state(&[TASK]));
    fleet.merge(secs(8), true);
    assert_eq!(all(&fleet).header.totals.alive(), 8);
    assert!(fleet.tabs()[1].is_twin && !fleet.tabs()[0].is_twin);
    let states = State::ALL.map(Subject::State);
    for session in [1, 2] {
        tell(&mut fleet, session, 9, remember(&states));
    }
    let counts = parked(&fleet);
    assert!(counts.contains(&3) && !counts.contains(&6), "its past too: {counts:?}");
}

#[test]
fn ages_go_on_while_a_service_is_live_and_stand_still_once_it_is_down() {
    let mut fleet = fleet(&[&[TASK], &[TASK]]);
    let age = |fleet: &Fleet, at: usize| {
        let merged = all(fleet);
        (merged.header.now_ms - merged.groups[at].oldest_since_ms) / 1_000
    };
    fleet.merge(secs(11), true);
    assert_eq!((age(&fleet, 0), age(&fleet, 1)), (70, 70));
    tell(&mut fleet, 1, 20, Happening::Down { failure: failure(), retry_in: None });
    fleet.merge(secs(31), true);
    assert_eq!((age(&fleet, 0), age(&fleet, 1)), (60, 90), "the last that was heard");
    assert_eq!(fleet.tabs()[0].state(), "down");
    assert!(matches!(fleet.store(&Scope::All).connection(), Connection::Live { .. }));
    assert_eq!(fleet.notes()[0].text, "a: disconnected");
    assert_eq!(fleet.silent_among(&[0, 1]), ["a".into()]);
    tell(&mut fleet, 2, 32, Happening::Down { failure: failure(), retry_in: None });
    assert!(matches!(fleet.store(&Scope::All).connection(), Connection::Down { .. }));
    tell(&mut fleet, 1, 33, connected("a", 1));
    assert!(matches!(fleet.store(&Scope::All).connection(), Connection::Live { .. }));
}

#[test]
fn what_is_closed_is_gone_and_events_of_it_change_nothing() {
    let mut fleet = fleet(&[&[TASK], &[TASK], &[TASK]]);
    assert_eq!(fleet.open(&"b:1".into(), secs(3)), None, "it is open");
    assert_eq!(fleet.close("b:1", secs(3)), Some(2));
    assert_eq!(fleet.close("b:1", secs(3)), None);
    assert_eq!(rows(all(&fleet), &[Key::Process]), ["a: 8", "c: 8"]);
    tell(&mut fleet, 2, 4, state(&[TASK, TASK]));
    tell(&mut fleet, 2, 4, Happening::Down { failure: failure(), retry_in: None });
    assert_eq!(rows(all(&fleet), &[Key::Process]), ["a: 8", "c: 8"]);
    assert_eq!(fleet.store(&Scope::All).target().map(|it| &**it), Some("a:1 c:1"));
    // Opened again it is another one: what was asked of the first is not answered by it.
    assert_eq!(fleet.open(&"b:1".into(), secs(5)), Some(4));
    fleet.close("b:1", secs(5));
    fleet.close("c:1", secs(5));
    assert!(!fleet.is_many(&Scope::All));
    assert_eq!(fleet.store(&Scope::All).target().map(|it| &**it), Some("a:1"));
    fleet.close("a:1", secs(5));
    assert_eq!(fleet.store(&Scope::All).connection(), &Connection::Idle);
}

#[test]
fn there_is_room_for_so_many_and_no_more() {
    let mut fleet = Fleet::default();
    for port in 0..MAX_SERVICES {
        assert!(fleet.open(&format!("a:{port}").into(), secs(0)).is_some());
    }
    assert_eq!(fleet.open(&"one:more".into(), secs(0)), None);
}

#[test]
fn a_restart_is_another_run_with_other_numbers_of_the_same_service() {
    let mut fleet = fleet(&[&[TASK], &[TASK]]);
    let before: HashSet<GroupId> = all(&fleet).groups.iter().map(|group| group.id).collect();
    tell(&mut fleet, 1, 5, connected("a", 7));
    assert_eq!(rows(all(&fleet), &[Key::Process]), ["b: 8"], "the new run has told nothing");
    tell(&mut fleet, 1, 6, state(&["5 parked task=audit < src/m.rs:1"]));
    fleet.merge(secs(6), true);
    assert_eq!(rows(all(&fleet), &[Key::Process]), ["b: 8", "a: 5"]);
    let shared = all(&fleet).groups.iter().filter(|group| before.contains(&group.id)).count();
    assert_eq!(shared, 1, "those of the service that did not restart");
    let runs: Vec<u32> = fleet.tabs().iter().map(|tab| tab.run).collect();
    assert_eq!(runs, [2, 1]);
    let old = fleet.store(&Scope::One("a:1".into())).before().expect("the run before");
    assert_eq!(rows(old.profile().expect("its end"), &[task_key()]), ["audit: 8"]);
}

#[test]
fn who_comes_later_has_all_agents_tell_anew_and_who_is_closed_was_never_there() {
    let mut fleet = fleet(&[&[TASK], &[TASK]]);
    let one = |fleet: &Fleet| fleet.store(&Scope::One("a:1".into())).history().lacks_totals();
    let states = State::ALL.map(|state| Series::new(Subject::State(state), 0, &[]));
    let page = HistoryPage { step_ms: 1_000, series: states.to_vec(), ..HistoryPage::default() };
    let told =
        Happening::History { ticket: 1, resolution: Resolution::Second, page: Ok(Arc::new(page)) };
    tell(&mut fleet, 1, 2, told);
    assert!(!one(&fleet), "it has told");
    let third = fleet.open(&"c:1".into(), secs(9)).expect("room");
    tell(&mut fleet, third, 9, connected("c", 9));
    assert!(!one(&fleet));
    tell(&mut fleet, third, 9, state(&[TASK]));
    assert!(one(&fleet), "up to now, and not up to when it told");
    let most = |fleet: &Fleet| {
        let history = fleet.store(&Scope::All).history();
        let window = history.window(40);
        history.of_state(State::Parked, &window).iter().map(|it| it.count).max()
    };
    fleet.merge(secs(30), true);
    assert_eq!(most(&fleet), Some(24));
    fleet.close("c:1", secs(31));
    assert_eq!(most(&fleet), Some(16));
}

#[test]
fn what_agents_remember_is_added_up_by_the_common_clock() {
    let mut fleet = fleet(&[&[TASK], &[TASK]]);
    let states = State::ALL.map(Subject::State);
    tell(&mut fleet, 1, 2, remember(&states));
    assert!(parked(&fleet).iter().all(|count| *count == 16), "one of them has not told");
    tell(&mut fleet, 2, 2, remember(&states));
    let counts = parked(&fleet);
    assert!(counts.contains(&6) && counts.last() == Some(&16), "{counts:?}");
    tell(&mut fleet, 1, 2, remember(&[Subject::Group(GroupId(1))]));
    let history = fleet.store(&Scope::All).history();
    let sums = history.of_group(all(&fleet).groups[0].id, Trend::Tasks);
    assert!(sums.contains(&3) && sums.last() == Some(&8), "{sums:?}");
}

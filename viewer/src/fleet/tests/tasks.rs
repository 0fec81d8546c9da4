//! Single tasks of several services.

use taskscope_proto::model::{
    Activity, Blocker, GroupId, Holder, Labels, Location, Relation, State, Task, TaskKind,
    TaskOrder, TaskPage, TaskQuery, WaitKind,
};

use super::*;
use crate::analyse::task_number;
use crate::connect::PageRequest;

fn task(id: u64, since_ms: u64) -> Task {
    Task {
        id,
        labels: Labels::default(),
        spawned_at: Location { file: "src/m.rs".into(), line: 1, column: 1 },
        kind: TaskKind::Async,
        state: State::Parked,
        since_ms,
        spawned_ms: since_ms,
        polls: id,
        tree: None,
        parent: Some(3),
        future_bytes: 0,
        activity: Activity::default(),
        living_wakers: None,
        woken_by: None,
        detached: false,
        orphan: false,
        proven: false,
        blockers: vec![Blocker {
            kind: WaitKind::Mutex,
            made_at: None,
            tasks: 1,
            relation: Relation::Holds,
            since_ms,
            holder: Some(Holder { task: 3, group: Some(GroupId(1)), ended: false }),
            holders: 1,
        }],
        waiting_for_it: 0,
    }
}

fn page(tasks: Vec<Task>) -> Happening {
    let total = tasks.len() as u64;
    let page = TaskPage { tasks, total, now_ms: fixture::NOW_MS, heeded: true };
    Happening::Tasks { ticket: 4, page: Ok(Arc::new(page)) }
}

fn request(groups: Vec<GroupId>, offset: u64, limit: u32) -> PageRequest {
    let order = TaskOrder::LongestInState;
    PageRequest {
        ticket: 4,
        query: TaskQuery { groups, offset, limit, order, ..TaskQuery::default() },
    }
}

#[test]
fn the_tasks_of_a_row_come_from_every_agent_as_one_page() {
    let mut fleet = fleet(&[&[TASK], &[TASK]]);
    let groups: Vec<GroupId> = all(&fleet).groups.iter().map(|group| group.id).collect();
    let asked = fleet.ask(&Scope::All, request(groups.clone(), 1, 2), secs(3));
    let asked: Vec<_> = asked.iter().map(|(s, r)| (*s, &*r.query.groups, r.query.limit)).collect();
    assert_eq!(asked, [(1, &[GroupId(1)][..], 3), (2, &[GroupId(1)][..], 3)]);
    tell(&mut fleet, 1, 3, page(vec![task(7, 100), task(8, 400)]));
    assert!(fleet.store(&Scope::All).answer().is_none(), "one has not answered yet");
    tell(&mut fleet, 2, 3, page(vec![task(7, 200), task(9, 300)]));
    let answer = fleet.store(&Scope::All).answer().expect("an answer");
    let page = answer.page.as_ref().expect("a page");
    let found = page.tasks.iter().map(|task| {
        let process = task.labels.get(PROCESS).expect("its process");
        (task_number(task.id), process.to_string(), page.now_ms - task.since_ms)
    });
    let age = |since: u64| fixture::NOW_MS - since;
    let expected = [(7, "b".to_owned(), age(200)), (9, "b".to_owned(), age(300))];
    assert_eq!(found.collect::<Vec<_>>(), expected);
    assert_eq!(page.total, 4);
    // What such a task names is of its own process, and so is the agent that is asked for it.
    let chosen = &page.tasks[0];
    let holder = chosen.blockers[0].holder.expect("a holder");
    assert_eq!((holder.group, Some(holder.task)), (Some(groups[1]), chosen.parent));
    assert_eq!(fleet.process_of(chosen.id).map(|process| &*process.name), Some("b"));
    let (tasks, children_of) = (vec![chosen.id], Some(chosen.id));
    let query = TaskQuery { tasks, children_of, limit: 9, ..TaskQuery::default() };
    let asked = fleet.ask(&Scope::All, PageRequest { ticket: 5, query }, secs(4));
    assert_eq!(asked.len(), 1);
    assert_eq!((asked[0].0, &*asked[0].1.query.tasks), (2, &[7][..]));
    assert_eq!(asked[0].1.query.children_of, Some(7));
}

#[test]
fn who_cannot_answer_is_not_waited_for_and_a_failure_names_who_failed() {
    let mut fleet = fleet(&[&[TASK], &[TASK]]);
    let groups: Vec<GroupId> = all(&fleet).groups.iter().map(|group| group.id).collect();
    let told = |fleet: &Fleet| {
        let answer = fleet.store(&Scope::All).answer()?.page.clone();
        Some(answer.map(|page| page.total).map_err(|failure| failure.tried))
    };
    assert_eq!(fleet.ask(&Scope::All, request(groups.clone(), 0, 2), secs(3)).len(), 2);
    let no = Happening::Tasks { ticket: 4, page: Err(failure()) };
    tell(&mut fleet, 2, 3, no);
    assert_eq!(told(&fleet), Some(Err("x, of b".into())));
    let deep = fleet.ask(&Scope::All, request(groups.clone(), 5_000, 100), secs(3));
    assert!(deep.is_empty());
    let words = told(&fleet).expect("an answer").expect_err("too deep");
    assert!(words.starts_with("list the tasks of several"), "{words}");
    tell(&mut fleet, 2, 3, Happening::Down { failure: failure(), retry_in: None });
    assert_eq!(fleet.ask(&Scope::All, request(groups, 0, 2), secs(3)).len(), 1);
    tell(&mut fleet, 1, 3, page(vec![task(7, 100)]));
    assert_eq!(told(&fleet), Some(Ok(1)));
}

#[test]
fn one_that_goes_away_while_it_is_asked_holds_nobody_up() {
    let mut fleet = fleet(&[&[TASK], &[TASK]]);
    let groups: Vec<GroupId> = all(&fleet).groups.iter().map(|group| group.id).collect();
    assert_eq!(fleet.ask(&Scope::All, request(groups, 0, 2), secs(3)).len(), 2);
    tell(&mut fleet, 1, 3, page(vec![task(7, 100)]));
    tell(&mut fleet, 2, 3, Happening::Down { failure: failure(), retry_in: None });
    let answer = fleet.store(&Scope::All).answer().expect("an answer");
    assert_eq!(answer.page.as_ref().expect("a page").total, 1);
}

//! Puts a screen together: pure, from the store and the query to everything that is drawn.

use taskscope_proto::model::{Group, Profile, Source};

use super::awaits::awaits;
use super::compared::compared;
use super::findings::findings;
use super::heap;
use super::table::Making;
use super::timeline::timeline;
use crate::analyse::{
    Crowds, Key, Query, Range, Selection, Then, blockers, chain, keys_of, known, losses, merge,
    stand_in, together, wait_graph, wakings,
};
use crate::screen::{Detail, Screen, Waits};
use crate::store::Store;

/// The screen that answers the query with what the store knows.
pub fn compose(store: &Store, query: &Query) -> Screen {
    let mut screen = Screen {
        generation: query.generation,
        target: store.target().cloned(),
        connection: store.connection().clone(),
        process: store.process().cloned(),
        received_at: store.received_at(),
        restart: store.restart().cloned(),
        ..Screen::default()
    };
    let Some(latest) = store.profile() else {
        return screen;
    };
    let then = query.at_ms.and_then(|at_ms| store.moment(at_ms));
    screen.moment_ms = then.as_ref().map(|profile| profile.header.now_ms);
    let profile = then.as_ref().unwrap_or(latest);
    screen.header = Some(profile.header.clone());
    screen.notes = losses(store.process().map(|process| &**process), &profile.header);
    let source = store.process().map(|process| process.source).unwrap_or_default();
    screen.available = keys_of(profile);
    screen.available.retain(|key| known(key, source));
    let keys = usable_keys(&query.keys, &screen.available, source);
    let history = match query.range {
        Range::Minutes => store.history(),
        Range::Day => store.day(),
    };
    let marked = store.marked().map(|profile| &**profile);
    let then = marked.map(|marked| Then::of(marked, &keys, &query.filter.matches(marked)));
    let making = Making { profile, keys, matching: query.filter.matches(profile), then };
    screen.table = making.table(history, query);
    screen.findings = findings(&making);
    screen.timeline = timeline(latest, history);
    screen.marked_ms = marked.map(|profile| profile.header.now_ms);
    let reference = store.reference().zip(store.process());
    screen.reference = reference.map(|(then, process)| compared(then, process, profile));
    screen.run.is_marked_before = store.is_marked_before();
    if let Some(asked) = &query.heap {
        screen.heap = Some(heap::page(profile, marked, query, asked));
    } else {
        let selection = query.selection.as_ref();
        screen.detail = selection.map(|row| detail(profile, marked, row, query, &screen));
        screen.waits = query.waits.map(|crowds| waits(&making, &screen, crowds));
    }
    screen
}

/// The keys asked for that this service has. None at all would be one row that says nothing.
fn usable_keys(asked: &[Key], available: &[Key], source: Source) -> Vec<Key> {
    let mut keys: Vec<Key> = Vec::new();
    for key in asked.iter().filter_map(|key| stand_in(key, source)) {
        if available.contains(&key) && !keys.contains(&key) {
            keys.push(key);
        }
    }
    if keys.is_empty() && !asked.is_empty() {
        keys.extend(stand_in(&Key::AwaitPoint, source));
    }
    keys
}

/// Who waits for whom around the worst group of the chosen row.
fn waits(making: &Making<'_>, screen: &Screen, crowds: Crowds) -> Waits {
    let profile = making.profile;
    let chosen = screen.detail.as_ref().and_then(|detail| screen.table.rows.get(detail.row?));
    let members = chosen.map_or(&[][..], |row| &*row.members);
    let members = members.iter().filter_map(|&at| profile.groups.get(at as usize));
    let worst = members.max_by_key(|group| {
        let waits = !group.blockers.is_empty() || group.waiting_for_it > 0;
        (waits, group.verdict.class, group.verdict.points, group.count)
    });
    let Some(group) = worst else { return Waits::default() };
    let graph = wait_graph(profile, group, crowds);
    let rows = graph.nodes.iter().map(|node| making.row_of(node.group)).collect();
    Waits { graph, rows }
}

fn detail(
    profile: &Profile,
    marked: Option<&Profile>,
    selection: &Selection,
    query: &Query,
    screen: &Screen,
) -> Detail {
    let row = screen.position(&selection.values);
    let shown = row.and_then(|at| screen.table.rows.get(at));
    let members = shown.map_or(&[][..], |row| &*row.members);
    let group = |&at: &u32| -> Option<&Group> { profile.groups.get(at as usize).map(|g| &**g) };
    let groups: Vec<&Group> = members.iter().filter_map(group).collect();
    let tree = merge(groups.iter().copied());
    let of_row = (&*screen.table.keys, selection);
    let blocked = members.iter().filter_map(group).filter(|group| !group.blockers.is_empty());
    let worst = blocked.max_by_key(|group| (group.verdict.class, group.verdict.points));
    Detail {
        selection: selection.clone(),
        row,
        awaits: awaits(profile, &groups, marked, query, of_row),
        tree,
        wakings: wakings(profile, &together(members.iter().filter_map(group))),
        blockers: worst.map(|group| blockers(profile, &group.blockers)).unwrap_or_default(),
        chain: worst.map(|group| chain(profile, group)).unwrap_or_default(),
        allocations: shown
            .and_then(|shown| heap::allocations(profile, &screen.table.keys, shown, query.fold)),
        page: None,
        unfiltered: false,
        page_failure: None,
        silent: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::*;
    use crate::analyse::{Column, Filter, Nest, Sort, Value};
    use crate::connect::{Event, Happening};
    use crate::fixture;

    fn store(profile: Profile) -> Store {
        let mut store = Store::default();
        store.follow(1, Some("x".into()), Duration::ZERO);
        let happening = Happening::Profile(Arc::new(profile));
        store.apply(Event { session: 1, happening }, Duration::ZERO);
        store
    }

    fn query(keys: &[Key], filter: &str) -> Query {
        Query { keys: keys.to_vec(), filter: Filter::parse(filter), ..Query::default() }
    }

    #[test]
    fn keys_that_the_service_does_not_have_are_left_out() {
        let store = store(fixture::profile(&["3 parked tenant=a @ src/a.rs:1 mutex < src/m.rs:1"]));
        let check = |keys: &[Key], expected: &[Key]| {
            assert_eq!(compose(&store, &query(keys, "")).table.keys, expected);
        };
        let task = || Key::Label("task".into());
        check(&[task(), Key::State], &[Key::State]);
        check(&[task()], &[Key::AwaitPoint]);
        check(&[], &[]);
    }

    #[test]
    fn the_selected_row_keeps_its_place_by_its_values() {
        let store = store(fixture::profile(&[
            "3 parked task=a @ src/a.rs:1 mutex < src/m.rs:1",
            "9 parked stuck=9 task=b @ src/a.rs:2 mutex < src/m.rs:1",
        ]));
        let mut query = query(&[Key::Label("task".into())], "");
        let values = compose(&store, &query).table.rows[1].values.clone();
        assert_eq!(values[0].to_string(), "a");
        query.selection = Some(Selection { values, ..Selection::default() });
        let detail = compose(&store, &query).detail.expect("a detail");
        assert_eq!((detail.row, detail.tree.tasks), (Some(1), 3));
        query.filter = Filter::parse("task:b");
        let detail = compose(&store, &query).detail.expect("a detail");
        assert_eq!((detail.row, detail.tree.tasks), (None, 0));
    }

    #[test]
    fn rows_tell_what_came_since_the_mark_and_are_put_in_that_order() {
        let mut store = store(fixture::profile(&[
            "3 parked t=a u=1 @ src/a.rs:1 mutex < src/m.rs:1",
            "9 parked t=b u=1 @ src/a.rs:2 mutex < src/m.rs:1",
        ]));
        let sort = Sort { column: Column::Change, descending: true };
        let keys = ["t", "u"].map(|key| Key::Label(key.into()));
        let rows = |store: &Store, filter: &str, nest: Option<Nest>| {
            let nest = nest.map(Arc::new);
            let screen = compose(store, &Query { nest, sort, ..query(&keys, filter) });
            let told = screen.table.rows.iter().map(|row| {
                let values: Vec<String> = row.values.iter().map(Value::to_string).collect();
                let change = row.change();
                format!("{} {}", values.join("/"), change.map_or("-".into(), |c| c.to_string()))
            });
            told.collect::<Vec<_>>().join(", ")
        };
        assert_eq!(rows(&store, "", None), "b/1 -, a/1 -");
        store.mark(None);
        let profile = fixture::profile(&[
            "1 parked t=b u=1 @ src/a.rs:2 mutex < src/m.rs:1",
            "5 parked t=a u=1 @ src/a.rs:1 mutex < src/m.rs:1",
            "4 parked t=a u=2 @ src/a.rs:1 mutex < src/m.rs:1",
        ]);
        let happening = Happening::Profile(Arc::new(profile));
        store.apply(Event { session: 1, happening }, Duration::ZERO);
        assert_eq!(rows(&store, "", None), "a/2 4, a/1 2, b/1 -8");
        assert_eq!(rows(&store, "u:1", None), "a/1 2, b/1 -8");
        let nested = rows(&store, "", Some(Nest::all_open()));
        assert_eq!(nested, "a 6, a/2 4, a/1 2, b -8, b/1 -8");
    }

    #[test]
    fn ten_thousand_groups_lose_no_task_on_their_way_to_rows() {
        let lines: Vec<String> = (0..10_000)
            .map(|i| {
                let (task, tenant, line) = (i % 40, i % 500, i % 900);
                format!("10 parked stuck=1 age=60 task=t{task} tenant=acme{tenant} @ src/some/module/file.rs:{line} mutex < src/main.rs:{task}")
            })
            .collect();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let store = store(fixture::profile(&lines));
        let mut keys = crate::workspace::Workspace::usual_keys();
        keys.push(Key::Label("tenant".into()));
        let query = query(&keys, "");
        let rows = compose(&store, &query).table.rows;
        assert_eq!(rows.iter().map(|row| row.sum.count).sum::<u64>(), 100_000);
        assert!(rows.len() > 1_000, "{} rows", rows.len());
    }
}

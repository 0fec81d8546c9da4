//! What services send, honest ones and others.

use console_api::async_ops::{self, AsyncOp};
use console_api::resources::Resource;
use console_api::{Location as Place, MetaId, Metadata, register_metadata::NewMetadata};
use proptest::prelude::*;
use prost::Message as _;
use taskscope_proto::model::{Origin, TaskQuery};
use taskscope_proto::stream::{Decoder, Encoder};

use super::*;
use crate::connect::console::fixture::{
    at, changes, dropped, moment, parked, told, update, with_op, with_resource,
};
use crate::connect::console::past::Past;
use crate::connect::console::{fold, page};

fn origins(model: &Model) -> Vec<Origin> {
    model.origins.all(model.now).collect()
}

#[test]
fn a_task_is_known_from_its_spawn_to_its_end_and_counted_after_it() {
    let mut model = told(update(100, &[parked(1, "a"), parked(2, "a"), parked(3, "b").ended(50)]));
    assert_eq!((model.tasks.len(), model.counts.spawned, model.counts.finished), (2, 3, 1));
    model.apply(changes(101, &[parked(1, "a").ended(101)]));
    // Told of once more, it is over all the same.
    model.apply(changes(102, &[parked(1, "a").ended(101)]));
    assert_eq!((model.tasks.len(), model.counts.spawned, model.counts.finished), (1, 3, 2));
    let a = origins(&model).into_iter().find(|origin| origin.labels.to_string() == "task=a");
    let a = a.unwrap();
    assert_eq!((a.spawned, a.finished, a.finished_last_minute), (2, 1, 1));
    assert_eq!(a.spawned_at.to_string(), "src/main.rs:3:5");
    assert_eq!((model.start, model.now, model.run_id()), (Some(at(0)), at(102), 77));
}

#[test]
fn a_task_that_is_told_of_twice_counts_once() {
    let mut model = told(update(100, &[parked(1, "a")]));
    model.apply(update(101, &[parked(1, "a").polled(4, 101)]));
    assert_eq!((model.tasks.len(), model.counts.spawned), (1, 1));
    assert_eq!(model.tasks[&1].doings.polls.count, 4);
}

#[test]
fn tasks_that_had_ended_before_are_told_of_twice_and_count_once() {
    let ended = [parked(1, "a").ended(20), parked(2, "a").ended(30)];
    let mut model = told(update(100, &ended));
    model.apply(update(101, &ended));
    assert_eq!((model.counts.spawned, model.counts.finished), (2, 2));
    // Numbers of spans come back after a while: this is another task.
    model.apply(update(150, &[parked(2, "b").created(140)]));
    assert_eq!((model.counts.spawned, model.tasks.len()), (3, 1));
}

#[test]
fn what_is_dropped_is_forgotten() {
    let begin = with_resource(update(100, &[parked(1, "a")]), (8, "tokio::sync::Mutex", 0, false));
    let mut model = told(with_op(begin, (9, "Mutex::lock", 8, 1, 1)));
    assert_eq!((&*model.resources[&8].kind, &*model.ops[&9].source), ("Mutex", "Mutex::lock"));
    model.apply(dropped(101, 8, 9));
    assert!(model.resources.is_empty() && model.ops.is_empty());
}

#[test]
fn the_clock_never_goes_back_and_its_zero_stays() {
    let mut model = told(update(100, &[parked(1, "a").created(40)]));
    model.apply(update(90, &[parked(2, "a").created(5)]));
    assert_eq!((model.now, model.start), (at(100), Some(at(40))));
}

#[test]
fn names_of_fields_may_come_as_numbers() {
    let mut spec = parked(1, "");
    spec.task.fields = parked(1, "audit").task.fields;
    for (at, field) in (0..).zip([1, 0, 99]) {
        if let Some(known) = spec.task.fields.get_mut(at) {
            known.name = Some(Name::NameIdx(field));
        }
    }
    let model = told(update(100, &[spec]));
    assert_eq!(model.tasks[&1].labels.to_string(), "task=audit");
}

#[test]
fn a_blocking_closure_is_told_by_its_span() {
    let mut first = update(100, &[parked(1, "a")]);
    let described = &mut first.new_metadata.as_mut().unwrap().metadata[0];
    described.metadata.as_mut().unwrap().target = "tokio::task::blocking".into();
    assert_eq!(told(first).tasks[&1].kind, TaskKind::Blocking);
}

#[test]
fn without_a_place_of_its_own_a_task_has_that_of_its_span_or_none() {
    let mut spec = parked(1, "a");
    spec.task.location = None;
    assert_eq!(&*told(update(100, &[spec.clone()])).tasks[&1].spawned_at.file, "");
    let mut first = update(100, &[spec]);
    let described = &mut first.new_metadata.as_mut().unwrap().metadata[0];
    let place = Place { file: Some("src/x.rs".into()), line: Some(7), ..Place::default() };
    described.metadata.as_mut().unwrap().location = Some(place);
    assert_eq!(told(first).tasks[&1].spawned_at.to_string(), "src/x.rs:7:0");
}

#[test]
fn what_has_no_room_is_counted() {
    let mut model = Model::default();
    let all = MAX_ENTRIES as u64 + 25;
    for numbers in (1..=all).collect::<Vec<_>>().chunks(50_000) {
        let mut update = Update::default();
        let tasks = update.task_update.get_or_insert_default();
        let resources = update.resource_update.get_or_insert_default();
        let ops = update.async_op_update.get_or_insert_default();
        for number in numbers {
            let id = Some(Id { id: *number });
            tasks.new_tasks.push(tasks::Task { id, ..tasks::Task::default() });
            resources.new_resources.push(Resource { id, ..Resource::default() });
            ops.new_async_ops.push(AsyncOp { id, ..AsyncOp::default() });
        }
        model.apply(update);
    }
    assert_eq!((model.tasks.len(), model.counts.tasks_lost), (MAX_ENTRIES, 25));
    assert_eq!((model.resources.len(), model.ops.len()), (MAX_ENTRIES, MAX_ENTRIES));
    assert_eq!((model.counts.waits_lost, model.counts.spawned), (50, all));
}

/// Few numbers, so that things meet.
fn number() -> impl Strategy<Value = u64> {
    prop_oneof![0..6_u64, Just(u64::MAX)]
}

fn moment_of() -> impl Strategy<Value = Option<prost_types::Timestamp>> {
    let seconds = prop_oneof![0..200_i64, any::<i64>()];
    proptest::option::of((seconds, any::<i32>()))
        .prop_map(|at| at.map(|(seconds, nanos)| prost_types::Timestamp { seconds, nanos }))
}

prop_compose! {
    fn polls()(polls in any::<u64>(), started in moment_of(), ended in moment_of(), busy in any::<(i64, i32)>())
        -> console_api::PollStats {
        let busy_time = Some(prost_types::Duration { seconds: busy.0, nanos: busy.1 });
        console_api::PollStats {
            polls, first_poll: started, last_poll_started: started, last_poll_ended: ended, busy_time,
        }
    }
}

prop_compose! {
    fn task_stats()(
        created_at in moment_of(), dropped_at in proptest::option::weighted(0.2, moment_of()),
        last_wake in moment_of(), counts in any::<[u64; 4]>(), poll_stats in proptest::option::of(polls()),
    ) -> tasks::Stats {
        let [wakes, waker_clones, waker_drops, self_wakes] = counts;
        tasks::Stats {
            created_at, dropped_at: dropped_at.flatten(), wakes, waker_clones, waker_drops, last_wake,
            poll_stats, self_wakes, scheduled_time: None,
        }
    }
}

prop_compose! {
    fn task()(id in number(), name in "[a-c]{0,2}", blocking in any::<bool>(), index in any::<u64>())
        -> tasks::Task {
        let mut task = parked(id, &name).field("kind", if blocking { "blocking" } else { "x" }).task;
        task.fields[0].name = task.fields[0].name.take().filter(|_| index % 3 > 0);
        if index % 5 == 0 { task.fields[1].name = Some(Name::NameIdx(index)); }
        task
    }
}

prop_compose! {
    fn op()(id in number(), source in "(Mutex::lock|Acquire::new|[a-z]{1,3})", resource in number(), parent in number())
        -> AsyncOp {
        let (resource_id, parent_async_op_id) = (Some(Id { id: resource }), Some(Id { id: parent }));
        AsyncOp { id: Some(Id { id }), metadata: None, source, parent_async_op_id, resource_id }
    }
}

prop_compose! {
    fn resource()(id in number(), kind in "(a::Mutex|Semaphore|[a-z:]{0,4})", parent in number(), is_internal in any::<bool>())
        -> Resource {
        let parent_resource_id = Some(Id { id: parent });
        Resource { id: Some(Id { id }), concrete_type: kind, parent_resource_id, is_internal, ..Resource::default() }
    }
}

prop_compose! {
    fn op_stats()(task in number(), poll_stats in proptest::option::of(polls()), gone in any::<u8>())
        -> async_ops::Stats {
        let dropped_at = (gone < 40).then(prost_types::Timestamp::default);
        async_ops::Stats { task_id: Some(Id { id: task }), poll_stats, dropped_at, ..async_ops::Stats::default() }
    }
}

prop_compose! {
    fn any_update()(
        now in moment_of(), described in number(),
        new_tasks in proptest::collection::vec(task(), 0..4),
        task_stats in proptest::collection::hash_map(number(), task_stats(), 0..5),
        new_resources in proptest::collection::vec(resource(), 0..4),
        new_async_ops in proptest::collection::vec(op(), 0..4),
        op_stats in proptest::collection::hash_map(number(), op_stats(), 0..5),
        polled in number(), dropped_events in any::<u64>(),
    ) -> Update {
        let mut update = Update { now, ..Update::default() };
        update.task_update = Some(TaskUpdate { new_tasks, stats_update: task_stats, dropped_events });
        let poll = PollOp { async_op_id: Some(Id { id: polled }), is_ready: polled % 2 == 0, ..PollOp::default() };
        update.resource_update = Some(ResourceUpdate {
            new_resources, new_poll_ops: vec![poll], dropped_events, ..ResourceUpdate::default()
        });
        update.async_op_update = Some(AsyncOpUpdate { new_async_ops, stats_update: op_stats, dropped_events });
        let new = NewMetadata { id: Some(MetaId { id: described }), metadata: Some(Metadata::default()) };
        update.new_metadata = Some(RegisterMetadata { metadata: vec![new] });
        update
    }
}

/// A profile and a page of what came of these messages; nothing is lost between task and group.
fn check(updates: Vec<Update>) {
    let (mut model, mut past, mut encoder) = (Model::default(), Past::default(), Encoder::new());
    let mut decoder = Decoder::new();
    for update in updates {
        model.apply(update);
        let now = moment(model.now.max(at(0)));
        let profile = fold::fold(&model, &mut past, now);
        let in_groups: u64 = profile.groups.iter().map(|group| group.count).sum();
        assert_eq!(in_groups, model.tasks.len() as u64);
        assert_eq!(in_groups, profile.header.totals.alive());
        assert!(profile.groups.is_sorted_by(|a, b| a.id < b.id));
        assert!(profile.groups.iter().all(|group| profile.origin(group.origin).is_some()));
        assert!(profile.groups.iter().all(|group| group.stuck <= group.count));
        let page = page::page(&model, &TaskQuery { limit: 1_000, ..TaskQuery::default() }, now);
        assert_eq!(page.total, in_groups);
        let mut read = None;
        for message in encoder.delta(&profile) {
            read = decoder.apply(message).unwrap();
        }
        assert_eq!(read.as_deref(), Some(&profile));
    }
}

proptest! {
    #[test]
    fn no_message_is_too_odd(updates in proptest::collection::vec(any_update(), 0..8)) {
        check(updates);
    }

    #[test]
    fn no_bytes_are_too_odd(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        check(Update::decode(bytes.as_slice()).into_iter().collect());
    }

    #[test]
    fn nor_are_bytes_that_were_a_message_once(
        update in any_update(), at in any::<proptest::sample::Index>(), byte in any::<u8>(),
    ) {
        let mut bytes = update.encode_to_vec();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        check(Update::decode(bytes.as_slice()).into_iter().collect());
    }
}

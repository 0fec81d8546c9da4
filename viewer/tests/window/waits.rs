//! Who waits for whom as a graph, the list of commands, and the size of everything.

use std::sync::Arc;

use egui_kittest::kittest::Queryable;
use taskscope_proto::model::{
    Blocker, GroupId, Holder, Label, Labels, Profile, Relation, WaitKind,
};
use taskscope_viewer::session::{Overlay, Page};

use crate::printer::print;
use crate::sample;
use crate::stage::{Stage, harness};

fn on_the_page(stage: Stage) -> egui_kittest::Harness<'static, Stage> {
    let mut harness = harness(stage);
    harness.key_press(egui::Key::D);
    harness.run();
    harness
}

#[test]
fn the_graph_names_every_group_and_every_wait() {
    let harness = on_the_page(Stage::live());
    insta::assert_snapshot!(print(&harness.root()));
}

/// The sample service, where the cart that holds the lock waits for the audit that waits for it.
pub(crate) fn with_a_cycle() -> Profile {
    let mut profile = sample::profile(0);
    let blocker = Blocker {
        kind: WaitKind::JoinHandle,
        made_at: None,
        tasks: 64,
        relation: Relation::Joined,
        since_ms: 0,
        holder: Some(Holder { task: 3, group: Some(GroupId(1)), ended: false }),
        holders: 1,
    };
    if let Some(cart) = profile.groups.iter_mut().find(|group| group.id == GroupId(3)) {
        Arc::make_mut(cart).blockers = vec![blocker];
    }
    profile
}

#[test]
fn a_cycle_is_said_in_words_too() {
    let stage = Stage::following().with(sample::process(7, 4242), with_a_cycle());
    let harness = on_the_page(stage);
    let text = print(&harness.root());
    assert!(text.contains("4 groups, 888 tasks wait, 3 in a cycle"), "{text}");
    let edge = "64 tasks of task=cart tenant=acme wait for join_handle, which is the end of \
                task=audit tenant=acme; in a cycle";
    assert!(text.contains(edge), "{text}");
}

#[test]
fn two_waits_for_one_other_are_told_below_each_other() {
    let mut profile = with_a_cycle();
    if let Some(cart) = profile.groups.iter_mut().find(|group| group.id == GroupId(3)) {
        let cart = Arc::make_mut(cart);
        let other = Blocker {
            kind: WaitKind::Mutex,
            tasks: 1,
            relation: Relation::Holds,
            ..cart.blockers[0].clone()
        };
        cart.blockers.push(other);
    }
    let harness = on_the_page(Stage::following().with(sample::process(7, 4242), profile));
    let words = |about: &str| harness.get_by_label_contains(about).rect();
    let joined = words("64 tasks of task=cart tenant=acme wait for join_handle");
    let locked = words("1 task of task=cart tenant=acme waits for mutex");
    assert!(
        joined.bottom() <= locked.top() || locked.bottom() <= joined.top(),
        "{joined} {locked}"
    );
    assert!(joined.center().distance(locked.center()) < 40.0, "both on their arrow");
}

#[test]
fn a_group_of_the_graph_can_be_put_in_the_middle() {
    let mut harness = on_the_page(Stage::live());
    harness.get_by_label_contains("12 tasks of task=ledger, waiting").click();
    harness.run();
    let chosen = harness.state().session.selection.as_ref().unwrap().values[0].to_string();
    assert_eq!(chosen, "ledger");
    assert_eq!(harness.state().session.page, Page::Waits, "it stays open");
    harness.key_press(egui::Key::Escape);
    harness.run();
    assert_eq!(harness.state().session.page, Page::Groups);
}

/// The sample service, where so many others wait for the audit.
fn with_a_queue(waiting: u64) -> Profile {
    let mut profile = sample::large(waiting, 0);
    for group in &mut profile.groups {
        let group = Arc::make_mut(group);
        group.blockers = vec![Blocker {
            kind: WaitKind::Mutex,
            made_at: None,
            tasks: group.count,
            relation: Relation::Holds,
            since_ms: 0,
            holder: Some(Holder { task: 3, group: Some(GroupId(waiting)), ended: false }),
            holders: 1,
        }];
    }
    profile
}

#[test]
fn of_a_long_queue_both_ends_of_the_first_wait_are_seen() {
    let stage = Stage::following().with(sample::process(7, 4242), with_a_queue(30));
    let mut harness = on_the_page(stage);
    harness.run();
    let text = print(&harness.root());
    assert!(text.contains("30 groups"), "{text}");
    let holder = harness.get_by_label_contains("of task=worker-30 tenant=tenant-30, waiting");
    assert!(holder.rect().bottom() < 400.0, "{:?}", holder.rect());
}

/// The same, all of them at one line: they differ in their tenants.
fn with_a_crowd(waiting: u64) -> Profile {
    let mut profile = with_a_queue(waiting);
    let first = Arc::clone(&profile.groups[0]);
    // The last is the one that they wait for.
    let alike = profile.groups.iter_mut().rev().skip(1);
    for group in alike {
        let group = Arc::make_mut(group);
        (group.state, group.tree) = (first.state, first.tree.clone());
        group.verdict = first.verdict.clone();
        let label = |key: &str, value: String| Label { key: key.into(), value: value.into() };
        let tenant = group.id.0.to_string();
        group.labels = Labels::new([label("task", "job".into()), label("tenant", tenant)]);
    }
    profile
}

#[test]
fn a_crowd_is_one_box_that_opens_by_a_click_and_closes_by_its_command() {
    let stage = Stage::following().with(sample::process(7, 4242), with_a_crowd(30));
    let mut harness = on_the_page(stage);
    let crowd = "308 tasks of task=job: 28 groups by tenant, waiting at";
    let text = print(&harness.root());
    // All but the one in the middle and the one that they wait for.
    assert!(text.contains("30 groups, 330 tasks wait"), "{text}");
    let arrow =
        "Label \"308 tasks of task=job: 28 groups by tenant wait for mutex, held by task=worker-30";
    assert!(text.contains(arrow), "{text}");
    harness.get_by_label_contains(crowd).click();
    harness.run();
    assert!(harness.query_by_label_contains(crowd).is_none());
    assert!(print(&harness.root()).matches("of task=job tenant=").count() >= 29);
    harness.get_by_label("Crowds one by one").click();
    harness.run();
    assert!(harness.query_by_label_contains(crowd).is_some());
}

#[test]
fn who_waits_for_nobody_is_told_where_holders_are_known_from() {
    let mut stage = Stage::live();
    stage.session.workspace.filter = "heartbeat".into();
    stage.refresh();
    let harness = on_the_page(stage);
    assert!(harness.query_by_label_contains("Nobody is known to wait").is_some());
}

#[test]
fn commands_are_found_and_run_by_keys_alone() {
    let mut harness = harness(Stage::live());
    harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::K);
    harness.run();
    assert_eq!(harness.state().session.overlay, Some(Overlay::Palette));
    insta::assert_snapshot!(print(&harness.root()));
    for letter in "waits".chars() {
        harness.event(egui::Event::Text(letter.to_string()));
        harness.run();
    }
    harness.key_press(egui::Key::Enter);
    harness.run();
    assert_eq!(harness.state().session.overlay, None);
    assert!(harness.query_by_label_contains("12 tasks of task=ledger, waiting").is_some());
}

#[test]
fn sizes_change_by_keys_and_stay_within_bounds() {
    let mut harness = harness(Stage::live());
    let mut press = |key, times| {
        for _ in 0..times {
            harness.key_press_modifiers(egui::Modifiers::COMMAND, key);
            harness.run();
        }
        harness.state().session.workspace.scale_percent
    };
    assert_eq!(press(egui::Key::Equals, 2), 120);
    assert_eq!(press(egui::Key::Minus, 1), 110);
    assert_eq!(press(egui::Key::Minus, 30), 60);
    assert_eq!(press(egui::Key::Num0, 1), 100);
}

#[test]
fn the_page_of_the_runtimes_says_what_is_known_and_what_is_not() {
    let mut harness = harness(Stage::live());
    harness.key_press(egui::Key::N);
    harness.run();
    assert_eq!(harness.state().session.page, Page::Runtime);
    insta::assert_snapshot!(print(&harness.root()));
    harness.key_press(egui::Key::Escape);
    harness.run();
    assert_eq!(harness.state().session.page, Page::Groups);
}

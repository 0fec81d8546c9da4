//! The await trees of a row in their four shapes: weighed, focused, searched, compared.
use std::sync::Arc;
use std::time::Duration;

use crate::printer::print;
use crate::sample;
use crate::sample_heap::with_heap;
use crate::sample_later::moved_on;
use crate::stage::{Stage, TARGET, builder, harness};
use egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use taskscope_viewer::analyse::{AwaitWeight, Shape, Transform};
use taskscope_viewer::analyst::Ask;
use taskscope_viewer::connect::Happening;
use taskscope_viewer::session::Effect;
use taskscope_viewer::store::Reference;

/// One row of all tasks, so that its tree branches.
fn stage() -> Stage {
    let mut stage = Stage::following().with(sample::process(7, 4242), sample::profile(0));
    stage.session.workspace.keys.clear();
    stage.refresh();
    stage
}

fn press(harness: &mut Harness<'_, Stage>, key: Key) {
    harness.key_press(key);
    harness.run();
}

/// What is on the screen of the await trees alone.
fn text(harness: &Harness<'_, Stage>) -> String {
    let all = print(&harness.root());
    let start = all.find("Button \"Awaits: Tree\"").expect("the tabs");
    let rest = &all[start..];
    rest[..rest.find("Splitter").unwrap_or(rest.len())].to_owned()
}

/// The name of what has the keyboard.
fn focused(harness: &Harness<'_, Stage>) -> String {
    let all = print(&harness.root());
    let line = all.lines().find(|line| line.ends_with(" focused")).unwrap_or("-");
    line.trim().trim_start_matches("Button ").trim_end_matches(" focused").to_owned()
}

fn crumbs(harness: &Harness<'_, Stage>) -> Vec<String> {
    harness.state().session.awaits.transforms.iter().map(Transform::words).collect()
}

fn in_shape(shape: Shape) -> Harness<'static, Stage> {
    let mut stage = stage();
    stage.session.workspace.shape = shape;
    stage.refresh();
    harness(stage)
}

#[test]
fn inverted_the_line_that_most_tasks_wait_on_comes_first() {
    insta::assert_snapshot!(text(&in_shape(Shape::Inverted)));
}

#[test]
fn the_flame_graph_names_every_cell_and_its_share() {
    insta::assert_snapshot!(text(&in_shape(Shape::Flame)));
}

#[test]
fn the_difference_says_what_grew_since_the_mark_and_without_one_how_to_set_it() {
    let mut harness = in_shape(Shape::Difference);
    assert!(text(&harness).contains("Mark a moment with m to compare with it."));
    press(&mut harness, Key::M);
    assert!(text(&harness).contains("unchanged"), "{}", text(&harness));
    let state = harness.state_mut();
    state.now += Duration::from_secs(40);
    state.tell(Happening::Profile(Arc::new(moved_on(40))));
    harness.run();
    insta::assert_snapshot!(text(&harness));
    press(&mut harness, Key::U);
    assert!(text(&harness).contains("Mark a moment with m to compare with it."));
}

#[test]
fn keys_alone_lead_through_the_four_shapes_and_into_each() {
    let mut harness = in_shape(Shape::Tree);
    let row = harness.state().session.selection.clone();
    press(&mut harness, Key::E);
    assert!(focused(&harness).contains("server.rs:58:17"), "{}", focused(&harness));
    press(&mut harness, Key::ArrowDown);
    press(&mut harness, Key::ArrowDown);
    assert!(focused(&harness).contains("audit.rs:41:37"), "{}", focused(&harness));
    press(&mut harness, Key::C);
    assert_eq!(harness.state().copied, ["src/audit.rs:41:37"]);
    press(&mut harness, Key::End);
    press(&mut harness, Key::Home);
    assert!(focused(&harness).contains("server.rs:58:17"), "{}", focused(&harness));
    press(&mut harness, Key::Enter);
    assert_eq!(crumbs(&harness), ["from server::serve  server.rs:58"]);
    press(&mut harness, Key::Escape);
    assert_eq!(crumbs(&harness), [""; 0]);

    press(&mut harness, Key::V);
    assert_eq!(harness.state().session.workspace.shape, Shape::Inverted);
    press(&mut harness, Key::E);
    assert!(focused(&harness).contains("audit.rs:41:37"), "{}", focused(&harness));
    press(&mut harness, Key::Enter);
    assert_eq!(crumbs(&harness), ["up to audit::log  audit.rs:41"]);
    press(&mut harness, Key::Z);

    press(&mut harness, Key::V);
    press(&mut harness, Key::E);
    assert!(focused(&harness).contains("serve  server.rs:58"), "{}", focused(&harness));
    press(&mut harness, Key::ArrowDown);
    assert!(focused(&harness).contains("audit::log"), "{}", focused(&harness));
    press(&mut harness, Key::ArrowRight);
    assert!(focused(&harness).contains("cart::prices"), "{}", focused(&harness));
    press(&mut harness, Key::ArrowLeft);
    press(&mut harness, Key::ArrowUp);
    assert!(focused(&harness).contains("serve  server.rs:58"), "{}", focused(&harness));
    press(&mut harness, Key::O);
    assert_eq!(crumbs(&harness), ["without server::serve  server.rs:58"]);
    press(&mut harness, Key::Escape);

    press(&mut harness, Key::V);
    press(&mut harness, Key::M);
    press(&mut harness, Key::E);
    assert!(focused(&harness).contains("unchanged"), "{}", focused(&harness));
    press(&mut harness, Key::V);
    assert_eq!(harness.state().session.workspace.shape, Shape::Tree);
    press(&mut harness, Key::I);
    assert_eq!(harness.state().session.workspace.shape, Shape::Inverted);
    press(&mut harness, Key::W);
    assert_eq!(harness.state().session.workspace.await_weight, AwaitWeight::Time);
    assert!(text(&harness).contains("about"), "{}", text(&harness));
    assert_eq!(harness.state().session.selection, row, "the table kept its row all the while");
}

#[test]
fn a_click_looks_at_a_frame_alone_and_each_step_can_be_taken_back() {
    let high = builder(true).with_size([1_440.0, 1_400.0]);
    let mut harness = high.build_ui_state(|ui, stage: &mut Stage| stage.frame(ui), stage());
    harness.run();
    harness.get_by_label_contains("src/cart.rs:112:26, ").click();
    harness.run();
    assert!(!text(&harness).contains("src/audit.rs:41:37"), "{}", text(&harness));
    assert!(text(&harness).contains("64 tasks of 890"), "{}", text(&harness));
    harness.get_by_label_contains("src/http.rs:19:50, ").click_secondary();
    harness.run();
    harness.get_by_label("Leave out").click();
    harness.run();
    assert!(!text(&harness).contains("src/http.rs:19:50, "), "{}", text(&harness));
    assert_eq!(crumbs(&harness).len(), 2);
    harness.get_by_label("Take back: from cart::prices  cart.rs:112").click();
    harness.run();
    assert_eq!(crumbs(&harness), ["without http::get  http.rs:19"]);
    press(&mut harness, Key::Escape);
    assert!(text(&harness).contains("src/http.rs:19:50, "), "{}", text(&harness));
}

#[test]
fn a_search_points_out_frames_and_escape_ends_it() {
    let mut harness = in_shape(Shape::Flame);
    harness.key_press_modifiers(Modifiers::COMMAND, Key::F);
    harness.run();
    harness.event(egui::Event::Text("ledger".into()));
    harness.run();
    assert!(
        text(&harness).contains("12 tasks pass a frame that matches (1 %)"),
        "{}",
        text(&harness)
    );
    press(&mut harness, Key::V);
    assert_eq!(harness.state().session.workspace.shape, Shape::Flame, "letters are text here");
    press(&mut harness, Key::Escape);
    press(&mut harness, Key::Escape);
    assert!(!text(&harness).contains("what was found"), "{}", text(&harness));
}

#[test]
fn frames_that_nobody_passes_any_more_say_how_to_go_back() {
    let mut harness = in_shape(Shape::Flame);
    let nowhere = sample::frame("gone @ src/gone.rs:1:1");
    harness.state_mut().session.awaits.transforms.push(Transform::From(nowhere));
    harness.state_mut().refresh();
    harness.run();
    assert!(text(&harness).contains("No task passes there. Esc takes the last step back."));
    press(&mut harness, Key::Escape);
    assert!(text(&harness).contains("audit::log"));
}

#[test]
fn the_flame_graph_of_the_heap_is_gone_through_by_keys_too() {
    let stage = Stage::following().with(sample::process(7, 4242), with_heap(0));
    let mut harness = harness(stage);
    press(&mut harness, Key::H);
    press(&mut harness, Key::E);
    assert!(focused(&harness).contains("serve"), "{}", focused(&harness));
    press(&mut harness, Key::ArrowDown);
    let inner = focused(&harness);
    press(&mut harness, Key::Enter);
    assert_eq!(harness.state().session.heap.focus.len(), 2, "{inner}");
    assert_eq!(harness.state().session.heap.chosen, None, "arrows left the table alone");
}

#[test]
fn a_deep_tree_is_scrolled_to_the_line_that_has_the_keyboard() {
    let mut profile = sample::profile(0);
    for group in &mut profile.groups {
        let group = Arc::make_mut(group);
        let Some(tree) = &mut group.tree else { continue };
        let tree = Arc::make_mut(tree);
        for line in 1..=60 {
            let mut node = tree.nodes[0].clone();
            let last = u32::try_from(tree.nodes.len() - 1).unwrap();
            (node.parent, node.leaves) = (Some(last), u32::from(line == 60));
            node.frame = sample::frame(&format!("deep::step @ src/deep.rs:{line}:1"));
            tree.nodes.push(node);
        }
    }
    let mut stage = Stage::following().with(sample::process(7, 4242), profile);
    stage.session.workspace.keys.clear();
    stage.refresh();
    let mut harness = harness(stage);
    press(&mut harness, Key::E);
    press(&mut harness, Key::End);
    let line = focused(&harness);
    assert!(line.contains("deep.rs:60:1"), "{line}");
    let at = harness.get_by_label(line.trim_matches('"'));
    let bottom = at.accesskit_node().bounding_box().map(|bounds| bounds.y1);
    assert!(bottom.is_some_and(|bottom| bottom <= 900.0), "{bottom:?}");
}

#[test]
fn a_state_of_elsewhere_is_compared_with_from_the_start_and_named() {
    let mut stage = stage();
    stage.session.workspace.shape = Shape::Difference;
    // Of another run, and later told of than the first state came in.
    let words = "checkout.taskscope@start (checkout, 2026-01-02T03:04:05Z)".into();
    let reference = Reference {
        words,
        process: Arc::new(sample::process(6, 41)),
        profile: Arc::new(moved_on(40)),
    };
    stage.carry_out(Effect::Ask(Ask::Compare(TARGET.into(), reference)));
    stage.refresh();
    let mut harness = harness(stage);
    let all = print(&harness.root());
    let compared = "Compared with checkout.taskscope@start (checkout, 2026-01-02T03:04:05Z).";
    assert!(all.contains(compared), "{all}");
    insta::assert_snapshot!(text(&harness));
    let restarted = Happening::Connected(Arc::new(sample::process(8, 4343)));
    harness.state_mut().tell(restarted);
    harness.state_mut().tell(Happening::Profile(Arc::new(sample::profile(0))));
    harness.run();
    assert!(print(&harness.root()).contains(compared), "a restart changes nothing");
    press(&mut harness, Key::U);
    assert!(!print(&harness.root()).contains("ompared with"), "it can be forgotten");
    assert!(text(&harness).contains("Mark a moment with m to compare with it."));
}

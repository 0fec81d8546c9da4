//! Draws every screen into a folder, to be looked at: no test compares these.
//!
//! `cargo run -p taskscope-viewer --example pictures -- FOLDER [PART_OF_A_NAME]`
//!
//! Light and dark, 1280×800 and 2560×1440, and as narrow as the window goes; a service of 5, of 500
//! and of 10,000 groups. A name says all of it: `groups-500-dark-1280.png`.

#![expect(clippy::unwrap_used, reason = "pictures that cannot be drawn stop it")]

#[path = "../tests/window/sample.rs"]
mod sample;
#[path = "../tests/window/sample_heap.rs"]
mod sample_heap;
#[expect(dead_code, reason = "the window's own tests need more of it")]
#[path = "../tests/window/stage.rs"]
mod stage;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use taskscope_proto::model::Profile;
use taskscope_viewer::analyse::{Key, Shape};
use taskscope_viewer::command::Command;
use taskscope_viewer::connect::Happening;

use crate::stage::{Stage, builder};

const SIZES: [[f32; 2]; 3] = [[1_280.0, 800.0], [2_560.0, 1_440.0], [760.0, 480.0]];
const GROUPS: [u64; 3] = [5, 500, 10_000];

fn main() {
    let mut words = std::env::args().skip(1);
    let folder = words.next().unwrap_or_else(|| "pictures".into());
    let part = words.next().unwrap_or_default();
    std::fs::create_dir_all(&folder).unwrap();
    for groups in GROUPS {
        for size in SIZES {
            for dark in [true, false] {
                for (name, commands) in scenes() {
                    let theme = if dark { "dark" } else { "light" };
                    let name = format!("{name}-{groups}-{theme}-{}.png", size[0]);
                    if name.contains(&part) {
                        draw(&Path::new(&folder).join(name), groups, size, dark, commands);
                    }
                }
            }
        }
    }
}

/// What was done to get there.
fn scenes() -> Vec<(&'static str, Vec<Command>)> {
    let shape = |shape| vec![Command::ShowShape(shape)];
    let tenant = Command::ToggleKey(Key::Label("tenant".into()));
    let paused = vec![Command::StepBack, Command::StepBack, Command::StepBack];
    vec![
        ("groups", vec![]),
        ("keys", vec![tenant, Command::ToggleKey(Key::SpawnedAt), Command::ChooseKeys]),
        ("nested", vec![Command::ToggleNest]),
        ("inverted", shape(Shape::Inverted)),
        ("flame", shape(Shape::Flame)),
        ("difference", shape(Shape::Difference)),
        ("bytes", vec![Command::SwitchLens]),
        ("heap", vec![Command::ShowHeap]),
        ("waits", vec![Command::ShowWaits]),
        ("help", vec![Command::ShowHelp]),
        ("palette", vec![Command::ShowPalette]),
        ("connect", vec![Command::ShowConnect]),
        ("paused", paused),
        ("nothing-found", vec![Command::EditFilter("no such task".into())]),
        ("disconnected", vec![]),
        ("failure", vec![]),
    ]
}

/// Five groups are the checkout of the tests; more are made up.
fn profile(groups: u64, second: u64) -> Profile {
    if groups == 5 {
        return sample_heap::with_heap(second);
    }
    let mut profile = sample_heap::large_with_heap(groups, 2_000);
    profile.header.now_ms += second * 1_000;
    for group in &mut profile.groups {
        let group = Arc::make_mut(group);
        group.count += (group.id.0 + second) % 7 * second / 10;
    }
    profile
}

fn draw(path: &Path, groups: u64, size: [f32; 2], dark: bool, commands: Vec<Command>) {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let stage = if name.starts_with("failure") {
        let mut stage = Stage::following();
        stage.goes_down();
        stage
    } else {
        watched(groups, &name)
    };
    let mut harness = builder(dark)
        .with_size(size)
        .wgpu()
        .build_ui_state(|ui, stage: &mut Stage| stage.frame(ui), stage);
    harness.run_ok();
    for command in commands {
        let stage = harness.state_mut();
        let screen = stage.screen.clone();
        for effect in stage.session.perform(command, &screen) {
            stage.carry_out(effect);
        }
        stage.refresh();
        harness.run_ok();
    }
    harness.render().unwrap().save(path).unwrap();
}

/// A service with a history to draw.
fn watched(groups: u64, name: &str) -> Stage {
    let mut stage = Stage::following().with(sample::process(7, 4_242), profile(groups, 0));
    stage.store_mut().mark(None);
    for second in (15..=90).step_by(15) {
        stage.now += Duration::from_secs(15);
        stage.tell(Happening::Profile(Arc::new(profile(groups, second))));
    }
    if name.starts_with("disconnected") {
        stage.now += Duration::from_secs(20);
        stage.goes_down();
    }
    stage
}

//! Draws every screen into a folder, to be looked at: no test compares these.
//!
//! `cargo run -p taskscope-viewer --example pictures -- FOLDER [PART_OF_A_NAME]`
//!
//! Light and dark, 1280×800 and 2560×1440, and as narrow as the window goes; a service of 5, of 500
//! and of 10,000 groups. A name says all of it: `groups-500-dark-1280.png`.

#![expect(clippy::unwrap_used, reason = "pictures that cannot be drawn stop it")]

#[path = "../../tests/window/sample.rs"]
mod sample;
#[path = "../../tests/window/sample_heap.rs"]
mod sample_heap;
mod scenes;
mod service;
#[expect(dead_code, reason = "the window's own tests need more of it")]
#[path = "../../tests/window/stage.rs"]
mod stage;

use std::path::Path;

use crate::scenes::{Scene, perform, scenes};
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
                for scene in scenes() {
                    let theme = if dark { "dark" } else { "light" };
                    let name = format!("{}-{groups}-{theme}-{}.png", scene.name, size[0]);
                    if name.contains(&part) {
                        draw(&Path::new(&folder).join(name), groups, size, dark, scene);
                    }
                }
            }
        }
    }
}

fn draw(path: &Path, groups: u64, size: [f32; 2], dark: bool, scene: Scene) {
    let mut harness = builder(dark)
        .with_size(size)
        .wgpu()
        .build_ui_state(|ui, stage: &mut Stage| stage.frame(ui), (scene.stage)(groups));
    harness.run_ok();
    for command in scene.commands {
        perform(harness.state_mut(), command);
        harness.run_ok();
    }
    (scene.then)(harness.state_mut());
    harness.run_ok();
    // Panels that grew take their room in the next frame only.
    harness.step();
    harness.render().unwrap().save(path).unwrap();
}

//! How it looks, in four pictures. Everything else is tested as text.
use std::time::Duration;

use crate::sample;
use crate::stage::{Stage, builder};
use taskscope_proto::model::Profile;

fn picture(name: &str, dark: bool, stage: Stage) {
    let mut harness = builder(dark)
        .with_size([1100.0, 680.0])
        .wgpu()
        .build_ui_state(|ui, stage: &mut Stage| stage.frame(ui), stage);
    harness.run();
    harness.snapshot(name);
}

/// The sample service, with a history to draw.
fn watched() -> Stage {
    let mut stage = Stage::following().with(sample::process(7, 4242), sample::profile(0));
    for second in 1..=90 {
        stage.now += Duration::from_secs(1);
        let profile = std::sync::Arc::new(sample::profile(second));
        stage.tell(taskscope_viewer::connect::Happening::Profile(profile));
    }
    stage
}

#[test]
fn a_live_service_in_the_dark() {
    picture("live_dark", true, watched());
}

#[test]
fn a_live_service_in_the_light() {
    picture("live_light", false, watched());
}

#[test]
fn a_failure() {
    let mut stage = Stage::following();
    stage.goes_down();
    picture("failure_dark", true, stage);
}

#[test]
fn a_service_without_tasks() {
    let stage = Stage::following().with(sample::process(7, 4242), Profile::default());
    picture("empty_light", false, stage);
}

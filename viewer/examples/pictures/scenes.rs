//! The scenes: what is there at first, what is done then, and what happens after that.

use std::sync::Arc;
use std::time::Duration;

use taskscope_proto::model::{Lost, Profile};
use taskscope_viewer::analyse::{Column, Key, Scope, Shape};
use taskscope_viewer::command::Command;
use taskscope_viewer::connect::{Happening, RecorderState, Taken};
use taskscope_viewer::desktop;
use taskscope_viewer::session::Overlay;
use taskscope_viewer::store::Reference;

use crate::sample;
use crate::service::{OTHER, alarmed, down, profile, two, watched};
use crate::stage::{Stage, TARGET};

/// A picture to be drawn.
pub(crate) struct Scene {
    pub(crate) name: &'static str,
    /// What is there at first, with so many groups.
    pub(crate) stage: fn(u64) -> Stage,
    /// What is done then.
    pub(crate) commands: Vec<Command>,
    /// What happens after that.
    pub(crate) then: fn(&mut Stage),
}

fn scene(name: &'static str, stage: fn(u64) -> Stage, commands: Vec<Command>) -> Scene {
    Scene { name, stage, commands, then: |_| {} }
}

/// All of them.
pub(crate) fn scenes() -> Vec<Scene> {
    let mut all = rows();
    all.extend(pages());
    all.extend(connections());
    all.extend(compared_and_recorded());
    all
}

/// The groups, and what is below them.
fn rows() -> Vec<Scene> {
    let shape = |shape| vec![Command::ShowShape(shape)];
    let tenant = Command::ToggleKey(Key::Label("tenant".into()));
    let keys = vec![tenant, Command::ToggleKey(Key::SpawnedAt), Command::ChooseKeys];
    let paused = vec![Command::StepBack, Command::StepBack, Command::StepBack];
    let found = vec![Command::ShowShape(Shape::Flame), Command::FindFrames("step".into())];
    let nothing = vec![Command::EditFilter("no such task".into())];
    let wrong = vec![Command::EditFilter("idle>5x task".into())];
    vec![
        scene("groups", watched, vec![]),
        scene("keys", watched, keys),
        scene("nested", watched, vec![Command::ToggleNest, Command::OpenAllRows]),
        scene("inverted", watched, shape(Shape::Inverted)),
        scene("flame", watched, shape(Shape::Flame)),
        scene("found", watched, found),
        scene("difference", watched, shape(Shape::Difference)),
        scene("bytes", watched, vec![Command::SwitchLens]),
        scene("paused", watched, paused),
        scene("nothing-found", watched, nothing),
        scene("wrong-filter", watched, wrong),
        scene("bands", alarmed, vec![]),
        scene("losses", lossy, vec![]),
    ]
}

/// The other pages, and what lies over them.
fn pages() -> Vec<Scene> {
    let hushed = |stage: &mut Stage| {
        let ids: Vec<_> = stage.screen.alerts.iter().map(|shown| shown.alert.id()).collect();
        let mut ids = ids.into_iter();
        if let (Some(first), Some(second)) = (ids.nth(1), ids.next()) {
            perform(stage, Command::AcknowledgeThis(first));
            perform(stage, Command::SilenceThis(second));
        }
    };
    let unheard = |stage: &mut Stage| {
        let failure = Some("tried a desktop: it is not there".into());
        stage.book.desktop = desktop::Standing { failure, missed: 4 };
        stage.refresh();
    };
    let recording = |stage: &mut Stage| stage.session.note_recording(recorder(None));
    let alerts = || vec![Command::ShowAlerts];
    let heap_of_one = vec![Command::ShowHeap, Command::NextRow];
    vec![
        scene("heap", watched, vec![Command::ShowHeap]),
        scene("heap-row", watched, heap_of_one),
        scene("waits", watched, vec![Command::ShowWaits]),
        scene("runtime", watched, vec![Command::ShowRuntime]),
        Scene { then: recording, ..scene("recording", watched, vec![Command::ShowRuntime]) },
        Scene { then: hushed, ..scene("alerts", alarmed, alerts()) },
        Scene { then: unheard, ..scene("alerts-unheard", alarmed, alerts()) },
        scene("alerts-off", alarmed, vec![Command::ToggleNotifications, Command::ShowAlerts]),
        scene("alerts-none", watched, alerts()),
        Scene { then: time_goes_by, ..scene("task", at_home, vec![]) },
        scene("help", watched, vec![Command::ShowHelp]),
        scene("palette", watched, vec![Command::ShowPalette]),
        scene("connect", used, vec![Command::ShowConnect]),
    ]
}

/// How it stands with the services.
fn connections() -> Vec<Scene> {
    let all = |groups| {
        let mut stage = two(groups);
        stage.session.services.scope = Scope::All;
        stage.refresh();
        stage
    };
    let first = |groups| {
        let mut stage = two(groups);
        stage.session.services.scope = Scope::One(TARGET.into());
        stage.refresh();
        stage
    };
    let restarted = |groups| {
        let mut stage = watched(groups).with(sample::process(8, 4_300), profile(groups, 95));
        stage.now += Duration::from_secs(20);
        stage
    };
    let disconnected = |groups| {
        let mut stage = watched(groups);
        stage.now += Duration::from_secs(20);
        stage.tell(down(TARGET));
        stage.now += Duration::from_secs(1);
        stage
    };
    let empty = |_| Stage::following().with(sample::process(7, 4_242), Profile::default());
    let remark = |stage: &mut Stage| stage.session.note_recording(recorder(Some(Ok(()))));
    vec![
        scene("all-services", all, vec![]),
        scene("tabs", first, vec![]),
        scene("down", two, vec![]),
        scene("restarted", restarted, vec![]),
        scene("run-before", restarted, vec![Command::ShowRunBefore]),
        scene("disconnected", disconnected, vec![]),
        Scene { then: remark, ..scene("remark", watched, vec![]) },
        scene("connecting", |_| connecting(), vec![]),
        scene("failure", |_| failed(), vec![]),
        scene("empty", empty, vec![]),
        scene("unnamed", |_| nowhere(), vec![]),
    ]
}

/// Files, and what is compared with them.
fn compared_and_recorded() -> Vec<Scene> {
    let recorded = |groups| {
        let mut stage = alarmed(groups);
        let remarks = ["The file was not ended: its last state may be missing.".into()];
        stage.tell(Happening::Recorded { states: 7, goes_on: true, remarks: remarks.into() });
        stage
    };
    let sorted = vec![Command::SortBy(Column::Change)];
    let back = vec![Command::StepBack];
    vec![
        scene("compared", compared, sorted),
        scene("compared-heap", compared, vec![Command::ShowHeap]),
        scene("recorded", recorded, vec![]),
        scene("recorded-moment", recorded, back),
    ]
}

/// Does it, with all that follows.
pub(crate) fn perform(stage: &mut Stage, command: Command) {
    let screen = stage.screen.clone();
    for effect in stage.session.perform(command, &screen) {
        stage.carry_out(effect);
    }
    stage.refresh();
}

fn recorder(end: Option<Result<(), String>>) -> RecorderState {
    RecorderState {
        target: TARGET.into(),
        path: "/home/a/.local/share/taskscope/recordings/checkout-2026-01-02T030405Z.taskscope"
            .into(),
        taken: Taken { states: 1_234, bytes: 34 << 20 },
        trouble: None,
        end,
    }
}

/// Its sources lie where the samples have them.
fn at_home(groups: u64) -> Stage {
    let folder = std::env::temp_dir().join("taskscope-pictures");
    std::fs::create_dir_all(folder.join("src")).unwrap();
    let source = include_str!("../../tests/window/audit.txt");
    std::fs::write(folder.join("src/audit.rs"), source).unwrap();
    let mut stage = watched(groups);
    stage.session.workspace.source_folders = vec![folder.display().to_string()];
    let task = if groups == 5 { 41_001 } else { 47_001 };
    perform(&mut stage, Command::ShowTask(task));
    stage
}

/// A minute more, while something is looked at.
fn time_goes_by(stage: &mut Stage) {
    for _ in 0..4 {
        stage.now += Duration::from_secs(15);
        let Some(profile) = stage.store().profile().cloned() else { return };
        let mut profile = Profile::clone(&profile);
        profile.header.now_ms += 15_000;
        for group in &mut profile.groups {
            let group = Arc::make_mut(group);
            group.oldest_since_ms += 14_000;
        }
        stage.tell(Happening::Profile(Arc::new(profile)));
    }
}

/// Somebody has been elsewhere before.
fn used(groups: u64) -> Stage {
    let mut stage = watched(groups);
    stage.session.workspace.recent =
        ["checkout.internal:6670", TARGET, OTHER, "/srv/dumps/checkout.taskscope"]
            .map(Into::into)
            .into();
    stage
}

fn connecting() -> Stage {
    let mut stage = Stage::following();
    stage.now += Duration::from_secs(4);
    stage
}

fn failed() -> Stage {
    let mut stage = Stage::following();
    stage.goes_down();
    stage
}

/// Nothing was said of where to look.
fn nowhere() -> Stage {
    let mut stage = Stage::default();
    stage.session.overlay = Some(Overlay::Connect);
    stage
}

/// The agent could not keep up.
fn lossy(groups: u64) -> Stage {
    let mut stage = watched(groups);
    let mut profile = profile(groups, 95);
    profile.header.lost =
        Lost { captures: 120, chains: 1, groups: 4_000, waits: 12, ..Lost::default() };
    stage.now += Duration::from_secs(5);
    stage.tell(Happening::Profile(Arc::new(profile)));
    stage
}

/// Another state, of a recording, beside it.
fn compared(groups: u64) -> Stage {
    let mut stage = watched(groups);
    let mut before = profile(groups, 0);
    // A quarter of the rows are new, and a few are gone since.
    before.groups.retain(|group| group.id.0 % 4 != 1);
    for group in before.groups.iter_mut().filter(|group| group.id.0 % 3 == 0) {
        let group = Arc::make_mut(group);
        group.count = group.count.saturating_sub(5);
    }
    stage.store_mut().compare_with(Reference {
        words: "checkout.taskscope@-2m (checkout, 2026-01-02T03:04:05Z)".into(),
        process: sample::process(6, 4_141).into(),
        profile: before.into(),
    });
    stage.refresh();
    stage
}

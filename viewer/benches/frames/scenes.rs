//! What is drawn, and for how long.

use std::sync::Arc;
use std::time::Duration;

use egui::{Event, Modifiers, MouseWheelSource, MouseWheelUnit, Pos2, TouchPhase, Vec2};
use taskscope_viewer::analyse::{Key, Shape};
use taskscope_viewer::analyst::compose;
use taskscope_viewer::command::Command;
use taskscope_viewer::session::Session;
use taskscope_viewer::store::Store;
use taskscope_viewer::workspace::Workspace;

use crate::measure::Times;
use crate::service::{Service, tell};
use crate::window::Window;

const FRAMES: usize = 300;
/// New numbers come every so many frames.
const SECOND: usize = 60;
/// Until all letters are drawn once, and sizes have settled.
const WARM_UP: usize = 5;

struct Scene {
    name: &'static str,
    /// What was done to get there.
    commands: Vec<Command>,
    /// The row that is looked at stays.
    looks: bool,
    /// The wheel turns here.
    wheel: Option<Pos2>,
}

pub(crate) fn all(store: &mut Store, service: &mut Service) {
    let scene = |name, commands, looks, wheel| Scene { name, commands, looks, wheel };
    let table = Some(Pos2::new(400.0, 300.0));
    let detail = Some(Pos2::new(300.0, 750.0));
    let tenant = Command::ToggleKey(Key::Label("tenant".into()));
    let shape = |shape| vec![Command::ShowShape(shape)];
    for scene in [
        scene("groups, still", vec![], false, None),
        scene("groups, scrolling", vec![tenant.clone()], false, table),
        scene(
            "rows in rows, scrolling",
            vec![Command::ToggleNest, Command::OpenAllRows],
            false,
            table,
        ),
        scene("groups and detail", vec![], true, None),
        scene("groups and detail, scrolling", vec![tenant], true, table),
        scene(
            "all tasks one row, its trees",
            vec![Command::EditFilter(String::new())],
            true,
            detail,
        ),
        scene("detail inverted", shape(Shape::Inverted), true, None),
        scene("detail as a flame graph", shape(Shape::Flame), true, None),
        scene("detail beside the mark", shape(Shape::Difference), true, None),
        scene("heap, still", vec![Command::ShowHeap], false, None),
        scene("heap, scrolling", vec![Command::ShowHeap], false, table),
        scene("waits", vec![Command::ShowWaits], true, None),
    ] {
        draw(&scene, store, service);
    }
}

fn draw(scene: &Scene, store: &mut Store, service: &mut Service) {
    let mut session = Session::new(Workspace::default(), None);
    if scene.name.starts_with("all tasks") {
        session.workspace.keys.clear();
    }
    store.mark(None);
    for command in scene.commands.clone() {
        let screen = compose(store, &session.query());
        session.perform(command, &screen);
    }
    let mut screen = Arc::new(compose(store, &session.query()));
    if scene.looks {
        session.settle(&screen);
    }
    let mut window = Window::new();
    let (mut times, mut first) = (Times::default(), Duration::ZERO);
    for at in 0..FRAMES + WARM_UP {
        if at % SECOND == 0 {
            tell(store, service.next_second());
            let mut next = compose(store, &session.query());
            service.answer(&mut next);
            screen = Arc::new(next);
        }
        let mut events = Vec::new();
        if let Some(place) = scene.wheel {
            events.push(Event::PointerMoved(place));
            events.push(wheel(if at / 100 % 2 == 0 { -240.0 } else { 240.0 }));
        }
        let frame = window.frame(&screen, &session, events);
        assert!(frame.commands.is_empty(), "{:?}", frame.commands);
        if at == 0 {
            first = frame.took;
        } else if at >= WARM_UP {
            times.push(frame.took);
        }
    }
    // Whatever was moving comes to rest.
    let quiet: Vec<_> = (0..200).map(|_| window.frame(&screen, &session, vec![]).again).collect();
    let idle = match quiet.last() {
        Some(again) if *again < Duration::from_secs(1) => format!("again after {again:?}"),
        _ => "rests".to_owned(),
    };
    let first = first.as_secs_f64() * 1_000.0;
    println!(
        "{:<34}{}, first {first:.1} ms, {idle}",
        format!("frame: {}", scene.name),
        times.words()
    );
}

fn wheel(points: f32) -> Event {
    Event::MouseWheel {
        unit: MouseWheelUnit::Point,
        delta: Vec2::new(0.0, points),
        phase: TouchPhase::Move,
        source: MouseWheelSource::Unknown,
        modifiers: Modifiers::NONE,
    }
}

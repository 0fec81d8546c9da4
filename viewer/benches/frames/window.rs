//! A window without a screen: views, and the triangles that they come to.

use std::sync::Arc;
use std::time::Duration;

use egui::{Event, Pos2, RawInput, Rect, Vec2, ViewportId};
use taskscope_viewer::command::Command;
use taskscope_viewer::screen::Screen;
use taskscope_viewer::session::Session;
use taskscope_viewer::theme;
use taskscope_viewer::view::{self, Look};

use crate::measure::{processor_time, taken_since};

pub(crate) const SIZE: Vec2 = Vec2::new(1_440.0, 900.0);
/// Sixty frames a second.
const FRAME: Duration = Duration::from_micros(16_667);

/// What a frame came to.
pub(crate) struct Frame {
    pub(crate) took: Duration,
    /// When it wants to be drawn again if nothing happens.
    pub(crate) again: Duration,
    pub(crate) commands: Vec<Command>,
}

pub(crate) struct Window {
    ctx: egui::Context,
    time: Duration,
}

impl Window {
    pub(crate) fn new() -> Self {
        let ctx = egui::Context::default();
        theme::install(&ctx);
        ctx.set_theme(egui::Theme::Dark);
        Self { ctx, time: Duration::ZERO }
    }

    /// Draws once.
    pub(crate) fn frame(
        &mut self,
        screen: &Arc<Screen>,
        session: &Session,
        events: Vec<Event>,
    ) -> Frame {
        self.time += FRAME;
        let input = RawInput {
            screen_rect: Some(Rect::from_min_size(Pos2::ZERO, SIZE)),
            time: Some(self.time.as_secs_f64()),
            events,
            ..RawInput::default()
        };
        let mut commands = Vec::new();
        let started = processor_time();
        let look = Look { screen, session, now: screen.received_at };
        let output = self.ctx.run_ui(input, |ui| commands = view::show(ui, &look));
        let triangles = self.ctx.tessellate(output.shapes, output.pixels_per_point);
        let took = taken_since(started);
        drop(triangles);
        let root = output.viewport_output.get(&ViewportId::ROOT);
        let again = root.map_or(Duration::MAX, |root| root.repaint_delay);
        Frame { took, again, commands }
    }
}

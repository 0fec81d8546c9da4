//! The looks: the only place that knows colours, sizes of text and spacing.
//!
//! Calm and dense. Colour is kept for what deserves a look: a row that is stuck is warmer than
//! its neighbours, and nothing else is.

mod tokens;

use egui::style::{ScrollStyle, WidgetVisuals};
use egui::{
    CornerRadius, FontFamily, FontId, Margin, Shadow, Stroke, Style, TextStyle, Theme, Visuals,
};

pub use tokens::{DARK, LIGHT, Palette};

/// Height of a row in tables and trees.
pub const ROW_HEIGHT: f32 = 26.0;
/// Space left and right of text in a cell.
pub const CELL_PAD: f32 = 8.0;

/// The colours in use.
pub fn palette(ui: &egui::Ui) -> &'static Palette {
    if ui.visuals().dark_mode { &DARK } else { &LIGHT }
}

/// Text that people read.
pub fn body() -> FontId {
    FontId::new(13.5, FontFamily::Proportional)
}

/// Text beside text.
pub fn small() -> FontId {
    FontId::new(11.5, FontFamily::Proportional)
}

/// Headings.
pub fn heading() -> FontId {
    FontId::new(17.0, FontFamily::Proportional)
}

/// Source lines, numbers.
pub fn mono() -> FontId {
    FontId::new(12.0, FontFamily::Monospace)
}

/// Puts both looks into a context, to be called once.
pub fn install(ctx: &egui::Context) {
    ctx.set_style_of(Theme::Dark, style(Visuals::dark(), &DARK));
    ctx.set_style_of(Theme::Light, style(Visuals::light(), &LIGHT));
}

fn style(base: Visuals, palette: &Palette) -> Style {
    let mut style = Style { visuals: visuals(base, palette), ..Style::default() };
    style.text_styles = [
        (TextStyle::Small, small()),
        (TextStyle::Body, body()),
        (TextStyle::Button, body()),
        (TextStyle::Heading, heading()),
        (TextStyle::Monospace, mono()),
    ]
    .into();
    style.spacing.item_spacing = egui::vec2(8.0, 6.0);
    style.spacing.button_padding = egui::vec2(9.0, 4.0);
    style.spacing.interact_size.y = 24.0;
    // In the colour of the text: that of a button is none against a panel.
    style.spacing.scroll = ScrollStyle {
        floating: true,
        foreground_color: true,
        dormant_background_opacity: 0.0,
        dormant_handle_opacity: 0.3,
        active_handle_opacity: 0.45,
        interact_handle_opacity: 0.7,
        ..ScrollStyle::thin()
    };
    style.interaction.selectable_labels = false;
    style.interaction.tooltip_delay = 0.3;
    style
}

fn visuals(base: Visuals, palette: &Palette) -> Visuals {
    let corner = CornerRadius::same(5);
    let widget = |fill, stroke, text| WidgetVisuals {
        bg_fill: fill,
        weak_bg_fill: fill,
        bg_stroke: Stroke::new(1.0, stroke),
        fg_stroke: Stroke::new(1.0, text),
        corner_radius: corner,
        expansion: 0.0,
    };
    let mut visuals = base;
    visuals.panel_fill = palette.surface;
    visuals.window_fill = palette.raised;
    visuals.window_stroke = Stroke::new(1.0, palette.line_strong);
    visuals.window_corner_radius = CornerRadius::same(10);
    visuals.window_shadow = Shadow { offset: [0, 10], blur: 32, spread: 0, color: palette.shadow };
    visuals.popup_shadow = Shadow { offset: [0, 4], blur: 12, spread: 0, color: palette.shadow };
    visuals.menu_corner_radius = corner;
    visuals.extreme_bg_color = palette.sunken;
    visuals.text_edit_bg_color = Some(palette.sunken);
    visuals.faint_bg_color = palette.stripe;
    visuals.code_bg_color = palette.sunken;
    visuals.override_text_color = None;
    visuals.weak_text_color = Some(palette.text_dim);
    visuals.hyperlink_color = palette.accent;
    visuals.warn_fg_color = palette.warm;
    visuals.error_fg_color = palette.hot;
    visuals.selection.bg_fill = palette.selected;
    visuals.selection.stroke = Stroke::new(1.0, palette.accent);
    visuals.widgets.noninteractive = widget(palette.surface, palette.line, palette.text);
    visuals.widgets.inactive = widget(palette.button, palette.line_strong, palette.text);
    visuals.widgets.hovered = widget(palette.hovered, palette.line_strong, palette.text_strong);
    visuals.widgets.active = widget(palette.selected, palette.accent, palette.text_strong);
    visuals.widgets.open = widget(palette.hovered, palette.line_strong, palette.text);
    // A blinking cursor would redraw an idle window all day.
    visuals.text_cursor.blink = false;
    visuals
}

/// The frame of a panel.
pub fn panel(palette: &Palette) -> egui::Frame {
    egui::Frame::new().fill(palette.surface).inner_margin(Margin::symmetric(12, 8))
}

/// The frame of a panel whose content reaches its edges.
pub fn flush(palette: &Palette) -> egui::Frame {
    egui::Frame::new().fill(palette.surface)
}

/// The frame of a bar that says something about everything below it.
pub fn banner(fill: egui::Color32) -> egui::Frame {
    egui::Frame::new().fill(fill).inner_margin(Margin::symmetric(12, 7))
}

/// The frame of a dialog or of a message in the middle of the window.
pub fn card(palette: &Palette) -> egui::Frame {
    egui::Frame::new()
        .fill(palette.raised)
        .stroke(Stroke::new(1.0, palette.line_strong))
        .corner_radius(CornerRadius::same(10))
        .inner_margin(Margin::same(22))
}

//! The window: glues the threads, the session and the views together.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use egui::ThemePreference;

use crate::alert::{Rule, built_in};
use crate::analyse::Key;
use crate::analyst::{Analyst, Ask, Judging};
use crate::clock::Clock;
use crate::command::Command;
use crate::connect::{self, Recorder};
use crate::desktop::{Notifier, System};
use crate::screen::Screen;
use crate::session::{Effect, Overlay, Session};
use crate::source;
use crate::store::Reference;
use crate::theme;
use crate::view::{self, Look};
use crate::workspace::{ThemeChoice, Workspace};

/// The name under which settings are stored.
const APP_ID: &str = "taskscope";
/// The key of the remembered choices in that store.
const WORKSPACE: &str = "workspace";
/// The folder of recordings, beside the settings.
const RECORDINGS: &str = "recordings";
/// How often an idle window draws itself: often enough for ages that tick.
const TICK: Duration = Duration::from_secs(1);

/// How the window opens.
#[derive(Clone, Debug, Default)]
pub struct Opening {
    /// The services to follow; none: the window asks.
    pub targets: Vec<String>,
    /// What makes up a row; empty: as it was last time.
    pub by: Vec<Key>,
    /// Rows in rows, even if it was otherwise last time.
    pub nest: bool,
    /// The filter; none: as it was last time.
    pub filter: Option<String>,
    /// The file that the rules of alerts come from, and what it says; none: the built-in ones.
    pub rules: Option<(String, Vec<Rule>)>,
    /// The desktop may be told of alerts.
    pub may_notify: bool,
    /// What they are compared with from the start.
    pub against: Option<Reference>,
}

/// Opens the window and follows targets, or asks for one. Returns when the window is closed.
///
/// # Errors
///
/// No window can be opened here, or the system has no room for the threads.
pub fn run(opening: Opening) -> anyhow::Result<()> {
    let viewport = egui::ViewportBuilder::default()
        .with_app_id(APP_ID)
        .with_title("Taskscope")
        .with_inner_size([1440.0, 900.0])
        .with_min_inner_size([760.0, 480.0]);
    let options = eframe::NativeOptions {
        viewport,
        renderer: eframe::Renderer::Glow,
        ..eframe::NativeOptions::default()
    };
    eframe::run_native(APP_ID, options, Box::new(|cc| Ok(Box::new(App::start(cc, opening)?))))
        // The error is not Send; its text is all that is of use here.
        .map_err(|error| anyhow::anyhow!("{error}"))
        .context(
            "cannot open a window; on a machine without a display use `taskscope dump` or `top`",
        )
}

/// The application.
#[derive(Debug)]
pub struct App {
    analyst: Analyst,
    clock: Clock,
    session: Session,
    /// Asks that the analyst had no room for yet.
    waiting: VecDeque<Ask>,
    recorder: Option<Recorder>,
}

impl App {
    /// Starts the threads and follows the targets, or shows the connect dialog.
    ///
    /// # Errors
    ///
    /// The system has no room for the threads.
    pub fn start(cc: &eframe::CreationContext<'_>, opening: Opening) -> anyhow::Result<Self> {
        let stored = cc.storage.and_then(|storage| storage.get_string(WORKSPACE));
        let (mut workspace, remark) = match stored {
            Some(text) => Workspace::from_text(&text),
            None => (Workspace::default(), None),
        };
        if !opening.by.is_empty() {
            workspace.keys = opening.by;
        }
        workspace.nest |= opening.nest;
        if let Some(filter) = opening.filter {
            workspace.filter = filter;
        }
        let clock = Clock::start();
        let (net, events) = connect::start().context("cannot start the net thread")?;
        let ctx = cc.egui_ctx.clone();
        let notifier = opening.may_notify.then(|| Notifier::start(System::default()));
        let notifier = notifier.transpose().context("cannot start the thread for notifications")?;
        let (rules_file, rules) = match opening.rules {
            Some((file, rules)) => (Some(file), rules),
            None => (None, built_in()),
        };
        let judging = Judging { rules, notifier };
        let analyst = Analyst::start(net, events, clock, judging, move || ctx.request_repaint())
            .context("cannot start the analyst thread")?;
        theme::install(&cc.egui_ctx);
        set_theme(&cc.egui_ctx, workspace.theme);
        // The keys for it are commands of ours, and what they do is remembered.
        cc.egui_ctx.options_mut(|options| options.zoom_with_keyboard = false);
        cc.egui_ctx.set_zoom_factor(workspace.scale_factor());
        let session = Session { rules_file, ..Session::new(workspace, remark.map(Into::into)) };
        let mut app = Self { analyst, clock, session, waiting: VecDeque::new(), recorder: None };
        if opening.targets.is_empty() {
            app.session.overlay = Some(Overlay::Connect);
        }
        app.waiting.push_back(Ask::Notify(app.session.workspace.notifies));
        app.carry_out(&cc.egui_ctx, app.session.hush());
        for effect in app.session.connect_all(&opening.targets) {
            app.carry_out(&cc.egui_ctx, effect);
        }
        for target in opening.against.iter().flat_map(|_| &app.session.services.open) {
            let reference = opening.against.clone();
            app.waiting.extend(reference.map(|it| Ask::Compare(Arc::clone(target), it)));
        }
        Ok(app)
    }

    fn perform(&mut self, ctx: &egui::Context, command: Command, screen: &Screen) {
        for effect in self.session.perform(command, screen) {
            self.carry_out(ctx, effect);
        }
    }

    fn carry_out(&mut self, ctx: &egui::Context, effect: Effect) {
        match effect {
            Effect::Ask(ask) => self.waiting.push_back(ask),
            Effect::Copy(text) => ctx.copy_text(text),
            Effect::Theme(choice) => set_theme(ctx, choice),
            Effect::Scale(factor) => ctx.set_zoom_factor(factor),
            Effect::Attention => {
                let kind = egui::UserAttentionType::Informational;
                ctx.send_viewport_cmd(egui::ViewportCommand::RequestUserAttention(kind));
            }
            Effect::Record { target, name } => self.record(ctx, &target, &name),
            Effect::StopRecording => {
                if let Some(recorder) = &mut self.recorder {
                    recorder.stop();
                }
            }
            Effect::OpenSource { path, line, column } => {
                let command = std::env::var(source::EDITOR).ok();
                if let Err(error) = source::open(command.as_deref(), &path, line, column) {
                    self.session.remark = Some(error.to_string().into());
                }
            }
        }
    }

    fn record(&mut self, ctx: &egui::Context, target: &Arc<str>, name: &str) {
        let name = connect::file_name(name, jiff::Timestamp::now());
        let folder = eframe::storage_dir(APP_ID).unwrap_or_else(std::env::temp_dir);
        let path = folder.join(RECORDINGS).join(name);
        let ctx = ctx.clone();
        match Recorder::start(target, path, move || ctx.request_repaint()) {
            Ok(recorder) => self.recorder = Some(recorder),
            Err(error) => {
                self.session.remark = Some(format!("Nothing is recorded: {error}.").into());
            }
        }
    }

    /// How it stands with a recording.
    fn look_at_recorder(&mut self) {
        let Some(recorder) = &self.recorder else { return };
        let state = recorder.state();
        if state.end.is_some() {
            self.recorder = None;
        }
        self.session.note_recording(state);
    }

    /// Hands over what waits. The analyst takes in everything it finds at once, so that this
    /// queue is empty but for the blink of an eye.
    fn hand_over(&mut self) {
        while let Some(ask) = self.waiting.pop_front() {
            if let Err(ask) = self.analyst.ask(ask) {
                self.waiting.push_front(ask);
                return;
            }
        }
    }
}

fn set_theme(ctx: &egui::Context, choice: ThemeChoice) {
    ctx.set_theme(match choice {
        ThemeChoice::System => ThemePreference::System,
        ThemeChoice::Light => ThemePreference::Light,
        ThemeChoice::Dark => ThemePreference::Dark,
    });
}

impl eframe::App for App {
    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        let screen: Arc<Screen> = self.analyst.screen();
        self.look_at_recorder();
        if let Some(effect) = self.session.settle(&screen) {
            self.carry_out(ui.ctx(), effect);
        }
        let focused = ui.input(|input| input.focused);
        if let Some(effect) = self.session.heed(&screen, focused) {
            self.carry_out(ui.ctx(), effect);
        }
        let look = Look { screen: &screen, session: &self.session, now: self.clock.now() };
        let commands = view::show(ui, &look);
        let ctx = ui.ctx().clone();
        // What a command changed shows in the next frame: draw it now, not in a second.
        if !commands.is_empty() {
            ctx.request_repaint();
        }
        for command in commands {
            self.perform(&ctx, command, &screen);
        }
        self.hand_over();
        ctx.request_repaint_after(TICK);
    }

    fn on_exit(&mut self, _gl: Option<&eframe::glow::Context>) {
        // Waits until the file has its end.
        self.recorder = None;
    }

    fn save(&mut self, storage: &mut dyn eframe::Storage) {
        match self.session.workspace.to_text() {
            Ok(text) => storage.set_string(WORKSPACE, text),
            Err(error) => tracing::warn!(%error, "cannot store the settings"),
        }
    }
}

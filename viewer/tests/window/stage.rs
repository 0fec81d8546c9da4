//! The window without its threads: a store, a session and the views, at a fixed moment.

use std::sync::Arc;
use std::time::Duration;

use egui_kittest::{Harness, HarnessBuilder};
use taskscope_proto::model::{Process, Profile, TaskQuery};
use taskscope_viewer::analyst::{Ask, compose};
use taskscope_viewer::clock::Moment;
use taskscope_viewer::connect::{Event, Failure, Happening};
use taskscope_viewer::screen::{PAGE, Screen};
use taskscope_viewer::session::{Effect, Session};
use taskscope_viewer::store::Store;
use taskscope_viewer::theme;
use taskscope_viewer::view::{self, Look};
use taskscope_viewer::workspace::Workspace;

use crate::sample;

pub(crate) const TARGET: &str = "127.0.0.1:6670";

/// Everything that a window needs.
pub(crate) struct Stage {
    pub(crate) store: Store,
    pub(crate) session: Session,
    pub(crate) screen: Arc<Screen>,
    pub(crate) now: Moment,
    pub(crate) copied: Vec<String>,
    pub(crate) followed: Vec<Option<String>>,
}

impl Default for Stage {
    fn default() -> Self {
        let session = Session::new(Workspace::default(), None);
        Self {
            store: Store::default(),
            session,
            screen: Arc::default(),
            now: Duration::from_secs(100),
            copied: Vec::new(),
            followed: Vec::new(),
        }
    }
}

impl Stage {
    /// A target, and no word from it yet.
    pub(crate) fn following() -> Self {
        let mut stage = Self::default();
        stage.store.follow(1, Some(TARGET.into()), stage.now);
        stage.refresh();
        stage
    }

    /// The sample service, answering.
    pub(crate) fn live() -> Self {
        Self::following().with(sample::process(7, 4242), sample::profile(0))
    }

    pub(crate) fn with(mut self, process: Process, profile: Profile) -> Self {
        self.tell(Happening::Connected(Arc::new(process)));
        self.tell(Happening::Profile(Arc::new(profile)));
        self
    }

    pub(crate) fn tell(&mut self, happening: Happening) {
        self.store.apply(Event { session: 1, happening }, self.now);
        self.refresh();
    }

    /// The agent is gone, and it will be tried again in three seconds.
    pub(crate) fn goes_down(&mut self) {
        let failure = Failure {
            tried: format!("connect to {TARGET}"),
            cause: format!("Nothing listens on {TARGET}."),
            advice: "Start the service, and look for the address that its agent logs at start."
                .into(),
            hopeless: false,
        };
        self.tell(Happening::Down { failure, retry_in: Some(Duration::from_secs(3)) });
    }

    /// What the analyst does, on the spot.
    pub(crate) fn refresh(&mut self) {
        let mut screen = compose(&self.store, &self.session.query());
        let is_now = screen.moment_ms.is_none();
        if let (Some(detail), Some(profile), true) =
            (&mut screen.detail, self.store.profile(), is_now)
        {
            let members = detail.row.and_then(|at| screen.table.rows.get(at));
            let members = members.map_or(&[][..], |row| row.row.members.as_slice());
            let groups = members.iter().map(|&at| profile.groups[at as usize].id).collect();
            let query = TaskQuery {
                groups,
                order: detail.selection.order,
                offset: detail.selection.offset,
                limit: u32::try_from(PAGE).unwrap(),
            };
            detail.page = Some(Arc::new(sample::tasks(profile, &query)));
        }
        self.screen = Arc::new(screen);
    }

    /// One frame: the same steps as the application's.
    pub(crate) fn frame(&mut self, ui: &mut egui::Ui) {
        if self.session.settle(&self.screen).is_some() {
            self.refresh();
        }
        let screen = self.screen.clone();
        let look = Look { screen: &screen, session: &self.session, now: self.now };
        for command in view::show(ui, &look) {
            for effect in self.session.perform(command, &screen) {
                self.carry_out(effect);
            }
            self.refresh();
            ui.request_repaint();
        }
    }

    /// What the application and the analyst do.
    pub(crate) fn carry_out(&mut self, effect: Effect) {
        match effect {
            Effect::Ask(Ask::Follow(target)) => {
                self.followed.push(target.map(|target| target.to_string()));
            }
            Effect::Ask(Ask::Mark(true)) => self.store.mark(self.session.at_ms),
            Effect::Ask(Ask::Mark(false)) => self.store.forget_mark(),
            Effect::Ask(Ask::Query(query)) => self.store.stop_at(query.at_ms),
            Effect::Copy(text) => self.copied.push(text),
            Effect::Ask(_) | Effect::Theme(_) | Effect::Scale(_) => {}
        }
    }
}

pub(crate) fn builder(dark: bool) -> HarnessBuilder<Stage> {
    let theme = if dark { egui::Theme::Dark } else { egui::Theme::Light };
    Harness::builder()
        .with_size([1440.0, 900.0])
        .with_theme(theme)
        .with_max_steps(12)
        .with_context_setup(theme::install)
}

/// A window on this stage, settled.
pub(crate) fn harness(stage: Stage) -> Harness<'static, Stage> {
    let mut harness = builder(true).build_ui_state(|ui, stage: &mut Stage| stage.frame(ui), stage);
    harness.run();
    harness
}

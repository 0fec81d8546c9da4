//! The window without its threads: a store, a session and the views, at a fixed moment.

use std::sync::Arc;
use std::time::Duration;

use egui_kittest::{Harness, HarnessBuilder};
use taskscope_proto::model::{Process, Profile, TaskPage, TaskQuery};
use taskscope_viewer::alert::At;
use taskscope_viewer::analyse::{Scope, Stays, TaskAsk};
use taskscope_viewer::analyst::{
    AlertBook, Answers, Ask, look_at, search_for, show_alerts, task_detail, task_query,
};
use taskscope_viewer::clock::Moment;
use taskscope_viewer::connect::{Event, Failure, Happening};
use taskscope_viewer::fleet::Fleet;
use taskscope_viewer::screen::{PAGE, Screen, TaskDetail};
use taskscope_viewer::session::{Effect, Session};
use taskscope_viewer::source::{Found, Library};
use taskscope_viewer::store::Store;
use taskscope_viewer::theme;
use taskscope_viewer::view::{self, Look};
use taskscope_viewer::workspace::Workspace;

use crate::sample;

pub(crate) const TARGET: &str = "127.0.0.1:6670";

/// Everything that a window needs.
pub(crate) struct Stage {
    pub(crate) fleet: Fleet,
    pub(crate) session: Session,
    pub(crate) screen: Arc<Screen>,
    pub(crate) now: Moment,
    pub(crate) copied: Vec<String>,
    pub(crate) followed: Vec<Option<String>>,
    /// What an agent would answer to any request for tasks; without it, the sample's answer.
    pub(crate) page: Option<Arc<TaskPage>>,
    pub(crate) opened: Vec<String>,
    pub(crate) library: Library,
    pub(crate) task_is_gone: bool,
    /// What the task that is looked at was seen to do.
    pub(crate) stays: Stays,
    pub(crate) book: AlertBook,
    pub(crate) notifies: bool,
    /// What was to be recorded.
    pub(crate) orders: Vec<String>,
}

impl Default for Stage {
    fn default() -> Self {
        let session = Session::new(Workspace::default(), None);
        Self {
            fleet: Fleet::default(),
            session,
            screen: Arc::default(),
            now: Duration::from_secs(100),
            copied: Vec::new(),
            followed: Vec::new(),
            page: None,
            opened: Vec::new(),
            library: Library::default(),
            task_is_gone: false,
            stays: Stays::default(),
            book: AlertBook::default(),
            notifies: true,
            orders: Vec::new(),
        }
    }
}

impl Stage {
    /// A target, and no word from it yet.
    pub(crate) fn following() -> Self {
        let mut stage = Self::default();
        stage.open(TARGET);
        stage
    }

    /// One more service, which is looked at; its session.
    pub(crate) fn open(&mut self, address: &str) -> u64 {
        let session = self.fleet.open(&address.into(), self.now).unwrap();
        self.session.services.open.push(address.into());
        self.session.services.scope = Scope::One(address.into());
        self.refresh();
        session
    }

    /// What is looked at.
    pub(crate) fn store(&self) -> &Store {
        self.fleet.store(&self.session.services.scope)
    }

    /// The same, to change it.
    pub(crate) fn store_mut(&mut self) -> &mut Store {
        self.fleet.store_mut(&self.session.services.scope)
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
        self.tell_of(1, happening);
    }

    /// Something that happened to the service of a session.
    pub(crate) fn tell_of(&mut self, session: u64, happening: Happening) {
        self.fleet.apply(Event { session, happening }, self.now);
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
        let mut screen = look_at(&self.fleet, &self.session.query());
        if let Some(ask) = &self.session.query().task {
            screen.task = Some(self.task(ask));
        }
        let profile = self.store().profile().map(|profile| &**profile);
        let profile = profile.filter(|_| screen.shows_the_latest());
        let unix_ms = u64::try_from(self.now.as_millis()).unwrap();
        let book = AlertBook { now: At { moment: self.now, unix_ms }, ..self.book.clone() };
        show_alerts(&mut screen, book, profile);
        let is_now = screen.moment_ms.is_none() && !screen.run.is_before;
        if let (Some(detail), Some(profile), true) =
            (&mut screen.detail, self.store().profile(), is_now)
        {
            let members = detail.row.and_then(|at| screen.table.rows.get(at));
            let members = members.map_or(&[][..], |row| &*row.members);
            let groups = members.iter().map(|&at| profile.groups[at as usize].id).collect();
            let query = TaskQuery {
                groups,
                order: detail.selection.order,
                offset: detail.selection.offset,
                limit: u32::try_from(PAGE).unwrap(),
                conditions: self.session.query().filter.conditions(),
                ..TaskQuery::default()
            };
            // As the analyst: no groups would mean all tasks.
            if !query.groups.is_empty() {
                let page = || Arc::new(sample::tasks(profile, &query));
                detail.page = Some(self.page.clone().unwrap_or_else(page));
            }
        }
        self.screen = Arc::new(screen);
    }

    /// What the analyst and the thread that reads sources do, on the spot.
    fn task(&mut self, ask: &TaskAsk) -> TaskDetail {
        let mut answers = Answers { stays: self.stays.clone(), ..Answers::default() };
        let mut found = Found::default();
        if self.task_is_gone {
            answers.latest = Some(Arc::new(TaskPage { heeded: true, ..TaskPage::default() }));
            return task_detail(self.store(), ask, &answers, &found);
        }
        // Who is around it is known only once the task is.
        for _ in 0..2 {
            let detail = task_detail(self.store(), ask, &answers, &found);
            let Some(profile) = self.store().profile() else { break };
            answers.take_in(Arc::new(sample::tasks(profile, &task_query(&detail))), ask.id);
        }
        self.stays = answers.stays.clone();
        let detail = task_detail(self.store(), ask, &answers, &found);
        found = self.library.search(search_for(&detail, ask));
        task_detail(self.store(), ask, &answers, &found)
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
            Effect::Ask(Ask::Open(target)) => {
                self.fleet.open(&target, self.now);
                self.followed.push(Some(target.to_string()));
            }
            Effect::Ask(Ask::Close(target)) => {
                self.fleet.close(&target, self.now);
                self.followed.push(None);
            }
            Effect::Ask(Ask::Mark(true)) => {
                let at_ms = self.session.at_ms;
                self.store_mut().mark(at_ms);
            }
            Effect::Ask(Ask::Mark(false)) => self.store_mut().forget_mark(),
            Effect::Ask(Ask::Compare(address, reference)) => {
                self.fleet.store_mut(&Scope::One(address)).compare_with(reference);
            }
            Effect::Ask(Ask::Query(query)) => self.store_mut().stop_at(query.at_ms),
            Effect::Ask(Ask::Hush(hushed)) => self.book.hushed = hushed,
            Effect::Ask(Ask::Notify(notifies)) => self.notifies = notifies,
            Effect::Copy(text) => self.copied.push(text),
            Effect::OpenSource { path, line, column } => {
                self.opened.push(format!("{}:{line}:{column}", path.display()));
            }
            Effect::Record { target, name } => self.orders.push(format!("{name} at {target}")),
            Effect::StopRecording => self.orders.push("stop".into()),
            Effect::Ask(_) | Effect::Theme(_) | Effect::Scale(_) | Effect::Attention => {}
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

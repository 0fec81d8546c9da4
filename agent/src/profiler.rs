//! The thread that profiles: captures within its budget, folds, publishes, answers questions.
//!
//! It shares nothing with the service's runtime but the records, so it works on when every worker
//! is blocked.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::time::{Duration, Instant};

use taskscope_proto::model::{Capture, HistoryPage, HistoryQuery, Profile, TaskPage, TaskQuery};
use tokio::sync::{oneshot, watch};

use crate::capture::{self, Wish};
use crate::process;
use crate::profile::Folder;
use crate::task::behalf::Behalf;

/// Time between two profiles, unless they cost more than [`MOST_OF_A_CORE`].
const INTERVAL: Duration = Duration::from_secs(1);
/// Share of a core that folding may take: with very many tasks the interval grows.
const MOST_OF_A_CORE: f64 = 0.02;
/// Tasks are captured by themselves when they have been parked for this long.
const CAPTURE_AFTER: Duration = Duration::from_secs(1);
/// What a capture is taken to cost the service, stack walk and rescheduling included.
const COST_OF_A_CAPTURE: Duration = Duration::from_micros(3);
/// How long a snapshot waits for its captures; more with very many tasks.
const PATIENCE: Duration = Duration::from_secs(2);
/// Questions that may wait for an answer.
const QUESTIONS: usize = 16;

/// Is told of each profile in which a verdict is another one than before; says whether there was room.
pub(crate) type Told = Box<dyn Fn(Arc<Profile>) -> bool + Send>;

/// What the thread can be asked.
#[derive(Debug)]
enum Question {
    Refresh(oneshot::Sender<()>),
    Profile(oneshot::Sender<Arc<Profile>>),
    Snapshot(Capture, oneshot::Sender<Arc<Profile>>),
    Tasks(TaskQuery, oneshot::Sender<TaskPage>),
    History(HistoryQuery, oneshot::Sender<HistoryPage>),
}

/// The thread has too much to do, or is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unanswered {
    Busy,
    Gone,
}

/// Asks the thread. Dropping the last one ends it.
#[derive(Clone, Debug)]
pub(crate) struct Asker {
    questions: SyncSender<Question>,
    publish: Arc<watch::Sender<Arc<Profile>>>,
}

impl Asker {
    /// The latest profile, and those that follow. While somebody has this, profiles are made in
    /// full once a second.
    pub(crate) fn latest(&self) -> watch::Receiver<Arc<Profile>> {
        self.publish.subscribe()
    }

    /// Brings [`latest`](Self::latest) up to date.
    pub(crate) async fn refresh(&self) -> Result<(), Unanswered> {
        self.ask(Question::Refresh).await
    }

    /// The profile of this moment, with the trees that are known; `None` if there is no time for it.
    /// For threads that may wait, not for async code.
    pub(crate) fn profile(&self) -> Option<Arc<Profile>> {
        let (reply, answer) = oneshot::channel();
        self.questions.try_send(Question::Profile(reply)).ok()?;
        answer.blocking_recv().ok()
    }

    /// A profile with the trees that are asked for.
    pub(crate) async fn snapshot(&self, capture: Capture) -> Result<Arc<Profile>, Unanswered> {
        self.ask(|reply| Question::Snapshot(capture, reply)).await
    }

    /// A page of tasks.
    pub(crate) async fn tasks(&self, query: TaskQuery) -> Result<TaskPage, Unanswered> {
        self.ask(|reply| Question::Tasks(query, reply)).await
    }

    /// What groups looked like before.
    pub(crate) async fn history(&self, query: HistoryQuery) -> Result<HistoryPage, Unanswered> {
        self.ask(|reply| Question::History(query, reply)).await
    }

    async fn ask<T>(
        &self,
        question: impl FnOnce(oneshot::Sender<T>) -> Question,
    ) -> Result<T, Unanswered> {
        let (reply, answer) = oneshot::channel();
        self.questions.try_send(question(reply)).map_err(|error| match error {
            TrySendError::Full(_) => Unanswered::Busy,
            TrySendError::Disconnected(_) => Unanswered::Gone,
        })?;
        answer.await.map_err(|_| Unanswered::Gone)
    }
}

/// Starts the thread.
pub(crate) fn start(mut folder: Folder, budget: f64, told: Told) -> std::io::Result<Asker> {
    let (questions, asked) = sync_channel(QUESTIONS);
    let publish = Arc::new(watch::Sender::new(Arc::new(Profile::default())));
    let published = Arc::clone(&publish);
    std::thread::Builder::new().name("taskscope-profile".into()).spawn(move || {
        let _own = Behalf::agent();
        run(&mut folder, budget, &asked, &publish, &told);
    })?;
    Ok(Asker { questions, publish: published })
}

fn run(
    folder: &mut Folder,
    budget: f64,
    asked: &Receiver<Question>,
    publish: &watch::Sender<Arc<Profile>>,
    told: &Told,
) {
    let mut has_news = false;
    process::warn_of_missing_debug_info();
    let mut last = Instant::now();
    let mut next = last;
    let mut cost_before = Duration::ZERO;
    loop {
        match asked.recv_timeout(next.saturating_duration_since(Instant::now())) {
            Ok(question) => {
                answer(folder, question, publish);
                continue;
            }
            Err(RecvTimeoutError::Disconnected) => return,
            Err(RecvTimeoutError::Timeout) => {}
        }
        capture_within(budget, last.elapsed());
        last = Instant::now();
        let is_watched = publish.receiver_count() > 0;
        if is_watched || has_news {
            let profile = Arc::new(folder.fold());
            has_news |= folder.have_verdicts_changed();
            has_news = has_news && !told(Arc::clone(&profile));
            if is_watched {
                publish.send_replace(profile);
            }
        } else {
            // What it finds is told with the profile of the next pass: verdicts rest on looks that
            // lie a pass apart.
            folder.observe();
            has_news = folder.have_verdicts_changed();
        }
        // Symbols are read once: a fold that cost more than the one before says little of the next.
        let cost = last.elapsed();
        let pause = cost.min(cost_before).as_secs_f64() / MOST_OF_A_CORE;
        cost_before = cost;
        next = last + Duration::try_from_secs_f64(pause).unwrap_or(INTERVAL).max(INTERVAL);
    }
}

fn answer(folder: &mut Folder, question: Question, publish: &watch::Sender<Arc<Profile>>) {
    // Who asked may be gone by now; that is no concern of ours.
    match question {
        Question::Refresh(reply) => {
            publish.send_replace(Arc::new(folder.fold()));
            let _gone = reply.send(()).is_err();
        }
        Question::Profile(reply) => drop(reply.send(Arc::new(folder.fold()))),
        Question::Snapshot(wanted, reply) => {
            let profile = Arc::new(snapshot(folder, Some(wanted), PATIENCE));
            publish.send_replace(Arc::clone(&profile));
            drop(reply.send(profile));
        }
        Question::Tasks(query, reply) => drop(reply.send(folder.tasks(&query))),
        Question::History(query, reply) => drop(reply.send(folder.history(&query))),
    }
}

/// Captures what is wanted, waiting no longer than `patience` (more with very many tasks), and
/// folds.
pub(crate) fn snapshot(
    folder: &mut Folder,
    wanted: Option<Capture>,
    patience: Duration,
) -> Profile {
    if let Some(wanted) = wanted {
        let fresh = wanted == Capture::Fresh;
        let wish = Wish { fresh, parked_for: Duration::ZERO, at_most: usize::MAX };
        let tasks = capture::choose(wish);
        let count = u32::try_from(tasks.len()).unwrap_or(u32::MAX);
        let deadline = Instant::now() + patience + COST_OF_A_CAPTURE.saturating_mul(count) * 4;
        folder.missed_captures += capture::capture(&tasks, deadline);
        // What is proven has to be seen twice.
        folder.look_for_proofs();
    }
    folder.fold()
}

/// Captures what has been parked for a while, for at most `budget` of the time that has passed.
fn capture_within(budget: f64, passed: Duration) {
    let affordable = passed.as_secs_f64() * budget / COST_OF_A_CAPTURE.as_secs_f64();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "float to int saturates, and the number is positive"
    )]
    let at_most = affordable as usize;
    if at_most > 0 {
        let tasks = capture::choose(Wish { fresh: false, parked_for: CAPTURE_AFTER, at_most });
        // Who does not answer now may answer later, and is asked again if not.
        let _late = capture::capture(&tasks, Instant::now() + Duration::from_millis(100));
    }
}

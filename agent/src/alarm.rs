//! Tells when something gets worse, and writes down what there is while it can.
//!
//! A thread of its own, so that neither a slow disk nor a slow hook delays the profiles: it is told
//! of each profile in which a verdict changed, watches the memory, and writes evidence. What it is
//! told waits in a short queue; what finds no room there is told with the next profile.

mod changes;
mod evidence;
mod memory;
mod panics;
mod worker;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::time::Duration;

use taskscope_proto::model::{Class, Group, Labels, Origin, Process, Profile};

use crate::profiler::{Asker, Told};
use crate::settings::AlarmSettings;
use crate::task::behalf::Behalf;
pub use evidence::EvidenceError;
use worker::Worker;

/// What may wait for the thread.
const MAIL: usize = 8;
/// How long somebody who waits for evidence does: the disk may be slow, or gone.
const PATIENCE: Duration = Duration::from_secs(5);

/// Verdict of a group has changed.
///
/// A group here is what was spawned at one line with the same labels; where its tasks wait at
/// several lines, the worst counts.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Alert {
    /// What was thought of it before.
    pub before: Class,
    /// What is thought of it now.
    pub now: Class,
    /// The group, as it is now; as it was last, if it is gone.
    pub group: Arc<Group>,
    /// Where its tasks were spawned.
    pub origin: Option<Arc<Origin>>,
}

impl Alert {
    /// Whether things got worse.
    pub fn is_worse(&self) -> bool {
        self.now > self.before
    }

    /// The labels of its tasks.
    pub fn labels(&self) -> &Labels {
        &self.group.labels
    }
}

/// One line: what, where, and why.
impl fmt::Display for Alert {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { before, now, group, origin } = self;
        let mut labels = group.labels.iter();
        match (labels.next(), origin.as_ref().map(|origin| &origin.spawned_at)) {
            (Some(first), _) => {
                write!(f, "{}={}", first.key, first.value)?;
                labels.try_for_each(|label| write!(f, " {}={}", label.key, label.value))?;
            }
            (None, Some(at)) => write!(f, "tasks spawned at {}:{}", at.file, at.line)?,
            (None, None) => f.write_str("tasks of unknown origin")?,
        }
        write!(f, ": {}, was {}", now.name(), before.name())?;
        if !group.verdict.reason.is_empty() && self.is_worse() {
            write!(f, ": {}", group.verdict.reason)?;
        }
        Ok(())
    }
}

/// What is called when a verdict changes.
#[derive(Clone)]
pub(crate) struct Hook(pub(crate) Arc<dyn Fn(&Alert) + Send + Sync>);

impl fmt::Debug for Hook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hook")
    }
}

/// What the thread is told.
enum Message {
    News(Arc<Profile>),
    Write(&'static str, String, SyncSender<Result<PathBuf, EvidenceError>>),
    /// Look whether it is time to end.
    Wake,
}

/// The way to the thread.
#[derive(Clone)]
pub(crate) struct Mail(SyncSender<Message>);

/// The thread's end of it.
pub(crate) struct Inbox(Receiver<Message>);

/// A way to the thread, before it is started.
pub(crate) fn mail() -> (Mail, Inbox) {
    let (sender, receiver) = sync_channel(MAIL);
    (Mail(sender), Inbox(receiver))
}

impl Mail {
    /// Where the profiler tells of news.
    pub(crate) fn told(&self) -> Told {
        let mail = self.0.clone();
        // To a thread that has ended nothing is left to be told.
        Box::new(move |profile| {
            !matches!(mail.try_send(Message::News(profile)), Err(TrySendError::Full(_)))
        })
    }
}

/// The thread at work. Dropping it ends it; what it is doing it does to the end, and nothing else.
pub(crate) struct Alarm {
    mail: SyncSender<Message>,
    writes: bool,
    /// The profiler has a way to the thread as well, and the thread to the profiler: neither would
    /// end because the other is gone.
    stopped: Arc<AtomicBool>,
}

impl fmt::Debug for Alarm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Alarm").field("writes", &self.writes).finish_non_exhaustive()
    }
}

impl Alarm {
    /// Starts the thread.
    pub(crate) fn start(
        (mail, inbox): (Mail, Inbox),
        (settings, process, asker, hook): (AlarmSettings, Arc<Process>, Asker, Option<Hook>),
    ) -> std::io::Result<Self> {
        let writes = settings.folder.is_some();
        let mut worker = Worker::new(settings, process, asker, hook)?;
        let stopped = Arc::new(AtomicBool::new(false));
        let stop = Arc::clone(&stopped);
        if writes && cfg!(panic = "abort") {
            panics::write_before_the_end(mail.0.clone(), Arc::clone(&stopped));
        }
        std::thread::Builder::new().name("taskscope-alarm".into()).spawn(move || {
            let _own = Behalf::agent();
            loop {
                let message = inbox.0.recv_timeout(worker.pause());
                if stop.load(Ordering::Relaxed) {
                    return;
                }
                match message {
                    Ok(Message::News(profile)) => worker.tell(&profile),
                    Ok(Message::Write(kind, why, reply)) => {
                        // Who asked may have given up.
                        let _gone = reply.send(worker.write_now(kind, &why)).is_err();
                    }
                    Err(RecvTimeoutError::Disconnected) => return,
                    Ok(Message::Wake) | Err(RecvTimeoutError::Timeout) => {}
                }
                worker.look();
            }
        })?;
        Ok(Self { mail: mail.0, writes, stopped })
    }

    /// Writes the profile of this moment, and waits until it is on disk.
    pub(crate) fn write(&self, why: &str) -> Result<PathBuf, EvidenceError> {
        self.write_as(evidence::ON_DEMAND, why)
    }

    fn write_as(&self, kind: &'static str, why: &str) -> Result<PathBuf, EvidenceError> {
        if !self.writes {
            return Err(EvidenceError::NoFolder);
        }
        ask(&self.mail, kind, why)
    }
}

/// Has evidence written, and waits for it.
fn ask(
    mail: &SyncSender<Message>,
    kind: &'static str,
    why: &str,
) -> Result<PathBuf, EvidenceError> {
    let (reply, answer) = sync_channel(1);
    let message = Message::Write(kind, why.to_owned(), reply);
    mail.try_send(message).map_err(|_| EvidenceError::Busy)?;
    answer.recv_timeout(PATIENCE).map_err(|_| EvidenceError::Busy)?
}

impl Drop for Alarm {
    fn drop(&mut self) {
        if std::thread::panicking() {
            // Most likely the main task's: what was going on then is of interest.
            match self.write_as(evidence::PANIC, "the thread that keeps the agent panicked") {
                Ok(_) | Err(EvidenceError::NoFolder) => {}
                Err(error) => tracing::error!(%error, "taskscope has no evidence of the panic"),
            }
        }
        self.stopped.store(true, Ordering::Relaxed);
        // With a full queue it need not be woken.
        let _full = self.mail.try_send(Message::Wake).is_err();
    }
}

#[cfg(test)]
mod tests;

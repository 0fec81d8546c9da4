//! What the thread does.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use taskscope_proto::model::{Class, Process, Profile};

use super::changes::Changes;
use super::evidence::{self, Evidence, EvidenceError};
use super::memory::{Steps, percent};
use super::{Alert, Hook};
use crate::losses;
use crate::process;
use crate::profile::memory_use;
use crate::profiler::Asker;
use crate::settings::AlarmSettings;

/// How often the memory and the signal are looked at: a few files, some tens of microseconds.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// Without a folder there is nothing to look at.
const NEVER: Duration = Duration::from_hours(1);

pub(super) struct Worker {
    asker: Asker,
    process: Arc<Process>,
    changes: Changes,
    hook: Option<Hook>,
    evidence: Option<Evidence>,
    memory_limit: Option<u64>,
    steps: Steps,
    /// Somebody sent the signal that asks for evidence.
    signal: Arc<AtomicBool>,
}

impl Worker {
    pub(super) fn new(
        settings: AlarmSettings,
        process: Arc<Process>,
        asker: Asker,
        hook: Option<Hook>,
    ) -> std::io::Result<Self> {
        let signal = Arc::new(AtomicBool::new(false));
        match (settings.on_sigquit, &settings.folder) {
            (true, Some(_)) => listen(&signal)?,
            (true, None) => tracing::warn!(
                "taskscope: SIGQUIT is left alone: evidence at it needs a folder (TASKSCOPE_EVIDENCE)"
            ),
            (false, _) => {}
        }
        let evidence = settings.folder.map(|folder| {
            Evidence::new(folder, &process, (settings.most_bytes, settings.most_files))
        });
        Ok(Self {
            asker,
            process,
            changes: Changes::default(),
            hook,
            evidence,
            memory_limit: settings.memory_limit,
            steps: Steps::default(),
            signal,
        })
    }

    /// How long to wait for messages.
    pub(super) fn pause(&self) -> Duration {
        if self.evidence.is_some() { LOOK_EVERY } else { NEVER }
    }

    /// Tells what changed, and writes it down if something is suspected that was not.
    pub(super) fn tell(&mut self, profile: &Profile) {
        let alerts = self.changes.since(profile);
        for alert in &alerts {
            log(alert);
            if let Some(Hook(hook)) = &self.hook
                && catch_unwind(AssertUnwindSafe(|| hook(alert))).is_err()
            {
                tracing::error!("taskscope: the service's `on_alert` panicked");
            }
        }
        let mut suspected = alerts
            .iter()
            .filter(|alert| alert.before < Class::Suspect && alert.now >= Class::Suspect);
        if let Some(worst) = suspected.next() {
            let others = match suspected.count() {
                0 => String::new(),
                more => format!(" (and {more} more)"),
            };
            self.write(evidence::SUSPECT, &format!("{worst}{others}"), profile);
        }
    }

    /// Looks whether it is time for evidence by itself.
    pub(super) fn look(&mut self) {
        if self.evidence.is_none() {
            return;
        }
        if self.signal.swap(false, Ordering::Relaxed) {
            self.ask_and_write(evidence::SIGNAL, "SIGQUIT");
        }
        let memory = memory_use();
        // A limit that was set is one for the process; that of a control group for all in it.
        let (used, limit) = match self.memory_limit {
            Some(limit) => (memory.rss_bytes, Some(limit)),
            None => (memory.current, memory.limit),
        };
        let Some((used, limit)) = used.zip(limit) else { return };
        if let Some(step) = self.steps.note(used, limit) {
            let percent = percent(used, limit).unwrap_or(step);
            let why = format!("{used} bytes of memory in use, {percent} % of {limit}");
            tracing::warn!(used, limit, "taskscope: memory is past {step} % of its limit");
            self.ask_and_write(evidence::MEMORY, &why);
        }
    }

    fn ask_and_write(&mut self, kind: &'static str, why: &str) {
        match self.write_now(kind, why) {
            Ok(_) | Err(EvidenceError::TooSoon) => {}
            Err(error) => missed(&error, kind),
        }
    }

    /// Writes the profile of this moment.
    pub(super) fn write_now(
        &mut self,
        kind: &'static str,
        why: &str,
    ) -> Result<PathBuf, EvidenceError> {
        let evidence = self.evidence.as_mut().ok_or(EvidenceError::NoFolder)?;
        let profile = self.asker.profile().ok_or(EvidenceError::Busy)?;
        evidence.write(kind, why, &process::described(&self.process), &profile)
    }

    fn write(&mut self, kind: &'static str, why: &str, profile: &Profile) {
        let Some(evidence) = &mut self.evidence else { return };
        match evidence.write(kind, why, &process::described(&self.process), profile) {
            Ok(_) | Err(EvidenceError::TooSoon) => {}
            Err(error) => missed(&error, kind),
        }
    }
}

/// Who asked for evidence hears of it; here nobody asked.
fn missed(error: &EvidenceError, kind: &str) {
    losses::note_evidence();
    tracing::error!(%error, kind, "taskscope has no evidence");
}

fn log(alert: &Alert) {
    let (before, now) = (alert.before.name(), alert.now.name());
    if alert.is_worse() {
        tracing::warn!(target: "taskscope::verdict", before, now, tasks = alert.group.count, "{alert}");
    } else {
        tracing::info!(target: "taskscope::verdict", before, now, tasks = alert.group.count, "{alert}");
    }
}

#[cfg(unix)]
fn listen(signal: &Arc<AtomicBool>) -> std::io::Result<()> {
    let quit = signal_hook::consts::SIGQUIT;
    signal_hook::flag::register(quit, Arc::clone(signal)).map(drop)
}

#[cfg(not(unix))]
fn listen(_signal: &Arc<AtomicBool>) -> std::io::Result<()> {
    Err(std::io::Error::new(std::io::ErrorKind::Unsupported, "this system has no SIGQUIT"))
}

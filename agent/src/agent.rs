//! The agent: settings resolved, threads started, port open.

use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use taskscope_proto::model::Process;

use crate::alarm::{self, Alarm, Alert, EvidenceError, Hook};
use crate::blocked::Watcher;
use crate::profile::Folder;
use crate::serve::Server;
use crate::settings::{SettingError, Told};
use crate::task::behalf::Behalf;
use crate::ticker::Ticker;
use crate::{alloc, process, profiler};

/// A running agent. Dropping it stops the server; tasks go on being tracked.
#[derive(Debug)]
#[must_use = "dropping the agent stops it"]
pub struct Agent {
    _ticker: Ticker,
    _watcher: Option<Watcher>,
    // Goes before the server, whose thread it may still ask.
    alarm: Alarm,
    server: Server,
    process: Arc<Process>,
}

/// Why an agent did not start. The service goes on without it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// A setting cannot be used.
    #[error("taskscope: {0}")]
    Setting(#[from] SettingError),
    /// The port cannot be had.
    #[error(
        "taskscope: cannot listen on {address} ({source}): another process, or another agent of \
         this one, may have the port; give `bind` or TASKSCOPE_BIND another one, port 0 for any"
    )]
    Bind {
        /// Where it was to listen.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// The system gives no thread.
    #[error("taskscope: cannot start a thread: {0}")]
    Thread(std::io::Error),
}

/// Settings of an agent; made by [`Agent::builder`].
///
/// Each can also be given by a variable, which wins: the person who starts the service in an
/// incident is not the one who compiled it.
#[derive(Clone, Debug, Default)]
#[must_use = "call start()"]
pub struct Builder {
    told: Told,
    hook: Option<Hook>,
}

impl Agent {
    /// Settings to start from.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let agent = taskscope::Agent::builder()
    ///     .name("checkout")
    ///     .bind("127.0.0.1:0".parse()?)
    ///     .start()?;
    /// println!("taskscope view {}", agent.address());
    /// # Ok(())
    /// # }
    /// ```
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Where it listens; with port 0 asked for, the one the system chose.
    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// What it tells viewers about this process. The first call, of whoever it is, reads the
    /// executable's debug information: tens of milliseconds.
    pub fn process(&self) -> Process {
        process::described(&self.process)
    }

    /// Writes the profile of this moment into the [folder for evidence](Builder::evidence), says why in
    /// it, and returns where it is once it is on the disk. `taskscope dump FILE` and `taskscope view
    /// FILE` open it.
    ///
    /// Waits for the disk, at most five seconds: not for async code.
    ///
    /// # Errors
    /// No folder is set, it cannot be written to or has no room, or it took too long.
    pub fn write_evidence(&self, why: &str) -> Result<PathBuf, EvidenceError> {
        self.alarm.write(why)
    }
}

impl Builder {
    /// The service's name on screens. `TASKSCOPE_NAME`; the executable's name unless set.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.told.name = Some(name.into());
        self
    }

    /// Where to listen. `TASKSCOPE_BIND`; `127.0.0.1:6670` unless set. Port 0 takes any free one.
    pub fn bind(mut self, address: SocketAddr) -> Self {
        self.told.bind = Some(address);
        self
    }

    /// How long a task may be in one state before it counts as stuck, sleeping tasks excepted.
    /// `TASKSCOPE_STUCK_AFTER` in seconds; 10 s unless set.
    pub fn stuck_after(mut self, duration: Duration) -> Self {
        self.told.stuck_after = Some(duration);
        self
    }

    /// How long a task may be in one poll before the agent looks where its thread is; closures on
    /// blocking threads from a second on. `TASKSCOPE_BLOCKED_AFTER` in seconds; 0.25 s unless set.
    pub fn blocked_after(mut self, duration: Duration) -> Self {
        self.told.blocked_after = Some(duration);
        self
    }

    /// Whether the agent may interrupt a blocked thread by a signal, to see where it is. On Linux
    /// only. `TASKSCOPE_SIGNALS`; true unless set.
    ///
    /// The signal is a real-time one that nobody uses; its handler copies a piece of the stack and
    /// returns. System calls go on where the system lets them (`SA_RESTART`); some, as `poll` and
    /// `nanosleep`, return `EINTR` all the same, for which every caller of theirs has to be ready,
    /// and std is. A C library in the service that is not may need this switched off.
    pub fn signals(mut self, allowed: bool) -> Self {
        self.told.signals = Some(allowed);
        self
    }

    /// Share of one core that captures of await trees may take by themselves, from 0.0 to 1.0.
    /// `TASKSCOPE_CAPTURE_BUDGET`; 0.01 unless set. 0 captures on request only.
    pub fn capture_budget(mut self, share: f64) -> Self {
        self.told.capture_budget = Some(share);
        self
    }

    /// Mean distance, in allocated bytes, between two blocks that the
    /// [allocator](crate::alloc) samples; 0 samples none. `TASKSCOPE_HEAP_SAMPLE`; 512 KiB unless
    /// set.
    ///
    /// Half the distance makes errors smaller by a third (by the root of two), and samples twice as
    /// many. Threads take it up with their next sample; blocks sampled before keep their weight.
    pub fn heap_sample(mut self, mean_bytes: u32) -> Self {
        self.told.heap_sample = Some(mean_bytes);
        self
    }

    /// Parts of source paths that mark libraries, besides registries, git checkouts and the
    /// toolchain: `["vendor/", "third_party/"]`. `TASKSCOPE_LIBRARY_PATHS`, separated by colons.
    pub fn library_paths<S: Into<String>>(mut self, parts: impl IntoIterator<Item = S>) -> Self {
        self.told.library_paths = parts.into_iter().map(Into::into).collect();
        self
    }

    /// Writes evidence into this folder, which is made if it is not there: the whole profile, once a
    /// group is suspected or proven to be stuck, once the memory passes 80, 90 and 95 % of its limit,
    /// when the thread that keeps the agent panics, and [on demand](Agent::write_evidence).
    /// `TASKSCOPE_EVIDENCE`; nothing is written unless set. After a panic the agent's drop waits for
    /// the disk, five seconds at most. In a service built with `panic = "abort"` any panic is written down,
    /// by a hook after the one that is there, and the thread that panics waits as long.
    ///
    /// The files take 256 MiB together (`TASKSCOPE_EVIDENCE_BYTES`), and there are sixteen at most
    /// (`TASKSCOPE_EVIDENCE_FILES`): the oldest go. A file system is never filled beyond 98 %. A
    /// profile that is too large for a fourth of those bytes is written without its least suspicious groups.
    pub fn evidence(mut self, folder: impl Into<PathBuf>) -> Self {
        self.told.alarm.folder = Some(folder.into());
        self
    }

    /// What the process may take of memory, in bytes, if that is not what its control group says.
    /// `TASKSCOPE_MEMORY_LIMIT`. Evidence is written near it.
    pub fn memory_limit(mut self, bytes: u64) -> Self {
        self.told.alarm.memory_limit = Some(bytes).filter(|bytes| *bytes > 0);
        self
    }

    /// Writes evidence when the process gets a `SIGQUIT`, which ends it no more then, as in a Java
    /// process. `TASKSCOPE_EVIDENCE_ON_SIGQUIT`; off unless set. Without a folder for evidence the signal
    /// is left alone, and the log says so.
    pub fn evidence_on_sigquit(mut self, wanted: bool) -> Self {
        self.told.alarm.on_sigquit = wanted;
        self
    }

    /// Calls this whenever the verdict of a group changes, for better or worse, a second or two after.
    /// It is called on a thread of the agent, one call at a time; while it takes its time no evidence is
    /// written. A panic in it is logged. The same is told as an event of `tracing`, target
    /// `taskscope::verdict`, at the level `WARN` for worse and `INFO` for better.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let port_0 = "127.0.0.1:0".parse()?;
    /// let agent = taskscope::Agent::builder()
    ///     .on_alert(|alert| {
    ///         if alert.is_worse() {
    ///             eprintln!("{alert}");
    ///         }
    ///     })
    ///     .bind(port_0)
    ///     .start()?;
    /// # drop(agent);
    /// # Ok(())
    /// # }
    /// ```
    pub fn on_alert(mut self, hook: impl Fn(&Alert) + Send + Sync + 'static) -> Self {
        self.hook = Some(Hook(Arc::new(hook)));
        self
    }

    /// Allows an address that other machines can reach, with nothing to keep anybody out.
    /// `TASKSCOPE_WITHOUT_ANY_ACCESS_CONTROL_BEYOND_LOOPBACK=1`.
    pub fn without_any_access_control_beyond_loopback(mut self) -> Self {
        self.told.open_to_the_network = true;
        self
    }

    /// Starts the agent: five threads and a port. Works with or without a runtime around it.
    ///
    /// # Errors
    /// A setting that cannot be used, or a port that cannot be had. The service can go on: its
    /// tasks are tracked all the same, and [`snapshot`](crate::snapshot) works.
    pub fn start(self) -> Result<Agent, StartError> {
        let _own = Behalf::agent();
        let settings = self.told.resolve(|name| std::env::var(name).ok())?;
        let address = settings.bind;
        let listener =
            TcpListener::bind(address).map_err(|source| StartError::Bind { address, source })?;
        if let Some(mean) = settings.heap_sample {
            alloc::sample_every(mean);
        }
        let folder = Folder::new(settings.stuck_after, settings.user_code.clone());
        let process = Arc::new(process::of(&settings));
        let ticker = Ticker::start().map_err(StartError::Thread)?;
        let watcher = if settings.signals {
            Watcher::start(settings.blocked_after).map_err(StartError::Thread)?
        } else {
            None
        };
        let (mail, inbox) = alarm::mail();
        let asker = profiler::start(folder, settings.capture_budget, mail.told())
            .map_err(StartError::Thread)?;
        let alarm = (settings.alarm, Arc::clone(&process), asker.clone(), self.hook);
        let alarm = Alarm::start((mail, inbox), alarm).map_err(StartError::Thread)?;
        let server =
            Server::start(listener, Arc::clone(&process), asker).map_err(StartError::Thread)?;
        let listens = server.address();
        tracing::info!(address = %listens, "taskscope listens: taskscope view {listens}");
        Ok(Agent { _ticker: ticker, _watcher: watcher, alarm, server, process })
    }
}

//! Settings: from the builder, overridden by `TASKSCOPE_*` variables, resolved once.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use crate::stack;
use crate::symbols::UserCode;

/// The port that agents listen on unless told otherwise.
pub const DEFAULT_PORT: u16 = 6670;

/// What the builder was told; see [`Builder`](crate::Builder).
#[derive(Clone, Debug, Default)]
pub(crate) struct Told {
    pub(crate) name: Option<String>,
    pub(crate) bind: Option<SocketAddr>,
    pub(crate) stuck_after: Option<Duration>,
    pub(crate) blocked_after: Option<Duration>,
    pub(crate) signals: Option<bool>,
    pub(crate) capture_budget: Option<f64>,
    pub(crate) heap_sample: Option<u32>,
    pub(crate) library_paths: Vec<String>,
    pub(crate) open_to_the_network: bool,
    pub(crate) alarm: AlarmSettings,
}

/// What is written down by itself, and where.
#[derive(Clone, Debug)]
pub(crate) struct AlarmSettings {
    /// Nothing is written without one.
    pub(crate) folder: Option<PathBuf>,
    /// What the folder's files may take together.
    pub(crate) most_bytes: u64,
    /// How many there may be.
    pub(crate) most_files: usize,
    /// What the process may take of memory, if that is not what its control group says.
    pub(crate) memory_limit: Option<u64>,
    /// Whether `SIGQUIT` asks for evidence.
    pub(crate) on_sigquit: bool,
}

impl Default for AlarmSettings {
    fn default() -> Self {
        Self {
            folder: None,
            most_bytes: 256 << 20,
            most_files: 16,
            memory_limit: None,
            on_sigquit: false,
        }
    }
}

/// Everything an agent needs to know.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) name: String,
    pub(crate) bind: SocketAddr,
    pub(crate) stuck_after: Duration,
    pub(crate) blocked_after: Duration,
    /// Whether blocked threads may be interrupted by a signal.
    pub(crate) signals: bool,
    /// Share of one core that captures may use by themselves.
    pub(crate) capture_budget: f64,
    /// Mean distance between two samples of the heap, if it was set.
    pub(crate) heap_sample: Option<u32>,
    pub(crate) user_code: UserCode,
    pub(crate) alarm: AlarmSettings,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            name: executable_name(),
            bind: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), DEFAULT_PORT),
            stuck_after: Duration::from_secs(10),
            blocked_after: Duration::from_millis(250),
            signals: true,
            capture_budget: 0.01,
            heap_sample: None,
            user_code: UserCode::default(),
            alarm: AlarmSettings::default(),
        }
    }
}

/// A setting that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingError {
    /// A variable does not hold what it has to.
    #[error("{variable}={value:?} cannot be used: expected {expected}")]
    Variable {
        /// Its name.
        variable: &'static str,
        /// What it holds.
        value: String,
        /// What it may hold, with an example.
        expected: &'static str,
    },
    /// The builder was given a share that is none.
    #[error("capture_budget({given}) cannot be used: expected a share of one core from 0.0 to 1.0")]
    CaptureBudget {
        /// What was given.
        given: String,
    },
    /// The address can be reached from other machines.
    #[error(
        "{bind} can be reached from other machines, and whoever reaches it reads your service's \
         labels and source paths: bind to 127.0.0.1, or call \
         `without_any_access_control_beyond_loopback()` \
         (TASKSCOPE_WITHOUT_ANY_ACCESS_CONTROL_BEYOND_LOOPBACK=1)"
    )]
    BeyondLoopback {
        /// The address.
        bind: SocketAddr,
    },
}

impl Told {
    /// Settles every setting. `variable` reads the environment.
    pub(crate) fn resolve(
        self,
        variable: impl Fn(&'static str) -> Option<String>,
    ) -> Result<Settings, SettingError> {
        let read = Variables(variable);
        let default = Settings::default();
        let bind = read
            .parsed("TASKSCOPE_BIND", "an address and port, as 127.0.0.1:6670", |text| {
                text.parse().ok()
            })?
            .or(self.bind)
            .unwrap_or(default.bind);
        let open = read
            .parsed("TASKSCOPE_WITHOUT_ANY_ACCESS_CONTROL_BEYOND_LOOPBACK", "1 or 0", yes_or_no)?
            .unwrap_or(self.open_to_the_network);
        if !bind.ip().is_loopback() && !open {
            return Err(SettingError::BeyondLoopback { bind });
        }
        let seconds = "a number of seconds above 0, as 10 or 0.5";
        let stuck_after = read.parsed("TASKSCOPE_STUCK_AFTER", seconds, positive)?;
        let blocked_after = read.parsed("TASKSCOPE_BLOCKED_AFTER", seconds, positive)?;
        let signals = read.parsed("TASKSCOPE_SIGNALS", "1 or 0", yes_or_no)?;
        let share = "a share of one core from 0 to 1, as 0.01";
        let budget = read.parsed("TASKSCOPE_CAPTURE_BUDGET", share, |text| {
            text.parse().ok().filter(|share| is_share(*share))
        })?;
        if let Some(given) = self.capture_budget
            && !is_share(given)
        {
            return Err(SettingError::CaptureBudget { given: given.to_string() });
        }
        let bytes = "a number of bytes below 4294967296, as 524288, or 0 for no samples";
        let heap_sample = read.parsed("TASKSCOPE_HEAP_SAMPLE", bytes, |text| text.parse().ok())?;
        read.parsed(stack::VARIABLE, "auto or unwind-tables", |text| {
            matches!(text, stack::AUTO | stack::UNWIND_TABLES).then_some(())
        })?;
        let paths = read.text("TASKSCOPE_LIBRARY_PATHS").map(|text| {
            text.split(':').filter(|part| !part.is_empty()).map(str::to_owned).collect()
        });
        Ok(Settings {
            name: read.text("TASKSCOPE_NAME").or(self.name).unwrap_or(default.name),
            bind,
            stuck_after: stuck_after.or(self.stuck_after).unwrap_or(default.stuck_after),
            blocked_after: blocked_after.or(self.blocked_after).unwrap_or(default.blocked_after),
            signals: signals.or(self.signals).unwrap_or(default.signals),
            capture_budget: budget.or(self.capture_budget).unwrap_or(default.capture_budget),
            heap_sample: heap_sample.or(self.heap_sample),
            user_code: UserCode::new(paths.unwrap_or(self.library_paths)),
            alarm: self.alarm.resolve(&read)?,
        })
    }
}

impl AlarmSettings {
    fn resolve<F>(self, read: &Variables<F>) -> Result<Self, SettingError>
    where
        F: Fn(&'static str) -> Option<String>,
    {
        let bytes = "a number of bytes above 0, as 268435456";
        let above_0 = |text: &str| text.parse().ok().filter(|number| *number > 0);
        let most_bytes = read.parsed("TASKSCOPE_EVIDENCE_BYTES", bytes, above_0)?;
        let most_files = read.parsed("TASKSCOPE_EVIDENCE_FILES", "a number above 0", |text| {
            text.parse().ok().filter(|number| *number > 0)
        })?;
        let memory_limit = read.parsed("TASKSCOPE_MEMORY_LIMIT", bytes, above_0)?;
        let on_sigquit = read.parsed("TASKSCOPE_EVIDENCE_ON_SIGQUIT", "1 or 0", yes_or_no)?;
        Ok(Self {
            folder: read.text("TASKSCOPE_EVIDENCE").map(PathBuf::from).or(self.folder),
            most_bytes: most_bytes.unwrap_or(self.most_bytes),
            most_files: most_files.unwrap_or(self.most_files),
            memory_limit: memory_limit.or(self.memory_limit),
            on_sigquit: on_sigquit.unwrap_or(self.on_sigquit),
        })
    }
}

fn yes_or_no(text: &str) -> Option<bool> {
    match text {
        "1" | "true" => Some(true),
        "0" | "false" => Some(false),
        _ => None,
    }
}

fn positive(seconds: &str) -> Option<Duration> {
    let duration = Duration::try_from_secs_f64(seconds.parse().ok()?).ok()?;
    (!duration.is_zero()).then_some(duration)
}

fn is_share(share: f64) -> bool {
    (0.0..=1.0).contains(&share)
}

fn executable_name() -> String {
    let path = std::env::current_exe().unwrap_or_default();
    path.file_stem().map_or_else(|| "?".into(), |name| name.to_string_lossy().into_owned())
}

struct Variables<F>(F);

impl<F: Fn(&'static str) -> Option<String>> Variables<F> {
    /// A variable that is set to something.
    fn text(&self, variable: &'static str) -> Option<String> {
        (self.0)(variable).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
    }

    fn parsed<T>(
        &self,
        variable: &'static str,
        expected: &'static str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, SettingError> {
        let Some(value) = self.text(variable) else { return Ok(None) };
        let parsed = parse(&value);
        parsed.map(Some).ok_or(SettingError::Variable { variable, value, expected })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(told: Told, variables: &[(&str, &str)]) -> Result<Settings, SettingError> {
        told.resolve(|name| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, v)| (*v).to_owned())
        })
    }

    #[test]
    fn variables_win_over_the_builder_and_the_builder_over_defaults() {
        let told = || Told {
            name: Some("shop".into()),
            stuck_after: Some(Duration::from_secs(3)),
            ..Told::default()
        };
        let settings = resolve(told(), &[]).unwrap();
        assert_eq!((settings.name.as_str(), settings.bind.port()), ("shop", DEFAULT_PORT));
        assert_eq!(settings.stuck_after, Duration::from_secs(3));
        let variables = [("TASKSCOPE_NAME", "till"), ("TASKSCOPE_BIND", "[::1]:0")];
        let settings = resolve(told(), &variables).unwrap();
        assert_eq!((settings.name.as_str(), settings.bind.port()), ("till", 0));
    }

    #[test]
    fn a_bad_value_is_named_with_what_was_expected() {
        let cases = [
            ("TASKSCOPE_BIND", "localhost", "127.0.0.1:6670"),
            ("TASKSCOPE_BIND", "1.2.3.4:99999", "127.0.0.1:6670"),
            ("TASKSCOPE_STUCK_AFTER", "-1", "above 0"),
            ("TASKSCOPE_STUCK_AFTER", "NaN", "above 0"),
            ("TASKSCOPE_STUCK_AFTER", "ten", "above 0"),
            ("TASKSCOPE_BLOCKED_AFTER", "0", "above 0"),
            ("TASKSCOPE_SIGNALS", "SIGUSR1", "1 or 0"),
            ("TASKSCOPE_CAPTURE_BUDGET", "5", "from 0 to 1"),
            ("TASKSCOPE_EVIDENCE_BYTES", "256M", "as 268435456"),
            ("TASKSCOPE_EVIDENCE_FILES", "0", "above 0"),
            ("TASKSCOPE_EVIDENCE_ON_SIGQUIT", "SIGQUIT", "1 or 0"),
            ("TASKSCOPE_MEMORY_LIMIT", "-5", "above 0"),
            ("TASKSCOPE_HEAP_SAMPLE", "512KiB", "as 524288"),
            ("TASKSCOPE_HEAP_SAMPLE", "4294967296", "as 524288"),
            ("TASKSCOPE_STACK_WALK", "fp", "unwind-tables"),
            ("TASKSCOPE_WITHOUT_ANY_ACCESS_CONTROL_BEYOND_LOOPBACK", "yes please", "1 or 0"),
        ];
        for (variable, value, expected) in cases {
            let error = resolve(Told::default(), &[(variable, value)]).unwrap_err().to_string();
            for part in [variable, value, expected] {
                assert!(error.contains(part), "{error:?} does not say {part:?}");
            }
        }
        let told = Told { capture_budget: Some(2.0), ..Told::default() };
        assert!(resolve(told, &[]).is_err());
    }

    #[test]
    fn an_address_beyond_loopback_needs_the_ugly_word() {
        let everywhere = [("TASKSCOPE_BIND", "0.0.0.0:6670")];
        let error = resolve(Told::default(), &everywhere).unwrap_err();
        assert!(matches!(error, SettingError::BeyondLoopback { .. }));
        let told = Told { open_to_the_network: true, ..Told::default() };
        assert!(resolve(told, &everywhere).is_ok());
    }
}

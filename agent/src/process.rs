//! What the agent says of the process it lives in.

use std::time::{SystemTime, UNIX_EPOCH};

use taskscope_proto::model::{DebugInfo, Process};

use crate::settings::Settings;
use crate::{stack, symbols};

/// The process with what its debug information allows.
pub(crate) fn described(process: &Process) -> Process {
    Process { debug_info: symbols::debug_info_of_this_build(), ..process.clone() }
}

/// Says once what the debug information does not allow.
pub(crate) fn warn_of_missing_debug_info() {
    if symbols::debug_info_of_this_build() == DebugInfo::None {
        tracing::warn!(
            "taskscope: this build has no debug information, so await points have no lines. Set \
             `debug = \"line-tables-only\"` in [profile.release]"
        );
    }
}

/// Describes this process, but for its debug information, which takes time to read.
pub(crate) fn of(settings: &Settings) -> Process {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Process {
        name: settings.name.as_str().into(),
        pid: std::process::id(),
        started_at_unix_ms: u64::try_from(now.as_millis()).unwrap_or(u64::MAX),
        run_id: random(),
        debug_info: DebugInfo::Unknown,
        stack_walk: stack::method(),
        stuck_after_ms: u64::try_from(settings.stuck_after.as_millis()).unwrap_or(u64::MAX),
        executable: std::env::current_exe().unwrap_or_default().to_string_lossy().into(),
        agent: concat!("taskscope ", env!("CARGO_PKG_VERSION")).into(),
        ..Process::default()
    }
}

/// A number that no other process is likely to have: the standard library seeds its hash maps
/// with random keys.
fn random() -> u64 {
    use std::hash::{BuildHasher as _, RandomState};
    RandomState::new().hash_one(std::process::id())
}

//! The answer to a hello.

use super::enums::{debug_info_from_wire, stack_walk_from_wire};
use super::{ConvertError, cut, text};
use crate::model::{Process, Source};
use crate::version::{OLDEST_PROTOCOL, PROTOCOL};
use crate::wire;

impl From<&Process> for wire::HelloReply {
    fn from(from: &Process) -> Self {
        Self {
            protocol: PROTOCOL,
            oldest_protocol: OLDEST_PROTOCOL,
            agent: cut(&from.agent),
            process: Some(wire::Process {
                name: cut(&from.name),
                pid: from.pid,
                started_at_unix_ms: from.started_at_unix_ms,
                run_id: from.run_id,
                debug_info: wire::DebugInfo::from(from.debug_info).into(),
                stack_walk: wire::StackWalk::from(from.stack_walk).into(),
                stuck_after_ms: from.stuck_after_ms,
                executable: cut(&from.executable),
            }),
        }
    }
}

/// Look at [`version::check`](crate::version::check) first: an agent that speaks another protocol
/// may mean something else by its answer.
impl TryFrom<wire::HelloReply> for Process {
    type Error = ConvertError;

    fn try_from(from: wire::HelloReply) -> Result<Self, ConvertError> {
        let process = from.process.ok_or(ConvertError::Missing { what: "HelloReply.process" })?;
        Ok(Self {
            name: text("the service's name", process.name)?,
            pid: process.pid,
            started_at_unix_ms: process.started_at_unix_ms,
            run_id: process.run_id,
            debug_info: debug_info_from_wire(process.debug_info),
            stack_walk: stack_walk_from_wire(process.stack_walk),
            stuck_after_ms: process.stuck_after_ms,
            executable: text("the executable's path", process.executable)?,
            agent: text("the agent's version", from.agent)?,
            source: Source::Agent,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{DebugInfo, StackWalk};

    #[test]
    fn a_process_survives_the_way_there_and_back() {
        let process = Process {
            name: "checkout".into(),
            pid: 7,
            started_at_unix_ms: 1,
            run_id: u64::MAX,
            debug_info: DebugInfo::LineTables,
            stack_walk: StackWalk::UnwindTables,
            stuck_after_ms: 10_000,
            executable: "/srv/checkout".into(),
            agent: "taskscope 0.1.0".into(),
            ..Process::default()
        };
        assert_eq!(Process::try_from(wire::HelloReply::from(&process)), Ok(process));
    }

    #[test]
    fn an_answer_without_a_process_is_refused() {
        let error = Process::try_from(wire::HelloReply::default()).unwrap_err();
        assert_eq!(error.to_string(), "HelloReply.process is missing");
    }
}

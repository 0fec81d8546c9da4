//! Recording what a service says, from the window.

use std::sync::Arc;

use super::{Effect, Remark, Session};
use crate::analyse::numbers::{bytes, counted};
use crate::command::Command;
use crate::connect::RecorderState;
use crate::screen::Screen;
use crate::store::Connection;

impl Session {
    /// Does it if it is about a recording; gives back what is not.
    pub(super) fn perform_on_recording(
        &mut self,
        command: Command,
        screen: &Screen,
    ) -> Result<Vec<Effect>, Command> {
        if command != Command::Record {
            return Err(command);
        }
        if self.recording.is_some() {
            return Ok(vec![Effect::StopRecording]);
        }
        let problem = match (&screen.target, &screen.connection) {
            _ if screen.is_of_all => "These are all services: record the tab of one.",
            (None, _) => "No service is looked at that could be recorded.",
            (_, Connection::Recorded { .. }) => "This is a file already.",
            (Some(target), _) => {
                let name = screen.process.as_ref().map(|process| Arc::clone(&process.name));
                let name = name.filter(|name| !name.is_empty());
                let name = name.unwrap_or_else(|| Arc::clone(target));
                return Ok(vec![Effect::Record { target: Arc::clone(target), name }]);
            }
        };
        self.remark = Some(problem.into());
        Ok(Vec::new())
    }

    /// How it stands with the recording. When it is over that is said once.
    pub fn note_recording(&mut self, state: RecorderState) {
        let Some(end) = &state.end else {
            self.recording = Some(state);
            return;
        };
        let path = state.path.display();
        let taken = format!(
            "{} of {}, {}",
            counted(state.taken.states, "state"),
            state.target,
            bytes(state.taken.bytes)
        );
        self.remark = Some(match end {
            Ok(()) => Remark::good(format!("Recorded into {path}: {taken}.")),
            Err(why) => format!("The recording into {path} ended after {taken}: {why}.").into(),
        });
        self.recording = None;
    }
}

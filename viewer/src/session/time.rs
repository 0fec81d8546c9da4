//! Which moment is looked at.

use super::Session;
use crate::analyse::Range;
use crate::command::Command;
use crate::screen::Screen;

/// How far one step goes, in ten minutes and in a day.
const STEP_MS: u64 = 10_000;
const STEP_OF_DAY_MS: u64 = 600_000;

impl Session {
    /// Stops, goes on, or goes to another moment; `None` where there is none to go to.
    pub(super) fn go(&mut self, command: &Command, screen: &Screen) -> Option<()> {
        let shown_ms = screen.header.as_ref()?.now_ms;
        let (first, last) = ends(screen)?;
        let step_ms = match self.workspace.range {
            Range::Minutes => STEP_MS,
            Range::Day => STEP_OF_DAY_MS,
        };
        let to_ms = match command {
            Command::Pause if self.at_ms.is_some() => None,
            Command::Pause => Some(shown_ms),
            Command::StepBack => Some(shown_ms.saturating_sub(step_ms).max(first)),
            Command::StepForward if self.at_ms.is_some() => Some(shown_ms.saturating_add(step_ms)),
            Command::GoTo(to_ms) => Some((*to_ms).max(first)),
            _ => return None,
        };
        // Whoever arrives at the end goes on with it; who stops there stays.
        let arrives = *command != Command::Pause && to_ms.is_some_and(|to_ms| to_ms >= last);
        self.at_ms = to_ms.filter(|_| !arrives);
        Some(())
    }
}

/// The first and the last moment that there is something to see of.
fn ends(screen: &Screen) -> Option<(u64, u64)> {
    let seconds = &screen.timeline.seconds;
    Some((seconds.first()? * 1_000, seconds.last()? * 1_000))
}

#[cfg(test)]
mod tests {
    use taskscope_proto::model::Header;

    use super::*;
    use crate::screen::Timeline;

    fn screen(now_ms: u64) -> Screen {
        let timeline = Timeline { seconds: (40..=100).collect(), ..Timeline::default() };
        Screen {
            header: Some(Header { now_ms, ..Header::default() }),
            timeline,
            ..Screen::default()
        }
    }

    #[test]
    fn stopping_holds_the_moment_that_is_shown_and_once_more_goes_on() {
        let mut session = Session::default();
        session.perform(Command::Pause, &screen(100_400));
        assert_eq!(session.at_ms, Some(100_400));
        session.perform(Command::Pause, &screen(100_400));
        assert_eq!(session.at_ms, None);
    }

    #[test]
    fn steps_end_where_nothing_is_known_and_at_now() {
        let mut session = Session::default();
        session.perform(Command::StepForward, &screen(100_000));
        assert_eq!(session.at_ms, None, "there is nothing after now");
        session.perform(Command::StepBack, &screen(100_000));
        assert_eq!(session.at_ms, Some(90_000));
        session.perform(Command::GoTo(45_000), &screen(90_000));
        session.perform(Command::StepBack, &screen(45_000));
        assert_eq!(session.at_ms, Some(40_000));
        session.perform(Command::StepForward, &screen(95_000));
        assert_eq!(session.at_ms, None);
        session.perform(Command::GoTo(60_000), &screen(100_000));
        session.perform(Command::Dismiss, &screen(60_000));
        assert_eq!(session.at_ms, None, "Esc goes back to now");
    }
}

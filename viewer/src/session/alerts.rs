//! What the user does with alerts, and when the window asks to be looked at.

use std::sync::Arc;

use super::{Effect, Page, Session};
use crate::alert::{Severity, Subject};
use crate::analyse::Scope;
use crate::analyst::Ask;
use crate::command::Command;
use crate::screen::{Screen, ShownAlert};

impl Session {
    /// Does it if it is about alerts; gives back what is not.
    pub(super) fn perform_on_alerts(
        &mut self,
        command: Command,
        screen: &Screen,
    ) -> Result<Vec<Effect>, Command> {
        let on_page = self.page == Page::Alerts;
        match command {
            Command::PreviousRow if on_page => self.step_alert(screen, -1),
            Command::NextRow if on_page => self.step_alert(screen, 1),
            Command::FirstRow if on_page => self.step_alert(screen, isize::MIN),
            Command::LastRow if on_page => self.step_alert(screen, isize::MAX),
            Command::ChooseAlert(id) => {
                self.alert = Some(id);
                if !on_page {
                    self.page = Page::Alerts;
                    return Ok(vec![self.asked()]);
                }
            }
            // What acts on the chosen one is not to act on one that nobody sees.
            Command::OpenAlert | Command::Acknowledge | Command::Silence if !on_page => {
                self.page = Page::Alerts;
                return Ok(vec![self.asked()]);
            }
            Command::OpenAlert => return Ok(self.open_alert(screen)),
            Command::GoToAlert(id) => {
                self.alert = Some(id);
                return Ok(self.open_alert(screen));
            }
            Command::Acknowledge => return Ok(self.acknowledge(screen)),
            Command::Silence => return Ok(self.silence(screen)),
            Command::AcknowledgeThis(id) => {
                self.alert = Some(id);
                return Ok(self.acknowledge(screen));
            }
            Command::SilenceThis(id) => {
                self.alert = Some(id);
                return Ok(self.silence(screen));
            }
            Command::LiftSilence(key) => {
                self.hushed.silences.retain(|silence| silence.alert != key);
                self.workspace.silences.clone_from(&self.hushed.silences);
                return Ok(vec![self.hush()]);
            }
            Command::ToggleNotifications => {
                self.workspace.notifies = !self.workspace.notifies;
                return Ok(vec![Effect::Ask(Ask::Notify(self.workspace.notifies))]);
            }
            other => return Err(other),
        }
        Ok(Vec::new())
    }

    /// The alert that is chosen on the page; the first one until somebody chooses.
    pub fn chosen_alert<'a>(&self, screen: &'a Screen) -> Option<&'a ShownAlert> {
        let mut all = screen.alerts.iter().chain(&screen.alarm.over);
        let chosen = self.alert.as_ref();
        let found = chosen.and_then(|id| all.clone().find(|shown| shown.alert.id() == *id));
        found.or_else(|| all.next())
    }

    fn step_alert(&mut self, screen: &Screen, by: isize) {
        let all = || screen.alerts.iter().chain(&screen.alarm.over);
        let Some(last) = all().count().checked_sub(1) else { return };
        let chosen = self.alert.as_ref();
        let at = chosen.and_then(|id| all().position(|shown| shown.alert.id() == *id));
        let next = match at {
            Some(at) => at.saturating_add_signed(by).min(last),
            // The first one looks chosen until somebody chooses.
            None => 0_usize.saturating_add_signed(by).min(last),
        };
        self.alert = all().nth(next).map(|shown| shown.alert.id());
    }

    /// To what the chosen alert is about.
    fn open_alert(&mut self, screen: &Screen) -> Vec<Effect> {
        let Some(shown) = self.chosen_alert(screen) else { return Vec::new() };
        let target = &shown.alert.target;
        self.page = match shown.alert.subject {
            Subject::Runtime(_) => Page::Runtime,
            _ => Page::Groups,
        };
        let is_here = screen.is_of_all || screen.target.as_ref() == Some(target);
        if !is_here {
            return self.perform(Command::ShowTab(Scope::One(Arc::clone(target))), screen);
        }
        match &shown.row {
            Some(row) => self.perform(Command::Select(Arc::clone(row)), screen),
            None => vec![self.asked()],
        }
    }

    fn acknowledge(&mut self, screen: &Screen) -> Vec<Effect> {
        let living = self.chosen_alert(screen).filter(|shown| shown.alert.resolved.is_none());
        let Some(id) = living.map(|shown| shown.alert.id()) else { return Vec::new() };
        self.hushed.acknowledge(id);
        vec![self.hush()]
    }

    fn silence(&mut self, screen: &Screen) -> Vec<Effect> {
        let Some(shown) = self.chosen_alert(screen) else { return Vec::new() };
        self.hushed.silence(shown.alert.key(), screen.alarm.made.unix_ms);
        self.workspace.silences.clone_from(&self.hushed.silences);
        vec![self.hush()]
    }

    /// What the analyst has to know of it.
    pub fn hush(&self) -> Effect {
        Effect::Ask(Ask::Hush(Arc::new(self.hushed.clone())))
    }

    /// Asks for a look when an alert fires while nobody looks at the window: once for each, and not
    /// for what is only good to know, or known.
    pub fn heed(&mut self, screen: &Screen, focused: bool) -> Option<Effect> {
        let calling = screen.alerts.iter().filter(|shown| shown.calls());
        let alerts = calling.map(|shown| &shown.alert);
        let grave = alerts.filter(|alert| alert.severity > Severity::Info);
        let newest = grave.filter_map(|alert| alert.fired).max()?;
        let is_new = newest > self.heeded;
        self.heeded = self.heeded.max(newest);
        (is_new && !focused).then_some(Effect::Attention)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::alert::{Alert, At, Hush};

    /// A screen with alerts, each a severity and the second at which it fired.
    fn screen(alerts: &[(Severity, Option<u64>)]) -> Screen {
        let shown = |(severity, fired): &(Severity, Option<u64>)| {
            let at = |second| At { moment: Duration::from_secs(second), unix_ms: 0 };
            let alert = Alert {
                rule: "r".into(),
                severity: *severity,
                process: "shop".into(),
                target: "a:1".into(),
                subject: Subject::Service,
                text: "".into(),
                since: at(1),
                fired: fired.map(at),
                resolved: None,
            };
            ShownAlert { alert, row: None, hush: None, file_end: None }
        };
        Screen { alerts: alerts.iter().map(shown).collect(), ..Screen::default() }
    }

    #[test]
    fn each_alert_asks_for_a_look_once_while_nobody_looks() {
        use Severity::{Critical, Info, Warning};
        let mut session = Session::default();
        for (alerts, focused, expected) in [
            (&[][..], false, false),
            (&[(Critical, None)], false, false),
            (&[(Info, Some(2))], false, false),
            (&[(Warning, Some(3))], false, true),
            (&[(Warning, Some(3))], false, false),
            // Who looks has seen it.
            (&[(Warning, Some(3)), (Critical, Some(5))], true, false),
            (&[(Warning, Some(3)), (Critical, Some(5))], false, false),
            (&[(Critical, Some(5))], false, false),
            (&[(Warning, Some(8)), (Critical, Some(5))], false, true),
        ] {
            let effect = session.heed(&screen(alerts), focused);
            assert_eq!(effect, expected.then_some(Effect::Attention), "{alerts:?} {focused}");
        }
    }

    #[test]
    fn nobody_is_called_for_what_is_known_or_was_recorded() {
        let fired = (Severity::Critical, Some(2));
        let check = |change: fn(&mut ShownAlert), expected: bool| {
            let mut screen = screen(&[fired]);
            change(&mut screen.alerts[0]);
            assert_eq!(Session::default().heed(&screen, false).is_some(), expected);
        };
        check(|_| {}, true);
        check(|shown| shown.hush = Some(Hush::Acknowledged), false);
        check(|shown| shown.hush = Some(Hush::Silenced(9)), false);
        check(|shown| shown.file_end = Some(At::default()), false);
    }
}

//! When the window asks to be looked at.

use super::{Effect, Session};
use crate::alert::Severity;
use crate::screen::Screen;

impl Session {
    /// Asks for a look when an alert fires while nobody looks at the window: once for each, and not
    /// for what is only good to know.
    pub fn heed(&mut self, screen: &Screen, focused: bool) -> Option<Effect> {
        let alerts = screen.alerts.iter().map(|shown| &shown.alert);
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
    use crate::alert::{Alert, At, Subject};
    use crate::screen::ShownAlert;

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
            ShownAlert { alert, row: None }
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
}

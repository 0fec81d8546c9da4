//! What commands are called and what they mean that are about alerts and recordings.

use super::Command;

impl Command {
    pub(super) fn text_of_alerts(&self) -> &'static str {
        match self {
            Self::ShowAlerts => "Alerts",
            Self::OpenAlert | Self::GoToAlert(_) => "Open the alert",
            Self::Acknowledge | Self::AcknowledgeThis(_) => "Acknowledge",
            Self::Silence | Self::SilenceThis(_) => "Silence for an hour",
            Self::LiftSilence(_) => "Lift the silence",
            Self::ToggleNotifications => "Desktop notifications",
            Self::Record => "Record",
            _ => "Choose the alert",
        }
    }

    pub(super) fn meaning_of_alerts(&self) -> &'static str {
        match self {
            Self::ShowAlerts => "What the rules say: which alerts fire and which are about to",
            Self::OpenAlert | Self::GoToAlert(_) => "Look at what the chosen alert is about",
            Self::Acknowledge | Self::AcknowledgeThis(_) => {
                "Keep the chosen alert on its page and hear no more of it while it fires, or again"
            }
            Self::Silence | Self::SilenceThis(_) => {
                "Hear nothing of the chosen alert for an hour, or lift its silence"
            }
            Self::LiftSilence(_) => "Hear of this alert again",
            Self::ToggleNotifications => "Tell the desktop when alerts fire and end, or do not",
            Self::Record => "Write what the shown service says into a file, or end that file",
            _ => "Choose this alert on the page of the alerts",
        }
    }
}

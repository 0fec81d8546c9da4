//! Everything that one can do, as one closed enum.
//!
//! Menus, shortcuts, tooltips and the help page are all made of it, so none of them can promise
//! what another one does not know.

mod words;

use std::sync::Arc;

use taskscope_proto::model::{Frame, TaskOrder};

use crate::alert::{AlertId, AlertKey};
use crate::analyse::{
    AwaitWeight, Column, HeapBy, HeapColumn, HeapKey, Key, Measure, Scope, Shape, Transform, Value,
};

/// Something to do.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "`text` and `tooltip` say what each of them does")]
pub enum Command {
    ShowConnect,
    FocusFilter,
    CycleGrouping,
    ChooseKeys,
    ToggleNest,
    OpenAllRows,
    CloseAllRows,
    OpenRow,
    CloseRow,
    PreviousRow,
    NextRow,
    FirstRow,
    LastRow,
    ToggleLibraryFrames,
    SwitchLens,
    ShowHeap,
    ShowWaits,
    ToggleCrowds,
    ShowRuntime,
    ShowAlerts,
    OpenAlert,
    Acknowledge,
    Silence,
    ToggleNotifications,
    Record,
    ShowPalette,
    Larger,
    Smaller,
    UsualSize,
    NextMeasure,
    Mark,
    ClearMark,
    NextShape,
    Invert,
    EnterTree,
    FindFrame,
    MergeHere,
    LeaveOutHere,
    CopyHere,
    UndoTransform,
    EnterTasks,
    OpenSource,
    PreviousPage,
    NextPage,
    Pause,
    StepBack,
    StepForward,
    SwitchRange,
    CopyText,
    CopyJson,
    CopyLink,
    RetryNow,
    /// Wait no longer for what the agent was asked.
    CancelAsking,
    Disconnect,
    PreviousTab,
    NextTab,
    OpenLast,
    ShowRunBefore,
    SwitchTheme,
    ShowHelp,
    Dismiss,
    // With what to do it. These come from the place on the screen that shows it.
    Connect(String),
    EditAddress(String),
    EditFilter(String),
    ToggleKey(Key),
    MoveKeyUp(Key),
    MoveKeyDown(Key),
    SetOpen(Arc<[Value]>, bool),
    SortBy(Column),
    Select(Arc<[Value]>),
    OrderTasks(TaskOrder),
    DivideHeap(HeapBy),
    WeighHeap(Measure),
    SortHeap(HeapColumn),
    ChooseHeapRow(HeapKey),
    FocusFrame(Arc<[Arc<Frame>]>),
    GoTo(u64),
    EditPalette(String),
    Run(Box<Self>),
    ShowShape(Shape),
    WeighAwaits(AwaitWeight),
    Transform(Transform),
    TakeBack(usize),
    FindFrames(String),
    PointAt(Option<Arc<Frame>>),
    Copy(String),
    ShowTask(u64),
    PointAtLine(usize),
    ToggleFolder(String),
    ShowTab(Scope),
    CloseTab(Arc<str>),
    GoToTab(u8),
    ChooseAlert(AlertId),
    GoToAlert(AlertId),
    AcknowledgeThis(AlertId),
    SilenceThis(AlertId),
    LiftSilence(AlertKey),
}

/// A key to press.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names of the keys say it all")]
pub enum Press {
    /// A letter or sign, by itself.
    Sign(char),
    /// A letter with Ctrl (Cmd on a Mac).
    Ctrl(char),
    Up,
    Down,
    Left,
    Right,
    ShiftLeft,
    ShiftRight,
    Home,
    End,
    PageUp,
    PageDown,
    Escape,
    F1,
    Enter,
    CtrlTab,
    CtrlShiftTab,
}

/// Ctrl and the digit of a place.
fn tab_key(place: u8) -> &'static [Press] {
    const KEYS: [Press; 9] = [
        Press::Ctrl('1'),
        Press::Ctrl('2'),
        Press::Ctrl('3'),
        Press::Ctrl('4'),
        Press::Ctrl('5'),
        Press::Ctrl('6'),
        Press::Ctrl('7'),
        Press::Ctrl('8'),
        Press::Ctrl('9'),
    ];
    let at = usize::from(place).wrapping_sub(1);
    KEYS.get(at..=at).unwrap_or_default()
}

impl Command {
    /// What can be done from anywhere, by what it is about: the help page lists it so.
    pub const SECTIONS: [(&'static str, &'static [Self]); 8] = [
        (
            "Pages",
            &[
                Self::ShowPalette,
                Self::ShowHelp,
                Self::ShowHeap,
                Self::ShowWaits,
                Self::ToggleCrowds,
                Self::ShowRuntime,
                Self::ShowAlerts,
                Self::Dismiss,
            ],
        ),
        (
            "Rows",
            &[
                Self::FocusFilter,
                Self::CycleGrouping,
                Self::ChooseKeys,
                Self::ToggleNest,
                Self::PreviousRow,
                Self::NextRow,
                Self::FirstRow,
                Self::LastRow,
                // Those with Shift first: without it the key means another.
                Self::OpenAllRows,
                Self::CloseAllRows,
                Self::OpenRow,
                Self::CloseRow,
                Self::SwitchLens,
            ],
        ),
        (
            "Await trees",
            &[
                Self::NextShape,
                Self::Invert,
                Self::NextMeasure,
                Self::ToggleLibraryFrames,
                Self::FindFrame,
                Self::EnterTree,
                Self::MergeHere,
                Self::LeaveOutHere,
                Self::CopyHere,
                Self::UndoTransform,
            ],
        ),
        ("Tasks", &[Self::EnterTasks, Self::OpenSource, Self::PreviousPage, Self::NextPage]),
        (
            "Time",
            &[
                Self::Pause,
                Self::StepBack,
                Self::StepForward,
                Self::SwitchRange,
                Self::Mark,
                Self::ClearMark,
                Self::ShowRunBefore,
            ],
        ),
        ("Alerts", &[Self::OpenAlert, Self::Acknowledge, Self::Silence, Self::ToggleNotifications]),
        (
            "Services",
            &[
                Self::ShowConnect,
                Self::OpenLast,
                // Before the next: its keys are those of that one, and Shift.
                Self::PreviousTab,
                Self::NextTab,
                Self::Disconnect,
                Self::Record,
                Self::RetryNow,
                Self::CancelAsking,
            ],
        ),
        (
            "Copy and look",
            &[
                Self::CopyText,
                Self::CopyJson,
                Self::CopyLink,
                Self::SwitchTheme,
                Self::Larger,
                Self::Smaller,
                Self::UsualSize,
            ],
        ),
    ];

    /// What the sections list, one after another.
    pub fn listed() -> impl Iterator<Item = &'static Self> {
        Self::SECTIONS.iter().flat_map(|(_, commands)| *commands)
    }

    /// The title of the section that lists it.
    pub fn section(&self) -> Option<&'static str> {
        let lists = |(_, commands): &&(&str, &'static [Self])| commands.contains(self);
        Self::SECTIONS.iter().find(lists).map(|(title, _)| *title)
    }

    /// The tabs by their places. Too many to be listed: the help page has a line for all of them.
    pub const TABS: [Self; 9] = [
        Self::GoToTab(1),
        Self::GoToTab(2),
        Self::GoToTab(3),
        Self::GoToTab(4),
        Self::GoToTab(5),
        Self::GoToTab(6),
        Self::GoToTab(7),
        Self::GoToTab(8),
        Self::GoToTab(9),
    ];

    /// The keys that do it.
    pub fn shortcuts(&self) -> &'static [Press] {
        match self {
            Self::ShowConnect => &[Press::Ctrl('O')],
            Self::FocusFilter => &[Press::Sign('/')],
            Self::CycleGrouping => &[Press::Sign('G')],
            Self::ChooseKeys => &[Press::Sign('K')],
            Self::ToggleNest => &[Press::Ctrl('G')],
            Self::OpenAllRows => &[Press::ShiftRight],
            Self::CloseAllRows => &[Press::ShiftLeft],
            Self::OpenRow => &[Press::Right],
            Self::CloseRow => &[Press::Left],
            Self::PreviousRow => &[Press::Up],
            Self::NextRow => &[Press::Down],
            Self::FirstRow => &[Press::Home],
            Self::LastRow => &[Press::End],
            Self::ToggleLibraryFrames => &[Press::Sign('L')],
            Self::SwitchLens => &[Press::Sign('B')],
            Self::ShowHeap => &[Press::Sign('H')],
            Self::ShowWaits => &[Press::Sign('D')],
            Self::ShowRuntime => &[Press::Sign('N')],
            Self::ShowAlerts => &[Press::Ctrl('L')],
            Self::OpenAlert => &[Press::Enter],
            Self::Acknowledge => &[Press::Ctrl('A')],
            Self::Silence => &[Press::Ctrl('S')],
            Self::ShowPalette => &[Press::Ctrl('K')],
            Self::Larger => &[Press::Ctrl('+')],
            Self::Smaller => &[Press::Ctrl('-')],
            Self::UsualSize => &[Press::Ctrl('0')],
            Self::NextMeasure => &[Press::Sign('W')],
            Self::Mark => &[Press::Sign('M')],
            Self::NextShape => &[Press::Sign('V')],
            Self::Invert => &[Press::Sign('I')],
            Self::EnterTree => &[Press::Sign('E')],
            Self::FindFrame => &[Press::Ctrl('F')],
            Self::MergeHere => &[Press::Sign('X')],
            Self::LeaveOutHere => &[Press::Sign('O')],
            Self::CopyHere => &[Press::Sign('C')],
            Self::UndoTransform => &[Press::Sign('Z')],
            Self::ClearMark => &[Press::Sign('U')],
            Self::EnterTasks => &[Press::Sign('J')],
            Self::OpenSource => &[Press::Sign('F')],
            Self::PreviousPage => &[Press::PageUp],
            Self::NextPage => &[Press::PageDown],
            Self::Pause => &[Press::Sign('P')],
            Self::StepBack => &[Press::Sign(',')],
            Self::StepForward => &[Press::Sign('.')],
            Self::SwitchRange => &[Press::Sign('A')],
            Self::CopyText => &[Press::Sign('Y')],
            Self::CopyLink => &[Press::Sign('S')],
            Self::RetryNow => &[Press::Sign('R')],
            Self::Disconnect => &[Press::Ctrl('W')],
            Self::PreviousTab => &[Press::CtrlShiftTab],
            Self::NextTab => &[Press::CtrlTab],
            Self::GoToTab(place) => tab_key(*place),
            Self::ShowRunBefore => &[Press::Sign('Q')],
            Self::SwitchTheme => &[Press::Sign('T')],
            Self::ShowHelp => &[Press::F1, Press::Sign('?')],
            Self::Dismiss => &[Press::Escape],
            _ => &[],
        }
    }
}

impl std::fmt::Display for Press {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Sign(sign) => write!(f, "{}", sign.to_lowercase()),
            Self::Ctrl(letter) => write!(f, "Ctrl+{letter}"),
            Self::Up => f.write_str("Up"),
            Self::Down => f.write_str("Down"),
            Self::Left => f.write_str("Left"),
            Self::Right => f.write_str("Right"),
            Self::ShiftLeft => f.write_str("Shift+Left"),
            Self::ShiftRight => f.write_str("Shift+Right"),
            Self::Home => f.write_str("Home"),
            Self::End => f.write_str("End"),
            Self::PageUp => f.write_str("Page Up"),
            Self::PageDown => f.write_str("Page Down"),
            Self::Escape => f.write_str("Esc"),
            Self::F1 => f.write_str("F1"),
            Self::Enter => f.write_str("Enter"),
            Self::CtrlTab => f.write_str("Ctrl+Tab"),
            Self::CtrlShiftTab => f.write_str("Ctrl+Shift+Tab"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_commands_share_a_shortcut() {
        let mut seen = std::collections::HashSet::new();
        for press in Command::listed().chain(&Command::TABS).flat_map(Command::shortcuts) {
            assert!(seen.insert(press), "{press} twice");
        }
    }
}

//! Everything that one can do, as one closed enum.
//!
//! Menus, shortcuts, tooltips and the help page are all made of it, so none of them can promise
//! what another one does not know.

use std::sync::Arc;

use taskscope_proto::model::{Frame, TaskOrder};

use crate::analyse::{
    AwaitWeight, Column, HeapBy, HeapColumn, HeapKey, Key, Measure, Shape, Transform, Value,
};

/// Something to do.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "`text` and `tooltip` say what each of them does")]
pub enum Command {
    ShowConnect,
    FocusFilter,
    CycleGrouping,
    ChooseKeys,
    PreviousRow,
    NextRow,
    FirstRow,
    LastRow,
    ToggleLibraryFrames,
    SwitchLens,
    ShowHeap,
    ShowWaits,
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
    RetryNow,
    Disconnect,
    SwitchTheme,
    ShowHelp,
    Dismiss,
    // With what to do it. These come from the place on the screen that shows it.
    Connect(String),
    EditAddress(String),
    EditFilter(String),
    ToggleKey(Key),
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
    Home,
    End,
    PageUp,
    PageDown,
    Escape,
    F1,
}

impl Command {
    /// What the help page lists, in its order.
    pub const LISTED: [Self; 39] = [
        Self::PreviousRow,
        Self::NextRow,
        Self::FirstRow,
        Self::LastRow,
        Self::FocusFilter,
        Self::CycleGrouping,
        Self::ChooseKeys,
        Self::ToggleLibraryFrames,
        Self::SwitchLens,
        Self::ShowWaits,
        Self::NextShape,
        Self::Invert,
        Self::FindFrame,
        Self::EnterTree,
        Self::MergeHere,
        Self::LeaveOutHere,
        Self::CopyHere,
        Self::UndoTransform,
        Self::ShowHeap,
        Self::NextMeasure,
        Self::Mark,
        Self::ClearMark,
        Self::EnterTasks,
        Self::OpenSource,
        Self::PreviousPage,
        Self::NextPage,
        Self::Pause,
        Self::StepBack,
        Self::StepForward,
        Self::ShowConnect,
        Self::RetryNow,
        Self::Disconnect,
        Self::SwitchTheme,
        Self::Larger,
        Self::Smaller,
        Self::UsualSize,
        Self::ShowPalette,
        Self::ShowHelp,
        Self::Dismiss,
    ];

    /// Its name on buttons and in lists.
    pub fn text(&self) -> &'static str {
        match self {
            Self::ShowConnect => "Connect…",
            Self::FocusFilter | Self::EditFilter(_) => "Filter",
            Self::CycleGrouping => "Next grouping",
            Self::ChooseKeys => "Group by…",
            Self::PreviousRow => "Row above",
            Self::NextRow => "Row below",
            Self::FirstRow => "First row",
            Self::LastRow => "Last row",
            Self::ToggleLibraryFrames => "Library frames",
            Self::SwitchLens => "Tasks or bytes",
            Self::ShowHeap => "Heap",
            Self::ShowWaits => "Who waits for whom",
            Self::ShowPalette => "Commands…",
            Self::Larger => "Larger text",
            Self::Smaller => "Smaller text",
            Self::UsualSize => "Usual size of text",
            Self::NextMeasure => "Next measure",
            Self::Mark => "Mark this moment",
            Self::ClearMark => "Clear the mark",
            Self::NextShape | Self::ShowShape(_) => "Next shape",
            Self::Invert => "Invert",
            Self::EnterTree => "Into the tree",
            Self::FindFrame | Self::FindFrames(_) => "Find a frame",
            Self::MergeHere => "Merge repeats",
            Self::LeaveOutHere => "Leave out",
            Self::CopyHere => "Copy the line",
            Self::UndoTransform | Self::TakeBack(_) => "Take a step back",
            Self::Transform(_) => "Transform",
            Self::PointAt(_) => "Point",
            Self::EnterTasks => "Into the tasks",
            Self::OpenSource => "Open in the editor",
            Self::ShowTask(_) => "Show the task",
            Self::PointAtLine(_) => "Look at this line",
            Self::ToggleFolder(_) => "Source folder",
            Self::PreviousPage => "Previous tasks",
            Self::NextPage => "More tasks",
            Self::Pause => "Pause or go on",
            Self::StepBack => "Ten seconds back",
            Self::StepForward => "Ten seconds on",
            Self::RetryNow => "Retry now",
            Self::Disconnect => "Disconnect",
            Self::SwitchTheme => "Light or dark",
            Self::ShowHelp => "Help",
            Self::Dismiss => "Close",
            Self::Connect(_) => "Connect",
            Self::EditAddress(_) => "Address",
            Self::ToggleKey(_) => "Group by",
            Self::SortBy(_) | Self::SortHeap(_) => "Sort",
            Self::Select(_) => "Select",
            Self::OrderTasks(_) => "Order",
            Self::DivideHeap(_) => "Divide",
            Self::WeighHeap(_) | Self::WeighAwaits(_) => "Weigh",
            Self::ChooseHeapRow(_) => "Choose",
            Self::FocusFrame(_) => "Focus",
            Self::GoTo(_) => "Go to this moment",
            Self::EditPalette(_) => "Command",
            Self::Run(command) => command.text(),
            Self::Copy(_) => "Copy",
        }
    }

    /// What it does, in a sentence.
    pub fn tooltip(&self) -> &'static str {
        match self {
            Self::ShowConnect => "Choose the service to look at",
            Self::FocusFilter | Self::EditFilter(_) => "Keep only groups that match all words",
            Self::CycleGrouping => "Group by the next key alone, then by the usual ones again",
            Self::ChooseKeys => "Choose the keys that make up a row",
            Self::PreviousRow => "Look at the row above",
            Self::NextRow => "Look at the row below",
            Self::FirstRow => "Look at the first row",
            Self::LastRow => "Look at the last row",
            Self::ToggleLibraryFrames => "Show or fold frames that are not the service's own code",
            Self::SwitchLens => {
                "What trends and the detail show first: tasks, or the bytes of the heap they hold"
            }
            Self::ShowHeap => "The whole heap: who holds it, and where it was allocated",
            Self::ShowWaits => "Who waits for the chosen row, and whom it waits for, as a graph",
            Self::ShowPalette => "Find a command by its name",
            Self::Larger => "Everything a tenth larger",
            Self::Smaller => "Everything a tenth smaller",
            Self::UsualSize => "Everything as large as the system says",
            Self::NextMeasure => {
                "Weigh awaits by tasks, time, future bytes; the heap by live, outlived, allocated"
            }
            Self::Mark => "From now on, compare: which awaits and which bytes grew since",
            Self::ClearMark => "Forget the moment that was marked",
            Self::NextShape => "Await trees as tree, inverted, as flame graph, or as difference",
            Self::ShowShape(shape) => shape.meaning(),
            Self::Invert => "From the lines where tasks wait outwards, or from the roots again",
            Self::EnterTree => {
                "Arrows go through frames then, Enter looks at one alone, Tab goes on"
            }
            Self::FindFrame | Self::FindFrames(_) => {
                "Point out frames by a part of their function, file or line"
            }
            Self::MergeHere => "All between the repetitions of this frame becomes one",
            Self::LeaveOutHere => "Leave this frame out: what it awaits hangs on what awaits it",
            Self::CopyHere => "Copy this frame's source line",
            Self::UndoTransform | Self::TakeBack(_) => "Take back what was done to the await trees",
            Self::Transform(transform) => transform.meaning(),
            Self::PointAt(_) => "The frame that has the keyboard",
            Self::WeighAwaits(weight) => weight.meaning(),
            Self::EnterTasks => "Arrows go through the list of tasks then, Enter shows one closely",
            Self::OpenSource => {
                "Open the source line of a task's page in the editor of your choice"
            }
            Self::ShowTask(_) => "Everything that is known of this task",
            Self::PointAtLine(_) => "Show the source of this line",
            Self::ToggleFolder(_) => "Look for source files in this folder, or no longer",
            Self::PreviousPage => "The page of tasks before",
            Self::NextPage => "The next page of tasks",
            Self::Pause => "Hold the numbers as they are, or show those of right now again",
            Self::StepBack => "How it was ten seconds earlier",
            Self::StepForward => "How it was ten seconds later, up to now",
            Self::RetryNow => "Try to connect without waiting any longer",
            Self::Disconnect => "Let go of the service",
            Self::SwitchTheme => "Switch between light, dark and what the system says",
            Self::ShowHelp => "All shortcuts and the language of the filter",
            Self::Dismiss => {
                "Close what is open, take a step back, empty the filter, or let go of the row"
            }
            Self::Connect(_) => "Look at this service",
            Self::EditAddress(_) => "The address of an agent",
            Self::ToggleKey(_) => "Add this key to the rows, or take it out",
            Self::SortBy(_) | Self::SortHeap(_) => "Sort by this column; once more turns it round",
            Self::Select(_) => "Look at this row closely",
            Self::OrderTasks(_) => "Which tasks to list first",
            Self::DivideHeap(_) => "By what to divide the heap into rows",
            Self::WeighHeap(measure) => measure.meaning(),
            Self::ChooseHeapRow(_) => "Show only this row in the flame graph; once more shows all",
            Self::FocusFrame(_) => "Let this frame fill the flame graph",
            Self::GoTo(_) => "How it was at this moment",
            Self::EditPalette(_) => "Part of a command's name",
            Self::Run(command) => command.tooltip(),
            Self::Copy(_) => "Copy to the clipboard",
        }
    }

    /// The keys that do it.
    pub fn shortcuts(&self) -> &'static [Press] {
        match self {
            Self::ShowConnect => &[Press::Ctrl('O')],
            Self::FocusFilter => &[Press::Sign('/')],
            Self::CycleGrouping => &[Press::Sign('G')],
            Self::ChooseKeys => &[Press::Sign('K')],
            Self::PreviousRow => &[Press::Up],
            Self::NextRow => &[Press::Down],
            Self::FirstRow => &[Press::Home],
            Self::LastRow => &[Press::End],
            Self::ToggleLibraryFrames => &[Press::Sign('L')],
            Self::SwitchLens => &[Press::Sign('B')],
            Self::ShowHeap => &[Press::Sign('H')],
            Self::ShowWaits => &[Press::Sign('D')],
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
            Self::RetryNow => &[Press::Sign('R')],
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
            Self::Home => f.write_str("Home"),
            Self::End => f.write_str("End"),
            Self::PageUp => f.write_str("Page Up"),
            Self::PageDown => f.write_str("Page Down"),
            Self::Escape => f.write_str("Esc"),
            Self::F1 => f.write_str("F1"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_commands_share_a_shortcut() {
        let mut seen = std::collections::HashSet::new();
        for press in Command::LISTED.iter().flat_map(Command::shortcuts) {
            assert!(seen.insert(press), "{press} twice");
        }
    }
}

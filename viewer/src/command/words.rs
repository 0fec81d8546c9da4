//! What commands are called and what they mean.

mod alerts;

use super::Command;
use crate::analyse::Scope;

impl Command {
    /// Its name on buttons and in lists.
    pub fn text(&self) -> &'static str {
        match self {
            Self::ShowConnect => "Connect…",
            Self::FocusFilter | Self::EditFilter(_) => "Filter",
            Self::CycleGrouping => "Next grouping",
            Self::ChooseKeys => "Group by…",
            Self::ToggleNest => "Rows in rows",
            Self::OpenAllRows => "Open all rows",
            Self::CloseAllRows => "Close all rows",
            Self::OpenRow => "Open the row",
            Self::CloseRow => "Close the row",
            Self::SetOpen(..) => "Open or close",
            Self::MoveKeyUp(_) | Self::MoveKeyDown(_) => "Move the key",
            Self::PreviousRow => "Row above",
            Self::NextRow => "Row below",
            Self::FirstRow => "First row",
            Self::LastRow => "Last row",
            Self::ToggleLibraryFrames => "Library frames",
            Self::SwitchLens => "Tasks or bytes",
            Self::ShowHeap => "Heap",
            Self::ShowWaits => "Who waits for whom",
            Self::ToggleCrowds => "Crowds one by one",
            Self::ShowRuntime => "Runtime",
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
            Self::StepBack => "Step back",
            Self::StepForward => "Step on",
            Self::SwitchRange => "Ten minutes or a day",
            Self::CopyText => "Copy the row as text",
            Self::CopyJson => "Copy the row as JSON",
            Self::CopyLink => "Copy a command that opens the row",
            Self::RetryNow => "Retry now",
            Self::CancelAsking => "Cancel",
            Self::Disconnect => "Disconnect",
            Self::PreviousTab => "Tab to the left",
            Self::NextTab => "Tab to the right",
            Self::OpenLast => "Open the last ones again",
            Self::ShowRunBefore => "The run before",
            Self::ShowTab(_) | Self::GoToTab(_) => "Show the tab",
            Self::CloseTab(_) => "Close the tab",
            Self::SwitchTheme => "Light or dark",
            Self::ShowHelp => "Help",
            Self::Dismiss => "Close",
            with_data => with_data.text_with_data(),
        }
    }

    /// Of those that come from the place on the screen that shows what to do it with.
    fn text_with_data(&self) -> &'static str {
        match self {
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
            of_alerts => of_alerts.text_of_alerts(),
        }
    }

    /// What it does, in a sentence.
    pub fn tooltip(&self) -> &'static str {
        match self {
            Self::ShowConnect => "Look at one more service, beside those that are open",
            Self::FocusFilter | Self::EditFilter(_) => "Keep only groups that match all words",
            Self::CycleGrouping => "Group by the next key alone, then by the usual ones again",
            Self::ChooseKeys => "Choose the keys that make up a row, and their order",
            Self::ToggleNest => {
                "Rows of the first key, in them those of the next; or one for each combination"
            }
            Self::OpenAllRows => "Show all rows that lie in rows",
            Self::CloseAllRows => "Show the outermost rows only",
            Self::OpenRow => "Show the rows in the chosen one; in an open one, look at the first",
            Self::CloseRow => "Hide the rows in the chosen one, or look at the one it lies in",
            Self::PreviousRow => "Look at the row above",
            Self::NextRow => "Look at the row below",
            Self::FirstRow => "Look at the first row",
            Self::LastRow => "Look at the last row",
            Self::ToggleLibraryFrames => "Show or fold frames that are not the service's own code",
            Self::SwitchLens => {
                "What trends and the detail show first: tasks, or the bytes of the heap they hold"
            }
            Self::ShowHeap => "The whole heap: who holds it, and where it was allocated",
            Self::ShowRuntime => {
                "Workers, queues, threads for blocking, coverage, memory, and the agent's own cost"
            }
            Self::ShowWaits => "Who waits for the chosen row, and whom it waits for, as a graph",
            Self::ToggleCrowds => {
                "In that graph: groups that wait alike as one box, or each in a box of its own"
            }
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
            Self::EnterTasks => "Arrows go through the list of tasks then, Enter shows one closely",
            Self::OpenSource => {
                "Open the source line of a task's page in the editor of your choice"
            }
            Self::PreviousPage => "The page of tasks before",
            Self::NextPage => "The next page of tasks",
            Self::Pause => "Hold the numbers as they are, or show those of right now again",
            Self::StepBack => "How it was ten seconds earlier; of a day, ten minutes",
            Self::StepForward => "How it was ten seconds later, up to now; of a day, ten minutes",
            Self::CopyText => "What is known of the chosen row, for a chat or a ticket",
            Self::CopyJson => "The same for programs",
            Self::CopyLink => {
                "A command line that opens the viewer with this grouping and this row"
            }
            Self::SwitchRange => "Show the last ten minutes by the second, or the last day",
            Self::RetryNow => "Try to connect without waiting any longer; ask again after a cancel",
            Self::CancelAsking => "Wait no longer for what the agent was asked",
            Self::Disconnect => "Let go of the service that is shown, and close its tab",
            Self::PreviousTab => "The service before this one; Ctrl+1 to Ctrl+9 go by place",
            Self::NextTab => "The next service, or all of them as one",
            Self::OpenLast => "Open all services again that were open together the last time",
            Self::ShowRunBefore => {
                "How the service was when its run before this one ended, or this run again"
            }
            Self::SwitchTheme => "Switch between light, dark and what the system says",
            Self::ShowHelp => "All shortcuts and the language of the filter",
            Self::Dismiss => {
                "Close what is open, take a step back, empty the filter, or let go of the row"
            }
            with_data => with_data.meaning_with_data(),
        }
    }

    /// Of the same.
    fn meaning_with_data(&self) -> &'static str {
        match self {
            Self::ShowTab(Scope::All) => "All services that are open as one",
            Self::Connect(_) | Self::ShowTab(_) | Self::GoToTab(_) => "Look at this service",
            Self::CloseTab(_) => "Let go of this service",
            Self::EditAddress(_) => "The address of an agent",
            Self::ToggleKey(_) => "Add this key to the rows, or take it out",
            Self::MoveKeyUp(_) => "Group by this key before the one above it",
            Self::MoveKeyDown(_) => "Group by this key after the one below it",
            Self::SetOpen(_, true) => "Show the rows in this one",
            Self::SetOpen(_, false) => "Hide the rows in this one",
            Self::SortBy(_) | Self::SortHeap(_) => "Sort by this column; once more turns it round",
            Self::Transform(transform) => transform.meaning(),
            Self::PointAt(_) => "The frame that has the keyboard",
            Self::WeighAwaits(weight) => weight.meaning(),
            Self::ShowTask(_) => "Everything that is known of this task",
            Self::PointAtLine(_) => "Show the source of this line",
            Self::ToggleFolder(_) => "Look for source files in this folder, or no longer",
            Self::ShowShape(shape) => shape.meaning(),
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
            other => other.meaning_of_alerts(),
        }
    }
}

//! What the window shows at one moment: immutable, already grouped and sorted.
//!
//! The analyst publishes a new [`Screen`] whenever something changed; the newest wins. Ages are
//! given as "since when" on the agent's clock, so that they tick without a new screen.

mod alerts;
mod findings;
mod run;
mod task;

use std::sync::Arc;
use std::time::Duration;

use taskscope_proto::model::{Class, Header, Process, TaskPage};

use crate::analyse::numbers;
use crate::analyse::{
    AwaitQuery, AwaitTree, Fact, Flame, HeapQuery, HeapRow, HeapTree, Heat, Key, Lens, Link,
    Merged, Mostly, Note, Part, Row, Selection, Sort, Sum, Value, VisibleRow, WaitGraph, Waking,
    known,
};
use crate::clock::Moment;
use crate::connect::Failure;
use crate::fleet::Tab;
use crate::store::{Connection, Level, Restart, SAMPLES};

pub use alerts::{Alarm, Band, ShownAlert};
pub use findings::{Findings, Found};
pub use run::{Compared, ShownRun};
pub use task::{Standing, TaskDetail};

/// Samples of a trend.
pub const TREND_STEPS: usize = SAMPLES;
/// Samples of the timeline.
pub const TIMELINE_STEPS: usize = 121;
/// Tasks on one page.
pub const PAGE: u64 = 100;

/// Everything the views may see.
#[derive(Clone, Debug, Default)]
pub struct Screen {
    /// Which query this answers.
    pub generation: u64,
    /// The address being followed.
    pub target: Option<Arc<str>>,
    /// How it stands with the connection.
    pub connection: Connection,
    /// Who answered last.
    pub process: Option<Arc<Process>>,
    /// The process as a whole; `None` until a state came in.
    pub header: Option<Header>,
    /// When that state came in.
    pub received_at: Moment,
    /// What an agent was asked, and has not answered yet.
    pub asking: Option<Asking>,
    /// The last restart that was seen.
    pub restart: Option<Restart>,
    /// What the numbers leave out.
    pub notes: Vec<Note>,
    /// Every key that one can group by.
    pub available: Vec<Key>,
    /// The moment that all of this is of, agent's clock, if it is not the latest.
    pub moment_ms: Option<u64>,
    /// What is the matter.
    pub findings: Findings,
    /// What fires and what is about to, of all services that are open; the worst first.
    pub alerts: Vec<ShownAlert>,
    /// What else there is to say of alerts.
    pub alarm: Alarm,
    /// The last minutes as a whole.
    pub timeline: Timeline,
    /// The table of groups.
    pub table: Table,
    /// The row that is looked at closely.
    pub detail: Option<Detail>,
    /// Who waits for whom around the chosen row, while that page is open.
    pub waits: Option<Waits>,
    /// The page of a task, while it is open.
    pub task: Option<TaskDetail>,
    /// The page of the heap, while it is open.
    pub heap: Option<HeapPage>,
    /// The moment that this one is compared with, agent's clock.
    pub marked_ms: Option<u64>,
    /// What is said of that moment, if it is one of elsewhere.
    pub reference: Option<Compared>,
    /// The services that are open, in their order.
    pub tabs: Vec<Tab>,
    /// All of them are looked at as one.
    pub is_of_all: bool,
    /// Which run of the service this is.
    pub run: ShownRun,
}

/// How many tasks there were, and what the process took up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Timeline {
    /// How long a stretch it shows.
    pub span: Duration,
    /// The agent's second of each step, the last at the end.
    pub seconds: Box<[u64]>,
    /// Tasks by state as in [`LIVING`](crate::store::LIVING), step by step.
    pub states: [Box<[Level]>; 4],
    /// Resident bytes, where they were seen.
    pub memory: Box<[Option<u64>]>,
    /// From when on something has been the matter, agent's clock, and how bad it is: the first
    /// moment of each class that is there.
    pub onsets: Vec<(u64, Class)>,
    /// Alerts that fire, and those that did; the latest first.
    pub bands: Vec<Band>,
}

/// The table of groups.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// The key columns.
    pub keys: Vec<Key>,
    /// Rows lie in rows: each has the values of the first few keys.
    pub nested: bool,
    /// The order of the rows, or of those in one row.
    pub sort: Sort,
    /// The rows in that order, each before those in it.
    pub rows: Vec<Row>,
    /// What each of them had of late.
    pub trends: Trends,
    /// The first row; of rows in rows, the first of the innermost, whether it is shown or not.
    pub first: Option<(Arc<[Value]>, Heat)>,
    /// What they add up to.
    pub total: Sum,
    /// Base groups in the profile.
    pub base_groups: usize,
    /// Those that pass the filter.
    pub matching: usize,
    /// What the trends are of.
    pub lens: Lens,
    /// How long a stretch the trends show.
    pub trend_span: Duration,
}

/// The recent history of each row: tasks or KiB over [`Table::trend_span`], oldest first; fewer
/// steps than [`TREND_STEPS`] while the viewer has not watched for so long.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trends {
    steps: usize,
    /// Those of all rows in one piece: ten thousand small ones take longer to get than to fill.
    all: Vec<u32>,
}

impl Trends {
    /// Nothing yet, for so many rows.
    pub fn new(rows: usize, steps: usize) -> Self {
        Self { steps, all: vec![0; rows.saturating_mul(steps)] }
    }

    /// That of a row; empty where there is no such row.
    pub fn of(&self, row: usize) -> &[u32] {
        let from = row.saturating_mul(self.steps);
        self.all.get(from..from.saturating_add(self.steps)).unwrap_or_default()
    }

    /// The same, to be written to.
    pub fn of_mut(&mut self, row: usize) -> &mut [u32] {
        let from = row.saturating_mul(self.steps);
        self.all.get_mut(from..from.saturating_add(self.steps)).unwrap_or_default()
    }
}

/// What an agent was asked, and has not answered yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asking {
    /// What is asked for.
    pub what: &'static str,
    /// Since when.
    pub since: Moment,
    /// Somebody did not want to wait any longer.
    pub cancelled: bool,
}

/// One row, looked at closely.
#[derive(Clone, Debug, Default)]
pub struct Detail {
    /// What was asked for.
    pub selection: Selection,
    /// Where the row is in the table; `None` when it is gone.
    pub row: Option<usize>,
    /// Its await trees as one.
    pub tree: Merged,
    /// Who wakes its tasks, most first.
    pub wakings: Vec<Waking>,
    /// What its most suspicious group waits for and who could let it go on, a line each.
    pub blockers: Vec<String>,
    /// From that group to the one at the root of it.
    pub chain: Vec<Link>,
    /// These trees in the shape that was asked for.
    pub awaits: Awaits,
    /// Where its tasks allocated what they hold; `None` where nobody knows.
    pub allocations: Option<Allocations>,
    /// A page of its tasks; `None` until it came.
    pub page: Option<Arc<TaskPage>>,
    /// The agent is too old to keep that page to the tasks that the filter is about.
    pub unfiltered: bool,
    /// Why the latest request for a page failed.
    pub page_failure: Option<Failure>,
    /// Services that have tasks in it and cannot be asked for them.
    pub silent: Vec<Arc<str>>,
}

/// Who waits for whom.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Waits {
    /// The groups around the worst of the chosen row.
    pub graph: WaitGraph,
    /// For each of its nodes the values of the row that it is in; `None` if the filter leaves it out.
    pub rows: Vec<Option<Arc<[Value]>>>,
}

/// The await trees of a row, in one of their shapes.
#[derive(Clone, Debug, Default)]
pub struct Awaits {
    /// What this answers.
    pub asked: AwaitQuery,
    /// The trees as one.
    pub tree: AwaitTree,
    /// Its lines, unless it is a flame graph.
    pub lines: Vec<VisibleRow>,
    /// Its picture, if it is one.
    pub flame: Flame,
    /// What stands in each of its cells.
    pub labels: Vec<String>,
}

/// Where tasks allocated what they hold.
#[derive(Clone, Debug, Default)]
pub struct Allocations {
    /// The stacks as one tree, weighted by live bytes.
    pub tree: HeapTree,
    /// Its lines.
    pub lines: Vec<VisibleRow>,
    /// Who holds most of it, if somebody does.
    pub mostly: Option<Mostly>,
    /// Tasks of other rows allocated there, too.
    pub shared: bool,
}

/// The page of the heap.
#[derive(Clone, Debug, Default)]
pub struct HeapPage {
    /// The service tells of its heap; otherwise there is nothing else here.
    pub present: bool,
    /// What this answers.
    pub asked: HeapQuery,
    /// The heap as a whole, in words.
    pub facts: Vec<Fact>,
    /// How the resident memory is divided.
    pub parts: Vec<(Part, u64)>,
    /// What a bar of these parts stands for.
    pub whole: u64,
    /// What lives in all.
    pub live_bytes: u64,
    /// The rows, sorted.
    pub rows: Vec<HeapRow>,
    /// Which of them the flame graph shows alone.
    pub chosen: Option<usize>,
    /// How many sites there are.
    pub sites: usize,
    /// How many of them pass the filter.
    pub matching: usize,
    /// The stacks as one tree.
    pub tree: HeapTree,
    /// Its picture.
    pub flame: Flame,
    /// What stands in each of its cells.
    pub slabs: Vec<Slab>,
    /// The nodes from the root to the one in focus.
    pub way: Vec<u32>,
}

/// What stands in a cell of the flame graph.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Slab {
    /// A few words.
    pub label: String,
    /// The filter points at it.
    pub found: bool,
}

impl Screen {
    /// Whether the service tells of its heap.
    pub fn has_heap(&self) -> bool {
        self.header.as_ref().is_some_and(|header| header.heap.is_some())
    }

    /// Whether whoever tells of the service can tell of this key.
    pub fn knows(&self, key: &Key) -> bool {
        known(key, self.process.as_ref().map(|process| process.source).unwrap_or_default())
    }

    /// Whether the numbers are those of right now.
    pub fn is_live(&self) -> bool {
        matches!(self.connection, Connection::Live { .. })
    }

    /// Whether the numbers are as good as they will ever be: right now's, or those of a file.
    pub fn is_final(&self) -> bool {
        self.is_live() || matches!(self.connection, Connection::Recorded { .. })
    }

    /// Whether the rows are of the latest state, and that of right now or of a file's end.
    pub fn shows_the_latest(&self) -> bool {
        self.is_final() && self.moment_ms.is_none() && !self.run.is_before
    }

    /// Which of several services a runtime is of, by its number.
    pub fn service_of_runtime(&self, id: u32) -> Option<&Tab> {
        let at = usize::try_from(id).ok()?.checked_sub(1).filter(|_| self.is_of_all)?;
        let mut end = 0;
        self.tabs.iter().find(|tab| {
            end += tab.runtimes;
            at < end
        })
    }

    /// What the numbers are compared with, in words, if they are.
    pub fn compared_with(&self, now: Moment) -> Option<String> {
        let marked_ms = self.marked_ms?;
        if let Some(compared) = &self.reference {
            return Some(compared.with.to_string());
        }
        if self.run.is_marked_before {
            return Some("the end of the run before".into());
        }
        Some(format!("{} ago", numbers::age(self.age(marked_ms, now))))
    }

    /// That there is a mark, in words, if there is one.
    pub fn marked(&self, now: Moment) -> Option<String> {
        let word = if self.run.is_marked_before { "compared with" } else { "marked" };
        Some(format!("{word} {}", self.compared_with(now)?))
    }

    /// What the agent's clock says now; it stands still while the numbers do.
    pub fn agent_now_ms(&self, now: Moment) -> u64 {
        let at_receipt = self.header.as_ref().map_or(0, |header| header.now_ms);
        if !self.is_live() || self.moment_ms.is_some() {
            return at_receipt;
        }
        let since = now.saturating_sub(self.received_at);
        at_receipt.saturating_add(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
    }

    /// How long ago something on the agent's clock was.
    pub fn age(&self, since_ms: u64, now: Moment) -> Duration {
        Duration::from_millis(self.agent_now_ms(now).saturating_sub(since_ms))
    }

    /// How long ago something of a row was, in words. Of the past only what began before it is known.
    pub fn age_in_words(&self, since_ms: Option<u64>, now: Moment) -> String {
        let began = |since: &u64| self.moment_ms.is_none_or(|moment| *since < moment);
        let since = since_ms.filter(began);
        since.map_or("-".into(), |since| numbers::age(self.age(since, now)))
    }

    /// How long ago the numbers came in.
    pub fn numbers_age(&self, now: Moment) -> Duration {
        now.saturating_sub(self.received_at)
    }

    /// Where the row with these values is in the table.
    pub fn position(&self, values: &[Value]) -> Option<usize> {
        self.table.rows.iter().position(|row| *row.values == *values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_tick_while_live_and_stand_still_while_stale() {
        let header = Header { now_ms: 60_000, ..Header::default() };
        let secs = Duration::from_secs;
        let mut screen = Screen {
            header: Some(header),
            received_at: secs(10),
            connection: Connection::Live { since: secs(1) },
            ..Screen::default()
        };
        assert_eq!(screen.age(50_000, secs(12)), secs(12));
        screen.connection = Connection::Idle;
        assert_eq!(screen.age(50_000, secs(12)), secs(10));
    }
}

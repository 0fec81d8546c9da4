//! A page of tasks: one message with a dictionary of its own.

use super::task::{task_from_wire, task_to_wire};
use super::{ConvertError, at_most};
use crate::dictionary::{Reader, Writer};
use crate::limits::{CHUNK_BYTES, MAX_BLOCKERS, MAX_LABELS, MAX_STRING_BYTES, MAX_TASKS_PER_PAGE};
use crate::model::{Task, TaskPage};
use crate::wire;

/// Bytes of a task's numbers.
const TASK_BYTES: usize = 128;

/// A page that would be too big for one message ends early: the viewer asks for what follows
/// the tasks that it got. A task whose await tree alone is too big comes without the tree; its
/// group has it.
impl From<&TaskPage> for wire::TasksReply {
    fn from(from: &TaskPage) -> Self {
        let mut ids = Writer::default();
        let mut dictionary = wire::Dictionary::default();
        let mut tasks = Vec::new();
        let mut numbers = 0;
        for task in from.tasks.iter().take(MAX_TASKS_PER_PAGE as usize) {
            let used = ids.bytes() + numbers;
            let without_tree = most_bytes(task);
            let tree = task.tree.as_ref().map_or(0, |tree| ids.tree_bound(tree));
            let with_tree = without_tree + tree <= CHUNK_BYTES;
            let needed = if with_tree { without_tree + tree } else { without_tree };
            if used + needed > CHUNK_BYTES && !tasks.is_empty() {
                break;
            }
            numbers += bytes_of_numbers(task);
            tasks.push(task_to_wire(task, with_tree, &mut ids, &mut dictionary));
        }
        let dictionary = Some(dictionary);
        Self { dictionary, tasks, total: from.total, now_ms: from.now_ms, heeded: from.heeded }
    }
}

impl TryFrom<wire::TasksReply> for TaskPage {
    type Error = ConvertError;

    fn try_from(from: wire::TasksReply) -> Result<Self, ConvertError> {
        let most = MAX_TASKS_PER_PAGE as usize;
        at_most("tasks of a page", from.tasks.len(), "MAX_TASKS_PER_PAGE", most)?;
        let mut ids = Reader::default();
        ids.add(from.dictionary.unwrap_or_default())?;
        let tasks = from.tasks.iter().map(|task| task_from_wire(task, &ids));
        Ok(Self {
            tasks: tasks.collect::<Result<_, _>>()?,
            total: from.total,
            now_ms: from.now_ms,
            heeded: from.heeded,
        })
    }
}

fn bytes_of_numbers(task: &Task) -> usize {
    TASK_BYTES * (1 + task.blockers.len().min(MAX_BLOCKERS))
}

/// The most that a task can take besides its tree.
fn most_bytes(task: &Task) -> usize {
    let labels = task.labels.iter().take(MAX_LABELS);
    let blockers = task.blockers.iter().take(MAX_BLOCKERS);
    let made_at = blockers.filter_map(|blocker| Some(&blocker.made_at.as_ref()?.file));
    let texts = labels.flat_map(|l| [&l.key, &l.value]).chain([&task.spawned_at.file]);
    let texts = texts.chain(made_at);
    bytes_of_numbers(task)
        + texts.map(|text| text.len().min(MAX_STRING_BYTES) + TASK_BYTES).sum::<usize>()
}

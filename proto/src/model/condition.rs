//! What single tasks have to be like to be listed.

use super::{Labels, Location, State, Tree};

/// Something that a task has to be like, or has not to be like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskCondition {
    /// It has not to be so.
    pub negated: bool,
    /// What is looked at.
    pub check: TaskCheck,
}

/// What a condition looks at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TaskCheck {
    /// For how long it has been in its state.
    Idle(TimeTest),
    /// How long ago it was spawned.
    Age(TimeTest),
    /// The name of its state.
    State(TextTest),
    /// The value of the label with this key.
    Label(String, TextTest),
    /// Key or value of any label.
    AnyLabel(TextTest),
    /// Function or place of any frame of its await tree, or what it waits for.
    Await(TextTest),
    /// What it waits for.
    Wait(TextTest),
    /// Where it was spawned.
    Spawn(TextTest),
}

/// A time to compare with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeTest {
    /// More than it, or else less.
    pub more: bool,
    /// Milliseconds.
    pub than_ms: u64,
}

/// A text to compare with, without regard to case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextTest {
    /// Equal to it, or else with it somewhere inside.
    pub whole: bool,
    /// The text.
    pub text: String,
}

/// What conditions look at.
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "named as in `Task`")]
pub struct TaskFacts<'a> {
    pub labels: &'a Labels,
    pub state: State,
    pub tree: Option<&'a Tree>,
    pub spawned_at: &'a Location,
}

impl TaskCondition {
    /// Whether it is about times, which differ from task to task.
    pub fn is_of_times(&self) -> bool {
        matches!(self.check, TaskCheck::Idle(_) | TaskCheck::Age(_))
    }

    /// Whether a task that has been in its state for so long and is so old meets it; one about
    /// anything else is met.
    pub fn holds_at(&self, idle_ms: u64, age_ms: u64) -> bool {
        match &self.check {
            TaskCheck::Idle(test) => test.holds(idle_ms) != self.negated,
            TaskCheck::Age(test) => test.holds(age_ms) != self.negated,
            _ => true,
        }
    }

    /// Whether a task with these facts meets it; one about times is met.
    pub fn holds_for(&self, facts: &TaskFacts<'_>) -> bool {
        let found = match &self.check {
            TaskCheck::Idle(_) | TaskCheck::Age(_) => return true,
            TaskCheck::State(test) => test.holds(facts.state.name()),
            TaskCheck::Label(key, test) => {
                facts.labels.get(key).is_some_and(|value| test.holds(value))
            }
            TaskCheck::AnyLabel(test) => {
                facts.labels.iter().any(|label| test.holds(&label.key) || test.holds(&label.value))
            }
            TaskCheck::Await(test) => facts.tree.is_some_and(|tree| test.is_in_tree(tree)),
            TaskCheck::Wait(test) => facts.tree.is_some_and(|tree| test.is_waited_for(tree)),
            TaskCheck::Spawn(test) => test.holds(&facts.spawned_at.to_string()),
        };
        found != self.negated
    }
}

impl TimeTest {
    /// Whether it holds for this many milliseconds.
    pub fn holds(self, ms: u64) -> bool {
        if self.more { ms > self.than_ms } else { ms < self.than_ms }
    }
}

impl TextTest {
    /// Whether it holds for this text.
    pub fn holds(&self, text: &str) -> bool {
        let (needle, hay) = (self.text.as_bytes(), text.as_bytes());
        if self.whole {
            return text.eq_ignore_ascii_case(&self.text)
                || !text.is_ascii() && text.to_lowercase() == self.text.to_lowercase();
        }
        if needle.is_empty() {
            return true;
        }
        if text.is_ascii() {
            return hay.windows(needle.len()).any(|part| part.eq_ignore_ascii_case(needle));
        }
        text.to_lowercase().contains(&self.text.to_lowercase())
    }

    /// Whether a frame of the tree has it, or what is waited for there.
    pub fn is_in_tree(&self, tree: &Tree) -> bool {
        let in_frame = |node: &super::Node| {
            let location = node.frame.location.as_ref();
            self.holds(&node.frame.function)
                || location.is_some_and(|place| self.holds(&place.to_string()))
        };
        self.is_waited_for(tree) || tree.nodes.iter().any(in_frame)
    }

    fn is_waited_for(&self, tree: &Tree) -> bool {
        tree.wait_kinds.iter().any(|kind| self.holds(&kind.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Label, WaitKind};

    fn text(whole: bool, text: &str) -> TextTest {
        TextTest { whole, text: text.to_owned() }
    }

    #[test]
    fn text_is_found_without_regard_to_case() {
        for (whole, needle, hay, expected) in [
            (false, "MPSC", "mpsc_recv", true),
            (false, "", "x", true),
            (true, "acme", "ACME", true),
            (true, "ac", "acme", false),
            (true, "Ä", "ä", true),
            (false, "Ö", "äö", true),
            (false, "longer than that", "x", false),
        ] {
            assert_eq!(text(whole, needle).holds(hay), expected, "{needle} {hay}");
        }
    }

    #[test]
    fn conditions_look_at_what_they_are_about_and_can_be_turned_round() {
        let label = Label { key: "tenant".into(), value: "acme".into() };
        let labels = Labels::new([label]);
        let tree = Tree { wait_kinds: vec![WaitKind::MpscSend], ..Tree::default() };
        let spawned_at = Location { file: "src/a.rs".into(), line: 3, column: 1 };
        let facts = TaskFacts {
            labels: &labels,
            state: State::Parked,
            tree: Some(&tree),
            spawned_at: &spawned_at,
        };
        let checks = [
            (TaskCheck::State(text(true, "parked")), true),
            (TaskCheck::Label("tenant".into(), text(true, "acme")), true),
            (TaskCheck::Label("task".into(), text(false, "")), false),
            (TaskCheck::AnyLabel(text(false, "probe")), false),
            (TaskCheck::Await(text(false, "mpsc")), true),
            (TaskCheck::Wait(text(true, "mpsc_send")), true),
            (TaskCheck::Spawn(text(false, "a.rs:3")), true),
        ];
        for (check, expected) in checks {
            for negated in [false, true] {
                let condition = TaskCondition { negated, check: check.clone() };
                assert_eq!(condition.holds_for(&facts), expected != negated, "{condition:?}");
            }
        }
        let idle = TaskCheck::Idle(TimeTest { more: true, than_ms: 300 });
        let condition = TaskCondition { negated: false, check: idle };
        assert!(condition.is_of_times() && condition.holds_at(301, 0));
        assert!(!condition.holds_at(300, 999));
    }
}

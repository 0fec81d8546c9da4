//! One thread is asked for its stack, and answers, in memory that is there for ever.
//!
//! ```text
//!            ask                      handler                  handler
//!  Idle ───────────▶ Asked(number) ───────────▶ Writing ───────────▶ Written
//!   ▲                     │ take back              │                    │ read
//!   └─────────────────────┴──────────── never ─────┘                    │
//!   └───────────────────────────────────────────────────────────────────┘
//! ```
//!
//! `state` holds the number of the question and the stage. Between `Asked` and `Written` all else
//! belongs to the handler that took the question, and to nobody else: a signal that comes late
//! carries a number that is not asked any more, and writes nothing. A handler that began is
//! waited for, or the thread stays unasked.

use crate::primitives::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use crate::primitives::atomic::{AtomicPtr, AtomicU64, AtomicUsize};
use crate::stack::{REGISTERS, Registers};
use crate::task::threads::Here;

/// Words of a stack that are copied: 256 KiB. Of a deeper one the innermost are.
pub(super) const MAX_WORDS: usize = 32 * 1_024;
/// Tasks polled inside of one another that are told apart.
pub(super) const MAX_TASKS: usize = 8;

const STAGES: u64 = 4;
const IDLE: u64 = 0;
const ASKED: u64 = 1;
const WRITING: u64 = 2;
const WRITTEN: u64 = 3;

/// Who is asked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked {
    pub(super) here: *const Here,
    /// Where the thread's stack is.
    pub(super) stack: (usize, usize),
}

/// A poll under way, as the thread sees it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Polled {
    pub(super) task: u64,
    pub(super) polls: u64,
    /// Labels where the thread is.
    pub(super) labels: u32,
    /// The stack address at which the poll of the task begins.
    pub(super) top: usize,
}

/// See the [module](self).
pub(super) struct Answer {
    state: AtomicU64,
    here: AtomicPtr<Here>,
    stack_start: AtomicUsize,
    stack_end: AtomicUsize,
    registers: [AtomicUsize; REGISTERS],
    tasks: [[AtomicUsize; 4]; MAX_TASKS],
    task_count: AtomicUsize,
    base: AtomicUsize,
    word_count: AtomicUsize,
    words: [AtomicUsize; MAX_WORDS],
}

/// How far a question has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Idle,
    Asked,
    Writing,
    Written,
}

impl Answer {
    #[expect(clippy::large_stack_arrays, reason = "made at compile time, for a static")]
    pub(super) const fn new() -> Self {
        Self {
            state: AtomicU64::new(IDLE),
            here: AtomicPtr::new(std::ptr::null_mut()),
            stack_start: AtomicUsize::new(0),
            stack_end: AtomicUsize::new(0),
            registers: [const { AtomicUsize::new(0) }; REGISTERS],
            tasks: [const { [const { AtomicUsize::new(0) }; 4] }; MAX_TASKS],
            task_count: AtomicUsize::new(0),
            base: AtomicUsize::new(0),
            word_count: AtomicUsize::new(0),
            words: [const { AtomicUsize::new(0) }; MAX_WORDS],
        }
    }

    // === the one that asks ===

    pub(super) fn stage(&self) -> Stage {
        match self.state.load(Acquire) % STAGES {
            IDLE => Stage::Idle,
            ASKED => Stage::Asked,
            WRITING => Stage::Writing,
            _ => Stage::Written,
        }
    }

    /// Asks; returns the number that the signal has to carry. `None` while a handler is still at
    /// an earlier question.
    pub(super) fn ask(&self, asked: Asked) -> Option<u32> {
        let state = self.state.load(Acquire);
        if state % STAGES == WRITING {
            return None;
        }
        let number = (state / STAGES + 1) & u64::from(u32::MAX);
        // Nobody may take the question while it changes.
        self.state.store(number * STAGES + IDLE, Release);
        self.here.store(asked.here.cast_mut(), Relaxed);
        self.stack_start.store(asked.stack.0, Relaxed);
        self.stack_end.store(asked.stack.1, Relaxed);
        self.state.store(number * STAGES + ASKED, Release);
        u32::try_from(number).ok()
    }

    /// Takes the question back, unless somebody is at it already.
    pub(super) fn take_back(&self) -> bool {
        let state = self.state.load(Relaxed);
        let idle = state - state % STAGES + IDLE;
        state % STAGES == ASKED && self.state.compare_exchange(state, idle, AcqRel, Relaxed).is_ok()
    }

    /// What was written. Only at [`Stage::Written`].
    pub(super) fn read(&self) -> Copied {
        let mut registers = Registers::unknown();
        for (number, register) in self.registers.iter().enumerate() {
            registers.set(number, Some(register.load(Relaxed)));
        }
        let read = |words: &[AtomicUsize]| words.iter().map(|w| w.load(Relaxed)).collect();
        let words = self.words.get(..self.word_count.load(Relaxed)).unwrap_or_default();
        let tasks = self.tasks.iter().take(self.task_count.load(Relaxed));
        let tasks = tasks.map(|[task, polls, labels, top]| Polled {
            task: task.load(Relaxed) as u64,
            polls: polls.load(Relaxed) as u64,
            labels: u32::try_from(labels.load(Relaxed)).unwrap_or(0),
            top: top.load(Relaxed),
        });
        Copied {
            registers,
            tasks: tasks.collect(),
            base: self.base.load(Relaxed),
            stack: read(words),
        }
    }

    // === the handler: nothing that allocates, locks or panics ===

    /// Takes the question with this number. Who gets `Some` has to [`finish`](Self::finish).
    pub(super) fn begin(&self, number: u32) -> Option<Asked> {
        let asked = u64::from(number) * STAGES + ASKED;
        let writing = u64::from(number) * STAGES + WRITING;
        self.state.compare_exchange(asked, writing, AcqRel, Relaxed).ok()?;
        Some(Asked {
            here: self.here.load(Relaxed),
            stack: (self.stack_start.load(Relaxed), self.stack_end.load(Relaxed)),
        })
    }

    pub(super) fn write_register(&self, number: usize, value: usize) {
        if let Some(register) = self.registers.get(number) {
            register.store(value, Relaxed);
        }
    }

    /// Writes the tasks, innermost first; those for which there is no room are left out.
    pub(super) fn write_tasks(&self, tasks: impl Iterator<Item = Polled>) -> Option<usize> {
        let (mut count, mut top) = (0, None);
        for (task, place) in tasks.zip(&self.tasks) {
            let [id, polls, labels, at] = place;
            #[expect(clippy::cast_possible_truncation, reason = "64 bit machines only")]
            {
                id.store(task.task as usize, Relaxed);
                polls.store(task.polls as usize, Relaxed);
            }
            labels.store(task.labels as usize, Relaxed);
            at.store(task.top, Relaxed);
            count += 1;
            top = Some(task.top);
        }
        self.task_count.store(count, Relaxed);
        top
    }

    /// Writes words of the stack.
    pub(super) fn write_stack(&self, base: usize, words: impl Iterator<Item = usize>) {
        let mut count = 0;
        for (word, place) in words.zip(&self.words) {
            place.store(word, Relaxed);
            count += 1;
        }
        self.base.store(base, Relaxed);
        self.word_count.store(count, Relaxed);
    }

    /// Hands the answer over.
    pub(super) fn finish(&self, number: u32) {
        self.state.store(u64::from(number) * STAGES + WRITTEN, Release);
    }
}

/// An answer, copied out.
#[derive(Clone, Debug)]
pub(super) struct Copied {
    pub(super) registers: Registers,
    /// Innermost first; none if the poll was over.
    pub(super) tasks: Vec<Polled>,
    pub(super) base: usize,
    pub(super) stack: Vec<usize>,
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHO: Asked = Asked { here: std::ptr::null(), stack: (16, 32) };

    fn new() -> Box<Answer> {
        Box::new(Answer::new())
    }

    #[test]
    fn a_question_is_answered_once_and_only_by_who_has_its_number() {
        let answer = new();
        let number = answer.ask(WHO).unwrap();
        assert!(answer.begin(number + 1).is_none());
        assert_eq!(answer.begin(number).unwrap().stack, (16, 32));
        assert!(answer.begin(number).is_none());
        answer.write_register(3, 7);
        let polled = Polled { task: 1, polls: 2, labels: 3, top: 4 };
        assert_eq!(answer.write_tasks([polled; MAX_TASKS + 1].into_iter()), Some(4));
        answer.write_stack(16, [5, 6].into_iter());
        assert_eq!(answer.stage(), Stage::Writing);
        answer.finish(number);
        assert_eq!(answer.stage(), Stage::Written);
        let copied = answer.read();
        assert_eq!(copied.registers.get(3), Some(7));
        assert_eq!((copied.tasks.len(), copied.tasks[0]), (MAX_TASKS, polled));
        assert_eq!((copied.base, copied.stack), (16, vec![5, 6]));
    }

    #[test]
    fn a_late_signal_finds_nothing_to_answer() {
        let answer = new();
        let late = answer.ask(WHO).unwrap();
        assert!(answer.take_back());
        assert!(answer.begin(late).is_none());
        let number = answer.ask(WHO).unwrap();
        assert_ne!(number, late);
        assert!(answer.begin(late).is_none());
        assert!(answer.begin(number).is_some());
    }

    #[test]
    fn nobody_is_asked_while_a_handler_writes() {
        let answer = new();
        let number = answer.ask(WHO).unwrap();
        answer.begin(number).unwrap();
        assert!(!answer.take_back());
        assert!(answer.ask(WHO).is_none());
        answer.finish(number);
        assert!(answer.ask(WHO).is_some());
    }
}

//! Folds all living tasks into groups.

mod activity;
mod blockers;
mod classes;
mod fold;
mod groups;
mod heap;
mod history;
mod judge;
mod memory;
mod minute;
mod origins;
mod past;
mod proofs;
mod runtimes;
mod tasks;
mod track;
mod untracked;
mod view;

pub(crate) use fold::Folder;
pub(crate) use memory::memory_use;

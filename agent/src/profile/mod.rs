//! Folds all living tasks into groups.

mod activity;
mod fold;
mod groups;
mod minute;
mod origins;
mod past;
mod rss;
mod runtimes;
mod tasks;
mod view;

pub(crate) use fold::Folder;

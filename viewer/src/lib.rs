//! The Taskscope viewer: see which async tasks are stuck, on which source line, since when.

pub mod app;
pub mod cli;
pub mod connect;
mod demo;
pub mod report;

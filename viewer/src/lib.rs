//! The Taskscope viewer: see which async tasks are stuck, on which source line, since when.

pub mod connect;
pub mod report;

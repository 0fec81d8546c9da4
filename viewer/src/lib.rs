//! The Taskscope viewer: see which async tasks are stuck, on which source line, since when.
//!
//! Values flow one way, commands flow back:
//!
//! ```text
//! net thread                analyst thread                          UI thread
//! connect -> decode -> Event -> store -> analyse -> Arc<Screen> --> view
//!        ^                  ^                                        |
//!        +------ Order -----+---------------- Ask -------------------+ Command
//! ```
//!
//! A room may use only the rooms below it: `app`, then `view`, `widgets` and `theme`, `analyst`,
//! `session`, `screen`, `command` and `workspace`, `fleet`, `analyse`, `store`, `connect` and `source`.

pub mod alert;
pub mod analyse;
pub mod analyst;
pub mod app;
pub mod cli;
pub mod clock;
pub mod command;
pub mod connect;
mod demo;
pub mod desktop;
pub mod export;
pub mod fleet;
pub mod report;
pub mod screen;
pub mod session;
pub mod source;
pub mod store;
pub mod theme;
pub mod view;
pub mod widgets;
pub mod workspace;

#[cfg(test)]
mod fixture;

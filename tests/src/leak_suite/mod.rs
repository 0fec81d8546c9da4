//! What the leak suite expects of reports, and how it looks on.
//!
//! Each pattern of the program `leaks` runs twice at the same time, with tokio's clock going and
//! with it standing still. Reports are asked for until everything is seen that is expected; what
//! must not be seen must not be in any of them.

mod expected;
mod watch;

pub use expected::{Class, Clock, Expected, dead, new, parked, running};
pub use watch::{command, leaves_no_tasks, place, recovers, shows, stays_healthy};

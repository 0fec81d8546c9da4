//! Named future types.

pub use super::notify::{Notified, OwnedNotified};

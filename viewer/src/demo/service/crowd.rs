//! A crowd: many tasks in a few groups, all of them waiting, to try the viewer's size with.

use std::sync::Arc;

use taskscope::sync::Notify;
use taskscope::{labels, prelude::*};

/// Groups, named `g00` and so on.
const GROUPS: u32 = 50;

/// Spawns so many tasks, spread evenly.
pub(super) fn gather(tasks: u32) {
    let never = Arc::new(Notify::new());
    for task in 0..tasks {
        let group = format!("g{:02}", task % GROUPS);
        let waits = wait(Arc::clone(&never)).labeled(labels! { "group" => group });
        taskscope::spawn(waits);
    }
}

async fn wait(never: Arc<Notify>) {
    never.notified().await;
}

//! Evidence where a panic ends the process at once (`panic = "abort"`): nothing is dropped then, so
//! it has to be written before.

use std::panic;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::SyncSender;

use super::{Message, ask, evidence};
use crate::task::behalf::{Owner, owner};

/// From here on every panic of the service's threads is written down, after the hook that is there
/// has said it. The thread that panics waits for it: what it waits for ends with it.
pub(super) fn write_before_the_end(mail: SyncSender<Message>, stopped: Arc<AtomicBool>) {
    // A thread that panics may set no hook.
    if std::thread::panicking() {
        return;
    }
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        before(panic);
        // The agent's threads cannot wait for themselves.
        if stopped.load(Ordering::Relaxed) || owner() == Owner::AGENT {
            return;
        }
        let why = panic.to_string().replace('\n', " ");
        if let Err(error) = ask(&mail, evidence::PANIC, &why) {
            tracing::error!(%error, "taskscope has no evidence of the panic");
        }
    }));
}

//! The thread that reads source files.

use std::io;
use std::thread;

use tokio::sync::mpsc;

use super::{Found, Library, Search};

/// Searches that wait, and answers that do.
const MAX_WAITING: usize = 4;

/// The end that asks. Dropping it ends the thread.
#[derive(Debug)]
pub struct Reader {
    searches: mpsc::Sender<Search>,
}

impl Reader {
    /// Asks without waiting. False: it is busy, ask again later.
    #[must_use]
    pub fn ask(&self, search: Search) -> bool {
        self.searches.try_send(search).is_ok()
    }
}

/// Starts the thread.
///
/// # Errors
///
/// The system has no room for a thread.
pub fn start() -> io::Result<(Reader, mpsc::Receiver<Found>)> {
    let (searches, mut inbox) = mpsc::channel::<Search>(MAX_WAITING);
    let (answers, found) = mpsc::channel(MAX_WAITING);
    thread::Builder::new().name("taskscope-source".into()).spawn(move || {
        let mut library = Library::default();
        while let Some(mut search) = inbox.blocking_recv() {
            // Only what was asked for last is of use to anybody.
            while let Ok(later) = inbox.try_recv() {
                search = later;
            }
            if answers.blocking_send(library.search(search)).is_err() {
                return;
            }
        }
    })?;
    Ok((Reader { searches }, found))
}

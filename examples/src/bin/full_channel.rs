//! Two bounded channels feed each other in a circle, and both are full.
//!
//! A feeder hands out documents to four indexers and collects their results; but it hands out
//! *all* documents before it takes the first result. The results fill their channel, the indexers
//! wait until there is room, nobody takes documents any more, their channel fills too, and the
//! feeder waits for the indexers that wait for the feeder.
//!
//! ```text
//! cargo run --release -p taskscope-examples --bin full_channel
//! cargo run --release -- dump 127.0.0.1:6670
//! ```
//!
//! What the report shows, after a second:
//!
//! - `task=indexer`, parked, **4 tasks**, wait kind `mpsc_send`, await point: the line in `index`
//!   that is marked "indexers wait here";
//! - `task=feeder`, parked, 1 task, wait kind `mpsc_send`, await point: the line in `feed` that is
//!   marked "the feeder waits here". Two groups that wait for room, and none that waits for a
//!   message: nobody is left to make room.
//!
//! The cure: take results while handing out documents, in a task of their own or in a `select!`.

use std::sync::Arc;
use std::time::Duration;

use taskscope::sync::{Mutex, mpsc};
use taskscope::{labels, prelude::*};
use tokio::time::sleep;

const INDEXERS: usize = 4;
const DOCUMENTS: u64 = 1_000;
/// Documents, and results, that may be on their way.
const ROOM: usize = 8;

/// A document's number, and how many words are in it.
type Indexed = (u64, usize);

#[tokio::main(worker_threads = 2)]
async fn main() -> anyhow::Result<()> {
    let _agent = taskscope_examples::start_agent("full_channel")?;
    let (documents, queue) = mpsc::channel(ROOM);
    let (results, indexed) = mpsc::channel(ROOM);

    let queue = Arc::new(Mutex::new(queue));
    for _ in 0..INDEXERS {
        let index = index(Arc::clone(&queue), results.clone());
        taskscope::spawn(index.labeled(labels! { "task" => "indexer" }));
    }
    drop(results);
    taskscope::spawn(feed(documents, indexed).labeled(labels! { "task" => "feeder" }));
    taskscope_examples::until_stopped().await
}

/// Hands out all documents, then adds up the words.
async fn feed(documents: mpsc::Sender<u64>, mut indexed: mpsc::Receiver<Indexed>) -> usize {
    for document in 0..DOCUMENTS {
        let handed_out = documents.send(document).await; // the feeder waits here
        if handed_out.is_err() {
            break;
        }
    }
    drop(documents);
    let mut words = 0;
    while let Some((_document, count)) = indexed.recv().await {
        words += count;
    }
    words
}

async fn index(queue: Arc<Mutex<mpsc::Receiver<u64>>>, results: mpsc::Sender<Indexed>) {
    loop {
        let document = queue.lock().await.recv().await;
        let Some(document) = document else { return };
        sleep(Duration::from_millis(1 + document % 3)).await;
        let words = document.to_string().len();
        let sent = results.send((document, words)).await; // indexers wait here
        if sent.is_err() {
            return;
        }
    }
}

//! The audit log: a bounded queue, one writer, and a backup that it waits for in vain.

use std::sync::Arc;
use std::time::Duration;

use taskscope::sync::{Notify, mpsc};
use taskscope::{labels, prelude::*};
use tokio::time::sleep;

/// Records that may wait for the writer.
const QUEUE: usize = 64;
/// What a write takes.
const WRITE: Duration = Duration::from_millis(2);
/// What it takes to open another file.
const OPEN: Duration = Duration::from_millis(30);
/// Records of a file: then it is backed up, and another one begins.
const RECORDS_OF_A_FILE: u64 = 240;

/// One line of the log.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) request: u64,
    pub(super) price: u64,
}

/// The log, to write to.
#[derive(Clone)]
pub(super) struct AuditLog {
    queue: mpsc::Sender<Record>,
}

impl AuditLog {
    /// Starts the writer.
    pub(super) fn start() -> Self {
        let (queue, records) = mpsc::channel(QUEUE);
        taskscope::spawn(write(records).labeled(labels! { "task" => "audit-writer" }));
        Self { queue }
    }

    /// Hands a record to the writer, and waits while the queue is full.
    pub(super) async fn log(&self, record: Record) {
        // The writer never ends before its senders.
        self.queue.send(record).await.ok(); // records wait here
    }
}

async fn write(mut records: mpsc::Receiver<Record>) {
    let mut file = File::default();
    while let Some(record) = records.recv().await {
        file.append(&record).await;
        if file.records == RECORDS_OF_A_FILE {
            back_up(file).await;
            file = File::default();
        }
    }
}

#[derive(Debug, Default)]
struct File {
    records: u64,
    bytes: u64,
}

impl File {
    async fn append(&mut self, record: &Record) {
        sleep(WRITE).await;
        self.records += 1;
        self.bytes += record.request.to_string().len() as u64 + record.price % 8;
    }
}

/// The mistake: `notify_waiters` wakes who waits already, and a small file is copied before
/// anybody does.
async fn back_up(file: File) {
    let done = Arc::new(Notify::new());
    let copied = Arc::clone(&done);
    let copy = async move {
        sleep(Duration::from_micros(file.bytes)).await;
        copied.notify_waiters();
    };
    let copying = taskscope::spawn(copy.labeled(labels! { "task" => "backup" }));
    sleep(OPEN).await;
    done.notified().await; // the writer waits here
    copying.await.ok();
}

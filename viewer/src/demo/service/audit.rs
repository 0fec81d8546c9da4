//! The audit log: a bounded queue, one writer, and a disk that gets slower.

use std::time::Duration;

use taskscope::{labels, prelude::*};
use tokio::sync::mpsc;
use tokio::time::sleep;

/// Records that may wait for the writer.
const QUEUE: usize = 64;
/// The first write.
const FIRST_WRITE: Duration = Duration::from_millis(2);
/// No write takes longer.
const LONGEST_WRITE: Duration = Duration::from_secs(1);

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
        self.queue.send(record).await.ok();
    }
}

async fn write(mut records: mpsc::Receiver<Record>) {
    let mut disk = Disk { write_time: FIRST_WRITE, bytes: 0 };
    while let Some(record) = records.recv().await {
        disk.append(&record).await;
    }
}

/// A disk whose every write takes two percent longer than the one before.
struct Disk {
    write_time: Duration,
    bytes: u64,
}

impl Disk {
    async fn append(&mut self, record: &Record) {
        sleep(self.write_time).await;
        self.write_time = (self.write_time * 51 / 50).min(LONGEST_WRITE);
        self.bytes += record.request.to_string().len() as u64 + record.price % 8;
    }
}

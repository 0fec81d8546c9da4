//! A pool of workers that share one queue.

use std::sync::Arc;
use std::time::Duration;

use taskscope::sync::{Mutex, mpsc, oneshot};
use taskscope::{labels, prelude::*};
use tokio::time::sleep;

const WORKERS: usize = 4;
const QUEUE: usize = 32;

/// A question, and where the answer goes.
struct Job {
    request: u64,
    answer: oneshot::Sender<u64>,
}

/// The pool.
pub(super) struct Workers {
    jobs: mpsc::Sender<Job>,
}

impl Workers {
    pub(super) fn start() -> Self {
        let (jobs, queue) = mpsc::channel(QUEUE);
        let queue = Arc::new(Mutex::new(queue));
        for _ in 0..WORKERS {
            let work = work(Arc::clone(&queue));
            taskscope::spawn(work.labeled(labels! { "task" => "worker" }));
        }
        Self { jobs }
    }

    /// What a request costs; 0 when the pool is gone.
    pub(super) async fn price(&self, request: u64) -> u64 {
        let (answer, price) = oneshot::channel();
        if self.jobs.send(Job { request, answer }).await.is_err() {
            return 0;
        }
        price.await.unwrap_or(0)
    }
}

async fn work(queue: Arc<Mutex<mpsc::Receiver<Job>>>) {
    loop {
        let job = queue.lock().await.recv().await;
        let Some(Job { request, answer }) = job else { return };
        sleep(Duration::from_millis(5 + request % 7)).await;
        // Who asked may have gone.
        answer.send(request * 199 % 1_000).ok();
    }
}

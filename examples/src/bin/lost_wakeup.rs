//! A hand-written future loses its waker, and its task can never run again.
//!
//! A printer serves its jobs in turn. When it is reset it clears its queue, and with the queue it
//! *drops* the wakers of those who stand in it; it should have woken them. Their tasks are pending,
//! and nothing in the process can wake them: not the printer, not a timer. Jobs that come
//! after the reset are printed as if nothing had happened.
//!
//! ```text
//! cargo run --release -p taskscope-examples --bin lost_wakeup
//! cargo run --release -- dump 127.0.0.1:6670
//! ```
//!
//! What the report shows, after a second:
//!
//! - `task=print`, parked, **7 tasks**, wait kind `nothing`, and no await point: there is no waker
//!   left that could say where it was taken. The spawn location leads to the code;
//! - `task=letter`, 3 tasks, most of the time in a `sleep`, now and then in a `Turn`: healthy;
//! - `task=printer`, 1 task on its `interval`: healthy.
//!
//! The cure: in `reset`, wake whoever stands in the queue and have `Turn` stand in line again.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use taskscope::{labels, prelude::*};
use tokio::time::{interval, sleep};

/// Jobs that stand in line when the printer is reset.
const JOBS: usize = 7;
/// Those who print a letter, and soon the next.
const WRITERS: usize = 3;

#[tokio::main(worker_threads = 2)]
async fn main() -> anyhow::Result<()> {
    let _agent = taskscope_examples::start_agent("lost_wakeup")?;
    let printer = Arc::new(Printer::default());

    for job in 0..JOBS {
        let printer = Arc::clone(&printer);
        taskscope::spawn(async move {
            taskscope::set_labels(labels! { "task" => "print" });
            print(printer, job).await
        });
    }
    while printer.queue().len() < JOBS {
        tokio::task::yield_now().await;
    }
    printer.reset();

    taskscope::spawn(run(Arc::clone(&printer)).labeled(labels! { "task" => "printer" }));
    for _ in 0..WRITERS {
        let write = write_letters(Arc::clone(&printer));
        taskscope::spawn(write.labeled(labels! { "task" => "letter" }));
    }
    taskscope_examples::until_stopped().await
}

async fn run(printer: Arc<Printer>) {
    let mut clock = interval(Duration::from_millis(20));
    loop {
        clock.tick().await;
        printer.serve_next();
    }
}

async fn print(printer: Arc<Printer>, job: usize) -> usize {
    printer.turn().await;
    job
}

async fn write_letters(printer: Arc<Printer>) {
    for letter in 0.. {
        sleep(Duration::from_millis(250)).await;
        print(Arc::clone(&printer), letter).await;
    }
}

/// A printer, and who stands in line for it.
#[derive(Default)]
struct Printer {
    queue: Mutex<VecDeque<Arc<Place>>>,
}

/// A place in the queue.
#[derive(Default)]
struct Place(Mutex<PlaceState>);

#[derive(Default)]
struct PlaceState {
    served: bool,
    waker: Option<Waker>,
}

impl Printer {
    /// Waits for one's turn.
    fn turn(self: Arc<Self>) -> Turn {
        let place = Arc::default();
        self.queue().push_back(Arc::clone(&place));
        Turn { printer: self, place }
    }

    fn serve_next(&self) {
        if let Some(place) = self.queue().pop_front() {
            let mut place = locked(&place.0);
            place.served = true;
            if let Some(waker) = place.waker.take() {
                waker.wake();
            }
        }
    }

    fn reset(&self) {
        for place in self.queue().drain(..) {
            // The mistake: the waker is dropped, and with it the last way to run the task.
            drop(locked(&place.0).waker.take());
        }
    }

    fn queue(&self) -> MutexGuard<'_, VecDeque<Arc<Place>>> {
        locked(&self.queue)
    }
}

/// Ready when the printer has come to its place.
struct Turn {
    printer: Arc<Printer>,
    place: Arc<Place>,
}

impl Future for Turn {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let queue = self.printer.queue();
        let mut place = locked(&self.place.0);
        if place.served {
            return Poll::Ready(());
        }
        if queue.iter().any(|other| Arc::ptr_eq(other, &self.place)) {
            place.waker = Some(cx.waker().clone());
        }
        Poll::Pending
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

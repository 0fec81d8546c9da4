//! Streams that are not polled, and more messages than are worked off.

use std::sync::Arc;

use crate::stage::{Fate, spawn};
use crate::sync::{Semaphore, mpsc};

/// Row 52: the body of a loop over buffered requests waits, and the requests are not polled.
///
/// `buffer_unordered` runs its futures only inside `next`. While the body waits for the disk, the
/// other requests stand still, and those who serve them wait for somebody to read.
///
/// Expected: all consumers on `acquire` in the body, all peers on `send`, suspect both.
pub(crate) mod buffer_not_polled {
    use futures_util::stream::{self, StreamExt as _};

    use super::{Arc, Fate, Semaphore, mpsc, spawn};

    type Answer = mpsc::Receiver<u32>;

    pub(crate) fn start(fate: Fate) {
        let disk = Arc::new(Semaphore::new(0));
        // The first answer is there at once, the second comes in parts that have to be read.
        let (short, answer) = mpsc::channel(1);
        short.try_send(1).ok();
        drop(short);
        let (long, parts) = mpsc::channel(1);
        spawn("consumer", consume(Arc::clone(&disk), [answer, parts]));
        spawn("peer", serve(long));
        fate.later(move || disk.add_permits(1));
    }

    async fn consume(disk: Arc<Semaphore>, requests: [Answer; 2]) -> u32 {
        let mut sum = 0;
        let mut answers = stream::iter(requests).map(read).buffer_unordered(2);
        while let Some(answer) = answers.next().await {
            let room = disk.acquire().await; // buffer_not_polled: consumer
            sum += answer;
            drop(room);
        }
        sum
    }

    async fn read(mut parts: Answer) -> u32 {
        let mut sum = 0;
        while let Some(part) = parts.recv().await {
            sum += part;
        }
        sum
    }

    async fn serve(parts: mpsc::Sender<u32>) {
        for part in 0..3 {
            parts.send(part).await.ok(); // buffer_not_polled: peer
        }
    }
}

/// Row 54: a task for every message, and more messages come than are worked off.
///
/// Nothing is stuck: the first come out at the other end. But each waits longer than the one
/// before, and the line grows without bound.
///
/// Expected: all messages on `acquire`, more and more of them; slow at least, since they do
/// finish, suspect as well, since they pile up, and never proven.
pub(crate) mod overload {
    use super::{Arc, Semaphore, spawn};
    use crate::stage::{beat, beats};

    /// Messages that come in two beats, in which two are done.
    const TOO_MANY: u32 = 6;
    /// Messages that come one at a time, before there are too many.
    const CALM: u32 = 200;
    /// The line may grow to this, so that the program can be left alone.
    const ENOUGH: u32 = 50_000;

    pub(crate) fn run() {
        let counter = Arc::new(Semaphore::new(1));
        spawn("source", async move {
            for message in 0..ENOUGH {
                if message < CALM || message % TOO_MANY == 0 {
                    beats(2).await;
                }
                spawn("message", count(Arc::clone(&counter)));
            }
        });
    }

    async fn count(counter: Arc<Semaphore>) {
        let turn = counter.acquire().await; // overload: message
        beat().await;
        drop(turn);
    }
}

//! Healthy services that look like leaks. Nothing here may ever be more than slow.

use std::sync::Arc;
use std::time::Duration;

use crate::stage::{beat, beats, keep, spawn};
use crate::sync::{Mutex, Semaphore, mpsc, oneshot, watch};

/// Row 57: load that comes and goes, ten times as much at noon as at night.
///
/// A day is five seconds.
pub(crate) mod daily_wave {
    use super::{Arc, Duration, Semaphore, beat, spawn};

    /// Beats from night to noon.
    const HALF_A_DAY: u32 = 250;
    /// Requests a beat at noon.
    const NOON: u32 = 10;

    pub(crate) fn run() {
        let connections = Arc::new(Semaphore::new(64));
        spawn("listener", async move {
            for time in 0.. {
                let phase = time % (2 * HALF_A_DAY);
                let from_night = phase.min(2 * HALF_A_DAY - phase);
                for _ in 0..=(from_night * (NOON - 1) / HALF_A_DAY) {
                    spawn("request", serve(Arc::clone(&connections)));
                }
                beat().await;
            }
        });
    }

    async fn serve(connections: Arc<Semaphore>) {
        let connection = connections.acquire().await;
        tokio::time::sleep(Duration::from_millis(20)).await;
        beat().await;
        drop(connection);
    }
}

/// Row 58: a batch of tasks every three seconds, all joined before the next.
pub(crate) mod batches {
    use taskscope::task::JoinSet;

    use super::{beats, spawn};

    const BATCH: u32 = 2_000;

    pub(crate) fn run() {
        spawn("scheduler", async {
            loop {
                let mut batch = JoinSet::new();
                for row in 0..BATCH {
                    batch.spawn(beats(1 + row % 100));
                }
                while batch.join_next().await.is_some() {}
                beats(200).await;
            }
        });
    }
}

/// Row 59: daemons that wait, from the first second on, for work that never comes.
///
/// They were all started one after the other, and none ever ends: as in a leak. But they do not
/// become more.
pub(crate) mod daemons {
    use super::{beats, keep, mpsc, spawn, watch};

    const DAEMONS: u32 = 24;

    pub(crate) fn run() {
        let (settings, seen) = watch::channel(0);
        keep(settings);
        spawn("starter", async move {
            for _ in 0..DAEMONS {
                let (work, taken) = mpsc::channel(1);
                spawn("worker", serve(taken));
                spawn("reloader", reload(seen.clone()));
                keep(work);
                beats(2).await;
            }
        });
    }

    async fn serve(mut work: mpsc::Receiver<u32>) {
        while work.recv().await.is_some() {}
    }

    async fn reload(mut settings: watch::Receiver<u32>) {
        while settings.changed().await.is_ok() {}
    }
}

/// Workers share a channel behind a lock: one waits for a job, the others for the lock.
///
/// The lock is held across a wait on purpose, and a job now and then moves the line on by one.
pub(crate) mod worker_pool {
    use super::{Arc, Mutex, beats, mpsc, spawn};

    const WORKERS: u32 = 24;

    type Jobs = Arc<Mutex<mpsc::Receiver<u32>>>;

    pub(crate) fn run() {
        let (jobs, taken) = mpsc::channel(1);
        let taken = Arc::new(Mutex::new(taken));
        for _ in 0..WORKERS {
            spawn("worker", work(Arc::clone(&taken)));
        }
        spawn("source", async move {
            for job in 0.. {
                beats(200).await;
                jobs.send(job).await.ok();
            }
        });
    }

    async fn work(jobs: Jobs) -> u32 {
        let mut sum = 0_u32;
        while let Some(job) = next(&jobs).await {
            sum = sum.wrapping_add(job);
        }
        sum
    }

    async fn next(jobs: &Jobs) -> Option<u32> {
        jobs.lock().await.recv().await
    }
}

/// Connections that stay for hours, with a little traffic.
pub(crate) mod long_connections {
    use std::io::Write as _;

    use tokio::io::AsyncReadExt as _;
    use tokio::net::TcpStream;

    use super::{beats, spawn};
    use crate::net::connection;

    const CONNECTIONS: u32 = 24;

    pub(crate) fn run() {
        let connections = (0..CONNECTIONS).filter_map(|_| connection().ok());
        let (inside, mut outside): (Vec<_>, Vec<_>) = connections.unzip();
        for stream in inside {
            spawn("connection", serve(stream));
        }
        // The clients are the world outside.
        tokio::spawn(async move {
            loop {
                beats(300).await;
                for client in &mut outside {
                    client.write_all(b"?").ok();
                }
            }
        });
    }

    async fn serve(mut stream: TcpStream) -> std::io::Result<()> {
        loop {
            stream.read_u8().await?;
        }
    }
}

/// A service that nobody calls: it waits in `accept`.
pub(crate) mod accept_loop {
    use tokio::net::TcpListener;

    use super::spawn;

    pub(crate) fn run() {
        spawn("listener", accept());
    }

    async fn accept() -> std::io::Result<()> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        loop {
            listener.accept().await?;
        }
    }
}

/// Jobs that would wait for ever, and a watchdog that ends them after a second and a half.
pub(crate) mod watchdog {
    use super::{beats, keep, oneshot, spawn};

    pub(crate) fn run() {
        spawn("source", async {
            loop {
                let (answer, answered) = oneshot::channel::<()>();
                keep(answer);
                let job = spawn("job", async { answered.await.is_ok() });
                spawn("watchdog", async move {
                    beats(150).await;
                    job.abort();
                });
                beats(5).await;
            }
        });
    }
}

//! One small service per disease, each with the Taskscope agent in it.
//!
//! | program | disease | what the report shows |
//! |---|---|---|
//! | `stuck_mutex` | a lock is held across an answer that never comes | 50 tasks on one `lock().await`, and the holder |
//! | `full_channel` | two bounded channels feed each other in a circle | 4 workers and 1 feeder, all on `send(…).await` |
//! | `leaky_spawn` | a task per request that never ends | one group that only grows |
//! | `lost_wakeup` | a hand-written future loses its waker | tasks that wait for `nothing` |
//! | `blocked_worker` | blocking I/O inside async tasks | every worker `running` at one line, everybody else `ready` |
//! | `http_service` | one handler forgets to give back its database connection | every request on `acquire().await` |
//! | `growing_cache` | a cache by keys that never come again | bytes that outlived their tasks, by label and line |
//! | `buffered_requests` | bodies are read before there is room to work on them | parked tasks that hold the heap |
//!
//! Run one, and look at it from another terminal:
//!
//! ```text
//! cargo run --release -p taskscope-examples --bin stuck_mutex
//! cargo run --release -- dump 127.0.0.1:6670
//! ```
//!
//! All listen where `TASKSCOPE_BIND` says, port 6670 of this machine unless set, and run until
//! they are stopped. This library holds what they share; nothing in it is about a disease.

use std::io::{self, Write as _};
use std::net::TcpListener;

use anyhow::Context as _;
use taskscope::Agent;
use tokio::sync::oneshot;

/// Set to anything, an example ends when its standard input does, and so with whoever started it.
const EXIT_WITH_STDIN: &str = "EXAMPLE_EXIT_WITH_STDIN";

/// Starts the agent of an example, and says on standard output where it listens.
///
/// # Errors
/// Settings that cannot be used, a port that cannot be had, a closed standard output. A real
/// service would log the error and go on: its tasks are tracked all the same.
pub fn start_agent(name: &str) -> anyhow::Result<Agent> {
    let agent = Agent::builder().name(name).start()?;
    writeln!(io::stdout(), "taskscope listens on {}", agent.address())
        .context("cannot write to standard output")?;
    Ok(agent)
}

/// Waits until standard input ends if `EXAMPLE_EXIT_WITH_STDIN` is set; otherwise for ever, until
/// Ctrl-C ends the process.
///
/// # Errors
/// The system gives no thread to read with.
pub async fn until_stopped() -> anyhow::Result<()> {
    if std::env::var_os(EXIT_WITH_STDIN).is_none() {
        return std::future::pending().await;
    }
    let (end, ended) = oneshot::channel::<()>();
    std::thread::Builder::new()
        .name("stdin".into())
        .spawn(move || {
            // A standard input that cannot be read has ended too.
            io::copy(&mut io::stdin().lock(), &mut io::sink()).ok();
            drop(end);
        })
        .context("cannot start a thread")?;
    ended.await.ok();
    Ok(())
}

/// Another service that takes connections and never answers. It is silent until it is dropped.
///
/// # Errors
/// No port of this machine is free.
pub fn silent_server() -> anyhow::Result<TcpListener> {
    // The system completes connections by itself; nobody ever accepts them.
    TcpListener::bind("127.0.0.1:0").context("cannot listen")
}

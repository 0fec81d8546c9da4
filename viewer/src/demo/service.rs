//! The sample service: a small shop with an audit log.
//!
//! Every request spawns one task that writes an audit record. The log has a bounded queue and one
//! writer. Once its file is full the writer waits for a backup, and misses the word that it is
//! done. From then on the tasks pile up where they send into the full queue. Nothing fails, nothing
//! is logged: requests are answered as fast as ever, and memory grows.
//!
//! Around it is what a service has: connections, a pool of workers, metrics, a cache.

mod audit;
mod background;
mod crowd;
mod requests;
mod workers;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use taskscope::Agent;
use tokio::runtime::{Builder, Runtime};

use audit::AuditLog;
use workers::Workers;

/// From when on a task counts as stuck. Verdicts come three times as late.
const STUCK_AFTER: Duration = Duration::from_secs(2);

/// The running service.
pub(super) struct Running {
    runtime: Runtime,
    agent: Agent,
}

/// What requests need.
struct Shop {
    audit: AuditLog,
    workers: Workers,
}

/// Starts everything; or a crowd of so many tasks and nothing else.
pub(super) fn start(crowd: Option<u32>) -> anyhow::Result<Running> {
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("shop")
        .enable_all()
        .build()
        .context("cannot start a runtime")?;
    let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let agent = Agent::builder().name("taskscope-demo").bind(any_port);
    // Nobody who looks at a demo wants to wait for half a minute.
    let agent = agent.stuck_after(STUCK_AFTER).start()?;
    if let Some(tasks) = crowd {
        runtime.block_on(async { crowd::gather(tasks) });
        return Ok(Running { runtime, agent });
    }
    runtime.block_on(async {
        let shop = Arc::new(Shop { audit: AuditLog::start(), workers: Workers::start() });
        taskscope::spawn(requests::arrive(shop));
        background::start().await
    })?;
    Ok(Running { runtime, agent })
}

impl Running {
    /// Where the agent listens.
    pub(super) fn address(&self) -> SocketAddr {
        self.agent.address()
    }

    /// Ends everything, whatever the tasks are waiting for.
    pub(super) fn stop(self) {
        self.runtime.shutdown_background();
    }
}

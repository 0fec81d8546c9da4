//! An agent without a service, to look at the viewer with: `fixture_agent [ADDRESS] [GROUPS]`.
//!
//! It tells of a made-up checkout service whose audit log piles up, or with `GROUPS` of a service
//! that has so many groups, ten tasks in each.

use std::net::SocketAddr;
use std::sync::Arc;

#[path = "../tests/window/agent.rs"]
mod agent;
#[path = "../tests/window/sample.rs"]
mod sample;

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let address = arguments.next().unwrap_or_else(|| "127.0.0.1:6670".into());
    let address: SocketAddr = address.parse()?;
    let groups: Option<u64> = arguments.next().map(|groups| groups.parse()).transpose()?;
    let mut agent = agent::FakeAgent::sample(7, std::process::id());
    if let Some(groups) = groups {
        agent.make = Arc::new(move |second| sample::large(groups, second));
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(address).await?;
        agent.serve_on(listener).await
    })?;
    Ok(())
}

//! Requests: they come in steadily, and each leaves a task behind.

use std::sync::Arc;
use std::time::Duration;

use taskscope::sync::{OwnedSemaphorePermit, Semaphore};
use taskscope::{labels, prelude::*};
use tokio::time::interval;

use super::Shop;
use super::audit::Record;

/// Between two requests.
const PAUSE: Duration = Duration::from_millis(25);
/// Who asks.
const TENANTS: [&str; 4] = ["acme", "globex", "initech", "umbrella"];
/// The leak must not fill the machine of whoever left the demo running.
const MOST_LEAKED: usize = 200_000;

/// Handles one request after the other, each in a task of its own.
pub(super) async fn arrive(shop: Arc<Shop>) {
    let room = Arc::new(Semaphore::new(MOST_LEAKED));
    let mut clock = interval(PAUSE);
    for (request, tenant) in (1u64..).zip(TENANTS.into_iter().cycle()) {
        clock.tick().await;
        let Ok(room) = Arc::clone(&room).try_acquire_owned() else { continue };
        let labels = labels! { "task" => "request", "tenant" => tenant };
        taskscope::spawn(handle(Arc::clone(&shop), request, room).labeled(labels));
    }
}

async fn handle(shop: Arc<Shop>, request: u64, room: OwnedSemaphorePermit) {
    let price = shop.workers.price(request).await;
    // The mistake: nobody waits for this task, and nothing limits how many there are.
    let record = Record { request, price };
    taskscope::spawn(record_it(shop, record, room).labeled(labels! { "task" => "audit" }));
}

async fn record_it(shop: Arc<Shop>, record: Record, room: OwnedSemaphorePermit) {
    shop.audit.log(record).await;
    drop(room);
}

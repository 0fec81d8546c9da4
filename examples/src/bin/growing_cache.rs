//! A cache that nobody ever empties: memory grows though no task is stuck and none is left over.
//!
//! A shop answers searches for fifty tenants. Each answer is kept, by its words, so that the next
//! one who asks gets it at once. One tenant's searches carry the time of day, so none of them is
//! ever asked again, and what is kept for them is never used and never thrown away.
//!
//! ```text
//! cargo run --release -p taskscope-examples --bin growing_cache
//! cargo run --release -- dump 127.0.0.1:6670
//! ```
//!
//! What the report shows, after a few seconds:
//!
//! - first of all groups "N MiB left by tasks that have ended" with `task=search tenant=t17`, its
//!   bytes outlived to the last, allocated at the line in `render` that is marked "answers are
//!   allocated here", and spawned in `main`: the tasks were gone within a millisecond each, so a
//!   list of tasks could never show it;
//! - the searches of the other tenants with a fixed few answers each, which do not grow;
//! - `heap`: nearly all of it has outlived its tasks.
//!
//! The cure: bound the cache, and look at what its keys are made of.

use std::alloc::System;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use taskscope::alloc::TaskAlloc;
use taskscope::{labels, prelude::*};
use tokio::time::{interval, sleep};

#[global_allocator]
static ALLOCATOR: TaskAlloc<System> = TaskAlloc::new(System);

const TENANTS: u64 = 50;
/// The tenant whose searches are all different.
const CARELESS: u64 = 17;
/// Bytes of an answer.
const ANSWER: usize = 40_000;
/// The example stops growing here, so that it can be left alone.
const ENOUGH: u64 = 5_000;

/// Answers by the words that were asked for.
type Cache = Arc<Mutex<HashMap<String, Vec<u8>>>>;

#[tokio::main(worker_threads = 2)]
async fn main() -> anyhow::Result<()> {
    let _agent = taskscope_examples::start_agent("growing_cache")?;
    let cache = Cache::default();
    let searches = async move {
        let mut clock = interval(Duration::from_millis(2));
        for n in 0.. {
            clock.tick().await;
            let tenant = n % TENANTS;
            let search = search(Arc::clone(&cache), tenant, n / TENANTS);
            let labels = labels! { "task" => "search", "tenant" => format!("t{tenant}") };
            taskscope::spawn(search.labeled(labels));
            if n < ENOUGH {
                let search = self::search(Arc::clone(&cache), CARELESS, n);
                let tenant = format!("t{CARELESS}");
                let labels = labels! { "task" => "search", "tenant" => tenant };
                taskscope::spawn(search.labeled(labels));
            }
        }
    };
    taskscope::spawn(searches.labeled(labels! { "task" => "listener" }));
    taskscope_examples::until_stopped().await
}

async fn search(cache: Cache, tenant: u64, at: u64) {
    let words = if tenant == CARELESS { format!("boots {at}") } else { format!("hats {}", at % 4) };
    let key = format!("{tenant}: {words}");
    let known = cache.lock().unwrap_or_else(PoisonError::into_inner).contains_key(&key);
    if !known {
        sleep(Duration::from_millis(1)).await; // the database
        let answer = render(&words);
        cache.lock().unwrap_or_else(PoisonError::into_inner).insert(key, answer);
    }
}

fn render(words: &str) -> Vec<u8> {
    let mut answer = Vec::with_capacity(ANSWER); // answers are allocated here
    while answer.len() + words.len() < ANSWER {
        answer.extend_from_slice(words.as_bytes());
    }
    answer
}

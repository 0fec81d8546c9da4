//! await-tree: a span around the task, and one around what it awaits.

use await_tree::InstrumentAwait;
use taskscope_peers::{Spawn, main as measure, runtime};

struct Marked;

impl Spawn for Marked {
    fn spawn<F: Future<Output = ()> + Send + 'static>(
        &self,
        future: F,
    ) -> impl Future + Send + Unpin + 'static {
        await_tree::spawn_anonymous("task", future.instrument_await("wait"))
    }
}

fn main() {
    await_tree::init_global_registry(await_tree::Config::default());
    measure("await-tree 0.3.1", &runtime(), Marked);
}

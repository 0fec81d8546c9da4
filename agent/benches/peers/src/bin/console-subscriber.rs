//! console-subscriber as its documentation has it; nobody is connected.
//!
//! Needs `--cfg tokio_unstable`.

use taskscope_peers::{Spawn, main as measure, runtime};

struct Traced;

impl Spawn for Traced {
    fn spawn<F: Future<Output = ()> + Send + 'static>(
        &self,
        future: F,
    ) -> impl Future + Send + Unpin + 'static {
        tokio::spawn(future)
    }
}

fn main() {
    console_subscriber::ConsoleLayer::builder().server_addr(([127, 0, 0, 1], 0)).init();
    measure("console-subscriber 0.5", &runtime(), Traced);
}

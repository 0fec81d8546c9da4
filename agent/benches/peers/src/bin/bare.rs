//! Tokio as it is.

use taskscope_peers::{Spawn, main as measure, runtime};

struct Bare;

impl Spawn for Bare {
    fn spawn<F: Future<Output = ()> + Send + 'static>(
        &self,
        future: F,
    ) -> impl Future + Send + Unpin + 'static {
        tokio::spawn(future)
    }
}

fn main() {
    measure("bare tokio", &runtime(), Bare);
}

//! The agent, started, as a service has it; nobody is connected.

use taskscope_peers::{Spawn, main as measure, runtime};

struct Tracked;

impl Spawn for Tracked {
    fn spawn<F: Future<Output = ()> + Send + 'static>(
        &self,
        future: F,
    ) -> impl Future + Send + Unpin + 'static {
        taskscope::spawn(future)
    }
}

fn main() {
    let port = "127.0.0.1:0".parse().expect("an address");
    let _agent = taskscope::Agent::builder().bind(port).start().expect("an agent");
    measure("taskscope", &runtime(), Tracked);
}

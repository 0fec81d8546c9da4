//! A service of which one task panics, after a while and with others about. Built with
//! `panic = "abort"` that is its end.

use std::time::Duration;

use taskscope::{Agent, FutureExt as _, labels};
use tokio::time::sleep;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> anyhow::Result<()> {
    let agent = Agent::builder().name("panics").bind("127.0.0.1:0".parse()?).start()?;
    for _ in 0..7 {
        let waits = std::future::pending::<()>().labeled(labels! { "task" => "bystander" });
        drop(taskscope::spawn(waits));
    }
    sleep(Duration::from_millis(200)).await;
    let panics = async {
        sleep(Duration::from_millis(10)).await;
        panic!("the books do not balance");
    };
    let _ended = taskscope::spawn(panics.labeled(labels! { "task" => "auditor" })).await;
    drop(agent);
    Ok(())
}

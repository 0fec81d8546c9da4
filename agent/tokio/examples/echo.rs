//! A TCP echo server that knows nothing of Taskscope but the line in its Cargo.toml, and the two
//! lines that start an agent.
//!
//! ```text
//! cargo run -p taskscope-tokio --example echo
//! taskscope view 127.0.0.1:6670
//! ```

// In a service the line in Cargo.toml does this.
extern crate taskscope_tokio as tokio;

use std::error::Error;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let agent = tokio::taskscope::Agent::builder().name("echo").start()?;
    let listener = TcpListener::bind("127.0.0.1:8080").await?;
    loop {
        let (stream, _) = tokio::select! {
            accepted = listener.accept() => accepted?,
            interrupted = tokio::signal::ctrl_c() => {
                interrupted?;
                break;
            }
        };
        // A connection that breaks is the client's affair.
        tokio::spawn(async move { echo(stream).await.ok() });
    }
    drop(agent);
    Ok(())
}

async fn echo(mut stream: TcpStream) -> std::io::Result<()> {
    let mut buffer = vec![0; 1_024];
    loop {
        let read = stream.read(&mut buffer).await?;
        match buffer.get(..read) {
            None | Some([]) => return Ok(()),
            Some(heard) => stream.write_all(heard).await?,
        }
    }
}

//! Hello from axum, over loopback: bare, with every connection tracked, and with every request
//! labelled besides.
//!
//! `hello [PAIRS [SECONDS]]` starts a server process for each measurement, one kind after the
//! other, and asks it over keep-alive connections, each of which waits for its answer before it
//! asks again. It prints medians, and how far apart the runs of one kind were.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use axum::{Router, routing::get};
use hdrhistogram::Histogram;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

const KINDS: [&str; 3] = ["bare", "tracked", "labelled"];
const CONNECTIONS: usize = 32;
const WARM_UP: Duration = Duration::from_millis(500);
const REQUEST: &[u8] = b"GET /hello HTTP/1.1\r\nHost: loopback\r\n\r\n";
/// A server that nobody stops stops by itself.
const LIFETIME: Duration = Duration::from_secs(60);

type Failed = Box<dyn std::error::Error + Send + Sync>;

async fn serve(kind: &str) -> Result<(), Failed> {
    let app = Router::new().route("/hello", get(|| async { "Hello, world!" }));
    let route = taskscope::tower::LabelLayer::new(taskscope::tower::route);
    let app = if kind == "labelled" { app.layer(route) } else { app };
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    let tracked = kind != "bare";
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let service = TowerToHyperService::new(app.clone());
        let connection = async move {
            let builder = auto::Builder::new(TokioExecutor::new());
            drop(builder.serve_connection(TokioIo::new(stream), service).await);
        };
        if tracked {
            drop(taskscope::spawn(connection));
        } else {
            drop(tokio::spawn(connection));
        }
    }
}

/// Asks until a point in time; latencies in nanoseconds of what came after `from`.
async fn ask(address: SocketAddr, from: Instant, until: Instant) -> Result<Histogram<u64>, Failed> {
    let mut latencies = Histogram::new(3)?;
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let mut answer = [0; 1024];
    loop {
        let start = Instant::now();
        if start >= until {
            return Ok(latencies);
        }
        stream.write_all(REQUEST).await?;
        let mut length = 0;
        while !answer[..length].ends_with(b"Hello, world!") {
            match stream.read(&mut answer[length..]).await? {
                0 => return Err("the server hung up".into()),
                more => length += more,
            }
        }
        if start >= from {
            latencies.record(u64::try_from(start.elapsed().as_nanos())?)?;
        }
    }
}

struct Run {
    per_second: f64,
    p50_us: f64,
    p99_us: f64,
    /// Of the server's processor time.
    micros_each: f64,
}

/// Ends the server, whatever happens.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Processor time of a process so far, in seconds.
fn processor_secs(pid: u32) -> f64 {
    let threads = std::fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let stats = threads.filter_map(|t| std::fs::read_to_string(t.path().join("schedstat")).ok());
    stats.filter_map(|s| s.split(' ').next()?.parse::<f64>().ok()).sum::<f64>() / 1e9
}

fn measure(kind: &str, length: Duration) -> Result<Run, Failed> {
    let mut command = Command::new(std::env::current_exe()?);
    let mut server = Server(command.args(["serve", kind]).stdout(Stdio::piped()).spawn()?);
    let mut line = String::new();
    BufReader::new(server.0.stdout.take().ok_or("no output")?).read_line(&mut line)?;
    let address: SocketAddr = line.trim().parse()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let from = Instant::now() + WARM_UP;
    let pid = server.0.id();
    let (latencies, secs) = runtime.block_on(async {
        let clients: Vec<_> =
            (0..CONNECTIONS).map(|_| tokio::spawn(ask(address, from, from + length))).collect();
        tokio::time::sleep_until(from.into()).await;
        let before = processor_secs(pid);
        let mut all = Histogram::<u64>::new(3)?;
        tokio::time::sleep_until((from + length).into()).await;
        let secs = processor_secs(pid) - before;
        for client in clients {
            all.add(client.await??)?;
        }
        Ok::<_, Failed>((all, secs))
    })?;
    let requests = latencies.len() as f64;
    Ok(Run {
        per_second: requests / length.as_secs_f64(),
        p50_us: latencies.value_at_quantile(0.5) as f64 / 1e3,
        p99_us: latencies.value_at_quantile(0.99) as f64 / 1e3,
        micros_each: secs * 1e6 / requests,
    })
}

/// The median, and half the distance between the quartiles.
fn middle(mut values: Vec<f64>) -> (f64, f64) {
    values.sort_by(f64::total_cmp);
    let at = |part: f64| values[((values.len() - 1) as f64 * part).round() as usize];
    (at(0.5), (at(0.75) - at(0.25)) / 2.0)
}

fn compare(rounds: usize, length: Duration) -> Result<(), Failed> {
    let mut runs: [Vec<Run>; 3] = Default::default();
    for round in 0..rounds {
        for turn in 0..KINDS.len() {
            // Each kind is first as often as last.
            let kind = (round + turn) % KINDS.len();
            runs[kind].push(measure(KINDS[kind], length)?);
        }
    }
    println!("| | requests/s | p50 µs | p99 µs | server CPU µs a request |\n|---|---|---|---|---|");
    let columns: [fn(&Run) -> f64; 4] =
        [|run| run.per_second, |run| run.p50_us, |run| run.p99_us, |run| run.micros_each];
    for (kind, own) in KINDS.iter().zip(&runs) {
        print!("| {kind}");
        for column in columns {
            let (value, spread) = middle(own.iter().map(column).collect());
            // Of each run beside the bare one of the same round.
            let ratios = own.iter().zip(&runs[0]).map(|(own, bare)| column(own) / column(bare));
            let (ratio, ratio_spread) = middle(ratios.collect());
            let (more, noise) = ((ratio - 1.0) * 100.0, ratio_spread * 100.0);
            print!(" | {value:.1} ± {spread:.1}");
            if *kind != "bare" {
                print!(" ({more:+.1} ± {noise:.1} %)");
            }
        }
        println!(" |");
    }
    Ok(())
}

fn main() -> Result<(), Failed> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [serve_word, kind] = &arguments[..]
        && serve_word == "serve"
    {
        let port = "127.0.0.1:0".parse()?;
        let agent = taskscope::Agent::builder().bind(port);
        let _agent = if kind == "bare" { None } else { Some(agent.start()?) };
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let served = runtime.block_on(async { tokio::time::timeout(LIFETIME, serve(kind)).await });
        return served.unwrap_or(Ok(()));
    }
    let number = |at: usize, unless: u64| arguments.get(at).map_or(Ok(unless), |a| a.parse());
    compare(usize::try_from(number(0, 12)?)?, Duration::from_secs(number(1, 3)?))
}

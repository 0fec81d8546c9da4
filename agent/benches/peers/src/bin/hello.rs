//! Hello from axum, over loopback: bare, and with more and more of it tracked.
//!
//! `hello [ROUNDS [REQUESTS]]` starts one server process of each kind and keeps connections to all
//! of them. In a round each is asked for so many requests, one kind after the other, in another
//! order each time; each connection waits for its answer before it asks again. What other things
//! the machine does hit all kinds alike in rounds this short, so kinds are compared within a round:
//! printed is the median over all rounds of a kind's figure divided by the bare server's, with the
//! interval that holds the true median 95 times in 100.
//!
//! `hello heap [ROUNDS [REQUESTS]]` compares a service that allocates on every request with the same
//! one under `taskscope::alloc::TaskAlloc`.
//!
//! Two kinds are controls. `bare, again` is a second process of the first kind: what it differs by
//! is noise. `empty layer` does what any layer of tower makes axum do, and nothing else.

use std::fmt;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use axum::{Router, routing::get};
use hdrhistogram::Histogram;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tower_layer::Layer;
use tower_service::Service;

/// Which one each is compared with: the first.
const KINDS: [&str; 6] =
    ["bare", "bare, again", "empty layer", "agent only", "tracked", "labelled"];
/// With `heap` as the first argument: a service that allocates on every request, and the same with
/// the allocator that samples.
const HEAP_KINDS: [&str; 4] = ["bare", "bare, again", "sampled", "sampled, agent, tracked"];
/// This program with the allocator that samples.
const SAMPLED: &str = "hello-sampled";
/// What a request allocates there, besides what axum does.
const ALLOCATIONS: usize = 50;
const CONNECTIONS: usize = 32;
const WARM_UP_ROUNDS: usize = 5;
const HELLO: &[u8] = b"GET /hello HTTP/1.1\r\nHost: loopback\r\n\r\n";
const ALLOCATE: &[u8] = b"GET /allocate HTTP/1.1\r\nHost: loopback\r\n\r\n";
/// A server that nobody stops stops by itself.
const LIFETIME: Duration = Duration::from_secs(1_800);

type Failed = Box<dyn std::error::Error + Send + Sync>;

/// A layer that does nothing.
#[derive(Clone, Copy)]
struct Empty;

#[derive(Clone, Copy)]
struct Emptied<S>(S);

impl<S> Layer<S> for Empty {
    type Service = Emptied<S>;

    fn layer(&self, inner: S) -> Emptied<S> {
        Emptied(inner)
    }
}

impl<R, S: Service<R>> Service<R> for Emptied<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: R) -> S::Future {
        self.0.call(request)
    }
}

/// Allocates, resizes and frees as a handler does that builds an answer from parts.
async fn allocate() -> &'static str {
    let parts: Vec<String> = (0..ALLOCATIONS).map(|n| format!("part {n} of the answer")).collect();
    let answer = std::hint::black_box(parts.concat());
    if answer.is_empty() { "" } else { "Hello, world!" }
}

async fn serve(kind: &str) -> Result<(), Failed> {
    let app = Router::new().route("/hello", get(|| async { "Hello, world!" }));
    let app = app.route("/allocate", get(allocate));
    let app = match kind {
        "empty layer" => app.layer(Empty),
        "labelled" => app.layer(taskscope::tower::LabelLayer::new(taskscope::tower::route)),
        _ => app,
    };
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    let is_tracked = kind.ends_with("tracked") || kind == "labelled";
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let service = TowerToHyperService::new(app.clone());
        let connection = async move {
            let builder = auto::Builder::new(TokioExecutor::new());
            drop(builder.serve_connection(TokioIo::new(stream), service).await);
        };
        if is_tracked {
            drop(taskscope::spawn(connection));
        } else {
            drop(tokio::spawn(connection));
        }
    }
}

/// Asks so many times; notes latencies in nanoseconds.
async fn ask(
    stream: &mut TcpStream,
    request: &[u8],
    times: usize,
) -> Result<Histogram<u64>, Failed> {
    let mut latencies = Histogram::new(3)?;
    let mut answer = [0; 1024];
    for _ in 0..times {
        let start = Instant::now();
        stream.write_all(request).await?;
        let mut length = 0;
        while !answer[..length].ends_with(b"Hello, world!") {
            match stream.read(&mut answer[length..]).await? {
                0 => return Err("the server hung up".into()),
                more => length += more,
            }
        }
        latencies.record(u64::try_from(start.elapsed().as_nanos())?)?;
    }
    Ok(latencies)
}

/// A server process and the connections to it. It ends with this, whatever happens.
struct Server {
    process: Child,
    connections: Vec<TcpStream>,
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

impl Server {
    async fn start(kind: &str) -> Result<Self, Failed> {
        let program = std::env::current_exe()?;
        let sampled = kind.starts_with("sampled");
        let program = if sampled { program.with_file_name(SAMPLED) } else { program };
        let mut command = Command::new(program);
        let process = command.args(["serve", kind]).stdout(Stdio::piped()).spawn()?;
        let mut server = Self { process, connections: Vec::new() };
        let mut line = String::new();
        let output = server.process.stdout.take().ok_or("no output")?;
        BufReader::new(output).read_line(&mut line)?;
        let address: SocketAddr = line.trim().parse()?;
        for _ in 0..CONNECTIONS {
            let stream = TcpStream::connect(address).await?;
            stream.set_nodelay(true)?;
            server.connections.push(stream);
        }
        Ok(server)
    }

    /// Processor time so far, in microseconds: of the service's threads, and of the agent's.
    fn processor_micros(&self) -> (f64, f64) {
        let threads = std::fs::read_dir(format!("/proc/{}/task", self.process.id()));
        let mut micros = (0.0, 0.0);
        for thread in threads.into_iter().flatten().flatten() {
            let read = |file| std::fs::read_to_string(thread.path().join(file)).unwrap_or_default();
            let nanos = read("schedstat").split(' ').next().and_then(|n| n.parse::<f64>().ok());
            let of_agent = read("comm").starts_with("taskscope-");
            *(if of_agent { &mut micros.1 } else { &mut micros.0 }) += nanos.unwrap_or(0.0) / 1e3;
        }
        micros
    }

    async fn measure(&mut self, request: &'static [u8], requests: usize) -> Result<Slice, Failed> {
        let (before, start) = (self.processor_micros(), Instant::now());
        let times = requests.div_ceil(CONNECTIONS);
        let clients: Vec<_> = std::mem::take(&mut self.connections)
            .into_iter()
            .map(|mut stream| {
                tokio::spawn(async move {
                    let latencies = ask(&mut stream, request, times).await?;
                    Ok::<_, Failed>((stream, latencies))
                })
            })
            .collect();
        let mut all = Histogram::<u64>::new(3)?;
        for client in clients {
            let (stream, latencies) = client.await??;
            self.connections.push(stream);
            all.add(latencies)?;
        }
        // Nobody asks any more, so the server's threads sleep, and their times are up to date.
        let (secs, after) = (start.elapsed().as_secs_f64(), self.processor_micros());
        let requests = all.len() as f64;
        Ok(Slice {
            per_second: requests / secs,
            p99_us: all.value_at_quantile(0.99) as f64 / 1e3,
            service_us: (after.0 - before.0) / requests,
            agent_us: (after.1 - before.1) / requests,
        })
    }
}

/// What one kind did in one round.
struct Slice {
    per_second: f64,
    p99_us: f64,
    /// Processor time of the service's threads, for each request.
    service_us: f64,
    /// And of the agent's own.
    agent_us: f64,
}

/// A median, and between which values it lies with a probability of 95 %.
struct Median {
    low: f64,
    value: f64,
    high: f64,
}

impl Median {
    fn of(values: impl Iterator<Item = f64>) -> Self {
        let mut values: Vec<f64> = values.collect();
        values.sort_by(f64::total_cmp);
        let count = values.len() as f64;
        // How many values are below the median is binomial.
        let off = 0.98 * count.sqrt();
        let at = |rank: f64| values[rank.round().clamp(0.0, count - 1.0) as usize];
        let middle = (count - 1.0) / 2.0;
        Self { low: at(middle - off), value: at(middle), high: at(middle + off) }
    }
}

/// Of ratios: by how many percent more.
impl fmt::Display for Median {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [low, value, high] = [self.low, self.value, self.high].map(|r| (r - 1.0) * 100.0);
        write!(f, "{value:+.1} % ({low:+.1} to {high:+.1})")
    }
}

async fn compare(
    kinds: &[&str],
    request: &'static [u8],
    rounds: usize,
    requests: usize,
) -> Result<(), Failed> {
    let mut servers = Vec::new();
    for kind in kinds {
        servers.push(Server::start(kind).await?);
    }
    let mut slices: Vec<Vec<Slice>> = kinds.iter().map(|_| Vec::new()).collect();
    for round in 0..rounds + WARM_UP_ROUNDS {
        for turn in 0..kinds.len() {
            // Forth and back, each kind is first as often as last.
            let turn = if round % 2 == 0 { turn } else { kinds.len() - 1 - turn };
            let kind = (round / 2 + turn) % kinds.len();
            let slice = servers[kind].measure(request, requests).await?;
            if round >= WARM_UP_ROUNDS {
                slices[kind].push(slice);
            }
        }
    }
    println!("{rounds} rounds of {requests} requests over {CONNECTIONS} connections");
    println!("| | requests/s | p99 | service's CPU a request | agent's CPU a request |");
    println!("|---|---|---|---|---|");
    let columns: [(fn(&Slice) -> f64, &str); 3] = [
        (|slice| slice.per_second, ""),
        (|slice| slice.p99_us, " µs"),
        (|slice| slice.service_us, " µs"),
    ];
    for (kind, own) in kinds.iter().zip(&slices) {
        print!("| {kind}");
        for (column, unit) in columns {
            print!(" | {:.2}{unit}", Median::of(own.iter().map(column)).value);
            if *kind != kinds[0] {
                let pairs = own.iter().zip(&slices[0]);
                let ratios = pairs.map(|(own, bare)| column(own) / column(bare));
                print!(", {}", Median::of(ratios));
            }
        }
        let agent = own.iter().map(|slice| slice.agent_us).sum::<f64>() / own.len() as f64;
        println!(" | {agent:.3} µs |");
    }
    Ok(())
}

pub(crate) fn main() -> Result<(), Failed> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [word, kind] = &arguments[..]
        && word == "serve"
    {
        let has_agent =
            ["agent only", "tracked", "labelled"].contains(&&**kind) || kind.contains("agent");
        let agent = taskscope::Agent::builder().bind("127.0.0.1:0".parse()?);
        let _agent = if has_agent { Some(agent.start()?) } else { None };
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let served = runtime.block_on(async { tokio::time::timeout(LIFETIME, serve(kind)).await });
        return served.unwrap_or(Ok(()));
    }
    let of_heap = arguments.first().is_some_and(|word| word == "heap");
    if of_heap {
        arguments.remove(0);
    }
    let number = |at: usize, unless: usize| arguments.get(at).map_or(Ok(unless), |a| a.parse());
    let (rounds, requests) = (number(0, 200)?, number(1, 4_000)?);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    if of_heap {
        runtime.block_on(compare(&HEAP_KINDS, ALLOCATE, rounds, requests))
    } else {
        runtime.block_on(compare(&KINDS, HELLO, rounds, requests))
    }
}

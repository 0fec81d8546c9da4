//! Against agents that behave, and against everything else that may listen on a port.

use std::future::Future;
use std::net::SocketAddr;

use taskscope_proto::model::{Header, Totals};
use taskscope_proto::stream::Encoder;
use taskscope_proto::wire::taskscope_server::{Taskscope, TaskscopeServer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Request, Response, Status};

use super::*;

const SOON: Duration = Duration::from_secs(5);

/// An agent with a script.
#[derive(Clone, Default)]
struct FakeAgent {
    protocols: (u32, u32),
    /// Ends the stream after the first state.
    ends: bool,
    no_process: bool,
    nonsense: bool,
}

fn profile(parked: u64) -> Profile {
    let totals = Totals { parked, ..Totals::default() };
    Profile { header: Header { totals, ..Header::default() }, ..Profile::default() }
}

type Items = Pin<Box<dyn Stream<Item = Result<wire::Update, Status>> + Send>>;

#[tonic::async_trait]
impl Taskscope for FakeAgent {
    async fn hello(
        &self,
        request: Request<wire::HelloRequest>,
    ) -> Result<Response<wire::HelloReply>, Status> {
        assert!(request.into_inner().client.starts_with("taskscope-viewer "));
        let process = Process { agent: "taskscope 9.9.9".into(), pid: 7, ..Process::default() };
        let mut reply = wire::HelloReply::from(&process);
        (reply.protocol, reply.oldest_protocol) = self.protocols;
        if self.no_process {
            reply.process = None;
        }
        Ok(Response::new(reply))
    }

    type WatchStream = Items;

    async fn watch(&self, request: Request<wire::WatchRequest>) -> Result<Response<Items>, Status> {
        let interval_ms = u64::from(request.into_inner().interval_ms);
        let mut encoder = Encoder::new();
        let mut updates = encoder.full(&profile(1));
        updates.extend(encoder.delta(&profile(interval_ms)));
        let items = tokio_stream::iter(updates.into_iter().map(Ok));
        if self.ends {
            return Ok(Response::new(Box::pin(items)));
        }
        Ok(Response::new(Box::pin(items.chain(tokio_stream::pending()))))
    }

    type SnapshotStream = Items;

    async fn snapshot(
        &self,
        request: Request<wire::SnapshotRequest>,
    ) -> Result<Response<Items>, Status> {
        let capture = Capture::try_from(request.into_inner()).unwrap();
        let mut updates =
            Encoder::new().full(&profile(if capture == Capture::Fresh { 2 } else { 1 }));
        if self.nonsense {
            updates[0].seq = 5;
        }
        Ok(Response::new(Box::pin(tokio_stream::iter(updates.into_iter().map(Ok)))))
    }

    async fn tasks(
        &self,
        request: Request<wire::TasksRequest>,
    ) -> Result<Response<wire::TasksReply>, Status> {
        let query = TaskQuery::try_from(request.into_inner()).unwrap();
        if query.limit == 0 {
            return Err(Status::invalid_argument("a page of no tasks"));
        }
        let page = TaskPage { total: query.offset, ..TaskPage::default() };
        Ok(Response::new(wire::TasksReply::from(&page)))
    }

    async fn history(
        &self,
        request: Request<wire::HistoryRequest>,
    ) -> Result<Response<wire::HistoryReply>, Status> {
        let query = HistoryQuery::try_from(request.into_inner()).unwrap();
        let page = HistoryPage { now_ms: query.to_ms, ..HistoryPage::default() };
        Ok(Response::new(wire::HistoryReply::from(&page)))
    }
}

async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// Serves until the handle is dropped or aborted.
async fn serve(agent: FakeAgent) -> (SocketAddr, tokio::task::JoinHandle<()>) {
    let (listener, address) = listen().await;
    let server = tonic::transport::Server::builder().add_service(TaskscopeServer::new(agent));
    let incoming = TcpListenerStream::new(listener);
    let running = tokio::spawn(async { server.serve_with_incoming(incoming).await.unwrap() });
    (address, running)
}

fn good() -> FakeAgent {
    FakeAgent { protocols: (1, 1), ..FakeAgent::default() }
}

/// What connecting to something that handles each connection like this ends with.
async fn failure<F, Done>(handle: F, timeout: Duration) -> (String, ConnectError)
where
    F: Fn(TcpStream) -> Done + Send + 'static,
    Done: Future<Output = ()> + Send + 'static,
{
    let (listener, address) = listen().await;
    let server = tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(handle(stream));
        }
    });
    let error = Client::connect(&address.to_string(), timeout).await.unwrap_err();
    server.abort();
    (error.to_string().replace(&address.to_string(), "ADDR"), error)
}

#[tokio::test]
async fn a_good_agent_is_greeted_watched_and_asked() {
    let (address, _server) = serve(good()).await;
    let (client, process) = Client::connect(&format!("http://{address}"), SOON).await.unwrap();
    assert_eq!((process.pid, &*process.agent), (7, "taskscope 9.9.9"));
    assert_eq!(client.target().to_string(), address.to_string());

    let mut updates = client.watch(Duration::from_millis(250)).await.unwrap();
    let mut decoder = Decoder::new();
    for parked in [1, 250] {
        let update = updates.next().await.unwrap().unwrap();
        let seen = decoder.apply(update).unwrap().unwrap();
        assert_eq!(seen.header.totals.parked, parked);
    }
    for (capture, parked) in [(Capture::Cached, 1), (Capture::Fresh, 2)] {
        assert_eq!(client.snapshot(capture).await.unwrap().header.totals.parked, parked);
    }
    let query = TaskQuery { offset: 3, limit: 10, ..TaskQuery::default() };
    assert_eq!(client.tasks(&query).await.unwrap().total, 3);
}

#[tokio::test]
async fn a_refusal_keeps_the_agents_words() {
    let (address, _server) = serve(good()).await;
    let (client, _) = Client::connect(&address.port().to_string(), SOON).await.unwrap();
    let error = client.tasks(&TaskQuery::default()).await.unwrap_err().to_string();
    assert_eq!(error, format!("the agent on {address} refused: a page of no tasks"));
}

#[tokio::test]
async fn an_ended_stream_is_a_lost_connection() {
    let (address, _server) = serve(FakeAgent { ends: true, ..good() }).await;
    let (client, _) = Client::connect(&address.to_string(), SOON).await.unwrap();
    let updates: Vec<_> = client.watch(SOON).await.unwrap().collect().await;
    let error = updates.last().unwrap().as_ref().unwrap_err().to_string();
    assert_eq!(error, format!("lost the connection to {address}: the agent ended the stream"));
    assert_eq!(updates.len(), 3);
}

#[tokio::test]
async fn an_agent_that_dies_is_a_lost_connection() {
    // A relay in between, so that the death is as abrupt as a killed process.
    let (agent, _server) = serve(good()).await;
    let (listener, address) = listen().await;
    let relay = tokio::spawn(async move {
        let (mut near, _) = listener.accept().await.unwrap();
        let mut far = TcpStream::connect(agent).await.unwrap();
        tokio::io::copy_bidirectional(&mut near, &mut far).await.unwrap();
    });
    let (client, _) = Client::connect(&address.to_string(), SOON).await.unwrap();
    let mut updates = client.watch(SOON).await.unwrap();
    for _ in 0..2 {
        updates.next().await.unwrap().unwrap();
    }
    relay.abort();
    let error = updates.next().await.unwrap().unwrap_err();
    assert!(matches!(error, ConnectError::Lost { .. }), "{error:?}");
    assert!(updates.next().await.is_none());
    let error = client.snapshot(Capture::Cached).await.unwrap_err();
    assert!(matches!(error, ConnectError::Lost { .. }), "{error:?}");
}

#[tokio::test]
async fn old_and_new_agents_are_named_with_what_to_update() {
    for (protocols, expected) in [
        ((0, 0), "the agent speaks protocol 0 (taskscope 9.9.9), older than the 1 this viewer"),
        ((9, 5), "the agent speaks protocol 5 and later (taskscope 9.9.9), newer than the 1"),
    ] {
        let (address, _server) = serve(FakeAgent { protocols, ..good() }).await;
        let error = Client::connect(&address.to_string(), SOON).await.unwrap_err();
        assert!(error.is_hopeless() && error.to_string().contains(expected), "{error}");
    }
}

#[tokio::test]
async fn nonsense_from_an_agent_is_said_to_be_a_bug() {
    let (address, _server) = serve(FakeAgent { no_process: true, ..good() }).await;
    let error = Client::connect(&address.to_string(), SOON).await.unwrap_err();
    assert!(error.to_string().contains("HelloReply.process is missing"), "{error}");
    let (address, _server) = serve(FakeAgent { nonsense: true, ..good() }).await;
    let (client, _) = Client::connect(&address.to_string(), SOON).await.unwrap();
    let error = client.snapshot(Capture::Cached).await.unwrap_err();
    assert!(error.to_string().contains("message 5 came where 1 was due"), "{error}");
    assert!(error.advice().contains("bug"));
}

#[tokio::test]
async fn a_closed_port_says_that_nothing_listens() {
    let (listener, address) = listen().await;
    drop(listener);
    let error = Client::connect(&address.to_string(), SOON).await.unwrap_err();
    assert_eq!(error.to_string(), format!("nothing listens on {address}"));
    assert!(error.advice().contains("start the service"));
}

#[tokio::test]
async fn an_unknown_host_cannot_be_reached() {
    let error = Client::connect("no-such-host.invalid:6670", SOON).await.unwrap_err();
    assert!(matches!(error, ConnectError::Unreachable { .. }), "{error}");
}

#[tokio::test]
async fn a_wrong_address_is_not_even_tried() {
    let error = Client::connect("checkout", SOON).await.unwrap_err();
    assert!(matches!(error, ConnectError::Address(_)) && error.is_hopeless());
}

#[tokio::test]
async fn other_programs_are_told_from_agents() {
    let http = |mut stream: TcpStream| async move {
        let mut request = [0; 1024];
        drop(stream.read(&mut request).await);
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n").await.ok();
    };
    let garbage = |mut stream: TcpStream| async move {
        stream.write_all(&[0xff; 4_096]).await.ok();
        drop(stream.read(&mut [0; 1024]).await);
    };
    let hangs_up = |stream: TcpStream| async move { drop(stream) };
    for (message, error) in
        [failure(http, SOON).await, failure(garbage, SOON).await, failure(hangs_up, SOON).await]
    {
        assert!(matches!(error, ConnectError::NotAnAgent { .. }), "{error:?}");
        let expected = "what listens on ADDR is no Taskscope agent: it does not speak gRPC (";
        assert!(message.starts_with(expected), "{message}");
    }
}

#[tokio::test]
async fn a_grpc_server_of_another_kind_is_told_from_an_agent() {
    let (listener, address) = listen().await;
    let server = tonic::transport::Server::builder().add_routes(tonic::service::Routes::default());
    let incoming = TcpListenerStream::new(listener);
    tokio::spawn(async { server.serve_with_incoming(incoming).await });
    let error = Client::connect(&address.to_string(), SOON).await.unwrap_err();
    // Both were tried.
    for name in ["knows neither taskscope.v1 nor", "rs.tokio.console.instrument"] {
        assert!(error.to_string().contains(name), "{error}");
    }
    assert!(error.advice().contains("6669"));
}

#[tokio::test]
async fn silence_ends_at_the_timeout() {
    let silent = |stream: TcpStream| async move {
        std::future::pending::<()>().await;
        drop(stream);
    };
    let (message, error) = failure(silent, Duration::from_millis(200)).await;
    assert_eq!(message, "ADDR accepts connections, but did not answer within 0.2 s");
    assert!(matches!(error, ConnectError::Silent { .. }));
}

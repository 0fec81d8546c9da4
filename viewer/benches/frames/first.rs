//! From the order to connect to the first picture, over loopback.

use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::time::{Duration, Instant};

use taskscope_viewer::analyst::{Analyst, Ask, Judging};
use taskscope_viewer::clock::Clock;
use taskscope_viewer::connect;
use taskscope_viewer::session::Session;
use taskscope_viewer::workspace::Workspace;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use crate::agent::FakeAgent;
use crate::service::Service;
use crate::window::Window;

pub(crate) fn picture(tasks: u64, groups: u64) -> Duration {
    let service = Service::new(tasks, groups);
    let profile = service.latest().clone();
    let make = Arc::new(move |_| taskscope_proto::model::Profile::clone(&profile));
    let agent = FakeAgent { make, ..FakeAgent::sample(7, 4_242) };
    let runtime = Runtime::new().unwrap();
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let serving = runtime.spawn(agent.serve_on(listener));

    let started = Instant::now();
    let (net, events) = connect::start().unwrap();
    let (wake, woken) = sync_channel(1);
    let wake = move || _ = wake.try_send(());
    let analyst = Analyst::start(net, events, Clock::start(), Judging::default(), wake).unwrap();
    let session = Session::new(Workspace::default(), None);
    analyst.ask(Ask::Query(Arc::new(session.query()))).unwrap();
    analyst.ask(Ask::Open(address.as_str().into())).unwrap();
    let screen = loop {
        woken.recv().unwrap();
        let screen = analyst.screen();
        if !screen.table.rows.is_empty() {
            break screen;
        }
    };
    Window::new().frame(&screen, &session, vec![]);
    let took = started.elapsed();
    serving.abort();
    runtime.shutdown_background();
    took
}

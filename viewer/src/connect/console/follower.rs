//! The stream of a service's states, in the messages that an agent would send.
//!
//! What comes in is taken in at once, and told at most about once a second. Where nothing comes
//! in, because the service publishes rarely or was paused, the clock goes on all the same.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use console_api::instrument::Update;
use taskscope_proto::stream::Encoder;
use taskscope_proto::wire;
use tokio::time::{Instant, Sleep, sleep};
use tokio_stream::Stream;
use tonic::{Status, Streaming};

use super::{State, lock};

/// The shortest time between two states: a second, less what a clock that ticks once a second
/// is early by.
const PACE: Duration = Duration::from_millis(950);
/// The longest time without one.
const BEAT: Duration = Duration::from_secs(5);

/// A stream that is being followed. It ends when the service's does.
#[derive(Debug)]
pub(in crate::connect) struct Follower {
    stream: Streaming<Update>,
    shared: Arc<Mutex<State>>,
    encoder: Encoder,
    /// Parts of a state that are still to be told.
    parts: VecDeque<wire::Update>,
    told_at: Option<Instant>,
    /// Something came in since.
    fresh: bool,
    alarm: Pin<Box<Sleep>>,
}

impl Follower {
    pub(super) fn new(stream: Streaming<Update>, shared: Arc<Mutex<State>>) -> Self {
        // The greeting may have brought the first state already.
        let fresh = lock(&shared).told_at.is_some();
        let (encoder, parts) = (Encoder::new(), VecDeque::new());
        let alarm = Box::pin(sleep(PACE));
        Self { stream, shared, encoder, parts, told_at: None, fresh, alarm }
    }

    /// When the next state is to be told; `None` before anything came in.
    fn due(&self) -> Option<Instant> {
        match (self.told_at, self.fresh) {
            (None, false) => None,
            (None, true) => Some(Instant::now()),
            (Some(at), true) => Some(at + PACE),
            (Some(at), false) => Some(at + BEAT),
        }
    }

    fn tell(&mut self) {
        let profile = lock(&self.shared).profile();
        self.parts.extend(self.encoder.delta(&profile));
        self.told_at = Some(Instant::now());
        self.fresh = false;
    }
}

impl Stream for Follower {
    type Item = Result<wire::Update, Status>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        loop {
            if let Some(part) = this.parts.pop_front() {
                return Poll::Ready(Some(Ok(part)));
            }
            let came = match Pin::new(&mut this.stream).poll_next(cx) {
                Poll::Ready(Some(Ok(update))) => {
                    lock(&this.shared).apply(update);
                    this.fresh = true;
                    true
                }
                Poll::Ready(Some(Err(status))) => return Poll::Ready(Some(Err(status))),
                Poll::Ready(None) => return Poll::Ready(None),
                Poll::Pending => false,
            };
            match this.due() {
                Some(due) if due <= Instant::now() => this.tell(),
                // Whether there is more has to be asked before anything is waited for.
                _ if came => {}
                None => return Poll::Pending,
                Some(due) => {
                    this.alarm.as_mut().reset(due);
                    ready!(this.alarm.as_mut().poll(cx));
                }
            }
        }
    }
}

//! Captures of futures that are no tasks: the agent's own, by which it learns what waits look like.

use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::task::Context;

use super::capture::Chains;
use super::current::PollFrame;
use super::record::{Birth, Kind, Record};
use super::waker;
use crate::clock;
use crate::registry::Counted;

/// The chains of one poll of `future`, which has to be pending. No task, no record that anybody
/// sees.
pub(crate) fn capture_once<F: Future>(future: Pin<&mut F>) -> Vec<Vec<usize>> {
    let birth = Birth {
        id: 0,
        place: u64::MAX,
        parent: 0,
        parent_place: 0,
        spawned_at: Location::caller(),
        now: clock::now(),
        future_bytes: 0,
        scope: 0,
    };
    let record = Counted::unlisted(Record::new(birth, Kind::Part, 0, 0));
    let frame = PollFrame::new(&record, 0);
    let mut chains = Chains::begin(std::ptr::from_ref(&frame) as usize);
    let data = waker::Capturing { record: &record, chains: &raw mut *chains };
    let waker = waker::capturing(&data);
    let _pending = future.poll(&mut Context::from_waker(&waker)).is_pending();
    // Its wakers may live on in the future.
    Record::finish(&record);
    chains.take()
}

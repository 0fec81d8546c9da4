//! Healthy services whose backend has a bad time: their requests pile up as leaked ones do, and end
//! all the same.

use std::collections::VecDeque;

use crate::stage::{beat, beats, spawn};
use crate::sync::{mpsc, oneshot};

type Question = oneshot::Sender<u32>;

/// Beats that a question takes in good times.
const QUICK: u32 = 2;

/// A request a beat, from now on.
fn listen(questions: mpsc::Sender<Question>) {
    spawn("listener", async move {
        loop {
            spawn("request", ask(questions.clone()));
            beat().await;
        }
    });
}

async fn ask(backend: mpsc::Sender<Question>) -> Option<u32> {
    let (question, answer) = oneshot::channel();
    backend.send(question).await.ok()?;
    answer.await.ok()
}

/// Answers each question when it has waited for as many beats as `delay` says of the time; `None`
/// answers nobody.
async fn answer(mut questions: mpsc::Receiver<Question>, delay: fn(u32) -> Option<u32>) {
    let mut asked: VecDeque<(u32, Question)> = VecDeque::new();
    for now in 0_u32.. {
        beat().await;
        while let Ok(question) = questions.try_recv() {
            asked.push_back((now, question));
        }
        let Some(delay) = delay(now) else { continue };
        while let Some((_, question)) = asked.pop_front_if(|(since, _)| now - *since >= delay) {
            question.send(now).ok();
        }
    }
}

/// For five seconds every answer takes two seconds, a hundred times as long as before.
///
/// Expected: nothing above slow.
pub(crate) mod slow_backend {
    use super::{QUICK, answer, listen, mpsc, spawn};

    pub(crate) fn run() {
        let (questions, taken) = mpsc::channel(1_024);
        spawn(
            "backend",
            answer(taken, |now| Some(if (500..1_000).contains(&now) { 200 } else { QUICK })),
        );
        listen(questions);
    }
}

/// A backend answers nobody for six seconds, and then everybody.
///
/// While it lasts nobody can tell it from a leak: what used to take an instant does not end, and
/// becomes more. So the requests may be suspect. They are proven never, and once they have been
/// answered the suspicion has to go.
///
/// Expected: soon after the task with the role `recovered`, nothing above slow.
pub(crate) mod silent_backend {
    use super::{QUICK, answer, beats, listen, mpsc, spawn};

    /// Beats until it answers again.
    const SILENT_UNTIL: u32 = 1_100;

    pub(crate) fn run() {
        let (questions, taken) = mpsc::channel(1_024);
        spawn(
            "backend",
            answer(taken, |now| (!(500..SILENT_UNTIL).contains(&now)).then_some(QUICK)),
        );
        listen(questions);
        spawn("clock", async {
            beats(SILENT_UNTIL + 50).await;
            spawn("recovered", beats(u32::MAX));
        });
    }
}

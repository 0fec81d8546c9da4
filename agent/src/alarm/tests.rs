use std::sync::Barrier;
use std::time::Instant;

use taskscope_proto::model::{GroupId, Label, OriginId, State, Verdict};

use super::*;
use crate::profile::Folder;
use crate::profiler;
use crate::symbols::UserCode;

fn suspect(task: &str) -> Arc<Profile> {
    let labels = Labels::new([Label { key: "task".into(), value: task.into() }]);
    let group = Group {
        verdict: Verdict { class: Class::Suspect, ..Verdict::default() },
        ..Group::new(GroupId(1), labels, OriginId(1), State::Parked)
    };
    Arc::new(Profile { groups: vec![Arc::new(group)], ..Profile::default() })
}

#[test]
fn the_thread_ends_though_its_queue_was_full_when_the_agent_went() {
    let (called, released) = (Arc::new(Barrier::new(2)), Arc::new(Barrier::new(2)));
    let hook = {
        let (called, released) = (Arc::clone(&called), Arc::clone(&released));
        Hook(Arc::new(move |alert: &Alert| {
            if alert.is_worse() && alert.labels().get("task").is_some_and(|task| **task == *"0") {
                called.wait();
                released.wait();
            }
        }))
    };
    // The thread has the hook as long as it lives, and then nobody has.
    let lives = Arc::downgrade(&hook.0);
    let (mail, inbox) = mail();
    let folder = Folder::new(Duration::from_secs(10), UserCode::default());
    let told = mail.told();
    let asker = profiler::start(folder, 0.0, mail.told()).unwrap();
    let settings = (AlarmSettings::default(), Arc::default(), asker, Some(hook));
    let alarm = Alarm::start((mail, inbox), settings).unwrap();
    assert!(told(suspect("0")));
    called.wait();
    let room = (1..100).take_while(|task| told(suspect(&task.to_string()))).count();
    assert_eq!(room, MAIL, "what finds no room is to be told again");
    drop(alarm);
    released.wait();
    let last = Instant::now() + Duration::from_secs(20);
    while lives.strong_count() > 0 {
        assert!(Instant::now() < last, "the thread goes on");
        std::thread::yield_now();
    }
    assert!(told(suspect("late")), "nobody is left who has to be told again");
}

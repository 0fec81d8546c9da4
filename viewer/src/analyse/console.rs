//! What cannot be known of a service that a console-subscriber tells of, in words and in keys.

use taskscope_proto::model::{Lost, Source};

use super::losses::Note;
use super::numbers::counted;
use super::{Key, numbers::count};

/// Whether whoever tells of the service can tell of this key.
pub fn known(key: &Key, source: Source) -> bool {
    let hidden = matches!(key, Key::AwaitPoint | Key::Handle | Key::Parent | Key::Verdict);
    source == Source::Agent || !hidden
}

/// The key to group by in the place of one that is not known, if another says nearly as much.
pub fn stand_in(key: &Key, source: Source) -> Option<Key> {
    match key {
        key if known(key, source) => Some(key.clone()),
        Key::AwaitPoint => Some(Key::SpawnedAt),
        _ => None,
    }
}

/// What is left out of the numbers of such a service, most serious first.
pub(super) fn notes(lost: &Lost) -> Vec<Note> {
    let mut notes = Vec::new();
    let mut note = |text: String, meaning: &str| {
        notes.push(Note { text, meaning: meaning.to_owned(), serious: true });
    };
    note(
        "console-subscriber: await points, verdicts and memory are not known".into(),
        "This is a console-subscriber service. It tells of tasks, their names and fields, where \
         they were spawned, polls, wakes, and of waits for some of the runtime's locks and timers; of \
         other waits, of who holds what, of handles and of the process it does not. So tasks whose \
         wait is not known never count as stuck. The Taskscope agent knows.",
    );
    if lost.untracked > 0 {
        let text = format!("{} left out", counted(lost.untracked, "task"));
        note(
            text,
            "console-subscriber had no room for them in its queue \
             (TOKIO_CONSOLE_BUFFER_CAPACITY), or the viewer keeps no more.",
        );
    }
    if lost.waits > 0 {
        let text = format!("{} locks, timers and waits left out", count(lost.waits));
        note(
            text,
            "console-subscriber had no room for them in its queue, or the viewer keeps no more: \
             what some tasks wait for is not known.",
        );
    }
    if lost.label_sets > 0 {
        let key = lost.label_key.as_deref().unwrap_or("…");
        let text = format!("labels of {} folded, mostly `{key}`", counted(lost.label_sets, "task"));
        note(text, "A field or name with another value for each task: what came later is `…`.");
    }
    if lost.origins > 0 {
        let text = format!("{} without an origin of its own", counted(lost.origins, "spawn"));
        note(text, "More pairs of a spawn location and labels than the viewer keeps apart.");
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_is_said_first_and_then_what_was_lost() {
        let texts = |lost: &Lost| notes(lost).into_iter().map(|note| note.text).collect::<Vec<_>>();
        let always = "console-subscriber: await points, verdicts and memory are not known";
        assert_eq!(texts(&Lost::default()), [always]);
        let lost = Lost {
            untracked: 1,
            waits: 2_000,
            label_sets: 3,
            label_key: Some("id".into()),
            origins: 4,
            ..Lost::default()
        };
        assert_eq!(
            texts(&lost)[1..],
            [
                "1 task left out",
                "2\u{a0}000 locks, timers and waits left out",
                "labels of 3 tasks folded, mostly `id`",
                "4 spawns without an origin of its own",
            ]
        );
    }

    #[test]
    fn the_place_that_spawned_them_stands_in_for_the_one_that_they_wait_at() {
        let check = |key: Key, expected: Option<Key>| {
            assert_eq!(stand_in(&key, Source::Console), expected);
            assert_eq!(stand_in(&key, Source::Agent), Some(key));
        };
        check(Key::AwaitPoint, Some(Key::SpawnedAt));
        check(Key::Verdict, None);
        check(Key::WaitKind, Some(Key::WaitKind));
        check(Key::Label("task".into()), Some(Key::Label("task".into())));
    }
}

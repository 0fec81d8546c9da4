//! Actors with small mailboxes: everybody sends, and nobody reads.
//!
//! Each wait is for room in a channel, which anybody who has the receiver could make: suspect,
//! not proven.

use crate::stage::{Fate, spawn};
use crate::sync::mpsc::{self, Receiver, Sender};

/// Row 23: two actors send to each other at once.
///
/// Both mailboxes have room for one letter, and both actors write two before they read.
///
/// Expected: both actors of each pair on `send`, suspect.
pub(crate) mod mailboxes {
    use super::{Fate, Receiver, Sender, mpsc, spawn};

    pub(crate) fn start(fate: Fate) {
        let (to_left, left) = mpsc::channel(1);
        let (to_right, right) = mpsc::channel(1);
        let letters = if fate.leaks() { 2 } else { 1 };
        spawn("actor", act(left, to_right, letters));
        spawn("actor", act(right, to_left, letters));
    }

    async fn act(mut mail: Receiver<u32>, other: Sender<u32>, letters: u32) {
        for letter in 0..letters {
            other.send(letter).await.ok(); // mailboxes: actor
        }
        drop(other);
        while mail.recv().await.is_some() {}
    }
}

/// Row 24: an actor sends to its own mailbox from the handler of a letter.
///
/// Nobody but itself could make room, and it waits for room.
///
/// Expected: all actors on `send`, suspect.
pub(crate) mod own_mailbox {
    use super::{Fate, Receiver, Sender, mpsc, spawn};

    /// A letter that asks for so many follow-ups.
    type Letter = u32;

    pub(crate) fn start(fate: Fate) {
        let (to_self, mail) = mpsc::channel(1);
        to_self.try_send(if fate.leaks() { 2 } else { 1 }).ok();
        spawn("actor", act(mail, to_self));
    }

    async fn act(mut mail: Receiver<Letter>, to_self: Sender<Letter>) {
        while let Some(follow_ups @ 1..) = mail.recv().await {
            for _ in 0..follow_ups {
                to_self.send(0).await.ok(); // own_mailbox: actor
            }
        }
    }
}

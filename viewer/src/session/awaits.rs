//! What the user does with the await trees of a row.

use std::sync::Arc;

use taskscope_proto::model::Frame;

use super::{Effect, Page, Session};
use crate::analyse::{AwaitQuery, Shape, Transform};
use crate::command::Command;

/// How the await trees of the chosen row are looked at.
#[derive(Clone, Debug, Default)]
pub struct Awaits {
    /// What was done to them, in this order.
    pub transforms: Vec<Transform>,
    /// Frames to point out.
    pub search: String,
    /// The search field is to take the keyboard; the view that shows it does so and counts.
    pub search_focus: u64,
    /// The tree or graph is to take the keyboard; likewise. That of the heap counts here, too.
    pub tree_focus: u64,
    /// The frame that has the keyboard.
    pub pointed: Option<Arc<Frame>>,
}

impl Session {
    pub(super) fn await_query(&self) -> AwaitQuery {
        AwaitQuery {
            shape: self.workspace.shape,
            weight: self.workspace.await_weight,
            transforms: self.awaits.transforms.clone(),
            search: self.awaits.search.clone(),
        }
    }

    /// Does what is about await trees; gives back what is not.
    pub(super) fn perform_on_awaits(&mut self, command: Command) -> Result<Vec<Effect>, Command> {
        let asked = match command {
            Command::EnterTree => {
                self.awaits.tree_focus += 1;
                false
            }
            Command::NextShape
            | Command::Invert
            | Command::FindFrame
            | Command::MergeHere
            | Command::LeaveOutHere
            | Command::CopyHere
            | Command::UndoTransform
            | Command::NextMeasure
                if self.page != Page::Groups =>
            {
                false
            }
            Command::FindFrame => {
                self.awaits.search_focus += 1;
                false
            }
            Command::PointAt(frame) => {
                self.awaits.pointed = frame;
                false
            }
            Command::CopyHere => {
                let pointed = self.awaits.pointed.as_ref().map(|frame| frame_text(frame));
                return match pointed {
                    Some(text) => Err(Command::Copy(text)),
                    None => Ok(Vec::new()),
                };
            }
            Command::NextShape => self.show_shape(self.workspace.shape.next()),
            Command::Invert if self.workspace.shape == Shape::Inverted => {
                self.show_shape(Shape::Tree)
            }
            Command::Invert => self.show_shape(Shape::Inverted),
            Command::ShowShape(shape) => self.show_shape(shape),
            Command::NextMeasure => {
                self.workspace.await_weight = self.workspace.await_weight.next();
                true
            }
            Command::WeighAwaits(weight) => {
                self.workspace.await_weight = weight;
                true
            }
            Command::FindFrames(text) => {
                self.awaits.search = text;
                true
            }
            Command::Transform(transform) => self.transform(transform),
            Command::MergeHere => self.transform_here(Transform::Merge),
            Command::LeaveOutHere => self.transform_here(Transform::Without),
            Command::UndoTransform => self.awaits.transforms.pop().is_some(),
            Command::TakeBack(at) => {
                let there = at < self.awaits.transforms.len();
                if there {
                    self.awaits.transforms.remove(at);
                }
                there
            }
            other => return Err(other),
        };
        Ok(if asked { vec![self.asked()] } else { Vec::new() })
    }

    fn show_shape(&mut self, shape: Shape) -> bool {
        self.workspace.shape = shape;
        true
    }

    /// Twice the same changes nothing.
    fn transform(&mut self, transform: Transform) -> bool {
        let new = self.awaits.transforms.last() != Some(&transform);
        if new {
            self.awaits.transforms.push(transform);
            // Who looks so closely does not want another row.
            self.chose_row = true;
        }
        new
    }

    fn transform_here(&mut self, transform: fn(Arc<Frame>) -> Transform) -> bool {
        let shown = self.awaits.pointed.clone().filter(|_| self.selection.is_some());
        let Some(frame) = shown else { return false };
        self.transform(transform(frame))
    }

    /// One thing at a time: the last transform, the search. False: there is none of these.
    pub(super) fn dismiss_on_awaits(&mut self) -> bool {
        if self.selection.is_none() {
            return false;
        }
        let undone = self.awaits.transforms.pop().is_some();
        undone || !std::mem::take(&mut self.awaits.search).is_empty()
    }

    /// Another row has other frames.
    pub(super) fn forget_transforms(&mut self) {
        self.awaits.transforms.clear();
    }
}

/// What to copy of a frame: its source line, or else its name.
pub fn frame_text(frame: &Frame) -> String {
    let place = frame.location.as_ref().map(ToString::to_string);
    place.unwrap_or_else(|| frame.function.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyse::{AwaitWeight, Selection, Value};
    use crate::fixture::frame;
    use crate::screen::Screen;

    fn session() -> Session {
        let values = [Value::Text("a".into())].into();
        let selection = Some(Selection { values, ..Selection::default() });
        Session { selection, ..Session::default() }
    }

    fn crumbs(session: &Session) -> Vec<String> {
        session.awaits.transforms.iter().map(Transform::words).collect()
    }

    #[test]
    fn shapes_and_weights_go_round_and_are_remembered() {
        let mut session = session();
        let screen = Screen::default();
        let mut shape = |command, expected| {
            session.perform(command, &screen);
            assert_eq!(session.query().awaits.shape, expected);
        };
        shape(Command::NextShape, Shape::Inverted);
        shape(Command::Invert, Shape::Tree);
        shape(Command::ShowShape(Shape::Difference), Shape::Difference);
        shape(Command::NextShape, Shape::Tree);
        shape(Command::Invert, Shape::Inverted);
        session.perform(Command::NextMeasure, &screen);
        assert_eq!(session.query().awaits.weight, AwaitWeight::Time);
        let text = session.workspace.to_text().expect("JSON");
        let (read, note) = crate::workspace::Workspace::from_text(&text);
        assert_eq!((read.shape, read.await_weight), (Shape::Inverted, AwaitWeight::Time));
        assert_eq!(note, None);
        session.page = Page::Heap;
        session.perform(Command::NextShape, &screen);
        assert_eq!(session.workspace.shape, Shape::Inverted, "it is not on the screen");
    }

    #[test]
    fn transforms_pile_up_and_are_taken_back_one_by_one_or_from_the_middle() {
        let mut session = session();
        let screen = Screen::default();
        let from = Command::Transform(Transform::From(frame("a:1", true)));
        assert_eq!(session.perform(from.clone(), &screen).len(), 1);
        assert_eq!(session.perform(from, &screen), [], "twice is once");
        assert!(session.chose_row, "no other row is put in its place");
        session.perform(Command::MergeHere, &screen);
        assert_eq!(session.awaits.transforms.len(), 1, "no frame has the keyboard");
        session.perform(Command::PointAt(Some(frame("a:2", true))), &screen);
        session.perform(Command::MergeHere, &screen);
        session.perform(Command::LeaveOutHere, &screen);
        assert_eq!(
            crumbs(&session),
            ["from fn at a:1  a:1", "merged fn at a:2  a:2", "without fn at a:2  a:2"]
        );
        session.perform(Command::TakeBack(1), &screen);
        session.perform(Command::TakeBack(7), &screen);
        assert_eq!(crumbs(&session), ["from fn at a:1  a:1", "without fn at a:2  a:2"]);
        session.perform(Command::UndoTransform, &screen);
        assert_eq!(crumbs(&session), ["from fn at a:1  a:1"]);
        let copied = session.perform(Command::CopyHere, &screen);
        assert_eq!(copied, [Effect::Copy("a:2:1".into())]);
    }

    #[test]
    fn escape_takes_back_a_transform_first_then_the_search_then_the_rest() {
        let mut session = session();
        let screen = Screen::default();
        session.perform(Command::EditFilter("x".into()), &screen);
        session.perform(Command::FindFrames("lock".into()), &screen);
        session.perform(Command::Transform(Transform::UpTo(frame("a:1", true))), &screen);
        let state = |session: &Session| {
            let awaits = &session.awaits;
            (awaits.transforms.len(), awaits.search.len(), session.workspace.filter.len())
        };
        for expected in [(0, 4, 1), (0, 0, 1), (0, 0, 0)] {
            assert_eq!(session.perform(Command::Dismiss, &screen).len(), 1);
            assert_eq!(state(&session), expected);
        }
        session.perform(Command::Transform(Transform::UpTo(frame("a:1", true))), &screen);
        session.perform(Command::Select([Value::Text("b".into())].into()), &screen);
        assert!(session.awaits.transforms.is_empty(), "another row has other frames");
    }
}

//! What one can do with a frame, the same in every shape.

use std::sync::Arc;

use egui::{Response, Ui};
use taskscope_proto::model::Frame;

use super::super::{Look, hint};
use crate::analyse::{AwaitNode, AwaitTree, AwaitWeight, Point, Shape, Transform};
use crate::command::Command;
use crate::session::frame_text;

/// The frame that has the keyboard, if one has.
#[derive(Debug, Default)]
pub(super) struct Pointed(Option<Arc<Frame>>);

impl Pointed {
    /// Looks whether it is this one.
    pub(super) fn see(&mut self, response: &Response, node: &AwaitNode) {
        if response.has_focus() {
            self.0 = Some(node.frame.clone());
        }
    }

    /// Says so, if it is another than before.
    pub(super) fn tell(self, look: &Look<'_>, commands: &mut Vec<Command>) {
        if self.0 != look.session.awaits.pointed {
            commands.push(Command::PointAt(self.0));
        }
    }
}

/// What a click on a frame does: it becomes the root of what is shown.
pub(super) fn focus(frame: &Arc<Frame>, look: &Look<'_>) -> Command {
    let focused = match look.session.workspace.shape {
        Shape::Inverted => Transform::UpTo(frame.clone()),
        _ => Transform::From(frame.clone()),
    };
    // A click on what is the root already leads back to where one came from.
    if look.session.awaits.transforms.last() == Some(&focused) {
        return Command::UndoTransform;
    }
    Command::Transform(focused)
}

/// The menu of a frame: everything that can be done with it.
pub(super) fn menu(response: &Response, frame: &Arc<Frame>, commands: &mut Vec<Command>) {
    response.context_menu(|ui| {
        let mut offer = |ui: &mut Ui, words: &str, about: String, command: Command| {
            if ui.button(words).on_hover_text(about).clicked() {
                commands.push(command);
                ui.close();
            }
        };
        for (words, transform) in [
            ("Look from here inwards", Transform::From(frame.clone())),
            ("Look up to here", Transform::UpTo(frame.clone())),
            (Command::MergeHere.text(), Transform::Merge(frame.clone())),
            (Command::LeaveOutHere.text(), Transform::Without(frame.clone())),
        ] {
            let about = match transform {
                Transform::Merge(_) => hint(&Command::MergeHere),
                Transform::Without(_) => hint(&Command::LeaveOutHere),
                _ => transform.meaning().to_owned(),
            };
            offer(ui, words, about, Command::Transform(transform));
        }
        let copy = Command::Copy(frame_text(frame));
        offer(ui, Command::CopyHere.text(), hint(&Command::CopyHere), copy);
    });
}

/// What there is to know of a frame, a line each.
pub(super) fn about(node: &AwaitNode, tree: &AwaitTree, weight: AwaitWeight) -> String {
    let place = node.frame.location.as_ref().map(ToString::to_string);
    let place = place.unwrap_or_else(|| "no source line".into());
    let mut lines = vec![node.frame.function.to_string(), place, share(node, tree, weight)];
    for (holds, words) in [
        (node.point == Some(Point::Runs), "Tasks run here and block their thread".to_owned()),
        (node.point == Some(Point::Waits), "Tasks wait here: it is their await point".to_owned()),
        (
            node.secondary,
            "Secondary: a deadline, a timer or a shutdown signal beside the real wait".to_owned(),
        ),
        (!node.frame.user, "Library code".to_owned()),
    ] {
        if holds {
            lines.push(words);
        }
    }
    lines.push("Click to look at this alone, right click for more, c copies the line".into());
    lines.join("\n")
}

/// What passes through, and which part of all it is.
pub(super) fn share(node: &AwaitNode, tree: &AwaitTree, weight: AwaitWeight) -> String {
    let percent = node.weight as f64 / tree.weight.max(1) as f64 * 100.0;
    format!("{}, {percent:.1} % of {}", weight.words(node.weight), weight.short(tree.weight))
}

/// What a line says of a frame beside its weight, for those who do not see it.
pub(super) fn words(node: &AwaitNode) -> Vec<String> {
    let place = node.frame.location.as_ref();
    let place = place.map_or("no source line".into(), super::super::place::short);
    let mut words = vec![place, node.frame.function.to_string()];
    words.extend(node.wait_kinds.iter().map(ToString::to_string));
    for (holds, what) in [
        (node.point.is_some(), node.point.unwrap_or_default().words()),
        (node.secondary, "secondary"),
        (!node.frame.user, "library"),
        (node.found, "found"),
    ] {
        if holds {
            words.push(what.to_owned());
        }
    }
    words
}

//! The screen as text: what a screen reader would read.

use std::fmt::Write as _;

use egui_kittest::kittest::{AccessKitNode, NodeT};

/// One line a node that says something: role, name, value, state.
pub(crate) fn print<'t>(root: &impl NodeT<'t>) -> String {
    let mut text = String::new();
    walk(&root.accesskit_node(), 0, &mut text);
    text
}

fn walk(node: &AccessKitNode<'_>, depth: usize, text: &mut String) {
    let role = format!("{:?}", node.role());
    // Runs are the pieces of a text field's value.
    if role == "TextRun" {
        return;
    }
    let label = node.label().unwrap_or_default();
    let value = node.value().unwrap_or_default();
    let says = !label.is_empty() || !value.is_empty();
    if says {
        text.push_str(&"  ".repeat(depth));
        text.push_str(&role);
        for part in [&label, &value] {
            if !part.is_empty() {
                _ = write!(text, " {:?}", part.replace('\u{a0}', " "));
            }
        }
        if node.is_disabled() {
            text.push_str(" disabled");
        }
        if node.is_selected() == Some(true) {
            text.push_str(" selected");
        }
        if node.is_focused() {
            text.push_str(" focused");
        }
        if let Some(toggled) = node.toggled() {
            _ = write!(text, " {toggled:?}");
        }
        text.push('\n');
    }
    for child in node.children() {
        walk(&child, depth + usize::from(says), text);
    }
}

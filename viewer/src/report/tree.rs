//! An await tree as lines of text.
//!
//! A chain stays in one column, from the root future to the leaf; only a fork is indented. Runs
//! of library frames are folded into one line that names the call that led into the library.

use std::fmt::{Display, Write as _};
use std::iter::Peekable;

use taskscope_proto::model::{Frame, Location, Node, Tree};

use super::names;
use super::style::{Style, harmless};

/// Lines of a tree, each after `margin`.
pub(super) fn lines(tree: &Tree, margin: &str, style: Style) -> String {
    let mut out = String::new();
    for TreeLine { margin: before, frame, kind, wait } in tree_lines(tree, margin, style.all_frames)
    {
        let frame: &dyn Display = match kind {
            FrameKind::Point => &style.point(frame),
            FrameKind::Own => &frame,
            FrameKind::Library => &style.dim(frame),
        };
        // Writing to a string cannot fail.
        write!(out, "{before}{frame}").ok();
        if let Some(Wait { kind, aside }) = wait {
            write!(out, " → {}", style.bold(kind)).ok();
            write!(out, "{}", style.dim(if aside { " (aside)" } else { "" })).ok();
        }
        out.push('\n');
    }
    out
}

/// One line of a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TreeLine {
    /// What stands before it, forks included.
    pub(super) margin: String,
    /// Where it is.
    pub(super) frame: String,
    /// Whose code it is.
    pub(super) kind: FrameKind,
    /// What is waited for there.
    pub(super) wait: Option<Wait>,
}

/// Whose code a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FrameKind {
    /// The service's, where the tasks wait.
    Point,
    /// The service's.
    Own,
    /// Of a library, or a run of such.
    Library,
}

/// What is waited for at the end of a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wait {
    /// What.
    pub(super) kind: String,
    /// It is a deadline, a timer or a shutdown signal beside the real wait.
    pub(super) aside: bool,
}

/// The lines of a tree, with nothing in them that a terminal would obey.
pub(super) fn tree_lines(tree: &Tree, margin: &str, all_frames: bool) -> Vec<TreeLine> {
    let mut printer = Printer { tree, all_frames, children: children(tree), out: Vec::new() };
    let roots = printer.children.last().cloned().unwrap_or_default();
    for root in roots {
        printer.chains_from(root, margin);
    }
    printer.out
}

struct Printer<'a> {
    tree: &'a Tree,
    all_frames: bool,
    children: Vec<Vec<usize>>,
    out: Vec<TreeLine>,
}

/// A chain yet to be printed: its first node, and what stands before its first and other lines.
struct Open {
    start: usize,
    first: String,
    rest: String,
}

/// Children of each node, and behind the last node the roots.
fn children(tree: &Tree) -> Vec<Vec<usize>> {
    let count = tree.nodes.len();
    let mut children = vec![Vec::new(); count + 1];
    for (at, node) in tree.nodes.iter().enumerate() {
        let parent = node.parent.map_or(count, |parent| parent as usize);
        if let Some(list) = children.get_mut(parent) {
            list.push(at);
        }
    }
    children
}

impl Printer<'_> {
    fn children_of(&self, at: usize) -> Vec<usize> {
        self.children.get(at).cloned().unwrap_or_default()
    }

    /// Everything below a node. A list instead of recursion: a tree may be thousands deep.
    fn chains_from(&mut self, root: usize, margin: &str) {
        let mut open =
            vec![Open { start: root, first: margin.to_owned(), rest: margin.to_owned() }];
        while let Some(Open { start, first, rest }) = open.pop() {
            let mut chain = vec![start];
            let mut forks = self.children_of(start);
            while let [only] = *forks {
                chain.push(only);
                forks = self.children_of(only);
            }
            self.chain(&chain, &first, &rest);
            let last = forks.len().saturating_sub(1);
            open.extend(forks.into_iter().enumerate().rev().map(|(at, start)| {
                let (elbow, stem) =
                    if at == last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
                Open { start, first: format!("{rest}{elbow}"), rest: format!("{rest}{stem}") }
            }));
        }
    }

    fn chain(&mut self, chain: &[usize], first: &str, rest: &str) {
        let mut margin = first;
        let mut nodes = chain.iter().filter_map(|at| self.tree.nodes.get(*at)).peekable();
        while let Some(node) = nodes.next() {
            let (frame, last) = if node.frame.user || self.all_frames {
                (frame(&node.frame), node)
            } else {
                library(node, &mut nodes)
            };
            let kind = if self.tree.await_point.as_ref() == Some(&node.frame) {
                FrameKind::Point
            } else if node.frame.user {
                FrameKind::Own
            } else {
                FrameKind::Library
            };
            let wait = last
                .wait_kind
                .as_ref()
                .map(|kind| Wait { kind: harmless(&kind.to_string()), aside: last.secondary });
            self.out.push(TreeLine { margin: margin.to_owned(), frame, kind, wait });
            margin = rest;
        }
    }
}

fn frame(frame: &Frame) -> String {
    if frame.user {
        return format!("{}  {}", place(frame, |file| file), harmless(&frame.function));
    }
    let function = harmless(&names::function(&frame.function));
    format!("{}  {function}", place(frame, names::file))
}

/// One line for a run of library frames, which ends where a chain ends; and its last node.
fn library<'n>(
    first: &'n Node,
    nodes: &mut Peekable<impl Iterator<Item = &'n Node>>,
) -> (String, &'n Node) {
    let (mut last, mut more) = (first, 0);
    while last.leaves == 0
        && let Some(next) = nodes.next_if(|next| !next.frame.user)
    {
        last = next;
        more += 1;
    }
    let function = harmless(&names::function(&first.frame.function));
    // The name of an inlined function may lack its path; then the file says whose it is.
    let path = function.split('<').next().unwrap_or_default();
    let place = if path.contains("::") {
        String::new()
    } else {
        format!("{}  ", place(&first.frame, names::file))
    };
    let more = if more == 0 { String::new() } else { format!(" (+{more})") };
    (format!("· {place}{function}{more}"), last)
}

/// `src/main.rs:3:5`, or the address where that is not known.
fn place(frame: &Frame, shorten: impl Fn(&str) -> &str) -> String {
    match &frame.location {
        Some(Location { file, line, column }) => {
            harmless(&format!("{}:{line}:{column}", shorten(file)))
        }
        None => format!("(+{:#x})", frame.offset),
    }
}

#[cfg(test)]
mod tests {
    use taskscope_proto::model::WaitKind;

    use super::*;
    use crate::report::fixture;

    fn plain(tree: &Tree, all_frames: bool) -> String {
        lines(tree, "", Style { coloured: false, all_frames })
    }

    #[test]
    fn a_chain_keeps_its_column_and_folds_libraries() {
        insta::assert_snapshot!(plain(&fixture::chain(WaitKind::MpscSend), false), @r"
        src/main.rs:3:5  demo::main
        src/main.rs:20:9  demo::handle
        src/audit.rs:41:37  demo::audit::log
        · tokio::sync::mpsc::Sender::send (+1) → mpsc_send
        ");
    }

    #[test]
    fn all_frames_are_shown_on_request() {
        insta::assert_snapshot!(plain(&fixture::chain(WaitKind::MpscSend), true), @r"
        src/main.rs:3:5  demo::main
        src/main.rs:20:9  demo::handle
        src/audit.rs:41:37  demo::audit::log
        /lib/mpsc.rs:820:1  tokio::sync::mpsc::Sender::send
        /lib/sem.rs:60:1  tokio::sync::Semaphore::acquire → mpsc_send
        ");
    }

    #[test]
    fn a_fork_is_indented_and_a_timeout_stands_aside() {
        insta::assert_snapshot!(plain(&fixture::fork(), false), @r"
        src/main.rs:3:5  demo::main
        ├─ src/call.rs:7:5  demo::call
        │  ├─ src/call.rs:12:9  demo::left
        │  │  · tokio::sync::Mutex::lock → mutex
        │  └─ src/call.rs:17:9  demo::right → notify
        └─ · tokio::time::Sleep → sleep (aside)
        ");
    }

    #[test]
    fn a_tree_thousands_deep_is_printed() {
        assert_eq!(plain(&fixture::deep(4_000), false).lines().count(), 4_000);
    }

    #[test]
    fn colours_mark_the_await_point() {
        let style = Style { coloured: true, all_frames: false };
        let text = lines(&fixture::chain(WaitKind::MpscSend), "", style);
        assert!(
            text.contains("\u{1b}[1;36msrc/audit.rs:41:37  demo::audit::log\u{1b}[0m"),
            "{text}"
        );
    }
}

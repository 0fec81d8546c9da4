//! Chains to a tree, and the one point of it that says where the task waits.
//!
//! 1. Chains are merged from the root. Frames are the same if their places in the source are.
//! 2. A chain that ends where a part of the task is polled, or in the combinator that holds
//!    tracked children, gives way to the chains of that part or those children.
//! 3. *Secondary* chains are set aside: the deadline of a `timeout`; next to a real wait, timers
//!    and cancellation tokens; next to I/O, one-shot signals of any kind; what its own source
//!    names a shutdown signal; and the other side's reset of an HTTP/2 stream.
//! 4. The await point is the innermost user frame that all other chains share.

use std::sync::Arc;

use taskscope_proto::limits::MAX_TREE_NODES;
use taskscope_proto::model::{Combine, Frame, Node, Tree, WaitKind};

use super::calibrate::RwLockLines;
use super::chain::Chain;
use super::place::Place;
use super::{library, wait_kind};

/// Words that name the end of things in the source that awaits it.
const SHUTDOWN_WORDS: [&str; 6] =
    ["shutdown", "cancel", "graceful", "terminat", "drain", "closing"];

#[derive(Debug)]
struct Leaf {
    chain: Chain,
    kind: WaitKind,
    secondary: bool,
}

/// Builds the tree. `dead` says that no waker is left. Also tells whether the await point lies
/// in a part of the task.
pub(super) fn build(
    captured: &[Vec<Arc<Frame>>],
    rwlock: &RwLockLines,
    dead: bool,
) -> (Tree, bool) {
    let chains = captured.iter().map(|frames| Chain::new(frames)).collect();
    let mut leaves: Vec<Leaf> = without_stand_ins(chains)
        .into_iter()
        .map(|chain| {
            let kind = if dead { WaitKind::Nothing } else { wait_kind::of(&chain, rwlock) };
            Leaf { chain, kind, secondary: false }
        })
        .collect();
    // They come in the order of addresses, which is another one in each copy of the code.
    leaves.sort_by(|a, b| places(&a.chain).cmp(places(&b.chain)));
    mark_secondary(&mut leaves);
    let point = await_point(&leaves);
    // With no point known, what the last poll said of the labels in effect stands.
    let inside_part = point.is_none_or(|at| {
        leaves
            .iter()
            .filter(|leaf| !leaf.secondary)
            .all(|leaf| leaf.chain.parts.first().is_some_and(|part| *part <= at))
    });
    let primary = || leaves.iter().filter(|leaf| !leaf.secondary);
    let await_point = point.and_then(|at| primary().next()?.chain.frames.get(at).cloned());
    let mut wait_kinds: Vec<WaitKind> = primary().map(|leaf| leaf.kind.clone()).collect();
    if leaves.is_empty() {
        let kept = || WaitKind::Other("a waker kept from an earlier poll".into());
        wait_kinds.push(if dead { WaitKind::Nothing } else { kept() });
    }
    wait_kinds.sort();
    wait_kinds.dedup();
    let combine = combine(&leaves);
    (Tree { nodes: merge(&leaves), await_point, wait_kinds, combine }, inside_part)
}

/// Builds the tree of a running task: one chain, which waits for nothing.
pub(super) fn build_running(captured: &[Vec<Arc<Frame>>]) -> Tree {
    let chains = captured.iter().map(|frames| Chain::new(frames));
    // No kind: what blocks a thread is not one of the things that tasks await.
    let leaf = |chain| Leaf { chain, kind: WaitKind::Other("".into()), secondary: false };
    let leaves: Vec<Leaf> = chains.map(leaf).collect();
    let point = await_point(&leaves);
    let await_point = point.and_then(|at| leaves.first()?.chain.frames.get(at).map(Arc::clone));
    let mut nodes = merge(&leaves);
    for node in &mut nodes {
        node.wait_kind = None;
    }
    Tree { nodes, await_point, wait_kinds: Vec::new(), combine: Combine::One }
}

fn same(a: &Frame, b: &Frame) -> bool {
    Place::of(a) == Place::of(b)
}

fn places(chain: &Chain) -> impl Iterator<Item = Place<'_>> {
    chain.frames.iter().map(|frame| Place::of(frame))
}

fn common(a: &[Arc<Frame>], b: &[Arc<Frame>]) -> usize {
    a.iter().zip(b).take_while(|(a, b)| same(a, b)).count()
}

/// Rule 2.
fn without_stand_ins(chains: Vec<Chain>) -> Vec<Chain> {
    let unordered = |frame: &Arc<Frame>| {
        matches!(library::of(frame), Some(("futures-util", file))
            if file.starts_with("stream/futures_unordered/"))
    };
    let replaced = |at: usize, chain: &Chain| {
        let others = || chains.iter().enumerate().filter(|(other, _)| *other != at);
        if chain.frames.is_empty() && others().any(|(_, other)| !other.frames.is_empty()) {
            // The way to a part that the task polls at once; it says nothing the others do not.
            return true;
        }
        if chain.ends_in_part {
            let len = chain.frames.len();
            return others().any(|(_, other)| {
                common(&other.frames, &chain.frames) == len && other.parts.contains(&len)
            });
        }
        let combinator = chain.frames.iter().position(unordered);
        let is_leaf = combinator.filter(|at| {
            chain.frames.iter().skip(*at).all(|f| !f.user)
                && !chain.parts.iter().any(|part| part > at)
        });
        is_leaf.is_some_and(|len| {
            others().any(|(_, other)| {
                common(&other.frames, &chain.frames) >= len
                    && other.parts.iter().any(|part| *part > len)
            })
        })
    };
    let keep: Vec<bool> = chains.iter().enumerate().map(|(at, c)| !replaced(at, c)).collect();
    chains.into_iter().zip(keep).filter_map(|(chain, keep)| keep.then_some(chain)).collect()
}

/// Rule 3.
fn mark_secondary(leaves: &mut [Leaf]) {
    let is_io = |kind: &WaitKind| {
        matches!(kind, WaitKind::IoRead | WaitKind::IoWrite | WaitKind::Accept | WaitKind::Connect)
    };
    let beside_io = leaves.iter().any(|leaf| is_io(&leaf.kind));
    let marks: Vec<(bool, bool)> = leaves
        .iter()
        .map(|leaf| {
            let deadline = is_deadline(&leaf.chain) && leaf.kind == WaitKind::Sleep;
            let signal = match leaf.kind {
                WaitKind::Sleep | WaitKind::Interval | WaitKind::Cancelled => true,
                WaitKind::Notify | WaitKind::Watch | WaitKind::Broadcast | WaitKind::Oneshot => {
                    beside_io || names_shutdown(&leaf.chain)
                }
                _ => is_stream_reset(&leaf.chain),
            };
            (deadline, deadline || signal)
        })
        .collect();
    let real = marks.iter().any(|(_, secondary)| !secondary);
    let other_than_deadlines = marks.iter().any(|(deadline, _)| !deadline);
    for (leaf, (deadline, secondary)) in leaves.iter_mut().zip(marks) {
        leaf.secondary = if real { secondary } else { deadline && other_than_deadlines };
    }
}

fn is_deadline(chain: &Chain) -> bool {
    let is = |file| move |f: &Arc<Frame>| library::of(f) == Some(("tokio", file));
    let timeout = chain.frames.iter().rposition(is("time/timeout.rs"));
    timeout.is_some_and(|at| {
        let below = chain.frames.get(at + 1..).unwrap_or_default();
        !below.iter().any(|frame| frame.user) && below.iter().any(is("time/sleep.rs"))
    })
}

/// Whether the chain is hyper's watch for the end of the stream whose answer it waits for.
fn is_stream_reset(chain: &Chain) -> bool {
    let resets = |frame: &Arc<Frame>| {
        frame.function.contains("poll_reset")
            && matches!(library::of(frame), Some(("h2" | "hyper", _)))
    };
    chain.frames.iter().all(|frame| !frame.user) && chain.frames.iter().any(resets)
}

/// Whether the user's code on the chain speaks of an end. The innermost user frame decides, and
/// the library's function that it awaits.
fn names_shutdown(chain: &Chain) -> bool {
    let user = chain.frames.iter().rposition(|frame| frame.user);
    let from = user.unwrap_or(0);
    chain.frames.iter().skip(from).take(2).any(|frame| {
        let name = frame.function.to_lowercase();
        let file = frame.location.as_ref().map(|l| l.file.to_lowercase()).unwrap_or_default();
        let file = file.rsplit('/').next().unwrap_or_default();
        SHUTDOWN_WORDS.iter().any(|word| name.contains(word) || file.contains(word))
    })
}

/// Rule 4: the index of the await point in every primary chain.
fn await_point(leaves: &[Leaf]) -> Option<usize> {
    let mut primary = leaves.iter().filter(|leaf| !leaf.secondary).map(|leaf| &leaf.chain.frames);
    let first = primary.next()?;
    let shared = primary.map(|frames| common(first, frames)).min().unwrap_or(first.len());
    first.get(..shared)?.iter().rposition(|frame| frame.user)
}

/// `join!` polls its branches through a type that no `select!` uses.
fn combine(leaves: &[Leaf]) -> Combine {
    let primary: Vec<_> = leaves.iter().filter(|leaf| !leaf.secondary).collect();
    if primary.len() < 2 {
        return Combine::One;
    }
    let joins = |leaf: &&Leaf| {
        leaf.chain.frames.iter().any(|frame| match library::of(frame) {
            Some(("tokio", file)) => file == "future/maybe_done.rs",
            Some(("futures-util", file)) => matches!(
                file,
                "future/maybe_done.rs"
                    | "future/try_maybe_done.rs"
                    | "future/join_all.rs"
                    | "future/try_join_all.rs"
                    | "future/join.rs"
                    | "future/try_join.rs"
            ),
            _ => false,
        })
    };
    if primary.iter().all(joins) { Combine::AllOf } else { Combine::AnyOf }
}

/// Rule 1.
fn merge(leaves: &[Leaf]) -> Vec<Node> {
    let mut nodes: Vec<Node> = Vec::new();
    for leaf in leaves {
        let mut parent: Option<u32> = None;
        for frame in &leaf.chain.frames {
            let known =
                nodes.iter().position(|node| node.parent == parent && same(&node.frame, frame));
            let at = match known {
                Some(at) => at,
                None if nodes.len() >= MAX_TREE_NODES => break,
                None => {
                    nodes.push(Node {
                        frame: Arc::clone(frame),
                        parent,
                        leaves: 0,
                        wait_kind: None,
                        secondary: true,
                    });
                    nodes.len() - 1
                }
            };
            if let Some(node) = nodes.get_mut(at) {
                node.secondary &= leaf.secondary;
            }
            parent = u32::try_from(at).ok();
        }
        if let Some(node) = parent.and_then(|at| nodes.get_mut(at as usize)) {
            node.leaves += 1;
            node.wait_kind.get_or_insert_with(|| leaf.kind.clone());
        }
    }
    nodes
}

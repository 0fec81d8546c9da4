//! From raw addresses to await trees: frames, wait kinds, await points.
//!
//! Runs on the agent's own threads, never on the service's: reading debug information takes
//! milliseconds. Each address is looked up once.

mod await_point;
mod calibrate;
mod chain;
mod debug_info;
mod library;
mod modules;
mod names;
mod place;
mod resolver;
mod user_code;
mod wait_kind;

use std::collections::HashMap;
use std::sync::Arc;

use rustc_hash::FxBuildHasher;
use taskscope_proto::model::Tree;

use crate::task::capture::RawTree;
pub(crate) use debug_info::of_this_build as debug_info_of_this_build;
use place::ByPlace;
use resolver::Resolver;
pub(crate) use user_code::UserCode;

/// What a tree costs in the tables.
const TABLE_BYTES: usize = 128;

/// A tree with what the agent needs besides.
#[derive(Debug)]
pub(crate) struct Resolved {
    pub(crate) tree: Arc<Tree>,
    /// Equal for trees with the same places; counts from 1.
    pub(crate) number: u32,
    /// Whether the await point lies inside of a part, so that the part's labels are in effect.
    pub(crate) inside_part: bool,
}

/// Turns raw trees into trees, each once.
#[derive(Debug)]
pub(crate) struct Symbols {
    resolver: Resolver,
    /// Found out when the first tree is asked for.
    rwlock: Option<calibrate::RwLockLines>,
    trees: HashMap<(u32, bool), Arc<Resolved>, FxBuildHasher>,
    /// Trees by content: different addresses may stand for the same places.
    distinct: HashMap<ByPlace, u32, FxBuildHasher>,
    stacks: Stacks,
    /// What the trees take up, roughly.
    bytes: usize,
}

/// Stacks of running tasks. A task that computes is somewhere else at every look, so there is no
/// end to them: those known are forgotten all together when there are many.
#[derive(Debug, Default)]
struct Stacks {
    known: HashMap<u32, Arc<Resolved>, FxBuildHasher>,
    distinct: HashMap<ByPlace, u32, FxBuildHasher>,
    last: u32,
}

/// Stacks of running tasks that are known at a time.
const MAX_STACKS: usize = 10_000;
/// Numbers of their trees count from here.
const FIRST_STACK: u32 = 1 << 31;

impl Symbols {
    /// Nothing is read yet: that begins with the first tree that is asked for.
    pub(crate) fn new(user_code: UserCode) -> Self {
        Self {
            resolver: Resolver::new(user_code),
            rwlock: None,
            trees: HashMap::default(),
            distinct: HashMap::default(),
            stacks: Stacks::default(),
            bytes: 0,
        }
    }

    /// The tree of a running task's stack, which has this number.
    pub(crate) fn stack(&mut self, number: u32, raw: &RawTree) -> Arc<Resolved> {
        if let Some(known) = self.stacks.known.get(&number) {
            return Arc::clone(known);
        }
        if self.stacks.known.len() >= MAX_STACKS {
            self.stacks.known.clear();
            self.stacks.distinct.clear();
        }
        let chains: Vec<_> =
            raw.chains.iter().map(|addresses| self.resolver.chain(addresses)).collect();
        let tree = Arc::new(await_point::build_running(&chains));
        let Stacks { known, distinct, last } = &mut self.stacks;
        let number_of_tree = *distinct.entry(ByPlace(Arc::clone(&tree))).or_insert_with(|| {
            *last = (*last + 1) % FIRST_STACK;
            FIRST_STACK | *last
        });
        // The labels that came with the stack are those of where it is.
        let resolved = Resolved { tree, number: number_of_tree, inside_part: true };
        Arc::clone(known.entry(number).or_insert_with(|| Arc::new(resolved)))
    }

    /// The stack of an allocation, innermost return address first. Not kept.
    pub(crate) fn allocation(&mut self, frames: &[usize]) -> Arc<Tree> {
        let mut chain = self.resolver.chain(frames);
        chain.truncate(chain::before_allocator(&chain));
        Arc::new(await_point::build_running(&[chain]))
    }

    /// What trees and frames take up, roughly. Not in it: the debug information itself.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes + self.resolver.bytes()
    }

    /// The tree with this number. `dead` says that no waker of the task is left.
    pub(crate) fn tree(&mut self, number: u32, dead: bool) -> Option<Arc<Resolved>> {
        if let Some(known) = self.trees.get(&(number, dead)) {
            return Some(Arc::clone(known));
        }
        let raw = RawTree::get(number)?;
        let rwlock = self.rwlock.get_or_insert_with(|| calibrate::rwlock(&mut self.resolver));
        let chains: Vec<_> =
            raw.chains.iter().map(|addresses| self.resolver.chain(addresses)).collect();
        let (tree, inside_part) = await_point::build(&chains, rwlock, dead);
        let tree = Arc::new(tree);
        let next = u32::try_from(self.distinct.len()).unwrap_or(u32::MAX).saturating_add(1);
        self.bytes += size_of::<Tree>() + size_of_val(tree.nodes.as_slice()) + TABLE_BYTES;
        let number_of_tree = *self.distinct.entry(ByPlace(Arc::clone(&tree))).or_insert(next);
        let resolved = Arc::new(Resolved { tree, number: number_of_tree, inside_part });
        self.trees.insert((number, dead), Arc::clone(&resolved));
        Some(resolved)
    }
}

//! The collections of the heap, by themselves. Their races are in `tests/loom`.

mod live;
mod sites;

//! Stands in where stacks cannot be walked along frame pointers.

/// Nothing to do.
pub(super) fn prepare() {}

/// Never possible here.
pub(super) fn walk(_top: usize, _visit: &mut impl FnMut(usize) -> bool) -> Option<bool> {
    None
}

/// Never known here.
pub(super) fn end() -> Option<usize> {
    None
}

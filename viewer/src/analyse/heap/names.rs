//! Short names of frames, for cells that have room for a word or two.

use taskscope_proto::model::Frame;

/// The end of a function's path and its source line: `Cache::insert cache.rs:41`. Where debug
/// information has only short names for inlined functions, the line alone.
pub fn frame_label(frame: &Frame) -> String {
    let name = short_name(&frame.function);
    let line = frame.location.as_ref().map(|place| {
        let file = place.file.rsplit('/').next().unwrap_or_default();
        format!("{file}:{}", place.line)
    });
    match (name.is_empty(), line) {
        (false, Some(line)) => format!("{name}  {line}"),
        (false, None) => name,
        (true, Some(line)) => line,
        (true, None) => frame.function.to_string(),
    }
}

/// The last two steps of a path, without generics and without what the compiler adds.
fn short_name(function: &str) -> String {
    let plain = without_generics(function);
    let steps = plain.split("::").filter(|step| !step.is_empty() && !step.starts_with('{'));
    let steps: Vec<&str> = steps.collect();
    steps.get(steps.len().saturating_sub(2)..).unwrap_or_default().join("::")
}

/// `<Vec<T> as Extend<U>>::extend` becomes `Vec::extend`, `a::b<C>::d` becomes `a::b::d`.
fn without_generics(function: &str) -> String {
    let mut rest = function;
    let mut plain = String::new();
    if let Some(inner) = function.strip_prefix('<')
        && let Some(end) = closing(inner)
    {
        let (own, after) = inner.split_at(end);
        let own = own.split(" as ").next().unwrap_or_default();
        plain = without_generics(own.trim_start_matches('&'));
        rest = after.get(1..).unwrap_or_default();
    }
    let mut depth = 0u32;
    let mut before = ' ';
    for sign in rest.chars() {
        match sign {
            '<' => depth += 1,
            // Not the end of `Fn() -> T`.
            '>' if before == '-' => {}
            '>' => depth = depth.saturating_sub(1),
            _ if depth == 0 => plain.push(sign),
            _ => {}
        }
        before = sign;
    }
    plain
}

/// Where the bracket closes that was opened before this text.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 1;
    let mut before = ' ';
    for (at, sign) in text.char_indices() {
        match sign {
            '<' => depth += 1,
            '>' if before != '-' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(at);
        }
        before = sign;
    }
    None
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::fixture;

    #[test]
    fn names_are_as_short_as_they_can_be_and_still_say_something() {
        for (function, expected) in [
            ("checkout::cache::Cache::insert", "Cache::insert  cache.rs:41"),
            ("checkout::cache::insert::{closure#0}", "cache::insert  cache.rs:41"),
            ("{async_fn#0}", "cache.rs:41"),
            ("alloc::vec::Vec<T,A>::with_capacity", "Vec::with_capacity  cache.rs:41"),
            ("<alloc::vec::Vec<T> as core::iter::Extend<U>>::extend", "Vec::extend  cache.rs:41"),
            ("<F as FnOnce<()>>::call_once", "F::call_once  cache.rs:41"),
            ("a::b<fn() -> Vec<u8>>::c", "b::c  cache.rs:41"),
            ("main", "main  cache.rs:41"),
            ("<broken", "cache.rs:41"),
        ] {
            let mut frame = Arc::unwrap_or_clone(fixture::frame("src/cache.rs:41", true));
            frame.function = function.into();
            assert_eq!(frame_label(&frame), expected);
        }
        let mut frame = Arc::unwrap_or_clone(fixture::frame("a:1", true));
        (frame.location, frame.function) = (None, "{closure}".into());
        assert_eq!(frame_label(&frame), "{closure}");
    }
}

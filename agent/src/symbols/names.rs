//! Names of functions, for people.

/// The readable form of a symbol, without the hash at its end.
pub(super) fn demangle(symbol: &str) -> String {
    format!("{:#}", rustc_demangle::demangle(symbol))
}

/// Without what every async function and closure has at its end and nobody looks for:
/// `shop::cart::load::{async_fn#0}` reads `shop::cart::load`. A name that is nothing else (that
/// of an inlined frame with line tables only) is kept: it is all there is.
pub(super) fn tidy(name: &str) -> String {
    let mut short = without_hash(name);
    while let Some((head, tail)) = short.rsplit_once("::")
        && (tail.starts_with('{') && tail.ends_with('}'))
    {
        short = head;
    }
    short.to_owned()
}

fn without_hash(name: &str) -> &str {
    match name.rsplit_once("::h") {
        Some((head, hash)) if hash.len() == 16 && hash.bytes().all(|b| b.is_ascii_hexdigit()) => {
            head
        }
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lose_what_the_compiler_added() {
        let check = |name: &str, expected: &str| assert_eq!(tidy(name), expected, "{name}");
        check("shop::cart::load::{async_fn#0}", "shop::cart::load");
        check("shop::cart::load::{{closure}}::{{closure}}", "shop::cart::load");
        check("shop::main::{{closure}}::h0123456789abcdef", "shop::main");
        check("{async_fn#0}", "{async_fn#0}");
        check("<T as core::future::Future>::poll", "<T as core::future::Future>::poll");
    }
}

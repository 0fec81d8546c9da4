//! Whether a window can be opened here.

/// On systems where a window needs a display server: whether one is announced.
pub(super) fn is_there() -> bool {
    let needs_server = cfg!(all(unix, not(target_os = "macos")));
    !needs_server || announced(|name| std::env::var_os(name).is_some_and(|it| !it.is_empty()))
}

fn announced(is_set: impl Fn(&str) -> bool) -> bool {
    is_set("DISPLAY") || is_set("WAYLAND_DISPLAY")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn either_kind_of_server_is_a_display() {
        assert!(announced(|name| name == "DISPLAY"));
        assert!(announced(|name| name == "WAYLAND_DISPLAY"));
        assert!(!announced(|_| false));
    }
}

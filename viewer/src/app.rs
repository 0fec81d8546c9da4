//! The window.

/// Opens the window, following `target` if there is one, and returns when it is closed.
///
/// # Errors
///
/// No window can be opened here.
pub fn run(_target: Option<String>) -> anyhow::Result<()> {
    anyhow::bail!("this build has no window yet: use `taskscope dump`")
}

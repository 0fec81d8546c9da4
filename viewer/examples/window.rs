//! Only the window, on the address given or on none.

fn main() -> anyhow::Result<()> {
    taskscope_viewer::app::run(std::env::args().nth(1))
}

//! dial9 as its documentation has it, with the task's own wakes: writes to a folder for the
//! system's temporary files, at most 64 MiB.
//!
//! Needs `--cfg tokio_unstable`.

use dial9::{Dial9HandleTokioExt, DiskBuffer, TokioAttachOptions};
use taskscope_peers::{Spawn, main as measure};

struct Recorded;

impl Spawn for Recorded {
    fn spawn<F: Future<Output = ()> + Send + 'static>(
        &self,
        future: F,
    ) -> impl Future + Send + Unpin + 'static {
        dial9::spawn(future)
    }
}

fn main() {
    let folder = std::env::temp_dir().join(format!("taskscope-peers-dial9-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder for the trace");
    let writer = DiskBuffer::builder()
        .base_path(&folder)
        .max_file_size(16 * 1024 * 1024)
        .max_total_size(64 * 1024 * 1024)
        .build();
    let recorder = dial9::recorder(writer.expect("a place for the trace")).build();
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all();
    let options = TokioAttachOptions::builder().task_tracking_enabled(true).build();
    let runtime = recorder.handle().attach_tokio_runtime(builder, options).expect("a runtime");
    measure("dial9 0.5.7", &runtime, Recorded);
    drop(runtime);
    drop(recorder);
    drop(std::fs::remove_dir_all(&folder));
}

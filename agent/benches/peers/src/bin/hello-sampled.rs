//! The servers of `hello` with the allocator that samples.

use std::alloc::System;

use taskscope::alloc::TaskAlloc;

#[path = "hello.rs"]
mod hello;

#[global_allocator]
static ALLOCATOR: TaskAlloc<System> = TaskAlloc::new(System);

fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    hello::main()
}

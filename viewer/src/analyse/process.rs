//! Of which process something is, where the profiles of several stand together.
//!
//! A profile of many is made by `fleet`. Its groups, origins and sites have the label [`PROCESS`],
//! and their numbers begin with that of the process's run, so that no two are ever the same.

/// The label that says of which process a group is. Only a profile of many has it by itself.
pub const PROCESS: &str = "process";
/// What a label of that name is called in a profile of many if a service has one of its own.
pub const OWN_PROCESS: &str = "process (own)";
/// Numbers of groups, tasks and so on take up so many bits; above them stands the run.
pub const NUMBER_BITS: u32 = 48;

/// A task's number as its own process counts.
pub fn task_number(id: u64) -> u64 {
    id & ((1 << NUMBER_BITS) - 1)
}

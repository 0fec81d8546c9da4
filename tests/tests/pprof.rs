//! `taskscope heap` writes what pprof itself reads.

use std::path::Path;
use std::process::{Command, Stdio};

use taskscope_tests::example::Example;
use taskscope_tests::programs;
use taskscope_tests::wait::until;

/// Runs `go tool pprof` on the file, and returns what it prints.
fn pprof(file: &Path, arguments: &[&str]) -> Result<String, String> {
    let mut command = Command::new("go");
    command.args(["tool", "pprof", "-symbolize=none"]).args(arguments).arg(file);
    let output = command.stdin(Stdio::null()).output();
    let output = output.unwrap_or_else(|error| panic!("cannot start go (golang-go): {error}"));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        Ok(text)
    } else {
        Err(format!("{}: {text}{}", output.status, String::from_utf8_lossy(&output.stderr)))
    }
}

/// The cumulative bytes of a function in what `-top` printed.
fn cumulative(top: &str, function: &str) -> Option<u64> {
    let line = top.lines().find(|line| line.trim_end().ends_with(function))?;
    line.split_whitespace().nth(3)?.strip_suffix('B')?.parse().ok()
}

#[test]
fn pprof_reads_the_heap_and_finds_the_leak_by_its_label() {
    let example = Example::start("growing_cache");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("heap.pb.gz");
    let look = |arguments: &[&str]| {
        let all = [&["-top", "-unit=b", "-nodecount=0", "-nodefraction=0"], arguments].concat();
        pprof(&file, &all)
    };
    let heap = |index: &str, focus: &str| -> Result<u64, String> {
        let index = format!("-sample_index={index}");
        let focus = format!("-tagfocus={focus}");
        let top = look(&[&index, &focus])?;
        cumulative(&top, "growing_cache::render").ok_or(top)
    };
    until("the leak in pprof", || {
        let mut command = programs::taskscope();
        command.args(["heap", example.address(), "-o"]).arg(&file).stdin(Stdio::null());
        let output = command.output().map_err(|error| error.to_string())?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned());
        }
        let live = heap("inuse_space", "tenant=t17")?;
        let left = heap("inuse_space", "outlived=true")?;
        let allocated = heap("alloc_space", "tenant=t17")?;
        let whole = heap("inuse_space", "task=search")?;
        let leaks = live > 30 << 20 && left >= live && allocated >= live;
        // One tenant of fifty has nearly all of it.
        if leaks && live * 10 > whole * 8 {
            Ok(())
        } else {
            Err(format!("live {live}, outlived {left}, allocated {allocated}, all {whole}"))
        }
    });
    let types = pprof(&file, &["-raw"]).unwrap();
    let order = "alloc_objects/count alloc_space/bytes inuse_objects/count inuse_space/bytes";
    assert!(types.contains(order), "{types}");
}

#[test]
fn a_service_without_the_allocator_is_told_what_to_add() {
    let example = Example::start("stuck_mutex");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("heap.pb.gz");
    let mut command = programs::taskscope();
    command.args(["heap", example.address(), "-o"]).arg(&file).stdin(Stdio::null());
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("#[global_allocator]"), "{said}");
    assert!(!file.exists());
}

//! Memory of this process: what it takes up, and what it may.
//!
//! The limit is that of a control group, version 2 or 1: of the process's own or of one around it,
//! whichever is the lowest. In a container the path that the kernel gives may lead nowhere; then
//! what is mounted at the top is the container's own group.

use std::fs::read_to_string;
use std::path::{Path, PathBuf};

/// Where control groups are mounted.
const CGROUPS: &str = "/sys/fs/cgroup";
/// Version 1 says "no limit" by a number that no machine has.
const NO_LIMIT: u64 = 1 << 60;
/// Groups around one another that are looked at.
const MAX_DEPTH: usize = 32;

/// Resident bytes; `None` where the system does not say.
#[cfg(target_os = "linux")]
pub(super) fn rss_bytes() -> Option<u64> {
    let statm = read_to_string("/proc/self/status").ok()?;
    let line = statm.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kib.checked_mul(1024)
}

/// Resident bytes; `None` where the system does not say.
#[cfg(not(target_os = "linux"))]
pub(super) fn rss_bytes() -> Option<u64> {
    None
}

/// What a control group says of memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Cgroup {
    /// `None`: no limit, or none that is known.
    pub(super) limit: Option<u64>,
    /// What the group with that limit uses, or the process's own where there is none.
    pub(super) current: Option<u64>,
}

/// How much memory is in use, and of how much.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct MemoryUse {
    /// Of this process.
    pub(crate) rss_bytes: Option<u64>,
    /// What its control group may use, and does.
    pub(crate) limit: Option<u64>,
    pub(crate) current: Option<u64>,
}

/// Reads it: some tens of microseconds.
pub(crate) fn memory_use() -> MemoryUse {
    let Cgroup { limit, current } = cgroup();
    MemoryUse { rss_bytes: rss_bytes(), limit, current }
}

/// The control group of this process.
pub(super) fn cgroup() -> Cgroup {
    let Ok(own) = read_to_string("/proc/self/cgroup") else { return Cgroup::default() };
    cgroup_in(Path::new(CGROUPS), &own)
}

/// What the files under `mount` say of the groups that `own`, as in `/proc/self/cgroup`, names.
fn cgroup_in(mount: &Path, own: &str) -> Cgroup {
    let lines = || own.lines().filter_map(|line| line.split_once(':')?.1.split_once(':'));
    let memory = lines().find(|(controllers, _)| controllers.split(',').any(|c| c == "memory"));
    let version_1 = memory.map(|(_, path)| {
        let names = ["memory.limit_in_bytes", "memory.usage_in_bytes"];
        tightest(&mount.join("memory"), path, names)
    });
    let version_2 = lines().find(|(controllers, _)| controllers.is_empty()).map(|(_, path)| {
        let names = ["memory.max", "memory.current"];
        tightest(mount, path, names)
    });
    let found = [version_1, version_2].into_iter().flatten();
    found
        .max_by_key(|cgroup| (cgroup.limit.is_some(), cgroup.current.is_some()))
        .unwrap_or_default()
}

/// Looks at a group and all those around it.
fn tightest(root: &Path, path: &str, [limit, current]: [&str; 2]) -> Cgroup {
    let number = |folder: &Path, file: &str| -> Option<u64> {
        read_to_string(folder.join(file)).ok()?.trim().parse().ok()
    };
    let below = path.trim_matches('/');
    let leads_out = below.split('/').any(|part| part == "..");
    let own: PathBuf = if leads_out { root.to_owned() } else { root.join(below) };
    let mut tightest = Cgroup::default();
    let mut nearest = None;
    for folder in own.ancestors().take_while(|folder| folder.starts_with(root)).take(MAX_DEPTH) {
        let uses = number(folder, current);
        nearest = nearest.or(uses);
        let may = number(folder, limit).filter(|limit| *limit < NO_LIMIT);
        if may.is_some_and(|may| tightest.limit.is_none_or(|known| may < known)) {
            tightest = Cgroup { limit: may, current: uses };
        }
    }
    if tightest.limit.is_none() { Cgroup { limit: None, current: nearest } } else { tightest }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_takes_up_some_memory() {
        assert!(rss_bytes().unwrap() > 100_000);
    }

    /// Control groups made of files.
    fn check(files: &[(&str, &str)], own: &str, limit: Option<u64>, current: Option<u64>) {
        let mount = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = mount.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        assert_eq!(cgroup_in(mount.path(), own), Cgroup { limit, current }, "{own:?}");
    }

    #[test]
    fn the_lowest_limit_counts_of_the_group_or_those_around_it() {
        let files = [
            ("a/memory.max", "1000\n"),
            ("a/memory.current", "700\n"),
            ("a/b/memory.max", "max\n"),
            ("a/b/memory.current", "300\n"),
            ("a/c/memory.max", "500\n"),
            ("a/c/memory.current", "40\n"),
            ("d/memory.max", "max\n"),
            ("d/memory.current", "9\n"),
        ];
        check(&files, "0::/a/b\n", Some(1_000), Some(700));
        check(&files, "0::/a/c\n", Some(500), Some(40));
        check(&files, "0::/d\n", None, Some(9));
        check(&files, "", None, None);
        check(&[], "0::/a\n", None, None);
    }

    #[test]
    fn in_a_container_the_mounted_group_is_the_own_one() {
        let files = [("memory.max", "4096\n"), ("memory.current", "1024\n")];
        for own in ["0::/\n", "0::/../../kubepods/pod1\n", "0::/docker/1f2e\n"] {
            check(&files, own, Some(4_096), Some(1_024));
        }
    }

    #[test]
    fn version_1_has_files_and_a_number_for_no_limit_of_its_own() {
        let no_limit = ("memory/x/memory.limit_in_bytes", "9223372036854771712\n");
        let limit = ("memory/x/memory.limit_in_bytes", "2048\n");
        let usage = ("memory/x/memory.usage_in_bytes", "77\n");
        let own = "12:cpu,cpuacct:/x\n5:memory:/x\n0::/\n";
        check(&[limit, usage], own, Some(2_048), Some(77));
        check(&[no_limit, usage], own, None, Some(77));
    }
}

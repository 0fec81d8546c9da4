//! The executable and the shared libraries of this process, and where they are in memory.

#[cfg(all(unix, not(target_vendor = "apple"), not(miri)))]
pub(super) use elf::list;

use std::ops::Range;
use std::sync::Arc;

use taskscope_proto::model::Module;

/// A module in memory.
#[derive(Clone, Debug)]
pub(super) struct Loaded {
    pub(super) module: Arc<Module>,
    /// What to take away from an address to get the one in the file.
    pub(super) bias: usize,
    pub(super) ranges: Vec<Range<usize>>,
}

#[cfg(not(all(unix, not(target_vendor = "apple"), not(miri))))]
pub(super) fn list() -> Vec<Loaded> {
    Vec::new()
}

#[cfg(all(unix, not(target_vendor = "apple"), not(miri)))]
mod elf {
    #![expect(unsafe_code, reason = "the loader's list is a C callback over C structs")]

    use std::ffi::{CStr, c_int, c_void};
    use std::fmt::Write as _;
    use std::sync::Arc;

    use taskscope_proto::model::Module;

    use super::Loaded;

    /// Asks the dynamic loader.
    pub(in super::super) fn list() -> Vec<Loaded> {
        let mut found: Vec<Loaded> = Vec::new();
        // SAFETY: `visit` is called before this returns, with the pointer given here.
        unsafe { libc::dl_iterate_phdr(Some(visit), (&raw mut found).cast()) };
        found
    }

    unsafe extern "C" fn visit(
        info: *mut libc::dl_phdr_info,
        _size: usize,
        found: *mut c_void,
    ) -> c_int {
        // SAFETY: the loader gives a valid entry; `found` is the vector of `list`.
        let (info, found) = unsafe { (&*info, &mut *found.cast::<Vec<Loaded>>()) };
        let bias = usize::try_from(info.dlpi_addr).unwrap_or(0);
        let path = match path_of(info) {
            Some(path) => path,
            // The first entry is the executable; it goes without a name.
            None if found.is_empty() => std::env::current_exe()
                .map(|path| path.to_string_lossy().into_owned())
                .unwrap_or_default(),
            None => String::new(),
        };
        let (mut ranges, mut build_id) = (Vec::new(), String::new());
        // SAFETY: the loader's table has this many entries; it may be absent if it has none.
        let headers = unsafe {
            if info.dlpi_phdr.is_null() {
                &[][..]
            } else {
                std::slice::from_raw_parts(info.dlpi_phdr, usize::from(info.dlpi_phnum))
            }
        };
        for header in headers {
            let start = bias.wrapping_add(usize::try_from(header.p_vaddr).unwrap_or(0));
            let size = usize::try_from(header.p_memsz).unwrap_or(0);
            let Some(end) = start.checked_add(size) else { continue };
            match header.p_type {
                libc::PT_LOAD => ranges.push(start..end),
                libc::PT_NOTE if build_id.is_empty() => {
                    // SAFETY: a note segment of a loaded module is mapped and readable.
                    let notes = unsafe { std::slice::from_raw_parts(start as *const u8, size) };
                    build_id = gnu_build_id(notes).unwrap_or_default();
                }
                _ => {}
            }
        }
        let module = Module { path: path.into(), build_id: build_id.into() };
        found.push(Loaded { module: Arc::new(module), bias, ranges });
        0
    }

    fn path_of(info: &libc::dl_phdr_info) -> Option<String> {
        if info.dlpi_name.is_null() {
            return None;
        }
        // SAFETY: the loader's names end with a zero.
        let name = unsafe { CStr::from_ptr(info.dlpi_name) };
        let name = name.to_string_lossy();
        (!name.is_empty()).then(|| name.into_owned())
    }

    /// The build id among the notes, in hex.
    pub(super) fn gnu_build_id(mut notes: &[u8]) -> Option<String> {
        const NT_GNU_BUILD_ID: u32 = 3;
        let word = |bytes: &[u8], at: usize| -> Option<u32> {
            Some(u32::from_ne_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
        };
        loop {
            let name_size = word(notes, 0)? as usize;
            let size = word(notes, 4)? as usize;
            let kind = word(notes, 8)?;
            let name_end = 12_usize.checked_add(name_size)?;
            let start = name_end.checked_next_multiple_of(4)?;
            let end = start.checked_add(size)?;
            let name = notes.get(12..name_end)?;
            let content = notes.get(start..end)?;
            if kind == NT_GNU_BUILD_ID && name == b"GNU\0" {
                let mut hex = String::with_capacity(2 * size);
                for byte in content {
                    write!(hex, "{byte:02x}").ok()?;
                }
                return Some(hex);
            }
            notes = notes.get(end.checked_next_multiple_of(4)?..)?;
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn a_build_id_is_found_behind_other_notes_and_garbage_is_none() {
            let mut notes = Vec::new();
            for (kind, content) in [(1_u32, &[9_u8, 9][..]), (3, &[0xab, 0xcd, 1, 2])] {
                notes.extend(4_u32.to_ne_bytes());
                notes.extend(u32::try_from(content.len()).unwrap().to_ne_bytes());
                notes.extend(kind.to_ne_bytes());
                notes.extend(b"GNU\0");
                notes.extend(content);
                notes.resize(notes.len().next_multiple_of(4), 0);
            }
            assert_eq!(gnu_build_id(&notes).as_deref(), Some("abcd0102"));
            assert_eq!(gnu_build_id(&notes[..17]), None);
            assert_eq!(gnu_build_id(&[0xff; 64]), None);
        }

        #[test]
        fn this_function_lies_in_the_executable() {
            let here = list as *const () as usize;
            let modules = list();
            let exe = modules.iter().find(|m| m.ranges.iter().any(|r| r.contains(&here))).unwrap();
            assert_eq!(std::path::Path::new(&*exe.module.path), std::env::current_exe().unwrap());
        }
    }
}

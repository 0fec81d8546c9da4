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
    use std::ops::Range;
    use std::ptr::NonNull;
    use std::sync::Arc;

    use taskscope_proto::model::Module;

    use super::Loaded;

    /// The longest build id that linkers make is of 20 bytes.
    const MAX_ID: usize = 64;
    const MOST_TIMES: usize = 8;

    /// Asks the dynamic loader.
    ///
    /// Nothing is allocated while its lock is held: where memory has run out, an allocation that
    /// fails waits for whoever prints a backtrace of another one, and that one waits for the
    /// loader's lock. So it is asked until all has room, twice if nothing is loaded meanwhile.
    pub(in super::super) fn list() -> Vec<Loaded> {
        let mut room = Room::default();
        // Whoever loads modules without end gets a list without the latest.
        (0..MOST_TIMES).any(|_| room.ask());
        room.modules()
    }

    /// A module as the loader tells of it; names and ranges lie with those of the others.
    struct Found {
        bias: usize,
        name: Range<usize>,
        ranges: Range<usize>,
        id: [u8; MAX_ID],
        id_bytes: usize,
    }

    /// What the loader tells, and what there is room for.
    #[derive(Default)]
    struct Room {
        found: Vec<Found>,
        names: Vec<u8>,
        ranges: Vec<Range<usize>>,
        /// How many of each there are, whether they had room or not.
        all: [usize; 3],
    }

    impl Room {
        /// Whether all had room; if not, it will have next time.
        fn ask(&mut self) -> bool {
            self.found.clear();
            self.names.clear();
            self.ranges.clear();
            self.all = [0; 3];
            // SAFETY: `visit` is called before this returns, with the pointer given here.
            unsafe { libc::dl_iterate_phdr(Some(visit), (&raw mut *self).cast()) };
            let [found, names, ranges] = self.all;
            let fits = [self.found.len(), self.names.len(), self.ranges.len()] == self.all;
            if !fits {
                self.found.reserve(found);
                self.names.reserve(names);
                self.ranges.reserve(ranges);
            }
            fits
        }

        /// Takes note of a module, without allocating.
        fn add(&mut self, info: &libc::dl_phdr_info) {
            // SAFETY: the loader's names end with a zero, and its table has this many entries. Each
            // may be absent.
            let (name, headers) = unsafe {
                let (name, headers) = (info.dlpi_name, info.dlpi_phdr);
                let count = if headers.is_null() { 0 } else { usize::from(info.dlpi_phnum) };
                let headers = if count == 0 { NonNull::dangling().as_ptr() } else { headers };
                (
                    if name.is_null() { &[][..] } else { CStr::from_ptr(name).to_bytes() },
                    std::slice::from_raw_parts(headers, count),
                )
            };
            let bias = usize::try_from(info.dlpi_addr).unwrap_or(0);
            let (name_from, range_from) = (self.names.len(), self.ranges.len());
            let [all, all_names, all_ranges] = &mut self.all;
            *all += 1;
            *all_names += name.len();
            if name.len() <= self.names.capacity() - name_from {
                self.names.extend_from_slice(name);
            }
            let (mut id, mut id_bytes) = ([0; MAX_ID], 0);
            for header in headers {
                let start = bias.wrapping_add(usize::try_from(header.p_vaddr).unwrap_or(0));
                let size = usize::try_from(header.p_memsz).unwrap_or(0);
                let Some(end) = start.checked_add(size) else { continue };
                match header.p_type {
                    libc::PT_LOAD => {
                        *all_ranges += 1;
                        if self.ranges.len() < self.ranges.capacity() {
                            self.ranges.push(start..end);
                        }
                    }
                    libc::PT_NOTE if id_bytes == 0 => {
                        // SAFETY: a note segment of a loaded module is mapped and readable.
                        let notes = unsafe { std::slice::from_raw_parts(start as *const u8, size) };
                        let found = gnu_build_id(notes).unwrap_or_default();
                        if let Some(room) = id.get_mut(..found.len()) {
                            room.copy_from_slice(found);
                            id_bytes = found.len();
                        }
                    }
                    _ => {}
                }
            }
            if self.found.len() < self.found.capacity() {
                let (name, ranges) = (name_from..self.names.len(), range_from..self.ranges.len());
                self.found.push(Found { bias, name, ranges, id, id_bytes });
            }
        }

        fn modules(&self) -> Vec<Loaded> {
            let module = |(at, found): (usize, &Found)| {
                let name = self.names.get(found.name.clone()).unwrap_or_default();
                let path = match at {
                    // The first entry is the executable; it goes without a name.
                    0 if name.is_empty() => std::env::current_exe()
                        .map(|path| path.to_string_lossy().into_owned())
                        .unwrap_or_default(),
                    _ => String::from_utf8_lossy(name).into_owned(),
                };
                let build_id = found.id.get(..found.id_bytes).and_then(hex).unwrap_or_default();
                let module = Module { path: path.into(), build_id: build_id.into() };
                let ranges = self.ranges.get(found.ranges.clone()).unwrap_or_default().to_vec();
                Loaded { module: Arc::new(module), bias: found.bias, ranges }
            };
            self.found.iter().enumerate().map(module).collect()
        }
    }

    unsafe extern "C" fn visit(
        info: *mut libc::dl_phdr_info,
        _size: usize,
        room: *mut c_void,
    ) -> c_int {
        // SAFETY: the loader gives a valid entry; `room` is that of `ask`.
        let (info, room) = unsafe { (&*info, &mut *room.cast::<Room>()) };
        room.add(info);
        0
    }

    fn hex(bytes: &[u8]) -> Option<String> {
        let mut hex = String::with_capacity(2 * bytes.len());
        for byte in bytes {
            write!(hex, "{byte:02x}").ok()?;
        }
        Some(hex)
    }

    /// The build id among the notes.
    pub(super) fn gnu_build_id(mut notes: &[u8]) -> Option<&[u8]> {
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
                return Some(content);
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
            assert_eq!(gnu_build_id(&notes).and_then(hex).as_deref(), Some("abcd0102"));
            assert_eq!(gnu_build_id(&notes[..17]), None);
            assert_eq!(gnu_build_id(&[0xff; 64]), None);
        }

        #[test]
        fn nothing_is_allocated_while_the_loader_is_asked_for_what_fits() {
            let mut room = Room::default();
            assert!(!room.ask(), "there is no room yet");
            let capacities = |room: &Room| {
                [room.found.capacity(), room.names.capacity(), room.ranges.capacity()]
            };
            assert_eq!(capacities(&room).map(|some| some > 0), [true; 3]);
            let before = capacities(&room);
            assert!(room.ask());
            assert_eq!(capacities(&room), before);
            // What is loaded meanwhile waits for the next time.
            room.found = Vec::with_capacity(1);
            assert!(!room.ask() && room.ask());
            assert_eq!(room.modules().len(), room.all[0]);
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

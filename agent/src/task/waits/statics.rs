//! Whether something lies in static memory: in the program or one of its libraries.

#[cfg(all(unix, not(target_vendor = "apple"), not(miri)))]
pub(super) use elf::contain;

/// Nobody can tell: it may.
#[cfg(not(all(unix, not(target_vendor = "apple"), not(miri))))]
pub(super) fn contain(_address: usize) -> bool {
    true
}

#[cfg(all(unix, not(target_vendor = "apple"), not(miri)))]
mod elf {
    #![expect(unsafe_code, reason = "the loader's list is a C callback over C structs")]

    use std::ffi::{c_int, c_void};

    /// What is looked for.
    struct Search {
        address: usize,
        found: bool,
    }

    /// Whether the address is one of a static.
    pub(in super::super) fn contain(address: usize) -> bool {
        let mut search = Search { address, found: false };
        // SAFETY: `visit` is called before this returns, with the pointer given here.
        unsafe { libc::dl_iterate_phdr(Some(visit), (&raw mut search).cast()) };
        search.found
    }

    unsafe extern "C" fn visit(
        info: *mut libc::dl_phdr_info,
        _size: usize,
        search: *mut c_void,
    ) -> c_int {
        // SAFETY: the loader gives a valid entry; `search` is that of `contain`.
        let (info, search) = unsafe { (&*info, &mut *search.cast::<Search>()) };
        if info.dlpi_phdr.is_null() {
            return 0;
        }
        // SAFETY: the loader says where the headers are and how many.
        let headers =
            unsafe { std::slice::from_raw_parts(info.dlpi_phdr, usize::from(info.dlpi_phnum)) };
        let bias = info.dlpi_addr;
        search.found |= headers.iter().any(|header| {
            let from = bias.wrapping_add(header.p_vaddr);
            let offset = (search.address as u64).wrapping_sub(from);
            header.p_type == libc::PT_LOAD && offset < header.p_memsz
        });
        c_int::from(search.found)
    }
}

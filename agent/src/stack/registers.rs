//! A thread's registers, by the numbers that unwinding tables know them by.

#![expect(unsafe_code, reason = "reads what the kernel hands to a signal handler")]

#[cfg(target_arch = "x86_64")]
mod numbers {
    /// How many there are, the place for the return address included.
    pub(crate) const COUNT: usize = 17;
    pub(crate) const FRAME_POINTER: usize = 6;
    pub(crate) const STACK_POINTER: usize = 7;
    pub(crate) const RETURN_ADDRESS: usize = 16;
    /// Bytes below the stack pointer that a function may use: signal handlers leave them alone
    /// ("System V ABI, AMD64", 3.2.2). A function that is about to return has given its frame
    /// back, and tables find what it saved there.
    pub(crate) const RED_ZONE: usize = 128;
    /// The kernel's order, by the tables' numbers ("System V ABI, AMD64", figure 3.36).
    pub(super) const IN_CONTEXT: [i32; COUNT] = [
        libc::REG_RAX,
        libc::REG_RDX,
        libc::REG_RCX,
        libc::REG_RBX,
        libc::REG_RSI,
        libc::REG_RDI,
        libc::REG_RBP,
        libc::REG_RSP,
        libc::REG_R8,
        libc::REG_R9,
        libc::REG_R10,
        libc::REG_R11,
        libc::REG_R12,
        libc::REG_R13,
        libc::REG_R14,
        libc::REG_R15,
        libc::REG_RIP,
    ];
}

#[cfg(target_arch = "aarch64")]
mod numbers {
    /// How many there are, the place for the return address included.
    pub(crate) const COUNT: usize = 33;
    pub(crate) const FRAME_POINTER: usize = 29;
    /// Where functions that call others find their return address.
    pub(crate) const LINK: usize = 30;
    pub(crate) const STACK_POINTER: usize = 31;
    /// The tables have no number for it: they keep it in `LINK`.
    pub(crate) const RETURN_ADDRESS: usize = 32;
    /// Bytes below the stack pointer that are still a function's: none on Linux ("AAPCS64", 6.4.5).
    pub(crate) const RED_ZONE: usize = 0;
}

pub(crate) use numbers::*;

/// See the [module](self). Those that are not known are `None`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Registers([Option<usize>; COUNT]);

impl Registers {
    pub(crate) fn unknown() -> Self {
        Self([None; COUNT])
    }

    pub(crate) fn get(&self, number: usize) -> Option<usize> {
        self.0.get(number).copied().flatten()
    }

    pub(crate) fn set(&mut self, number: usize, value: Option<usize>) {
        if let Some(register) = self.0.get_mut(number) {
            *register = value;
        }
    }
}

/// A register of the thread that a signal handler interrupts; 0 for a number that is none.
///
/// # Safety
/// `context` is what the kernel gave the handler, which has not returned.
#[cfg(target_arch = "x86_64")]
pub(crate) unsafe fn interrupted(context: *const libc::ucontext_t, number: usize) -> usize {
    let Some(index) = IN_CONTEXT.get(number) else { return 0 };
    // SAFETY: the caller's promise.
    let all = unsafe { &(*context).uc_mcontext.gregs };
    let index = usize::try_from(*index).unwrap_or(usize::MAX);
    all.get(index).map_or(0, |value| usize::try_from(value.cast_unsigned()).unwrap_or(0))
}

/// A register of the thread that a signal handler interrupts; 0 for a number that is none.
///
/// # Safety
/// `context` is what the kernel gave the handler, which has not returned.
#[cfg(target_arch = "aarch64")]
pub(crate) unsafe fn interrupted(context: *const libc::ucontext_t, number: usize) -> usize {
    // SAFETY: the caller's promise.
    let all = unsafe { &(*context).uc_mcontext };
    match number {
        STACK_POINTER => usize::try_from(all.sp).unwrap_or(0),
        RETURN_ADDRESS => usize::try_from(all.pc).unwrap_or(0),
        _ => all.regs.get(number).map_or(0, |value| usize::try_from(*value).unwrap_or(0)),
    }
}

/// A return address without the signature that aarch64 may put into bits that addresses of
/// programs leave free.
pub(super) fn without_signature(address: usize) -> usize {
    if cfg!(target_arch = "aarch64") { address & ((1 << 48) - 1) } else { address }
}

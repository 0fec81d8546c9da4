//! Who called? What the unwinding tables (`.eh_frame`) of the modules in memory say.
//!
//! The loader's lock is held while a module's tables are read, so that nobody unloads it
//! meanwhile. Nothing is allocated under it: where memory has run out, an allocation that fails
//! waits for whoever prints a backtrace of another one, and that one waits for the loader's lock.

#![expect(unsafe_code, reason = "reads the tables where the loader has put them")]

use std::ffi::{c_int, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};

use gimli::{
    BaseAddresses, CfaRule, EhFrame, EhFrameHdr, EndianSlice, Evaluation, EvaluationStorage,
    NativeEndian, Piece, Pointer, Register, RegisterRule, UnwindContext, UnwindContextStorage,
    UnwindSection, UnwindTableRow, Value,
};

use super::registers::{COUNT, RETURN_ADDRESS, Registers, STACK_POINTER};
use super::stopped::Stopped;

/// Bytes of an address.
const WORD: u8 = 8;

type Slice<'a> = EndianSlice<'a, NativeEndian>;

/// Room for what a table says, on the stack: rules for all registers that a caller may want back,
/// four rows that may be remembered, expressions of that depth. What needs more is not unwound.
struct InPlace;

impl UnwindContextStorage<usize> for InPlace {
    type Rules = [(Register, RegisterRule<usize>); 64];
    type Stack = [UnwindTableRow<usize, Self>; 4];
}

impl<'a> EvaluationStorage<Slice<'a>> for InPlace {
    type Stack = [Value; 64];
    type ExpressionStack = [(Slice<'a>, Slice<'a>); 4];
    type Result = [Piece<Slice<'a>>; 1];
}

/// A module's segments, in memory.
struct Segments<'a> {
    headers: &'a [libc::Elf64_Phdr],
    bias: usize,
}

impl<'a> Segments<'a> {
    /// The bytes of a loaded segment from an address on.
    fn from(&self, address: usize) -> Option<&'a [u8]> {
        let segments = self.headers.iter().filter(|header| header.p_type == libc::PT_LOAD);
        let ends = segments.filter_map(|header| {
            let start = self.bias.wrapping_add(usize::try_from(header.p_vaddr).ok()?);
            let end = start.checked_add(usize::try_from(header.p_filesz).ok()?)?;
            (start..end).contains(&address).then_some(end)
        });
        let size = ends.max()? - address;
        // SAFETY: inside of a segment that the loader has mapped, readable like all that hold
        // tables, and that stays while the loader's lock is held.
        Some(unsafe { std::slice::from_raw_parts(address as *const u8, size) })
    }

    fn contains_code(&self, address: usize) -> bool {
        self.headers.iter().any(|header| {
            let start = self.bias.wrapping_add(usize::try_from(header.p_vaddr).unwrap_or(0));
            let size = usize::try_from(header.p_memsz).unwrap_or(0);
            header.p_type == libc::PT_LOAD
                && header.p_flags & libc::PF_X != 0
                && address.wrapping_sub(start) < size
        })
    }

    /// Where the index of the unwinding tables is.
    fn index(&self) -> Option<usize> {
        let header = self.headers.iter().find(|h| h.p_type == libc::PT_GNU_EH_FRAME)?;
        Some(self.bias.wrapping_add(usize::try_from(header.p_vaddr).ok()?))
    }
}

/// Whether an address is in a module's code.
pub(super) fn is_code(address: usize) -> bool {
    in_module_of(address, |_| ()).is_some()
}

/// The registers of the caller of the function at `call`, if a table knows.
pub(super) fn caller(
    call: usize,
    registers: &Registers,
    stopped: &Stopped<'_>,
) -> Option<Registers> {
    in_module_of(call, |segments| look_up(segments, call, registers, stopped)).flatten()
}

fn look_up(
    segments: &Segments<'_>,
    call: usize,
    registers: &Registers,
    stopped: &Stopped<'_>,
) -> Option<Registers> {
    let index_at = segments.index()?;
    let bases = BaseAddresses::default().set_eh_frame_hdr(index_at as u64);
    let index = EhFrameHdr::new(segments.from(index_at)?, NativeEndian).parse(&bases, WORD).ok()?;
    let Pointer::Direct(tables_at) = index.eh_frame_ptr() else { return None };
    let tables = EhFrame::new(segments.from(usize::try_from(tables_at).ok()?)?, NativeEndian);
    let bases = bases.set_eh_frame(tables_at);
    let find_cie = EhFrame::<Slice<'_>>::cie_from_offset;
    let function = index.table()?.fde_for_address(&tables, &bases, call as u64, find_cie).ok()?;
    let mut context = UnwindContext::<usize, InPlace>::new_in();
    let row = function.unwind_info_for_address(&tables, &bases, &mut context, call as u64).ok()?;
    let return_address = function.cie().return_address_register();
    apply(row, &tables, return_address, registers, stopped)
}

/// Works the rules of one row of the table.
fn apply(
    row: &UnwindTableRow<usize, InPlace>,
    tables: &EhFrame<Slice<'_>>,
    return_address: Register,
    registers: &Registers,
    stopped: &Stopped<'_>,
) -> Option<Registers> {
    let compute = |expression: &gimli::UnwindExpression<usize>, initial: Option<usize>| {
        evaluate(expression.get(tables).ok()?, initial, registers, stopped)
    };
    let frame = match row.cfa() {
        CfaRule::RegisterAndOffset { register, offset } => {
            registers.get(register.0.into())?.checked_add_signed(isize::try_from(*offset).ok()?)?
        }
        CfaRule::Expression(expression) => compute(expression, None)?,
    };
    let at = |offset: i64| frame.checked_add_signed(isize::try_from(offset).ok()?);
    let mut caller = Registers::unknown();
    for number in 0..COUNT {
        let Ok(name) = u16::try_from(number) else { continue };
        let same = registers.get(number);
        let value = match row.register(Register(name)) {
            // No rule: what a function does not mention it leaves alone.
            None | Some(RegisterRule::SameValue) => same,
            Some(RegisterRule::Offset(offset)) => stopped.read(at(offset)?),
            Some(RegisterRule::ValOffset(offset)) => at(offset),
            Some(RegisterRule::Register(other)) => registers.get(other.0.into()),
            Some(RegisterRule::Expression(e)) => {
                compute(&e, Some(frame)).and_then(|at| stopped.read(at))
            }
            Some(RegisterRule::ValExpression(e)) => compute(&e, Some(frame)),
            Some(_) => None,
        };
        caller.set(number, value);
    }
    let returns_to = match row.register(return_address) {
        Some(RegisterRule::Undefined) => None,
        _ => caller.get(return_address.0.into()),
    };
    caller.set(STACK_POINTER, Some(frame));
    caller.set(RETURN_ADDRESS, returns_to);
    Some(caller)
}

/// The value of an expression: hand-written assembly, and stubs of the linker, have some.
fn evaluate(
    expression: gimli::Expression<Slice<'_>>,
    initial: Option<usize>,
    registers: &Registers,
    stopped: &Stopped<'_>,
) -> Option<usize> {
    use gimli::{EvaluationResult, Location};
    let encoding =
        gimli::Encoding { address_size: WORD, format: gimli::Format::Dwarf32, version: 4 };
    let mut evaluation = Evaluation::<_, InPlace>::new_in(expression.0, encoding);
    evaluation.set_max_iterations(1_000);
    if let Some(initial) = initial {
        evaluation.set_initial_value(initial as u64);
    }
    let mut result = evaluation.evaluate().ok()?;
    loop {
        result = match result {
            EvaluationResult::Complete => break,
            EvaluationResult::RequiresRegister { register, .. } => {
                let value = registers.get(register.0.into())? as u64;
                evaluation.resume_with_register(Value::Generic(value)).ok()?
            }
            EvaluationResult::RequiresMemory { address, .. } => {
                let value = stopped.read(usize::try_from(address).ok()?)? as u64;
                evaluation.resume_with_memory(Value::Generic(value)).ok()?
            }
            _ => return None,
        };
    }
    match evaluation.as_result().first()?.location {
        Location::Address { address } => usize::try_from(address).ok(),
        _ => None,
    }
}

/// Runs `read` with the module whose code an address is in.
fn in_module_of<R>(address: usize, read: impl FnOnce(&Segments<'_>) -> R) -> Option<R> {
    let mut search = Search { address, read: Some(read), found: None };
    // SAFETY: `visit` is called before this returns, with the pointer given here.
    unsafe { libc::dl_iterate_phdr(Some(callback(&search)), (&raw mut search).cast()) };
    search.found
}

struct Search<F, R> {
    address: usize,
    read: Option<F>,
    found: Option<R>,
}

type Callback = unsafe extern "C" fn(*mut libc::dl_phdr_info, usize, *mut c_void) -> c_int;

/// The callback for a search of this type.
fn callback<F: FnOnce(&Segments<'_>) -> R, R>(_search: &Search<F, R>) -> Callback {
    visit::<F, R>
}

unsafe extern "C" fn visit<F: FnOnce(&Segments<'_>) -> R, R>(
    info: *mut libc::dl_phdr_info,
    _size: usize,
    search: *mut c_void,
) -> c_int {
    // SAFETY: the loader gives a valid entry; `search` is that of `in_module_of`.
    let (info, search) = unsafe { (&*info, &mut *search.cast::<Search<F, R>>()) };
    if info.dlpi_phdr.is_null() {
        return 0;
    }
    // SAFETY: the loader's table has this many entries.
    let headers =
        unsafe { std::slice::from_raw_parts(info.dlpi_phdr, usize::from(info.dlpi_phnum)) };
    let segments = Segments { headers, bias: usize::try_from(info.dlpi_addr).unwrap_or(0) };
    if !segments.contains_code(search.address) {
        return 0;
    }
    if let Some(read) = search.read.take() {
        // No panic may cross the loader.
        search.found = catch_unwind(AssertUnwindSafe(|| read(&segments))).ok();
    }
    1
}

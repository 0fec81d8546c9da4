//! How much debug information this build has, and what its paths are relative to.

#![expect(unsafe_code, reason = "maps the process's own executable")]

use std::collections::BTreeSet;
use std::fs::File;
use std::sync::OnceLock;

use gimli::{AttributeValue, DwTag, EndianSlice, Reader, RunTimeEndian};
use memmap2::Mmap;
use object::{Object, ObjectSection};
use taskscope_proto::model::DebugInfo;

type Unit<'a> = gimli::Unit<EndianSlice<'a, RunTimeEndian>>;

/// What the unit that holds the agent's own code has: it is compiled with the same profile as
/// the service around it. (The standard library always brings line tables of its own, so their
/// mere presence says nothing.) Read once, from the executable: tens of milliseconds.
pub(crate) fn of_this_build() -> DebugInfo {
    static FOUND: OnceLock<DebugInfo> = OnceLock::new();
    *FOUND.get_or_init(look)
}

fn look() -> DebugInfo {
    let Ok(path) = std::env::current_exe() else { return DebugInfo::Unknown };
    let mut found = DebugInfo::None;
    let read = for_each_unit(&path.to_string_lossy(), |unit| {
        if is_own(unit) {
            found = std::cmp::max_by_key(found, depth_of(unit), |info| *info as u8);
        }
    });
    if read.is_some() { found } else { DebugInfo::Unknown }
}

/// Directories in which the units of a module were compiled, less those of libraries.
pub(super) fn compilation_directories(path: &str) -> Vec<String> {
    let code = super::UserCode::default();
    let mut directories = BTreeSet::new();
    let read = for_each_unit(path, |unit| {
        let Some(directory) = unit.comp_dir.as_ref().map(Reader::to_string_lossy) else { return };
        let Ok(directory) = directory else { return };
        let own = directory.len() > 1 && code.contains(&format!("{directory}/"));
        if own && !directories.contains(&*directory) {
            directories.insert(directory.into_owned());
        }
    });
    read.map(|()| directories.into_iter().collect()).unwrap_or_default()
}

/// Shows the compilation units of a file; `None` if it cannot be read.
fn for_each_unit(path: &str, mut visit: impl FnMut(&Unit<'_>)) -> Option<()> {
    let file = map(path)?;
    let object = object::File::parse(&*file).ok()?;
    let endian = if object.is_little_endian() { RunTimeEndian::Little } else { RunTimeEndian::Big };
    let section = |id: gimli::SectionId| -> Result<_, gimli::Error> {
        let data = object.section_by_name(id.name()).and_then(|s| s.uncompressed_data().ok());
        Ok(data.unwrap_or_default())
    };
    let sections = gimli::DwarfSections::load(section).ok()?;
    let dwarf = sections.borrow(|section| EndianSlice::new(section, endian));
    let mut headers = dwarf.units();
    while let Ok(Some(header)) = headers.next() {
        if let Ok(unit) = dwarf.unit(header) {
            visit(&unit);
        }
    }
    Some(())
}

/// The file in memory: only what is looked at takes up any.
fn map(path: &str) -> Option<Mmap> {
    let file = File::open(path).ok()?;
    // SAFETY: the file is that of a module of this very process, mapped already by the loader.
    // Who writes into it while it runs breaks the process before they break this.
    unsafe { Mmap::map(&file) }.ok()
}

/// Whether the unit is one of the agent's.
fn is_own(unit: &Unit<'_>) -> bool {
    let name = unit.name.map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let file = name.split("/@/").next().unwrap_or_default();
    super::user_code::is_agent(file)
}

/// Types and variables are there only with full debug information.
fn depth_of(unit: &Unit<'_>) -> DebugInfo {
    const FULL: [DwTag; 3] =
        [gimli::DW_TAG_structure_type, gimli::DW_TAG_variable, gimli::DW_TAG_base_type];
    let mut entries = unit.entries();
    let mut lines = false;
    while let Ok(Some(entry)) = entries.next_dfs() {
        if FULL.contains(&entry.tag()) {
            return DebugInfo::Full;
        }
        if let Some(AttributeValue::DebugLineRef(_)) = entry.attr_value(gimli::DW_AT_stmt_list) {
            lines = true;
        }
    }
    if lines { DebugInfo::LineTables } else { DebugInfo::None }
}

//! How much debug information this build has, and what its paths are relative to.

use std::collections::BTreeSet;
use std::fs::File;

use gimli::{AttributeValue, DwTag, EndianSlice, RunTimeEndian};
use object::{Object, ObjectSection};
use taskscope_proto::model::DebugInfo;

type Dwarf<'a> = gimli::Dwarf<EndianSlice<'a, RunTimeEndian>>;
type Unit<'a> = gimli::Unit<EndianSlice<'a, RunTimeEndian>>;

/// What the unit that holds the agent's own code has: it is compiled with the same profile as
/// the service around it. (The standard library always brings line tables of its own, so their
/// mere presence says nothing.)
pub(super) fn of_this_build() -> DebugInfo {
    let Ok(path) = std::env::current_exe() else { return DebugInfo::Unknown };
    with_units(&path.to_string_lossy(), DebugInfo::Unknown, |dwarf, units| {
        let own = units.iter().filter(|unit| is_own(dwarf, unit));
        own.map(|unit| depth_of(unit)).max_by_key(|info| *info as u8).unwrap_or(DebugInfo::None)
    })
}

/// Directories in which the units of a module were compiled, less those of libraries.
pub(super) fn compilation_directories(path: &str) -> Vec<String> {
    let code = super::UserCode::default();
    with_units(path, Vec::new(), |_, units| {
        let directories: BTreeSet<String> = units
            .iter()
            .filter_map(|unit| unit.comp_dir)
            .map(|directory| directory.to_string_lossy().into_owned())
            .filter(|directory| directory.len() > 1 && code.contains(&format!("{directory}/")))
            .collect();
        directories.into_iter().collect()
    })
}

fn with_units<T>(path: &str, fallback: T, read: impl FnOnce(&Dwarf<'_>, &[Unit<'_>]) -> T) -> T {
    let Ok(file) = File::open(path) else { return fallback };
    let cache = object::ReadCache::new(file);
    let Ok(object) = object::File::parse(&cache) else { return fallback };
    let endian = if object.is_little_endian() { RunTimeEndian::Little } else { RunTimeEndian::Big };
    let section = |id: gimli::SectionId| -> Result<_, gimli::Error> {
        let data = object.section_by_name(id.name()).and_then(|s| s.uncompressed_data().ok());
        Ok(data.unwrap_or_default())
    };
    let Ok(sections) = gimli::DwarfSections::load(section) else { return fallback };
    let dwarf = sections.borrow(|section| EndianSlice::new(section, endian));
    let mut units = Vec::new();
    let mut headers = dwarf.units();
    while let Ok(Some(header)) = headers.next() {
        if let Ok(unit) = dwarf.unit(header) {
            units.push(unit);
        }
    }
    read(&dwarf, &units)
}

/// Whether the unit is one of the agent's.
fn is_own(_dwarf: &Dwarf<'_>, unit: &Unit<'_>) -> bool {
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

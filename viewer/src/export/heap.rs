//! The heap as a profile that pprof reads: `go tool pprof heap.pb.gz`.
//!
//! Its four values are those of Go's heap profiles, all estimates: objects and bytes ever allocated,
//! and objects and bytes that live. Labels of tasks are tags, besides them `spawned_at`, `owner`
//! (`task`, `nobody`, `agent`), and `outlived` with `true` for what tasks have left behind.

use std::collections::HashMap;
use std::io::Write as _;
use std::sync::Arc;

use flate2::Compression;
use flate2::write::GzEncoder;
use prost::Message as _;
use taskscope_proto::model::{Frame, HeapSite, Process, Profile};

use super::pprof;

/// Names for stacks that have no frames.
const NO_STACK: &str = "(stack not known)";
const AGENT: &str = "(taskscope's agent)";

/// The heap of this profile, compressed as pprof expects it; `None` where nothing samples it.
///
/// # Errors
///
/// None that the data could cause: writing to memory.
pub fn heap(process: &Process, profile: &Profile) -> std::io::Result<Option<Vec<u8>>> {
    let Some(heap) = profile.header.heap else { return Ok(None) };
    let mut build = Build::default();
    build.text("");
    let mut value = |name, unit| build.value_type(name, unit);
    let sample_type = vec![
        value("alloc_objects", "count"),
        value("alloc_space", "bytes"),
        value("inuse_objects", "count"),
        value("inuse_space", "bytes"),
    ];
    let period_type = Some(value("space", "bytes"));
    for site in &profile.heap_sites {
        build.site(profile, site);
    }
    let header = &profile.header;
    let comment = build.text(&format!("{} {}, {}", process.name, process.pid, process.agent));
    let default_sample_type = build.text("inuse_space");
    let nanos = |ms: u64| signed(ms.saturating_mul(1_000_000));
    let Build { texts, mut out, .. } = build;
    let mut table: Vec<_> = texts.into_iter().collect();
    table.sort_unstable_by_key(|(_, at)| *at);
    out.string_table = table.into_iter().map(|(text, _)| text.to_string()).collect();
    let out = pprof::Profile {
        sample_type,
        time_nanos: nanos(header.now_unix_ms),
        duration_nanos: nanos(header.now_ms),
        period_type,
        period: i64::from(heap.mean_sample_bytes),
        comment: vec![comment],
        default_sample_type,
        ..out
    };
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(&out.encode_to_vec())?;
    gzip.finish().map(Some)
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A profile in the making.
#[derive(Default)]
struct Build {
    texts: HashMap<Arc<str>, i64>,
    mappings: HashMap<(i64, i64), u64>,
    functions: HashMap<(i64, i64), u64>,
    /// By function, line, column, mapping and address.
    locations: HashMap<(u64, i64, i64, u64, u64), u64>,
    out: pprof::Profile,
}

impl Build {
    fn text(&mut self, text: &str) -> i64 {
        if let Some(known) = self.texts.get(text) {
            return *known;
        }
        let at = signed(self.texts.len() as u64);
        self.texts.insert(text.into(), at);
        at
    }

    fn value_type(&mut self, name: &str, unit: &str) -> pprof::ValueType {
        pprof::ValueType { r#type: self.text(name), unit: self.text(unit) }
    }

    /// What living tasks hold and was ever allocated, and what ended ones have left, as two samples.
    fn site(&mut self, profile: &Profile, site: &HeapSite) {
        let location_id = self.stack(site);
        let mut label = Vec::new();
        let mut tag = |build: &mut Self, key: &str, value: &str| {
            label.push(pprof::Label { key: build.text(key), str: build.text(value) });
        };
        for each in &site.labels {
            tag(self, &each.key, &each.value);
        }
        if let Some(origin) = site.origin.and_then(|id| profile.origin(id)) {
            tag(self, "spawned_at", &origin.spawned_at.to_string());
        }
        tag(self, "owner", site.owner.name());
        let held = site.held;
        let living = (
            held.blocks.saturating_sub(held.outlived_blocks),
            held.live_bytes.saturating_sub(held.outlived_bytes),
        );
        let allocated = (site.allocated_blocks, site.allocated_bytes);
        self.sample(&location_id, allocated, living, label.clone());
        if held.outlived_bytes > 0 {
            label.push(pprof::Label { key: self.text("outlived"), str: self.text("true") });
            let left = (held.outlived_blocks, held.outlived_bytes);
            self.sample(&location_id, (0, 0), left, label);
        }
    }

    fn sample(
        &mut self,
        location_id: &[u64],
        allocated: (u64, u64),
        living: (u64, u64),
        label: Vec<pprof::Label>,
    ) {
        let value = [allocated.0, allocated.1, living.0, living.1].map(signed).to_vec();
        self.out.sample.push(pprof::Sample { location_id: location_id.to_vec(), value, label });
    }

    /// Locations of the site's frames, innermost first.
    fn stack(&mut self, site: &HeapSite) -> Vec<u64> {
        let nodes = site.stack.iter().flat_map(|stack| stack.nodes.iter().rev());
        let found: Vec<u64> = nodes.map(|node| self.frame(&node.frame)).collect();
        if !found.is_empty() {
            return found;
        }
        let owner = taskscope_proto::model::HeapOwner::Agent;
        vec![self.named(if site.owner == owner { AGENT } else { NO_STACK })]
    }

    fn named(&mut self, name: &str) -> u64 {
        let function = self.function(name, "");
        self.location(function, 0, 0, 0, 0)
    }

    fn frame(&mut self, frame: &Frame) -> u64 {
        let mapping = frame.module.as_ref().map_or(0, |module| {
            let (file, id) = (self.text(&module.path), self.text(&module.build_id));
            self.mapping(file, id)
        });
        let (file, line, column) = match &frame.location {
            Some(at) => (&*at.file, i64::from(at.line), i64::from(at.column)),
            None => ("", 0, 0),
        };
        let function = self.function(&frame.function, file);
        self.location(function, line, column, mapping, frame.offset)
    }

    fn function(&mut self, name: &str, file: &str) -> u64 {
        let name = if name.is_empty() { "?" } else { name };
        let (name, filename) = (self.text(name), self.text(file));
        let next = self.functions.len() as u64 + 1;
        *self.functions.entry((name, filename)).or_insert_with(|| {
            let function = pprof::Function { id: next, name, system_name: name, filename };
            self.out.function.push(function);
            next
        })
    }

    fn mapping(&mut self, filename: i64, build_id: i64) -> u64 {
        let next = self.mappings.len() as u64 + 1;
        *self.mappings.entry((filename, build_id)).or_insert_with(|| {
            self.out.mapping.push(pprof::Mapping {
                id: next,
                // Addresses are relative to the module: each has all of them to itself.
                memory_start: 0,
                memory_limit: u64::MAX,
                filename,
                build_id,
                has_functions: true,
                has_filenames: true,
                has_line_numbers: true,
                has_inline_frames: true,
            });
            next
        })
    }

    fn location(
        &mut self,
        function_id: u64,
        line: i64,
        column: i64,
        mapping_id: u64,
        address: u64,
    ) -> u64 {
        let next = self.locations.len() as u64 + 1;
        let key = (function_id, line, column, mapping_id, address);
        *self.locations.entry(key).or_insert_with(|| {
            let line = vec![pprof::Line { function_id, line, column }];
            self.out.location.push(pprof::Location { id: next, mapping_id, address, line });
            next
        })
    }
}

#[cfg(test)]
mod tests;

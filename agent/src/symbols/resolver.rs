//! Addresses to frames.

use std::collections::HashMap;
use std::sync::Arc;

use addr2line::Loader;
use rustc_hash::FxBuildHasher;
use taskscope_proto::model::{Frame, Location, Module};

use super::modules::{self, Loaded};
use super::{UserCode, debug_info, names};

/// The frames of one address, innermost (inlined) first.
type Frames = Arc<[Arc<Frame>]>;

/// Looks addresses up in the debug information of the modules they lie in.
#[derive(Debug)]
pub(super) struct Resolver {
    user_code: UserCode,
    modules: Vec<Loaded>,
    /// By index of `modules`; `None` for those that could not be read.
    readers: HashMap<usize, Option<Reader>, FxBuildHasher>,
    frames: HashMap<usize, Frames, FxBuildHasher>,
    /// What the frames take up, roughly.
    bytes: usize,
}

struct Reader {
    loader: Loader,
    /// Directories that relative paths were relative to when their code was compiled.
    directories: Vec<String>,
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reader").field("directories", &self.directories).finish_non_exhaustive()
    }
}

impl Resolver {
    pub(super) fn new(user_code: UserCode) -> Self {
        Self {
            user_code,
            modules: modules::list(),
            readers: HashMap::default(),
            frames: HashMap::default(),
            bytes: 0,
        }
    }

    /// The frames of a chain of return addresses, from the outermost to the leaf.
    pub(super) fn chain(&mut self, addresses: &[usize]) -> Vec<Arc<Frame>> {
        let mut chain = Vec::new();
        for address in addresses.iter().rev() {
            let frames = self.frames(*address);
            chain.extend(frames.iter().rev().cloned());
        }
        chain
    }

    fn frames(&mut self, address: usize) -> Frames {
        if let Some(known) = self.frames.get(&address) {
            return Arc::clone(known);
        }
        let frames: Frames = self.look_up(address).into();
        self.bytes += size_of::<(usize, Frames)>();
        self.bytes += frames.iter().map(|frame| weigh(frame)).sum::<usize>();
        self.frames.insert(address, Arc::clone(&frames));
        frames
    }

    /// What the frames take up, roughly. Not in it: the debug information itself.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    fn look_up(&mut self, address: usize) -> Vec<Arc<Frame>> {
        // A return address is that of the next instruction; the call is before it.
        let call = address.wrapping_sub(1);
        let Some(index) = self.module_of(call) else { return self.look_up_portably(address) };
        let Some(loaded) = self.modules.get(index).cloned() else { return Vec::new() };
        let offset = call.wrapping_sub(loaded.bias) as u64;
        let reader = self.readers.entry(index).or_insert_with(|| Reader::open(&loaded.module));
        let mut found = reader.as_ref().map(|r| r.frames(offset)).unwrap_or_default();
        if found.is_empty() {
            found.push(Found::default());
        }
        let frame = |found: Found| {
            Arc::new(Frame {
                function: found.function.into(),
                user: found.location.as_ref().is_some_and(|l| self.user_code.contains(&l.file)),
                location: found.location,
                module: Some(Arc::clone(&loaded.module)),
                offset,
            })
        };
        found.into_iter().map(frame).collect()
    }

    fn module_of(&mut self, address: usize) -> Option<usize> {
        let find = |modules: &[Loaded]| {
            modules.iter().position(|m| m.ranges.iter().any(|r| r.contains(&address)))
        };
        find(&self.modules).or_else(|| {
            // Loaded since? Those known keep their place: the loader lists new ones last.
            let now = modules::list();
            self.modules.extend(now.into_iter().skip(self.modules.len()));
            find(&self.modules)
        })
    }

    /// Where we cannot read modules ourselves, the `backtrace` crate does.
    fn look_up_portably(&self, address: usize) -> Vec<Arc<Frame>> {
        let mut frames = Vec::new();
        backtrace::resolve(std::ptr::without_provenance_mut(address), |symbol| {
            let location = symbol.filename().zip(symbol.lineno()).map(|(file, line)| Location {
                file: file.to_string_lossy().into(),
                line,
                column: symbol.colno().unwrap_or(0),
            });
            let function = symbol.name().map(|name| names::tidy(&format!("{name:#}")));
            frames.push(Arc::new(Frame {
                function: function.unwrap_or_default().into(),
                user: location.as_ref().is_some_and(|l| self.user_code.contains(&l.file)),
                location,
                module: None,
                offset: address as u64,
            }));
        });
        frames
    }
}

/// What a frame takes up, its strings included.
fn weigh(frame: &Frame) -> usize {
    let file = frame.location.as_ref().map_or(0, |at| at.file.len());
    size_of::<Frame>() + size_of::<Arc<Frame>>() + frame.function.len() + file
}

#[derive(Debug, Default)]
struct Found {
    function: String,
    location: Option<Location>,
}

impl Reader {
    fn open(module: &Module) -> Option<Self> {
        let path = &*module.path;
        match Loader::new(path) {
            Ok(loader) => {
                let directories = debug_info::compilation_directories(path);
                Some(Self { loader, directories })
            }
            Err(error) => {
                // The virtual library that the kernel maps has no file, and no awaits in it.
                tracing::debug!(module = path, %error, "cannot read the symbols of a module");
                None
            }
        }
    }

    fn frames(&self, offset: u64) -> Vec<Found> {
        let mut found = Vec::new();
        if let Ok(mut frames) = self.loader.find_frames(offset) {
            while let Ok(Some(frame)) = frames.next() {
                let name = frame.function.as_ref().and_then(|name| name.demangle().ok());
                found.push(Found {
                    function: name.map(|name| names::tidy(&name)).unwrap_or_default(),
                    location: frame.location.and_then(|l| self.location(&l)),
                });
            }
        }
        // The symbol table knows the whole name of the function that was not inlined.
        if let Some(symbol) = self.loader.find_symbol(offset) {
            let name = names::tidy(&names::demangle(symbol));
            match found.last_mut() {
                Some(outermost) if !outermost.function.contains("::") => outermost.function = name,
                Some(_) => {}
                None => found.push(Found { function: name, location: None }),
            }
        }
        found
    }

    fn location(&self, location: &addr2line::Location<'_>) -> Option<Location> {
        let (file, line) = (location.file?, location.line?);
        Some(Location {
            file: self.as_recorded(file).into(),
            line,
            column: location.column.unwrap_or(0),
        })
    }

    /// Without the directory that the debug information puts before relative paths, so that
    /// paths read as they do in panics and in `file!()`.
    fn as_recorded<'a>(&self, file: &'a str) -> &'a str {
        let relative = self
            .directories
            .iter()
            .find_map(|directory| file.strip_prefix(directory.as_str())?.strip_prefix('/'));
        relative.unwrap_or(file)
    }
}

//! Writes profiles into a folder, and never too much.
//!
//! A file is written under another name, brought to the disk, and only then gets its own: whoever
//! finds it finds all of it, though the process may have been killed right after. The folder
//! keeps its bounds by losing the oldest of its files; files that are none of an agent's are left alone.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use taskscope_proto::file::{EXTENSION, Note, Writer};
use taskscope_proto::model::{Group, OriginId, Process, Profile};

/// Why there is evidence: what stands in the file's name.
pub(super) const SUSPECT: &str = "suspect";
pub(super) const MEMORY: &str = "memory";
pub(super) const SIGNAL: &str = "signal";
pub(super) const PANIC: &str = "panic";
pub(super) const ON_DEMAND: &str = "demand";

/// While it is written, a file's name ends in this.
const UNFINISHED: &str = "part";
/// What was left unfinished so long ago its writer has not come back to.
const ABANDONED: Duration = Duration::from_mins(10);
/// A verdict is worth a file so often at most: what gets worse is mostly the same again.
const SUSPECT_EVERY: Duration = Duration::from_mins(2);
/// One file has at most this part of the folder's bytes.
const PART_OF_ALL: u64 = 4;
/// This part of the file system is left free: of a small one as much as a service needs to end
/// well, of a large one no more than a neighbour could fill in a moment anyway.
const LEAVE_PART: u64 = 50;
const LEAVE_LEAST: u64 = 64 << 20;
const LEAVE_MOST: u64 = 1 << 30;
/// Bytes of a name that come from the service's.
const MAX_NAME: usize = 40;

/// Why there is no evidence.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EvidenceError {
    /// Nobody said where to.
    #[error("no folder for evidence is set: give `evidence` or TASKSCOPE_EVIDENCE one")]
    NoFolder,
    /// The agent did not get to it in time.
    #[error("the agent has too much to do, or its disk is too slow: nothing was written in time")]
    Busy,
    /// The last one for the same reason was written a moment ago.
    #[error("evidence was written for the same reason a moment ago")]
    TooSoon,
    /// The file system is nearly full.
    #[error(
        "{} has {free} bytes free, and {needed} are needed and to be left free: make room, or \
         give TASKSCOPE_EVIDENCE a folder elsewhere", .folder.display()
    )]
    Full {
        /// Where to.
        folder: PathBuf,
        /// How much is free.
        free: u64,
        /// How much has to be.
        needed: u64,
    },
    /// The system does not let it be written.
    #[error("cannot {tried} {}: {source}", .path.display())]
    Write {
        /// What was tried.
        tried: &'static str,
        /// With which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

fn failed(tried: &'static str, path: &Path) -> impl FnOnce(io::Error) -> EvidenceError {
    let path = path.to_owned();
    move |source| EvidenceError::Write { tried, path, source }
}

/// The folder, and what was written to it.
#[derive(Debug)]
pub(super) struct Evidence {
    folder: PathBuf,
    /// What the names of files begin with.
    whose: String,
    most_bytes: u64,
    most_files: usize,
    last_suspect: Option<Instant>,
}

impl Evidence {
    pub(super) fn new(
        folder: PathBuf,
        process: &Process,
        (most_bytes, most_files): (u64, usize),
    ) -> Self {
        let plain = |c: char| if c.is_ascii_alphanumeric() || "._".contains(c) { c } else { '_' };
        let name: String = process.name.chars().take(MAX_NAME).map(plain).collect();
        let whose = format!("{name}-{}", process.pid);
        Self { folder, whose, most_bytes, most_files: most_files.max(1), last_suspect: None }
    }

    /// Writes a profile, and says where it is.
    pub(super) fn write(
        &mut self,
        kind: &'static str,
        why: &str,
        process: &Process,
        profile: &Profile,
    ) -> Result<PathBuf, EvidenceError> {
        let last = self.last_suspect.filter(|_| kind == SUSPECT);
        if last.is_some_and(|last| last.elapsed() < SUSPECT_EVERY) {
            return Err(EvidenceError::TooSoon);
        }
        fs::create_dir_all(&self.folder).map_err(failed("make the folder", &self.folder))?;
        let most = self.most_bytes / PART_OF_ALL;
        self.check_space(most)?;
        let at_unix_ms = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let at_unix_ms = u64::try_from(at_unix_ms.as_millis()).unwrap_or(u64::MAX);
        let name = format!("{}-{at_unix_ms}-{kind}.{EXTENSION}", self.whose);
        let path = self.folder.join(&name);
        let unfinished = self.folder.join(format!("{name}.{UNFINISHED}"));
        let written = write_whole(&unfinished, most, (at_unix_ms, why), process, profile);
        // Old evidence goes only once there is new: the disk may have failed.
        let named = written.and_then(|()| {
            self.make_room(&unfinished)?;
            self.give_its_name(&unfinished, &path)
        });
        if let Err(error) = named {
            // It may not be there; and if it is, it goes as what is abandoned does.
            drop(fs::remove_file(&unfinished));
            return Err(error);
        }
        if kind == SUSPECT {
            self.last_suspect = Some(Instant::now());
        }
        tracing::info!(path = %path.display(), why, "taskscope wrote evidence");
        Ok(path)
    }

    fn give_its_name(&self, unfinished: &Path, path: &Path) -> Result<(), EvidenceError> {
        fs::rename(unfinished, path).map_err(failed("rename", unfinished))?;
        // The name, too, has to be on the disk. Where folders cannot be opened it is when it is.
        if let Ok(folder) = File::open(&self.folder) {
            drop(folder.sync_all());
        }
        Ok(())
    }

    /// Whether the file system has room for a file that large, and for others.
    fn check_space(&self, bytes: u64) -> Result<(), EvidenceError> {
        let Some((free, all)) = space(&self.folder) else { return Ok(()) };
        let needed = bytes.saturating_add(left_free(all));
        if free < needed {
            return Err(EvidenceError::Full { folder: self.folder.clone(), free, needed });
        }
        Ok(())
    }

    /// Removes the oldest of the agents' files until there is room for the one that was written just
    /// now, and for one that is being written next time.
    fn make_room(&self, written: &Path) -> Result<(), EvidenceError> {
        let bytes = fs::metadata(written).map_err(failed("look at", written))?.len();
        let most_bytes = self.most_bytes - self.most_bytes / PART_OF_ALL;
        let mut ours = Vec::new();
        let files = fs::read_dir(&self.folder).map_err(failed("list", &self.folder))?;
        for file in files.flatten() {
            let Ok(about) = file.metadata() else { continue };
            let name = file.file_name();
            let Some((at, is_finished)) =
                name.to_str().and_then(ours_at).filter(|_| about.is_file())
            else {
                continue;
            };
            let age = about.modified().ok().and_then(|at| at.elapsed().ok());
            if is_finished {
                ours.push((at, about.len(), file.path()));
            } else if age.is_some_and(|age| age > ABANDONED) {
                // It is tried again next time.
                drop(fs::remove_file(file.path()));
            }
        }
        ours.sort();
        let mut sum: u64 = ours.iter().map(|(_, bytes, _)| bytes).sum();
        let mut count = ours.len();
        for (_, size, path) in &ours {
            if count < self.most_files && sum.saturating_add(bytes) <= most_bytes {
                break;
            }
            match fs::remove_file(path) {
                // Another agent keeps the same folder, and was faster.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                removed => removed.map_err(failed("remove the old file", path))?,
            }
            sum -= size;
            count -= 1;
        }
        Ok(())
    }
}

/// When an agent wrote the file of this name, if one did, and whether it finished.
fn ours_at(name: &str) -> Option<(u64, bool)> {
    let (stem, is_finished) = match name.strip_suffix(&format!(".{EXTENSION}.{UNFINISHED}")) {
        Some(stem) => (stem, false),
        None => (name.strip_suffix(&format!(".{EXTENSION}"))?, true),
    };
    let mut parts = stem.rsplit('-');
    let (kind, at, pid) = (parts.next()?, parts.next()?, parts.next()?);
    let known = [SUSPECT, MEMORY, SIGNAL, PANIC, ON_DEMAND].contains(&kind);
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let at = at.parse().ok().filter(|_| known && is_number(pid) && parts.next().is_some())?;
    Some((at, is_finished))
}

/// Bytes that have to stay free on a file system of so many.
fn left_free(all: u64) -> u64 {
    (all / LEAVE_PART).clamp(LEAVE_LEAST, LEAVE_MOST)
}

/// Bytes of the file system that are free for us, and all of it.
#[cfg(unix)]
fn space(folder: &Path) -> Option<(u64, u64)> {
    let about = rustix::fs::statvfs(folder).ok()?;
    let bytes = |blocks: u64| blocks.saturating_mul(about.f_frsize);
    Some((bytes(about.f_bavail), bytes(about.f_blocks)))
}

#[cfg(not(unix))]
fn space(_folder: &Path) -> Option<(u64, u64)> {
    None
}

/// Writes as many groups as there is room for, the most suspicious first, and syncs them.
fn write_whole(
    path: &Path,
    most_bytes: u64,
    (at_unix_ms, why): (u64, &str),
    process: &Process,
    profile: &Profile,
) -> Result<(), EvidenceError> {
    let all = profile.groups.len();
    let mut left = all;
    loop {
        let some = if left < all { Some(worst(profile, left)) } else { None };
        let mut text = why.to_owned();
        if left < all {
            text = format!("{text}; {left} of {all} groups, for want of room");
        }
        let file = File::create(path).map_err(failed("write", path))?;
        let mut out = Bounded { out: BufWriter::new(file), left: most_bytes };
        let note = Note { at_unix_ms, text };
        let written = write_to(&mut out, &note, process, some.as_ref().unwrap_or(profile));
        match written {
            Err(error) if error.kind() == io::ErrorKind::FileTooLarge && left > 0 => left /= 2,
            Err(error) => return Err(failed("write", path)(error)),
            Ok(()) => {
                let file = out.out.into_inner().map_err(io::IntoInnerError::into_error);
                let synced = file.and_then(|file| file.sync_all());
                return synced.map_err(failed("bring to the disk", path));
            }
        }
    }
}

fn write_to(
    out: &mut impl Write,
    note: &Note,
    process: &Process,
    profile: &Profile,
) -> io::Result<()> {
    let mut writer = Writer::plain(out);
    writer.process(process)?;
    writer.note(note)?;
    writer.state(profile)?;
    writer.end().map(drop)
}

/// The profile with its most suspicious groups, and counted what is left out.
fn worst(profile: &Profile, count: usize) -> Profile {
    let mut groups: Vec<Arc<Group>> = profile.groups.clone();
    let rank = |group: &Arc<Group>| {
        std::cmp::Reverse((group.verdict.class, group.verdict.points, group.count))
    };
    groups.sort_by_key(rank);
    groups.truncate(count);
    groups.sort_by_key(|group| group.id);
    let mut header = profile.header.clone();
    header.lost.groups += (profile.groups.len() - groups.len()) as u64;
    let used: HashSet<OriginId> = groups.iter().map(|group| group.origin).collect();
    let origins = profile.origins.iter().filter(|origin| used.contains(&origin.id));
    Profile { header, groups, origins: origins.cloned().collect(), heap_sites: Vec::new() }
}

/// Takes so many bytes and no more.
struct Bounded<W> {
    out: W,
    left: u64,
}

impl<W: Write> Write for Bounded<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.len() as u64 > self.left {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let written = self.out.write(bytes)?;
        self.left -= written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests;

//! Files that are written whole.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::Path;

use super::output;

/// All of it or nothing: who had a file there before keeps it until the new one is whole, and whoever
/// could read the old one can read the new one, and nobody else. A link stays; what it leads to is
/// replaced. What is no plain file, a pipe or a device, is written to and stays what it is.
pub(super) fn write(file: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let real = file.canonicalize();
    let file = real.as_deref().unwrap_or(file);
    let before = file.metadata().ok();
    if before.as_ref().is_some_and(|before| !before.is_file()) {
        return OpenOptions::new().write(true).open(file)?.write_all(bytes);
    }
    let mut part = file.as_os_str().to_owned();
    part.push(format!(".{}.part", std::process::id()));
    let part = Path::new(&part);
    let mut out = File::create_new(part)?;
    let allowed = before.map_or(Ok(()), |before| out.set_permissions(before.permissions()));
    let written = allowed.and_then(|()| out.write_all(bytes));
    let written = written.and_then(|()| std::fs::rename(part, file));
    if written.is_err() {
        // What went wrong first is what is told.
        output::ignore(std::fs::remove_file(part));
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_and_nothing_else_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("heap.pb.gz");
        for text in ["first", "second"] {
            write(&file, text.as_bytes()).unwrap();
            assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
        }
        assert_eq!(folder.path().read_dir().unwrap().count(), 1);
        assert!(write(&folder.path().join("no/such/folder"), b"").is_err());
    }

    #[cfg(unix)]
    #[test]
    fn links_rights_and_what_is_no_plain_file_stay_as_they_are() {
        use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _, symlink};
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("a.html"), folder.path().join("latest.html"));
        std::fs::write(&file, "old").unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
        symlink(&file, &link).unwrap();
        write(&link, b"new").unwrap();
        assert!(link.symlink_metadata().unwrap().is_symlink());
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "new");
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);

        // What is in danger here is ours.
        let pipe = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let (reader, from) = (std::thread::Builder::new().name("reader".into()), pipe.clone());
        let reader = reader.spawn(move || std::fs::read_to_string(from)).unwrap();
        write(&pipe, b"through it").unwrap();
        assert!(pipe.metadata().unwrap().file_type().is_fifo());
        assert_eq!(reader.join().unwrap().unwrap(), "through it");
    }
}

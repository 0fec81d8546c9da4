//! Files that are written whole.

use std::io::Write as _;
use std::path::Path;

use super::output;

/// All of it or nothing: who had a profile there before keeps it until the new one is whole.
pub(super) fn write(file: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut part = file.as_os_str().to_owned();
    part.push(format!(".{}.part", std::process::id()));
    let part = Path::new(&part);
    let mut out = std::fs::File::create_new(part)?;
    let written = out.write_all(bytes).and_then(|()| std::fs::rename(part, file));
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
}

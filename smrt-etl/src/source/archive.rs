//! ZIP archives: told from the formats that are packed as one, and the one file inside them.
//!
//! The file is unpacked onto disk, within bounds, and then read as if it stood by itself. Archives
//! within archives are not opened, and nothing is ever unpacked to a path the archive names.

use std::fs::File;
use std::io::Read;

use zip::ZipArchive;
use zip::result::ZipError;

use super::error::SourceError;
use super::file_kind::FileKind;
use super::format::Format;
use super::input::Name;
use super::layout::{Found, Origin, Part, PartKind};
use super::seekable::{self, SharedFile, SpoolError, unpacked_bytes_max};

/// What a ZIP archive is.
pub(super) enum Archive {
    /// A format that is packed as one.
    Format(Format),
    /// A document that holds no table.
    Document(FileKind),
    /// A folder of files.
    Files(Box<Files>),
}

/// The files of an archive that could be meant.
pub(super) struct Files {
    archive: ZipArchive<SharedFile>,
    /// Their place in the archive and their path.
    paths: Vec<(usize, String)>,
}

/// A file from an archive.
pub(super) struct Unpacked {
    pub(super) part: Part,
    pub(super) file: File,
}

/// Looks into an archive.
pub(super) fn look_into(file: SharedFile, name: &Name) -> Result<Archive, SourceError> {
    let mut archive = ZipArchive::new(file).map_err(|error| unreadable(name, error))?;
    let mut paths = Vec::new();
    let mut has_content_types = false;
    for (place, path) in archive.file_names().enumerate() {
        let path = path.map_err(|error| unreadable(name, error))?;
        match path.as_ref() {
            "xl/workbook.xml" => return Ok(Archive::Format(Format::Xlsx)),
            "xl/workbook.bin" => return Ok(Archive::Format(Format::Xlsb)),
            "[Content_Types].xml" => has_content_types = true,
            path if is_wanted(path) => paths.push((place, path.to_owned())),
            _ => {}
        }
    }
    if let Some(found) = of_open_document(&mut archive) {
        return Ok(found);
    }
    if has_content_types {
        return Ok(Archive::Document(FileKind::OfficeDocument));
    }
    let files = Files { archive, paths };
    Ok(Archive::Files(Box::new(files)))
}

/// What an OpenDocument file says it is, in its first member.
fn of_open_document(archive: &mut ZipArchive<SharedFile>) -> Option<Archive> {
    let mut kind = String::new();
    let member = archive.by_name("mimetype").ok()?;
    member.take(100).read_to_string(&mut kind).ok()?;
    let document = kind.strip_prefix("application/vnd.oasis.opendocument.")?;
    Some(match document.starts_with("spreadsheet") {
        true => Archive::Format(Format::Ods),
        false => Archive::Document(FileKind::OpenDocument),
    })
}

/// Whether a path is that of a file someone put there, and not what systems leave behind.
fn is_wanted(path: &str) -> bool {
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
    let is_litter = path.starts_with("__MACOSX/")
        || [".DS_Store", "Thumbs.db", "desktop.ini", ""].contains(&name)
        || name.starts_with("._");
    !is_litter
}

/// Endings of names that are certainly of no table.
const OTHER_ENDINGS: [&str; 12] = [
    ".md", ".pdf", ".html", ".htm", ".jpg", ".jpeg", ".png", ".gif", ".docx", ".sig", ".asc",
    ".sha256",
];

impl Files {
    /// Unpacks the file that was named, or the only one.
    pub(super) fn unpack(
        mut self,
        wanted: Option<&str>,
        name: &Name,
    ) -> Result<Unpacked, SourceError> {
        let (place, path) = self.choose(wanted, name)?;
        let others = self.paths.iter().map(|(_, path)| path.clone());
        let others = others.filter(|other| *other != path).collect();
        let member = self.archive.by_index(place);
        let mut member = member.map_err(|error| unreadable(name, error))?;
        let bytes_max = unpacked_bytes_max(member.compressed_size());
        if member.size() > bytes_max {
            return Err(name.too_large(bytes_max));
        }
        let file = seekable::spool(&mut member, bytes_max).map_err(|error| match error {
            SpoolError::Read(error) if error.raw_os_error().is_none() => {
                name.unreadable("a ZIP archive", error)
            }
            error => name.spool_error(error),
        })?;
        let origin = match wanted {
            Some(_) => Origin::Given,
            None => Origin::Sniffed,
        };
        let part = Part {
            kind: PartKind::Member,
            name: Found::new(path, origin),
            others,
        };
        Ok(Unpacked { part, file })
    }

    fn choose(&self, wanted: Option<&str>, name: &Name) -> Result<(usize, String), SourceError> {
        let there = || self.paths.iter().map(|(_, path)| path.clone()).collect();
        let Some(wanted) = wanted else {
            let mut tables = self.paths.iter().filter(|(_, path)| may_be_table(path));
            return match (tables.next(), tables.next()) {
                (Some(only), None) => Ok(only.clone()),
                _ => Err(name.part_unclear(PartKind::Member, there())),
            };
        };
        let is_named = |(_, path): &&(usize, String)| {
            path == wanted || path.rsplit(['/', '\\']).next() == Some(wanted)
        };
        let exact = self.paths.iter().find(|(_, path)| path == wanted);
        let found = exact.or_else(|| self.paths.iter().find(is_named));
        found
            .cloned()
            .ok_or_else(|| name.part_missing(PartKind::Member, wanted, there()))
    }
}

fn may_be_table(path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    !OTHER_ENDINGS.iter().any(|ending| path.ends_with(ending))
}

fn unreadable(name: &Name, error: ZipError) -> SourceError {
    match error {
        ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) => name.protected(),
        ZipError::CompressionMethodNotSupported(_) | ZipError::UnsupportedArchive(_) => {
            name.unreadable("a ZIP archive", "it is packed in an unusual way")
        }
        ZipError::Io(error) if error.raw_os_error().is_some() => {
            name.read_error(std::sync::Arc::new(error))
        }
        error => name.unreadable("a ZIP archive", error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_systems_leave_in_archives_is_not_wanted() {
        assert!(is_wanted("contacts.csv"));
        assert!(is_wanted("export/contacts.csv"));
        for path in [
            "__MACOSX/._contacts.csv",
            ".DS_Store",
            "a/.DS_Store",
            "a/",
            "._b",
        ] {
            assert!(!is_wanted(path), "{path}");
        }
    }

    #[test]
    fn a_note_beside_the_table_is_no_table() {
        assert!(may_be_table("contacts.CSV"));
        assert!(may_be_table("contacts"));
        assert!(!may_be_table("README.md"));
    }
}

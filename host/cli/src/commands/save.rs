//! `-o FILE`: what is no text to show, in files.

use crate::failure::Failure;
use crate::show::{Console, visible_line};
use sandbar::types::{Content, ResourceBody, ResourceContents};
use std::fs;
use std::path::{Path, PathBuf};

/// The images, sounds and embedded files of a result.
pub(super) fn of_content(content: &[Content]) -> Vec<&[u8]> {
    content
        .iter()
        .filter_map(|block| match block {
            Content::Image(binary) | Content::Audio(binary) => Some(binary.data.as_slice()),
            Content::Embedded(ResourceContents { body: ResourceBody::Blob(bytes), .. }) => {
                Some(bytes.as_slice())
            }
            _ => None,
        })
        .collect()
}

/// The contents of a resource, also those that are text.
pub(super) fn of_resource(contents: &[ResourceContents]) -> Vec<&[u8]> {
    contents
        .iter()
        .map(|contents| match &contents.body {
            ResourceBody::Text(text) => text.as_bytes(),
            ResourceBody::Blob(bytes) => bytes.as_slice(),
        })
        .collect()
}

/// Writes each to a file, and says which.
pub(super) fn save(console: &Console, path: &Path, items: &[&[u8]]) -> Result<(), Failure> {
    if items.is_empty() {
        console.note(&format!("there is nothing to write to {}", path.display()));
    }
    for (index, bytes) in items.iter().enumerate() {
        let path = if items.len() == 1 { path.to_owned() } else { numbered(path, index + 1) };
        fs::write(&path, bytes).map_err(|source| Failure::File { path: path.clone(), source })?;
        let name = path.display().to_string();
        console.note(&format!("{} bytes in {}", bytes.len(), visible_line(&name)));
    }
    Ok(())
}

/// `image.png` as `image-2.png`.
fn numbered(path: &Path, number: usize) -> PathBuf {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    match path.extension() {
        Some(extension) => {
            path.with_file_name(format!("{stem}-{number}.{}", extension.to_string_lossy()))
        }
        None => path.with_file_name(format!("{stem}-{number}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Catches files that are written over one another.
    #[test]
    fn the_second_of_several_files_has_a_name_of_its_own() {
        assert_eq!(numbered(Path::new("a/b.tar.gz"), 2), Path::new("a/b.tar-2.gz"));
        assert_eq!(numbered(Path::new("b"), 1), Path::new("b-1"));
    }
}

//! The rooms of the library, and that none uses what is above it.

use super::{folder, rust_files};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The rooms of `host/lib/src`, from the top floor down: a file or a folder each. A room uses rooms
/// of lower floors, and those of its own floor in one direction only.
const FLOORS: [&[&str]; 7] = [
    &["lib"],
    // The API.
    &[
        "sandbar",
        "auth",
        "connect",
        "session",
        "watch",
        "call",
        "operation",
        "executor",
        "error",
        "limits",
        "pages",
        "changes",
        "validation",
    ],
    // Being an executor.
    &["serve"],
    // The sandbox.
    &["sandbox"],
    // The ways to an executor elsewhere.
    &["channel"],
    // The dialer.
    &["http"],
    // What is held for others.
    &["budget"],
];

/// The pairs of rooms of which the first uses the second, and where it says so.
///
/// That takes a path from the root of the crate: none in the tree leaves its room by `super`, which
/// [`only_paths_from_the_root_leave_a_room`] holds.
type Arrows = BTreeMap<(String, String), String>;

/// Catches a lower room that reaches for what is above it, through the back door of a shared type or
/// constant for instance.
#[test]
fn the_arrows_of_the_library_go_down() {
    let floors: BTreeMap<_, _> = FLOORS
        .iter()
        .enumerate()
        .flat_map(|(floor, rooms)| rooms.iter().map(move |room| (*room, floor)))
        .collect();
    let up: Vec<_> = arrows()
        .into_iter()
        .filter(|((from, to), _)| floors[from.as_str()] > floors[to.as_str()])
        .map(|((from, to), place)| format!("`{from}` uses `{to}`, which is above it: {place}"))
        .collect();
    assert!(up.is_empty(), "\n{}\n", up.join("\n"));
}

/// Catches two rooms of a floor that need each other, and so are one.
#[test]
fn the_rooms_of_the_library_are_not_in_circles() {
    let mut arrows = arrows();
    // An arrow to a room that none leaves, or from one that none leads to, is part of no circle.
    // Without it others may be such ones, until all that is left is circles and what joins them.
    loop {
        let before = arrows.len();
        let from: BTreeSet<_> = arrows.keys().map(|(from, _)| from.clone()).collect();
        let to: BTreeSet<_> = arrows.keys().map(|(_, to)| to.clone()).collect();
        arrows
            .retain(|(arrow_from, arrow_to), _| to.contains(arrow_from) && from.contains(arrow_to));
        if arrows.len() == before {
            break;
        }
    }
    let circles: Vec<_> = arrows
        .into_iter()
        .map(|((from, to), place)| format!("`{from}` uses `{to}`: {place}"))
        .collect();
    assert!(circles.is_empty(), "in circles:\n{}\n", circles.join("\n"));
}

/// Catches an arrow that is not seen here: a room that names another by a path through its parent.
#[test]
fn only_paths_from_the_root_leave_a_room() {
    for (room, path) in sources() {
        let is_root_of_room = path.ends_with(format!("src/{room}.rs"))
            || path.ends_with(format!("src/{room}/mod.rs"));
        let text = fs::read_to_string(&path).unwrap();
        for named in FLOORS.concat().into_iter().filter(|_| is_root_of_room) {
            assert!(
                !text.contains(&format!("super::{named}::")),
                "{}: super::{named}",
                path.display()
            );
        }
    }
}

/// Catches a room that was added and has no floor, and one that is gone.
#[test]
fn every_room_of_the_library_has_its_floor() {
    let named: BTreeSet<_> = FLOORS.concat().into_iter().map(str::to_owned).collect();
    let found: BTreeSet<_> = sources().into_iter().map(|(room, _)| room).collect();
    assert_eq!(named, found);
}

fn arrows() -> Arrows {
    let rooms: BTreeSet<_> = FLOORS.concat().into_iter().collect();
    let mut arrows = Arrows::new();
    for (room, path) in sources() {
        let text = fs::read_to_string(&path).unwrap();
        for (line, name) in names(&text) {
            // What is named at the root of the crate itself is re-exported there.
            let used = if rooms.contains(name.as_str()) { name } else { "lib".to_owned() };
            if used != room {
                let place = format!("{}:{line}", path.strip_prefix(library()).unwrap().display());
                arrows.entry((room.clone(), used)).or_insert(place);
            }
        }
    }
    // Catches a test that has lost sight of the code.
    assert!(arrows.contains_key(&("sandbox".to_owned(), "http".to_owned())));
    arrows
}

fn library() -> PathBuf {
    folder("host/lib/src")
}

/// The source files of the library, each with its room.
fn sources() -> Vec<(String, PathBuf)> {
    let with_room = |path: PathBuf| {
        let room = path.strip_prefix(library()).unwrap().iter().next().unwrap();
        let room = Path::new(room).with_extension("");
        (room.to_str().unwrap().to_owned(), path)
    };
    rust_files(library()).into_iter().map(with_room).collect()
}

/// What a text names right below the root of its crate, with the number of the line.
fn names(text: &str) -> Vec<(usize, String)> {
    let without_comments = |line: &str| line.split("//").next().unwrap_or_default().to_owned();
    let code = text.lines().map(without_comments).collect::<Vec<_>>().join("\n");
    let mut names = Vec::new();
    for (at, path) in code.match_indices("crate::") {
        let line = code[..at].matches('\n').count() + 1;
        let after = &code[at + path.len()..];
        names.extend(alternatives(after).into_iter().map(|path| (line, first_word(path))));
    }
    names
}

/// The paths of a group in braces, or the one that begins here.
fn alternatives(path: &str) -> Vec<&str> {
    let Some(group) = path.strip_prefix('{') else { return vec![path] };
    let mut depth = 0_usize;
    let mut begin = 0;
    let mut paths = Vec::new();
    for (at, character) in group.char_indices() {
        match character {
            '{' => depth += 1,
            ',' if depth == 0 => {
                paths.push(&group[begin..at]);
                begin = at + 1;
            }
            '}' if depth == 0 => {
                paths.push(&group[begin..at]);
                break;
            }
            '}' => depth -= 1,
            _ => {}
        }
    }
    paths.retain(|path| !path.trim().is_empty());
    paths
}

fn first_word(path: &str) -> String {
    let ends = |character: char| !character.is_alphanumeric() && character != '_';
    path.trim_start().split(ends).next().unwrap_or_default().to_owned()
}

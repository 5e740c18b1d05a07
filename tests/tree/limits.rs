//! Where limits stand: in the `limits.rs` of their room, each with its reason, so that what a peer, a
//! guest or a user may cost can be read in one place.

use super::{folder, rust_files};
use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

/// The crates that this holds for. Guests other than `mcp-core` have no limits of their own.
const ROOMS: [&str; 6] = [
    "host/lib/src",
    "host/cli/src",
    "protocol/src",
    "protocol/exchange/src",
    "protocol/policy/src",
    "guest",
];

/// Numbers that bound nothing: sizes of the pieces in which something is moved, delays, codes, and
/// what a contract or a standard says.
const NO_LIMITS: [&str; 27] = [
    // Units.
    "KIB",
    "MIB",
    // Exit codes.
    "OK",
    "TOOL_ERROR",
    "USAGE",
    "UNREACHABLE",
    "SERVER_ERROR",
    "TIMEOUT",
    "DENIED",
    "SANDBOX",
    "LOCAL_IO",
    "INTERRUPTED",
    // Pieces that are moved at once; what they belong to is bounded by whoever asks.
    "READ_BYTES",
    "WRITE_BYTES",
    "SMALL_READ_BYTES",
    "LARGE_READ_BYTES",
    "MERGE_BELOW_BYTES",
    "USUAL_CALL_BYTES",
    // Of the contract `sandbar:http`, which documents them.
    "BEGINNING_BYTES",
    "MAX_REDIRECTS",
    // Of an address space, of RFC 8305, of the kernel, of the protocol.
    "ADDRESS_SPACE",
    "WHOLE_MEMORY",
    "ATTEMPT_DELAY",
    "PAUSE",
    "VERSION",
    // What the demo asks for.
    "STEPS",
    "LARGE",
];

/// The name of a number or a duration that a line declares, at the top level of its file.
fn declared(line: &str) -> Option<&str> {
    let (_, declaration) = line.split_once("const ").filter(|(before, _)| {
        before.is_empty() || (before.starts_with("pub") && before.ends_with(' '))
    })?;
    let (name, rest) = declaration.split_once(": ")?;
    let kind = rest.split([' ', ';']).next()?;
    matches!(kind, "usize" | "u64" | "u32" | "u16" | "Duration" | "u8").then_some(name)
}

/// The sources that are no tests, with what they say.
fn sources() -> impl Iterator<Item = (PathBuf, String)> {
    let files = ROOMS.iter().flat_map(|room| rust_files(folder(room)));
    files.filter(|path| !path.to_string_lossy().contains("tests")).map(|path| {
        let text = fs::read_to_string(&path).unwrap();
        (path, text)
    })
}

/// Catches a limit that stands where nobody looks for it.
#[test]
fn every_limit_stands_in_the_limits_of_its_room() {
    let mut misplaced = Vec::new();
    for (path, text) in sources().filter(|(path, _)| !path.ends_with("limits.rs")) {
        let names = text.lines().filter_map(declared);
        let limits = names.filter(|name| !NO_LIMITS.contains(name));
        misplaced.extend(limits.map(|name| format!("{}: {name}", path.display())));
    }
    assert!(misplaced.is_empty(), "\n{}\n", misplaced.join("\n"));
}

/// Catches a limit without a reason, and a name in this file that is gone from the tree.
#[test]
fn every_limit_has_a_reason_and_every_exception_a_use() {
    let (mut bare, mut seen) = (Vec::new(), BTreeSet::new());
    for (path, text) in sources() {
        let mut before = "";
        for line in text.lines() {
            if let Some(name) = declared(line) {
                seen.insert(name.to_owned());
                let has_reason = before.starts_with("///") || before.starts_with("#[");
                if path.ends_with("limits.rs") && !has_reason && !NO_LIMITS.contains(&name) {
                    bare.push(format!("{}: {name}", path.display()));
                }
            }
            before = line.trim_start();
        }
    }
    assert!(bare.is_empty(), "without a reason:\n{}\n", bare.join("\n"));
    let gone: Vec<_> = NO_LIMITS.iter().filter(|name| !seen.contains(**name)).collect();
    assert!(gone.is_empty(), "not in the tree: {gone:?}");
}

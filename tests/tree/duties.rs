//! The list of a client's duties, which names a test for each.

use super::{folder, rust_files};
use std::collections::BTreeSet;
use std::fs;

/// Where the list stands.
const LIST: &str = "docs/duties.md";

/// Catches a duty whose test is gone or has another name, or that never had one.
#[test]
fn every_duty_of_a_client_has_a_test() {
    let list = fs::read_to_string(folder(LIST)).unwrap();
    let rows = list.lines().filter(|line| line.starts_with("| ") && !line.contains("| Test |"));
    let mut tests = BTreeSet::new();
    let mut duties = 0;
    for row in rows {
        let column = row.trim_end_matches(" |").rsplit(" | ").next().unwrap();
        let named: Vec<_> = column.split(", ").map(|name| name.trim_matches('`')).collect();
        assert!(!named.is_empty() && named.iter().all(|name| !name.is_empty()), "no test: {row}");
        duties += 1;
        tests.extend(named.into_iter().filter(|name| *name != "suite").map(str::to_owned));
    }
    assert!(duties > 50, "the list was read: {duties}");
    let sources: String = ["guest", "host", "tests"]
        .iter()
        .flat_map(|room| rust_files(folder(room)))
        .map(|file| fs::read_to_string(file).unwrap())
        .collect();
    let gone: Vec<_> =
        tests.iter().filter(|test| !sources.contains(&format!("fn {test}()"))).collect();
    assert!(gone.is_empty(), "{LIST} names tests that are not there: {gone:?}");
}

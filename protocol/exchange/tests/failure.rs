//! A failure is told three times: in the WIT, in the JSON of the delta protocol, and to those who write
//! a peer. That all three tell the same.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "tests")]

use sandbar_exchange::{ErrorCode, Failure, PeerError, Processed, SequenceError};
use std::collections::{BTreeMap, BTreeSet};

const CONTRACT: &str = include_str!("../../../wit/deps/sandbar-http/types.wit");
const DOCUMENT: &str = include_str!("../../../docs/executor-protocol.md");

/// What each field of the WIT's `failure` is called in JSON.
const NAMES: [(&str, &str); 3] =
    [("code", "kind"), ("authority", "authority"), ("processed", "unprocessed")];

/// A failure of each kind, with every member that it can have.
fn failures() -> impl Iterator<Item = Failure> {
    let text = || "t".to_owned();
    let codes = [
        ErrorCode::Denied(text()),
        ErrorCode::InvalidRequest(text()),
        ErrorCode::Dns(text()),
        ErrorCode::ConnectionRefused,
        ErrorCode::ConnectionFailed(text()),
        ErrorCode::ConnectTimeout,
        ErrorCode::Tls(text()),
        ErrorCode::FirstByteTimeout,
        ErrorCode::IdleTimeout,
        ErrorCode::TotalTimeout,
        ErrorCode::Protocol(text()),
        ErrorCode::IncompleteBody,
        ErrorCode::limit("l", 1),
        ErrorCode::Redirect(text()),
        ErrorCode::Sequence(SequenceError { expected: 1, received: 2 }),
        ErrorCode::Disconnected(text()),
        ErrorCode::Cancelled,
        ErrorCode::Peer(PeerError { code: 1, message: text() }),
        ErrorCode::Other(text()),
    ];
    codes.into_iter().map(|code| Failure {
        code,
        authority: Some("a.example:80".to_owned()),
        processed: Processed::Never,
    })
}

/// The members that JSON has besides `kind`, by kind.
fn written() -> BTreeMap<String, BTreeSet<String>> {
    let members = |failure| {
        let value = serde_json::to_value::<Failure>(failure).unwrap();
        let names = value.as_object().expect("an object").keys().filter(|name| *name != "kind");
        (value["kind"].as_str().expect("a kind").to_owned(), names.cloned().collect())
    };
    failures().map(members).collect()
}

/// The names of the fields or cases of a type of the WIT, in order.
fn declared(head: &str) -> Vec<&'static str> {
    let (_, body) = CONTRACT.split_once(&format!("  {head} {{\n")).expect("a type of this name");
    let (body, _) = body.split_once("\n  }").expect("its end");
    let lines = body.lines().map(str::trim).filter(|line| !line.starts_with("//"));
    lines.map(|line| line.split(['(', ':', ',']).next().unwrap()).collect()
}

/// The rows of the table with this head where the document describes a failure: what is marked as code
/// in the first cell, and in the second.
fn documented(head: &str) -> Vec<(BTreeSet<String>, BTreeSet<String>)> {
    let (_, description) =
        DOCUMENT.split_once("\nThe object of `errors` is a `failure`").expect("the description");
    let (_, table) = description.split_once(&format!("\n{head}\n")).expect("the table");
    let code = |cell: &str| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect();
    let rows = table.lines().skip(1).take_while(|line| line.starts_with('|'));
    rows.map(|row| {
        let cells: Vec<_> = row.split('|').collect();
        (code(cells[1]), code(cells[2]))
    })
    .collect()
}

/// The names of the members that every kind can have, as the document has them.
fn common() -> BTreeSet<String> {
    documented("| member | meaning |").into_iter().flat_map(|(members, _)| members).collect()
}

fn set<'a>(names: impl IntoIterator<Item = &'a str>) -> BTreeSet<String> {
    names.into_iter().map(str::to_owned).collect()
}

/// Catches a case that was added to the contract and never reaches a peer, or that nobody who writes one
/// has heard of.
#[test]
fn the_contract_the_json_and_the_document_have_the_same_kinds() {
    let contract = set(declared("variant error-code"));
    assert_eq!(written().into_keys().collect::<BTreeSet<_>>(), contract);
    let rows = documented("| kind | members |");
    assert_eq!(rows.into_iter().flat_map(|(kinds, _)| kinds).collect::<BTreeSet<_>>(), contract);
}

/// Catches a field of every failure that is lost at the boundary of a process, or that the document leaves
/// out.
#[test]
fn the_contract_the_json_and_the_document_have_the_same_members_of_every_failure() {
    assert_eq!(declared("record failure"), NAMES.map(|(field, _)| field));
    let mut names = set(NAMES.map(|(_, name)| name));
    assert!(names.remove("kind"));
    assert_eq!(common(), names);
    for (kind, members) in written() {
        assert!(members.is_superset(&names), "{kind}: {members:?}");
    }
}

/// Catches a member of a kind that the document leaves out, and one whose name a member of every failure
/// has as well, so that one of the two is lost.
#[test]
fn the_json_and_the_document_have_the_same_members_of_each_kind() {
    let (written, common) = (written(), common());
    for (kinds, members) in documented("| kind | members |") {
        assert!(members.is_disjoint(&common), "{members:?}");
        let expected = members.union(&common).cloned().collect();
        for kind in kinds {
            assert_eq!(written.get(&kind), Some(&expected), "{kind}");
        }
    }
}

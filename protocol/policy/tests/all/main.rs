//! The rules, their judge and their file.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::expect_used,
    missing_docs,
    reason = "tests"
)]

mod addresses;
mod classes;
mod denying;
mod files;
mod judging;
mod properties;
mod support;

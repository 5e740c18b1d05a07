//! Servers that break in every way, and what a sandboxed session makes of each.
//!
//! - `connecting`: nobody there, no such name, TLS
//! - `statuses`: refusals, and answers that are no MCP
//! - `bodies`: answers that are cut, broken or framed in an unusual way
//! - `sizes`: answers that are too large
//! - `silence`: servers that stop in the middle of things
//! - `redirects`: answers that point elsewhere
//! - `giving_up`: calls and openings that nobody waits for any more
//! - `pooling`: which sessions share connections

mod bodies;
mod connecting;
mod giving_up;
mod pooling;
mod redirects;
mod scene;
mod silence;
mod sizes;
mod statuses;

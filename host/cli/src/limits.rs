//! Every limit of the command line, with its reason. Those of sessions and
//! connections are the library's.

use std::time::Duration;

/// Bytes of `--args`, whether from a file or from standard input. 16 MiB: what a session accepts
/// of a server in one message by default.
pub(crate) const ARGUMENTS_BYTES: u64 = 16 * 1024 * 1024;

/// Bytes of a file that `--header NAME=@FILE` reads. 64 KiB: above what servers accept in a
/// header, below what hurts when the wrong file is named.
pub(crate) const HEADER_FILE_BYTES: u64 = 64 * 1024;

/// Characters of a name that is compared with others to find the nearest. 128: no name that a
/// person types is longer, and the comparison takes quadratic time.
pub(crate) const COMPARED_CHARACTERS: usize = 128;

/// Names that an error lists. 20: what fits a terminal along with the error.
pub(crate) const LISTED_NAMES: usize = 20;

/// Bytes of a text of the server that an error shows on a terminal. 4 KiB: a screen or two.
pub(crate) const SHOWN_BYTES: usize = 4096;

/// Local references (`#/$defs/...`) that are followed to find out the type of one property. 8:
/// generated schemas need one or two, and a circle has to end.
pub(crate) const SCHEMA_REFERENCES: usize = 8;

/// Bytes of sandbox memory for each byte that a message may have. Parsing holds a message a few
/// times over: as it arrives, as an event, as a result, as what crosses to the host.
pub(crate) const MEMORY_PER_MESSAGE_BYTE: u64 = 8;

/// Most bytes of sandbox memory: a 32-bit address space, less the page that it cannot use.
pub(crate) const MOST_MEMORY: u64 = (1 << 32) - (1 << 16);

/// Most threads of the runtime. 2: one drives the sandbox, one is left for Ctrl-C, deadlines and
/// whatever else must not wait for it.
pub(crate) const THREADS: usize = 2;

/// Bytes of a file that holds a plugin. 256 MiB: one in Python has 20 MB.
pub(crate) const PLUGIN_BYTES: u64 = 256 * 1024 * 1024;

/// Bytes of a file that holds a bearer token. 4 KiB: a token is a line, and a larger file is the
/// wrong one.
pub(crate) const TOKEN_BYTES: u64 = 4096;

/// Bytes of the content that `fetch` sends. 10 MiB: what fits, in base64 and with its fields, the
/// one message that takes a request to an executor.
pub(crate) const REQUEST_BODY_BYTES: u64 = 10 * 1024 * 1024;

/// Bytes of standard output that an executor holds back while its client does not read them.
/// 64 KiB: as much as a pipe takes itself.
pub(crate) const STDIO_BUFFER_BYTES: usize = 64 * 1024;

/// How long an executor whose client hung up waits for that client to read the last answers.
/// 5 s: enough for a slow network, and nobody waits for the process.
pub(crate) const LAST_ANSWERS: Duration = Duration::from_secs(5);

/// How often a proxy looks whether the process that started it is still there. 1 s: nothing is lost
/// meanwhile but its own memory.
pub(crate) const PARENT_LOOKS: Duration = Duration::from_secs(1);

/// Characters of a column of a table. 40: one overlong name must not widen every other line.
pub(crate) const COLUMN_CHARACTERS: usize = 40;

/// Longest duration: a year. What is meant to last longer needs no deadline.
pub(crate) const LONGEST_DURATION: Duration = Duration::from_secs(365 * 24 * 3600);

/// Bytes of the line in which the demo's executor gives its URL. 256: `ws://`, an address and a port
/// take 30 at most.
#[cfg(feature = "demo")]
pub(crate) const URL_BYTES: u64 = 256;

/// Bytes of the schema of a tool: 1 MiB. The largest that anybody has seen is a tenth of that, and to read
/// one takes thirty times its size. A larger one describes nothing.
pub(crate) const SCHEMA_BYTES: usize = 1024 * 1024;

/// Entries of a page of a list: 100 000. Each is held in a hundred bytes, however small it is.
pub(crate) const PAGE_ENTRIES: usize = 100_000;

/// How long a user may take to sign in. 10 min: a password has to be found, and codes do not live
/// longer (RFC 6749 section 4.1.2).
pub(crate) const SIGN_IN_WAIT: Duration = Duration::from_secs(600);

/// Bytes of a line that is pasted. 64 KiB: a code and what goes with it has a few thousand.
pub(crate) const PASTED_BYTES: u64 = 64 * 1024;

/// Bytes of a policy file: what the library takes, 1 MiB.
pub(crate) const POLICY_BYTES: u64 = 1024 * 1024;

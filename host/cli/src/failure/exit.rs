//! Exit codes. They are part of the interface: `--help` lists them, scripts rely on them.

/// It worked.
pub(crate) const OK: u8 = 0;
/// The tool ran, and reported an error of its own.
pub(crate) const TOOL_ERROR: u8 = 1;
/// The command line is wrong: clap's own code, and that of unknown tools and bad arguments.
pub(crate) const USAGE: u8 = 2;
/// The server, or the executor that was to reach it, could not be reached: name, connection, TLS.
pub(crate) const UNREACHABLE: u8 = 3;
/// The server answered, with an error or with what breaks the protocol.
pub(crate) const SERVER_ERROR: u8 = 4;
/// Some deadline passed.
pub(crate) const TIMEOUT: u8 = 5;
/// The policy forbids it.
pub(crate) const DENIED: u8 = 6;
/// The sandbox could not be set up, trapped, or used too much.
pub(crate) const SANDBOX: u8 = 7;
/// A file or standard output could not be written, or an address not be listened on.
pub(crate) const LOCAL_IO: u8 = 8;
/// Ctrl-C. 128 and the number of SIGINT, as shells report it.
pub(crate) const INTERRUPTED: u8 = 130;

/// The table for `--help`.
pub(crate) const HELP: &str = "\
Exit codes:
    0  success; also when the reader of standard output went away
    1  the tool ran and reported an error, and its arguments fit its schema
    2  wrong usage: options, unknown tool, arguments that do not fit its schema
    3  the server or the executor could not be reached: name, connection, TLS
    4  the server answered with an error, broke the protocol, or broke off; for `fetch` a status
       of 400 or above is an error with --fail only
    5  a timeout
    6  denied by policy
    7  the sandbox failed: could not be set up, trapped, used too much
    8  a file or standard output could not be written, or an address not be listened on
  130  interrupted with Ctrl-C";

#[cfg(test)]
mod tests {
    use super::*;

    /// Catches a code that is added or changed without telling the user.
    #[test]
    fn the_help_lists_every_code() {
        let listed: Vec<u8> = HELP
            .lines()
            .skip(1)
            .filter_map(|line| line.split_whitespace().next()?.parse().ok())
            .collect();
        let codes = [
            OK,
            TOOL_ERROR,
            USAGE,
            UNREACHABLE,
            SERVER_ERROR,
            TIMEOUT,
            DENIED,
            SANDBOX,
            LOCAL_IO,
            INTERRUPTED,
        ];
        assert_eq!(listed, codes);
    }
}

//! What `--help` teaches beyond the list of options.

use crate::cli::exit;
use std::sync::LazyLock;

/// After `sandbar -h`.
pub(crate) const SHORT: &str = "`sandbar --help` shows examples, exit codes and the environment.";

/// After `sandbar --help`.
pub(crate) static LONG: LazyLock<String> =
    LazyLock::new(|| format!("{EXAMPLES}\n\n{}\n\n{STREAMS}\n\n{ENVIRONMENT}", exit::HELP));

const EXAMPLES: &str = "\
Examples:
  sandbar demo                                                 see it work, with no server at hand
  sandbar tools http://127.0.0.1:3101/mcp                      what can the server do?
  sandbar call http://127.0.0.1:3101/mcp echo --arg message=hi
  sandbar call https://mcp.example.com/mcp search --args @query.json --json | jq .content
  sandbar call https://mcp.example.com/mcp whoami -H 'Authorization=@token.txt'

What the server sends is parsed in a WebAssembly sandbox. The sandbox can reach the origin of
the URL that was given, and nothing else: no other host, no file, no environment.";

const STREAMS: &str = "\
Streams:
  Standard output carries results and nothing else. Progress, log messages of the server and
  errors go to standard error; with --json each is one JSON object on a line of its own:
  {\"progress\":...}, {\"log\":...}, {\"notification\":...}, {\"note\":...}, {\"error\":{\"kind\":...,\"message\":...}}.
  Errors of the command line itself are always plain text. On a terminal, control characters
  that a server sends are shown and not obeyed.
  Ctrl-C cancels the call, tells the server, and exits; a second one exits at once.";

const ENVIRONMENT: &str = "\
Environment:
  SANDBAR_CACHE_DIR        where the compiled component is kept; else XDG_CACHE_HOME/sandbar,
                           else HOME/.cache/sandbar
  SSL_CERT_FILE            certificates to trust instead of the system's
  HTTP_PROXY, HTTPS_PROXY, NO_PROXY
                           proxies; never used for this machine itself
  RUST_LOG                 what to trace to standard error, sandbar=debug for example";

pub(crate) const TOOLS: &str = "\
Examples:
  sandbar tools http://127.0.0.1:3101/mcp
  sandbar tools http://127.0.0.1:3101/mcp --json | jq -r '.tools[].name'";

pub(crate) const CALL: &str = "\
Examples:
  sandbar call http://127.0.0.1:3101/mcp echo --arg message=hi
  sandbar call http://127.0.0.1:3101/mcp add --arg a=1 --arg b=2        numbers, by the schema
  sandbar call http://127.0.0.1:3101/mcp plot --arg 'points:=[[1,2],[3,4]]'
  sandbar call http://127.0.0.1:3101/mcp plot --args @points.json
  echo '{\"message\":\"hi\"}' | sandbar call http://127.0.0.1:3101/mcp echo --args -

--arg NAME=VALUE asks the server for the schema of the tool first. --args and NAME:=JSON say
all there is to say, and save that exchange. Exits with 1 if the tool reports an error.";

pub(crate) const RESOURCES: &str = "\
Examples:
  sandbar resources http://127.0.0.1:3101/mcp
  sandbar resources http://127.0.0.1:3101/mcp --json | jq -r '.resources[].uri'";

pub(crate) const READ: &str = "\
Examples:
  sandbar read http://127.0.0.1:3101/mcp demo://readme
  sandbar read http://127.0.0.1:3101/mcp demo://pixel --json | jq -r '.contents[0].blob' | base64 -d";

pub(crate) const PROMPTS: &str = "\
Example:
  sandbar prompts http://127.0.0.1:3101/mcp";

pub(crate) const PROMPT: &str = "\
Example:
  sandbar prompt http://127.0.0.1:3101/mcp greet --arg name=Ada

The arguments of prompts are strings.";

pub(crate) const INFO: &str = "\
Examples:
  sandbar info http://127.0.0.1:3101/mcp
  sandbar info http://127.0.0.1:3101/mcp --json | jq .capabilities";

pub(crate) const COMPONENTS: &str = "\
Example:
  sandbar components --out components && wasm-tools component wit components/mcp-local.wasm

`mcp` and `local` are the parts, for compositions of your own; `mcp-local` is the two composed, a
component that any WASI 0.3 host can run.";

#[cfg(feature = "demo")]
pub(crate) const DEMO: &str = "\
The server listens on a free port of 127.0.0.1 and ends with the demo. Everything that the demo
claims is checked while it runs: it exits with 0 only if all of it holds.";

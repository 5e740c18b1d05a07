//! What `--help` teaches beyond the list of options.

use crate::failure::exit;
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
  sandbar call http://10.0.0.5/mcp echo --arg message=hi \\
    --executor-command \
    'ssh bastion sandbar executor --stdio --allow http://10.0.0.5'   dialled from there
  sandbar fetch https://example.com/file.tar.gz -o file.tar.gz
  sandbar login https://mcp.example.com/mcp                    sign in once, for all commands

What the server sends is parsed in a WebAssembly sandbox. The sandbox can reach the origin of
the URL that was given, and nothing else: no other host, no file, no environment. With an
executor it cannot even reach that: the executor dials, under the policy of its operator.";

const STREAMS: &str = "\
Streams:
  Standard output carries results and nothing else. Progress, log messages of the server and
  errors go to standard error; with --json each is one JSON object on a line of its own:
  {\"progress\":...}, {\"log\":...}, {\"notification\":...}, {\"note\":...}, {\"error\":{\"kind\":...,\"message\":...}}.
  Where there is more to say, an error has \"causes\", a list of texts, \"details\", what the server
  said besides or would accept, and \"hint\", the next step.
  Errors of the command line itself are always plain text. On a terminal, control characters
  that a server sends are shown and not obeyed.
  Ctrl-C cancels the call, tells the server, and exits; a second one exits at once.";

const ENVIRONMENT: &str = "\
Environment:
  SANDBAR_CACHE_DIR        where the compiled component is kept; else XDG_CACHE_HOME/sandbar,
                           else HOME/.cache/sandbar
  SANDBAR_AUTH_DIR         where sign-ins are kept; else XDG_DATA_HOME/sandbar/auth, else
                           HOME/.local/share/sandbar/auth
  BROWSER                  the program that opens pages, in place of the system's
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
  sandbar call http://127.0.0.1:3101/mcp plot '{\"points\":[[1,2],[3,4]]}' -o plot.png
  echo '{\"message\":\"hi\"}' | sandbar call http://127.0.0.1:3101/mcp echo --args -

--arg NAME=VALUE asks the server for the schema of the tool first. --args and NAME:=JSON say
all there is to say, and save that exchange. Exits with 1 if the tool reports an error. What the
server asks of you meanwhile is asked on the terminal; --no-input declines it.";

pub(crate) const RESOURCES: &str = "\
Examples:
  sandbar resources http://127.0.0.1:3101/mcp
  sandbar resources http://127.0.0.1:3101/mcp --json | jq -r '.resources[].uri'";

pub(crate) const TEMPLATES: &str = "\
Examples:
  sandbar templates http://127.0.0.1:3101/mcp
  sandbar templates http://127.0.0.1:3101/mcp --json | jq -r '.resourceTemplates[].uriTemplate'";

pub(crate) const COMPLETE: &str = "\
Examples:
  sandbar complete http://127.0.0.1:3101/mcp --prompt greet tone=fo
  sandbar complete http://127.0.0.1:3101/mcp --template 'demo://{city}' city=par --with country=fr";

pub(crate) const WATCH: &str = "\
Examples:
  sandbar watch http://127.0.0.1:3101/mcp                               lists of tools, prompts, resources
  sandbar watch http://127.0.0.1:3101/mcp --resource demo://a --count 1
  sandbar watch http://127.0.0.1:3101/mcp --json | jq -r .changed

A line for each change. It says that something is to be asked for again, not how it changed.";

pub(crate) const REQUEST: &str = "\
Examples:
  sandbar request http://127.0.0.1:3101/mcp tools/list
  sandbar request http://127.0.0.1:3101/mcp logging/setLevel '{\"level\":\"debug\"}' -v
  sandbar request http://127.0.0.1:3101/mcp tools/call @call.json

The members of _meta that the protocol wants are added.";

pub(crate) const READ: &str = "\
Examples:
  sandbar read http://127.0.0.1:3101/mcp demo://readme
  sandbar read http://127.0.0.1:3101/mcp demo://pixel -o pixel.png
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

pub(crate) const FETCH: &str = "\
Examples:
  sandbar fetch https://example.com/                                    body to standard output
  sandbar fetch https://example.com/file.tar.gz -o file.tar.gz          progress on a terminal
  sandbar fetch https://example.com/ -i                                 status and fields first
  sandbar fetch http://127.0.0.1:8080/items -H 'Content-Type: application/json' -d @item.json
  sandbar fetch http://10.0.0.5/status --executor ws://127.0.0.1:4000   dialled by an executor
  sandbar fetch http://10.0.0.5/status \
    --executor-command 'ssh bastion sandbar executor --stdio --allow http://10.0.0.5'

The body is written while it arrives, and arrives no faster than it is written. One that breaks
off exits with 4, and what had come is kept. Any status exits with 0 unless --fail is given.
--data adds no Content-Type. Redirects are followed within what may be dialled: the origin of the
URL; with an executor what its operator allows.";

pub(crate) const PROXY: &str = "\
Example, in the configuration of an agent:
  { \"mcpServers\": { \"example\": {
      \"command\": \"sandbar\", \"args\": [\"proxy\", \"https://mcp.example.com/mcp\"] } } }

  sandbar proxy https://mcp.example.com/mcp -H 'Authorization=@token.txt'
  sandbar proxy http://10.0.0.5/mcp \
    --executor-command 'ssh bastion sandbar executor --stdio --allow http://10.0.0.5'

Messages pass as they are, in both directions; standard output carries nothing else. A server that is
down is an error of each request, and is tried again with the next; one that forgot its session gets
another, and the request that it refused once more. The end of standard input, SIGTERM, SIGINT and
SIGHUP, the end of whoever reads standard output, and that of the parent process end it with 0: what
runs is given up, and the server told.";

pub(crate) const LOGIN: &str = "\
Examples:
  sandbar login https://mcp.example.com/mcp                    opens the browser
  sandbar login https://mcp.example.com/mcp --no-browser       over ssh: prints the page, takes the URL
                                                               that the browser ends at
  sandbar login https://mcp.example.com/mcp --client-id ID --client-secret-file secret.txt

Tokens are kept in files of yours, renewed in time, and sent to that server alone; the sandbox that
talks to it never sees one. `sandbar auth status` lists the sign-ins, `sandbar logout` forgets them.";

pub(crate) const EXECUTOR: &str = "\
Examples:
  sandbar executor --allow http://127.0.0.1:3101/mcp                   prints ws://127.0.0.1:PORT
  sandbar executor --policy policy.toml                                dials what the file allows
  sandbar executor --listen ws://0.0.0.0:4000 --token-file token.txt \
    --allow https://mcp.example.com                                    for other machines
  ssh bastion sandbar executor --stdio --allow http://10.0.0.5         no port at all
  sandbar executor --executor ws://10.0.0.5:4000                       a relay

Without --allow, --policy or --allow-any it dials nothing. Clients name it with --executor URL, --executor-token-file FILE or --executor-command COMMAND.
WebSockets travel unencrypted: put a TLS proxy or a tunnel in front of one that others reach.
SIGTERM closes every connection and exits with 0; so does the end of standard input with
--stdio. Plugins (--plugin) are asked of every exchange, each connection by an instance of its own. A relay dials nothing itself: what may be dialled is up to the executor behind it.";

pub(crate) const POLICY: &str = "\
Examples:
  sandbar policy check policy.toml
  sandbar policy explain policy.toml https://mcp.example.com/mcp --address 10.0.0.5
  sandbar policy schema > policy.schema.json

A policy is a list of rules that allow and of rules that deny, each with a name:

  [[allow]]
  id = \"mcp\"
  scheme = \"https\"
  host = \"*.example.com\"           # or a name, or an address, or \"*\"
  methods = [\"GET\", \"POST\"]       # all, if it is not there; so it is with path
  path = \"/mcp\"
  addresses = [\"10.0.0.0/8\"]      # or public, private, loopback, reserved, any; public by default
  redirects = \"listed\"            # or none, or same-origin, which is the default

  [[deny]]
  id = \"no-admin\"
  path = \"/mcp/admin\"

What no rule allows is denied, and one that denies wins. Addresses of a name are judged one by one
when it is dialled. Link-local addresses and the metadata services of clouds are reached by no name.";

pub(crate) const COMPONENTS: &str = "\
Example:
  sandbar components --out components && wasm-tools component wit components/mcp-local.wasm

`mcp`, `fetch` and `serve` import an executor, which this host is; `local` and `remote` are executors for
compositions, `plug-http` and `plug-tools` make plugins fit in between. The others are composed of two: `mcp-local` is the client as a component that any
WASI 0.3 host can run, `mcp-remote` the same without any HTTP import.";

#[cfg(feature = "demo")]
pub(crate) const DEMO: &str = "\
The server listens on a free port of 127.0.0.1 and ends with the demo. Everything that the demo
claims is checked while it runs: it exits with 0 only if all of it holds. With --remote an
executor in a second process dials, and the sandbox here has no HTTP import at all.";

//! One failure, three roads: this host as the executor, the executor over `wasi:http`, and the
//! delta protocol between two processes. Wherever it is made, it is the same error at the API.
//!
//! Four kinds of failure have no row here, because no server makes them: `sequence`, `disconnected`
//! and `peer` belong to the delta protocol (`routing`, `executor`, `load::losses` and
//! `protocol/tests/all/client.rs`), and `cancelled` to a caller, who is told `Error::Cancelled`.
//! `other` is for what nobody has a name for, and no server can make it either.

use crate::support::executor_process::ExecutorProcess;
use crate::support::fault::{Chunk, McpScript, Response, Script};
use crate::support::fault_server::FaultServer;
use crate::support::http2_server::{DATA, Http2Server, RST_STREAM, head};
use crate::support::patience::wait_for;
use crate::support::sandbox;
use crate::support::tls_front::{Identity, TlsFront};
use sandbar::components::MCP_LOCAL;
use sandbar::error::Processed;
use sandbar::executor::{HttpRequest, Target};
use sandbar::http::{Policy, Proxies, TlsRoots};
use sandbar::types::Era;
use sandbar::{Builder, ConnectOptions, Error, HttpError, HttpFailure, Sandbar};
use std::any::Any;
use std::net::SocketAddr;
use std::time::Duration;

/// Long enough for a loopback exchange to begin, short enough to wait for.
const SHORT: Duration = Duration::from_millis(300);

/// The roads, and the process at the end of the last.
struct Roads {
    roads: [(&'static str, Sandbar); 3],
    executor: ExecutorProcess,
    /// Of the executor, for as long as it may read them.
    _certificates: Option<tempfile::TempDir>,
}

impl Roads {
    /// `executor` are the options of the executor in the other process.
    async fn open(executor: &[&str]) -> Self {
        Self::to(ExecutorProcess::start(executor).await, builder)
    }

    /// The same, where all of them trust this certificate.
    async fn trusting(identity: &Identity) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let certificates = folder.path().join("root.pem");
        std::fs::write(&certificates, identity.as_pem()).unwrap();
        let roots = TlsRoots::from_store(identity.as_root());
        let executor = ExecutorProcess::trusting(&certificates).await;
        // It reads the file when it dials for the first time.
        let roads = Self::to(executor, || builder().tls_roots(roots.clone()));
        Self { _certificates: Some(folder), ..roads }
    }

    fn to(executor: ExecutorProcess, builder: impl Fn() -> Builder) -> Self {
        let roads = [
            ("host", builder()),
            ("wasi:http", builder().component(MCP_LOCAL.bytes.to_vec())),
            ("delta protocol", builder().executor(Target::websocket(&executor.url).unwrap())),
        ];
        let roads = roads.map(|(name, builder)| (name, builder.build().unwrap()));
        Self { roads, executor, _certificates: None }
    }

    /// Sends a failure down every road, and asserts that it is the same everywhere.
    async fn assert_same(&self, fault: &Fault) {
        let [(_, first), others @ ..] = &self.roads;
        let expected = fault.on(first).await;
        fault.assert_expected(&expected, "host");
        for (road, sandbar) in others {
            let failure = fault.on(sandbar).await;
            assert_eq!(failure, expected, "{} over {road}", fault.name);
        }
    }
}

fn builder() -> Builder {
    sandbox::builder().proxies(Proxies::none())
}

/// A failure that a tool call runs into, or the opening before it, and what everybody has to be told
/// of it.
struct Fault {
    name: &'static str,
    /// Of the server that is asked first.
    origin: String,
    options: ConnectOptions,
    /// The longest that the call accepts.
    silence: Option<Duration>,
    kind: &'static str,
    authority: Option<String>,
    processed: Processed,
    /// Whatever has to go on for as long as the failure is asked for.
    _servers: Vec<Box<dyn Any>>,
}

impl Fault {
    /// Of a server at this place, which is where it fails if nothing else is said.
    fn new(name: &'static str, kind: &'static str, address: SocketAddr) -> Self {
        Self {
            name,
            origin: format!("http://{address}"),
            options: ConnectOptions::new(format!("http://{address}/mcp")).era(Era::Modern),
            silence: None,
            kind,
            authority: Some(address.to_string()),
            processed: Processed::Possibly,
            _servers: Vec::new(),
        }
    }

    /// Of a server that answers tool calls like this.
    async fn answered(name: &'static str, kind: &'static str, answer: Script) -> Self {
        let script = McpScript::modern().on("tools/call", answer);
        let server = FaultServer::start_mcp(script).await;
        Self::new(name, kind, server.address()).with(server)
    }

    /// Nothing that was sent can have been acted on.
    fn unprocessed(mut self) -> Self {
        self.processed = Processed::Never;
        self
    }

    fn at(mut self, authority: Option<String>) -> Self {
        self.authority = authority;
        self
    }

    fn url(self, url: &str) -> Self {
        self.options(ConnectOptions::new(url).era(Era::Modern))
    }

    fn options(mut self, options: ConnectOptions) -> Self {
        self.options = options;
        self
    }

    fn impatient(mut self) -> Self {
        self.silence = Some(SHORT);
        self
    }

    fn with(mut self, server: impl Any) -> Self {
        self._servers.push(Box::new(server));
        self
    }

    /// What a tool call comes to on this road, or opening a session for it.
    async fn on(&self, sandbar: &Sandbar) -> HttpFailure {
        let call = async {
            let session = sandbar.connect_with(self.options.clone()).await?;
            let call = session.call_tool("t", None);
            match self.silence {
                Some(silence) => call.idle_timeout(silence).await,
                None => call.await,
            }
        };
        match wait_for(self.name, call).await {
            Err(Error::Http(failure)) => failure,
            other => panic!("{}: {other:?}", self.name),
        }
    }

    fn assert_expected(&self, failure: &HttpFailure, road: &str) {
        let Self { name, .. } = self;
        assert_eq!(kind(&failure.code), self.kind, "{name} over {road}: {failure:?}");
        assert_eq!(failure.authority, self.authority, "{name} over {road}: {failure:?}");
        assert_eq!(failure.processed, self.processed, "{name} over {road}: {failure:?}");
    }
}

/// The name of a case, as `sandbar:http/types.error-code` has it.
const fn kind(code: &HttpError) -> &'static str {
    match code {
        HttpError::Denied(_) => "denied",
        HttpError::InvalidRequest(_) => "invalid-request",
        HttpError::Dns(_) => "dns",
        HttpError::ConnectionRefused => "connection-refused",
        HttpError::ConnectionFailed(_) => "connection-failed",
        HttpError::ConnectTimeout => "connect-timeout",
        HttpError::Tls(_) => "tls",
        HttpError::FirstByteTimeout => "first-byte-timeout",
        HttpError::IdleTimeout => "idle-timeout",
        HttpError::TotalTimeout => "total-timeout",
        HttpError::Protocol(_) => "protocol",
        HttpError::IncompleteBody => "incomplete-body",
        HttpError::LimitExceeded(_) => "limit-exceeded",
        HttpError::Redirect(_) => "redirect",
        HttpError::Sequence(_) => "sequence",
        HttpError::Disconnected(_) => "disconnected",
        HttpError::Cancelled => "cancelled",
        HttpError::Peer(_) => "peer",
        HttpError::Other(_) => "other",
    }
}

/// A place where nobody listens.
fn closed_port() -> SocketAddr {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// Catches a road that turns a failure before the request is sent into another, forgets where it
/// was, or calls a request that nobody has seen a possible duplicate.
#[tokio::test(flavor = "multi_thread")]
async fn what_keeps_a_request_from_being_sent_is_the_same_on_every_road() {
    let roads = Roads::open(&["--allow-any"]).await;
    let refused = closed_port();
    let silent = FaultServer::start_raw(|_| Script::new().hang()).await;
    let mute = silent.address();
    let plain = FaultServer::start_raw(|_| Script::new().send(b"HTTP/1.1 400 No\r\n\r\n")).await;
    let deaf = plain.address();
    let stranger = TlsFront::start(&Identity::valid(), refused).await;
    let https = |url: String| ConnectOptions::new(url).era(Era::Modern);
    let bad_field = ConnectOptions::new(silent.url("/mcp")).era(Era::Modern).field("x-a", b"\x01");
    let faults = [
        // Refused by whoever is asked first, so that no server is concerned.
        Fault::new("a field with a control character", "invalid-request", mute)
            .options(bad_field)
            .at(None),
        Fault::new("a name that nobody has", "dns", refused)
            .url("http://sandbar-test.invalid:81/mcp")
            .at(Some("sandbar-test.invalid:81".to_owned())),
        Fault::new("a closed port", "connection-refused", refused),
        Fault::new("a handshake without an end", "connect-timeout", mute)
            .options(https(format!("https://{mute}/mcp")).connect_timeout(SHORT)),
        Fault::new("a certificate of a stranger", "tls", refused)
            .options(https(stranger.url("/mcp")))
            .at(Some(stranger.address().to_string())),
        Fault::new("a server without TLS", "tls", deaf)
            .options(https(format!("https://{deaf}/mcp"))),
    ];
    for fault in faults {
        roads.assert_same(&fault.unprocessed()).await;
    }
}

/// Catches a URL that one road refuses before anything is dialled, and another sends to somebody who
/// has to find out.
#[tokio::test(flavor = "multi_thread")]
async fn a_url_that_no_session_can_be_opened_with_is_the_same_on_every_road() {
    let roads = Roads::open(&["--allow-any"]).await;
    for url in ["mcp", "ftp://127.0.0.1/", "http://", "http://user:secret@127.0.0.1/"] {
        let refusals = roads.roads.each_ref().map(|(road, sandbar)| async move {
            match sandbar.connect(url).await.unwrap_err() {
                Error::InvalidUrl { url, reason } => (url, reason),
                other => panic!("{url} over {road}: {other:?}"),
            }
        });
        let [host, wasi, delta] = refusals;
        let host = host.await;
        assert_eq!([wasi.await, delta.await], [host.clone(), host], "{url}");
    }
}

/// Catches a mistake of the caller that is told in other words where another end finds it out. An
/// MCP session makes none of these mistakes: these are exchanges without it.
#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_cannot_be_sent_is_refused_in_the_same_words_on_both_roads() {
    let Roads { roads: [(_, host), _, (_, delta)], executor: _executor, .. } =
        Roads::open(&["--allow-any"]).await;
    let host = host.executor(Policy::anywhere()).await.unwrap();
    let delta = delta.executor(Policy::anywhere()).await.unwrap();
    let get = || HttpRequest::get("http://127.0.0.1:9/");
    let method = |method: &str| HttpRequest { method: method.into(), ..get() };
    let field = |name: &str, value: &str| HttpRequest {
        fields: vec![(name.to_owned(), value.into())],
        ..get()
    };
    for request in [
        method("GE T"),
        method("CONNECT"),
        field("a b", "x"),
        field("x-a", "line\r\nbreak"),
        field("transfer-encoding", "chunked"),
        HttpRequest::get("/relative"),
        HttpRequest::get("ftp://127.0.0.1/"),
        HttpRequest::get("http://"),
        HttpRequest::get("http://user:secret@127.0.0.1/"),
        HttpRequest::get("http://[::1junk/"),
    ] {
        let mut refusals = Vec::new();
        for executor in [&host, &delta] {
            let outcome = wait_for("a refusal", executor.request(request.clone(), 0)).await;
            let Err(Error::Http(failure)) = outcome else { panic!("{request:?}: {outcome:?}") };
            assert_eq!(kind(&failure.code), "invalid-request", "{request:?}: {failure:?}");
            assert_eq!((&failure.authority, failure.processed), (&None, Processed::Never));
            refusals.push(failure);
        }
        assert_eq!(refusals[0], refusals[1], "{request:?}");
    }
}

/// Catches a road that tells failures of the answer apart less well than another, before its head,
/// in its head and in its body, or that does not say whose answer it was.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_an_answer_is_the_same_on_every_road() {
    let roads = Roads::open(&["--allow-any"]).await;
    let json = || Response::json(200, "{");
    let stream = || Script::respond(Response::event_stream()).send(Chunk::new(": begun\n\n"));
    let faults = [
        ("a connection closed before the head", "connection-failed", Script::new().close()),
        ("a connection reset before the head", "connection-failed", Script::new().reset()),
        ("half a head", "connection-failed", Script::new().send(b"HTTP/1.1 200 OK\r\nx").close()),
        ("another protocol", "protocol", Script::new().send(b"220 smtp ready\r\n\r\n").close()),
        ("two lengths", "protocol", {
            Script::respond(json().declared_length(1).field("content-length", "2"))
        }),
        ("a protocol that nobody asked for", "protocol", {
            Script::new().send(b"HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n")
        }),
        ("a transfer coding that nobody undoes", "protocol", {
            Script::respond(json().chunked().field("transfer-encoding", "yolo"))
        }),
        ("a flood of fields", "limit-exceeded", Script::respond(json().field_flood(300, 4))),
        ("a flood of bytes", "limit-exceeded", Script::respond(json().field_flood(20, 32 * 1024))),
        ("a short body", "incomplete-body", Script::respond(json().declared_length(9)).close()),
        ("a stream without its last chunk", "incomplete-body", stream().close()),
        ("a stream that is reset", "incomplete-body", {
            // In the hands of the client before the reset, which could overtake it otherwise.
            Script::new().send_split(Response::event_stream(), &[]).reset()
        }),
        ("a chunk without a size", "protocol", stream().send(b"no size\r\n").close()),
    ];
    for (name, kind, answer) in faults {
        roads.assert_same(&Fault::answered(name, kind, answer).await).await;
    }
}

/// Catches a road on which a body counts as whole because its HTTP/2 stream was reset without an error
/// (RFC 9113 section 8.1), or a fault of such a server has another name than one of HTTP/1.1.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_an_answer_of_http2_is_the_same_on_every_road() {
    let identity = Identity::valid();
    let roads = Roads::trusting(&identity).await;
    let ten = || head(&[("content-length", "10")]);
    let four = || (DATA, 0, b"four".to_vec());
    let reset = |code| (RST_STREAM, 0, vec![0, 0, 0, code]);
    let (no_error, cancel) = (0, 8);
    for (name, kind, answer) in [
        ("a reset without an error", "incomplete-body", vec![ten(), four(), reset(no_error)]),
        ("no length either", "incomplete-body", vec![head(&[]), four(), reset(no_error)]),
        ("a reset", "incomplete-body", vec![ten(), four(), reset(cancel)]),
        ("a reset instead of a head", "connection-failed", vec![reset(cancel)]),
        ("a name in capitals", "protocol", vec![head(&[("X", "y")])]),
        ("a flood of fields", "limit-exceeded", vec![head(&[("x", "y"); 300])]),
    ] {
        let server = Http2Server::start(&identity, answer).await;
        let fault = Fault::new(name, kind, server.address);
        let url = format!("https://{}/mcp", server.address);
        roads.assert_same(&fault.url(&url).with(server)).await;
    }
}

/// Catches a road on which a request without content is sent as if it had some (RFC 9112 section 6.3;
/// bun 32847): the end of a session, which is one of its last, and what it asks the server for first.
#[tokio::test(flavor = "multi_thread")]
async fn a_request_without_content_is_not_chunked_on_any_road() {
    let Roads { roads, executor: _executor, .. } = Roads::open(&["--allow-any"]).await;
    for (road, sandbar) in &roads {
        let server = FaultServer::start_mcp(McpScript::legacy()).await;
        let options = ConnectOptions::new(server.url("/mcp")).era(Era::Legacy);
        let session = sandbar.connect_with(options).await.unwrap();
        wait_for("the session to close", session.close()).await;
        let requests = server.requests();
        assert_eq!(requests.last().unwrap().method, "DELETE", "{road}: {requests:?}");
        for request in requests {
            let (length, method) = (request.body.len(), &request.method);
            assert_eq!(request.field("transfer-encoding"), None, "{method} over {road}");
            let said = request.field("content-length").map(|said| said.parse().unwrap());
            assert_eq!(said.unwrap_or(0), length, "{method} over {road}");
        }
    }
}

/// Catches a deadline that one road does not pass on, or that passes under another name.
#[tokio::test(flavor = "multi_thread")]
async fn silence_is_the_same_on_every_road() {
    let roads = Roads::open(&["--allow-any"]).await;
    let json = Response::json(200, "{").declared_length(9);
    let faults = [
        ("no answer", "first-byte-timeout", Script::new().hang()),
        ("half a head", "first-byte-timeout", Script::new().send(b"HTTP/1.1 200 OK\r\nx").hang()),
        ("half a body", "idle-timeout", Script::respond(json).hang()),
        ("a silent stream", "idle-timeout", Script::respond(Response::event_stream()).hang()),
    ];
    for (name, kind, answer) in faults {
        roads.assert_same(&Fault::answered(name, kind, answer).await.impatient()).await;
    }
}

/// Catches a road that follows further than another, or that takes a request for unprocessed after
/// a redirect that says the opposite: 303 is an answer to what was done, 307 is none.
#[tokio::test(flavor = "multi_thread")]
async fn redirects_that_lead_nowhere_are_the_same_on_every_road() {
    let roads = Roads::open(&["--allow-any"]).await;
    let to = |status, location| Script::respond(Response::redirect(status, location));
    for (name, answer) in [
        ("a loop", to(307, "/mcp")),
        ("a file", to(307, "file:///etc/passwd")),
        ("user information", to(308, "http://user:secret@127.0.0.1/")),
        ("no URL", to(307, "http://[::1junk/")),
    ] {
        let fault = Fault::answered(name, "redirect", answer).await;
        roads.assert_same(&fault.unprocessed()).await;
    }
    let fault = Fault::answered("a file, afterwards", "redirect", to(303, "file:///x")).await;
    roads.assert_same(&fault).await;
}

/// Catches a failure behind a redirect that is told of the place before it, or as if no other place
/// had acted on the request.
#[tokio::test(flavor = "multi_thread")]
async fn a_failure_behind_a_redirect_is_the_same_on_every_road() {
    let roads = Roads::open(&["--allow-any"]).await;
    for (status, name) in [(307, "moved"), (303, "done, and more to see")] {
        let script = McpScript::modern()
            .on("tools/call", Script::respond(Response::redirect(status, "/next")));
        let server = FaultServer::start(move |request| match request.target.as_str() {
            "/mcp" => script.script_for(request),
            _ => Script::new().close(),
        })
        .await;
        let fault = Fault::new(name, "connection-failed", server.address()).with(server);
        roads.assert_same(&fault).await;
    }
}

/// Catches a denial that loses its place, its reason or its verdict on a road. Words are compared
/// between the first two roads alone: they have one policy, the user's, and the executor in the
/// other process has its operator's and says what the operator can do.
#[tokio::test(flavor = "multi_thread")]
async fn a_denial_is_the_same_on_every_road_but_for_the_words_of_the_operator() {
    for (status, processed) in [(307, Processed::Never), (303, Processed::Possibly)] {
        let other = FaultServer::start(|_| Script::new().close()).await;
        let location = other.url("/mcp");
        let answer = Script::respond(Response::redirect(status, &location));
        let mut fault = Fault::answered("another origin", "denied", answer).await;
        fault.authority = Some(other.address().to_string());
        fault.processed = processed;
        let asked = format!("http://{}", other.address());
        let Roads { roads, executor: _executor, .. } =
            Roads::open(&["--allow", &fault.origin]).await;
        let mut reasons = Vec::new();
        for (road, sandbar) in &roads {
            let failure = fault.on(sandbar).await;
            fault.assert_expected(&failure, road);
            let HttpError::Denied(reason) = failure.code else { unreachable!() };
            assert!(reason.contains(&asked), "{road}: {reason}");
            reasons.push(reason);
        }
        assert_eq!(reasons[0], reasons[1]);
        assert!(reasons[2].contains("operator"), "{}", reasons[2]);
        assert_eq!(other.connections(), 0);
    }
}

/// Catches a deadline for the whole exchange that one road keeps for the head alone, or that is told
/// without its place. A session has no such deadline, and `local.wasm`, which
/// has none to pass on to `wasi:http`, keeps none: these are exchanges without MCP.
#[tokio::test(flavor = "multi_thread")]
async fn a_deadline_for_the_whole_exchange_passes_the_same_way_on_both_roads_that_keep_one() {
    let Roads { roads: [(_, host), _, (_, delta)], executor: _executor, .. } =
        Roads::open(&["--allow-any"]).await;
    let server = FaultServer::start(|request| match request.target.as_str() {
        "/silent" => Script::new().hang(),
        // Lively, so that no other deadline passes.
        _ => Script::respond(Response::new(200).chunks_follow())
            .send_repeatedly(b"1\r\nx\r\n", u64::MAX),
    })
    .await;
    let place = server.address().to_string();
    for path in ["/silent", "/endless"] {
        let mut failures = Vec::new();
        for sandbar in [&host, &delta] {
            let executor = sandbar.executor(Policy::anywhere()).await.unwrap();
            let mut request = HttpRequest::get(server.url(path));
            request.total_timeout = Some(SHORT);
            let outcome = wait_for(path, executor.request(request, usize::MAX)).await;
            let Err(Error::Http(failure)) = outcome else { panic!("{path}: {outcome:?}") };
            failures.push(failure);
        }
        let expected = HttpFailure {
            code: HttpError::TotalTimeout,
            authority: Some(place.clone()),
            processed: Processed::Possibly,
        };
        assert_eq!(failures, [expected.clone(), expected], "{path}");
    }
}

//! Executors: exchanges here and elsewhere, over every kind of pipe, with real
//! sockets behind them.

use crate::support;
use crate::support::fault::{Chunk, Gate, McpScript, Response, Script, SseEvent};
use crate::support::fault_server::FaultServer;
use crate::support::patience;
use crate::support::sandbox::dialling_anywhere;
use futures::future::BoxFuture;
use sandbar::executor::{
    Connect, Executor, HttpRequest, ListenOptions, Pipe, ServeOptions, Target,
};
use sandbar::http::Policy;
use sandbar::types::Content;
use sandbar::{ExecutorError, HttpError, HttpFailure, Sandbar};
use sandbar_demo::{DemoOptions, DemoServer};
use tokio::sync::oneshot;

/// The most of a body that comes with its head, by the contract of `sandbar:http/client`.
const BEGINNING_BYTES: usize = 65_536;

/// An executor in this process, at the other end of a pipe in memory.
struct InMemory {
    sandbar: Sandbar,
    options: ServeOptions,
}

impl Connect for InMemory {
    fn connect(&self) -> BoxFuture<'_, Result<Pipe, ExecutorError>> {
        let (near, far) = Pipe::pair();
        let (sandbar, options) = (self.sandbar.clone(), self.options.clone());
        tokio::spawn(async move { sandbar.serve(&options, far, None).await });
        Box::pin(std::future::ready(Ok(near)))
    }
}

pub(crate) fn in_memory() -> Target {
    let sandbar = support::sandbox::builder().build().unwrap();
    Target::connector(InMemory { sandbar, options: dialling_anywhere() })
}

/// A listener on loopback; dropping the sender shuts it down.
async fn listen(options: ServeOptions) -> (String, oneshot::Sender<()>) {
    let sandbar = support::sandbox::builder().build().unwrap();
    let address = "127.0.0.1:0".parse().unwrap();
    let listener = sandbar.listen(ListenOptions::new(address, options)).await.unwrap();
    let url = listener.url();
    let (stop, stopped) = oneshot::channel();
    tokio::spawn(listener.run(async move {
        let _: Result<(), _> = stopped.await;
    }));
    (url, stop)
}

async fn executor(target: Target) -> Executor {
    let sandbar = support::sandbox::builder().executor(target).build().unwrap();
    sandbar.executor(Policy::anywhere()).await.unwrap()
}

/// The executors that everything must work through: from here, over a pipe in
/// memory, over a WebSocket, and through a relay.
async fn every_executor() -> Vec<(&'static str, Executor, Vec<oneshot::Sender<()>>)> {
    let (url, stop) = listen(dialling_anywhere()).await;
    let (far, stop_far) = listen(dialling_anywhere()).await;
    let relay = ServeOptions { target: Target::websocket(&far).unwrap(), ..dialling_anywhere() };
    let (relay, stop_relay) = listen(relay).await;
    vec![
        ("local", executor(Target::Local).await, Vec::new()),
        ("in memory", executor(in_memory()).await, Vec::new()),
        ("websocket", executor(Target::websocket(&url).unwrap()).await, vec![stop]),
        ("relay", executor(Target::websocket(&relay).unwrap()).await, vec![stop_far, stop_relay]),
    ]
}

/// Catches an executor that changes a request or a response on the way: methods,
/// repeated fields, bytes that are not ASCII, bodies.
#[tokio::test(flavor = "multi_thread")]
async fn a_request_and_its_response_travel_unchanged_through_every_executor() {
    for (name, executor, _stops) in every_executor().await {
        let server = FaultServer::start(|_| {
            let response = Response::new(201)
                .field("x-two", "1")
                .field("x-two", "2")
                .field("x-latin", "caf\u{e9}")
                .body("answer");
            Script::respond(response)
        })
        .await;
        let mut request = HttpRequest::get(server.url("/path?query"));
        request.method = "FROB".to_owned();
        request.fields = vec![("x-a".into(), b"1".to_vec()), ("x-a".into(), b"2".to_vec())];
        request.body = Some((0..=255).collect());
        let response = executor.request(request, 1024).await.unwrap();
        assert_eq!(response.status, 201, "{name}");
        assert_eq!(&response.body[..], b"answer", "{name}");
        let values = |wanted: &str| -> Vec<Vec<u8>> {
            let fields = response.fields.iter().filter(|(field, _)| field == wanted);
            fields.map(|(_, value)| value.clone()).collect()
        };
        assert_eq!(values("x-two"), [b"1", b"2"], "{name}");
        assert_eq!(values("x-latin"), ["caf\u{e9}".as_bytes()], "{name}");
        let received = server.request(0).await;
        assert_eq!(received.method, "FROB", "{name}");
        assert_eq!(received.target, "/path?query", "{name}");
        assert_eq!(received.body, (0..=255).collect::<Vec<u8>>(), "{name}");
        let sent: Vec<_> =
            received.fields.iter().filter(|(field, _)| field.eq_ignore_ascii_case("x-a")).collect();
        assert_eq!(sent.len(), 2, "{name}: {sent:?}");
    }
}

/// Catches an executor that says upstream what its client has not said (`accept`, `referer`, a framing of
/// what there is none of), and one that keeps fields of a response to itself: stock clients get those
/// of the hop as well.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_added_to_a_request_and_nothing_taken_from_a_response() {
    const HOP: [(&str, &str); 5] = [
        ("connection", "keep-alive, x-hop"),
        ("keep-alive", "timeout=5"),
        ("proxy-authenticate", "Basic"),
        ("trailer", "x-trailer"),
        ("x-hop", "1"),
    ];
    for (name, executor, _stops) in every_executor().await {
        let server = FaultServer::start(|request| match request.target.as_str() {
            "/moved" => Script::respond(Response::redirect(302, "/there")),
            _ => {
                let response = Response::new(200).body("ok").chunked();
                Script::respond(
                    HOP.iter()
                        .fold(response, |response, (name, value)| response.field(name, value)),
                )
            }
        })
        .await;
        for method in ["GET", "DELETE", "POST", "OPTIONS"] {
            let mut request = HttpRequest::get(server.url("/moved"));
            request.method = method.to_owned();
            let response = executor.request(request, 1024).await.unwrap();
            for (field, value) in HOP.iter().chain(&[("transfer-encoding", "chunked")]) {
                let kept = response
                    .fields
                    .iter()
                    .any(|(name, kept)| name == field && kept == value.as_bytes());
                assert!(kept, "{name}, {field}: {:?}", response.fields);
            }
        }
        for request in server.requests() {
            let (method, target) = (&request.method, &request.target);
            for (field, value) in &request.fields {
                let field = field.to_ascii_lowercase();
                let empty = field == "content-length" && method == "POST" && value == b"0";
                assert!(field == "host" || empty, "{name}, {method} {target}: {field}");
            }
        }
    }
}

/// Catches an executor that buffers bodies, loses bytes at the boundaries of
/// deltas, or takes the end of the chunks for the end of the body.
#[tokio::test(flavor = "multi_thread")]
async fn a_large_body_arrives_whole_and_a_cut_one_ends_with_an_error() {
    for (name, executor, _stops) in every_executor().await {
        let body: Vec<u8> = (0..8_000_000u32).map(|index| (index % 251) as u8).collect();
        let whole = body.clone();
        let server = FaultServer::start(move |request| {
            let response = Response::new(200).body(whole.clone());
            match request.target.as_str() {
                "/whole" => Script::respond(response),
                _ => Script::respond(response.declared_length(9_000_000)).close(),
            }
        })
        .await;
        let request = HttpRequest::get(server.url("/whole"));
        let response = executor.request(request, 16 << 20).await.unwrap();
        assert!(response.body == body, "{name}: {} bytes", response.body.len());

        let request = HttpRequest::get(server.url("/cut"));
        let mut streamed = executor.request_stream(request).await.unwrap();
        let mut received = Vec::new();
        let error = loop {
            match streamed.body.chunk().await {
                Some(Ok(chunk)) => received.extend_from_slice(&chunk),
                Some(Err(error)) => break error,
                None => panic!("{name}: a clean end after {} bytes", received.len()),
            }
        };
        assert!(received == body, "{name}: {} bytes before the error", received.len());
        assert!(
            matches!(
                error,
                sandbar::Error::Http(HttpFailure { code: HttpError::IncompleteBody, .. })
            ),
            "{name}: {error:?}"
        );
    }
}

/// Catches a body that loses or repeats bytes where what came with the head ends and its remainder
/// begins, one that is taken for whole because it came with the head, and one whose failure is lost
/// because it was known by then.
#[tokio::test(flavor = "multi_thread")]
async fn what_comes_with_the_head_is_neither_more_nor_less_than_the_body() {
    let sizes = [0, 1, BEGINNING_BYTES - 1, BEGINNING_BYTES, BEGINNING_BYTES + 1, 200_000];
    let body = |size: usize| -> Vec<u8> { (0..size).map(|index| (index % 251) as u8).collect() };
    let server = FaultServer::start(move |request| {
        let (_, rest) = request.target.split_at(1);
        let (kind, size) = rest.split_once('/').unwrap();
        let body = body(size.parse().unwrap());
        let declared = body.len() as u64;
        let response = Response::new(200);
        match kind {
            "length" => Script::respond(response.body(body)),
            "chunked" => Script::respond(response.body(body).chunked()),
            _ => Script::respond(response.body(body).declared_length(declared + 1)).close(),
        }
    })
    .await;
    for (name, executor, _stops) in every_executor().await {
        for size in sizes {
            for kind in ["length", "chunked"] {
                let request = HttpRequest::get(server.url(&format!("/{kind}/{size}")));
                let response = executor.request(request, 1 << 20).await.unwrap();
                assert!(response.body == body(size), "{name}, {kind}: {size} bytes");
            }
            let request = HttpRequest::get(server.url(&format!("/cut/{size}")));
            let error = executor.request(request, 1 << 20).await.unwrap_err();
            assert!(
                matches!(
                    &error,
                    sandbar::Error::Http(HttpFailure {
                        code: HttpError::IncompleteBody,
                        authority: Some(authority),
                        ..
                    }) if *authority == server.address().to_string()
                ),
                "{name}: {error:?} after {size} bytes"
            );
        }
    }
}

/// Catches a cancellation that is only local: the upstream server must see its
/// socket close, in the middle of a body, where no byte is on its way, and
/// before the head.
#[tokio::test(flavor = "multi_thread")]
async fn dropping_an_exchange_closes_the_upstream_socket() {
    for (name, executor, _stops) in every_executor().await {
        let server = FaultServer::start(|request| match request.target.as_str() {
            "/silent-body" => Script::respond(Response::new(200).chunks_follow()).hang(),
            _ => Script::new().hang(),
        })
        .await;
        let streamed =
            executor.request_stream(HttpRequest::get(server.url("/silent-body"))).await.unwrap();
        drop(streamed);
        patience::wait_for("the socket of a dropped body to close", server.closed_early(0)).await;

        let waiting = executor.request_stream(HttpRequest::get(server.url("/no-head")));
        {
            let mut waiting = std::pin::pin!(waiting);
            tokio::select! {
                outcome = &mut waiting => panic!("{name}: {outcome:?}"),
                _ = server.request(1) => {}
            }
        }
        patience::wait_for("the socket of a dropped call to close", server.closed_early(1)).await;
    }
}

/// Catches a connection on which one slow reader stalls the others, and one that
/// locks when more exchanges are asked for than its queues hold.
#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_stops_stalls_nobody_else_and_four_hundred_streams_all_end() {
    for (name, executor, _stops) in every_executor().await {
        let server = FaultServer::start(|request| match request.target.as_str() {
            "/endless" => Script::respond(Response::new(200).body(vec![b'x'; 12_000_000])),
            target => Script::respond(Response::new(200).body(target.to_owned())),
        })
        .await;
        let stopped =
            executor.request_stream(HttpRequest::get(server.url("/endless"))).await.unwrap();
        let exchanges = (0..400).map(|number| {
            let (executor, url) = (executor.clone(), server.url(&format!("/{number}")));
            async move {
                let response = executor.request(HttpRequest::get(url), 1024).await.unwrap();
                assert_eq!(&response.body[..], format!("/{number}").as_bytes());
            }
        });
        let all = futures::future::join_all(exchanges);
        patience::wait_for(name, all).await;
        let mut stopped = stopped;
        let mut received = 0;
        while let Some(chunk) = stopped.body.chunk().await {
            received += chunk.unwrap().len();
        }
        assert_eq!(received, 12_000_000, "{name}");
    }
}

/// Catches causes that are lost on the way: what went wrong at the executor must
/// be told here as it would be if it had happened here.
#[tokio::test(flavor = "multi_thread")]
async fn causes_keep_their_names_through_every_executor() {
    for (name, executor, _stops) in every_executor().await {
        let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let get = |url: String| executor.request(HttpRequest::get(url), 1024);
        let error = get(format!("http://{closed}/")).await.unwrap_err();
        assert!(
            matches!(
                error,
                sandbar::Error::Http(HttpFailure { code: HttpError::ConnectionRefused, .. })
            ),
            "{name}: {error:?}"
        );
        let error = get("http://no-such-host.invalid/".into()).await.unwrap_err();
        assert!(
            matches!(error, sandbar::Error::Http(HttpFailure { code: HttpError::Dns(_), .. })),
            "{name}: {error:?}"
        );
        let error = get("ftp://127.0.0.1/".into()).await.unwrap_err();
        assert!(
            matches!(
                error,
                sandbar::Error::Http(HttpFailure { code: HttpError::InvalidRequest(_), .. })
            ),
            "{name}: {error:?}"
        );
        let error = get("http://169.254.169.254/latest/meta-data".into()).await.unwrap_err();
        assert!(
            matches!(&error, sandbar::Error::Http(HttpFailure { code: HttpError::Denied(reason), .. })
                if reason.contains("169.254.169.254")),
            "{name}: {error:?}"
        );
    }
}

/// Catches a session that only works where it dials itself.
#[tokio::test(flavor = "multi_thread")]
async fn a_session_runs_over_a_remote_executor() {
    let server = DemoServer::start(DemoOptions::default()).await.unwrap();
    let (url, _stop) = listen(dialling_anywhere()).await;
    for target in [in_memory(), Target::websocket(&url).unwrap()] {
        let sandbar = support::sandbox::builder().executor(target).build().unwrap();
        let session = sandbar.connect(&server.url()).await.unwrap();
        let arguments = Some(r#"{"steps":50,"delay_ms":0}"#.to_owned());
        let mut call = session.call_tool("count", arguments).with_progress().start().await.unwrap();
        let mut seen = Vec::new();
        while let Some(notification) = call.notification().await {
            seen.extend(notification.progress.map(|progress| progress.progress));
        }
        assert_eq!(seen, (1..=50).map(f64::from).collect::<Vec<_>>());
        call.await.unwrap();
        let large = session.call_tool("large", Some(r#"{"bytes":4000000}"#.into())).await.unwrap();
        assert!(matches!(&large.content[..], [Content::Text(text)] if text.len() == 4_000_000));
        let hanging = session.call_tool("slow", None).start().await.unwrap();
        let mut started = server.slow_calls();
        let before = *server.cancelled_calls().borrow();
        started.wait_for(|calls| *calls > before).await.unwrap();
        drop(hanging);
        let mut cancelled = server.cancelled_calls();
        cancelled.wait_for(|calls| *calls > before).await.unwrap();
        session.close().await;
    }
}

/// Catches a disconnection that is told as a clean end, as a broken sequence, or
/// not at all, and a client that does not come back.
#[tokio::test(flavor = "multi_thread")]
async fn a_lost_executor_is_told_after_what_arrived_and_the_next_exchange_reconnects() {
    let server = FaultServer::start(|request| match request.target.as_str() {
        "/part" => {
            Script::respond(Response::new(200).chunks_follow()).send(Chunk::new("part")).hang()
        }
        _ => Script::respond(Response::new(200).body("again")),
    })
    .await;
    {
        let (url, stop) = listen(dialling_anywhere()).await;
        let executor = executor(Target::websocket(&url).unwrap()).await;
        let mut streamed =
            executor.request_stream(HttpRequest::get(server.url("/part"))).await.unwrap();
        assert_eq!(&streamed.body.chunk().await.unwrap().unwrap()[..], b"part");
        drop(stop);
        let error = streamed.body.chunk().await.unwrap().unwrap_err();
        assert!(
            matches!(
                error,
                sandbar::Error::Http(HttpFailure { code: HttpError::Disconnected(_), .. })
            ),
            "{error:?}"
        );
        let error = executor.request(HttpRequest::get(server.url("/")), 64).await.unwrap_err();
        assert!(
            matches!(
                error,
                sandbar::Error::Http(HttpFailure { code: HttpError::Disconnected(_), .. })
            ),
            "{error:?}"
        );
    }
    // Where the executor can be reached again, the same client goes on.
    let reachable = executor(in_memory()).await;
    let response = reachable.request(HttpRequest::get(server.url("/")), 64).await.unwrap();
    assert_eq!(&response.body[..], b"again");
}

/// Catches an executor's client whose task for a body never ends when its reader leaves before the
/// end, as an MCP client leaves an event stream that has brought the answer: each leaks its memory
/// and its handles, until the sandbox is refused another handle.
#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_left_before_its_end_leaves_nothing_behind() {
    const CALLS: usize = 400;
    let log =
        r#"{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":1}}"#;
    let answer = r#"{"jsonrpc":"2.0","id":{id},"result":{"content":[]}}"#;
    // The client waits for more when the answer comes: then its executor's end does as well when
    // the client leaves.
    let gate = Gate::new("the client has read the notification");
    let stream = Script::new()
        .send(Response::event_stream())
        .events([SseEvent::data(log)])
        .wait(&gate)
        .events([SseEvent::data(answer)])
        .wait_for_client_close();
    let server = FaultServer::start_mcp(McpScript::legacy().on("tools/call", stream)).await;
    let sandbar = support::sandbox::builder().executor(in_memory()).build().unwrap();
    let session = sandbar.connect(&server.url("/mcp")).await.unwrap();
    let calls = async || {
        for _ in 0..CALLS {
            let mut call = session.call_tool("any", None).start().await.unwrap();
            call.notification().await.unwrap();
            gate.let_through(1);
            call.await.unwrap();
        }
        session.stats().memory_peak
    };
    let before = calls().await;
    let grown = calls().await - before;
    assert_eq!(grown, 0, "bytes for {CALLS} calls after as many that warmed it up");
}

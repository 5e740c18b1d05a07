//! Calls of the MCP core under any peer: none panics, none is left without an outcome, and what is said
//! to have never been sent was not.
#![no_main]

use std::collections::VecDeque;

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use sandbar_mcp_core::{
    Call, CallId, Era, Error, ErrorCode, Failure, Field, Outgoing, Params, Response, Session,
    SessionConfig, Step, typed,
};

/// Steps after which a call is said to have no end. The longest that a server can make one: rounds of
/// input and of waiting, each with a body in pieces.
const MOST_STEPS: usize = 20_000;

#[derive(Arbitrary, Debug)]
struct Input {
    known: Option<bool>,
    method: u8,
    progress: bool,
    replies: Vec<Reply>,
    inputs: Vec<Option<Vec<String>>>,
}

#[derive(Arbitrary, Debug)]
enum Reply {
    Answer { status: u8, kind: u8, field: u8, chunks: Vec<Chunk>, end: u8 },
    Failure(u8),
}

#[derive(Arbitrary, Debug)]
enum Chunk {
    Raw(Vec<u8>),
    Piece(u8),
    /// A message for the request that was sent last.
    Message { stream: bool, piece: u8 },
}

const STATUSES: [u16; 14] =
    [200, 200, 200, 202, 204, 301, 400, 401, 404, 405, 410, 429, 500, 503];
const KINDS: [&str; 5] = ["application/json", "text/event-stream", "text/html", "", "application/json; x"];
const FIELDS: [(&str, &str); 9] = [
    ("content-encoding", "gzip"),
    ("content-encoding", "deflate"),
    ("content-length", "5"),
    ("mcp-session-id", "s9"),
    ("retry-after", "1"),
    ("set-cookie", "a=b; Path=/; Max-Age=x"),
    ("www-authenticate", "Bearer"),
    ("date", "Wed, 25 Nov 2026 09:00:00 GMT"),
    ("x", "y"),
];
const METHODS: [&str; 5] =
    ["tools/call", "tools/list", "subscriptions/listen", "resources/read", "x/y"];
const PIECES: [&str; 18] = [
    "\n\n", "id: 1\n", "event: endpoint\ndata: /m\n\n", "retry: 1\n", ": x\n",
    r#""result":{"content":[{"type":"text"}]}"#,
    r#""result":{"resultType":"input_required","inputRequests":{"a":{"method":"elicitation/create","params":{"requestedSchema":{"properties":{"a":{"type":"integer"}}}}}},"requestState":"s"}"#,
    r#""result":{"resultType":"input_required","requestState":"s"}"#,
    r#""result":{"supportedVersions":["2026-07-28"]}"#,
    r#""result":{"protocolVersion":"2025-11-25"}"#,
    r#""error":{"code":-32000,"message":"Session not found"}"#,
    r#""error":{"code":-32020,"message":"m"}"#,
    r#""error":{"code":-32022,"data":{"supported":["2026-07-28"]}}"#,
    r#""method":"ping""#,
    r#""method":"notifications/cancelled","params":{"requestId":2}"#,
    r#""method":"notifications/resources/updated","params":{"uri":"a:b"}"#,
    r#""method":"elicitation/create","params":{}"#,
    r#""result":null"#,
];

fn failure(code: u8) -> Failure {
    match code % 6 {
        0 => Failure::sent(ErrorCode::IncompleteBody),
        1 => Failure::sent(ErrorCode::IdleTimeout),
        2 => Failure::sent(ErrorCode::TotalTimeout),
        3 => Failure::unsent(ErrorCode::ConnectionRefused),
        4 => Failure::unsent(ErrorCode::ConnectionFailed("x".into())),
        _ => Failure::sent(ErrorCode::ConnectionFailed("x".into())),
    }
}

fn pick<T: Copy>(from: &[T], index: u8) -> T {
    from[usize::from(index) % from.len()]
}

/// The peer, and how far it got.
struct Peer {
    replies: VecDeque<Reply>,
    inputs: VecDeque<Option<Vec<String>>>,
    last_id: String,
    steps: usize,
    sent: usize,
}

impl Peer {
    fn bytes(&self, chunk: Chunk) -> Vec<u8> {
        match chunk {
            Chunk::Raw(bytes) => bytes,
            Chunk::Piece(piece) => pick(&PIECES, piece).as_bytes().to_vec(),
            Chunk::Message { stream, piece } => {
                let (before, after) = if stream { ("data: ", "\n\n") } else { ("", "") };
                let (id, piece) = (&self.last_id, pick(&PIECES, piece));
                format!(r#"{before}{{"jsonrpc":"2.0","id":{id},{piece}}}{after}"#).into_bytes()
            }
        }
    }

    fn run(&mut self, session: &mut Session, mut call: Call) -> Result<String, Error> {
        let mut body: VecDeque<Chunk> = VecDeque::new();
        let mut end = Ok(());
        loop {
            self.steps += 1;
            assert!(self.steps < MOST_STEPS, "a call without an end");
            match call.poll(session) {
                Step::Send(request) => {
                    self.sent += 1;
                    let text = String::from_utf8(request.body.unwrap_or_default()).unwrap();
                    if let Some((_, rest)) = text.split_once(r#""id":"#) {
                        self.last_id = rest.split([',', '}']).next().unwrap().to_owned();
                    }
                    match self.replies.pop_front().unwrap_or(Reply::Failure(2)) {
                        Reply::Answer { status, kind, field, chunks, end: ending } => {
                            let field = pick(&FIELDS, field);
                            let fields = vec![
                                Field::new("content-type", pick(&KINDS, kind)),
                                Field::new(field.0, field.1),
                            ];
                            let status = pick(&STATUSES, status);
                            let url = "http://server.example/mcp".to_owned();
                            call.handle_response(session, Response { status, fields, url });
                            body = chunks.into();
                            end = if ending < 128 { Ok(()) } else { Err(failure(ending)) };
                        }
                        Reply::Failure(code) => call.handle_failure(session, failure(code)),
                    }
                }
                Step::Read => match body.pop_front() {
                    Some(chunk) => {
                        let bytes = self.bytes(chunk);
                        call.handle_body(session, &bytes);
                    }
                    None => call.handle_body_end(session, end.clone()),
                },
                Step::Drop => body.clear(),
                Step::Notify(_) | Step::Text(_) | Step::Answer(_) => {}
                Step::Ask(requests) => {
                    let answers = self.inputs.pop_front().flatten();
                    assert!(!requests.is_empty());
                    call.handle_inputs(session, answers);
                }
                Step::Background(background) => {
                    let _ = self.run(session, background);
                }
                Step::Wait(_) => call.handle_timer(session),
                Step::Reopen { .. } => {
                    let opening = session.open();
                    let outcome = self.run(session, opening).map(drop);
                    call.handle_reopened(session, outcome);
                }
                Step::Done(outcome) => return outcome.map(|answer| answer.result),
            }
        }
    }
}

fuzz_target!(|input: Input| {
    let Input { known, method, progress, replies, inputs } = input;
    let config = SessionConfig {
        url: "http://server.example/mcp".into(),
        fields: Vec::new(),
        client_info: r#"{"name":"f","version":"0"}"#.into(),
        capabilities: "{}".into(),
        era: known.map(|modern| if modern { Era::Modern } else { Era::Legacy }),
        max_message_bytes: 4096,
        idle_timeout: None,
        listens: true,
        log_level: None,
    };
    let mut session = Session::new(config).unwrap();
    let mut peer = Peer {
        replies: replies.into(),
        inputs: inputs.into(),
        last_id: String::new(),
        steps: 0,
        sent: 0,
    };
    let call = session
        .request(Outgoing {
            call: CallId(1),
            method: pick(&METHODS, method).to_owned(),
            params: Params::named("t", None).unwrap(),
            progress,
            idle_timeout: None,
            meta: None,
        })
        .unwrap();
    if let Ok(result) = peer.run(&mut session, call) {
        assert!(serde_json::from_str::<&serde_json::value::RawValue>(&result).is_ok());
        let _ = typed::ToolPage::parse(&result);
        let _ = typed::ToolResult::parse(result);
    }
    if let Some(stream) = session.standing_stream() {
        let _ = peer.run(&mut session, stream);
    }
});

//! A client under any messages and any order of calls.
#![no_main]

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use sandbar_exchange::{RedirectPolicy, Request};
use sandbar_protocol::client::{ClientConfig, ClientSession};
use sandbar_protocol::extensions::Extensions;
use sandbar_protocol::jsonrpc::Message;

#[derive(Arbitrary, Debug)]
enum Op {
    Raw(Vec<u8>),
    Request,
    Head { rpc_id: u8 },
    Error { rpc_id: u8, code: i64 },
    Delta { name: u8, seq: u8, quads: u16, done: bool },
    Read { call: u8, max: u16 },
    Cancel { call: u8 },
    Events,
    Transmit,
    Disconnect,
}

fn get() -> Request {
    Request { redirects: RedirectPolicy::Stop, ..Request::new("GET", "http://h/") }
}

fuzz_target!(|input: (bool, Vec<Op>)| {
    let (stock, ops) = input;
    let mut session = ClientSession::new(ClientConfig {
        client_name: "f".into(),
        extensions: if stock { Extensions::NONE } else { Extensions::all() },
    });
    let offer = r#"{"version":1,"extensions":["cancel","credit","errors","timeouts","fields"]}"#;
    session.handle_message(
        format!(r#"{{"id":1,"result":{{"sessionId":"s","sandbar":{offer}}}}}"#).as_bytes(),
    );
    let mut calls = Vec::new();
    for op in ops {
        let pick = |call: u8| calls.get(usize::from(call) % calls.len().max(1)).copied();
        match op {
            Op::Raw(bytes) => session.handle_message(&bytes),
            Op::Request => calls.extend(session.request(get())),
            Op::Head { rpc_id } => session.handle_message(format!(
                r#"{{"id":{rpc_id},"result":{{"status":200,"headers":[],"bodyBase64":""}}}}"#
            ).as_bytes()),
            Op::Error { rpc_id, code } => session.handle_message(format!(
                r#"{{"id":{rpc_id},"error":{{"code":{code},"message":"m"}}}}"#
            ).as_bytes()),
            Op::Delta { name, seq, quads, done } => session.handle_message(format!(
                r#"{{"method":"http/request/bodyDelta","params":{{"requestId":"http-{name}","seq":{seq},"deltaBase64":"{}","done":{done}}}}}"#,
                "AAAA".repeat(quads.into())
            ).as_bytes()),
            Op::Read { call, max } => if let Some(call) = pick(call) {
                session.read(call, max.into());
            },
            Op::Cancel { call } => if let Some(call) = pick(call) {
                session.cancel(call);
            },
            Op::Events => while session.poll_event().is_some() {},
            Op::Transmit => if let Some(message) = session.poll_transmit() {
                Message::parse(message.as_bytes()).expect("sends messages only");
            },
            Op::Disconnect => session.handle_disconnect("cut"),
        }
    }
});

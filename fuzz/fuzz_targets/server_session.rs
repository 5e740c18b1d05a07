//! A server under any messages and any order of calls.
#![no_main]

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use sandbar_exchange::{ErrorCode, Failure, Response};
use sandbar_protocol::extensions::Extensions;
use sandbar_protocol::jsonrpc::Message;
use sandbar_protocol::server::{CallMut, Event, ServerConfig, ServerSession, Transport};
use std::time::Duration;

#[derive(Arbitrary, Debug)]
enum Op {
    Raw(Vec<u8>),
    Request { name: u8, stream: bool, credit: u32 },
    Cancel { name: u8 },
    Credit { name: u8, bytes: u64 },
    Events,
    Transmit { pause_ms: u16 },
    Respond { call: u8 },
    Fail { call: u8 },
    Body { call: u8 },
    Finish { call: u8, clean: bool },
}

/// Without credit, deltas are paced.
#[derive(Arbitrary, Debug)]
struct Script {
    credit: bool,
    ops: Vec<Op>,
}

fuzz_target!(|script: Script| {
    let mut session = ServerSession::new(ServerConfig {
        session_id: "s".into(),
        transport: Transport::Stdio,
        extensions: Extensions::all(),
    });
    let credit = if script.credit { r#","credit""# } else { "" };
    let offer =
        format!(r#"{{"version":1,"extensions":["cancel","errors","timeouts","fields"{credit}]}}"#);
    let hello = format!(
        r#"{{"id":1,"method":"initialize","params":{{"clientName":"f","sandbar":{offer}}}}}"#
    );
    session.handle_message(hello.as_bytes());
    session.handle_message(br#"{"method":"initialized"}"#);
    let mut calls = Vec::new();
    let mut now = Duration::ZERO;
    for op in script.ops {
        let pick = |call: u8| calls.get(usize::from(call) % calls.len().max(1)).copied();
        match op {
            Op::Raw(bytes) => session.handle_message(&bytes),
            Op::Request { name, stream, credit } => session.handle_message(format!(
                r#"{{"id":2,"method":"http/request","params":{{"method":"GET","url":"http://h/","requestId":"{name}","streamResponse":{stream},"creditBytes":{credit}}}}}"#
            ).as_bytes()),
            Op::Cancel { name } => session.handle_message(format!(
                r#"{{"method":"http/request/cancel","params":{{"requestId":"{name}"}}}}"#
            ).as_bytes()),
            Op::Credit { name, bytes } => session.handle_message(format!(
                r#"{{"method":"http/request/credit","params":{{"requestId":"{name}","bytes":{bytes}}}}}"#
            ).as_bytes()),
            Op::Events => while let Some(event) = session.poll_event() {
                if let Event::StartRequest { call, .. } = event {
                    calls.push(call);
                }
            },
            Op::Transmit { pause_ms } => {
                now += Duration::from_millis(pause_ms.into());
                match session.poll_transmit(now) {
                    Some(message) => {
                        Message::parse(message.as_bytes()).expect("sends messages only");
                    }
                    None => assert!(session.poll_timeout().is_none_or(|due| due > now)),
                }
            }
            Op::Respond { call } => if let Some(call) = pick(call) {
                let response = Response { status: 200, fields: Vec::new(), url: "http://h/".into() };
                let _ = session.call(call).map(|call| call.respond(response));
            },
            Op::Fail { call } => if let Some(call) = pick(call) {
                if let Some(call) = session.call(call) {
                    call.fail(Failure::sent(ErrorCode::TotalTimeout));
                }
            },
            Op::Body { call } => if let Some(call) = pick(call) {
                let room = session.call(call).map_or(0, CallMut::room);
                let _ = session.call(call).map(|call| call.body(vec![0; room.min(4096)]));
            },
            Op::Finish { call, clean } => if let Some(call) = pick(call) {
                let broken = Failure::sent(ErrorCode::IdleTimeout);
                let _ = session.call(call).map(|call| call.finish(clean.then_some(()).ok_or(broken)));
            },
        }
    }
});

//! The exported resource: `request` misbehaves, the rest is not there.

use crate::bindings::exports::sandbar::mcp::client::{GuestSession, Session as ExportedSession};
use crate::bindings::sandbar::mcp::types::{
    CallOptions, Era, Error, Event, Notification, PromptPage, PromptResult, ResourceContents,
    ResourcePage, RpcError, ServerDescription, SessionOptions, ToolPage, ToolResult,
};
use crate::bindings::wasi::clocks::monotonic_clock;
use crate::bindings::wasi::http::client;
use crate::bindings::wasi::http::types::{Fields, Method, Request, Scheme};
use crate::bindings::{wit_future, wit_stream};
use std::hint::black_box;
use wit_bindgen::StreamReader;

/// Longer than any test waits, in nanoseconds.
const FOR_EVER: u64 = 3600 * 1_000_000_000;

pub(crate) struct Session;

/// Computes without a pause.
fn spin() -> ! {
    let mut count = 0u64;
    loop {
        count = black_box(count.wrapping_add(1));
    }
}

/// Allocates without an end; dirties every page.
fn allocate() -> ! {
    let mut kept: Vec<Vec<u8>> = Vec::new();
    loop {
        kept.push(black_box(vec![1; 1024 * 1024]));
    }
}

/// Appends header fields without an end, and says when the host had enough.
fn append_fields() -> String {
    let fields = Fields::new();
    let mut appended = 0u32;
    while fields.append(&format!("x-{appended}"), b"v").is_ok() {
        appended += 1;
    }
    appended.to_string()
}

/// Makes handles without an end.
fn make_handles() -> ! {
    let mut kept = Vec::new();
    loop {
        kept.push(Fields::new());
    }
}

/// Sends a request with a path of the caller's making, to an authority of the
/// caller's making.
async fn send(authority: &str, path: &str) -> String {
    let (trailers_writer, trailers) = wit_future::new(|| Ok(None));
    drop(trailers_writer);
    let (request, sent) = Request::new(Fields::new(), None, trailers, None);
    drop(sent);
    let set = request
        .set_method(&Method::Get)
        .and_then(|()| request.set_scheme(Some(&Scheme::Http)))
        .and_then(|()| request.set_authority(Some(authority)))
        .and_then(|()| request.set_path_with_query(Some(path)));
    if set.is_err() {
        return "refused by the setter".to_owned();
    }
    match client::send(request).await {
        Ok(response) => response.get_status_code().to_string(),
        Err(error) => error.to_string(),
    }
}

impl GuestSession for Session {
    async fn open(
        options: SessionOptions,
    ) -> Result<(ExportedSession, ServerDescription, StreamReader<Event>), Error> {
        match options.url.rsplit('/').next() {
            Some("trap-in-open") => std::process::abort(),
            Some("park-in-open") => monotonic_clock::wait_for(FOR_EVER).await,
            _ => {}
        }
        let description = ServerDescription {
            era: Era::Modern,
            protocol_version: "rogue".to_owned(),
            supported_versions: Vec::new(),
            server_info: None,
            capabilities: "{}".to_owned(),
            instructions: None,
        };
        Ok((ExportedSession::new(Self), description, wit_stream::new().1))
    }

    fn listen(&self, _: u64) -> StreamReader<Notification> {
        wit_stream::new().1
    }

    async fn answer(&self, _: u64, _: Result<String, RpcError>) -> Result<(), Error> {
        Ok(())
    }

    async fn request(
        &self,
        method: String,
        params: Option<String>,
        _options: CallOptions,
    ) -> Result<String, Error> {
        match method.as_str() {
            "answer" => Ok(params.unwrap_or_default()),
            "abort" => std::process::abort(),
            "spin" => spin(),
            "allocate" => allocate(),
            "make-handles" => make_handles(),
            "append-fields" => Ok(append_fields()),
            // Parked in a host call, and deaf to `cancel`.
            "park" => {
                monotonic_clock::wait_for(FOR_EVER).await;
                Ok(String::new())
            }
            "send" => {
                let target = params.unwrap_or_default();
                let (authority, path) = target.split_once(' ').unwrap_or((&target, "/"));
                Ok(send(authority, path).await)
            }
            _ => Err(Error::InvalidParams(method)),
        }
    }

    async fn list_tools(&self, _: Option<String>, _: CallOptions) -> Result<ToolPage, Error> {
        Err(Error::Closed)
    }

    async fn call_tool(
        &self,
        _: String,
        _: Option<String>,
        _: CallOptions,
    ) -> Result<ToolResult, Error> {
        Err(Error::Closed)
    }

    async fn list_resources(
        &self,
        _: Option<String>,
        _: CallOptions,
    ) -> Result<ResourcePage, Error> {
        Err(Error::Closed)
    }

    async fn read_resource(
        &self,
        _: String,
        _: CallOptions,
    ) -> Result<Vec<ResourceContents>, Error> {
        Err(Error::Closed)
    }

    async fn list_prompts(&self, _: Option<String>, _: CallOptions) -> Result<PromptPage, Error> {
        Err(Error::Closed)
    }

    async fn get_prompt(
        &self,
        _: String,
        _: Option<String>,
        _: CallOptions,
    ) -> Result<PromptResult, Error> {
        Err(Error::Closed)
    }

    fn cancel(&self, _: u64) {}

    async fn close(&self) -> Result<(), Error> {
        Ok(())
    }
}

//! One hop over `wasi:http`.

use crate::bindings::wasi::http::client;
use crate::bindings::wasi::http::types::{
    ErrorCode as WasiError, Fields, HeaderError, Method, Request, RequestOptions, Response, Scheme,
    Trailers,
};
use crate::bindings::{wit_future, wit_stream};
use crate::error;
use sandbar_exchange::hop::Hop;
use sandbar_exchange::{ErrorCode, Failure, Nanoseconds, Phase, nanoseconds, refusal};
use wit_bindgen::{FutureReader, StreamReader};

/// The deadlines that `wasi:http` knows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadlines {
    connect: Option<Nanoseconds>,
    first_byte: Option<Nanoseconds>,
    idle: Option<Nanoseconds>,
}

impl Deadlines {
    /// Those of a request.
    pub(crate) fn of(request: &sandbar_exchange::Request) -> Self {
        let of = |phase| request.deadline(phase).map(nanoseconds);
        Self {
            connect: of(Phase::Connect),
            first_byte: of(Phase::FirstByte),
            idle: of(Phase::Idle),
        }
    }
}

/// How the host says what became of sending a request.
type Transmission = FutureReader<Result<(), WasiError>>;

/// Sends the request of `hop` and returns the head of the response, whose body is still to be
/// consumed, and what has to be held for as long as that goes on.
pub(crate) async fn send(
    hop: &Hop<Vec<u8>>,
    deadlines: &Deadlines,
) -> Result<(Response, Transmission), Failure> {
    let (request, sent) = request(hop, deadlines).map_err(|code| hop.failed(code, true))?;
    match client::send(request).await {
        Ok(response) => Ok((response, sent)),
        Err(error) => Err(error::before_head(error, hop)),
    }
}

/// The `location` of a response, if it has one.
pub(crate) fn location(response: &Response) -> Option<Vec<u8>> {
    response.get_headers().get("location").into_iter().next()
}

fn request(
    hop: &Hop<Vec<u8>>,
    deadlines: &Deadlines,
) -> Result<(Request, Transmission), ErrorCode> {
    let fields = fields(hop)?;
    let (trailers_writer, trailers) = wit_future::new(no_trailers);
    // There are none; the default value says so once the writer is dropped.
    drop(trailers_writer);
    let body = hop.body.as_deref().filter(|bytes| !bytes.is_empty()).map(body);
    let (request, sent) = Request::new(fields, body, trailers, options(deadlines));
    let scheme = if hop.url.scheme() == "https" { Scheme::Https } else { Scheme::Http };
    request.set_method(&method(&hop.method)).map_err(|()| refusal::method())?;
    request
        .set_scheme(Some(&scheme))
        .and_then(|()| request.set_authority(Some(hop.host_and_port())))
        .and_then(|()| request.set_path_with_query(Some(hop.path_with_query())))
        .map_err(|()| refusal::url("not a request target"))?;
    Ok((request, sent))
}

fn no_trailers() -> Result<Option<Trailers>, WasiError> {
    Ok(None)
}

/// The content as a stream, written in the background while the host sends it.
fn body(bytes: &[u8]) -> StreamReader<u8> {
    let (mut writer, reader) = wit_stream::new();
    let bytes = bytes.to_vec();
    wit_bindgen::spawn_local(async move {
        // A host that stops reading has answered early or failed; the response
        // or its error says which.
        drop(writer.write_all(bytes).await);
    });
    reader
}

fn fields(hop: &Hop<Vec<u8>>) -> Result<Fields, ErrorCode> {
    let mut entries: Vec<_> =
        hop.fields.iter().map(|field| (field.name.clone(), field.value.clone())).collect();
    // With its length declared, a body needs no chunked coding, and a short
    // or long one is an error instead of a smuggled request.
    if let Some(length) = hop.content_length().or_else(|| nothing(&hop.method)) {
        entries.push(("content-length".into(), length.to_string().into_bytes()));
    }
    Fields::from_list(&entries).map_err(|error| ErrorCode::InvalidRequest(field_error(&error)))
}

/// The length of no content, where it has to be said: a host does not know that there is none before
/// it knows that there are no trailers, and chunks what may come. Only GET and HEAD are spared that.
fn nothing(method: &str) -> Option<usize> {
    (!matches!(method, "GET" | "HEAD")).then_some(0)
}

fn field_error(error: &HeaderError) -> String {
    match error {
        HeaderError::InvalidSyntax => "a header name or value is invalid".into(),
        HeaderError::Forbidden => {
            "a header that frames the message, or belongs to the connection, cannot be set".into()
        }
        HeaderError::Immutable => "headers are immutable".into(),
        HeaderError::SizeExceeded => "headers are too large".into(),
        HeaderError::Other(text) => text.clone().unwrap_or_else(|| "a header is refused".into()),
    }
}

/// Options only where there is something to say: each of them is a call of the host.
fn options(deadlines: &Deadlines) -> Option<RequestOptions> {
    let Deadlines { connect, first_byte, idle } = *deadlines;
    connect.or(first_byte).or(idle)?;
    let options = RequestOptions::new();
    // A host that does not support one of them falls back to its own default.
    drop(options.set_connect_timeout(connect));
    drop(options.set_first_byte_timeout(first_byte));
    drop(options.set_between_bytes_timeout(idle));
    Some(options)
}

/// Methods are case-sensitive (RFC 9110 section 9.1): `get` is not `GET`.
fn method(name: &str) -> Method {
    match name {
        "GET" => Method::Get,
        "HEAD" => Method::Head,
        "POST" => Method::Post,
        "PUT" => Method::Put,
        "DELETE" => Method::Delete,
        "CONNECT" => Method::Connect,
        "OPTIONS" => Method::Options,
        "TRACE" => Method::Trace,
        "PATCH" => Method::Patch,
        other => Method::Other(other.to_owned()),
    }
}

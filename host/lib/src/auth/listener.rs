//! Where the browser comes back to: a listener on loopback (RFC 8252 section 7.3).
//!
//! Everybody on this machine can call it, and so can any page in the browser: what does not carry the
//! state of the sign-in is answered and forgotten, and no answer repeats anything.

use super::error::AuthError;
use super::limits::{REDIRECT_BYTES, REDIRECT_CONNECTIONS, REDIRECT_WAIT};
use super::secret::Secret;
use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HOST};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};
use url::form_urlencoded;

const PATH: &str = "/callback";

const DONE: &str = "<!doctype html><meta charset=utf-8><title>Sandbar</title>\
                    <p>You can close this page and go back to the terminal.</p>\n";
const NOT_OURS: &str = "<!doctype html><meta charset=utf-8><title>Sandbar</title>\
                        <p>This is no answer to a sign-in that is under way.</p>\n";

/// Waits for the redirect of a sign-in, on 127.0.0.1.
#[derive(Debug)]
pub struct RedirectListener {
    listener: TcpListener,
    address: SocketAddr,
}

impl RedirectListener {
    /// Listens at this port; at one that is free where it is 0.
    ///
    /// # Errors
    ///
    /// [`AuthError::Listen`], where somebody else has the port for instance.
    pub async fn bind(port: u16) -> Result<Self, AuthError> {
        let wanted = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let failed = |source: io::Error| AuthError::Listen {
            address: wanted.to_string(),
            source: Arc::new(source),
        };
        let listener = TcpListener::bind(wanted).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        Ok(Self { listener, address })
    }

    /// Where the authorization server sends the browser.
    #[must_use]
    pub fn redirect_uri(&self) -> String {
        format!("http://{}{PATH}", self.address)
    }

    /// Waits for the redirect that carries this state, and returns its query. Cancel safe: what comes
    /// later is waited for by the next call.
    pub async fn query(&self, state: &Secret) -> String {
        let (found, mut queries) = mpsc::channel(1);
        let served = Arc::new(Served { state: state.clone(), address: self.address, found });
        let connections = Arc::new(Semaphore::new(REDIRECT_CONNECTIONS));
        let accepting = async {
            loop {
                let Ok(permit) = Arc::clone(&connections).acquire_owned().await else { return };
                // A connection that ended before it was taken is none of the listener's.
                let Ok((stream, _)) = self.listener.accept().await else {
                    tokio::task::yield_now().await;
                    continue;
                };
                let served = Arc::clone(&served);
                tokio::spawn(async move {
                    // Whatever became of it, the next may be the one.
                    let _ = tokio::time::timeout(REDIRECT_WAIT, serve(stream, served)).await;
                    drop(permit);
                });
            }
        };
        tokio::select! {
            biased;
            Some(query) = queries.recv() => query,
            () = accepting => String::new(),
        }
    }
}

/// What a connection is served with.
struct Served {
    state: Secret,
    address: SocketAddr,
    found: mpsc::Sender<String>,
}

async fn serve(stream: TcpStream, served: Arc<Served>) -> Result<(), hyper::Error> {
    let service = service_fn(move |request: Request<Incoming>| {
        let served = Arc::clone(&served);
        async move { Ok::<_, Infallible>(answer(&served, &request)) }
    });
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(REDIRECT_WAIT)
        .max_buf_size(REDIRECT_BYTES)
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), service)
        .await
}

fn answer(served: &Served, request: &Request<Incoming>) -> Response<Full<Bytes>> {
    let query = request.uri().query().unwrap_or_default();
    let is_here = request.method() == Method::GET && request.uri().path() == PATH;
    if !is_here || !served.is_host(request.headers().get(HOST)) {
        return page(StatusCode::NOT_FOUND, NOT_OURS);
    }
    if !carries(query, &served.state) {
        return page(StatusCode::BAD_REQUEST, NOT_OURS);
    }
    match served.found.try_send(query.to_owned()) {
        Ok(()) => page(StatusCode::OK, DONE),
        // It came before.
        Err(_) => page(StatusCode::CONFLICT, NOT_OURS),
    }
}

impl Served {
    /// A name that was made to lead here is not this listener's.
    fn is_host(&self, host: Option<&HeaderValue>) -> bool {
        let names = [self.address.to_string(), format!("localhost:{}", self.address.port())];
        host.is_some_and(|host| names.iter().any(|name| host == name.as_str()))
    }
}

/// Whether the one state of a query is this, compared in constant time.
fn carries(query: &str, state: &Secret) -> bool {
    let mut states = form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name == "state");
    let first = states.next();
    first.is_some_and(|(_, found)| Secret::new(found) == *state) && states.next().is_none()
}

fn page(status: StatusCode, text: &'static str) -> Response<Full<Bytes>> {
    let mut page = Response::new(Full::new(Bytes::from_static(text.as_bytes())));
    *page.status_mut() = status;
    let fields = page.headers_mut();
    fields.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    fields.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    fields.insert("referrer-policy", HeaderValue::from_static("no-referrer"));
    page
}

//! Connecting to an executor's WebSocket.

use super::error::ExecutorError;
use super::limits::CONNECT;
use super::live::Live;
use super::pipe::{Connect, Pipe};
use super::websocket;
use crate::http::{Target as HttpTarget, TlsRoots, without_credentials};
use futures::future::BoxFuture;
use http::HeaderValue;
use http::header::AUTHORIZATION;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::{WebSocketStream, client_async_with_config};
use url::Url;

/// An executor at a `ws` or `wss` URL.
#[derive(Clone, Debug)]
pub struct WebSocketClient {
    url: Url,
    authorization: Option<HeaderValue>,
    tls: TlsRoots,
}

impl WebSocketClient {
    /// The executor at `url`. Nothing is dialled yet.
    ///
    /// # Errors
    ///
    /// [`ExecutorError::InvalidUrl`] for what is not a `ws` or `wss` URL.
    pub fn new(url: &str) -> Result<Self, ExecutorError> {
        let invalid =
            |reason: String| ExecutorError::InvalidUrl { url: without_credentials(url), reason };
        let parsed = Url::parse(url).map_err(|error| invalid(error.to_string()))?;
        if !matches!(parsed.scheme(), "ws" | "wss") {
            let scheme = parsed.scheme();
            return Err(invalid(format!("its scheme is `{scheme}`, not `ws` or `wss`")));
        }
        if !parsed.username().is_empty() || parsed.password().is_some() {
            return Err(invalid("it carries user information; use a token".to_owned()));
        }
        Ok(Self { url: parsed, authorization: None, tls: TlsRoots::system() })
    }

    /// Authenticates with a bearer token (RFC 6750).
    ///
    /// # Errors
    ///
    /// [`ExecutorError::Connect`] for a token that no header field can carry.
    pub fn bearer(mut self, token: &str) -> Result<Self, ExecutorError> {
        let mut value = HeaderValue::from_str(&format!("Bearer {token}")).map_err(|_invalid| {
            ExecutorError::Connect { reason: "the token is not visible ASCII".to_owned() }
        })?;
        value.set_sensitive(true);
        self.authorization = Some(value);
        Ok(self)
    }

    /// The certificates to trust, instead of the system's.
    #[must_use]
    pub fn tls_roots(mut self, roots: TlsRoots) -> Self {
        self.tls = roots;
        self
    }

    async fn open(&self) -> Result<Pipe, ExecutorError> {
        let failed = |reason: String| ExecutorError::Connect { reason };
        let host = self.url.host_str().unwrap_or_default();
        let port = self.url.port_or_known_default().unwrap_or(80);
        let name = host.trim_start_matches('[').trim_end_matches(']');
        let tcp = TcpStream::connect((name, port))
            .await
            .map_err(|error| failed(format!("{host}:{port}: {error}")))?;
        tcp.set_nodelay(true).map_err(|error| failed(error.to_string()))?;
        let mut request =
            self.url.as_str().into_client_request().map_err(|error| failed(error.to_string()))?;
        if let Some(authorization) = &self.authorization {
            request.headers_mut().insert(AUTHORIZATION, authorization.clone());
        }
        let config = Some(websocket::config());
        if self.url.scheme() == "ws" {
            let (socket, _) = client_async_with_config(request, Live::new(tcp), config)
                .await
                .map_err(|error| failed(refusal(&error)))?;
            return Ok(carried(socket));
        }
        let mut https = self.url.clone();
        // `wss` is to `https` as `ws` is to `http`: only the name differs.
        let _ = https.set_scheme("https");
        let target = HttpTarget::try_from(&https).map_err(|error| failed(error.to_string()))?;
        let tls =
            self.tls.connect(tcp, &target).await.map_err(|error| failed(error.to_string()))?;
        let (socket, _) = client_async_with_config(request, Live::new(tls), config)
            .await
            .map_err(|error| failed(refusal(&error)))?;
        Ok(carried(socket))
    }
}

fn carried<S>(socket: WebSocketStream<Live<S>>) -> Pipe
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let (pipe, carrier) = websocket::carry(socket);
    tokio::spawn(carrier);
    pipe
}

/// What an executor said instead of upgrading.
fn refusal(error: &tokio_tungstenite::tungstenite::Error) -> String {
    match error {
        tokio_tungstenite::tungstenite::Error::Http(response) => {
            let text = response.body().as_deref().map(String::from_utf8_lossy).unwrap_or_default();
            format!("it answered with HTTP status {} {}", response.status().as_u16(), text.trim())
        }
        other => other.to_string(),
    }
}

impl Connect for WebSocketClient {
    fn connect(&self) -> BoxFuture<'_, Result<Pipe, ExecutorError>> {
        Box::pin(async move {
            match tokio::time::timeout(CONNECT, self.open()).await {
                Ok(outcome) => outcome,
                Err(_elapsed) => Err(ExecutorError::Connect {
                    reason: format!("{} did not answer within {CONNECT:?}", self.url),
                }),
            }
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, reason = "tests")]
mod tests {
    use super::*;
    use futures::{SinkExt as _, StreamExt as _};
    use tokio::io::AsyncWriteExt as _;
    use tokio::net::TcpListener;
    use tokio_tungstenite::tungstenite::Message;
    use tokio_tungstenite::tungstenite::protocol::CloseFrame;
    use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

    /// A connection to an executor, and the executor's end of it.
    async fn connected() -> (Pipe, WebSocketStream<TcpStream>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client =
            WebSocketClient::new(&format!("ws://{}", listener.local_addr().unwrap())).unwrap();
        let accepting = async {
            let (tcp, _) = listener.accept().await.unwrap();
            tokio_tungstenite::accept_async(tcp).await.unwrap()
        };
        let (pipe, socket) = tokio::join!(client.connect(), accepting);
        (pipe.unwrap(), socket)
    }

    /// The code of the close frame that the client sends.
    async fn code(socket: &mut WebSocketStream<TcpStream>) -> CloseCode {
        match socket.next().await {
            Some(Ok(Message::Close(Some(CloseFrame { code, .. })))) => code,
            other => panic!("{other:?}"),
        }
    }

    /// Catches a client that leaves without a word, or does not answer one (RFC 6455 section 7.1.2):
    /// its executor takes the connection for lost.
    #[tokio::test]
    async fn a_client_closes_in_order_whoever_begins() {
        let (pipe, mut socket) = connected().await;
        drop(pipe);
        assert_eq!(code(&mut socket).await, CloseCode::Normal);

        let (mut pipe, mut socket) = connected().await;
        let frame = CloseFrame { code: CloseCode::Away, reason: "for lunch".into() };
        socket.send(Message::Close(Some(frame))).await.unwrap();
        assert_eq!(code(&mut socket).await, CloseCode::Away);
        assert!(pipe.incoming.recv().await.is_none());
        assert!(socket.next().await.is_none());
    }

    /// Catches a violation of the executor's that ends the connection without a code (RFC 6455 section
    /// 7.4.1), and what came before it being lost.
    #[tokio::test]
    async fn a_client_names_the_violation_that_it_leaves_for() {
        for (bytes, expected) in [
            (&b"\x81\x82\0\0\0\0{}"[..], CloseCode::Protocol),
            (b"\x83\x02{}", CloseCode::Protocol),
            (b"\x81\x02\xc3(", CloseCode::Invalid),
            (b"\x81\x7f\0\0\0\0\xff\0\0\0", CloseCode::Size),
        ] {
            let (mut pipe, mut socket) = connected().await;
            socket.send(Message::text("{}")).await.unwrap();
            socket.get_mut().write_all(bytes).await.unwrap();
            assert_eq!(code(&mut socket).await, expected, "{bytes:?}");
            assert_eq!(pipe.incoming.recv().await.unwrap(), "{}\n");
            assert!(pipe.incoming.recv().await.is_none());
        }
    }

    /// Catches messages that are not sent because the connection is closed right after them.
    #[tokio::test]
    async fn what_a_pipe_was_given_is_sent_before_the_close() {
        let (pipe, mut socket) = connected().await;
        let Pipe { incoming, outgoing } = pipe;
        drop(incoming);
        for _ in 0..100 {
            outgoing.send("{}\n".into()).await.unwrap();
        }
        drop(outgoing);
        for _ in 0..100 {
            assert!(matches!(socket.next().await, Some(Ok(Message::Text(text))) if text == "{}"));
        }
        assert_eq!(code(&mut socket).await, CloseCode::Normal);
    }
}

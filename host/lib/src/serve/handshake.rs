//! The opening handshake of a WebSocket, at the server (RFC 6455 sections 4.2 and 4.4).

use http::header::{
    CONNECTION, HeaderName, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Version};
use http_body::Body;
use sandbar_protocol::http::decode_base64;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

/// The version of the protocol, the only one that there is.
const PROTOCOL: HeaderValue = HeaderValue::from_static("13");

/// Why a request does not become a WebSocket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoHandshake {
    /// It does not ask for one.
    NotAsked,
    /// It asks for another version.
    Version,
    /// It has no key, several, or one of another length.
    Key,
    /// Its content would pass for frames.
    Content,
}

/// The change of protocols that a request asks for.
pub(super) fn answer<B: Body>(request: &Request<B>) -> Result<Response<()>, NoHandshake> {
    let headers = request.headers();
    // HTTP/1.0 has no upgrades, whatever a request of it says (RFC 9110 section 7.8).
    let upgrades = request.method() == Method::GET
        && request.version() == Version::HTTP_11
        && names(headers, &CONNECTION, "upgrade")
        && names(headers, &UPGRADE, "websocket");
    if !upgrades {
        return Err(NoHandshake::NotAsked);
    }
    if alone(headers, &SEC_WEBSOCKET_VERSION) != Some(&PROTOCOL) {
        return Err(NoHandshake::Version);
    }
    let key = alone(headers, &SEC_WEBSOCKET_KEY).filter(|key| is_nonce(key));
    let key = key.ok_or(NoHandshake::Key)?;
    if !request.body().is_end_stream() {
        return Err(NoHandshake::Content);
    }
    let accept = HeaderValue::from_str(&derive_accept_key(key.as_bytes()));
    let accept = accept.map_err(|_invalid| NoHandshake::Key)?;
    let mut response = Response::new(());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    offer(response.headers_mut());
    response.headers_mut().insert(SEC_WEBSOCKET_ACCEPT, accept);
    Ok(response)
}

impl NoHandshake {
    /// Says what is wrong, and what a client has to ask for (RFC 9110 section 15.5.22, RFC 6455 section
    /// 4.4).
    pub(super) fn response(self) -> Response<&'static str> {
        let (status, text) = match self {
            Self::NotAsked => {
                (StatusCode::UPGRADE_REQUIRED, "a WebSocket handshake (RFC 6455) is expected")
            }
            Self::Version => {
                (StatusCode::UPGRADE_REQUIRED, "version 13 of the WebSocket protocol is expected")
            }
            Self::Key => {
                (StatusCode::BAD_REQUEST, "one Sec-WebSocket-Key of 16 bytes in base64 is expected")
            }
            Self::Content => (StatusCode::BAD_REQUEST, "a handshake has no content"),
        };
        let mut response = Response::new(text);
        *response.status_mut() = status;
        if status == StatusCode::UPGRADE_REQUIRED {
            offer(response.headers_mut());
            response.headers_mut().insert(SEC_WEBSOCKET_VERSION, PROTOCOL);
        }
        response
    }
}

/// Names the protocol that is spoken here, or will be.
fn offer(headers: &mut HeaderMap) {
    headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
}

/// Whether a list has this member (RFC 9110 section 5.6.1), in any case.
fn names(headers: &HeaderMap, name: &HeaderName, token: &str) -> bool {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|part| part.trim().eq_ignore_ascii_case(token))
}

/// The value of a field that is there once.
fn alone<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a HeaderValue> {
    let mut values = headers.get_all(name).iter();
    values.next().filter(|_| values.next().is_none())
}

/// Whether a key is 16 bytes, as the client has to choose them.
fn is_nonce(key: &HeaderValue) -> bool {
    let decoded = key.to_str().ok().and_then(|key| decode_base64(key).ok());
    decoded.is_some_and(|bytes| bytes.len() == 16)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use bytes::Bytes;
    use http_body_util::Full;

    /// The example of RFC 6455 section 1.2.
    const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";

    /// A request with these fields instead of those of the example.
    fn asked(other: &[(&'static str, &str)]) -> Request<Full<Bytes>> {
        let mut request = Request::new(Full::default());
        let fields = [
            ("connection", "upgrade"),
            ("upgrade", "websocket"),
            ("sec-websocket-version", "13"),
            ("sec-websocket-key", KEY),
        ];
        let kept = fields.iter().filter(|(name, _)| other.iter().all(|(other, _)| other != name));
        for (name, value) in kept.chain(other) {
            request.headers_mut().append(*name, value.parse().unwrap());
        }
        request
    }

    fn status(request: &Request<Full<Bytes>>) -> u16 {
        answer(request).unwrap_err().response().status().as_u16()
    }

    /// Catches an acceptance that is not that of the key, and lists of which one member or one line is
    /// looked at, or whose case counts.
    #[test]
    fn a_handshake_is_accepted_in_every_spelling() {
        for fields in [
            &[][..],
            &[("connection", "keep-alive, Upgrade")],
            &[("connection", "keep-alive"), ("connection", "UPGRADE")],
            &[("upgrade", "h2c, WebSocket")],
        ] {
            let response = answer(&asked(fields)).unwrap();
            assert_eq!(response.status(), 101, "{fields:?}");
            let accept = &response.headers()["sec-websocket-accept"];
            assert_eq!(accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        }
    }

    /// Catches a request that is no handshake and becomes a WebSocket, and an answer that keeps to
    /// itself what is expected.
    #[test]
    fn what_is_no_handshake_is_told_what_would_be_one() {
        let mut old = asked(&[]);
        *old.version_mut() = Version::HTTP_10;
        let mut post = asked(&[]);
        *post.method_mut() = Method::POST;
        let others = [
            &[("connection", "close")][..],
            &[("connection", "upgraded")],
            &[("upgrade", "h2c")],
            &[("upgrade", "websocket/13")],
            &[("sec-websocket-version", "8")],
            &[("sec-websocket-version", "13, 8")],
            &[("sec-websocket-version", "13"), ("sec-websocket-version", "13")],
            &[("sec-websocket-version", "")],
        ];
        for request in others.map(asked).iter().chain([&old, &post]) {
            let refused = answer(request).unwrap_err().response();
            assert_eq!(refused.status(), 426, "{request:?}");
            assert_eq!(refused.headers()["upgrade"], "websocket");
            assert_eq!(refused.headers()["connection"], "upgrade");
            assert_eq!(refused.headers()["sec-websocket-version"], "13");
        }
    }

    /// Catches a key that is taken as it comes, and content that passes for frames.
    #[test]
    fn a_handshake_without_one_key_of_16_bytes_is_refused() {
        for keys in [
            &[("sec-websocket-key", "c2hvcnQ=")][..],
            &[("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZSBhbmQ=")],
            &[("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ")],
            &[("sec-websocket-key", "dGhlIHNhbXBsZSBub25j!Q==")],
            &[("sec-websocket-key", "")],
            &[("sec-websocket-key", KEY), ("sec-websocket-key", KEY)],
            &[("sec-websocket-key", KEY), ("sec-websocket-key", "AAAAAAAAAAAAAAAAAAAAAA==")],
        ] {
            assert_eq!(status(&asked(keys)), 400, "{keys:?}");
        }
        let mut without = asked(&[]);
        without.headers_mut().remove("sec-websocket-key");
        assert_eq!(status(&without), 400);
        assert_eq!(status(&asked(&[]).map(|_| Full::from("content"))), 400);
    }
}

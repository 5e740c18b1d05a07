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

/// What a request is answered with that is to become a WebSocket: the change of protocols, or what is
/// wrong with it, and what would be right.
pub(super) fn answer<B: Body>(
    request: &Request<B>,
) -> Result<Response<()>, Response<&'static str>> {
    let headers = request.headers();
    // HTTP/1.0 has no upgrades, whatever a request of it says (RFC 9110 section 7.8).
    let upgrades = request.method() == Method::GET
        && request.version() == Version::HTTP_11
        && names(headers, &CONNECTION, "upgrade")
        && names(headers, &UPGRADE, "websocket");
    if !upgrades {
        return Err(upgrade_required("a WebSocket handshake (RFC 6455) is expected"));
    }
    if alone(headers, &SEC_WEBSOCKET_VERSION) != Some(&PROTOCOL) {
        return Err(upgrade_required("version 13 of the WebSocket protocol is expected"));
    }
    let Some(key) = alone(headers, &SEC_WEBSOCKET_KEY).filter(|key| is_nonce(key)) else {
        return Err(bad_request("one Sec-WebSocket-Key of 16 bytes in base64 is expected"));
    };
    if !request.body().is_end_stream() {
        // Its bytes would pass for frames.
        return Err(bad_request("a handshake has no content"));
    }
    switching_protocols(key).ok_or_else(|| bad_request("the key is not visible ASCII"))
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

fn switching_protocols(key: &HeaderValue) -> Option<Response<()>> {
    let accept = HeaderValue::from_str(&derive_accept_key(key.as_bytes())).ok()?;
    let mut response = Response::new(());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    offer(response.headers_mut());
    response.headers_mut().insert(SEC_WEBSOCKET_ACCEPT, accept);
    Some(response)
}

/// Says what a client has to ask for (RFC 9110 section 15.5.22, RFC 6455 section 4.4).
fn upgrade_required(text: &'static str) -> Response<&'static str> {
    let mut response = Response::new(text);
    *response.status_mut() = StatusCode::UPGRADE_REQUIRED;
    offer(response.headers_mut());
    response.headers_mut().insert(SEC_WEBSOCKET_VERSION, PROTOCOL);
    response
}

fn offer(headers: &mut HeaderMap) {
    headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
}

fn bad_request(text: &'static str) -> Response<&'static str> {
    let mut response = Response::new(text);
    *response.status_mut() = StatusCode::BAD_REQUEST;
    response
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
        answer(request)
            .map_or_else(|refused| refused.status(), |response| response.status())
            .as_u16()
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
            let refused = answer(request).unwrap_err();
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

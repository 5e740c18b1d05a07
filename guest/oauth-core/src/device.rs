//! Codes that users type on another device (RFC 8628).

use crate::client::Client;
use crate::document::{self, endpoint, is_success};
use crate::error::Error;
use crate::limits::USUAL_INTERVAL;
use crate::text::shown;
use crate::token::authenticated;
use sandbar_exchange::Request;
use serde::Deserialize;
use url::form_urlencoded::Serializer;

/// A code that was given out.
#[derive(Clone, PartialEq, Eq)]
pub struct Device {
    /// What tokens are asked for with.
    pub code: String,
    /// What the user types.
    pub user_code: String,
    /// Where.
    pub verification_uri: String,
    /// The same, with the code in it.
    pub verification_uri_complete: Option<String>,
    /// Seconds for which it is good.
    pub expires_in: u64,
    /// Seconds between two questions.
    pub interval: u64,
}

#[derive(Deserialize)]
struct Wire {
    device_code: String,
    user_code: String,
    #[serde(alias = "verification_url")]
    verification_uri: String,
    #[serde(default)]
    verification_uri_complete: Option<String>,
    expires_in: u64,
    /// RFC 8628 section 3.2 says what it is where the server does not.
    #[serde(default)]
    interval: Option<u64>,
}

/// A request for a code.
#[must_use]
pub fn request(
    url: &str,
    client: &Client,
    scopes: Option<&str>,
    resource: Option<&str>,
) -> Request {
    let mut form = Serializer::new(String::new());
    for (name, value) in [("scope", scopes), ("resource", resource)] {
        if let Some(value) = value {
            form.append_pair(name, value);
        }
    }
    authenticated(url, client, form)
}

/// Reads the answer.
///
/// # Errors
///
/// A refusal, and an answer that sends users where nobody may be sent.
pub fn read(url: &str, status: u16, body: &[u8]) -> Result<Device, Error> {
    if !is_success(status) {
        return Err(document::refusal(url, status, body));
    }
    let wire: Wire = document::read(url, body)?;
    endpoint(&wire.verification_uri)?;
    let complete = wire.verification_uri_complete;
    complete.as_deref().map(endpoint).transpose()?;
    Ok(Device {
        code: wire.device_code,
        user_code: shown(&wire.user_code),
        verification_uri: wire.verification_uri,
        verification_uri_complete: complete,
        expires_in: wire.expires_in,
        interval: wire.interval.unwrap_or(USUAL_INTERVAL),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    /// Catches a user who is sent to what is no page, and a server that is asked without a pause.
    #[test]
    fn a_code_is_shown_with_where_to_type_it() {
        let body = |uri: &str| {
            format!(
                r#"{{"device_code":"d","user_code":"A-B","verification_uri":"{uri}","expires_in":600}}"#
            )
        };
        let device = read("u", 200, body("https://a.example/device").as_bytes()).unwrap();
        assert_eq!((&*device.user_code, device.interval), ("A-B", 5));
        for uri in ["javascript:x", "http://a.example/", "-x"] {
            assert!(read("u", 200, body(uri).as_bytes()).is_err(), "{uri}");
        }
    }
}

//! JSON documents of strangers, and how they are asked for.

use crate::error::{Error, Refusal, Status};
use crate::limits::EXCHANGE_DEADLINE;
use crate::text::shown;
use sandbar_exchange::{Field, Phase, RedirectPolicy, Request};
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// A request for a document. Redirects are not followed: what is read here decides who gets secrets.
#[must_use]
pub fn get(url: &str) -> Request {
    request("GET", url, Vec::new(), None)
}

pub(crate) fn request(
    method: &str,
    url: &str,
    fields: Vec<Field>,
    body: Option<Vec<u8>>,
) -> Request {
    let mut all = vec![Field::new("accept", "application/json")];
    all.extend(fields);
    let request =
        Request { fields: all, body, redirects: RedirectPolicy::Stop, ..Request::new(method, url) };
    request.within(Phase::Total, Some(EXCHANGE_DEADLINE))
}

/// Reads a document that came with a successful status.
pub(crate) fn read<T: DeserializeOwned>(url: &str, body: &[u8]) -> Result<T, Error> {
    serde_json::from_slice(body).map_err(|error| {
        Error::Invalid(format!("what {url} answered is not what it should be: {error}"))
    })
}

/// Whether a status is one of success.
pub(crate) fn is_success(status: u16) -> bool {
    (200..300).contains(&status)
}

/// What a failing answer says: the error of OAuth, or its status.
pub(crate) fn refusal(url: &str, status: u16, body: &[u8]) -> Error {
    #[derive(Deserialize)]
    struct Wire {
        error: String,
        #[serde(default)]
        error_description: Option<String>,
    }
    match serde_json::from_slice::<Wire>(body) {
        Ok(Wire { error, error_description }) => Error::Refused(Refusal {
            code: shown(&error),
            description: error_description.as_deref().map(shown),
        }),
        Err(_) => Error::Status(Status { url: url.to_owned(), status }),
    }
}

/// A URL that a document names: absolute, `https`, or `http` on this machine, without user information
/// and fragment.
pub(crate) fn endpoint(text: &str) -> Result<url::Url, Error> {
    let invalid = |why: &str| Error::Invalid(format!("`{}` is no endpoint: {why}", shown(text)));
    if text.chars().any(|char| char.is_control() || char == ' ') {
        return Err(invalid("it has characters that belong into no URL"));
    }
    let url = url::Url::parse(text).map_err(|error| invalid(&error.to_string()))?;
    if !is_confidential(&url) {
        return Err(invalid("it is neither https nor on this machine"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(invalid("it carries user information"));
    }
    if url.fragment().is_some() {
        return Err(invalid("it has a fragment"));
    }
    Ok(url)
}

/// Whether what is sent to a URL is read by nobody on the way (RFC 8252 section 8.3 for loopback).
fn is_confidential(url: &url::Url) -> bool {
    let is_local = match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    url.scheme() == "https" || (url.scheme() == "http" && is_local)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Catches schemes that start programs, plain text over the network, credentials in URLs, and
    /// texts that a browser or a shell reads differently.
    #[test]
    fn an_endpoint_is_https_or_on_this_machine() {
        for good in [
            "https://a.example/x?y",
            "http://localhost:1/x",
            "http://127.0.0.1/",
            "http://[::1]:2/",
        ] {
            assert!(endpoint(good).is_ok(), "{good}");
        }
        for bad in [
            "http://a.example/",
            "javascript:alert(1)",
            "file:///etc/passwd",
            "-https://a.example/",
            "--help",
            "/relative",
            "https://u:p@a.example/",
            "https://a.example/#x",
            "https://a.example/\r\nx",
            "https://a.example/ x",
            "http://localhost.evil.example/",
            "",
        ] {
            assert!(endpoint(bad).is_err(), "{bad}");
        }
    }
}

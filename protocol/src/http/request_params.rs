//! `http/request` parameters, read by the executor and written by the client.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use sandbar_exchange::{Field, Phase, RedirectPolicy, Request, is_token};
use serde::de::{self, Deserialize, Deserializer, Unexpected, Visitor};
use serde::{Deserialize as DeriveDeserialize, Serialize};
use serde_json::value::RawValue;

use super::base64::AsBase64;
use super::decode_base64;
use super::field::{ValueEncoding, WireField, decode_field};
use super::url::check_url;
use super::{FieldError, InvalidRequest};
use crate::extensions::{Extension, Extensions};
use crate::jsonrpc::params_error;
use crate::limits::ID_BYTES;

/// An `http/request` as it was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestParams {
    /// What to send.
    pub request: Request,
    /// The id that deltas will carry. Unique among the active streams of a connection.
    pub request_id: String,
    /// Whether the body comes as deltas, or whole in the response.
    pub stream_response: bool,
    /// Bytes that may be sent before more are granted. Used where `credit` was negotiated.
    pub credit: u64,
}

/// Reads and checks parameters. What belongs to an extension counts only if it was negotiated.
///
/// Of the URL, only scheme and authority are looked at; the rest is left to whoever dials it.
///
/// # Errors
///
/// [`InvalidRequest`], to be answered with -32602.
pub fn decode_request(
    params: Option<&RawValue>,
    extensions: Extensions,
) -> Result<RequestParams, InvalidRequest> {
    let text = params.map_or("null", RawValue::get);
    let params: WireParams<'_> =
        serde_json::from_str(text).map_err(|error| InvalidRequest::Params(params_error(&error)))?;
    params.check(extensions)
}

/// The parameters as JSON, in the order in which stock clients write them.
///
/// # Errors
///
/// [`FieldError::NotText`] if the peer did not negotiate `fields` and a value is not UTF-8.
pub(crate) fn wire_request<'a>(
    params: &'a RequestParams,
    extensions: Extensions,
) -> Result<impl Serialize + 'a, FieldError> {
    let RequestParams { request, .. } = params;
    let encoding = if extensions.contains(Extension::Fields) {
        ValueEncoding::Base64
    } else {
        ValueEncoding::Text
    };
    encoding.check(&request.fields)?;
    let deadline = |phase| request.deadline(phase).map(milliseconds);
    Ok(WireParamsOut {
        method: &request.method,
        url: &request.url,
        headers: encoding.encode(&request.fields),
        body_base64: request.body.as_deref().map(AsBase64),
        timeout_ms: deadline(Phase::Total),
        redirect_policy: match request.redirects {
            RedirectPolicy::Follow => "follow",
            RedirectPolicy::Stop => "stop",
        },
        request_id: &params.request_id,
        stream_response: params.stream_response,
        credit_bytes: extensions.contains(Extension::Credit).then_some(params.credit),
        timeouts: extensions.contains(Extension::Timeouts).then(|| WireTimeouts {
            connect_ms: deadline(Phase::Connect),
            first_byte_ms: deadline(Phase::FirstByte),
            idle_ms: deadline(Phase::Idle),
        }),
    })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WireParamsOut<'a> {
    method: &'a str,
    url: &'a str,
    headers: Vec<WireField<'a>>,
    body_base64: Option<AsBase64<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    timeout_ms: Option<u64>,
    redirect_policy: &'static str,
    request_id: &'a str,
    stream_response: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    credit_bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    timeouts: Option<WireTimeouts>,
}

/// What it expects is part of the wire: stock executors say so where there are no parameters.
#[derive(DeriveDeserialize)]
#[serde(rename_all = "camelCase", expecting = "struct HttpRequestParams")]
struct WireParams<'a> {
    #[serde(deserialize_with = "string")]
    method: String,
    #[serde(deserialize_with = "string")]
    url: String,
    #[serde(borrow, default)]
    headers: Vec<WireFieldIn<'a>>,
    #[serde(borrow, default)]
    body_base64: Option<Cow<'a, str>>,
    #[serde(default)]
    timeout_ms: Option<Milliseconds>,
    #[serde(default)]
    redirect_policy: WireRedirectPolicy,
    #[serde(deserialize_with = "string")]
    request_id: String,
    #[serde(default)]
    stream_response: bool,
    #[serde(default)]
    credit_bytes: u64,
    #[serde(default)]
    timeouts: Option<WireTimeouts>,
}

#[derive(DeriveDeserialize)]
#[serde(rename_all = "camelCase")]
struct WireFieldIn<'a> {
    #[serde(deserialize_with = "string")]
    name: String,
    #[serde(deserialize_with = "string")]
    value: String,
    #[serde(borrow, default)]
    value_env_var: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    value_base64: Option<Cow<'a, str>>,
}

#[derive(Default, Serialize, DeriveDeserialize)]
#[serde(rename_all = "camelCase")]
struct WireTimeouts {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    connect_ms: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    first_byte_ms: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    idle_ms: Option<u64>,
}

impl WireParams<'_> {
    /// In the order of stock executors, which decode the body as they read the parameters.
    fn check(self, extensions: Extensions) -> Result<RequestParams, InvalidRequest> {
        if self.request_id.len() > ID_BYTES {
            return Err(InvalidRequest::StreamIdTooLong);
        }
        let body = self.body_base64.as_deref().map(decode_base64).transpose();
        let body = body.map_err(InvalidRequest::Body)?;
        if !is_token(&self.method) {
            return Err(InvalidRequest::Method);
        }
        check_url(&self.url)?;
        let fields = self.headers.into_iter().map(|field| field.check(extensions));
        let timeouts =
            self.timeouts.filter(|_| extensions.contains(Extension::Timeouts)).unwrap_or_default();
        let request = Request {
            fields: fields.collect::<Result<_, _>>()?,
            body,
            redirects: self.redirect_policy.0,
            ..Request::new(self.method, self.url)
        };
        let request = request
            .within(Phase::Connect, timeouts.connect_ms.map(Duration::from_millis))
            .within(Phase::FirstByte, timeouts.first_byte_ms.map(Duration::from_millis))
            .within(Phase::Idle, timeouts.idle_ms.map(Duration::from_millis))
            .within(
                Phase::Total,
                self.timeout_ms.map(|Milliseconds(ms)| Duration::from_millis(ms)),
            );
        Ok(RequestParams {
            request,
            request_id: self.request_id,
            stream_response: self.stream_response,
            credit: self.credit_bytes,
        })
    }
}

impl WireFieldIn<'_> {
    fn check(self, extensions: Extensions) -> Result<Field, InvalidRequest> {
        if let Some(variable) = self.value_env_var {
            return Err(InvalidRequest::EnvironmentVariable {
                field: self.name,
                variable: variable.into_owned(),
            });
        }
        let base64 = self.value_base64.filter(|_| extensions.contains(Extension::Fields));
        Ok(decode_field(self.name, self.value, base64.as_deref())?)
    }
}

/// Rounded up, so that a deadline that has not passed does not become zero.
fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX)
}

/// A string whose absence is worded as stock executors do: they call any number "number".
fn string<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    struct StringVisitor;

    impl Visitor<'_> for StringVisitor {
        type Value = String;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a string")
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<String, E> {
            Ok(text.into())
        }

        fn visit_i64<E: de::Error>(self, _: i64) -> Result<String, E> {
            Err(E::invalid_type(Unexpected::Other("number"), &self))
        }

        fn visit_u64<E: de::Error>(self, _: u64) -> Result<String, E> {
            Err(E::invalid_type(Unexpected::Other("number"), &self))
        }

        fn visit_f64<E: de::Error>(self, _: f64) -> Result<String, E> {
            Err(E::invalid_type(Unexpected::Other("number"), &self))
        }
    }

    deserializer.deserialize_any(StringVisitor)
}

/// A count of milliseconds; every other number is an "invalid number".
struct Milliseconds(u64);

impl<'de> Deserialize<'de> for Milliseconds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MillisecondsVisitor;

        impl Visitor<'_> for MillisecondsVisitor {
            type Value = Milliseconds;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("u64")
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Milliseconds, E> {
                Ok(Milliseconds(number))
            }

            fn visit_i64<E: de::Error>(self, _: i64) -> Result<Milliseconds, E> {
                Err(E::custom("invalid number"))
            }

            fn visit_f64<E: de::Error>(self, _: f64) -> Result<Milliseconds, E> {
                Err(E::custom("invalid number"))
            }
        }

        deserializer.deserialize_any(MillisecondsVisitor)
    }
}

struct WireRedirectPolicy(RedirectPolicy);

impl Default for WireRedirectPolicy {
    fn default() -> Self {
        Self(RedirectPolicy::Follow)
    }
}

impl<'de> Deserialize<'de> for WireRedirectPolicy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PolicyVisitor;

        impl Visitor<'_> for PolicyVisitor {
            type Value = WireRedirectPolicy;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("string or map")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<WireRedirectPolicy, E> {
                match text {
                    "follow" => Ok(WireRedirectPolicy(RedirectPolicy::Follow)),
                    "stop" => Ok(WireRedirectPolicy(RedirectPolicy::Stop)),
                    other => Err(E::unknown_variant(other, &["follow", "stop"])),
                }
            }
        }

        deserializer.deserialize_any(PolicyVisitor)
    }
}

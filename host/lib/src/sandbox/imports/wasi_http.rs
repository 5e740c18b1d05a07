//! Where `wasi:http` meets the dialer: the thin face of it for components that want the standard
//! interface.

use crate::http::{DialError, Dialer, RequestBody, SharedError, Timeouts, cause};
use crate::sandbox::imports::cancellable::Cancellable;
use http::Method;
use http::header::CONTENT_LENGTH;
use http_body_util::BodyExt as _;
use sandbar_exchange::json::to_wasi_text;
use sandbar_exchange::{Failure, Processed};
use std::sync::Arc;
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpHooks};

/// Sends what a guest asks for through the dialer of its sandbox. A sandbox that
/// has another dial has no dialer, and a component that wants one anyway is
/// refused.
pub(crate) struct Hooks {
    pub(crate) dialer: Option<Dialer>,
}

type IoResult = Box<dyn Future<Output = Result<(), Error>> + Send>;
type Sent = Result<(http::Response<WasiBody>, IoResult), Error>;

impl WasiHttpHooks for Hooks {
    fn send_request(
        &mut self,
        request: http::Request<WasiBody>,
        options: Option<RequestOptions>,
        processed: IoResult,
    ) -> Box<dyn Future<Output = Sent> + Send> {
        let dialer = self.dialer.clone();
        Box::new(async move {
            let dialer = dialer.ok_or(Error::HttpRequestDenied)?;
            let authority: Option<Arc<str>> = authority(request.uri()).map(Into::into);
            let (head, body) = request.into_parts();
            let body = content(&head, body).await;
            let request = http::Request::from_parts(head, body);
            let told = authority.clone();
            let response = dialer.send(request, timeouts(options)).await;
            let response = response.map_err(|error| to_wasi(&error, told.as_deref()))?;
            let processed = Box::into_pin(processed);
            let response = response.map(|body| {
                let body = body.map_err(move |error| to_wasi(&error, authority.as_deref()));
                Cancellable::new(body.boxed_unsync(), processed).boxed_unsync()
            });
            // The pool drives the connection: there is no I/O left to do here.
            Ok((response, Box::new(std::future::ready(Ok(()))) as IoResult))
        })
    }
}

/// The content of a request. Where its length is not said and the method gives content no meaning (RFC
/// 9110 section 9.3), most have none, which is waited for.
async fn content(head: &http::request::Parts, body: WasiBody) -> RequestBody {
    let body = body.map_err(|error| Box::new(error).into()).boxed_unsync();
    let wants_content = matches!(head.method, Method::POST | Method::PUT | Method::PATCH);
    if wants_content || head.headers.contains_key(CONTENT_LENGTH) {
        return RequestBody::Streamed(body);
    }
    RequestBody::begun(body).await
}

fn timeouts(options: Option<RequestOptions>) -> Timeouts {
    let options = options.unwrap_or_default();
    Timeouts {
        connect: options.connect_timeout,
        first_byte: options.first_byte_timeout,
        idle: options.between_bytes_timeout,
    }
}

/// Host and port, as failures name them.
fn authority(uri: &http::Uri) -> Option<String> {
    crate::http::Target::try_from(uri).ok().map(|target| target.authority())
}

/// The whole failure, in the one code of `wasi:http` that has room for it. wasmtime counts the body
/// of a request against its `content-length` and reports through the body; that code goes back to
/// the guest as it was.
fn to_wasi(error: &DialError, authority: Option<&str>) -> Error {
    if let DialError::RequestBody { source } = error
        && let Some(size) = request_body_size(source)
    {
        return size;
    }
    let processed = if error.is_unsent() { Processed::Never } else { Processed::Possibly };
    let authority = authority.map(str::to_owned);
    Error::InternalError(Some(to_wasi_text(&Failure { code: error.code(), authority, processed })))
}

fn request_body_size(source: &SharedError) -> Option<Error> {
    match cause::<Error>(&**source) {
        Some(Error::HttpRequestBodySize(bytes)) => Some(Error::HttpRequestBodySize(*bytes)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::{Asked, Denial, InvalidRequest, InvalidTarget, Policy, Target, TlsFailure};
    use sandbar_exchange::ErrorCode;
    use sandbar_exchange::json::from_wasi_text;

    fn told(error: DialError) -> Failure {
        match to_wasi(&error, Some("h:443")) {
            Error::InternalError(Some(text)) => from_wasi_text(&text).unwrap(),
            other => panic!("{other:?}"),
        }
    }

    fn denial() -> Denial {
        let url = |text: &str| url::Url::parse(text).unwrap();
        let other = Target::try_from(&url("http://127.0.0.1:2/")).unwrap();
        let policy = Policy::origin(&url("http://127.0.0.1:1/")).unwrap();
        policy.judge(&Asked::new(&other, "GET", "/")).unwrap_err()
    }

    /// Catches a denial that looks like a network failure, which a guest would retry, and one whose
    /// reason is lost at the boundary.
    #[test]
    fn a_denial_is_told_with_its_reason() {
        let Failure { code: ErrorCode::Denied(reason), processed, .. } = told(denial().into())
        else {
            panic!("not denied")
        };
        assert!(reason.contains("http://127.0.0.1:2"), "{reason}");
        assert_eq!(processed, Processed::Never);
    }

    /// Catches TLS failures whose reason is lost at the boundary.
    #[test]
    fn a_tls_failure_says_why_and_where() {
        let source = TlsFailure::Certificate(rustls::CertificateError::Expired);
        let failure = told(DialError::Tls { authority: "h:443".into(), source });
        assert!(
            matches!(&failure.code, ErrorCode::Tls(text) if text.contains("certificate expired"))
        );
        assert_eq!(failure.authority.as_deref(), Some("h:443"));
    }

    /// Catches a `content-length` that wasmtime found wrong and that comes back as something else.
    #[test]
    fn a_body_size_error_of_the_guest_goes_back_as_it_was() {
        let source = Arc::new(Error::HttpRequestBodySize(Some(5)));
        let error = to_wasi(&DialError::RequestBody { source }, None);
        assert!(matches!(error, Error::HttpRequestBodySize(Some(5))));
    }

    /// Catches a mistake of the caller that is reported as a fault of the server.
    #[test]
    fn invalid_requests_name_the_part_that_is_invalid() {
        let target = InvalidRequest::Target(InvalidTarget::UserInformation);
        let target = told(target.into()).code;
        assert!(
            matches!(&target, ErrorCode::InvalidRequest(text) if text.contains("user information"))
        );
        let method = told(InvalidRequest::ConnectMethod.into()).code;
        assert!(matches!(&method, ErrorCode::InvalidRequest(text) if text.contains("CONNECT")));
    }
}

//! Where `wasi:http` meets the dialer: the only way out of a sandbox.

use crate::http::Dialer;
use crate::sandbox::cancellable::Cancellable;
use http_body_util::BodyExt as _;
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpHooks};

/// Sends what a guest asks for through the dialer of its sandbox. A sandbox that
/// has another dial has no dialer, and a component that wants one anyway is
/// refused.
pub(crate) struct Hooks {
    dialer: Option<Dialer>,
}

impl Hooks {
    pub(crate) const fn new(dialer: Option<Dialer>) -> Self {
        Self { dialer }
    }
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
            let response = dialer.send(request, options.into()).await?;
            let processed = Box::into_pin(processed);
            let response = response.map(|body| Cancellable::new(body, processed).boxed_unsync());
            // The pool drives the connection: there is no I/O left to do here.
            Ok((response, Box::new(std::future::ready(Ok(()))) as IoResult))
        })
    }
}

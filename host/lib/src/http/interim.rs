//! Interim responses (RFC 9110 section 15.2), of which any number may come before the final one. Each costs
//! the host work that no limit of the sandbox counts, and keeps the deadline of the first byte company.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use http::Request;
use tokio::sync::Notify;

use super::error::DialError;
use super::limits::INTERIM_RESPONSES;
use super::response::InvalidResponse;

/// Counts the interim responses to one request.
#[derive(Debug, Default)]
pub(super) struct Interim(Arc<Counted>);

#[derive(Debug, Default)]
struct Counted {
    count: AtomicU32,
    too_many: Notify,
}

impl Interim {
    /// Counts those to this request, which is about to be sent over HTTP/1.1. Those of HTTP/2 are counted by
    /// nobody here.
    pub(super) fn of<B>(request: &mut Request<B>) -> Self {
        let counted = Arc::new(Counted::default());
        let told = Arc::clone(&counted);
        hyper::ext::on_informational(request, move |_response| {
            if told.count.fetch_add(1, Ordering::Relaxed) == INTERIM_RESPONSES {
                told.too_many.notify_one();
            }
        });
        Self(counted)
    }

    /// Waits for the final response.
    pub(super) async fn before<T>(
        self,
        head: impl Future<Output = Result<T, DialError>>,
    ) -> Result<T, DialError> {
        tokio::select! {
            biased;
            () = self.0.too_many.notified() => Err(InvalidResponse::Interim.into()),
            head = head => head,
        }
    }
}

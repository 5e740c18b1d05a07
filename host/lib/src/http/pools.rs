//! Pools of connections, one for each permit: where a connection may lead depends on the rule that
//! allowed its first request, and no other request may find it open.

use std::sync::{Arc, Mutex, PoisonError};

use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use sandbar_policy::{Permit, RuleLimits};

use super::body::RequestBody;
use super::connector::{Connector, Ground};
use super::limits::{
    HTTP2_CONNECTION_WINDOW, HTTP2_FRAME, HTTP2_HEAD_MARGIN, HTTP2_STREAM_WINDOW, POOLS,
};
use super::terms::Places;

pub(super) type Pool = Client<Connector, RequestBody>;

/// What requests with one permit share.
#[derive(Clone)]
pub(super) struct Shared {
    pub(super) pool: Pool,
    pub(super) limits: Arc<RuleLimits>,
    pub(super) places: Places,
}

/// The pools of one policy. Clones share them.
#[derive(Clone, Default)]
pub(super) struct Pools(Arc<Mutex<Vec<(Permit, Shared)>>>);

impl Pools {
    /// The pool for requests with this permit, and what they may cost.
    pub(super) fn of(&self, permit: &Permit, ground: &Arc<Ground>) -> Shared {
        let mut pools = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, shared)) = pools.iter().find(|(known, _)| known == permit) {
            return shared.clone();
        }
        if pools.len() >= POOLS {
            pools.clear();
        }
        let pool = pool(Connector::new(Arc::clone(ground), permit.clone()));
        let limits = ground.policy().limits(permit);
        let places = Places::new(limits.concurrent);
        let shared = Shared { pool, limits: Arc::new(limits), places };
        pools.push((permit.clone(), shared.clone()));
        shared
    }
}

fn pool(connector: Connector) -> Pool {
    let limits = connector.limits();
    Client::builder(TokioExecutor::new())
        .timer(TokioTimer::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(limits.idle_connection)
        .pool_max_idle_per_host(limits.idle_connections_per_host.into())
        .http1_max_buf_size(limits.read_buffer())
        .http1_max_headers(limits.response_fields.into())
        .http1_allow_obsolete_multiline_headers_in_responses(true)
        .http2_initial_stream_window_size(HTTP2_STREAM_WINDOW)
        .http2_initial_connection_window_size(HTTP2_CONNECTION_WINDOW)
        .http2_max_frame_size(HTTP2_FRAME)
        .http2_max_header_list_size(limits.response_head.saturating_mul(HTTP2_HEAD_MARGIN))
        .http2_keep_alive_interval(limits.http2_ping)
        .http2_keep_alive_timeout(limits.http2_pong)
        .build(connector.clone())
}

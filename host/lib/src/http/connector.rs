//! One connection: slot, route, addresses, TCP, tunnel, TLS.
//!
//! The pool calls this where it has no idle connection. A connection may outlive the request that
//! asked for it, so it has a deadline of its own besides the request's.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use hyper_util::rt::TokioIo;
use tower_service::Service;

use super::error::DialError;
use super::keep_alive::{FirstReuse, SingleUse};
use super::limits::{DialLimit, DialLimits};
use super::link::{ByteStream, HttpVersion, Link, TargetForm};
use super::proxy::{Proxies, Proxy, Route};
use super::request::InvalidRequest;
use super::resolve::resolve;
use super::slots::{ConnectionSlots, Slot};
use super::socket::{Server, Socket};
use super::stats::Counters;
use super::tcp::connect_any;
use super::tls::{Offer, TlsRoots};
use super::tls_failure::TlsFailure;
use sandbar_policy::{Permit, Policy, Scheme, Target};

/// Makes connections for requests with one permit. Clones share everything.
#[derive(Clone, Debug)]
pub(super) struct Connector {
    ground: Arc<Ground>,
    permit: Permit,
}

/// What all connections under one policy share.
#[derive(Debug)]
pub(super) struct Ground {
    policy: Policy,
    tls: TlsRoots,
    proxies: Proxies,
    limits: DialLimits,
    slots: ConnectionSlots,
    single_use: Arc<SingleUse>,
    first_reuse: FirstReuse,
    counters: Arc<Counters>,
}

impl Ground {
    pub(super) fn new(
        policy: Policy,
        tls: TlsRoots,
        proxies: Proxies,
        limits: DialLimits,
        counters: Arc<Counters>,
    ) -> Self {
        let slots = ConnectionSlots::new(limits.connections_per_host);
        let (single_use, first_reuse) = (Arc::default(), FirstReuse::default());
        Self { policy, tls, proxies, limits, slots, single_use, first_reuse, counters }
    }

    pub(super) fn policy(&self) -> &Policy {
        &self.policy
    }

    pub(super) fn proxies(&self) -> &Proxies {
        &self.proxies
    }

    pub(super) fn limits(&self) -> &DialLimits {
        &self.limits
    }

    pub(super) fn first_reuse(&self) -> &FirstReuse {
        &self.first_reuse
    }

    pub(super) fn single_use(&self) -> &SingleUse {
        &self.single_use
    }

    pub(super) fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Why no connection to `target` was ready after this time.
    pub(super) fn connect_timeout(&self, target: &Target, after: Duration) -> DialError {
        if self.slots.exhausted(target) {
            return DialError::LimitExceeded(DialLimit::ConnectionsPerHost {
                connections: self.slots.per_host(),
            });
        }
        DialError::ConnectTimeout { authority: target.authority(), after }
    }
}

impl Connector {
    pub(super) fn new(ground: Arc<Ground>, permit: Permit) -> Self {
        Self { ground, permit }
    }

    pub(super) fn limits(&self) -> &DialLimits {
        &self.ground.limits
    }

    async fn connect(self, uri: Uri) -> Result<TokioIo<Link>, DialError> {
        let target = Target::try_from(&uri).map_err(InvalidRequest::from)?;
        let Self { ground, permit } = self;
        let within = ground.limits.connect_at_most;
        match tokio::time::timeout(within, ground.link(&target, &permit, uri)).await {
            Ok(link) => Ok(TokioIo::new(link?)),
            Err(_) => Err(ground.connect_timeout(&target, within)),
        }
    }
}

impl Ground {
    async fn link(&self, target: &Target, permit: &Permit, uri: Uri) -> Result<Link, DialError> {
        let slot = self.slot(target).await?;
        match self.proxies.route(target, &uri)? {
            Route::Direct => {
                let socket = self.dial(target, permit, slot).await?;
                self.secure(Box::new(socket), target).await
            }
            Route::Forward(proxy) => {
                let stream = self.dial_proxy(&proxy, slot).await?;
                Ok(Link::new(stream, TargetForm::Absolute, HttpVersion::Http1))
            }
            Route::Tunnel(proxy) => {
                let stream = self.dial_proxy(&proxy, slot).await?;
                let stream = proxy.tunnel(stream, uri).await?;
                self.secure(stream, target).await
            }
        }
    }

    async fn slot(&self, target: &Target) -> Result<Slot, DialError> {
        let slot = self.slots.acquire(target).await;
        slot.ok_or(DialError::LimitExceeded(DialLimit::ConnectionsPerHost {
            connections: self.slots.per_host(),
        }))
    }

    /// Connects to an address of the target that the policy allows. Where only some addresses are
    /// allowed the others are left alone; where none is, the first denial tells why.
    async fn dial(
        &self,
        target: &Target,
        permit: &Permit,
        slot: Slot,
    ) -> Result<Socket, DialError> {
        let mut denial = None;
        let mut allowed = Vec::new();
        for address in resolve(target, self.limits.addresses).await? {
            match self.policy.judge_address(target, permit, address.ip()) {
                Ok(()) => allowed.push(address),
                Err(denied) => denial = denial.or(Some(denied)),
            }
        }
        match denial {
            Some(denial) if allowed.is_empty() => Err(denial.into()),
            _ => self.open(target, &allowed, slot).await,
        }
    }

    /// Connects to a proxy, whose address is the operator's choice and is not judged.
    async fn dial_proxy(
        &self,
        proxy: &Proxy,
        slot: Slot,
    ) -> Result<Box<dyn ByteStream>, DialError> {
        let target = &proxy.target;
        let addresses = resolve(target, self.limits.addresses).await?;
        let socket = self.open(target, &addresses, slot).await?;
        match target.scheme() {
            Scheme::Http => Ok(Box::new(socket)),
            Scheme::Https => {
                let handshake = self.tls.handshake(socket, target, Offer::Http1).await;
                let (stream, _) = handshake.map_err(|source| tls_error(target, source))?;
                Ok(Box::new(stream))
            }
        }
    }

    async fn open(
        &self,
        target: &Target,
        addresses: &[SocketAddr],
        slot: Slot,
    ) -> Result<Socket, DialError> {
        let stream = connect_any(addresses).await.map_err(|error| {
            let authority = target.authority();
            if error.kind() == io::ErrorKind::ConnectionRefused {
                return DialError::ConnectionRefused { authority };
            }
            DialError::Connect { authority, source: Arc::new(error) }
        })?;
        let server = Server { target: target.clone(), single_use: Arc::clone(&self.single_use) };
        Ok(Socket::new(stream, slot, server, Arc::clone(&self.counters)))
    }

    /// Adds TLS where the scheme asks for it.
    async fn secure(
        &self,
        stream: Box<dyn ByteStream>,
        target: &Target,
    ) -> Result<Link, DialError> {
        match target.scheme() {
            Scheme::Http => Ok(Link::new(stream, TargetForm::Origin, HttpVersion::Http1)),
            Scheme::Https => {
                let offer = Offer::Http2OrHttp1;
                let handshake = self.tls.handshake(stream, target, offer).await;
                let (stream, version) = handshake.map_err(|source| tls_error(target, source))?;
                Ok(Link::new(Box::new(stream), TargetForm::Origin, version))
            }
        }
    }
}

fn tls_error(target: &Target, source: TlsFailure) -> DialError {
    DialError::Tls { authority: target.authority(), source }
}

impl Service<Uri> for Connector {
    type Response = TokioIo<Link>;
    type Error = DialError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, DialError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), DialError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        Box::pin(self.clone().connect(uri))
    }
}

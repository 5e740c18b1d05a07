//! The `plug-http` component: `sandbar:http/client` over another one, with a plugin asked at every
//! hop.
//!
//! Redirects are followed here, by the rules of `sandbar_exchange::hop` that whoever dials has too,
//! and the executor is asked to stop at each: it would follow them where no plugin sees it.

/// Generated from `wit/`.
#[allow(
    missing_docs,
    unreachable_pub,
    clippy::all,
    clippy::allow_attributes_without_reason,
    reason = "generated code, differently linted on each target"
)]
mod bindings {
    wit_bindgen::generate!({
        path: "../../wit",
        world: "sandbar:components/plug-http",
        with: {
            "sandbar:http/types@0.2.0": sandbar_exchange,
            "sandbar:http/client@0.2.0": sandbar_guest_kit::bindings::sandbar::http::client,
            "wasi:clocks/types@0.3.0": sandbar_guest_kit::bindings::wasi::clocks::types,
            "wasi:clocks/monotonic-clock@0.3.0": sandbar_guest_kit::bindings::wasi::clocks::monotonic_clock,
        },
        generate_all,
    });
}

use bindings::exports::sandbar::http::client::{
    Answered, Exchange, Guest, GuestExchange, Remainder,
};
use bindings::sandbar::plugin::http as plugin;
use sandbar_exchange::hop::{Hop, HttpUrl};
use sandbar_exchange::{
    Deadline, ErrorCode, Failure, Nanoseconds, Phase, Processed, RedirectPolicy, Request, Response,
};
use sandbar_guest_kit::{client, monotonic_clock};

struct PlugHttp;

/// The hold of the executor below: one of ours is another resource.
struct Hold {
    _inner: client::Exchange,
}

impl GuestExchange for Hold {}

impl Guest for PlugHttp {
    type Exchange = Hold;

    async fn send(request: Request) -> Result<Answered, Failure> {
        let asked = Asked::of(&request);
        let mut hop = Hop::<Vec<u8>>::first(request).map_err(Failure::unsent)?;
        loop {
            let denied = |reason| hop.failed(ErrorCode::Denied(reason), true);
            let request = plugin::before(&asked.at(&hop)).map_err(denied)?;
            let follows = request.redirects == RedirectPolicy::Follow;
            let url = HttpUrl::parse(&request.url).map_err(|code| hop.failed(code, true))?;
            // A redirect is relative to where the plugin had the request sent.
            hop.url = url.as_url().clone();
            let request = Request { redirects: RedirectPolicy::Stop, ..request };
            let answered = client::send(request).await.map_err(|failure| below(&hop, failure))?;
            let denied = |reason| hop.failed(ErrorCode::Denied(reason), false);
            let response = plugin::after(&answered.response).map_err(denied)?;
            if follows
                && let Some(location) = location(&response)
                && let Some(next) = hop.redirected(response.status, location)?
            {
                hop = next;
                continue;
            }
            return Ok(hand_on(response, answered));
        }
    }
}

/// What a client asked for beyond a hop.
struct Asked {
    redirects: RedirectPolicy,
    deadlines: Vec<Deadline>,
    /// On the clock, where the exchange as a whole has a deadline.
    since: Option<Nanoseconds>,
}

impl Asked {
    fn of(request: &Request) -> Self {
        let total = request.deadline(Phase::Total);
        Self {
            redirects: request.redirects,
            deadlines: request.deadlines.clone(),
            since: total.map(|_| monotonic_clock::now()),
        }
    }

    /// The request of a hop, as the client would send it: the time that hops before it took is gone.
    fn at(&self, hop: &Hop<Vec<u8>>) -> Request {
        let mut deadlines = self.deadlines.clone();
        let spent = self.since.map_or(0, |since| monotonic_clock::now().saturating_sub(since));
        for deadline in deadlines.iter_mut().filter(|deadline| deadline.phase == Phase::Total) {
            deadline.after = deadline.after.saturating_sub(spent);
        }
        Request {
            method: hop.method.clone(),
            url: hop.url.to_string(),
            fields: hop.fields.clone(),
            body: hop.body.clone(),
            redirects: self.redirects,
            deadlines,
        }
    }
}

/// A failure of the executor below, which knows of one hop: whether a server can have acted is a
/// matter of those before as well.
fn below(hop: &Hop<Vec<u8>>, failure: Failure) -> Failure {
    let Failure { code, authority, processed } = failure;
    Failure { authority, ..hop.failed(code, processed == Processed::Never) }
}

fn location(response: &Response) -> Option<&[u8]> {
    let mut fields = response.fields.iter();
    let location = fields.find(|field| field.name.eq_ignore_ascii_case("location"));
    location.map(|field| field.value.as_slice())
}

fn hand_on(response: Response, answered: client::Answered) -> Answered {
    let client::Answered { beginning, remainder, .. } = answered;
    let remainder = remainder.map(|client::Remainder { exchange, bytes, outcome }| Remainder {
        exchange: Exchange::new(Hold { _inner: exchange }),
        bytes,
        outcome,
    });
    Answered { response, beginning, remainder }
}

bindings::export!(PlugHttp with_types_in bindings);

//! The `fetch` component: exchanges with names, for embedders that cannot drop a
//! call of a guest. It adds nothing else to the executor that it imports.

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
        world: "sandbar:components/fetch",
        with: {
            "sandbar:http/types@0.2.0": sandbar_exchange,
            "sandbar:http/client@0.2.0": sandbar_guest_kit::bindings::sandbar::http::client,
        },
        generate_all,
    });
}

use bindings::exports::sandbar::http::exchanges::{Answered, Guest, Remainder};
use futures::channel::oneshot;
use futures::future::{Either, select};
use sandbar_exchange::{ErrorCode, Failure, Request};
use sandbar_guest_kit::client::{self, Exchange};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::pin::pin;

/// How far an exchange is.
enum Stage {
    /// Its response has not begun. Dropping the sender gives it up.
    Waiting { _give_up: oneshot::Sender<()> },
    /// Its body is on the way. Dropping the hold cancels it.
    Answered { _hold: Exchange },
}

thread_local! {
    static EXCHANGES: RefCell<BTreeMap<u64, Stage>> = RefCell::default();
}

struct Fetch;

impl Guest for Fetch {
    async fn send(id: u64, request: Request) -> Result<Answered, Failure> {
        let (give_up, given_up) = oneshot::channel();
        if !enter(id, Stage::Waiting { _give_up: give_up }) {
            let reason = "an exchange has this id already".into();
            return Err(Failure::unsent(ErrorCode::InvalidRequest(reason)));
        }
        let exchange = pin!(client::send(request));
        match select(exchange, given_up).await {
            Either::Left((Ok(answered), _)) => answer(id, answered),
            Either::Left((Err(error), _)) => {
                Self::release(id);
                Err(error)
            }
            Either::Right(_) => Err(Failure::sent(ErrorCode::Cancelled)),
        }
    }

    fn release(id: u64) {
        // Dropped outside of the borrow: dropping a hold calls another component.
        let released = EXCHANGES.with(|exchanges| exchanges.borrow_mut().remove(&id));
        drop(released);
    }
}

/// Enters a new exchange, unless there is one of that name.
fn enter(id: u64, stage: Stage) -> bool {
    EXCHANGES.with(|exchanges| {
        let mut exchanges = exchanges.borrow_mut();
        let new = !exchanges.contains_key(&id);
        if new {
            exchanges.insert(id, stage);
        }
        new
    })
}

/// Keeps the hold of an exchange that was answered, and is not over, unless it was released.
fn answer(id: u64, answered: client::Answered) -> Result<Answered, Failure> {
    let client::Answered { response, beginning, remainder } = answered;
    let (hold, remainder) = match remainder {
        Some(client::Remainder { exchange, bytes, outcome }) => {
            (Some(Stage::Answered { _hold: exchange }), Some(Remainder { bytes, outcome }))
        }
        None => (None, None),
    };
    let waiting = EXCHANGES.with(|exchanges| exchanges.borrow_mut().remove(&id));
    if waiting.is_none() {
        return Err(Failure::sent(ErrorCode::Cancelled));
    }
    if let Some(hold) = hold {
        enter(id, hold);
    }
    Ok(Answered { response, beginning, remainder })
}

bindings::export!(Fetch with_types_in bindings);

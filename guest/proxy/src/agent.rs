//! The exported resource: three kinds of task around one proxy. One reads the agent's lines, one the
//! server's stream for what belongs to no message, and each message that is carried has one of its own.

use crate::bindings::exports::sandbar::mcp::stdio::{Agent as ExportedAgent, GuestAgent};
use crate::bindings::sandbar::mcp::messages::{Upstream, UpstreamEvent};
use crate::bindings::sandbar::mcp::types::{Error as WitError, UpstreamOptions};
use crate::bindings::wit_stream;
use crate::failure;
use crate::speaker::Speaker;
use futures::future::{LocalBoxFuture, join, select};
use sandbar_exchange::nanoseconds;
use sandbar_guest_kit::{Signal, monotonic_clock};
use sandbar_proxy_core::{Action, CallId, Proxy, limits};
use std::cell::{Cell, RefCell};
use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;
use wit_bindgen::{StreamReader, StreamResult};

/// Bytes asked for with each read of the agent's pipe.
const READ_BYTES: usize = 64 * 1024;

/// One agent.
pub(crate) struct Agent(Rc<Shared>);

/// What its tasks share.
struct Shared {
    core: RefCell<Proxy>,
    upstream: Upstream,
    speaker: Speaker,
    /// Raised when a message is over, and at the end: for whoever waits for the agent's last answers.
    answered: Signal,
    /// The same for whoever waits for the server's last words.
    settled: Signal,
    stage: Cell<Stage>,
    /// Raised when it is over.
    over: Signal,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Lives,
    Ends,
    Over,
}

impl GuestAgent for Agent {
    async fn serve(
        incoming: StreamReader<u8>,
        server: UpstreamOptions,
    ) -> Result<(ExportedAgent, StreamReader<u8>), WitError> {
        let core = Proxy::new(server.url.clone(), server.max_message_bytes);
        let (upstream, events) = Upstream::open(&server)?;
        let (writer, outgoing) = wit_stream::new();
        let shared = Rc::new(Shared {
            core: RefCell::new(core),
            upstream,
            speaker: Speaker::new(writer),
            answered: Signal::default(),
            settled: Signal::default(),
            stage: Cell::new(Stage::Lives),
            over: Signal::default(),
        });
        wit_bindgen::spawn_local(read(Rc::clone(&shared), incoming));
        wit_bindgen::spawn_local(hear(Rc::clone(&shared), events));
        Ok((ExportedAgent::new(Self(shared)), outgoing))
    }

    async fn finish(&self) {
        end(&self.0).await;
    }
}

/// Takes what the agent writes, to the end of it.
async fn read(shared: Rc<Shared>, mut incoming: StreamReader<u8>) {
    let mut buffer = Vec::with_capacity(READ_BYTES);
    loop {
        buffer.clear();
        let (result, filled) = incoming.read(buffer).await;
        buffer = filled;
        if buffer.is_empty() && !matches!(result, StreamResult::Complete(_)) {
            break;
        }
        shared.core.borrow_mut().handle_bytes(&buffer);
        act(&shared).await;
    }
    shared.core.borrow_mut().handle_end();
    act(&shared).await;
    let idle = pin!(idle(&shared));
    select(idle, pin!(after(limits::LAST_ANSWERS))).await;
    end(&shared).await;
}

/// Takes what the server tells and asks beside the answers.
async fn hear(shared: Rc<Shared>, mut events: StreamReader<UpstreamEvent>) {
    while let Some(event) = events.next().await {
        match event {
            UpstreamEvent::Message(text) => {
                let line = shared.core.borrow_mut().handle_event(text);
                if let Some(line) = line {
                    shared.speaker.say(line).await;
                }
            }
            UpstreamEvent::Forgotten => shared.core.borrow_mut().handle_forgotten(),
        }
        act(&shared).await;
    }
}

/// Does what is to be done. Boxed: what is carried leads to more of it.
fn act(shared: &Rc<Shared>) -> LocalBoxFuture<'_, ()> {
    Box::pin(async move {
        loop {
            let action = shared.core.borrow_mut().poll_action();
            match action {
                Some(Action::Carry { call, message }) => {
                    wit_bindgen::spawn_local(carry(Rc::clone(shared), call, message));
                }
                Some(Action::Cancel(call)) => shared.upstream.cancel(call.0),
                Some(Action::Tell(line)) => shared.speaker.say(line).await,
                Some(Action::Wait(time)) => {
                    let shared = Rc::clone(shared);
                    wit_bindgen::spawn_local(async move {
                        after(time).await;
                        shared.core.borrow_mut().handle_timer();
                        act(&shared).await;
                    });
                }
                None => return,
            }
        }
    })
}

/// Carries a message to its end.
async fn carry(shared: Rc<Shared>, call: CallId, message: String) {
    let mut texts = shared.upstream.listen(call.0);
    let carried = shared.upstream.carry(call.0, message);
    let heard = async {
        while let Some(text) = texts.next().await {
            let line = shared.core.borrow_mut().handle_text(call, text);
            if let Some(line) = line {
                shared.speaker.say(line).await;
            }
            act(&shared).await;
        }
    };
    let (outcome, ()) = join(carried, heard).await;
    let outcome = outcome.map_err(failure::error);
    shared.core.borrow_mut().handle_outcome(call, outcome);
    act(&shared).await;
    shared.answered.raise();
    shared.settled.raise();
}

/// Waits until nothing is under way, or it is being ended.
async fn idle(shared: &Shared) {
    while !shared.core.borrow().is_idle() && shared.stage.get() == Stage::Lives {
        shared.answered.wait().await;
    }
}

/// Ends it: whoever comes second waits until it has ended.
async fn end(shared: &Rc<Shared>) {
    if shared.stage.get() != Stage::Lives {
        while shared.stage.get() != Stage::Over {
            shared.over.wait().await;
        }
        return;
    }
    shared.stage.set(Stage::Ends);
    shared.answered.raise();
    shared.core.borrow_mut().finish();
    act(shared).await;
    let told = async {
        while !shared.core.borrow().is_idle() {
            shared.settled.wait().await;
        }
    };
    select(pin!(told), pin!(after(limits::LAST_WORDS))).await;
    shared.upstream.close().await;
    shared.speaker.fall_silent().await;
    shared.stage.set(Stage::Over);
    shared.over.raise();
}

async fn after(time: Duration) {
    monotonic_clock::wait_for(nanoseconds(time)).await;
}

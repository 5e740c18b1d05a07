//! One exchange, from its caller's side.

use crate::bindings::exports::sandbar::http::client::{
    Answered, Exchange, GuestExchange, Remainder,
};
use crate::bindings::{wit_future, wit_stream};
use crate::connection::{Caller, Connection};
use crate::connector;
use crate::deadline::{Deadlines, Elapsed, within};
use crate::driver::{beside, duty, keep};
use sandbar_exchange::{BEGINNING_BYTES, BodySummary, ErrorCode, Failure, Request, Response};
use sandbar_protocol::client::CallId;
use sandbar_protocol::delta::Read;
use std::rc::Rc;
use std::time::Duration;
use wit_bindgen::StreamWriter;

/// How a body ended.
type Ended = Result<BodySummary, Failure>;

/// Bytes of a body passed on with one write.
const WRITE_BYTES: usize = 256 * 1024;

/// A call in flight. Dropping it releases the call, which cancels it unless it
/// is over.
struct Call {
    connection: Rc<Connection>,
    id: CallId,
    caller: Rc<Caller>,
}

impl Call {
    /// The response, if its head comes in time.
    async fn head(&self, deadline: Duration) -> Result<Response, Failure> {
        loop {
            if let Some(head) = self.caller.take_head() {
                return head;
            }
            self.changed_within(deadline)
                .await
                .map_err(|Elapsed| Failure::sent(ErrorCode::FirstByteTimeout))?;
        }
    }

    /// What has come with the head, and how the body ended if it has.
    fn beginning(&self) -> (Vec<u8>, Option<Ended>) {
        let mut beginning = Vec::new();
        while beginning.len() < BEGINNING_BYTES {
            let room = BEGINNING_BYTES - beginning.len();
            match self.connection.with(|session| session.read(self.id, room)) {
                Some(Read::Data(bytes)) if beginning.is_empty() => beginning = bytes,
                Some(Read::Data(bytes)) => beginning.extend(bytes),
                Some(Read::Pending) => break,
                Some(Read::End(end)) => return (beginning, Some(end)),
                None => return (beginning, Some(Err(Failure::sent(ErrorCode::Cancelled)))),
            }
        }
        (beginning, None)
    }

    /// Waits until there is more, for so long where nobody else counts the time.
    async fn changed_within(&self, deadline: Duration) -> Result<(), Elapsed> {
        if !self.connection.executor_keeps_deadlines() {
            match within(deadline, self.caller.changed.wait()).await {
                // The handshake was not over when the clock was set.
                Err(Elapsed) if self.connection.executor_keeps_deadlines() => {}
                outcome => return outcome,
            }
        }
        self.caller.changed.wait().await;
        Ok(())
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.connection.release(self.id);
    }
}

/// The exported resource: whoever drops it is done with the exchange.
pub(crate) struct Hold {
    connection: Rc<Connection>,
    id: CallId,
}

impl GuestExchange for Hold {}

impl Drop for Hold {
    fn drop(&mut self) {
        self.connection.release(self.id);
    }
}

/// Has a request performed at the other end.
pub(crate) async fn send(request: Request) -> Result<Answered, Failure> {
    let deadlines = Deadlines::new(&request);
    let (connection, held) = connector::connection().await?;
    let (id, caller) = connection.request(request)?;
    let call = Call { connection, id, caller };
    let mut duty = duty(&call.connection, held, &call.caller);
    let head = beside(&mut duty, call.head(deadlines.head)).await;
    keep(duty);
    let response = head?;
    let (beginning, end) = call.beginning();
    let remainder = match end {
        Some(Ok(_all_of_it)) => None,
        end => Some(follow(call, end, deadlines.idle)),
    };
    Ok(Answered { response, beginning, remainder })
}

/// The rest of a body, of which this is the end if that has come.
fn follow(call: Call, end: Option<Ended>, idle: Duration) -> Remainder {
    let hold = Hold { connection: Rc::clone(&call.connection), id: call.id };
    let (writer, bytes) = wit_stream::new();
    let (outcome_writer, outcome) = wit_future::new(|| Err(Failure::sent(ErrorCode::Cancelled)));
    wit_bindgen::spawn_local(async move {
        let end = match end {
            None => pass_on(&call, writer, idle).await,
            // The future resolves after the stream has closed.
            Some(end) => {
                drop(writer);
                end
            }
        };
        // A consumer that does not care for the outcome has dropped its end.
        drop(outcome_writer.write(end).await);
    });
    Remainder { exchange: Exchange::new(hold), bytes, outcome }
}

/// Passes a body on as it arrives. The writer is dropped before the outcome is
/// told: the future resolves after the stream has closed.
async fn pass_on(call: &Call, mut body: StreamWriter<u8>, idle: Duration) -> Ended {
    loop {
        let read = call.connection.with(|session| session.read(call.id, WRITE_BYTES));
        match read {
            Some(Read::Data(bytes)) => {
                if !body.write_all(bytes).await.is_empty() {
                    return Err(Failure::sent(ErrorCode::Cancelled));
                }
            }
            Some(Read::Pending) => {
                call.changed_within(idle)
                    .await
                    .map_err(|Elapsed| Failure::sent(ErrorCode::IdleTimeout))?;
            }
            Some(Read::End(end)) => return end,
            // Released by whoever held the exchange.
            None => return Err(Failure::sent(ErrorCode::Cancelled)),
        }
    }
}

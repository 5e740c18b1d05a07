//! Who moves the lines of a connection.
//!
//! A component has no tasks of its own: a future runs as part of some caller's call, and is dropped
//! with it where the caller cancels. The call that opens a connection moves its lines, for as long
//! as the connection lives; should it be cancelled, the call of another exchange goes on where it
//! was. So whoever gives up an exchange gives up that one alone.
//!
//! While a call can be cancelled, all that it does is one future: `wit-bindgen` 0.61 traps where one
//! future of a cancelled call wakes another.

use crate::connection::{Caller, Connection};
use futures::FutureExt as _;
use futures::channel::oneshot;
use futures::future::{Fuse, FusedFuture as _, LocalBoxFuture, select};
use sandbar_guest_kit::{Ended, LineReader, LineWriter};
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::rc::Rc;

/// Both ends of a channel, as far as they have been read and written.
pub(crate) struct Ends {
    pub(crate) reader: LineReader,
    pub(crate) writer: LineWriter,
}

/// What a call does for its connection beside its own exchange.
pub(crate) type Duty = Fuse<LocalBoxFuture<'static, ()>>;

/// Drives, if there are ends to drive, or stands by to do so.
pub(crate) fn duty(connection: &Rc<Connection>, held: Option<Held>, caller: &Caller) -> Duty {
    let duty = match held {
        Some(held) => drive(held).boxed_local(),
        None => {
            let heir = Heir { connection: Rc::clone(connection), asked: caller.stand_by() };
            heir.stand_by().boxed_local()
        }
    };
    duty.fuse()
}

/// Goes on with the duty, in a call that returns and so cannot be cancelled any more.
pub(crate) fn keep(duty: Duty) {
    if !duty.is_terminated() {
        wit_bindgen::spawn_local(duty);
    }
}

/// Awaits `wanted`, and does the duty meanwhile.
pub(crate) async fn beside<T>(duty: &mut Duty, wanted: impl Future<Output = T>) -> T {
    let mut wanted = pin!(wanted);
    poll_fn(|cx| {
        // That the connection has ended is told to exchanges by the session.
        let _ = duty.poll_unpin(cx);
        wanted.as_mut().poll(cx)
    })
    .await
}

/// Moves lines until the connection is closed.
async fn drive(mut held: Held) {
    let connection = Rc::clone(&held.connection);
    if let Some(Ends { reader, writer }) = &mut held.ends {
        let reading = pin!(read(&connection, reader));
        let writing = pin!(write(&connection, writer));
        // One without the other is no connection.
        select(reading, writing).await;
    }
}

/// The ends, in the hands of one call. Dropped before the connection is closed, it hands them over.
pub(crate) struct Held {
    connection: Rc<Connection>,
    ends: Option<Ends>,
}

impl Held {
    pub(crate) fn new(connection: &Rc<Connection>, ends: Ends) -> Self {
        Self { connection: Rc::clone(connection), ends: Some(ends) }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Some(ends) = self.ends.take()
            && self.connection.is_open()
        {
            self.connection.hand_over(ends);
        }
    }
}

async fn read(connection: &Connection, reader: &mut LineReader) {
    let handle = |line: &[u8]| connection.with(|session| session.handle_message(line));
    let ready = async || {
        while connection.is_open() && !connection.ready_for_input() {
            connection.inbound.wait().await;
        }
    };
    let reason = match reader.run(handle, ready).await {
        Ended::Closed => "the executor closed the connection",
        Ended::LineTooLong => "the executor sent a message that is too long",
    };
    connection.lose(reason);
}

async fn write(connection: &Connection, writer: &mut LineWriter) {
    while connection.is_open() {
        if !writer.run(|| connection.poll_transmit()).await {
            break;
        }
        connection.dispatch();
        connection.outbound.wait().await;
    }
    connection.lose("the connection to the executor was lost");
}

/// The task of an exchange, as one that may be asked to drive.
struct Heir {
    connection: Rc<Connection>,
    asked: oneshot::Receiver<Ends>,
}

impl Heir {
    /// Waits until it is asked, or its exchange is over.
    async fn stand_by(mut self) {
        if let Ok(ends) = Pin::new(&mut self.asked).await {
            drive(Held::new(&self.connection, ends)).await;
        }
    }
}

impl Drop for Heir {
    fn drop(&mut self) {
        // Asked and gone before it could begin.
        if let Ok(Some(ends)) = self.asked.try_recv() {
            self.connection.hand_over(ends);
        }
    }
}

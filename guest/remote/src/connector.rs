//! Keeps the connection: one for all exchanges, made when it is needed, and made
//! anew when it was lost.

use crate::connection::Connection;
use crate::driver::Held;
use futures::lock::Mutex;
use sandbar_exchange::Failure;
use std::cell::RefCell;
use std::rc::Rc;

thread_local! {
    static CONNECTOR: Rc<Connector> = Rc::default();
}

/// The connection of this instance.
#[derive(Default)]
struct Connector {
    current: RefCell<Option<Rc<Connection>>>,
    /// Held while connecting, so that exchanges that begin together share one
    /// connection.
    connecting: Mutex<()>,
}

/// The connection, made if there is none; then its ends come with it, and have to be driven.
pub(crate) async fn connection() -> Result<(Rc<Connection>, Option<Held>), Failure> {
    let connector = CONNECTOR.with(Rc::clone);
    if let Some(current) = connector.usable() {
        return Ok((current, None));
    }
    let _guard = connector.connecting.lock().await;
    if let Some(current) = connector.usable() {
        return Ok((current, None));
    }
    // The channel holds one connection at a time: let go of the lost one.
    connector.current.take();
    let (connection, ends) = Connection::open().await?;
    *connector.current.borrow_mut() = Some(Rc::clone(&connection));
    let held = Held::new(&connection, ends);
    Ok((connection, Some(held)))
}

impl Connector {
    fn usable(&self) -> Option<Rc<Connection>> {
        self.current.borrow().as_ref().filter(|connection| connection.is_open()).map(Rc::clone)
    }
}

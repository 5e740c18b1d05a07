//! Notifications of a call that wait for their reader, counted in bytes.
//!
//! What has been taken from a guest cannot be given back, and how large it is is known afterwards. So one
//! that finds no room in the budget is dropped, and a word about it takes its place: a call whose queue is
//! empty always goes on, however much others hold.

use crate::budget::{Budget, Held};
use crate::sandbox::bindings::mcp::Change;
use crate::sandbox::handler::Notification;
use futures::task::AtomicWaker;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

/// What the notifications of a call may hold.
#[derive(Clone, Debug)]
pub(crate) struct QueueLimits {
    /// How many wait before the server is slowed down.
    pub(crate) notifications: usize,
    /// How many bytes do.
    pub(crate) bytes: usize,
    /// What they count for.
    pub(crate) budget: Budget,
}

/// The end of a queue that notifications are put in at.
pub(crate) struct Sender(Arc<Queue>);

/// The end of a queue that notifications are taken from.
pub(crate) struct Receiver(Arc<Queue>);

struct Queue {
    limits: QueueLimits,
    waiting: Mutex<Waiting>,
    closed: AtomicBool,
    /// Whether nothing more will come.
    ended: AtomicBool,
    room: AtomicWaker,
    news: AtomicWaker,
}

#[derive(Default)]
struct Waiting {
    notifications: VecDeque<(Notification, Option<Held>, usize)>,
    bytes: usize,
}

/// A new queue.
pub(crate) fn queue(limits: QueueLimits) -> (Sender, Receiver) {
    let queue = Arc::new(Queue {
        limits,
        waiting: Mutex::default(),
        closed: AtomicBool::new(false),
        ended: AtomicBool::new(false),
        room: AtomicWaker::new(),
        news: AtomicWaker::new(),
    });
    (Sender(Arc::clone(&queue)), Receiver(queue))
}

/// Nobody reads any more.
#[derive(Debug)]
pub(crate) struct Closed;

impl Queue {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn has_room(&self) -> bool {
        let waiting = self.waiting();
        waiting.notifications.is_empty()
            || waiting.notifications.len() < self.limits.notifications
                && waiting.bytes < self.limits.bytes
    }
}

impl Sender {
    /// Waits for room for another one.
    pub(crate) fn poll_ready(&self, cx: &mut Context<'_>) -> Poll<Result<(), Closed>> {
        let Self(queue) = self;
        queue.room.register(cx.waker());
        if queue.closed.load(Ordering::Acquire) {
            return Poll::Ready(Err(Closed));
        }
        if queue.has_room() { Poll::Ready(Ok(())) } else { Poll::Pending }
    }

    /// Puts one in.
    pub(crate) fn send(&self, notification: Notification) {
        let Self(queue) = self;
        let bytes = cost(&notification);
        let entry = match queue.limits.budget.take(bytes) {
            Some(held) => (notification, Some(held), bytes),
            None => (dropped(&notification.method, bytes), None, 0),
        };
        let mut waiting = queue.waiting();
        waiting.bytes = waiting.bytes.saturating_add(entry.2);
        waiting.notifications.push_back(entry);
        drop(waiting);
        queue.news.wake();
    }
}

impl Receiver {
    /// The next one; none once the sender is gone and all have been taken.
    pub(crate) fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Option<Notification>> {
        let Self(queue) = self;
        queue.news.register(cx.waker());
        // Before looking: what was sent before the end is not lost.
        let ended = queue.ended.load(Ordering::Acquire);
        let mut waiting = queue.waiting();
        let Some((notification, held, bytes)) = waiting.notifications.pop_front() else {
            return if ended { Poll::Ready(None) } else { Poll::Pending };
        };
        waiting.bytes = waiting.bytes.saturating_sub(bytes);
        drop((waiting, held));
        queue.room.wake();
        Poll::Ready(Some(notification))
    }
}

impl Drop for Sender {
    fn drop(&mut self) {
        self.0.ended.store(true, Ordering::Release);
        self.0.news.wake();
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.0.closed.store(true, Ordering::Release);
        self.0.waiting().notifications.clear();
        self.0.room.wake();
    }
}

/// Bytes that a notification holds in memory, nearly.
fn cost(notification: &Notification) -> usize {
    let Notification { method, params, progress, change } = notification;
    let progress = progress.as_ref().and_then(|progress| progress.message.as_ref());
    let change = match change {
        Some(Change::Resource(uri)) => uri.len(),
        _ => 0,
    };
    let texts = [params.as_ref(), progress].into_iter().flatten().map(String::len);
    texts
        .fold(size_of::<Notification>() + method.len(), usize::saturating_add)
        .saturating_add(change)
}

/// What stands for a notification that nobody could hold. A method has a name, and no more is shown of it.
fn dropped(method: &str, bytes: usize) -> Notification {
    const SHOWN: usize = 64;
    let method: String = method.chars().take(SHOWN).collect();
    Notification::of_client(&format!(
        "a notification `{method}` of {bytes} bytes was dropped: too much waits to be read"
    ))
}

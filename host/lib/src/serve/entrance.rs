//! Connections that nobody has let in yet: how many there may be, and who has to leave for another.
//!
//! Whoever connects gets a place at once, so that those who hold places and say nothing keep nobody out:
//! where all are taken, the oldest connection of the address that has the most goes. A client that has a
//! token to show needs its place for a moment only.

use super::limits::HANDSHAKES;
use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::oneshot;

/// The places. Clones are the same ones.
#[derive(Clone, Debug, Default)]
pub(super) struct Entrance(Arc<Mutex<Places>>);

#[derive(Debug, Default)]
struct Places {
    last: u64,
    /// In the order in which they were taken.
    taken: BTreeMap<u64, Taken>,
}

#[derive(Debug)]
struct Taken {
    address: IpAddr,
    /// Dropped when the place goes to another.
    _stays: oneshot::Sender<()>,
}

/// A place, until it is dropped or goes to another.
#[derive(Debug)]
pub(super) struct Place {
    entrance: Entrance,
    number: u64,
    stays: oneshot::Receiver<()>,
}

impl Entrance {
    /// Takes a place for a connection from this address.
    pub(super) fn enter(&self, address: IpAddr) -> Place {
        let (sender, stays) = oneshot::channel();
        let mut places = self.places();
        if places.taken.len() >= HANDSHAKES
            && let Some(leaves) = places.who_leaves()
        {
            places.taken.remove(&leaves);
        }
        places.last = places.last.wrapping_add(1);
        let number = places.last;
        places.taken.insert(number, Taken { address, _stays: sender });
        drop(places);
        Place { entrance: self.clone(), number, stays }
    }

    fn places(&self) -> MutexGuard<'_, Places> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Places {
    /// The oldest of the address that has the most places; of several, that of the one who came first.
    fn who_leaves(&self) -> Option<u64> {
        let mut of_address: HashMap<IpAddr, (usize, u64)> = HashMap::new();
        for (&number, taken) in &self.taken {
            of_address.entry(taken.address).or_insert((0, number)).0 += 1;
        }
        let most = of_address.into_values();
        most.max_by_key(|(count, oldest)| (*count, std::cmp::Reverse(*oldest)))
            .map(|(_, oldest)| oldest)
    }
}

impl Place {
    /// Waits until the place has gone to another.
    pub(super) async fn lost(&mut self) {
        // Nothing is ever sent: the sender goes away.
        let _ = (&mut self.stays).await;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.entrance.places().taken.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::oneshot::error::TryRecvError;

    fn is_lost(place: &mut Place) -> bool {
        place.stays.try_recv() == Err(TryRecvError::Closed)
    }

    /// Catches an entrance that those who came first can block, and one where many from one address drive
    /// another's out.
    #[test]
    fn the_address_with_the_most_places_gives_one_up() {
        let address = |last: u8| IpAddr::from([10, 0, 0, last]);
        let entrance = Entrance::default();
        let mut alone = entrance.enter(address(1));
        let mut many: Vec<_> = (1..HANDSHAKES).map(|_| entrance.enter(address(2))).collect();
        assert!(!many.iter_mut().any(is_lost) && !is_lost(&mut alone));
        let mut third = entrance.enter(address(3));
        assert!(is_lost(&mut many[0]) && !is_lost(&mut many[1]));
        let more: Vec<_> = (0..2 * HANDSHAKES).map(|_| entrance.enter(address(2))).collect();
        assert!(!is_lost(&mut alone) && !is_lost(&mut third));
        assert!(many.iter_mut().all(is_lost));
        drop((more, many, alone, third));
        assert_eq!(entrance.places().taken.len(), 0);
    }
}

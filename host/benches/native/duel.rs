//! Candidate and peer, taking turns.

use anyhow::Result;
use std::time::{Duration, Instant};

/// What both sides took.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Medians {
    pub(crate) candidate: Duration,
    pub(crate) peer: Duration,
}

impl Medians {
    /// Per second, for something that happens `times` within each of the durations.
    pub(crate) fn rates(self, times: f64) -> (f64, f64) {
        (times / self.candidate.as_secs_f64(), times / self.peer.as_secs_f64())
    }

    pub(crate) fn microseconds(self) -> (f64, f64) {
        (microseconds(self.candidate), microseconds(self.peer))
    }
}

/// How long a duel is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Length {
    /// How often both sides have a turn.
    pub(crate) rounds: usize,
    /// What a side does in its turn, so often.
    pub(crate) per_turn: usize,
}

/// Runs both sides in turns and takes the median of each; who begins changes from round to round.
/// The first round warms up and does not count.
///
/// # Errors
///
/// That of the side that fails first.
pub(crate) async fn duel(
    length: Length,
    mut candidate: impl AsyncFnMut() -> Result<()>,
    mut peer: impl AsyncFnMut() -> Result<()>,
) -> Result<Medians> {
    let (mut candidate_took, mut peer_took) = (Vec::new(), Vec::new());
    for round in 0..=length.rounds {
        if round % 2 == 0 {
            turn(length.per_turn, &mut candidate, &mut candidate_took).await?;
            turn(length.per_turn, &mut peer, &mut peer_took).await?;
        } else {
            turn(length.per_turn, &mut peer, &mut peer_took).await?;
            turn(length.per_turn, &mut candidate, &mut candidate_took).await?;
        }
        if round == 0 {
            candidate_took.clear();
            peer_took.clear();
        }
    }
    Ok(Medians { candidate: median(&mut candidate_took), peer: median(&mut peer_took) })
}

async fn turn(
    repetitions: usize,
    side: &mut impl AsyncFnMut() -> Result<()>,
    took: &mut Vec<Duration>,
) -> Result<()> {
    for _ in 0..repetitions {
        let begun = Instant::now();
        side().await?;
        took.push(begun.elapsed());
    }
    Ok(())
}

/// The upper median; zero of nothing.
pub(crate) fn median(samples: &mut [Duration]) -> Duration {
    samples.sort_unstable();
    samples.get(samples.len() / 2).copied().unwrap_or_default()
}

pub(crate) fn microseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e6
}

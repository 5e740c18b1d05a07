//! Candidate and peer, taking turns.

use anyhow::Result;
use std::time::{Duration, Instant};

/// What both sides took.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Medians {
    pub(crate) candidate: Duration,
    pub(crate) peer: Duration,
    /// CPU time of the thread that both run on.
    pub(crate) candidate_cpu: Duration,
    pub(crate) peer_cpu: Duration,
}

impl Medians {
    /// Per second, for something that happens `times` within each of the durations.
    pub(crate) fn rates(self, times: f64) -> (f64, f64) {
        (times / self.candidate.as_secs_f64(), times / self.peer.as_secs_f64())
    }

    /// The same, per second of CPU time of the clients' thread: what one thread can do where the
    /// server is not what both wait for.
    pub(crate) fn cpu_rates(self, times: f64) -> (f64, f64) {
        (times / self.candidate_cpu.as_secs_f64(), times / self.peer_cpu.as_secs_f64())
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
    let (mut candidate_took, mut peer_took) = (Took::default(), Took::default());
    for round in 0..=length.rounds {
        if round % 2 == 0 {
            turn(length.per_turn, &mut candidate, &mut candidate_took).await?;
            turn(length.per_turn, &mut peer, &mut peer_took).await?;
        } else {
            turn(length.per_turn, &mut peer, &mut peer_took).await?;
            turn(length.per_turn, &mut candidate, &mut candidate_took).await?;
        }
        if round == 0 {
            candidate_took = Took::default();
            peer_took = Took::default();
        }
    }
    Ok(Medians {
        candidate: median(&mut candidate_took.wall),
        peer: median(&mut peer_took.wall),
        candidate_cpu: median(&mut candidate_took.cpu),
        peer_cpu: median(&mut peer_took.cpu),
    })
}

/// How long the turns of one side took.
#[derive(Default)]
struct Took {
    wall: Vec<Duration>,
    cpu: Vec<Duration>,
}

/// CPU time of this thread so far.
fn thread_cpu() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the clock exists, and the result has room to be written.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) };
    let nanoseconds = u32::try_from(time.tv_nsec).unwrap_or_default();
    Duration::new(u64::try_from(time.tv_sec).unwrap_or_default(), nanoseconds)
}

async fn turn(
    repetitions: usize,
    side: &mut impl AsyncFnMut() -> Result<()>,
    took: &mut Took,
) -> Result<()> {
    for _ in 0..repetitions {
        let (begun, cpu) = (Instant::now(), thread_cpu());
        side().await?;
        took.wall.push(begun.elapsed());
        took.cpu.push(thread_cpu().saturating_sub(cpu));
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

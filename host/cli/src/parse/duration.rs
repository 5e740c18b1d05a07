//! Durations as people write them: `500ms`, `30s`, `5m`, `1h`; `5` is five seconds, as it is for
//! `timeout` and `curl`.

use crate::limits::LONGEST_DURATION;
use std::time::Duration;

/// Why a text is no duration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum DurationError {
    /// It does not begin with a number.
    #[error("expected a whole number, of seconds or with a unit, like 500ms, 30s, 5m or 1h")]
    Number,
    /// The number has another unit.
    #[error("expected one of the units ms, s, m and h, like 500ms, 30s, 5m or 1h")]
    Unit,
    /// It is zero: nothing could happen within it.
    #[error("must be longer than zero")]
    Zero,
    /// It is longer than a year.
    #[error("must be at most 8760h, a year")]
    TooLong,
}

/// Reads a whole number and a unit.
pub(crate) fn parse_duration(text: &str) -> Result<Duration, DurationError> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    if number.is_empty() {
        return Err(DurationError::Number);
    }
    let milliseconds: u64 = match unit {
        "ms" => 1,
        "" | "s" => 1000,
        "m" => 60 * 1000,
        "h" => 3600 * 1000,
        _ => return Err(DurationError::Unit),
    };
    // A number that does not fit is not the fault of its digits.
    let number: u64 = number.parse().map_err(|_overflow| DurationError::TooLong)?;
    let total = number.checked_mul(milliseconds).ok_or(DurationError::TooLong)?;
    match Duration::from_millis(total) {
        Duration::ZERO => Err(DurationError::Zero),
        duration if duration > LONGEST_DURATION => Err(DurationError::TooLong),
        duration => Ok(duration),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Catches units that are mixed up, `m` for milliseconds above all.
    #[test]
    fn every_unit_is_understood() {
        let durations = ["500ms", "30", "5m", "1h"].map(parse_duration);
        let expected = [Duration::from_millis(500), Duration::from_secs(30)]
            .into_iter()
            .chain([Duration::from_secs(300), Duration::from_secs(3600)])
            .map(Ok);
        assert!(durations.into_iter().eq(expected));
    }

    /// Catches a parser that guesses a unit, or accepts part of a text.
    #[test]
    fn what_is_no_duration_says_why() {
        for (text, error) in [
            ("", DurationError::Number),
            ("fast", DurationError::Number),
            ("-1s", DurationError::Number),
            ("30d", DurationError::Unit),
            ("1.5s", DurationError::Unit),
            ("30 s", DurationError::Unit),
            ("30sec", DurationError::Unit),
            ("0s", DurationError::Zero),
            ("8761h", DurationError::TooLong),
            ("18446744073709551615h", DurationError::TooLong),
            ("99999999999999999999s", DurationError::TooLong),
        ] {
            assert_eq!(parse_duration(text), Err(error), "{text}");
        }
    }
}

//! How the demo talks.

use crate::failure::Failure;
use crate::output;

/// Writes a line: a topic, or none where the line goes on with the topic before, and a text.
pub(super) fn say(topic: &str, text: &str) -> Result<(), Failure> {
    output::text(&format!("{topic:9} {text}"))
}

/// Fails the demo unless what was found is what was expected.
pub(super) fn check<T: PartialEq + std::fmt::Debug>(
    what: &str,
    found: &T,
    expected: &T,
) -> Result<(), Failure> {
    if found == expected {
        return Ok(());
    }
    Err(Failure::Demo { expected: format!("{what} {expected:?}"), found: format!("{found:?}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Catches a demo that claims what it has not found.
    #[test]
    fn a_check_fails_on_any_difference() {
        assert!(check("steps", &[1, 2], &[1, 2]).is_ok());
        assert!(matches!(check("steps", &[2, 1], &[1, 2]), Err(Failure::Demo { .. })));
    }
}

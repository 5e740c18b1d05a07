//! Which scopes to ask for (MCP, "Scope Selection Strategy" and "Step-Up Authorization Flow").

use crate::limits::SCOPES;
use crate::text::is_visible;

/// Asked for so that the sign-in lasts, where it can be had.
const OFFLINE: &str = "offline_access";

/// The scopes of a space-separated list, once each.
#[must_use]
pub fn split(list: &str) -> Vec<String> {
    tidy(list.split_ascii_whitespace().map(str::to_owned))
}

/// Scopes that can be sent, once each, no more than can be meant.
pub(crate) fn tidy(scopes: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut tidy: Vec<String> = Vec::new();
    for scope in scopes {
        if tidy.len() < SCOPES && is_visible(&scope) && !tidy.contains(&scope) {
            tidy.push(scope);
        }
    }
    tidy
}

/// What is wanted, and what was granted before: whoever asks for less loses it. `offline_access` is
/// added where the authorization server lists it, and anything else is asked for: alone it would be
/// all that is granted.
#[must_use]
pub fn choose(wanted: &[String], granted: &[String], listed: &[String]) -> Vec<String> {
    let mut scopes = tidy(granted.iter().chain(wanted).cloned());
    if !scopes.is_empty() && listed.iter().any(|scope| scope == OFFLINE) {
        scopes = tidy(scopes.into_iter().chain([OFFLINE.to_owned()]));
    }
    scopes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scopes(list: &str) -> Vec<String> {
        split(list)
    }

    /// Catches a step up that loses what was granted, and a scope that is asked for twice.
    #[test]
    fn a_step_up_asks_for_what_was_granted_too() {
        assert_eq!(choose(&scopes("b c"), &scopes("a b"), &[]), ["a", "b", "c"]);
        assert_eq!(choose(&scopes("b"), &[], &[]), ["b"]);
    }

    /// Catches a client that asks for a lasting sign-in where there is none, or for nothing else.
    #[test]
    fn a_lasting_sign_in_is_asked_for_where_it_is_listed() {
        let listed = scopes("x offline_access");
        assert_eq!(choose(&scopes("a"), &[], &listed), ["a", "offline_access"]);
        assert!(choose(&[], &[], &listed).is_empty());
        assert_eq!(choose(&scopes("a"), &[], &scopes("a b")), ["a"]);
    }
}

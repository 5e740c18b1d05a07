//! Rules to write, for those whose request was denied.

use crate::file::is_method;
use crate::rule::Asked;

/// The narrowest rule that would allow a request: the keys of a table of a policy, on one line.
pub(crate) fn rule(asked: &Asked<'_>) -> String {
    let target = asked.target;
    let host = match target.address() {
        Some(address) => address.to_string(),
        None => target.host().to_string(),
    };
    let mut keys = vec![
        ("id", quoted("NAME")),
        ("scheme", quoted(&target.scheme().to_string())),
        ("host", quoted(&host)),
    ];
    if target.port() != target.scheme().default_port() {
        keys.push(("port", target.port().to_string()));
    }
    // Others are sent and cannot be written: all methods are allowed then.
    if is_method(asked.method) {
        keys.push(("methods", format!("[{}]", quoted(asked.method))));
    }
    let keys: Vec<_> = keys.into_iter().map(|(key, value)| format!("{key} = {value}")).collect();
    format!("[[allow]] with {}", keys.join(", "))
}

/// A basic string of TOML.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.escape_default())
}

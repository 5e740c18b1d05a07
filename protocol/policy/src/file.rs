//! Policy files: TOML, in which every key is known and every rule has a name.

use std::collections::BTreeSet;

use toml::de::DeTable;

use crate::addresses::{Addresses, InvalidRange, Ranges};
use crate::host_pattern::HostPattern;
use crate::limits::{FILE_BYTES, RULES, TEXT};
use crate::path::PathPrefix;
use crate::policy::{Key, Policy, Source, usual_addresses};
use crate::rule::{AllowRule, DenyRule, Redirects, RuleLimits, Scope};
use crate::table::{Mistake, Read, Table};
use crate::target::Scheme;

/// The JSON Schema (2020-12) of policy files, for editors.
pub const SCHEMA: &str = include_str!("policy.schema.json");

const FILE_KEYS: &[&str] = &["allow", "deny"];
const ALLOW_KEYS: &[&str] =
    &["id", "scheme", "host", "port", "methods", "path", "addresses", "redirects", "limits"];
const DENY_KEYS: &[&str] = &["id", "scheme", "host", "port", "methods", "path", "addresses"];
const LIMIT_KEYS: &[&str] = &["request_bytes", "response_bytes", "concurrent", "total_seconds"];

/// A policy file that says nothing certain.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name}:{line}:{column}: {message}")]
#[non_exhaustive]
pub struct InvalidPolicy {
    /// The name of the file.
    pub name: String,
    /// The line, from 1.
    pub line: usize,
    /// The character in the line, from 1.
    pub column: usize,
    /// What is wrong there.
    pub message: String,
}

impl Policy {
    /// Reads a policy file, 1 MiB and 4096 rules at most. `name` is what denials call it. An empty file
    /// allows nothing.
    ///
    /// # Errors
    ///
    /// [`InvalidPolicy`] for whatever is not certain: TOML that is none, unknown keys, values that are
    /// out of range or have several readings, rules with the same id.
    pub fn parse(name: &str, text: &str) -> Result<Self, InvalidPolicy> {
        let key = read(name, text).map_err(|mistake| invalid(name, text, mistake))?;
        Ok(Self::from_key(key))
    }
}

fn read(name: &str, text: &str) -> Read<Key> {
    if text.len() > FILE_BYTES {
        return Err(Mistake::new(0, format!("the file has more than {FILE_BYTES} bytes")));
    }
    let document = DeTable::parse(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        Mistake::new(at, error.message())
    })?;
    let mut file = Table::new(document.get_ref(), 0, FILE_KEYS)?;
    let (allow, deny) = (file.tables("allow", ALLOW_KEYS)?, file.tables("deny", DENY_KEYS)?);
    if allow.len().saturating_add(deny.len()) > RULES {
        return Err(Mistake::new(0, format!("the file has more than {RULES} rules")));
    }
    let mut ids = BTreeSet::new();
    let allow = allow.into_iter().map(|table| allow_rule(table, &mut ids));
    let allow = allow.collect::<Read<_>>()?;
    let deny = deny.into_iter().map(|table| deny_rule(table, &mut ids));
    let deny = deny.collect::<Read<_>>()?;
    Ok(Key { source: Source::File(name.to_owned()), allow, deny })
}

fn allow_rule(mut table: Table<'_, '_>, ids: &mut BTreeSet<String>) -> Read<AllowRule> {
    let id = id(&mut table, ids)?;
    let scheme = table.text("scheme", scheme)?;
    let scheme = table.required("scheme", scheme)?;
    let host = table.text("host", HostPattern::parse)?;
    let host = table.required("host", host)?;
    let port = table.port("port")?.unwrap_or_else(|| Some(scheme.default_port()));
    let methods = methods(&mut table)?;
    let path = path(&mut table)?;
    let addresses = match addresses(&mut table)? {
        Some(_) if host.address().is_some() => {
            let message = "`addresses` beside a `host` that is an address: it is that one alone";
            return Err(Mistake::new(table.at(), message));
        }
        Some(ranges) => Addresses::Of(ranges),
        None => usual_addresses(&host),
    };
    let redirects = table.text("redirects", redirects)?.unwrap_or_default();
    let limits = limits(&mut table)?;
    let scope = Scope { scheme: Some(scheme), host, port, methods, path };
    Ok(AllowRule { id, scope, addresses, redirects, limits })
}

fn deny_rule(mut table: Table<'_, '_>, ids: &mut BTreeSet<String>) -> Read<DenyRule> {
    let id = id(&mut table, ids)?;
    let scheme = table.text("scheme", scheme)?;
    let host = table.text("host", HostPattern::parse)?;
    let port = table.port("port")?;
    let methods = methods(&mut table)?;
    let path = path(&mut table)?;
    let mut ranges = Ranges::default();
    let addresses = table.texts("addresses", |text| ranges.add(text))?.then_some(ranges);
    let of_requests = methods.is_some() || path.is_some();
    if addresses.is_some() && of_requests {
        // A connection is made for a host, and other requests use it as well.
        let message =
            "`addresses` beside `methods` or `path`: an address is denied for all requests";
        return Err(Mistake::new(table.at(), message));
    }
    let bare = scheme.is_none() && host.is_none() && port.is_none() && addresses.is_none();
    if bare && !of_requests {
        let message = "a rule that denies everything; if that is meant, write `host = \"*\"`";
        return Err(Mistake::new(table.at(), message));
    }
    let host = host.unwrap_or(HostPattern::Any);
    let scope = Scope { scheme, host, port: port.flatten(), methods, path };
    Ok(DenyRule { id, scope, addresses })
}

fn id(table: &mut Table<'_, '_>, ids: &mut BTreeSet<String>) -> Read<String> {
    let written = table.text("id", |text| {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if text.is_empty() || !text.chars().all(plain) {
            return Err("not made of letters, digits, `-`, `_` and `.`".to_owned());
        }
        match ids.insert(text.to_owned()) {
            true => Ok(text.to_owned()),
            false => Err(format!("`{text}` is the id of another rule")),
        }
    })?;
    table.required("id", written)
}

fn scheme(text: &str) -> Result<Scheme, String> {
    match text {
        "http" => Ok(Scheme::Http),
        "https" => Ok(Scheme::Https),
        other => Err(format!("`{other}` is not `http` or `https`")),
    }
}

fn redirects(text: &str) -> Result<Redirects, String> {
    match text {
        "none" => Ok(Redirects::None),
        "same-origin" => Ok(Redirects::SameOrigin),
        "listed" => Ok(Redirects::Listed),
        other => Err(format!("`{other}` is not `none`, `same-origin` or `listed`")),
    }
}

fn methods(table: &mut Table<'_, '_>) -> Read<Option<Vec<String>>> {
    let mut methods = Vec::new();
    let written = table.texts("methods", |text| {
        if text == "CONNECT" {
            return Err("CONNECT is never sent".to_owned());
        }
        if !is_method(text) {
            return Err(format!("`{text}` is no method; they are in capitals"));
        }
        methods.push(text.to_owned());
        Ok(())
    })?;
    Ok(written.then_some(methods))
}

/// Whether a method can be written in a policy.
pub(crate) fn is_method(text: &str) -> bool {
    let capitals = text.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'-');
    capitals && (1..=TEXT).contains(&text.len()) && text != "CONNECT"
}

fn path(table: &mut Table<'_, '_>) -> Read<Option<PathPrefix>> {
    Ok(table.text("path", PathPrefix::parse)?.filter(|path| !path.is_root()))
}

/// The addresses of a rule that allows.
fn addresses(table: &mut Table<'_, '_>) -> Read<Option<Ranges>> {
    let mut ranges = Ranges::default();
    let written = table.texts("addresses", |text| {
        ranges.add(text)?;
        ranges.useless().map_or(Ok::<_, InvalidRange>(()), Err)
    })?;
    Ok(written.then_some(ranges))
}

fn limits(table: &mut Table<'_, '_>) -> Read<RuleLimits> {
    let Some(mut table) = table.table("limits", LIMIT_KEYS)? else {
        return Ok(RuleLimits::default());
    };
    let bytes = i64::MAX.unsigned_abs();
    let concurrent = table.number("concurrent", u32::MAX.into())?;
    Ok(RuleLimits {
        request_bytes: table.number("request_bytes", bytes)?,
        response_bytes: table.number("response_bytes", bytes)?,
        concurrent: concurrent.and_then(|number| u32::try_from(number).ok()),
        total: table.seconds("total_seconds")?,
    })
}

fn invalid(name: &str, text: &str, mistake: Mistake) -> InvalidPolicy {
    let before = text.get(..mistake.at).unwrap_or_default();
    let line_starts = before.rfind('\n').map_or(0, |end| end.saturating_add(1));
    let in_line = before.get(line_starts..).unwrap_or_default();
    InvalidPolicy {
        name: name.to_owned(),
        line: before.matches('\n').count().saturating_add(1),
        column: in_line.chars().count().saturating_add(1),
        message: mistake.message,
    }
}

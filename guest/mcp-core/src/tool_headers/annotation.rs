//! `x-mcp-header` in a tool's input schema, and the constraints on it.

use serde_json::Value;

use sandbar_exchange::is_token;

const KEYWORD: &str = "x-mcp-header";

/// A property of the arguments that is mirrored into a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Annotation {
    /// The property names from the root of the arguments.
    pub(crate) path: Vec<String>,
    /// What follows `Mcp-Param-`.
    pub(crate) header: String,
}

impl Annotation {
    /// Bytes of text it holds.
    pub(crate) fn size(&self) -> usize {
        self.path.iter().map(String::len).sum::<usize>() + self.header.len()
    }
}

/// The schema violates a constraint on annotations.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Invalid;

/// The annotations of an input schema.
pub(crate) fn find(schema: &str) -> Result<Vec<Annotation>, Invalid> {
    // Most schemas have none and need not be built in memory. An escape could spell the keyword.
    if !schema.contains(KEYWORD) && !schema.contains("\\u") {
        return Ok(Vec::new());
    }
    let Ok(schema) = serde_json::from_str::<Value>(schema) else {
        // Odd text may be anywhere, and is no reason to hide a tool that annotates nothing.
        return if schema.contains(KEYWORD) { Err(Invalid) } else { Ok(Vec::new()) };
    };
    let mut walk = Walk { path: Vec::new(), found: Vec::new() };
    walk.schema(&schema, true)?;
    Ok(walk.found)
}

struct Walk {
    path: Vec<String>,
    found: Vec<Annotation>,
}

impl Walk {
    /// Visits a schema; `reachable` as long as only `properties` led to it. The depth is bounded
    /// by the JSON parser's own.
    fn schema(&mut self, schema: &Value, reachable: bool) -> Result<(), Invalid> {
        let members = match schema {
            Value::Object(members) => members,
            Value::Array(items) => {
                return items.iter().try_for_each(|item| self.schema(item, false));
            }
            _ => return Ok(()),
        };
        if let Some(header) = members.get(KEYWORD) {
            self.annotation(header, members.get("type"), reachable)?;
        }
        for (keyword, value) in members {
            match (keyword.as_str(), value) {
                ("properties", Value::Object(properties)) => {
                    for (name, property) in properties {
                        self.path.push(name.clone());
                        self.schema(property, reachable)?;
                        self.path.pop();
                    }
                }
                // Instances, not schemas: the keyword means nothing in them.
                ("const" | "default" | "enum" | "examples", _) => {}
                _ => self.schema(value, false)?,
            }
        }
        Ok(())
    }

    fn annotation(
        &mut self,
        header: &Value,
        kind: Option<&Value>,
        reachable: bool,
    ) -> Result<(), Invalid> {
        let header = header.as_str().filter(|name| is_token(name)).ok_or(Invalid)?;
        let primitive = kind
            .and_then(Value::as_str)
            .is_some_and(|kind| matches!(kind, "string" | "integer" | "boolean"));
        let taken = self.found.iter().any(|other| other.header.eq_ignore_ascii_case(header));
        if !reachable || self.path.is_empty() || !primitive || taken {
            return Err(Invalid);
        }
        self.found.push(Annotation { path: self.path.clone(), header: header.to_owned() });
        Ok(())
    }
}

//! Results in types, where that helps: one for each typed operation of `sandbar:mcp/client`.
//!
//! A tool that ran has had its effect, and a list is read by people with many servers: so no result
//! fails to be read. Each item is read by itself. Members that nobody knows are ignored here; they
//! survive in the JSON text, which is always to be had. A member that is odd is taken for what it
//! certainly means, or left out; an item that cannot be read at all is kept as JSON text where the
//! type has room for it, and named in the warning of the [`Reading`] in any case.

use core::fmt::{self, Write as _};

use crate::json_text::{Picked, each_item};
use crate::limits::{DESCRIBED_ODDITIES, QUOTED_BYTES};
use crate::preview::cut_at_char;

mod content;
pub(crate) mod member;
mod prompts;
mod resources;
mod tools;

pub use content::{BinaryContent, Content};
pub use prompts::{Prompt, PromptArgument, PromptMessage, PromptPage, PromptResult};
pub use resources::{
    ResourceBody, ResourceContents, ResourceLink, ResourcePage, parse_resource_contents,
};
pub use tools::{Tool, ToolPage, ToolResult};

/// A result in types, and what did not fit into them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading<T> {
    /// What could be read.
    pub value: T,
    /// What could not, in a sentence for people.
    pub warning: Option<String>,
}

/// What in the result of one method is not as MCP has it.
struct Oddities {
    method: &'static str,
    text: String,
    count: usize,
}

impl Oddities {
    const fn of(method: &'static str) -> Self {
        Self { method, text: String::new(), count: 0 }
    }

    /// Notes one of them, with what it is in JSON.
    fn note(&mut self, what: impl fmt::Display, json: &str) {
        self.count += 1;
        if self.count > DESCRIBED_ODDITIES {
            return;
        }
        let separator = if self.count > 1 { "; " } else { "" };
        let more = if json.len() > QUOTED_BYTES { "..." } else { "" };
        // Writing to a string does not fail.
        let _ = write!(self.text, "{separator}{what}: {}{more}", cut_at_char(json, QUOTED_BYTES));
    }

    fn with<T>(self, value: T) -> Reading<T> {
        let Self { method, text, count } = self;
        let more = match count.saturating_sub(DESCRIBED_ODDITIES) {
            0 => String::new(),
            more => format!("; and {more} more"),
        };
        let warning = (count > 0)
            .then(|| format!("the result of `{method}` is not all as MCP has it: {text}{more}"));
        Reading { value, warning }
    }
}

/// Reads the page of a list: the items under `key` that `read` makes something of, and what to ask
/// the next page with.
fn page<'a, T>(
    json: &'a str,
    key: &str,
    odd: &mut Oddities,
    read: &mut dyn FnMut(&'a str, &mut Oddities) -> Option<T>,
) -> (Vec<T>, Option<String>) {
    let mut items = Vec::new();
    let Ok(Picked { values: [list, next], .. }) = Picked::from(json, [key, "nextCursor"]) else {
        odd.note("it is no object", json);
        return (items, None);
    };
    let Some(list) = list else {
        odd.note(format_args!("it has no `{key}`"), json);
        return (items, member::cursor(next));
    };
    if list != "null" {
        let mut take = |item| items.extend(read(item, odd));
        if each_item(list, &mut take).is_err() {
            odd.note(format_args!("`{key}` is no list"), list);
        }
    }
    (items, member::cursor(next))
}

#[cfg(test)]
mod tests;

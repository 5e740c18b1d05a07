//! Lists that come in pages, for those who ask for pages through
//! [`Session::request`](crate::Session::request) themselves: a [`Session`](crate::Session) puts its own
//! lists together like this.

use crate::limits::{LIST_BYTES, PAGES};
use crate::sandbox::bindings::mcp::{Prompt, PromptArgument, ResourceLink, Tool};
use std::collections::HashSet;
use std::fmt;
use std::hash::Hash;

/// Puts the pages of a list together, up to a repeated cursor, 1000 pages or 64 MiB. `C` is a cursor,
/// which is opaque (MCP, "Pagination").
#[derive(Debug)]
pub struct Pages<T, C = String> {
    items: Vec<T>,
    next: Option<Option<C>>,
    /// The cursors that were given, of each page but the last one.
    asked: HashSet<C>,
    bytes: usize,
    stopped: Option<Stopped>,
}

/// Why a list was cut off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stopped {
    /// The server gave a cursor that it had given before.
    Repeated,
    /// More pages than anyone can use.
    Pages,
    /// More bytes.
    Bytes,
    /// More than is held for a session, or for all of them together.
    Held,
}

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Repeated => f.write_str("the server gave the same cursor twice"),
            Self::Pages => write!(f, "the list has more than {PAGES} pages"),
            Self::Held => f.write_str("too much is held for this session, or for all together"),
            Self::Bytes => write!(f, "the list has more than {LIST_BYTES} bytes"),
        }
    }
}

impl<T, C> Default for Pages<T, C> {
    fn default() -> Self {
        Self { items: Vec::new(), next: Some(None), asked: HashSet::new(), bytes: 0, stopped: None }
    }
}

impl<T: PartialEq, C: Clone + Eq + Hash> Pages<T, C> {
    /// The cursor of the page to ask for next, if there is one; none for the first.
    pub fn next_cursor(&mut self) -> Option<Option<C>> {
        self.next.take()
    }

    /// Adds a page that takes this many bytes.
    pub fn add(&mut self, items: Vec<T>, bytes: usize, next_cursor: Option<C>) {
        self.bytes = self.bytes.saturating_add(bytes);
        // A server that starts over gives what it has given before.
        let starts_over = !items.is_empty() && self.items.ends_with(&items);
        if !starts_over {
            self.items.extend(items);
        }
        let Some(cursor) = next_cursor else { return };
        self.stopped = if !self.asked.insert(cursor.clone()) {
            Some(Stopped::Repeated)
        } else if self.asked.len() >= PAGES {
            Some(Stopped::Pages)
        } else if self.bytes > LIST_BYTES {
            Some(Stopped::Bytes)
        } else {
            self.next = Some(Some(cursor));
            None
        };
    }

    /// Bytes of all pages.
    pub(crate) const fn bytes(&self) -> usize {
        self.bytes
    }

    /// Asks for no more pages.
    pub(crate) fn cut_off(&mut self, why: Stopped) {
        self.next = None;
        self.stopped = Some(why);
    }

    /// What came with the last page, for those who do not keep the others.
    pub fn take_items(&mut self) -> Vec<T> {
        std::mem::take(&mut self.items)
    }

    /// Why there is no next page, where that is not because the server has no more.
    #[must_use]
    pub const fn stopped(&self) -> Option<Stopped> {
        self.stopped
    }

    /// What was put together, and why that is not all, if it is not.
    pub fn finish(self) -> (Vec<T>, Option<Stopped>) {
        (self.items, self.stopped)
    }
}

/// Adds a page of records.
pub(crate) fn add_records<T: Item>(
    pages: &mut Pages<T>,
    records: Vec<T>,
    next_cursor: Option<String>,
) {
    let cursor = next_cursor.as_ref().map_or(0, String::len);
    let bytes = records.iter().map(Item::cost).fold(cursor, usize::saturating_add);
    pages.add(records, bytes, next_cursor);
}

/// What a list is made of.
pub(crate) trait Item: PartialEq {
    /// Bytes that it holds in memory, nearly.
    fn cost(&self) -> usize;
}

fn length(text: Option<&String>) -> usize {
    text.map_or(0, String::len)
}

impl Item for Tool {
    fn cost(&self) -> usize {
        let optional = [&self.title, &self.description, &self.output_schema, &self.annotations];
        let optional: usize = optional.into_iter().map(|text| length(text.as_ref())).sum();
        size_of::<Self>() + self.name.len() + self.input_schema.len() + optional
    }
}

impl Item for ResourceLink {
    fn cost(&self) -> usize {
        let optional = [&self.title, &self.description, &self.mime_type];
        let optional: usize = optional.into_iter().map(|text| length(text.as_ref())).sum();
        size_of::<Self>() + self.uri.len() + self.name.len() + optional
    }
}

impl Item for Prompt {
    fn cost(&self) -> usize {
        let argument = |argument: &PromptArgument| {
            size_of_val(argument) + argument.name.len() + length(argument.description.as_ref())
        };
        let texts = length(self.title.as_ref()) + length(self.description.as_ref());
        let arguments: usize = self.arguments.iter().map(argument).sum();
        size_of::<Self>() + self.name.len() + texts + arguments
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prompt(name: impl Into<String>) -> Prompt {
        Prompt { name: name.into(), title: None, description: None, arguments: Vec::new() }
    }

    /// The pages of a server that gives one prompt and a cursor each time, and what is made of them.
    fn list(
        page: impl Fn(usize) -> (String, Option<String>),
    ) -> (usize, Vec<Prompt>, Option<Stopped>) {
        let (mut pages, mut asked) = (Pages::default(), 0);
        while pages.next_cursor().is_some() {
            let (name, cursor) = page(asked);
            asked += 1;
            add_records(&mut pages, vec![prompt(name)], cursor);
        }
        let (items, stopped) = pages.finish();
        (asked, items, stopped)
    }

    /// Catches a list that is asked for again and again, and one that is thrown away because it has no
    /// end (csharp-sdk 1072, java-sdk 628).
    #[test]
    fn a_repeated_cursor_ends_the_list_and_keeps_it() {
        let (asked, items, stopped) = list(|page| (page.to_string(), Some("c".to_owned())));
        assert_eq!((asked, items.len(), stopped), (2, 2, Some(Stopped::Repeated)));
        let circle = |page: usize| (page.to_string(), Some((page % 3).to_string()));
        let (asked, items, stopped) = list(circle);
        assert_eq!((asked, items.len(), stopped), (4, 4, Some(Stopped::Repeated)));
        // An empty cursor is one; that of a server that means the end by it brings the list again.
        let (asked, items, stopped) = list(|_| ("same".to_owned(), Some(String::new())));
        assert_eq!((asked, items.len(), stopped), (2, 1, Some(Stopped::Repeated)));
    }

    /// Catches a list that fills the memory, or goes on for ever.
    #[test]
    fn pages_and_bytes_are_bounded() {
        let (asked, items, stopped) = list(|page| (page.to_string(), Some(page.to_string())));
        assert_eq!((asked, items.len(), stopped), (PAGES, PAGES, Some(Stopped::Pages)));
        let large = |page: usize| ("x".repeat(LIST_BYTES / 3), Some(page.to_string()));
        let (asked, _, stopped) = list(|page| (format!("{page}{}", large(page).0), large(page).1));
        assert_eq!((asked, stopped), (3, Some(Stopped::Bytes)));
    }

    /// Catches a list that ends too early.
    #[test]
    fn a_list_with_an_end_is_whole() {
        let (asked, items, stopped) =
            list(|page| (page.to_string(), (page < 9).then(|| page.to_string())));
        assert_eq!((asked, items.len(), stopped), (10, 10, None));
    }
}
